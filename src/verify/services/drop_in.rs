//! Drop-ins that take from a program what it cannot do without: capabilities, folders, memory, open files, time to start.
//!
//! Source of what programs need: `needs.toml`; of what the keys do: systemd.exec(5), systemd.resource-control(5),
//! systemd.service(5).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::{Sample, Service};
use crate::verify::document::systemd;
use crate::verify::hosts::presence::Presence;
use crate::verify::locate;

use super::running;
use super::whole::{Line, last};

#[derive(Deserialize)]
struct Table {
    program: Vec<Program>,
}

/// What a program cannot do without.
#[derive(Deserialize)]
pub(super) struct Program {
    pub(super) name: String,
    capabilities: Vec<String>,
    pub(super) writes: Vec<String>,
    /// In bytes.
    memory: Option<u64>,
    files: Option<u64>,
    pub(super) notify: Option<bool>,
    pub(super) mounts: Option<String>,
    pub(super) survives: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("needs.toml")).expect("the embedded table is valid TOML"));

/// One second: a program that tells systemd when it is ready needs at least that.
const START: u64 = 1_000_000;

/// What one unit takes from its program.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, service: &Service<'_>) -> Vec<Diagnostic> {
    let mut found = vec![hasty(service)];
    let starts = service.starts();
    let program = starts.first().and_then(|(_, command, _)| {
        let program = command.split_whitespace().next()?.trim_start_matches(['-', '+', '!', ':', '@', '|']);
        program.rsplit('/').next()
    });
    if let Some(needs) = TABLE.program.iter().find(|known| Some(&*known.name) == program) {
        found.extend([bounded(needs, service), unwritable(needs, service), small(needs, service), few(needs, service)]);
        found.extend(running::verify(needs, service));
        // Other units may wait for what a person brings later.
        found.push(conditioned(sample, service));
    }
    let shown = |(line, code, message, help): Found<'_, '_>| {
        let (part, _, written) = line;
        let span = locate::word::span(model, part.owner, written);
        Diagnostic::new(code, span, format!("unit `{}`: {message}", service.name)).help(help)
    };
    found.into_iter().flatten().map(shown).collect()
}

/// A line, the code, what is wrong and what to do.
pub(super) type Found<'a, 'p> = (Line<'a, 'p>, Code, String, String);

/// Capabilities that are missing from the set, or in one that is turned round.
fn bounded<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let mut lines = service.values("Service", "CapabilityBoundingSet").peekable();
    let (mut set, mut inverted, mut at) = (Vec::new(), None, *lines.peek()?);
    for line in lines {
        let value = line.1;
        if value.is_empty() {
            set.clear();
            inverted = Some(false);
        }
        let is_inverse = value.starts_with('~');
        inverted = inverted.or(Some(is_inverse));
        let names = value.trim_start_matches('~').split_whitespace().map(str::to_owned);
        match inverted == Some(is_inverse) {
            true => set.extend(names),
            false => {
                let names: Vec<String> = names.collect();
                set.retain(|name| !names.contains(name));
            }
        }
        at = line;
    }
    let lacks = |name: &&String| set.contains(name) == (inverted == Some(true));
    let missing = needs.capabilities.iter().find(lacks)?;
    let message = format!("`CapabilityBoundingSet` lacks `{missing}`, without which {} does not work", needs.name);
    Some((at, Code::RefusedSetting, message, format!("add `{missing}`, or remove the setting")))
}

/// Folders that it writes to, and may not.
fn unwritable<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let strict = last(service, "Service", "ProtectSystem").filter(|(_, value, _)| *value == "strict")?;
    let named = |key: &'static str, below: &'static str| {
        let of = move |text: &str| match below {
            "" => text.trim_start_matches(['-', '+']).to_owned(),
            below => format!("{below}/{}", text.split(':').next().unwrap_or_default()),
        };
        service
            .values("Service", key)
            .flat_map(move |(_, value, _)| value.split_whitespace().map(of).collect::<Vec<_>>())
    };
    let writable: Vec<String> = named("ReadWritePaths", "")
        .chain(named("BindPaths", ""))
        .chain(named("StateDirectory", "/var/lib"))
        .chain(named("LogsDirectory", "/var/log"))
        .collect();
    let is_open = |folder: &&String| !writable.iter().any(|open| std::path::Path::new(folder).starts_with(open));
    let folder = needs.writes.iter().find(is_open)?;
    let message = format!("`ProtectSystem=strict` makes `{folder}` read-only, which {} writes to", needs.name);
    let help = match needs.mounts {
        // Others have to see its mounts.
        Some(_) => "remove it".to_owned(),
        None => format!("add `ReadWritePaths={folder}`, or use `ProtectSystem=full`"),
    };
    Some((strict, Code::RefusedSetting, message, help))
}

fn small<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let (need, line) = (needs.memory?, last(service, "Service", "MemoryMax")?);
    let size = systemd::bytes(line.1).filter(|size| *size < need)?;
    let message = format!(
        "`MemoryMax` is {} MiB, and {} needs {} MiB at least: the kernel ends it",
        size >> 20,
        needs.name,
        need >> 20
    );
    Some((line, Code::RefusedSetting, message, "raise it, or use `MemoryHigh`".to_owned()))
}

fn few<'a, 'p>(needs: &Program, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let (need, line) = (needs.files?, last(service, "Service", "LimitNOFILE")?);
    let soft: u64 = line.1.split(':').next()?.parse().ok()?;
    let message =
        format!("`LimitNOFILE` is {soft}, and {} needs {need} at least: it runs out of files under load", needs.name);
    (soft < need).then(|| (line, Code::UnwiseSetting, message, format!("use {need} or more")))
}

/// A program that has no time to start is ended each time.
fn hasty<'a, 'p>(service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    let keys = ["TimeoutStartSec", "TimeoutSec"].into_iter();
    let line = keys.filter_map(|key| last(service, "Service", key)).next()?;
    let time = systemd::microseconds(line.1)?;
    let message = format!("a start may take {}, so systemd ends the program before it is ready", line.1);
    (0 < time && time < START)
        .then(|| (line, Code::RefusedSetting, message, "use `90s`, the default, or more".to_owned()))
}

/// A condition of a part of the cluster on a file that is never there: systemd skips the unit without an error.
fn conditioned<'a, 'p>(sample: &Sample<'_>, service: &'a Service<'p>) -> Option<Found<'a, 'p>> {
    if !sample.whole {
        return None;
    }
    let presence = Presence::of(sample);
    let keys = ["ConditionPathExists", "ConditionFileNotEmpty", "AssertPathExists"];
    let mut lines = keys.into_iter().flat_map(|key| service.values("Unit", key).map(move |line| (key, line)));
    let (key, line) = lines.find(|(_, (part, path, _))| part.is_text && presence.lacks(path))?;
    let message =
        format!("`{key}={}` names a file that nothing puts on the machine: systemd does not start the unit", line.1);
    let help = "write the file, or remove the condition; if the image has it, allow this with the reason".to_owned();
    Some((line, Code::FileMissing, message, help))
}
