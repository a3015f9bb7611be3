//! What is said of names that nothing creates: objects, their namespaces and their keys.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::reference;
use crate::model::Model;

use super::super::inventory::{self, Found};
use super::{Name, Objects};

/// An object in a namespace that nothing makes.
pub(super) fn namespace(objects: &Objects<'_, '_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let name = found.namespace()?;
    let is_there =
        objects.by_key.contains_key(&("Namespace", None, name)) || reference::is_given("Namespace", None, name);
    // What installs the controllers of other APIs makes their namespace.
    if is_there || objects.open || objects.custom.contains(name) {
        return None;
    }
    let span = found.span(objects.model, &["metadata".into(), "namespace".into()]);
    let message = format!(
        "{} is in the namespace `{name}`, which nothing in the model creates: the API server rejects the object",
        found.title()
    );
    let near = closest(name, objects.names("Namespace", None));
    Some(helped(Diagnostic::new(Code::ObjectMissing, span, message), near, "Namespace"))
}

pub(super) fn missing(model: &Model<'_>, name: &Name<'_, '_, '_>, near: Option<&str>) -> Diagnostic {
    let place = name.namespace.filter(|_| name.rule.namespace.is_some());
    let place = place.map(|name| format!(" of namespace `{name}`")).unwrap_or_default();
    let message = format!(
        "{} names the {} `{}`{place}, which nothing in the model creates: {}",
        name.by.title(),
        name.kind,
        name.name,
        name.rule.what
    );
    let span = name.by.span(model, &name.way);
    helped(Diagnostic::new(Code::ObjectMissing, span, message), near, name.kind)
}

fn helped(found: Diagnostic, near: Option<&str>, kind: &str) -> Diagnostic {
    match near {
        Some(near) => found.help(Help::near(near)),
        None => found
            .help(format!("add the {kind} to the objects; if something else creates it, allow this with that reason")),
    }
}

/// A key that a ConfigMap or a Secret has not.
pub(super) fn key(model: &Model<'_>, name: &Name<'_, '_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let path = name.rule.keys.as_deref()?;
    let maps = ["data", "binaryData", "stringData"].map(|key| found.object[key].as_object());
    // A controller fills it later.
    if maps.iter().all(Option::is_none) {
        return None;
    }
    let own = || maps.iter().flatten().flat_map(|map| map.keys());
    let (way, wanted) = inventory::at(name.value, path)
        .into_iter()
        .filter_map(|(way, value)| Some((way, value.as_str()?)))
        .find(|(_, wanted)| !own().any(|key| key == wanted))?;
    let depth = name.way.len() - 1;
    let span = name.by.span(model, &[&name.way[..depth], &way].concat());
    let message = format!(
        "{} names the key `{wanted}` of {}, which does not have it: {}",
        name.by.title(),
        found.title(),
        name.rule.what
    );
    let problem = Diagnostic::new(Code::ObjectMissing, span, message);
    Some(match closest(wanted, own().map(String::as_str)) {
        Some(near) => problem.help(Help::near(near)),
        None => problem.help("add the key, or set `optional: true`"),
    })
}
