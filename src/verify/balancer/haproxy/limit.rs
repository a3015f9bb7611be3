//! Times and numbers that proxies need to have, or that are too few for a cluster.
//!
//! Source: haproxy src/cfgparse.c (check_config_validity: missing timeouts), docs.haproxy.org/3.0/configuration.html (4.2 timeout client,
//! 3.2 maxconn).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

use super::super::File;
use super::server::fronts;
use super::text::{Config, Line, Section};
use super::{file_of, proxy};

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let untimed = config.proxies().find_map(|section| endless(model, files, config, section));
    let mut problems: Vec<Diagnostic> = untimed.into_iter().collect();
    let few = config.proxies().find_map(|section| few(model, files, config, section));
    problems.extend(few);
    problems
}

/// A proxy whose connections never time out, of which haproxy warns.
fn endless(
    model: &Model<'_>,
    files: &[File<'_, '_>],
    config: &Config<'_>,
    section: &Section<'_>,
) -> Option<Diagnostic> {
    let lacks = |keyword: &str| config.effective(section, keyword).is_none();
    let mode = config.effective(section, "mode").and_then(|(_, line)| line.words.get(1).copied()).unwrap_or("tcp");
    let has_servers = section.all("server").next().is_some();
    let is_open = mode == "http" || lacks("timeout tunnel");
    let mut missing = Vec::new();
    missing.extend((section.kind != "backend" && lacks("timeout client")).then_some("timeout client"));
    missing
        .extend((section.kind != "frontend" && has_servers && lacks("timeout connect")).then_some("timeout connect"));
    missing.extend(
        (section.kind != "frontend" && has_servers && is_open && lacks("timeout server")).then_some("timeout server"),
    );
    let keyword = missing.first().filter(|_| matches!(mode, "tcp" | "http"))?;
    let message = format!(
        "`{}` has no `{keyword}`: connections whose other end is gone stay forever, until haproxy accepts no more",
        section.title()
    );
    let help = "set `timeout connect`, `timeout client` and `timeout server` in `defaults`";
    Some(file_of(files, section).problem(model, Code::UnwiseSetting, section.line, message, help))
}

/// Fewer connections than there are machines, each of which has several.
fn few(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>, section: &Section<'_>) -> Option<Diagnostic> {
    let is_api = |backend: &&Section<'_>| {
        let mut all = backend.all("server").flat_map(|line| fronts(model, file_of(files, backend), line));
        all.any(|front| proxy::is_end_to_end(model, front.end))
    };
    let backends = config.backends(section);
    let backend = backends.iter().copied().find(|backend| is_api(backend))?;
    let of_process = config.sections.iter().filter(|one| one.kind == "global");
    let of_process = of_process.filter_map(|one| Some((one, one.own("maxconn")?)));
    let limits = of_process.chain(config.effective(section, "maxconn"));
    let read = |(section, line): (&Section<'_>, &Line<'_>)| {
        let number: usize = line.words.get(1)?.parse().ok()?;
        Some((number, file_of(files, section), line.number))
    };
    let (limit, file, line) = limits.filter_map(read).min_by_key(|(number, ..)| *number)?;
    let count = model.machines.len();
    let message = format!(
        "`maxconn` is {limit}, and {} machines have several connections each to what `{}` leads to: those beyond it wait",
        count,
        backend.title()
    );
    let help = "use 1000 or more for each 100 machines, or remove it";
    (0 < limit && limit <= count).then(|| file.problem(model, Code::UnwiseSetting, line, message, help))
}
