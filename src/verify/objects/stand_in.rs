//! What is pasted in place of a component: a network of pods that brings itself.

use serde_json::Value as Json;

use crate::facts::maker::{self, StandIn};
use crate::render::evidence::{Content, Entry, Sample};
use crate::verify::Evidence;

use super::inventory::{self, Found, at};

/// Whether the model has what a warning of this code misses.
pub(in crate::verify) fn has(evidence: &Evidence<'_, '_>, code: &str) -> bool {
    maker::stand_in(code).is_some_and(|row| evidence.samples.iter().any(|sample| is_in(sample, row)))
}

fn is_in(sample: &Sample<'_>, row: &StandIn) -> bool {
    inventory::of_sample(sample).iter().any(|found| is_one(found, row))
        || sample.documents().any(|document| row.files.iter().any(|folder| is_file(&document.path, folder)))
        || sample.entries.iter().any(|entry| commands(entry).is_some_and(|text| runs(text, row)))
}

/// An object of its kind, or pods that mount its folders.
fn is_one(found: &Found<'_, '_>, row: &StandIn) -> bool {
    let group = found.api().split_once('/').map_or("", |(group, _)| group);
    let named = format!("{group}/{}", found.kind());
    let mounts = |(_, path): &(_, &Json)| {
        let path = path.as_str().map(|path| path.trim_end_matches('/'));
        path.is_some_and(|path| row.mounts.iter().any(|folder| folder == path))
    };
    let pods = found.pod_spec().filter(|_| found.kind() == "DaemonSet");
    row.kinds.contains(&named) || pods.is_some_and(|(_, spec)| at(spec, "volumes[].hostPath.path").iter().any(mounts))
}

/// A file of a folder; one of the loopback interface alone is none.
fn is_file(path: &str, folder: &str) -> bool {
    let name = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| !name.contains('/') && !name.contains("loopback"))
}

fn commands<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    match entry {
        Entry::Command(command) => Some(&command.text),
        Entry::Document(document) => match &document.content {
            Content::Text(text) => Some(text),
            Content::Value(_) => None,
        },
        _ => None,
    }
}

fn runs(text: &str, row: &StandIn) -> bool {
    row.commands.iter().any(|command| text.contains(&**command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_folder_is_one_unless_it_is_of_loopback() {
        let is_file = |path: &str| is_file(path, "/etc/cni/net.d");
        assert!(is_file("/etc/cni/net.d/10-site.conflist"));
        assert!(
            !is_file("/etc/cni/net.d/99-loopback.conf") && !is_file("/etc/cni/net.d.bak/a") && !is_file("/etc/cni/a")
        );
    }
}
