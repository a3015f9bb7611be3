//! Proxies in front of servers that clients verify end to end: they pass TLS through, and let connections be idle.

use crate::diag::{Code, Diagnostic};
use crate::model::component::text_field;
use crate::model::{EndpointId, Model};
use crate::source::SourceKind;

use super::super::File;
use super::file_of;
use super::server;
use super::text::{Config, Section, milliseconds};

/// As for `idle` of the component: kubernetes/kubeadm#2227, kubernetes/kubernetes#66661.
const IDLE: u64 = 300_000;

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let (mut problems, mut short) = (Vec::new(), Vec::new());
    for proxy in config.proxies() {
        let fronted = config.backends(proxy).into_iter().find_map(|backend| fronted(model, files, backend));
        let Some(end) = fronted else { continue };
        let name = model.endpoint_name(end);
        problems.extend(terminating(model, files, config, proxy, &name));
        for (keyword, file, line, milliseconds) in idle(files, config, proxy) {
            // The component of the library says so itself, at its option.
            let written = model.program.sources.get(file.document.written.span.source);
            if written.kind == SourceKind::Library {
                continue;
            }
            if short.contains(&(file.document.path.as_str(), line)) {
                continue;
            }
            short.push((&file.document.path, line));
            let time = seconds(milliseconds);
            let message = format!(
                "`{keyword}` of haproxy in front of `{name}` is {time}: connections that are idle for longer end, such as `kubectl logs --follow` and `exec`"
            );
            let help = "use 5m or more, such as 1h; `timeout tunnel` replaces `timeout client` and `timeout server` once a connection passes data in both directions";
            problems.push(file.problem(model, Code::UnwiseSetting, line, message, help));
        }
    }
    problems
}

/// An endpoint behind a backend whose clients and servers verify each other.
fn fronted(model: &Model<'_>, files: &[File<'_, '_>], backend: &Section<'_>) -> Option<EndpointId> {
    let file = file_of(files, backend);
    let fronts = backend.all("server").flat_map(|line| server::fronts(model, file, line));
    fronts.map(|front| front.end).find(|end| is_end_to_end(model, *end))
}

pub(super) fn is_end_to_end(model: &Model<'_>, end: EndpointId) -> bool {
    let interface = model.endpoint_info(end).interface.and_then(|symbol| model.program.interface(symbol));
    interface.and_then(|interface| text_field(&interface.body, "tls")).is_some_and(|tls| &*tls == "end-to-end")
}

/// `mode http`, or a `bind` with a certificate.
fn terminating(
    model: &Model<'_>,
    files: &[File<'_, '_>],
    config: &Config<'_>,
    proxy: &Section<'_>,
    name: &str,
) -> Option<Diagnostic> {
    let mode = config.effective(proxy, "mode").filter(|(_, line)| line.words.get(1) == Some(&"http"));
    let bind = || proxy.all("bind").find(|line| line.words.contains(&"ssl")).map(|line| (proxy, line));
    let (does, (section, line)) =
        mode.map(|found| ("reads requests", found)).or_else(|| Some(("terminates TLS", bind()?)))?;
    let message = format!(
        "`{}` of haproxy {does} in front of `{name}`, which requires end-to-end TLS: client certificates stop at the load balancer",
        proxy.title()
    );
    let help = "use `mode tcp` and a `bind` without `ssl`";
    Some(file_of(files, section).problem(model, Code::TlsTerminated, line.number, message, help))
}

/// The timeouts that end idle connections too soon. That of tunnels replaces the other two.
fn idle<'f, 'a, 'p>(
    files: &'f [File<'a, 'p>],
    config: &Config<'_>,
    proxy: &Section<'_>,
) -> Vec<(&'static str, &'f File<'a, 'p>, usize, u64)> {
    let time = |keyword: &'static str| {
        let (section, line) = config.effective(proxy, keyword)?;
        let time = line.words.get(2).filter(|_| line.words.len() == 3).and_then(|word| milliseconds(word))?;
        Some((keyword, file_of(files, section), line.number, time))
    };
    // `timeout tunnel` is of the backend, that of clients is of the frontend, and that of servers of the backend.
    let backends = config.backends(proxy);
    let tunnel =
        time("timeout tunnel").or_else(|| backends.iter().find_map(|backend| idle_tunnel(files, config, backend)));
    let list = match tunnel {
        Some(tunnel) => vec![tunnel],
        None if proxy.kind == "frontend" => time("timeout client").into_iter().collect(),
        None if proxy.kind == "backend" => time("timeout server").into_iter().collect(),
        None => [time("timeout client"), time("timeout server")].into_iter().flatten().collect(),
    };
    list.into_iter().filter(|(_, _, _, time)| *time < IDLE && *time > 0).collect()
}

fn idle_tunnel<'f, 'a, 'p>(
    files: &'f [File<'a, 'p>],
    config: &Config<'_>,
    backend: &Section<'_>,
) -> Option<(&'static str, &'f File<'a, 'p>, usize, u64)> {
    let (section, line) = config.effective(backend, "timeout tunnel")?;
    let time = line.words.get(2).filter(|_| line.words.len() == 3).and_then(|word| milliseconds(word))?;
    Some(("timeout tunnel", file_of(files, section), line.number, time))
}

/// `50s`, `500ms`.
fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        whole if whole % 60_000 == 0 => format!("{}m", whole / 60_000),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        rest => format!("{rest}ms"),
    }
}
