//! containerd's configuration: what its CRI plugin refuses, so that the machine has no runtime.
//!
//! Source: containerd/containerd, internal/cri/config/config.go, `ValidateImageConfig` and `ValidateRuntimeConfig`; the same
//! in pkg/cri/config/config.go of 1.7, `ValidatePluginConfig`. Its keys are a table: `keyed.rs`.

use serde_json::Value as Json;

use super::DocumentProblem;
use crate::diag::Code;
use crate::verify::locate::Step;

/// What is wrong with the plugins of a configuration, whatever its version is.
pub(super) fn check(value: &Json) -> Vec<DocumentProblem> {
    let mut found: Vec<DocumentProblem> = unversioned(value).into_iter().chain(disabled(value)).collect();
    let plugins = value.get("plugins").and_then(Json::as_object).into_iter().flatten();
    let rules = [registry, default_runtime, systemd_cgroup, folders_of_cni, devices];
    found.extend(plugins.flat_map(|(name, plugin)| rules.into_iter().filter_map(move |rule| rule(name, plugin))));
    // What is imported may have the rest of a runtime.
    let is_alone = value.get("imports").is_none() && value.get("version").is_some();
    let plugins = value.get("plugins").and_then(Json::as_object).into_iter().flatten().filter(|_| is_alone);
    found.extend(plugins.filter_map(|(name, plugin)| typeless(name, plugin)));
    found
}

/// The version that the file has: 1 where it says none.
fn version(value: &Json) -> i64 {
    value.get("version").and_then(Json::as_i64).filter(|version| *version > 0).unwrap_or(1)
}

/// Plugins by their whole names in a file of version 1.
///
/// Source: containerd 1.6 and 1.7 services/server/config/config.go (Decode: by the short name below version 2), 2.x v1MigratePluginName.
fn unversioned(value: &Json) -> Option<DocumentProblem> {
    let name = value.get("plugins")?.as_object()?.keys().find(|name| name.starts_with("io.containerd."))?;
    let message = format!("the file has no `version`, so containerd 1 reads it as version 1 and ignores `{name}`");
    let found = finding(&["plugins", name], message, "add `version = 2` at the top");
    (version(value) < 2).then_some(DocumentProblem { code: Code::UnwiseSetting, is_value: false, ..found })
}

/// Plugins by their short names, which only version 1 has.
///
/// Source: cmd/containerd/server/config/config.go (ValidateVersion: invalid disabled plugin URI), containerd/containerd#4581, #8139.
fn disabled(value: &Json) -> Option<DocumentProblem> {
    let (key, name) = ["disabled_plugins", "required_plugins"].into_iter().find_map(|key| {
        let names = value.get(key)?.as_array()?.iter().filter_map(Json::as_str);
        names.into_iter().find(|name| !name.contains('.')).map(|name| (key, name))
    })?;
    let message = format!("`{key}` has `{name}`, which is not the whole name of a plugin: containerd does not start");
    let help = match (key, name) {
        ("disabled_plugins", "cri") => "remove `cri`: the kubelet needs that plugin",
        _ => "write the whole name, such as `io.containerd.grpc.v1.cri`",
    };
    (version(value) >= 2).then(|| finding(&[key], message, help))
}

/// A runtime of a name of its own whose type is not set.
///
/// Source: containerd core/metadata/containers.go (validateContainer: container.Runtime.Name must be set).
fn typeless(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    let runtimes = plugin.get("containerd")?.get("runtimes")?.as_object()?;
    let lacks = |runtime: &Json| runtime.get("runtime_type").and_then(Json::as_str).is_none_or(str::is_empty);
    let (runtime, _) = runtimes.iter().find(|(runtime, value)| *runtime != "runc" && lacks(value))?;
    let message = format!("the runtime `{runtime}` has no `runtime_type`: no pod of it starts");
    let help = "set `runtime_type = \"io.containerd.runc.v2\"`";
    let found = finding(&["plugins", name, "containerd", "runtimes", runtime], message, help);
    Some(DocumentProblem { is_value: false, ..found })
}

/// The old way to the cgroup driver, which is that of a runtime that is gone.
fn systemd_cgroup(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    plugin.get("systemd_cgroup")?.as_bool().filter(|on| *on)?;
    let message = "`systemd_cgroup` is for the runtime `io.containerd.runtime.v1.linux`: with another one containerd 1 loads \
                   no CRI plugin, and containerd 2 ignores it";
    let help = "set `SystemdCgroup = true` in the `options` of the runtime";
    Some(finding(&["plugins", name, "systemd_cgroup"], message.to_owned(), help))
}

/// Two ways to say where CNI's programs are.
fn folders_of_cni(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    let cni = plugin.get("cni")?;
    cni.get("bin_dir")?.as_str().filter(|folder| !folder.is_empty())?;
    cni.get("bin_dirs")?.as_array().filter(|folders| !folders.is_empty())?;
    let message = "`bin_dir` is set, and so is `bin_dirs`: containerd loads no CRI plugin".to_owned();
    Some(finding(&["plugins", name, "cni", "bin_dir"], message, "remove `bin_dir`"))
}

/// All devices for a container that gets none of the host's.
fn devices(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    let runtimes = plugin.get("containerd")?.get("runtimes")?.as_object()?;
    let is_on = |runtime: &Json, key: &str| runtime.get(key).and_then(Json::as_bool) == Some(true);
    let (key, needed) = (ALL_DEVICES, "privileged_without_host_devices");
    let (runtime, _) = runtimes.iter().find(|(_, runtime)| is_on(runtime, key) && !is_on(runtime, needed))?;
    let message = format!("`{key}` is set without `{needed}`: containerd loads no CRI plugin");
    Some(finding(&["plugins", name, "containerd", "runtimes", runtime, key], message, "set both, or none of them"))
}

const ALL_DEVICES: &str = "privileged_without_host_devices_all_devices_allowed";

fn finding(path: &[&str], message: String, help: &str) -> DocumentProblem {
    let path = path.iter().map(|key| Step::from(*key)).collect();
    DocumentProblem { code: Code::InvalidConfig, path, message, help: help.into(), is_value: true }
}

/// Mirrors of the old form beside a folder of the new one.
fn registry(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    let registry = plugin.get("registry")?;
    let folder = registry.get("config_path")?.as_str().filter(|folder| !folder.is_empty())?;
    registry.get("mirrors")?.as_object().filter(|mirrors| !mirrors.is_empty())?;
    let message =
        format!("`registry.mirrors` is set, and so is `config_path` ({folder}): containerd loads no CRI plugin");
    let help = "remove `mirrors`, and write each one to `hosts.toml` in a folder below `config_path`";
    Some(finding(&["plugins", name, "registry", "mirrors"], message, help))
}

/// A default runtime that is not among the runtimes.
fn default_runtime(name: &str, plugin: &Json) -> Option<DocumentProblem> {
    let containerd = plugin.get("containerd")?;
    let default = containerd.get("default_runtime_name")?.as_str()?;
    let runtimes = containerd.get("runtimes")?.as_object()?;
    if runtimes.contains_key(default) || default == "runc" {
        return None;
    }
    let message =
        format!("`default_runtime_name` is `{default}`, which is not among `runtimes`: containerd loads no CRI plugin");
    let known: Vec<String> = runtimes.keys().map(|name| format!("`{name}`")).collect();
    let help = format!("the runtimes are {}", known.join(", "));
    Some(finding(&["plugins", name, "containerd", "default_runtime_name"], message, &help))
}
