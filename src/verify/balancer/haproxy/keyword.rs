//! Keywords of proxies that are nearly those that haproxy has, and values that it does not take: it does not start with them.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (2.5 times, 4.1 proxy keywords matrix, 4.2 balance, timeout).

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;

use super::super::File;
use super::file_of;
use super::text::{Config, Line, Section, milliseconds};

/// 4.1, and those of 2.6 to 3.0 that are only accepted for older files.
const KEYWORDS: &[&str] = &[
    "acl",
    "backlog",
    "balance",
    "bind",
    "capture",
    "clitcpka-cnt",
    "clitcpka-idle",
    "clitcpka-intvl",
    "compression",
    "cookie",
    "declare",
    "default-server",
    "default_backend",
    "description",
    "disabled",
    "dispatch",
    "email-alert",
    "enabled",
    "error-log-format",
    "errorfile",
    "errorfiles",
    "errorloc",
    "errorloc302",
    "errorloc303",
    "external-check",
    "filter",
    "force-persist",
    "fullconn",
    "guid",
    "hash-balance-factor",
    "hash-preserve-affinity",
    "hash-type",
    "http-after-response",
    "http-check",
    "http-error",
    "http-request",
    "http-response",
    "http-reuse",
    "http-send-name-header",
    "id",
    "ignore-persist",
    "load-server-state-from-file",
    "log",
    "log-format",
    "log-format-sd",
    "log-steps",
    "log-tag",
    "max-keep-alive-queue",
    "max-session-srv-conns",
    "maxconn",
    "mode",
    "monitor",
    "monitor-uri",
    "monitor-net",
    "no",
    "option",
    "persist",
    "quic-initial",
    "rate-limit",
    "redirect",
    "retries",
    "retry-on",
    "server",
    "server-state-file-name",
    "server-template",
    "source",
    "srvtcpka-cnt",
    "srvtcpka-idle",
    "srvtcpka-intvl",
    "stats",
    "stick",
    "stick-table",
    "tcp-check",
    "tcp-request",
    "tcp-response",
    "timeout",
    "transparent",
    "unique-id-format",
    "unique-id-header",
    "use-fcgi-app",
    "use-server",
    "use_backend",
];

const TIMEOUTS: &[&str] = &[
    "check",
    "client",
    "client-fin",
    "client-hs",
    "connect",
    "http-keep-alive",
    "http-request",
    "queue",
    "server",
    "server-fin",
    "tarpit",
    "tunnel",
];

const ALGORITHMS: &[&str] = &[
    "first",
    "hash",
    "hdr",
    "leastconn",
    "log-hash",
    "random",
    "rdp-cookie",
    "roundrobin",
    "source",
    "static-rr",
    "uri",
    "url_param",
];

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for section in config.sections.iter().filter(|one| one.is_proxy() || one.kind == "defaults") {
        for line in &section.lines {
            let Some((message, help)) = wrong(section, line) else { continue };
            let message = format!("{message}: haproxy does not start");
            problems.push(file_of(files, section).problem(model, Code::RefusedSetting, line.number, message, help));
        }
    }
    problems
}

/// What is wrong with a line, and what to do.
fn wrong(section: &Section<'_>, line: &Line<'_>) -> Option<(String, Help)> {
    let (first, rest) = line.words.split_first()?;
    let title = section.title();
    if !KEYWORDS.contains(first) {
        let near = closest(first, KEYWORDS.iter().copied())?;
        return Some((format!("`{}` has the unknown keyword `{first}`", title.trim()), Help::near(near)));
    }
    match (*first, rest) {
        ("timeout", [kind, ..]) if !TIMEOUTS.contains(kind) => {
            let near = closest(kind, TIMEOUTS.iter().copied())?;
            Some((format!("`timeout {kind}` is not a timeout"), Help::near(near)))
        }
        ("timeout", [kind, time]) => {
            let is_wrong = !time.contains(['$', '"']) && milliseconds(time).is_none();
            is_wrong.then(|| (format!("`timeout {kind}` is `{time}`, which is not a time"), TIME.into()))
        }
        ("timeout", [kind, first, second, ..]) => {
            Some((format!("`timeout {kind}` is `{first} {second}`, which is not a time"), TIME.into()))
        }
        ("balance", [algorithm, ..]) => {
            let name = algorithm.split('(').next().unwrap_or_default();
            let fallback = || Help::from(format!("use one of {}", ALGORITHMS.join(", ")));
            let is_wrong = !ALGORITHMS.contains(&name) && !name.contains('$');
            let help = closest(name, ALGORITHMS.iter().copied()).map_or_else(fallback, Help::near);
            is_wrong.then(|| (format!("`balance {algorithm}` is not an algorithm"), help))
        }
        _ => None,
    }
}

const TIME: &str = "write a number and its unit without a space: `5s`, `1h`, `500ms`";
