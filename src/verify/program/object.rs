//! Objects of Kubernetes: whether their kind has each field, with that type, and whether those that it requires are there.
//!
//! `kubectl apply` refuses an object with an unknown field, and the kubelet ignores the field in the manifest of a static pod. The API
//! server refuses a value of another type, a value that is not one of those of its field, and an object that lacks something.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::field;
use crate::facts::object;
use crate::model::Value;
use crate::model::value::Record;
use crate::source::{Sources, Span};
use crate::syntax::ast::Version;
use crate::verify::locate::Step;

mod cel;
mod form;
mod relation;
mod rule;
mod scalar;
#[cfg(test)]
mod tests;
mod walk;

use walk::Walk;

/// Where keys are written.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub sources: &'a Sources,
    /// Where the key at a path is written, or what makes it.
    pub key: &'a dyn Fn(&[Step]) -> Span,
    /// Whether objects are there as they are applied: a patch has only what it changes.
    pub whole: bool,
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
            let mut walk = Walk::of(&kind, at, place);
            walk.record(record, of);
            walk.problems
        }
        None => unknown_kind(&api, &kind, at, place).into_iter().collect(),
    }
}

/// An object whose `apiVersion` or `kind` is misspelt: what reads it does not know what it is.
fn half_named(record: &Record, at: &[Step], place: Place<'_>) -> Option<Diagnostic> {
    let given = |name: &str| record.get(name).filter(|value| !matches!(value.reveal(), Value::None));
    let wanted = match (given("apiVersion"), given("kind")) {
        (None, Some(_)) => "apiVersion",
        (Some(_), None) => "kind",
        _ => return None,
    };
    let Some(near) = record.keys().find(|key| ***key != *wanted && closest(key, [wanted]).is_some()) else {
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

/// A kind of another version of the API than the one that it is written in, or of one that is nearly that.
fn elsewhere(api: &str, kind: &str, at: &[Step], place: Place<'_>) -> Option<Diagnostic> {
    let apis = object::apis(kind);
    let group = api.split('/').next().unwrap_or_default();
    let is_listed = object::kinds(api).next().is_some();
    // Of these there are versions that are not listed.
    if !is_listed && ["apps", "batch", "autoscaling", "policy", "extensions"].contains(&group) {
        return None;
    }
    // Groups of others have a point in their names.
    let near = match is_listed || !group.contains('.') {
        true => *apis.first()?,
        // Another version of the same group may be served.
        false => closest(
            api,
            apis.iter().copied().filter(|known| known.split_once('/').is_some_and(|(own, _)| own != group)),
        )?,
    };
    let span = (place.key)(&[at, &["apiVersion".into()]].concat());
    let message = format!("`{api}` has no kind `{kind}`: the API server rejects the object");
    Some(Diagnostic::new(Code::UnknownValue, span, message).help(Help::near(near)))
}

/// A kind that is nearly one of the API's.
fn unknown_kind(api: &str, kind: &str, at: &[Step], place: Place<'_>) -> Option<Diagnostic> {
    let known = object::is_other(api, kind) || object::kinds(api).any(|known| known == kind);
    if known || field::table(kind).is_some() {
        return None;
    }
    let files = field::kinds_of(api);
    let Some(near) = closest(kind, object::kinds(api).chain(files)) else { return elsewhere(api, kind, at, place) };
    let span = (place.key)(&[at, &["kind".into()]].concat());
    let message = format!("`{kind}` is not a kind of `{api}`");
    Some(Diagnostic::new(Code::UnknownValue, span, message).help(Help::near(near)))
}
