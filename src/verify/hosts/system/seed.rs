//! Keys of a cloud-config that work against what the model makes of the machine: its name, its swap, its users, whether it stays on.
//!
//! Sources: docs.cloud-init.io (modules set hostname, update hostname, update etc hosts, mounts, power state change, users and groups),
//! kubernetes.io/docs/concepts/cluster-administration/swap-memory-management.

use serde_json::Value as Json;

use super::{Config, Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::verify::locate::Step;

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let rules = [name, hosts, power];
    host.configs
        .iter()
        .flat_map(|config| rules.iter().filter_map(|rule| rule(host, config)).collect::<Vec<_>>())
        .collect()
}

fn say(host: &Host<'_, '_>, config: &Config<'_>, key: &str, message: String, help: &str) -> Diagnostic {
    problem(Code::UnwiseSetting, config.span(host.model, &[Step::from(key)]), message, help)
}

fn text<'c>(config: &'c Config<'_>, key: &str) -> Option<&'c str> {
    config.value.get(key).and_then(Json::as_str).filter(|text| !text.contains(['$', '{']))
}

/// Another name than that of the machine.
fn name(host: &Host<'_, '_>, config: &Config<'_>) -> Option<Diagnostic> {
    let own = &*host.model.machine(host.sample.machine?).name;
    let key = ["hostname", "fqdn"].into_iter().find(|key| text(config, key).is_some())?;
    let given = text(config, key)?;
    let is_own = given == own || given.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'));
    let message = format!("`{key}` gives the machine `{own}` the name `{given}`");
    (!is_own).then(|| say(host, config, key, message, "remove it: each machine gets the name that it has in the model"))
}

/// A file that cloud-init writes anew at each boot.
fn hosts(host: &Host<'_, '_>, config: &Config<'_>) -> Option<Diagnostic> {
    let is_managed = match config.value.get("manage_etc_hosts")? {
        Json::Bool(on) => *on,
        Json::String(text) => text == "template",
        _ => false,
    };
    let mut files = host.sample.bundle.files.iter();
    let is_lost = is_managed && files.any(|file| file.path == "/etc/hosts");
    let message =
        "`manage_etc_hosts` lets cloud-init write `/etc/hosts` anew at each boot: what the model writes there is lost";
    is_lost.then(|| say(host, config, "manage_etc_hosts", message.to_owned(), "remove it, or set it to `localhost`"))
}

/// A machine that is switched off once it is set up.
fn power(host: &Host<'_, '_>, config: &Config<'_>) -> Option<Diagnostic> {
    let state = config.value.get("power_state")?;
    let mode = state.get("mode").and_then(Json::as_str).filter(|mode| matches!(*mode, "poweroff" | "halt"))?;
    let is_off = state.get("condition") != Some(&Json::Bool(false));
    let message =
        format!("`power_state` switches the machine off after its first boot (`{mode}`), so it is not in the cluster");
    is_off.then(|| say(host, config, "power_state", message, "remove it, or use `mode: reboot`"))
}
