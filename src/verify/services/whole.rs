//! What systemd refuses of a unit as all of its files make it, and what it does that is seldom meant.
//!
//! Source: systemd 257 src/core/service.c (service_verify), mount.c (mount_verify), timer.c (timer_verify); systemd.special(7)
//! (network-online.target).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::{Part, Sample, Service, Written};
use crate::verify::locate;

/// A line of a unit: its file, its value, and where it is written.
pub(super) type Line<'a, 'p> = (&'a Part<'p>, &'a str, &'a Written<'p>);

/// What is wrong with one unit of a machine. Of one that a package brings, only drop-ins are known.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, service: &Service<'_>) -> Vec<Diagnostic> {
    let is_whole = service.parts.iter().any(|part| !part.is_drop_in);
    let kind = service.name.rsplit('.').next().unwrap_or_default();
    let found = match kind {
        "service" if is_whole => [endless(model, service), second(model, service), killed(model, service)],
        "mount" if is_whole => [mounted(model, service), None, None],
        "timer" if is_whole => [nothing(sample, service), untimed(service), None],
        "service" => [killed(model, service), None, None],
        _ => [None, None, None],
    };
    found.into_iter().flatten().chain(online(model, service)).collect()
}

/// The last line of a key, which holds.
pub(super) fn last<'a, 'p>(service: &'a Service<'p>, section: &'a str, key: &'a str) -> Option<Line<'a, 'p>> {
    service.values(section, key).last()
}

fn problem(
    model: &Model<'_>,
    code: Code,
    service: &Service<'_>,
    (part, _, written): Line<'_, '_>,
    message: &str,
) -> Diagnostic {
    let span = locate::word::span(model, part.owner, written);
    Diagnostic::new(code, span, format!("unit `{}`: {message}", service.name))
}

/// A command that is meant to end is not started again when it did.
fn endless(model: &Model<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let (_, kind, _) = last(service, "Service", "Type")?;
    let restart = last(service, "Service", "Restart")?;
    // A `unit` is looked at by its fields.
    let wrong = kind == "oneshot" && matches!(restart.1, "always" | "on-success") && restart.0.is_text;
    let message = format!("`Restart={}` is not allowed with `Type=oneshot`: systemd refuses the unit", restart.1);
    wrong.then(|| problem(model, Code::InvalidUnit, service, restart, &message).help("use `Restart=on-failure`"))
}

fn second(model: &Model<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let commands = service.starts();
    let kind = last(service, "Service", "Type").map_or("simple", |(_, kind, _)| kind);
    let [first, second, ..] = commands[..] else { return None };
    // Of another application's it is said that its command is replaced.
    if first.0.owner.app != second.0.owner.app {
        return None;
    }
    let message =
        format!("it has {} `ExecStart=`, which only `Type=oneshot` may: systemd refuses the unit", commands.len());
    let help = match second.0.is_drop_in {
        true => "put `ExecStart=` without a value before the command of the drop-in, which removes the first one",
        false => "use `ExecStartPre=` for what comes first, or a unit for each",
    };
    (kind != "oneshot").then(|| problem(model, Code::InvalidUnit, service, second, &message).help(help))
}

/// systemd warns of it: what the service started goes on, and a second one starts beside it.
fn killed(model: &Model<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let mode = last(service, "Service", "KillMode").filter(|(_, mode, _)| *mode == "none")?;
    let message = "`KillMode=none` leaves its processes running when it is stopped or restarted";
    let help = "use `KillMode=process` if what it started has to survive it, such as containers";
    Some(problem(model, Code::UnwiseSetting, service, mode, message).help(help))
}

/// A mount is named for its place.
fn mounted(model: &Model<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let place =
        last(service, "Mount", "Where").filter(|(_, place, _)| place.starts_with('/') && !place.contains('%'))?;
    let name = format!("{}.mount", escaped(place.1));
    let message = format!("a mount of `{}` has to be called `{name}`: systemd refuses the unit", place.1);
    let help = format!("name the file `{name}`, as `systemd-escape --path --suffix=mount {}` prints it", place.1);
    (*service.name != *name).then(|| problem(model, Code::InvalidUnit, service, place, &message).help(help))
}

/// A path as the name of a unit (systemd.unit(5), "String escaping for inclusion in unit names").
fn escaped(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return "-".to_owned();
    }
    let text = parts.join("/");
    let of = |(at, byte): (usize, u8)| match byte {
        b'/' => "-".to_owned(),
        b'.' if at == 0 => "\\x2e".to_owned(),
        b if b.is_ascii_alphanumeric() || b":_.".contains(&b) => (b as char).to_string(),
        b => format!("\\x{b:02x}"),
    };
    text.bytes().enumerate().map(of).collect()
}

/// A timer that has nothing to start. A package may bring what is named as it is, and images what is named by `Unit=`.
fn nothing(sample: &Sample<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let stem = service.name.strip_suffix(".timer").filter(|_| sample.whole)?;
    let wanted = format!("{}.service", stem.split_once('@').map_or(stem.to_owned(), |(name, _)| format!("{name}@")));
    let own = stem.split(['.', '-', '@']).next().unwrap_or_default();
    let is_brought = sample.bundle.packages.iter().any(|package| package.to_string().starts_with(own));
    let is_there = sample
        .services
        .iter()
        .any(|other| other.name.starts_with(&*wanted) || *other.name == *format!("{stem}.service"));
    if is_there || is_brought || last(service, "Timer", "Unit").is_some() {
        return None;
    }
    let part = service.parts.iter().find(|part| !part.is_drop_in)?;
    let message = format!(
        "unit `{}` starts `{stem}.service`, which nothing puts on the machine: systemd refuses it",
        service.name
    );
    let help = format!(
        "add `{stem}.service`, or name another unit with `Unit=`; if the image has it, allow this with the reason"
    );
    Some(Diagnostic::new(Code::InvalidUnit, part.span, message).help(help))
}

/// A timer without a time.
fn untimed(service: &Service<'_>) -> Option<Diagnostic> {
    const TIMES: [&str; 8] = [
        "OnCalendar",
        "OnActiveSec",
        "OnBootSec",
        "OnStartupSec",
        "OnUnitActiveSec",
        "OnUnitInactiveSec",
        "OnClockChange",
        "OnTimezoneChange",
    ];
    let has_time = TIMES.iter().any(|key| service.values("Timer", key).any(|(_, value, _)| !value.is_empty()));
    let part = service.parts.iter().find(|part| !part.is_drop_in)?;
    let message = format!("unit `{}` has no time: systemd refuses it", service.name);
    let found = Diagnostic::new(Code::InvalidUnit, part.span, message);
    (!has_time).then(|| found.help("set `OnCalendar=` or `OnBootSec=`"))
}

/// Being ordered after the network does not wait for it: nothing else may want that target.
fn online(model: &Model<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    const TARGET: &str = "network-online.target";
    let names = |key: &'static str| {
        service.values("Unit", key).find(|(_, value, _)| value.split_ascii_whitespace().any(|name| name == TARGET))
    };
    // What a timer starts has its network from that: Debian's apt-daily.service.
    if service.values("Service", "Type").any(|(_, value, _)| value == "oneshot") {
        return None;
    }
    let after = names("After")?;
    if ["Wants", "Requires", "BindsTo", "Requisite"].into_iter().any(|key| names(key).is_some()) {
        return None;
    }
    let message = format!(
        "it is ordered after `{TARGET}`, but does not want it: it starts without the network if nothing else does"
    );
    Some(problem(model, Code::UnwiseSetting, service, after, &message).help(format!("add `Wants={TARGET}`")))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn paths_are_escaped_as_systemd_does() {
        for (path, name) in [
            ("/var/lib/etcd", "var-lib-etcd"),
            ("/var//lib/etcd/", "var-lib-etcd"),
            ("/", "-"),
            ("/srv/my-data", "srv-my\\x2ddata"),
            ("/.cache/a.b", "\\x2ecache-a.b"),
            ("/mnt/a b", "mnt-a\\x20b"),
        ] {
            assert_eq!(escaped(path), name);
        }
    }
}
