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
    let plugins = value.get("plugins").and_then(Json::as_object).into_iter().flatten();
    let rules = [registry, default_runtime, systemd_cgroup, folders_of_cni, devices];
    plugins.flat_map(|(name, plugin)| rules.into_iter().filter_map(move |rule| rule(name, plugin))).collect()
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
