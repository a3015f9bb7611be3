//! Fields of configuration files, as values or as text.

use serde_json::Value as Json;

use crate::facts::field::{Shape, table};
use crate::facts::setting::{Name, Typed, fields};
use crate::model::Model;
use crate::render::evidence::{Content, Document};
use crate::render::format::{Secrets, tree};
use crate::source::Span;
use crate::verify::locate::{self, Step};

use super::settings::Settings;

/// One document of a file.
struct Part<'a, 'p> {
    model: &'a Model<'p>,
    document: &'a Document<'p>,
    /// The way to it, in a list of documents.
    at: Vec<Step>,
    value: &'a Json,
    /// The same without its secrets; absent in a text, of which it is not known what is secret.
    open: Option<&'a Json>,
}

impl Settings {
    /// Takes the settings of a file.
    pub(super) fn document(&mut self, model: &Model<'_>, document: &Document<'_>) {
        let Some(content) = document.value() else { return };
        let Ok(value) = tree(content, Secrets::Seen) else { return };
        // Of a text it is not known what is secret.
        let open = match &document.content {
            Content::Value(value) => tree(value, Secrets::Hidden).ok(),
            Content::Text(_) => None,
        };
        match &value {
            Json::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    let open = open.as_ref().and_then(|open| open.get(index));
                    self.part(&Part { model, document, at: vec![index.into()], value, open });
                }
            }
            value => self.part(&Part { model, document, at: Vec::new(), value, open: open.as_ref() }),
        }
    }

    fn part(&mut self, part: &Part<'_, '_>) {
        let Some(kind) = part.value.get("kind").and_then(Json::as_str) else { return };
        for (index, value) in part.value.get("items").and_then(Json::as_array).into_iter().flatten().enumerate() {
            let at = [&*part.at, &["items".into(), index.into()]].concat();
            self.part(&Part { at, value, open: part.open.and_then(|open| open.get("items")?.get(index)), ..*part });
        }
        self.variables(part);
        if part.document.path.starts_with('/') && table(kind).is_some_and(|table| table.partial) {
            self.known(kind, part.document.owner, false, part.span(&["kind".into()]));
        }
        for field in fields(kind) {
            let Some((path, value)) = find(part.value, field) else { continue };
            let is_open = part.open.map_or(is_plain(kind, field, value), |open| at(open, &path) == Some(value));
            let name = Name::Field { kind: kind.to_owned(), path: field.to_owned() };
            let written = name.to_string();
            let (text, tree) = read(value);
            let place = || part.span(&path.iter().copied().map(Step::from).collect::<Vec<_>>());
            self.push(part.document.owner, (name, written, false), (text, tree, !is_open), place);
        }
    }
}

impl Settings {
    /// Takes the variables of the containers of a pod or a workload.
    fn variables(&mut self, part: &Part<'_, '_>) {
        let elements = |value: Option<&Json>| value.and_then(Json::as_array).cloned().unwrap_or_default();
        let is_pod = part.value.get("kind").and_then(Json::as_str) == Some("Pod");
        let spec: &[&str] = if is_pod { &["spec"] } else { &["spec", "template", "spec"] };
        let containers =
            spec.iter().try_fold(part.value, |value, key| value.get(key)).and_then(|spec| spec.get("containers"));
        for (index, container) in elements(containers).iter().enumerate() {
            let Some(name) = container.get("name").and_then(Json::as_str) else { continue };
            for (place, one) in elements(container.get("env")).iter().enumerate() {
                let text = |key: &str| one.get(key).and_then(Json::as_str).map(str::to_owned);
                let (Some(variable), Some(value)) = (text("name"), text("value")) else { continue };
                let name = Name::Variable { container: name.to_owned(), variable };
                let (written, owner) = (name.to_string(), part.document.owner);
                let of_container = ["containers".into(), index.into(), "env".into(), place.into(), "value".into()];
                let path: Vec<Step> = spec.iter().map(|key| Step::from(*key)).chain(of_container).collect();
                self.push(owner, (name, written, false), (value, None, false), || part.span(&path));
            }
        }
    }
}

impl Part<'_, '_> {
    /// Where the value at a path is written.
    fn span(&self, path: &[Step]) -> Span {
        let path = self.document.way(&[&*self.at, path].concat());
        let (model, owner, expr) = (self.model, self.document.owner, self.document.written);
        match locate::found(model, owner, expr, &path) {
            Some(found) => locate::origin(model, owner, found),
            None => locate::value(model, owner, expr, &path),
        }
    }
}

/// Whether a value of a text has nothing that may be a secret: no record of which it is not known what it holds.
fn is_plain(kind: &str, field: &str, value: &Json) -> bool {
    let of_texts = || match table(kind).and_then(|table| table.fields.get(field)).map(|field| &field.shape) {
        Some(Shape::Map(inner) | Shape::List(inner)) => **inner != Shape::Object,
        _ => false,
    };
    !value.is_object() && !value.is_array() || of_texts()
}

/// The value at a path; keys may have dots in them.
fn find<'a, 'v>(value: &'v Json, path: &'a str) -> Option<(Vec<&'a str>, &'v Json)> {
    if let Some(value) = value.get(path) {
        return (!value.is_null()).then(|| (vec![path], value));
    }
    path.match_indices('.').find_map(|(at, _)| {
        let (mut keys, found) = find(value.get(&path[..at])?, &path[at + 1..])?;
        keys.insert(0, &path[..at]);
        Some((keys, found))
    })
}

fn at<'v>(value: &'v Json, path: &[&str]) -> Option<&'v Json> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// The text of a value, or of the elements of a list; what is neither stays a tree.
fn read(value: &Json) -> (String, Option<Typed>) {
    let scalar = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    let text = match value {
        Json::Array(list) => list.iter().map(scalar).collect::<Option<Vec<_>>>().map(|list| list.join(",")),
        value => scalar(value),
    };
    match text {
        Some(text) => (text, None),
        None => (value.to_string(), Some(Typed::Tree(value.clone()))),
    }
}
