//! Probes of containers whose program listens elsewhere: the kubelet restarts them, or they are never ready.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Listens, Url};
use crate::model::Model;
use crate::render::evidence::Step;
use crate::verify::Evidence;
use crate::verify::objects::pods::{self, Number, Pods};

use super::settings::{Setting, Settings};
use super::{distinct_places, listens};

/// What comes of a probe that fails.
const PROBES: [(&str, &str); 3] = [
    ("livenessProbe", "the kubelet restarts the container again and again"),
    ("startupProbe", "the kubelet restarts the container again and again"),
    ("readinessProbe", "the pod is never ready"),
];

/// A port of a program, with the setting that it comes from.
struct Socket<'a> {
    port: u16,
    /// Whether it speaks TLS, as far as that is known.
    tls: Option<bool>,
    setting: Option<&'a Setting>,
    /// As it is shown: `` `etcd --listen-metrics-urls` is `http://127.0.0.1:2381` ``.
    said: String,
}

/// A probe of a container.
struct Probe<'j> {
    name: &'static str,
    what: &'static str,
    port: &'j Json,
    /// Whether it uses HTTPS; none if it only connects.
    https: Option<bool>,
    way: Vec<Step>,
}

/// Probes of all pods.
pub(super) fn verify(evidence: &Evidence<'_, '_>, settings: &Settings, rules: &[Listens]) -> Vec<Diagnostic> {
    let all = pods::all(evidence);
    distinct_places(all.iter().flat_map(|pods| of_pods(evidence.model, settings, rules, pods)))
}

fn of_pods(model: &Model<'_>, settings: &Settings, rules: &[Listens], pods: &Pods<'_>) -> Vec<Diagnostic> {
    let containers = pods.spec["containers"].as_array().into_iter().flatten().enumerate();
    let of = |(place, container): (usize, &Json)| {
        let sockets = program(container).map(|program| sockets(settings, rules, pods, program)).unwrap_or_default();
        let found =
            probes(container, place).into_iter().filter_map(|probe| misses(model, pods, container, &sockets, &probe));
        found.collect::<Vec<_>>()
    };
    containers.flat_map(of).collect()
}

/// The program of a container, if all of its settings are arguments.
fn program(container: &Json) -> Option<&str> {
    let words = ["command", "args"].into_iter().filter_map(|key| container[key].as_array()).flatten();
    let words: Vec<&str> = words.filter_map(Json::as_str).collect();
    let is_open = |word: &&str| word.contains('$') || word.starts_with("--config-file");
    let program = words.first()?.rsplit('/').next()?;
    (!words.iter().any(is_open)).then_some(program)
}

/// Where a program of some pods listens, by its settings and by default.
fn sockets<'a>(settings: &'a Settings, rules: &[Listens], pods: &Pods<'_>, program: &str) -> Vec<Socket<'a>> {
    let mut list = Vec::new();
    for rule in rules.iter().filter(|rule| rule.at.program() == Some(program)) {
        let here = |one: &&Setting| match pods.number {
            Number::Static(machine) => one.app == pods.app && one.machine == Some(machine),
            _ => one.app == pods.app,
        };
        let given: Vec<&Setting> = settings.named(&rule.at).filter(here).collect();
        let texts = given.iter().map(|one| (&*one.text, Some(*one)));
        let usual = rule.default.as_deref().filter(|_| given.is_empty()).map(|text| (text, None));
        for (text, setting) in texts.chain(usual) {
            let by = if setting.is_some() { "" } else { " by default" };
            let of = |url: &str| {
                let tls = Url::read(url).map(|url| url.scheme == "https").filter(|_| url.contains("://"));
                let (port, _) = listens::bound(url.trim(), None)?;
                let said = format!("`{}` is `{text}`{by}", rule.at);
                Some(Socket { port, tls: tls.or(rule.tls.then_some(true)), setting, said })
            };
            list.extend(text.split(',').filter_map(of));
        }
    }
    list
}

/// The probes of a container that ask a port.
fn probes(container: &Json, place: usize) -> Vec<Probe<'_>> {
    let mut list = Vec::new();
    for (name, what) in PROBES {
        for action in ["httpGet", "tcpSocket"] {
            let asked = &container[name][action];
            if !asked["port"].is_null() {
                let https = (action == "httpGet").then(|| asked["scheme"].as_str() == Some("HTTPS"));
                let way = ["containers".into(), place.into(), name.into(), action.into()].to_vec();
                list.push(Probe { name, what, port: &asked["port"], https, way });
            }
        }
    }
    list
}

/// A probe of a port where its program does not listen, or speaks otherwise.
fn misses(
    model: &Model<'_>,
    pods: &Pods<'_>,
    container: &Json,
    sockets: &[Socket<'_>],
    probe: &Probe<'_>,
) -> Option<Diagnostic> {
    let (port, first) = (number(container, probe.port)?, sockets.first()?);
    let title = format!("the {} of {}", probe.name, pods.title());
    let at = |key: &str| pods.span(model, &[&probe.way[..], &[key.into()]].concat());
    let Some(socket) = sockets.iter().find(|socket| socket.port == port) else {
        let message = format!("{title} asks port {port}, but {}: {}", first.said, probe.what);
        return Some(problem(
            Diagnostic::new(Code::SettingsDiffer, at("port"), message),
            first,
            "use one port in both",
        ));
    };
    let (https, tls) = (probe.https?, socket.tls?);
    if https == tls {
        return None;
    }
    let (asks, speaks) = if https { ("HTTPS", "HTTP") } else { ("HTTP", "HTTPS") };
    let key = if container[probe.name]["httpGet"]["scheme"].is_null() { "port" } else { "scheme" };
    let message = format!("{title} asks port {port} over {asks}, where it serves {speaks}: {}", probe.what);
    let found = Diagnostic::new(Code::SettingsDiffer, at(key), message);
    Some(problem(found, socket, &format!("set `scheme: {speaks}`")))
}

fn problem(found: Diagnostic, socket: &Socket<'_>, help: &str) -> Diagnostic {
    let found = match socket.setting {
        Some(setting) => found.label(setting.span, format!("`{}`", setting.written)),
        None => found,
    };
    found.help(help)
}

/// The number of a port, which may be named by a port of the container.
fn number(container: &Json, port: &Json) -> Option<u16> {
    if let Some(number) = port.as_u64() {
        return number.try_into().ok();
    }
    let text = port.as_str()?;
    let named = || container["ports"].as_array()?.iter().find(|one| one["name"].as_str() == Some(text));
    text.parse().ok().or_else(|| named()?["containerPort"].as_u64()?.try_into().ok())
}
