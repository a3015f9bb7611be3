//! Directories of the machine that pods mount at another place: what a file there names is a path of the container.

use serde_json::Value as Json;

use crate::render::evidence::Sample;

use super::inventory;

/// The paths of the machine that have another one in a container.
pub(in crate::verify) fn moved(sample: &Sample<'_>) -> Vec<String> {
    let mut list = Vec::new();
    for found in inventory::of_sample(sample) {
        let Some((_, template)) = found.pods() else { continue };
        let spec = &template["spec"];
        let containers = each(&spec["containers"]).chain(each(&spec["initContainers"]));
        for mount in containers.flat_map(|container| each(&container["volumeMounts"])) {
            let volume = each(&spec["volumes"]).find(|volume| volume["name"] == mount["name"]);
            let host = volume.and_then(|volume| volume["hostPath"]["path"].as_str());
            list.extend(host.filter(|host| mount["mountPath"] != **host).map(str::to_owned));
        }
    }
    list
}

fn each(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}
