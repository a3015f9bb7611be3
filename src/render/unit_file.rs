//! A unit as systemd reads it.
//!
//! In: a unit with its fields evaluated. Out: the text of the unit file, or, for a unit that a package brings, of a
//! drop-in beside it. `exec`, `flags` and `args` are quoted so that each arrives as it was written; `pre`, `post`,
//! `reload` and `stop` are command lines in systemd's own syntax (`$MAINPID`, a leading `-`) and are taken as they are.

use crate::facts::boot;
use crate::model::Value;
use crate::render::Problem;
use crate::render::bundle::{BundleFile, Unit};
use crate::source::Sources;
use crate::syntax::ast::Name;

mod command;
mod field;
mod section;
#[cfg(test)]
mod tests;

pub use command::assignment;
use field::Fields;
pub use field::is_of_services;
pub use section::{Line, Lines};

/// Where the unit's text belongs on a machine.
pub fn unit_path(unit: &Unit) -> String {
    match is_packaged(unit) {
        true => format!("/etc/systemd/system/{}.d/10-kmodel.conf", unit.name),
        false => format!("/etc/systemd/system/{}", unit.name),
    }
}

/// The text of a unit without its comments.
pub fn bare(content: &[u8]) -> Vec<u8> {
    let lines = content.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(b"#")).flatten().copied().collect()
}

/// The unit as a file of its machine.
///
/// # Errors
/// As [`unit_text`].
pub fn unit_file(unit: &Unit, sources: &Sources) -> Result<BundleFile, Problem> {
    let root: Name = "root".into();
    let content = unit_text(unit, sources)?.into_bytes().into();
    let (path, origin) = (unit_path(unit), unit.origin.clone());
    Ok(BundleFile { path, mode: 0o644, owner: root.clone(), group: root, content, secret: false, origin })
}

/// The text of the unit file or drop-in, which names the place in these sources that it comes from.
///
/// # Errors
/// The first field of another type than docs/language.md says.
pub fn unit_text(unit: &Unit, sources: &Sources) -> Result<String, Problem> {
    let lines = lines(unit);
    if let Some(problem) = lines.problems.first() {
        return Err(problem.clone());
    }
    let origin = unit.origin.shown(sources).to_string().replace('\n', " ");
    Ok(format!("# Written by kmodel from {origin}.\n{}", lines.text()))
}

/// The lines of the unit file or drop-in, and every field that has another type than docs/language.md says.
pub fn lines(unit: &Unit) -> Lines<'_> {
    let fields = Fields::new(unit);
    let mut lines = Lines::new(unit);
    unit_section(unit, &fields, &mut lines);
    if unit.name.ends_with(".service") {
        service_section(unit, &fields, &mut lines);
    }
    install_section(unit, &fields, &mut lines);
    extra_sections(&fields, &mut lines);
    lines
}

/// Whether the unit's file comes with a package and only a drop-in is written.
pub fn is_packaged(unit: &Unit) -> bool {
    is_true(unit, "packaged", false)
}

/// Whether the unit is started at boot.
pub fn is_enabled(unit: &Unit) -> bool {
    is_true(unit, "enable", true)
}

fn is_true(unit: &Unit, field: &str, default: bool) -> bool {
    match unit.fields.get(field) {
        Some(Value::Bool(value)) => *value,
        _ => default,
    }
}

fn unit_section<'a>(unit: &'a Unit, fields: &Fields<'a>, out: &mut Lines<'a>) {
    let waits = unit.name.ends_with(".service") && !is_early(unit, fields);
    let network = waits.then_some(boot::NETWORK_ONLINE);
    out.put(("Unit", "Description"), "description", fields.literal("description"));
    out.put(("Unit", "After"), "after", fields.names("after", network.into_iter().chain(after(unit))));
    out.put(("Unit", "Before"), "before", fields.names("before", []));
    out.put(("Unit", "Wants"), "wants", fields.names("wants", network));
    out.put(("Unit", "Requires"), "requires", fields.names("requires", []));
    out.put(("Unit", "ConditionPathExists"), "condition-path", fields.literal("condition-path"));
    // A service that waits for others on other machines must not give up after five tries.
    let keeps_trying =
        fields.restart().map(|restart| restart.filter(|restart| restart != "no").map(|_| "0".to_owned()));
    out.put(("Unit", "StartLimitIntervalSec"), "restart", keeps_trying);
}

/// Whether a unit comes up before the network, or with nothing that it did not ask for: if it waited for the network, systemd
/// would drop a job of the cycle at each boot.
fn is_early(unit: &Unit, fields: &Fields<'_>) -> bool {
    let names = fields.texts("before").unwrap_or_default();
    let mut extra = fields.extra().unwrap_or_default().into_iter();
    let none = extra.any(|(section, key, value)| {
        section == "Unit" && key == "DefaultDependencies" && value.is_ok_and(|text| boot::is_off(&text))
    });
    none || boot::is_early(&unit.name) || names.iter().any(|name| boot::is_before_network(name))
}

fn after(unit: &Unit) -> impl Iterator<Item = &str> {
    unit.after.iter().map(|name| &**name)
}

fn service_section<'a>(unit: &'a Unit, fields: &Fields<'a>, out: &mut Lines<'a>) {
    out.put(("Service", "Type"), "type", fields.service_type());
    out.put(("Service", "User"), "user", fields.literal("user"));
    out.put(("Service", "Group"), "group", fields.literal("group"));
    for assignment in out.keep(fields.environment()).unwrap_or_default() {
        out.put(("Service", "Environment"), "environment", Ok(Some(assignment)));
    }
    out.commands("ExecStartPre", "pre", fields.command_lines("pre"));
    out.commands("ExecStart", "exec", command::start(unit, fields).map(|line| line.into_iter().collect()));
    out.commands("ExecStartPost", "post", fields.command_lines("post"));
    out.commands("ExecReload", "reload", fields.command_line("reload"));
    out.commands("ExecStop", "stop", fields.command_line("stop"));
    out.put(("Service", "Restart"), "restart", fields.restart());
    out.put(("Service", "RestartSec"), "restart-after", fields.restart_after());
    for (name, key) in field::SERVICE {
        out.put(("Service", key), name, fields.written(name));
    }
}

fn install_section<'a>(unit: &'a Unit, fields: &Fields<'a>, out: &mut Lines<'a>) {
    let given = fields.section("extra", "Install").is_some();
    if is_packaged(unit) || !is_enabled(unit) || given {
        return;
    }
    let target = match unit.name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("timer") => "timers.target",
        Some("socket") => "sockets.target",
        _ => "multi-user.target",
    };
    out.put(("Install", "WantedBy"), "enable", Ok(Some(target.to_owned())));
}

fn extra_sections<'a>(fields: &Fields<'a>, out: &mut Lines<'a>) {
    for (section, key, value) in out.keep(fields.extra()).unwrap_or_default() {
        out.put((section, key), "extra", value.map(Some));
    }
}
