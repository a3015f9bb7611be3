//! Health checks of servers: haproxy does not start with those that it cannot make, and others fail for every server.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (5.2 check-ssl, verify; 4.2 option httpchk), haproxy src/ssl_sock.c (verify is
//! enabled by default but no CA file specified), src/cfgparse.c (another server named ... was already defined).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::verify::Evidence;

use super::super::File;
use super::server::fronts;
use super::text::{Config, Line, Section};
use super::{file_of, proxy};

mod expect;

pub(super) fn verify(evidence: &Evidence<'_, '_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let model = evidence.model;
    let mut problems = Vec::new();
    for section in config.proxies() {
        let file = file_of(files, section);
        let servers: Vec<&Line<'_>> = section.all("server").collect();
        for (place, line) in servers.iter().enumerate() {
            problems.extend(twice(section, &servers[..place], line).or_else(|| unverified(config, section, line)).map(
                |(message, help)| {
                    let message = format!("{message}: haproxy does not start");
                    file.problem(model, Code::RefusedSetting, line.number, message, help)
                },
            ));
        }
        // What is wrong with all of them is reported of the first.
        problems.extend(servers.iter().find_map(|line| plain(model, file, config, (section, line))));
        problems.extend(expect::verify(evidence, file, config, (section, &servers)));
    }
    problems
}

type Wrong = (String, &'static str);

/// Two servers of one name.
fn twice(section: &Section<'_>, before: &[&Line<'_>], line: &Line<'_>) -> Option<Wrong> {
    let name = line.words.get(1)?;
    let is_known = before.iter().any(|other| other.words.get(1) == Some(name));
    let message = format!("`{}` has two servers `{name}`", section.title());
    is_known.then_some((message, "give each server a name of its own"))
}

/// TLS whose certificates are verified against nothing.
fn unverified(config: &Config<'_>, section: &Section<'_>, line: &Line<'_>) -> Option<Wrong> {
    let word = words(config, section, line).into_iter().find(|word| matches!(*word, "ssl" | "check-ssl"))?;
    let is_global = config
        .sections
        .iter()
        .filter(|one| one.kind == "global")
        .any(|global| global.own("ssl-server-verify none").is_some());
    let is_set = words(config, section, line).iter().any(|word| matches!(*word, "verify" | "ca-file"));
    let name = line.words.get(1)?;
    let message = format!("`{word}` of the server `{name}` verifies certificates, and has no `ca-file`");
    (!is_global && !is_set)
        .then_some((message, "add `ca-file /PATH`, or `verify none` for a check that only asks for health"))
}

/// A request without TLS to a port with it.
fn plain(
    model: &Model<'_>,
    file: &File<'_, '_>,
    config: &Config<'_>,
    (section, line): (&Section<'_>, &Line<'_>),
) -> Option<Diagnostic> {
    config.effective(section, "option httpchk")?;
    // The check itself may say how it connects.
    let connects = config.effective(section, "http-check connect");
    if connects.is_some_and(|(_, line)| line.words.contains(&"ssl")) {
        return None;
    }
    let words = words(config, section, line);
    let has = |word: &str| words.contains(&word);
    if !has("check") || has("ssl") || has("check-ssl") || has("port") {
        return None;
    }
    let end =
        fronts(model, file, line).into_iter().map(|front| front.end).find(|end| proxy::is_end_to_end(model, *end))?;
    let message = format!(
        "`option httpchk` asks `{}` without TLS, which it requires: every server of `{}` is down",
        model.endpoint_name(end),
        section.title()
    );
    let help = "add `check-ssl verify none` to the servers";
    Some(file.problem(model, Code::RefusedSetting, line.number, message, help))
}

/// The options of a server, with those of `default-server`.
pub(super) fn words<'t>(config: &Config<'t>, section: &Section<'t>, line: &Line<'t>) -> Vec<&'t str> {
    let shared = config.effective(section, "default-server").map(|(_, line)| &line.words[1..]).unwrap_or_default();
    line.words.iter().skip(3).chain(shared).copied().collect()
}
