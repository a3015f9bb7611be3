//! What stays inside the cluster does not travel through a proxy.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::plan::keep;
use crate::syntax::ast::{Body, Expr, ItemKind, PathItem};
use crate::text::List;

/// Looks at the environment of units, and at files that set one.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> usize {
    let mut count = 0;
    for (app, _) in model.apps() {
        for item in &model.component_of(app).ast.items {
            let (body, field) = match &item.kind {
                ItemKind::Unit(PathItem { body, .. }) => (body, "environment"),
                ItemKind::File(PathItem { body, each: None, .. }) if body.field("text").is_some() => (body, "text"),
                ItemKind::File(PathItem { body, each: None, .. }) => (body, "content"),
                _ => continue,
            };
            let Some((value, settings)) = settings(model, app, body, field) else { continue };
            if settings.iter().any(|(name, _)| is_proxy(name)) {
                count += 1;
                problems.extend(check_no_proxy(model, app, value, &settings));
            }
        }
    }
    count
}

fn is_proxy(name: &str) -> bool {
    name.eq_ignore_ascii_case("https_proxy") || name.eq_ignore_ascii_case("http_proxy")
}

/// What a field sets, as names and values, on the first unit: a proxy is the site's and not a machine's.
fn settings<'a>(
    model: &Model<'_>,
    app: AppId,
    body: &'a Body,
    field: &str,
) -> Option<(&'a Expr, Vec<(String, String)>)> {
    let value = &body.field(field)?.value;
    let unit = model.units_of(app).next()?;
    let found = keep(model.eval(&mut Scope::unit(model, unit), value), &mut Vec::new())?;
    let mut settings = Vec::new();
    gather(&found, &mut settings);
    Some((value, settings))
}

/// Names and values, those too that are assignments in a text. A secret is never looked into.
fn gather(value: &Value, settings: &mut Vec<(String, String)>) {
    match value {
        Value::Text(lines) => settings.extend(lines.split(['\n', ' ']).filter_map(assignment)),
        Value::List(list) => list.iter().for_each(|value| gather(value, settings)),
        Value::Record(map) => map.iter().for_each(|(name, value)| match value {
            Value::Text(text) if is_proxy(name) || name.eq_ignore_ascii_case("no_proxy") => {
                settings.push((name.to_string(), text.to_string()));
            }
            value => gather(value, settings),
        }),
        _ => {}
    }
}

/// `NAME=VALUE`, as a shell, systemd or env(1) reads it.
fn assignment(word: &str) -> Option<(String, String)> {
    let quote = ['"', '\''];
    let (name, value) = word.trim().trim_start_matches("Environment=").trim_matches(quote).split_once('=')?;
    Some((name.trim().to_owned(), value.trim().trim_matches(quote).to_owned()))
}

fn check_no_proxy(model: &Model<'_>, app: AppId, value: &Expr, settings: &[(String, String)]) -> Option<Diagnostic> {
    let kept = settings.iter().find(|(name, _)| name.eq_ignore_ascii_case("no_proxy"));
    let entries: Vec<&str> = kept.iter().flat_map(|(_, value)| value.split(',')).map(str::trim).collect();
    let cluster = &model.cluster;
    let nodes = cluster.nodes.ranges();
    let ranges = [("pods", &cluster.pods[..]), ("services", &cluster.services), ("nodes", &nodes)];
    let mut open: Vec<String> = Vec::new();
    for (name, list) in ranges {
        let missing = list
            .iter()
            .filter(|range| !(covered(range, &entries) || (name == "nodes" && every_machine(model, &entries))));
        open.extend(missing.map(|range| format!("{name} {range}")));
    }
    if !entries.iter().any(|entry| entry.trim_start_matches('.') == "svc" || entry.ends_with(&*cluster.domain)) {
        open.push(format!(".{}", cluster.domain));
    }
    if open.is_empty() {
        return None;
    }
    let message =
        format!("cluster-internal traffic goes through the proxy: {}", List::ticked(open.iter().map(String::as_str)));
    let add: Vec<&str> = open.iter().map(|entry| entry.rsplit(' ').next().unwrap_or(entry)).collect();
    let help = format!(
        "add {} and the addresses of the machines to `no_proxy`, since not every client supports ranges, or deploy \
         `proxy` from std/site, which computes it",
        add.join(",")
    );
    Some(
        Diagnostic::new(Code::ProxyInside, value.span, message)
            .here(if kept.is_some() { "`no_proxy` does not cover the cluster" } else { "`no_proxy` is not set" })
            .label(model.app(app).span, format!("`{}` is deployed here", model.app(app).name))
            .help(help),
    )
}

fn covered(range: &IpNet, entries: &[&str]) -> bool {
    entries.iter().any(|entry| *entry == "*" || entry.parse::<IpNet>().is_ok_and(|outer| outer.contains(range)))
}

fn every_machine(model: &Model<'_>, entries: &[&str]) -> bool {
    let named: Vec<IpAddr> = entries.iter().filter_map(|entry| entry.parse().ok()).collect();
    !named.is_empty() && model.machines.iter().all(|machine| named.contains(&machine.address))
}
