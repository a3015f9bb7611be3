//! The fields of an object, one after the other, each as what its type takes.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::object::{self, Below, Field};
use crate::model::Value;
use crate::model::value::Record;
use crate::text::{Indefinite, List};
use crate::verify::locate::Step;

use super::rule::{self, Broken};
use super::{Place, scalar};

pub(super) struct Walk<'a> {
    kind: &'a str,
    place: Place<'a>,
    at: Vec<Step>,
    /// The keys below the object, each as it was meant.
    meant: Vec<String>,
    pub problems: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    pub(super) fn of(kind: &'a str, at: &[Step], place: Place<'a>) -> Self {
        Self { kind, place, at: at.to_vec(), meant: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn record(&mut self, record: &Record, of: &str) {
        let Some(fields) = object::fields(of) else { return };
        let mut missing: Vec<&str> = fields.iter().filter(|(_, field)| field.required).map(|(name, _)| *name).collect();
        for (name, value) in record {
            self.at.push((&**name).into());
            match fields.get(&**name) {
                None if *value == Value::None => {}
                None => {
                    // What is below is that of the field that was meant.
                    if let Some((near, field)) =
                        self.unknown(name, fields.keys().copied()).and_then(|near| fields.get_key_value(near))
                    {
                        missing.retain(|wanted| wanted != near);
                        self.inside(near, value, *field);
                    }
                }
                Some(field) => {
                    missing.retain(|wanted| *wanted != &**name || *value == Value::None);
                    self.inside(name, value, *field);
                }
            }
            self.at.pop();
        }
        missing.into_iter().for_each(|name| self.missing(name));
        if self.place.whole {
            rule::broken(record, of).into_iter().for_each(|broken| self.broken(broken));
        }
    }

    /// Says that a value breaks a rule of the API server.
    fn broken(&mut self, broken: Broken) {
        let keys =
            broken.way.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.clone()) } else { None });
        let path = self.meant.iter().cloned().chain(keys).collect::<Vec<_>>().join(".");
        let kind = Indefinite(self.kind);
        let owner = if path.is_empty() { kind.to_string() } else { format!("`{path}` of {kind}") };
        let message = format!("{owner} {}: the API server rejects the object", broken.what);
        let top: &[Step] = if path.is_empty() { &["kind".into()] } else { &broken.way };
        let span = (self.place.key)(&[&self.at[..], top].concat());
        self.problems.push(Diagnostic::new(Code::InvalidConfig, span, message).help(broken.help));
    }

    fn inside(&mut self, key: &str, value: &Value, field: Field) {
        self.meant.push(key.to_owned());
        self.below(value, field.below);
        self.meant.pop();
    }

    fn below(&mut self, value: &Value, below: Below) {
        match (below, value.reveal()) {
            (_, Value::None) | (Below::Any, _) | (Below::Map, Value::Record(_)) => {}
            (Below::Object(of), Value::Record(record)) => self.record(record, of),
            (Below::List(of), Value::List(list)) => {
                for (index, one) in list.iter().enumerate() {
                    self.at.push(index.into());
                    self.below(one, object::below(of));
                    self.at.pop();
                }
            }
            (Below::MapOf(of), Value::Record(record)) => {
                for (name, one) in record.iter() {
                    self.at.push((&**name).into());
                    self.meant.push(name.to_string());
                    self.below(one, object::below(of));
                    self.meant.pop();
                    self.at.pop();
                }
            }
            (Below::Values(of), _) => match scalar::text(value) {
                Some(text) => self.one_of(&text, of),
                None => self.mismatch(value, below),
            },
            (Below::Scalar(scalar), _) if scalar::takes(scalar, value) => {}
            _ => self.mismatch(value, below),
        }
    }

    /// What is at hand, for people: `` `spec.replicas` of a `Deployment` ``.
    fn title(&self) -> String {
        format!("`{}` of {}", self.meant.join("."), Indefinite(self.kind))
    }

    fn mismatch(&mut self, value: &Value, below: Below) {
        let (wanted, found) = (scalar::wanted(below), scalar::found(value));
        let message = format!("{} expects {wanted}, found {found}: the API server rejects the object", self.title());
        let problem = Diagnostic::new(Code::TypeMismatch, (self.place.key)(&self.at), message);
        self.problems.push(problem.help(scalar::help(below, value)));
    }

    fn one_of(&mut self, text: &str, of: &'static str) {
        // One that is empty is not set, and the status is not read.
        let is_read = !text.is_empty() && self.meant.first().is_none_or(|key| key != "status");
        if !is_read || object::values(of).any(|known| known == text) {
            return;
        }
        let message = format!("{} is `{text}`: the API server rejects the object", self.title());
        let problem = Diagnostic::new(Code::UnknownValue, (self.place.key)(&self.at), message);
        let same = object::values(of).find(|known| known.eq_ignore_ascii_case(text));
        self.problems.push(match same.or_else(|| closest(text, object::values(of))) {
            Some(near) => problem.help(Help::near(near)),
            None => problem.help(format!("set it to {}", List::ticked(object::values(of)).or())),
        });
    }

    /// Says that a field is not there that is required.
    fn missing(&mut self, name: &str) {
        // Controllers write the status; what is pasted there is not read.
        if !self.place.whole || self.meant.first().is_some_and(|key| key == "status") {
            return;
        }
        let is_top = self.meant.is_empty();
        let owner = if is_top { Indefinite(self.kind).to_string() } else { self.title() };
        let message = format!("{owner} has no `{name}`: the API server rejects the object");
        let way = if is_top { [&self.at[..], &["kind".into()]].concat() } else { self.at.clone() };
        let problem = Diagnostic::new(Code::InvalidConfig, (self.place.key)(&way), message);
        self.problems.push(problem.help(format!("add `{name}`, which is required")));
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
