//! flannel's net-conf.json, in a file or a ConfigMap: the network and the backend.
//!
//! Source: flannel-io/flannel pkg/subnet/config.go, Documentation/kubernetes.md (the network is the cluster's), and the names
//! with which each folder of pkg/backend registers, with those of earlier releases.

use ipnet::IpNet;
use serde_json::Value as Json;

use super::DocumentProblem;
use crate::diag::{Code, Help, closest};
use crate::model::Model;
use crate::render::evidence::{Content, Document};
use crate::verify::locate::Step;

/// Of pkg/subnet/config.go (`Config`); `EnableNFTables` came with 0.26 (from memory). They are read in any case.
const KEYS: &[&str] = &[
    "Backend",
    "EnableIPv4",
    "EnableIPv6",
    "EnableNFTables",
    "IPv6Network",
    "IPv6Networks",
    "IPv6SubnetLen",
    "IPv6SubnetMax",
    "IPv6SubnetMin",
    "Network",
    "Networks",
    "SubnetLen",
    "SubnetMax",
    "SubnetMin",
];

const BACKENDS: &[&str] = &[
    "vxlan",
    "host-gw",
    "wireguard",
    "udp",
    "ipip",
    "ipsec",
    "alloc",
    "extension",
    "tencent-vpc",
    "ali-vpc",
    "aws-vpc",
    "gce",
];

/// What is wrong with a net-conf.json; nothing of another file.
pub(super) fn check(model: &Model<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    if document.path.rsplit('/').next() != Some("net-conf.json") {
        return Vec::new();
    }
    let value = match &document.content {
        Content::Text(text) => serde_json::from_str::<Json>(text),
        Content::Value(value) => Ok(super::json(value, crate::render::format::Secrets::Seen)),
    };
    match value {
        Ok(value) => of_value(&model.cluster.pods, &value),
        Err(error) => {
            let message = format!("`net-conf.json` is not valid JSON: {error}");
            vec![finding(
                Code::InvalidConfig,
                vec![Step::Line(error.line())],
                message,
                "flannel does not start with it",
            )]
        }
    }
}

fn of_value(pods: &[IpNet], value: &Json) -> Vec<DocumentProblem> {
    let mut findings: Vec<DocumentProblem> = [("Network", false), ("IPv6Network", true)]
        .iter()
        .filter_map(|(key, v6)| network(pods, value, key, *v6))
        .collect();
    findings.extend(backend(value));
    findings.extend(value.as_object().into_iter().flatten().filter_map(|(key, _)| misspelt(key)));
    findings
}

/// A key that is nearly one of flannel's.
fn misspelt(key: &str) -> Option<DocumentProblem> {
    if KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)) {
        return None;
    }
    let near = super::host::slip(key, KEYS.iter().copied())?;
    let message = format!("unknown key `{key}` of net-conf.json: flannel ignores it");
    let help = Help::near(near);
    Some(DocumentProblem { code: Code::UnknownKey, path: vec![key.into()], message, help, is_value: false })
}

fn finding(code: Code, path: Vec<Step>, message: String, help: impl Into<Help>) -> DocumentProblem {
    DocumentProblem { code, path, message, help: help.into(), is_value: true }
}

fn network(pods: &[IpNet], value: &Json, key: &str, v6: bool) -> Option<DocumentProblem> {
    let text = value.get(key)?.as_str()?;
    let path = || vec![Step::from(key)];
    let Ok(range) = text.parse::<IpNet>() else {
        let message = format!("`{key}` of net-conf.json is `{text}`, which is not a range");
        return Some(finding(Code::InvalidConfig, path(), message, "flannel does not start with it"));
    };
    let outside = pods.iter().find(|pods| pods.addr().is_ipv6() == v6 && !range.trunc().contains(*pods))?;
    let message = format!(
        "`{key}` of net-conf.json is {range}, but `pods` of the cluster is {outside}: flannel makes no route to pods outside its network"
    );
    Some(finding(Code::SettingsDiffer, path(), message, format!("use {outside}")))
}

fn backend(value: &Json) -> Option<DocumentProblem> {
    let written = value.get("Backend")?.get("Type")?.as_str()?;
    if BACKENDS.contains(&written.to_lowercase().as_str()) {
        return None;
    }
    let help = closest(written, BACKENDS.iter().copied())
        .map_or_else(|| format!("one of {}", BACKENDS[..4].join(", ")).into(), Help::near);
    let message = format!("flannel has no backend `{written}`");
    Some(finding(Code::UnknownValue, vec!["Backend".into(), "Type".into()], message, help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_network_holds_the_pods_and_the_backend_is_known() {
        let pods = ["10.244.0.0/16".parse().expect("a range"), "fd00:1::/64".parse().expect("a range")];
        let codes = |value: Json| of_value(&pods, &value).iter().map(|found| found.code.name()).collect::<Vec<_>>();
        assert_eq!(codes(json!({ "Network": "10.244.0.0/16", "Backend": { "Type": "VXLAN" } })), [""; 0]);
        assert_eq!(codes(json!({ "Network": "10.0.0.0/8", "IPv6Network": "fd00:1::/64" })), [""; 0]);
        assert_eq!(codes(json!({ "Network": "10.245.0.0/16", "IPv6Network": "fd00:2::/64" })), ["settings-differ"; 2]);
        assert_eq!(
            codes(json!({ "Network": "10.244", "Backend": { "Type": "vxlans" } })),
            ["invalid-config", "unknown-value"]
        );
        assert_eq!(codes(json!({ "SubnetLength": 25, "subnetmin": "10.244.1.0", "Comment": "ours" })), [""; 0]);
        assert_eq!(codes(json!({ "SubnetLne": 25 })), ["unknown-key"]);
    }
}
