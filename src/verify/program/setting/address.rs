//! Addresses that a setting names.

use std::net::{IpAddr, SocketAddr};

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Covers, Inside};
use crate::model::{EndpointId, Model};
use crate::syntax::ast::EndpointKind;
use crate::text::Count;

use super::{Setting, Settings, problem};
use crate::verify::network;

/// Addresses outside of the range that they have to be in. Where an address comes from whoever has it, that is reported there.
pub fn inside(model: &Model<'_>, settings: &Settings, rule: &Inside) -> Vec<Diagnostic> {
    let reported = network::outside(model);
    let cluster = &model.cluster;
    let ranges = if rule.of == "pods" { &cluster.pods } else { &cluster.services };
    let outside = |address: &IpAddr| {
        !is_of_a_link(*address) && !ranges.iter().any(|range| range.contains(address)) && !reported.contains(address)
    };
    let mut list: Vec<Diagnostic> = Vec::new();
    for setting in settings.named(&rule.setting) {
        let Some(address) = addresses(&setting.text).find(outside) else { continue };
        let message = format!("`{}` is {address}, outside `{}`: {}", setting.name, rule.of, rule.what);
        let span = cluster.spans.get(rule.of.as_str()).copied().unwrap_or(cluster.span);
        let found = problem(model, Code::AddressOutsideRange, setting, message);
        let found = found.label(span, format!("`{}`", rule.of)).help(&*rule.help);
        if !list.contains(&found) {
            list.push(found);
        }
    }
    list
}

/// Those of a list, as text or as JSON.
fn addresses(text: &str) -> impl Iterator<Item = IpAddr> {
    text.split(|c: char| "[]\", ".contains(c)).filter_map(|part| part.parse().ok())
}

/// A cache of the machine itself.
fn is_of_a_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// URLs that name some of the units to which a relation leads, and not the others.
pub fn covers(model: &Model<'_>, settings: &Settings, rule: &Covers) -> Vec<Diagnostic> {
    let mut list: Vec<Diagnostic> = Vec::new();
    for found in settings.named(&rule.setting).filter_map(|setting| uncovered(model, setting, rule)) {
        if !list.contains(&found) {
            list.push(found);
        }
    }
    list
}

fn uncovered(model: &Model<'_>, setting: &Setting, rule: &Covers) -> Option<Diagnostic> {
    let named: Vec<SocketAddr> = setting.text.split(',').filter_map(host).collect();
    let endpoints = &model.component_of(setting.app).endpoints;
    let requires = endpoints.iter().enumerate().filter(|(_, info)| info.ast.kind == EndpointKind::Requires);
    let ends = requires.flat_map(|(place, _)| &model.ends(setting.app).providers[place]);
    ends.into_iter().find_map(|end: &EndpointId| {
        let units: Vec<_> = model.units_of(end.app).collect();
        let place = |unit| {
            let value = model.endpoint_value(unit, end.endpoint).ok()?;
            Some(SocketAddr::new(value.address?, value.listen?.number))
        };
        let named = units.iter().filter(|unit| place(**unit).is_some_and(|own| named.contains(&own))).count();
        (0 < named && named < units.len()).then(|| {
            let name = &model.app(end.app).name;
            let all = Count(units.len(), "unit");
            let message = format!("`{}` names {named} of the {all} of `{name}`: {}", setting.name, rule.what);
            let found = problem(model, Code::SinglePoint, setting, message);
            found.label(model.app(end.app).span, format!("`{name}` is deployed here")).help(&*rule.help)
        })
    })
}

/// The host and port of a URL, if they are written as numbers.
fn host(url: &str) -> Option<SocketAddr> {
    let rest = url.trim().split_once("://").map_or(url.trim(), |(_, rest)| rest);
    rest.split('/').next()?.parse().ok()
}
