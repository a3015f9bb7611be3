//! The patches of a manifest: which object, which parts of it, and the value of each.

use serde_json::{Map, Value as Json, json};

use crate::diag::{Code, Diagnostic};
use crate::facts::object;
use crate::model::eval::mismatch;
use crate::model::{EvalError, Value};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::List;

use super::missed;
use super::path::{self, PathStep};

/// The object that a patch is for: `[API/]KIND/[NAMESPACE/]NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub api: Option<String>,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
}

/// What changes in one object.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub target: Target,
    /// As it is written.
    pub title: String,
    pub span: Span,
    pub changes: Vec<Change>,
}

/// A part of an object and its value; null removes it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub path: String,
    pub steps: Vec<PathStep>,
    pub value: Json,
    pub span: Span,
}

/// Reads `patch = { "KIND/NAME" = { "path" = value } }`.
pub(super) fn read(value: &Value, written: &Expr) -> Result<Vec<Patch>, EvalError> {
    let Value::Record(record) = value else { return Err(mismatch(written.span, "a map of patches", value)) };
    record.iter().map(|(title, changes)| one(title, changes, written)).collect()
}

fn one(title: &str, changes: &Value, written: &Expr) -> Result<Patch, EvalError> {
    let (span, inside) = key(written, title);
    let target = target(title).ok_or_else(|| wrong(span, format!("`{title}` does not name an object")))?;
    let Value::Record(record) = changes else { return Err(mismatch(span, "a map from paths to values", changes)) };
    let change = |(path, value): (&_, &Value)| {
        let path: &str = path;
        let span = inside.map_or(span, |inside| key(inside, path).0);
        let steps = path::read(path).map_err(|why| wrong(span, why))?;
        Ok(Change { path: path.to_owned(), steps, value: super::json(value), span })
    };
    let changes = record.iter().map(|(path, value)| change((&**path, value))).collect::<Result<_, EvalError>>()?;
    Ok(Patch { target, title: title.to_owned(), span, changes })
}

/// Where a key of a record is written, and the value behind it; else the whole.
fn key<'e>(written: &'e Expr, name: &str) -> (Span, Option<&'e Expr>) {
    let ExprKind::Record { fields, .. } = &written.kind else { return (written.span, None) };
    let found = fields.iter().find(|field| field.key.plain().as_deref() == Some(name));
    found.map_or((written.span, None), |field| (field.key.span(), Some(&field.value)))
}

fn wrong(span: Span, message: String) -> EvalError {
    let help = "write `\"DaemonSet/kube-system/calico-node\" = { \"spec.template.spec.containers[calico-node].env[IP]\" = \
                \"autodetect\" }`; before a kind that is not Kubernetes' own stands its API: `example.org/v1/Kind/name`";
    Box::new(Diagnostic::new(Code::InvalidText, span, message).help(help))
}

/// The kind is the first part with a capital letter; what is before it is the API.
fn target(text: &str) -> Option<Target> {
    let parts: Vec<&str> = text.split('/').collect();
    let place = parts.iter().position(|part| part.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let (api, rest) = parts.split_at(place);
    let (namespace, name) = match rest {
        [_, name] => (None, *name),
        [_, namespace, name] => (Some(*namespace), *name),
        _ => return None,
    };
    let api = (!api.is_empty()).then(|| api.join("/"));
    let whole = !name.is_empty() && namespace.is_none_or(|namespace| !namespace.is_empty());
    whole.then(|| Target {
        api,
        kind: rest[0].to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    })
}

impl Patch {
    /// The patch of an object that cannot be looked at: its API is that of its kind.
    pub(super) fn alone(&self) -> Result<Json, EvalError> {
        let api = match &self.target.api {
            Some(api) => api.clone(),
            None => self.api()?,
        };
        self.for_api(&api)
    }

    fn api(&self) -> Result<String, EvalError> {
        let kind = &self.target.kind;
        match object::apis(kind)[..] {
            [api] => Ok(api.to_owned()),
            ref several => {
                let message = match several {
                    [] => format!("`{kind}` is not a kind of Kubernetes' own"),
                    several => format!("`{kind}` is a kind of several APIs: {}", List::ticked(several)),
                };
                let problem = missed(self.span, message);
                Err(Box::new(problem.help(format!("write its API before it: `example.org/v1/{}`", self.title))))
            }
        }
    }

    /// As a strategic merge patch, which `kubectl apply -k` takes.
    pub(super) fn for_api(&self, api: &str) -> Result<Json, EvalError> {
        let Target { kind, namespace, name, .. } = &self.target;
        if let Some(change) = self.changes.iter().find(|change| change.names_item()).filter(|_| !is_own(kind, api)) {
            let message =
                format!("`{}` names an item of a list of `{kind}`, which kubectl replaces as a whole", change.path);
            let problem = Diagnostic::new(Code::InvalidText, change.span, message);
            return Err(Box::new(problem.help("set the whole list: items have names only in Kubernetes' own kinds")));
        }
        let mut metadata = Map::from_iter([("name".to_owned(), json!(name))]);
        metadata.extend(namespace.iter().map(|namespace| ("namespace".to_owned(), json!(namespace))));
        let mut whole = json!({ "apiVersion": api, "kind": kind, "metadata": metadata });
        self.changes.iter().try_for_each(|change| set(&mut whole, &change.steps, change))?;
        Ok(whole)
    }
}

impl Change {
    fn names_item(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, PathStep::Item { .. }))
    }
}

/// Whether a kind is Kubernetes' own, in any version of this API: of another one `kubectl` knows no names of items.
fn is_own(kind: &str, api: &str) -> bool {
    let group = |api: &str| api.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    object::apis(kind).iter().any(|known| group(known) == group(api))
}

/// Sets a part, and makes what is missing on the way to it.
fn set(node: &mut Json, steps: &[PathStep], change: &Change) -> Result<(), EvalError> {
    match steps {
        [] => {
            merge_into(node, change.value.clone());
            Ok(())
        }
        [PathStep::Key(key), rest @ ..] => {
            let empty = if matches!(rest, [PathStep::Item { .. }, ..]) { json!([]) } else { Json::Null };
            set(entry(node, key, empty), rest, change)
        }
        [PathStep::Item { key, name }, rest @ ..] => set_item(item(node, key, name), rest, change),
    }
}

/// An item as a whole: a variable is its value, and nothing removes it.
fn set_item(item: &mut Json, rest: &[PathStep], change: &Change) -> Result<(), EvalError> {
    let is_variable = matches!(&change.steps[..], [.., PathStep::Key(list), _] if list == "env");
    match (&change.value, rest) {
        (Json::Null, []) => _ = entry(item, "$patch", json!("delete")),
        (Json::Object(_), []) => merge_into(item, change.value.clone()),
        (value, []) if is_variable => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            *entry(item, "value", Json::Null) = json!(text);
            *entry(item, "valueFrom", Json::Null) = Json::Null;
        }
        (_, []) => return Err(wrong(change.span, format!("`{}` is an item, so its value is a record", change.path))),
        _ => return set(item, rest, change),
    }
    Ok(())
}

fn entry<'j>(node: &'j mut Json, key: &str, empty: Json) -> &'j mut Json {
    if !node.is_object() {
        *node = json!({});
    }
    let map = node.as_object_mut().expect("it was made one");
    map.entry(key).or_insert(empty)
}

fn item<'j>(node: &'j mut Json, key: &str, name: &str) -> &'j mut Json {
    if !node.is_array() {
        *node = json!([]);
    }
    let list = node.as_array_mut().expect("it was made one");
    let place = list.iter().position(|one| one[key] == name).unwrap_or_else(|| {
        list.push(json!({ key: name }));
        list.len() - 1
    });
    &mut list[place]
}

fn merge_into(node: &mut Json, value: Json) {
    match (node, value) {
        (Json::Object(map), Json::Object(more)) => more.into_iter().for_each(|(key, value)| {
            merge_into(map.entry(key).or_insert(Json::Null), value);
        }),
        (node, value) => *node = value,
    }
}
