//! Addresses and URLs that a setting names.

use std::net::{IpAddr, SocketAddr};

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Covers, Encrypted, Inside, Range, Typed, Url};
use crate::model::{EndpointId, Model};
use crate::syntax::ast::EndpointKind;
use crate::text::Count;

use super::settings::{Setting, Settings};
use super::{distinct, distinct_places, problem};
use crate::verify::network;

/// URLs in plain text that lead off the machine.
pub(super) fn encrypted(model: &Model<'_>, settings: &Settings, rule: &Encrypted) -> Vec<Diagnostic> {
    let verify = |setting: &Setting| {
        let mut texts = setting.text.split(',').filter(|_| !setting.secret);
        let url = texts.find(|text| Url::read(text.trim()).is_some_and(|url| url.is_plain_text()))?;
        let (name, url, what) = (&setting.written, url.trim(), &rule.what);
        let message = format!("`{name}` uses plain text over the network, `{url}`: {what}");
        Some(problem(model, Code::PlaintextConnection, setting, message).help(&*rule.help))
    };
    distinct_places(rule.settings.iter().flat_map(|name| settings.named(name)).filter_map(verify))
}

/// Addresses outside of the range that they must be in. If a relation provides the address, the provider is reported.
pub(super) fn inside(model: &Model<'_>, settings: &Settings, rule: &Inside) -> Vec<Diagnostic> {
    let reported = network::outside(model);
    let cluster = &model.cluster;
    let (range, ranges) = match rule.of {
        Range::Pods => ("pods", &cluster.pods),
        Range::Services => ("services", &cluster.services),
    };
    let outside = |address: &IpAddr| {
        !is_of_a_link(*address) && !ranges.iter().any(|range| range.contains(address)) && !reported.contains(address)
    };
    let verify = |setting: &Setting| {
        let shown = |value: &Typed| match value {
            Typed::Address(address) => outside(address).then(|| address.to_string()),
            Typed::Range(range) => (!ranges.iter().any(|own| own.contains(range))).then(|| range.to_string()),
            _ => None,
        };
        let address = setting.values.iter().find_map(shown)?;
        let message = format!("`{}` is {address}, outside `{range}`: {}", setting.written, rule.what);
        let span = cluster.spans.get(range).copied().unwrap_or(cluster.span);
        let found = problem(model, Code::AddressOutsideRange, setting, message);
        Some(found.label(span, format!("`{range}`")).help(&*rule.help))
    };
    distinct(settings.named(&rule.setting).filter_map(verify))
}

/// A cache of the machine itself.
fn is_of_a_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// URLs that name some of the units to which a relation leads, and not the others.
pub(super) fn covers(model: &Model<'_>, settings: &Settings, rule: &Covers) -> Vec<Diagnostic> {
    distinct(settings.named(&rule.setting).filter_map(|setting| uncovered(model, setting, rule)))
}

fn uncovered(model: &Model<'_>, setting: &Setting, rule: &Covers) -> Option<Diagnostic> {
    let named: Vec<SocketAddr> = setting.values.iter().filter_map(socket).collect();
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
            let message = format!("`{}` lists {named} of the {all} of `{name}`: {}", setting.written, rule.what);
            let found = problem(model, Code::SinglePoint, setting, message);
            found.label(model.app(end.app).span, format!("`{name}` is deployed here")).help(&*rule.help)
        })
    })
}

/// Where a URL is dialled.
fn socket(value: &Typed) -> Option<SocketAddr> {
    match value {
        Typed::Url(url) => Url::socket(url),
        _ => None,
    }
}
