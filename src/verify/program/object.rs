//! Objects of Kubernetes: whether their kind has each field.
//!
//! `kubectl apply` refuses an object with an unknown field, and the kubelet ignores the field in the manifest of a static pod.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::field;
use crate::facts::object::{self, Below};
use crate::model::Value;
use crate::model::value::Record;
use crate::source::{Sources, Span};
use crate::syntax::ast::Version;
use crate::text::Indefinite;
use crate::verify::locate::Step;

/// Where keys are written.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub sources: &'a Sources,
    /// Where the key at a path is written, or what makes it.
    pub key: &'a dyn Fn(&[Step]) -> Span,
}

impl Place<'_> {
    /// The fix that writes another name, where the name itself stands: what is encoded or computed has no such place.
    fn renamed(self, problem: Diagnostic, span: Span, name: &str) -> Diagnostic {
        let is_written = self.sources.text(span).trim_matches('"') == name;
        if is_written { problem.fix_near(span) } else { problem }
    }
}

/// What is wrong with the names in an object at a path.
pub(super) fn verify(record: &Record, at: &[Step], version: Version, place: Place<'_>) -> Vec<Diagnostic> {
    let text = |name: &str| record.get(name).and_then(Value::scalar_text);
    let (Some(api), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return half_named(record, at, place).into_iter().collect();
    };
    match object::of_kind(&api, &kind, version) {
        Some(of) => {
            let mut walk = Walk { kind: &kind, place, at: at.to_vec(), meant: Vec::new(), problems: Vec::new() };
            walk.record(record, of);
            walk.problems
        }
        None => unknown_kind(&api, &kind, at, place).into_iter().collect(),
    }
}

/// An object whose `apiVersion` or `kind` is misspelt: what reads it does not know what it is.
fn half_named(record: &Record, at: &[Step], place: Place<'_>) -> Option<Diagnostic> {
    let wanted = match (record.get("apiVersion"), record.get("kind")) {
        (None, Some(_)) => "apiVersion",
        (Some(_), None) => "kind",
        _ => return None,
    };
    let Some(near) = record.keys().find(|key| closest(key, [wanted]).is_some()) else {
        return nameless(record, at, wanted, place);
    };
    let span = (place.key)(&[at, &[Step::from(&**near)]].concat());
    let message = format!("`{near}` is not a field of an object, which has no `{wanted}`");
    let problem = Diagnostic::new(Code::UnknownConfigField, span, message).help(Help::near(wanted));
    Some(place.renamed(problem, span, near))
}

/// A text of its own that has all of an object but what says which one it is.
fn nameless(record: &Record, at: &[Step], wanted: &str, place: Place<'_>) -> Option<Diagnostic> {
    let text = |key: &'static str| Some((key, record.get(key)?.scalar_text()?));
    let (given, value) = text("apiVersion").or_else(|| text("kind"))?;
    let is_object = match wanted {
        "kind" => object::kinds(&value).next().is_some(),
        _ => {
            record.get("metadata").is_some()
                && record.get("spec").is_some()
                && object::kinds("v1").any(|kind| kind == value)
        }
    };
    let message = format!("an object with `{given}: {value}` has no `{wanted}`");
    let span = (place.key)(&[at, &[Step::from(given)]].concat());
    is_object.then(|| Diagnostic::new(Code::InvalidConfig, span, message).help(format!("add `{wanted}`")))
}

/// A kind that is nearly one of the API's.
fn unknown_kind(api: &str, kind: &str, at: &[Step], place: Place<'_>) -> Option<Diagnostic> {
    let known = object::is_other(api, kind) || object::kinds(api).any(|known| known == kind);
    if known || field::table(kind).is_some() {
        return None;
    }
    let files = field::kinds_of(api);
    let near = closest(kind, object::kinds(api).chain(files))?;
    let span = (place.key)(&[at, &["kind".into()]].concat());
    let message = format!("`{kind}` is not a kind of `{api}`");
    Some(Diagnostic::new(Code::UnknownValue, span, message).help(Help::near(near)))
}

struct Walk<'a> {
    kind: &'a str,
    place: Place<'a>,
    at: Vec<Step>,
    /// The keys below the object, each as it was meant.
    meant: Vec<String>,
    problems: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn record(&mut self, record: &Record, of: &str) {
        let Some(fields) = object::fields(of) else { return };
        for (name, value) in record {
            self.at.push((&**name).into());
            match fields.get(&**name) {
                None if *value == Value::None => {}
                None => {
                    // What is below is that of the field that was meant.
                    if let Some((near, below)) =
                        self.unknown(name, fields.keys().copied()).and_then(|near| fields.get_key_value(near))
                    {
                        self.inside(near, value, *below);
                    }
                }
                Some(below) => self.inside(name, value, *below),
            }
            self.at.pop();
        }
    }

    fn inside(&mut self, key: &str, value: &Value, below: Below) {
        self.meant.push(key.to_owned());
        self.below(value, below);
        self.meant.pop();
    }

    fn below(&mut self, value: &Value, below: Below) {
        match (below, value.reveal()) {
            (Below::Object(of), Value::Record(record)) => self.record(record, of),
            (Below::List(of), Value::List(list)) => {
                for (index, one) in list.iter().enumerate() {
                    self.at.push(index.into());
                    self.below(one, Below::Object(of));
                    self.at.pop();
                }
            }
            (Below::Map(of), Value::Record(record)) => {
                for (name, one) in record.iter() {
                    self.at.push((&**name).into());
                    self.inside(name, one, Below::Object(of));
                    self.at.pop();
                }
            }
            _ => {}
        }
    }

    /// Says that a field is unknown; gives the one that was probably meant.
    fn unknown<'n>(&mut self, name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
        let path = self.meant.join(".");
        let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
        let message = format!("{} has no field `{name}`{place} in any version", Indefinite(self.kind));
        let span = (self.place.key)(&self.at);
        let problem = Diagnostic::new(Code::UnknownConfigField, span, message);
        let same = known.clone().find(|other| other.eq_ignore_ascii_case(name));
        let near = same.or_else(|| closest(name, known));
        self.problems.push(match near {
            Some(near) => self.place.renamed(problem.help(Help::near(near)), span, name),
            None => problem.help("remove it: no known version reads it"),
        });
        near
    }
}
