//! Patches of a manifest: what kmodel examines is what `kubectl kustomize` makes of them on the control plane.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::host::tool;
use crate::support::kmodel;

const RELEASE: &str = include_str!("host/release.yaml");

/// Each change that a patch can make: set, add, remove, in maps and in lists with and without names.
const PATCHES: &str = r#"{
  "DaemonSet/tools/tool" = {
    "spec.template.spec.containers[tool].env[POOL]"                  = "10.244.0.0/16"
    "spec.template.spec.containers[tool].env[NODE]"                  = 7
    "spec.template.spec.containers[tool].env[OLD]"                   = none
    "spec.template.spec.containers[tool].env[NEW]"                   = true
    "spec.template.spec.containers[tool].args"                       = ["--quiet"]
    "spec.template.spec.containers[tool].resources"                  = { requests = { memory = "64Mi" } }
    "spec.template.spec.containers[tool].volumeMounts[/run/x].readOnly" = true
    "spec.template.spec.initContainers[setup]"                       = none
    "spec.template.spec.volumes[run].hostPath.path"                  = "/run/y"
    "spec.template.spec.tolerations"                                 = [{ operator = "Exists" }]
    "metadata.annotations[example.org/a.b]"                          = none
    "metadata.labels"                                                = { team = "net" }
  }
  "ConfigMap/tools/tool" = { "data[tool.conf]" = "mode = 2\n" }
  "example.org/v1/Pool/all" = { "spec.blocks" = [{ cidr = "10.0.0.0/8" }], "spec.size" = none }
}"#;

/// A manifest whose copy is at hand: its text with its patches, and the patches.
fn model() -> String {
    format!(
        "component tool {{\n  manifest release {{\n    url = \"https://example.org/r.yaml\"\n    patch = {PATCHES}\n  }}\n  \
         file /etc/text {{ text = release.text }}\n  file /etc/patches {{ text = base64(json(release.patches)) }}\n}}\n\
         cluster c {{ kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}\n\
         machines m[1]\ndeploy tool on m\ntarget lxd\n"
    )
}

fn objects(text: &str) -> Vec<Value> {
    let mut list: Vec<Value> = serde_saphyr::from_multiple(text).expect("it is YAML");
    list.retain(|object| !object.is_null());
    list.sort_by_key(|object| object["kind"].as_str().unwrap_or_default().to_owned());
    list.into_iter().map(sorted).collect()
}

/// Fields in the order of their names, and variables too: kustomize puts what is new first.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[test]
fn patches_do_what_kustomize_does() {
    let Some(kubectl) = tool("kubectl", "what patches of a manifest make of it") else { return };
    let folder = tempfile::tempdir().expect("there is room for small files");
    let at = |path: &str| folder.path().join(path);
    let copy = at("kmodel.manifests/example.org/r.yaml");
    fs::create_dir_all(copy.parent().expect("it has a folder")).expect("there is room");
    fs::write(copy, RELEASE).expect("there is room");
    fs::write(at("model.km"), model()).expect("there is room");
    let rendered = kmodel(["render", "model.km", "--out", "out"]).current_dir(folder.path()).output().expect("it runs");
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let file =
        |name: &str| fs::read_to_string(at(&format!("out/machines/m-0/root/etc/{name}"))).expect("it is written");
    let (text, patches) = (file("text"), file("patches"));
    fs::write(folder.path().join("release.yaml"), RELEASE).expect("there is room");
    let list: Vec<Value> =
        serde_json::from_slice(&STANDARD.decode(patches.trim()).expect("it is base64")).expect("it is JSON");
    let list: Vec<Value> = list.iter().map(|patch| serde_json::json!({ "patch": patch.to_string() })).collect();
    let whole = serde_json::json!({ "resources": ["release.yaml"], "patches": list });
    fs::write(folder.path().join("kustomization.yaml"), whole.to_string()).expect("there is room");
    let made = kubectl.command().arg("kustomize").arg(folder.path()).output().expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(objects(&text), objects(&String::from_utf8_lossy(&made.stdout)));
}
