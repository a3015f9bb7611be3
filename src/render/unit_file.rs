//! A unit as systemd reads it.
//!
//! In: a unit with its fields evaluated. Out: the text of the unit file, or, for a unit that a package brings, of a
//! drop-in beside it. `exec`, `flags` and `args` are quoted so that each arrives as it was written; `pre`, `post`,
//! `reload` and `stop` are command lines in systemd's own syntax (`$MAINPID`, a leading `-`) and are taken as they are.

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

use field::Fields;
use section::Sections;

/// Where the unit's text belongs on a machine.
pub fn unit_path(unit: &Unit) -> String {
    match is_packaged(unit) {
        true => format!("/etc/systemd/system/{}.d/10-kmodel.conf", unit.name),
        false => format!("/etc/systemd/system/{}", unit.name),
    }
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
/// A field of another type than docs/language.md says, a combination that systemd refuses, or a section or key in
/// `extra` that systemd does not know.
pub fn unit_text(unit: &Unit, sources: &Sources) -> Result<String, Problem> {
    let fields = Fields::new(unit);
    let mut sections = Sections::new(unit);
    unit_section(unit, &fields, &mut sections)?;
    if unit.name.ends_with(".service") {
        service_section(unit, &fields, &mut sections)?;
    } else {
        fields.none_of_a_service()?;
    }
    install_section(unit, &fields, &mut sections)?;
    extra_sections(&fields, &mut sections)?;
    let origin = unit.origin.shown(sources).to_string().replace('\n', " ");
    Ok(format!("# Written by kmodel from {origin}.\n{}", sections.text()))
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

fn unit_section(unit: &Unit, fields: &Fields<'_>, out: &mut Sections<'_>) -> Result<(), Problem> {
    out.put("Unit", "Description", fields.literal("description")?)?;
    let network = unit.name.ends_with(".service").then(|| "network-online.target".to_owned());
    out.put("Unit", "After", fields.names("after", network.iter().map(String::as_str).chain(after(unit)))?)?;
    out.put("Unit", "Before", fields.names("before", [])?)?;
    out.put("Unit", "Wants", fields.names("wants", network.iter().map(String::as_str))?)?;
    out.put("Unit", "Requires", fields.names("requires", [])?)?;
    out.put("Unit", "ConditionPathExists", fields.literal("condition-path")?)?;
    // A service that waits for others on other machines must not give up after five tries.
    let keeps_trying = fields.restart()?.is_some_and(|restart| restart != "no");
    out.put("Unit", "StartLimitIntervalSec", keeps_trying.then(|| "0".to_owned()))
}

fn after(unit: &Unit) -> impl Iterator<Item = &str> {
    unit.after.iter().map(|name| &**name)
}

fn service_section(unit: &Unit, fields: &Fields<'_>, out: &mut Sections<'_>) -> Result<(), Problem> {
    out.put("Service", "Type", fields.service_type()?)?;
    for (key, value) in fields.identity()? {
        out.put("Service", key, value)?;
    }
    for assignment in fields.environment()? {
        out.put("Service", "Environment", Some(assignment))?;
    }
    commands(unit, fields, out)?;
    out.put("Service", "Restart", fields.restart()?)?;
    out.put("Service", "RestartSec", fields.restart_after()?)?;
    for (name, key) in field::SERVICE {
        out.put("Service", key, fields.written(name)?)?;
    }
    Ok(())
}

fn commands(unit: &Unit, fields: &Fields<'_>, out: &mut Sections<'_>) -> Result<(), Problem> {
    out.commands("ExecStartPre", fields.command_lines("pre")?)?;
    out.commands("ExecStart", command::start(unit, fields)?.into_iter().collect())?;
    out.commands("ExecStartPost", fields.command_lines("post")?)?;
    out.commands("ExecReload", fields.command_line("reload")?)?;
    out.commands("ExecStop", fields.command_line("stop")?)
}

fn install_section(unit: &Unit, fields: &Fields<'_>, out: &mut Sections<'_>) -> Result<(), Problem> {
    let given = fields.section("extra", "Install").is_some();
    if is_packaged(unit) || !is_enabled(unit) || given {
        return Ok(());
    }
    let target = match unit.name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("timer") => "timers.target",
        Some("socket") => "sockets.target",
        _ => "multi-user.target",
    };
    out.put("Install", "WantedBy", Some(target.to_owned()))
}

fn extra_sections(fields: &Fields<'_>, out: &mut Sections<'_>) -> Result<(), Problem> {
    for (section, key, value) in fields.extra()? {
        out.put(section, key, Some(value))?;
    }
    Ok(())
}
