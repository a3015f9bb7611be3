//! Backends that a proxy names: haproxy does not start if one is missing ("unable to find required default_backend").

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::Model;

use super::super::File;
use super::file_of;
use super::text::{Config, Line, Section};

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let known: Vec<&str> = config.sections.iter().filter(|one| one.is_backend()).map(|one| one.name).collect();
    let mut problems: Vec<Diagnostic> = twice(model, files, config);
    for section in config.sections.iter().filter(|one| one.is_proxy() || one.kind == "defaults") {
        let lines = section.all("default_backend").chain(section.all("use_backend"));
        for (line, name) in lines.filter_map(|line| named(line).filter(|name| !known.contains(name)).map(|n| (line, n)))
        {
            let message = format!(
                "`{}` forwards to the backend `{name}`, which does not exist: haproxy does not start",
                section.title()
            );
            let help = did_you_mean(name, known.iter().copied(), &format!("add `backend {name}`"));
            problems.push(file_of(files, section).problem(model, Code::RefusedSetting, line.number, message, help));
        }
    }
    problems
}

/// Two proxies of one name, of which both take connections or both have servers (haproxy src/cfgparse.c, check_config_validity).
fn twice(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let all: Vec<&Section<'_>> = config.proxies().filter(|one| !one.name.is_empty()).collect();
    let clash = |one: &Section<'_>, other: &Section<'_>| {
        one.name == other.name && (one.kind == other.kind || one.kind == "listen" || other.kind == "listen")
    };
    let found = all.iter().enumerate().filter_map(|(place, section)| {
        let first = all[..place].iter().find(|first| clash(first, section))?;
        let message = format!(
            "`{}` has the name of `{}` in line {}: haproxy does not start",
            section.title(),
            first.title(),
            first.line
        );
        let file = file_of(files, section);
        Some(file.problem(model, Code::RefusedSetting, section.line, message, "give each proxy a name of its own"))
    });
    found.collect()
}

/// The name, unless it is computed for each request.
fn named<'t>(line: &Line<'t>) -> Option<&'t str> {
    line.words.get(1).copied().filter(|name| !name.contains(['%', '$', '[']))
}
