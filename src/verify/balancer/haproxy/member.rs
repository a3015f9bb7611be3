//! The servers of a backend together: all that should be there, each once, and with a check of its own.

use crate::diag::{Code, Diagnostic};
use crate::model::{EndpointId, Model, UnitId};

use super::super::File;
use super::health::words;
use super::server::{fronts, target};
use super::text::{Config, Line, Section};
use super::{file_of, proxy};

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for section in config.proxies() {
        let file = file_of(files, section);
        let servers: Vec<&Line<'_>> = section.all("server").collect();
        for (place, line) in servers.iter().enumerate() {
            problems.extend(same(model, file, section, (&servers[..place], line)));
        }
        problems.extend(missing(model, files, config, section));
        problems.extend(unchecked(model, file, config, (section, &servers)));
    }
    problems
}

/// Two servers with one address and port.
fn same(
    model: &Model<'_>,
    file: &File<'_, '_>,
    section: &Section<'_>,
    (before, line): (&[&Line<'_>], &Line<'_>),
) -> Option<Diagnostic> {
    let own = target(line)?;
    let is_backup = |line: &Line<'_>| line.words.contains(&"backup");
    let is_same = |other: &&&Line<'_>| {
        target(other).as_ref() == Some(&own)
            && is_backup(other) == is_backup(line)
            && other.words.get(1) != line.words.get(1)
    };
    let other = before.iter().find(is_same)?;
    let name = |line: &Line<'_>| line.words.get(1).copied().unwrap_or_default().to_owned();
    let message = format!(
        "the servers `{}` and `{}` of `{}` are both {}:{}",
        name(other),
        name(line),
        section.title(),
        own.0,
        own.1
    );
    Some(file.problem(
        model,
        Code::UnwiseSetting,
        line.number,
        message,
        "use the address of another machine for one of them",
    ))
}

/// A unit of what is behind a backend that no backend leads to.
fn missing(
    model: &Model<'_>,
    files: &[File<'_, '_>],
    config: &Config<'_>,
    section: &Section<'_>,
) -> Option<Diagnostic> {
    let all: Vec<(&Line<'_>, Vec<(EndpointId, UnitId)>)> = config
        .proxies()
        .flat_map(|one| one.all("server").map(move |line| (one, line)))
        .map(|(one, line)| {
            let fronts = fronts(model, file_of(files, one), line);
            (
                line,
                fronts
                    .into_iter()
                    .flat_map(|front| front.units.into_iter().map(move |unit| (front.end, unit)))
                    .collect(),
            )
        })
        .collect();
    let own: Vec<&Line<'_>> = section.all("server").collect();
    // A name that is not of the model, or one for several servers, may lead anywhere.
    let is_open = all.iter().any(|(_, units)| units.is_empty())
        || config.proxies().any(|one| one.own("server-template").is_some());
    let known = all.iter().filter(|(line, _)| own.iter().any(|own| std::ptr::eq(*own, *line)));
    let end = known.flat_map(|(_, units)| units).map(|(end, _)| *end).find(|end| proxy::is_end_to_end(model, *end));
    let end = end.filter(|_| !is_open && own.len() > 1)?;
    let is_there = |unit: &UnitId| all.iter().any(|(_, units)| units.contains(&(end, *unit)));
    let unit = model.units_of(end.app).find(|unit| !is_there(unit))?;
    let machine = &model.machine(model.unit(unit).machine?).name;
    let message = format!(
        "`{}` has no server for `{machine}`, where `{}` listens too: it takes no load, and does not help when others fail",
        section.title(),
        model.endpoint_name(end)
    );
    let help = "add a `server` for it, or allow this with the reason";
    Some(file_of(files, section).problem(model, Code::UnwiseSetting, own.first()?.number, message, help))
}

/// Several servers of which haproxy never learns that one is down.
fn unchecked(
    model: &Model<'_>,
    file: &File<'_, '_>,
    config: &Config<'_>,
    (section, servers): (&Section<'_>, &[&Line<'_>]),
) -> Option<Diagnostic> {
    let is_of_model = |line: &&&Line<'_>| !fronts(model, file, line).is_empty();
    if servers.len() < 2 || servers.iter().filter(is_of_model).count() < 2 {
        return None;
    }
    let is_open = |line: &&&Line<'_>| {
        let words = words(config, section, line);
        !words.iter().any(|word| {
            matches!(*word, "check" | "agent-check" | "track" | "disabled" | "backup") || word.contains('$')
        })
    };
    let line = servers.iter().find(is_open)?;
    let message = format!(
        "the server `{}` of `{}` has no `check`: haproxy sends connections to it when it is down",
        line.words.get(1).copied().unwrap_or_default(),
        section.title()
    );
    Some(file.problem(model, Code::UnwiseSetting, line.number, message, "add `check`"))
}
