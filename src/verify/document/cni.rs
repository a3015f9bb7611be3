//! A network configuration of CNI: what the runtime cannot load, plugins that nothing installs, and addresses outside the pod range.
//!
//! Source: containernetworking/cni SPEC.md (versions, `name`, `plugins`), libcni/conf.go (ConfFromFile, ConfListFromFile);
//! cni.dev/plugins/current/ipam/host-local (`subnet`, `ranges`).

use ipnet::IpNet;
use serde_json::Value as Json;

use super::DocumentProblem;
use crate::diag::{Code, Help, closest};
use crate::facts::archive;
use crate::model::Model;
use crate::render::bundle::{Bundle, Install};
use crate::render::evidence::{Content, Document, Entry, Sample};
use crate::render::format::Secrets;
use crate::verify::Evidence;
use crate::verify::locate::Step;
use crate::verify::objects::runs_pods;

const FOLDER: &str = "/etc/cni/net.d/";

/// The versions of the specification.
const VERSIONS: [&str; 7] = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/// Whether the runtime reads a file as a network configuration.
fn is_configuration(path: &str) -> bool {
    let is_one =
        |name: &str| !name.contains('/') && [".conf", ".conflist", ".json"].iter().any(|end| name.ends_with(end));
    path.strip_prefix(FOLDER).is_some_and(is_one)
}

/// What is wrong with such a file; nothing of another one.
pub(super) fn check(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    if !is_configuration(&document.path) {
        return Vec::new();
    }
    let name = document.path.trim_start_matches(FOLDER);
    let value = match &document.content {
        Content::Text(text) => serde_json::from_str::<Json>(text),
        Content::Value(value) => Ok(super::json(value, Secrets::Seen)),
    };
    let value = match value {
        Ok(value) => value,
        Err(error) => {
            let message = format!("`{name}` is not valid JSON: {error}");
            return vec![problem(Code::InvalidConfig, vec![Step::Line(error.line())], message, NOT_LOADED)];
        }
    };
    let is_other_first = |other: &Document<'_>| is_configuration(&other.path) && other.path < document.path;
    // Pods get addresses where a kubelet is.
    let is_first = runs_pods(evidence, sample) && !sample.documents().any(is_other_first);
    let mut found = shape(name, &value);
    for (way, plugin) in plugins(&value) {
        found.extend(missing(&sample.bundle, &way, plugin));
        // Later files are secondary networks, which may have ranges of their own.
        let ranges = if is_first { ranges(&way, plugin) } else { Vec::new() };
        let outside = outside(evidence.model, &ranges);
        let is_shared = outside.is_empty() && is_same_on_second(sample, document);
        found.extend(outside);
        found.extend(ranges.first().filter(|_| is_shared).map(|(way, range)| {
            let message =
                format!("`{range}` is the same on each machine: two pods of different machines get one address");
            problem(Code::SettingsDiffer, way.clone(), message, "compute the range from `machine.index`")
        }));
    }
    found
}

/// Whether a file only has the loopback of pods, which is none of their networks.
pub(in crate::verify) fn is_loopback(document: &Document<'_>) -> bool {
    let value = serde_json::from_str::<Json>(&text(document)).unwrap_or_default();
    let plugins = plugins(&value);
    !plugins.is_empty() && plugins.iter().all(|(_, plugin)| plugin["type"] == "loopback")
}

/// Whether a second machine of the kind has the same file.
fn is_same_on_second(sample: &Sample<'_>, document: &Document<'_>) -> bool {
    sample.second.iter().any(|entry| match entry {
        Entry::Document(other) => other.path == document.path && text(other) == text(document),
        _ => false,
    })
}

fn text(document: &Document<'_>) -> String {
    match &document.content {
        Content::Text(text) => text.clone(),
        Content::Value(value) => super::plain(value),
    }
}

const NOT_LOADED: &str = "the runtime loads no network from this file: no pod starts";

/// What the file itself has to have.
fn shape(name: &str, value: &Json) -> Vec<DocumentProblem> {
    let is_list = name.ends_with(".conflist");
    let version = value.get("cniVersion").and_then(Json::as_str);
    let unknown = version.filter(|version| !VERSIONS.contains(version)).map(|version| {
        let message =
            format!("`cniVersion` is `{version}`, which is not a version of the CNI specification (through 1.1.0)");
        problem(Code::InvalidConfig, vec!["cniVersion".into()], message, format!("use one of {}", VERSIONS.join(", ")))
    });
    let has_name = value.get("name").and_then(Json::as_str).is_some_and(|name| !name.is_empty());
    let nameless = (is_list && !has_name).then(|| {
        let message = format!("`{name}` has no `name`");
        problem(Code::InvalidConfig, Vec::new(), message, NOT_LOADED)
    });
    let plugins = value.get("plugins").and_then(Json::as_array);
    let form = match (is_list, plugins) {
        (true, None) => {
            Some(("a `.conflist` needs `plugins`", "put the plugin into `plugins`, or name the file `.conf`"))
        }
        (true, Some(list)) if list.is_empty() => Some(("`plugins` is empty", NOT_LOADED)),
        (false, Some(_)) => Some(("a file with `plugins` has to end in `.conflist`", "name it `.conflist`")),
        _ => None,
    };
    let form = form.map(|(message, help)| {
        let way = plugins.map(|_| vec![Step::from("plugins")]).unwrap_or_default();
        problem(Code::InvalidConfig, way, format!("`{name}`: {message}"), help)
    });
    let typeless = self::plugins(value).into_iter().filter(|(_, plugin)| plugin.get("type").is_none());
    let typeless =
        typeless.map(|(way, _)| problem(Code::InvalidConfig, way, "the plugin has no `type`".into(), NOT_LOADED));
    unknown.into_iter().chain(nameless).chain(form).chain(typeless).collect()
}

/// The plugins of a file, each with the way to it.
fn plugins(value: &Json) -> Vec<(Vec<Step>, &Json)> {
    match value.get("plugins").and_then(Json::as_array) {
        Some(list) => list.iter().enumerate().map(|(place, one)| (vec!["plugins".into(), place.into()], one)).collect(),
        None => vec![(Vec::new(), value)],
    }
}

/// A plugin that is nearly one of those that are installed.
fn missing(bundle: &Bundle, way: &[Step], plugin: &Json) -> Option<DocumentProblem> {
    let types = [&["type"][..], &["ipam", "type"]];
    types.into_iter().find_map(|path| {
        let name = path.iter().try_fold(plugin, |value, key| value.get(key))?.as_str()?;
        let installed = installed(bundle);
        // Where nothing is known to be installed, it is those that are published.
        let is_known = !installed.is_empty();
        let installed = if is_known { installed } else { PUBLISHED.map(str::to_owned).to_vec() };
        let near =
            closest(name, installed.iter().map(String::as_str)).filter(|_| !installed.contains(&name.to_owned()))?;
        if !is_known && !is_slip(name, near) {
            return None;
        }
        let message = format!("nothing installs the CNI plugin `{name}`: no pod gets an address");
        let way = way.iter().cloned().chain(path.iter().map(|key| Step::from(*key))).collect();
        Some(problem(Code::InvalidConfig, way, message, Help::near(near)))
    })
}

/// containernetworking/plugins at v1.9, and those of the networks that are used most.
const PUBLISHED: [&str; 31] = [
    "antrea",
    "aws-cni",
    "azure-vnet",
    "bandwidth",
    "bridge",
    "calico",
    "calico-ipam",
    "cilium-cni",
    "dhcp",
    "dummy",
    "firewall",
    "flannel",
    "host-device",
    "host-local",
    "ipvlan",
    "kube-ovn",
    "loopback",
    "macvlan",
    "multus",
    "multus-shim",
    "portmap",
    "ptp",
    "sbr",
    "static",
    "tap",
    "tuning",
    "vlan",
    "vrf",
    "weave-ipam",
    "weave-net",
    "whereabouts",
];

/// Whether two names differ in one letter or sign: a number makes another name.
fn is_slip(name: &str, known: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    plain(name) != known && strsim::damerau_levenshtein(name, known) == 1
}

/// The programs in folders of CNI, as far as archives are known.
fn installed(bundle: &Bundle) -> Vec<String> {
    let is_cni = |folder: &str| folder.contains("/cni/");
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let of_artifacts = bundle.artifacts.iter().flat_map(|artifact| match &artifact.install {
        Install::Members { members, .. } => {
            members.iter().filter(|(_, place)| is_cni(place)).map(|(_, place)| name(place)).collect::<Vec<_>>()
        }
        Install::Extract { folder, strip } if is_cni(&format!("{folder}/")) => {
            let known = archive::members(&artifact.url, artifact.version.as_deref());
            known.iter().flat_map(|known| known.files(*strip)).map(name).collect()
        }
        Install::Extract { .. } => Vec::new(),
    });
    let files = bundle.files.iter().filter(|file| is_cni(&file.path) && file.mode & 0o111 != 0);
    of_artifacts.chain(files.map(|file| name(&file.path))).collect()
}

/// The ranges of host-local, each with the way to it.
fn ranges(way: &[Step], plugin: &Json) -> Vec<(Vec<Step>, IpNet)> {
    let ipam = &plugin["ipam"];
    if ipam["type"] != "host-local" {
        return Vec::new();
    }
    let own = ipam.get("subnet").map(|one| (vec![Step::from("subnet")], one));
    let sets = ipam["ranges"].as_array().into_iter().flatten().enumerate().flat_map(|(set, ranges)| {
        ranges.as_array().into_iter().flatten().enumerate().filter_map(move |(place, one)| {
            Some((vec!["ranges".into(), set.into(), place.into(), "subnet".into()], one.get("subnet")?))
        })
    });
    let read = |(path, subnet): (Vec<Step>, &Json)| {
        let way = way.iter().cloned().chain(["ipam".into()]).chain(path).collect();
        Some((way, subnet.as_str()?.parse().ok()?))
    };
    own.into_iter().chain(sets).filter_map(read).collect()
}

/// Those that are outside `pods`.
fn outside(model: &Model<'_>, ranges: &[(Vec<Step>, IpNet)]) -> Vec<DocumentProblem> {
    let pods = &model.cluster.pods;
    let outside = ranges.iter().filter(|(_, range)| !pods.iter().any(|pods| pods.contains(range)));
    let said = |(way, range): &(Vec<Step>, IpNet)| {
        let list: Vec<String> = pods.iter().map(ToString::to_string).collect();
        let message =
            format!("the plugin gives pods addresses of `{range}`, which is outside `pods` {}", list.join(", "));
        problem(Code::AddressOutsideRange, way.clone(), message, "use a part of `pods` for each machine")
    };
    outside.map(said).collect()
}

fn problem(code: Code, path: Vec<Step>, message: String, help: impl Into<Help>) -> DocumentProblem {
    DocumentProblem { code, path, message, help: help.into(), is_value: true }
}
