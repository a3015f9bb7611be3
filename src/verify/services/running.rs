//! How a unit starts, restarts and ends a program that is known, and whether others see its mounts.
//!
//! Source: systemd.service(5) (Type=, Restart=), systemd.kill(5), systemd.exec(5) (Sandboxing: mounts of a namespace of its own are not
//! seen outside of it); of the programs: `needs.toml`.

use crate::diag::Code;
use crate::render::evidence::Service;

use super::drop_in::{Found, Program};
use super::whole::last;

/// What is wrong with the unit of a program.
pub(super) fn verify<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Vec<Option<Found<'a, 'p>>> {
    vec![waits(needs, service), ended(needs, service), killed(needs, service), apart(needs, service)]
}

/// A type that waits for what the program never does.
fn waits<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let line = last(service, "Service", "Type")?;
    let why = match line.1 {
        "forking" => "waits until the program forks and its parent ends",
        "notify" | "notify-reload" if needs.notify == Some(false) => "waits for a message that it is ready",
        "dbus" => "waits for a name on D-Bus",
        _ => return None,
    };
    let message =
        format!("`Type={}` {why}, and {} never does that: systemd ends it after `TimeoutStartSec`", line.1, needs.name);
    let help = if needs.notify == Some(true) { "use `Type=notify`" } else { "use `Type=exec`" };
    Some((line, Code::InvalidUnit, message, help.to_owned()))
}

/// A program of the cluster that stays down once it ended.
fn ended<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    // What runs once is another thing than the program.
    if last(service, "Service", "Type").is_some_and(|(_, kind, _)| kind == "oneshot") {
        return None;
    }
    let line = last(service, "Service", "Restart").filter(|(part, value, _)| part.is_text && *value == "no")?;
    let message =
        format!("`Restart=no` leaves {} down when it ends, as it does when what it needs is not there yet", needs.name);
    Some((line, Code::UnwiseSetting, message, "use `Restart=always`".to_owned()))
}

/// What it started ends with each restart.
fn killed<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let survives = needs.survives.as_ref()?;
    let of = |key: &'static str, wrong: &'static [&'static str]| {
        last(service, "Service", key).filter(|(_, value, _)| wrong.contains(value)).map(|line| (key, line))
    };
    let (key, line) = of("KillMode", &["control-group", "mixed"])
        .or_else(|| of("Delegate", &["no", "false", "off", "0", "n", "f"]))?;
    let (message, help) = match key {
        "KillMode" => (
            format!("`KillMode={}` ends {survives} each time {} is restarted", line.1, needs.name),
            "use `KillMode=process`",
        ),
        _ => (
            format!(
                "`Delegate={}` lets systemd change the control groups that {} makes for containers",
                line.1, needs.name
            ),
            "use `Delegate=yes`",
        ),
    };
    Some((line, Code::UnwiseSetting, message, help.to_owned()))
}

/// Keys that give a unit mounts of its own when they are on.
const NAMESPACES: [&str; 9] = [
    "PrivateDevices",
    "PrivateMounts",
    "PrivateTmp",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectSystem",
];

/// Mounts that no other program sees.
fn apart<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let all = needs.mounts.as_ref()? == "all";
    let is_off = |value: &str| ["no", "false", "off", "0", "n", "f", ""].contains(&value);
    // That the folders of a program are read-only is said by them.
    let is_said = |key: &str, value: &str| key == "ProtectSystem" && value == "strict" && !needs.writes.is_empty();
    let on = |key: &&'static str| {
        last(service, "Service", key).filter(|(part, value, _)| part.is_text && !is_off(value) && !is_said(key, value))
    };
    let flags = || last(service, "Service", "MountFlags").filter(|(_, value, _)| matches!(*value, "slave" | "private"));
    let named = NAMESPACES.iter().find_map(|key| Some((*key, on(key)?)));
    let (key, line) = named.or_else(|| Some(("MountFlags", flags()?)))?;
    let (code, why) = match all {
        true => (Code::RefusedSetting, "containers do not see the volumes that it mounts for them"),
        false => (Code::UnwiseSetting, "mounts of containers, as those of CSI drivers, do not reach the machine"),
    };
    let message = format!("`{key}={}` gives {} mounts of its own: {why}", line.1, needs.name);
    Some((line, code, message, "remove it".to_owned()))
}
