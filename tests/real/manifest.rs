//! Kubernetes objects by the schemas of their version, and component configurations by the tables of their fields.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::host::rendered::{MINORS, minor};
use crate::host::tool::{each, none};
use crate::host::{Output, all, tool};

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The objects that the machines of an output keep in the cluster, by the file that has them.
fn addons(output: &Output) -> BTreeMap<&str, Vec<Value>> {
    let mut files = BTreeMap::new();
    for file in output.files.iter().filter(|file| file.path.contains("/root/etc/kubernetes/addons/")) {
        let list = yaml(&String::from_utf8_lossy(&file.content));
        assert_eq!(list["kind"], "List", "{}", file.path);
        let name = file.path.rsplit('/').next().expect("a file has a name");
        files.insert(name, list["items"].as_array().expect("a list has items").clone());
    }
    files
}

#[test]
fn every_minor_takes_the_addons() {
    let Some(validate) = tool("kubernetes-validate", "Kubernetes objects") else { return };
    none(
        each(&MINORS, |version| {
            let output = minor(version);
            let folder = tempfile::tempdir().expect("there is room for small files");
            let mut files = Vec::new();
            for (name, objects) in addons(output) {
                for (place, object) in objects.iter().enumerate() {
                    let path = folder.path().join(format!("{place}-{name}"));
                    fs::write(&path, object.to_string()).expect("there is room for small files");
                    files.push(path);
                }
            }
            assert!(files.len() > 50, "{version}: only {} objects", files.len());
            let mut command = validate.command();
            let result = command.args(["--strict", "--quiet", "-k", version]).args(&files).output().expect("it runs");
            let said = String::from_utf8_lossy(&result.stderr).into_owned() + &String::from_utf8_lossy(&result.stdout);
            (!result.status.success() || !said.trim().is_empty())
                .then(|| format!("{version}: {}: {said}", result.status))
        })
        .into_iter()
        .flatten(),
    );
}

#[test]
fn a_wrong_object_is_seen() {
    let Some(validate) = tool("kubernetes-validate", "that Kubernetes objects are looked at") else { return };
    let folder = tempfile::tempdir().expect("there is room for small files");
    let path = folder.path().join("wrong.yaml");
    let wrong = r#"{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "x"}, "spec": {"selctor": {}}}"#;
    fs::write(&path, wrong).expect("there is room for small files");
    assert!(validate.run(["--strict", "-k", "1.34", path.to_str().expect("it is text")]).is_err());
}

#[test]
fn the_addons_are_there() {
    for output in all() {
        let files = addons(output);
        let names: Vec<_> = files.keys().copied().collect();
        // The pod network is called as the model calls it.
        let has = |name| names.contains(&name);
        assert!(
            has("coredns.yaml") && has("rbac.yaml") && (has("flannel.yaml") || has("network.yaml")),
            "{}: {names:?}",
            output.name
        );
        let all: Vec<&Value> = files.values().flatten().collect();
        let named = |kind: &str, name: &str| {
            all.iter().any(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        };
        for (kind, name) in [
            ("ClusterRoleBinding", "kmodel:kubelet-api-admin"),
            ("ClusterRoleBinding", "kmodel:node-proxier"),
            ("ClusterRoleBinding", "kubeadm:cluster-admins"),
            ("Deployment", "coredns"),
            ("Service", "kube-dns"),
            ("DaemonSet", "kube-flannel-ds"),
        ] {
            assert!(named(kind, name), "{}: there is no {kind} {name}", output.name);
        }
    }
}

#[test]
fn the_kubelet_knows_every_field() {
    let table = include_str!("../../stdlib/tables/config/kubelet.toml");
    known("/var/lib/kubelet/config.yaml", "kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", table);
}

#[test]
fn kube_proxy_knows_every_field() {
    let table = include_str!("../../stdlib/tables/config/kube-proxy.toml");
    known("/etc/kubernetes/kube-proxy.yaml", "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration", table);
}

/// Each field that is written is one of the version that runs.
fn known(path: &str, api: &str, kind: &str, table: &str) {
    let table: toml::Table = table.parse().expect("the table is TOML");
    let fields = table["field"].as_table().expect("the table has fields");
    let outputs = all().into_iter().chain(MINORS.into_iter().map(minor));
    for output in outputs {
        let version = number(&output.kubernetes);
        for (machine, text) in output.everywhere(path) {
            let config = yaml(&text);
            assert_eq!((&config["apiVersion"], &config["kind"]), (&api.into(), &kind.into()), "{}", output.name);
            let mut names = Vec::new();
            leaves(&config, "", fields, &mut names);
            names.retain(|name| name != "apiVersion" && name != "kind");
            assert!(names.len() > 6, "{}: {machine}: only {names:?}", output.name);
            for name in names {
                let field = fields.get(&name).unwrap_or_else(|| panic!("{kind} has no `{name}`"));
                let bound = |key: &str| field.get(key).and_then(toml::Value::as_str).map(number);
                assert!(
                    bound("since").is_none_or(|since| since <= version),
                    "{kind} has no `{name}` yet: {}",
                    output.name
                );
                assert!(
                    bound("removed_in").is_none_or(|end| version < end),
                    "{kind} has no `{name}` any more: {}",
                    output.name
                );
            }
        }
    }
}

/// The fields as the table names them: those of maps and of lists are data.
fn leaves(value: &Value, path: &str, fields: &toml::Table, out: &mut Vec<String>) {
    match value {
        Value::Object(map) if path.is_empty() || (!map.is_empty() && !fields.contains_key(path)) => {
            for (key, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{key}"), fields, out);
            }
        }
        _ => out.push(path.to_owned()),
    }
}

fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().expect("a version is of numbers"));
    (parts.next().expect("it has a major"), parts.next().expect("it has a minor"))
}

/// Fields of kubescheduler.config.k8s.io/v1 that are written (k8s.io/kube-scheduler config/v1/types.go).
#[test]
fn the_scheduler_knows_every_field() {
    for output in all().into_iter().chain(MINORS.into_iter().map(minor)) {
        for (machine, text) in output.everywhere("/etc/kubernetes/scheduler.yaml") {
            let config = yaml(&text);
            let mut names = Vec::new();
            leaves(&config, "", &toml::Table::new(), &mut names);
            names.sort();
            let known =
                ["apiVersion", "clientConnection.kubeconfig", "enableProfiling", "kind", "leaderElection.leaderElect"];
            assert_eq!(names, known, "{}: {machine}", output.name);
            assert_eq!(config["apiVersion"], "kubescheduler.config.k8s.io/v1");
            assert_eq!(config["kind"], "KubeSchedulerConfiguration");
        }
    }
}
