//! containerd's configuration: what its CRI plugin refuses, so that the machine has no runtime.
//!
//! Source: containerd/containerd, internal/cri/config/config.go, `ValidateImageConfig` and `ValidateRuntimeConfig`; the same
//! in pkg/cri/config/config.go of 1.7.

use serde_json::Value as Json;

use super::Finding;
use crate::diag::Code;
use crate::verify::locate::Step;

/// What is wrong with the plugins of a configuration, whatever its version is.
pub(super) fn check(value: &Json) -> Vec<Finding> {
    let plugins = value.get("plugins").and_then(Json::as_object).into_iter().flatten();
    plugins.flat_map(|(name, plugin)| registry(name, plugin).into_iter().chain(default_runtime(name, plugin))).collect()
}

fn finding(path: &[&str], message: String, help: &str) -> Finding {
    let path = path.iter().map(|key| Step::from(*key)).collect();
    Finding { code: Code::InvalidConfig, path, message, help: help.into(), is_value: true }
}

/// Mirrors of the old form beside a folder of the new one.
fn registry(name: &str, plugin: &Json) -> Option<Finding> {
    let registry = plugin.get("registry")?;
    let folder = registry.get("config_path")?.as_str().filter(|folder| !folder.is_empty())?;
    registry.get("mirrors")?.as_object().filter(|mirrors| !mirrors.is_empty())?;
    let message =
        format!("`registry.mirrors` is set, and so is `config_path` ({folder}): containerd loads no CRI plugin");
    let help = "remove `mirrors`, and write each one to `hosts.toml` in a folder below `config_path`";
    Some(finding(&["plugins", name, "registry", "mirrors"], message, help))
}

/// A default runtime that is not among the runtimes.
fn default_runtime(name: &str, plugin: &Json) -> Option<Finding> {
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
