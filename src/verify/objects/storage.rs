//! Classes of storage: two that are the default, and local volumes that are bound before their pods have a machine.
//!
//! Source: kubernetes.io/docs/concepts/storage/storage-classes (default StorageClass: of several the newest is used; local: delay volume
//! binding until a Pod is scheduled).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::text::List;

use super::inventory::Found;

/// What marks the class that claims without one get.
const DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let classes: Vec<&Found<'_, '_>> = list.iter().filter(|found| found.kind() == "StorageClass").collect();
    let mut problems: Vec<Diagnostic> = classes.iter().filter_map(|class| early(model, class, list)).collect();
    problems.extend(defaults(model, &classes));
    problems
}

fn is_default(class: &Found<'_, '_>) -> Option<&'static str> {
    let annotations = &class.object["metadata"]["annotations"];
    DEFAULT.into_iter().find(|key| annotations[*key] == "true")
}

fn defaults(model: &Model<'_>, classes: &[&Found<'_, '_>]) -> Option<Diagnostic> {
    let marked: Vec<_> = classes.iter().filter_map(|class| Some((class, is_default(class)?))).collect();
    let (last, key) = marked.last()?;
    let mut names: Vec<&str> = marked.iter().map(|(class, _)| class.name()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let message = format!(
        "the storage classes {} are all the default: claims without a class get the one that was created last",
        List::ticked(&names)
    );
    let span = last.span(model, &["metadata".into(), "annotations".into(), (*key).into()]);
    Some(Diagnostic::new(Code::UnwiseSetting, span, message).help("keep the annotation on one of them"))
}

/// A class of local volumes that are bound at once, to a machine that the pod may not fit on.
fn early(model: &Model<'_>, class: &Found<'_, '_>, list: &[Found<'_, '_>]) -> Option<Diagnostic> {
    let object = &class.object;
    if object["provisioner"] != "kubernetes.io/no-provisioner" || object["volumeBindingMode"] == "WaitForFirstConsumer"
    {
        return None;
    }
    let own = |found: &&Found<'_, '_>| {
        found.kind() == "PersistentVolume" && found.object["spec"]["storageClassName"] == *class.name()
    };
    // Volumes of a network may be bound at any time.
    let is_other = |found: &Found<'_, '_>| found.object["spec"]["local"].is_null();
    if list.iter().filter(own).any(is_other) {
        return None;
    }
    let message = format!(
        "{} binds local volumes before their pods have a machine: a pod may not fit on the machine of its volume",
        class.title()
    );
    let key = if object["volumeBindingMode"].is_null() { "provisioner" } else { "volumeBindingMode" };
    let problem = Diagnostic::new(Code::UnwiseSetting, class.span(model, &[key.into()]), message);
    Some(problem.help("set `volumeBindingMode: WaitForFirstConsumer`"))
}
