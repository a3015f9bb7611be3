//! Reads `nodes` of the cluster: a range, one of each family, or such ranges by the zone, rack or group of their machines.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::Value;
use crate::model::address::nth;
use crate::model::endpoint::ip;
use crate::model::nodes::{NodeRange, Nodes, Second, same_place};
use crate::model::value::Record;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};

use super::Fields;
use super::field::ranges;

/// What is written of one range.
struct Written<'e> {
    place: Option<Name>,
    ranges: Vec<IpNet>,
    /// Where they are.
    expr: Option<&'e Expr>,
    whole: Span,
    gateways: Vec<IpAddr>,
    gateway_span: Span,
    dns: Vec<IpAddr>,
}

/// Reads them; the resolvers are those of machines whose range has none of its own.
pub(super) fn nodes(fields: &mut Fields<'_, '_>, dns: &[IpAddr]) -> Option<Nodes> {
    let value = fields.value("nodes")?;
    // Overlays and arguments are not checked before.
    if !is_nodes(&value) {
        fields.mismatch("nodes", "`cidr`, or a list or a map of them", &value);
        return None;
    }
    let list = match &value {
        Value::Record(map) => by_place(fields, map),
        one => vec![of_all(fields, one)],
    };
    let read: Vec<NodeRange> = list.into_iter().filter_map(|written| range(fields, written, dns)).collect();
    let mut read = read.into_iter();
    let first = read.next()?;
    let nodes = Nodes::new(first, read.collect());
    fields.problems.extend(families(&nodes));
    Some(nodes)
}

/// Whether a value has the form of `nodes`.
fn is_nodes(value: &Value) -> bool {
    let is_range = |value: &Value| match value {
        Value::Record(settings) => settings.get("range").and_then(ranges).is_some(),
        one => ranges(one).is_some(),
    };
    match value {
        Value::Record(map) => map.iter().all(|(_, value)| is_range(value)),
        one => ranges(one).is_some(),
    }
}

/// The gateway of all machines, one of each family.
fn gateways(fields: &mut Fields<'_, '_>) -> Vec<IpAddr> {
    let Some(value) = fields.value("gateway") else { return Vec::new() };
    let found = addresses(&value);
    if found.is_empty() {
        fields.mismatch("gateway", "`ip`, or a list of them", &value);
    }
    found
}

/// The one of all machines: what is said of its gateway stands beside it.
fn of_all<'p>(fields: &mut Fields<'_, 'p>, value: &Value) -> Written<'p> {
    Written {
        place: None,
        ranges: ranges(value).unwrap_or_default(),
        expr: fields.written("nodes").map(|written| written.expr),
        whole: fields.span("nodes"),
        gateways: gateways(fields),
        gateway_span: fields.span("gateway"),
        dns: Vec::new(),
    }
}

fn by_place<'p>(fields: &mut Fields<'_, 'p>, map: &Record) -> Vec<Written<'p>> {
    if map.iter().next().is_none() {
        let problem = Diagnostic::new(Code::MissingField, fields.span("nodes"), "`nodes` has no range");
        fields.problems.push(problem.help("write the range of the machines: `nodes = 10.10.0.0/24`"));
    }
    if fields.is_written("gateway") {
        let problem = common_gateway(fields, map);
        fields.problems.push(problem);
    }
    let (whole, written) = (fields.span("nodes"), fields.written("nodes").map(|written| written.expr));
    map.iter()
        .map(|(place, value)| of_place(place, value, written.and_then(|expr| inside(expr, place)), whole))
        .collect()
}

fn common_gateway(fields: &Fields<'_, '_>, map: &Record) -> Diagnostic {
    let place = map.iter().next().map_or("berlin", |(place, _)| place);
    let message = "`gateway` is of one range, but `nodes` has a range for each zone, rack or group";
    Diagnostic::new(Code::WrongKind, fields.span("gateway"), message)
        .label(fields.span("nodes"), "the ranges")
        .help(format!("set it in each range: `nodes = {{ {place} = {{ range = ..., gateway = ... }} }}`"))
}

fn of_place<'e>(place: &Name, value: &Value, expr: Option<&'e Expr>, whole: Span) -> Written<'e> {
    let whole = expr.map_or(whole, |expr| expr.span);
    let settings = match value {
        Value::Record(settings) => Some(settings),
        _ => None,
    };
    let setting = |name: &str| settings.and_then(|settings| settings.get(name));
    let list = |name: &str| setting(name).map(addresses).unwrap_or_default();
    let at = |name: &str| expr.and_then(|expr| inside(expr, name));
    Written {
        place: Some(place.clone()),
        ranges: setting("range").or(Some(value)).and_then(ranges).unwrap_or_default(),
        expr: if settings.is_some() { at("range") } else { expr },
        whole,
        gateways: list("gateway"),
        gateway_span: at("gateway").map_or(whole, |expr| expr.span),
        dns: list("dns"),
    }
}

/// An address, or a list of them.
fn addresses(value: &Value) -> Vec<IpAddr> {
    match value {
        Value::List(list) => list.iter().filter_map(ip).collect(),
        one => ip(one).into_iter().collect(),
    }
}

/// The value of a key of a record that is written out.
fn inside<'e>(expr: &'e Expr, name: &str) -> Option<&'e Expr> {
    let ExprKind::Record { fields, .. } = &expr.kind else { return None };
    let found = fields.iter().find(|field| field.key.plain().is_some_and(|key| *key == *name));
    found.map(|field| &field.value)
}

fn range(fields: &mut Fields<'_, '_>, written: Written<'_>, dns: &[IpAddr]) -> Option<NodeRange> {
    let Some(range) = written.ranges.first().copied() else {
        let problem = Diagnostic::new(Code::MissingField, written.whole, "this list has no range");
        fields.problems.push(problem.help("write one range of each family that machines have addresses of"));
        return None;
    };
    fields.problems.extend(same_family(&written));
    let of_family = |v6: bool| written.gateways.iter().copied().find(|address| address.is_ipv6() == v6);
    let own = of_family(is_v6(&range)).or_else(|| written.gateways.first().copied());
    let Some(gateway) = own.or_else(|| nth(range, 1)) else {
        fields.problems.push(single(range, written.span(0)));
        return None;
    };
    let other = written.ranges.iter().copied().find(|other| is_v6(other) != is_v6(&range));
    let gateway_of = |other: IpNet| of_family(is_v6(&other)).or_else(|| same_place(range, gateway, other));
    let resolvers = [written.dns.clone(), dns.to_vec()].into_iter().find(|list| !list.is_empty());
    Some(NodeRange {
        range,
        gateway,
        second: other.map(|other| Second { range: other, gateway: gateway_of(other) }),
        dns: resolvers.unwrap_or_else(|| vec![gateway]),
        span: written.span(0),
        second_span: written.span(1),
        gateway_span: written.gateway_span,
        is_known: written.place.is_none(),
        place: written.place,
    })
}

impl Written<'_> {
    /// Where the range at a place is: its own in a list that is written out.
    fn span(&self, place: usize) -> Span {
        match self.expr.map(|expr| &expr.kind) {
            Some(ExprKind::List(list)) => list.get(place).map_or(self.whole, |one| one.span),
            _ => self.expr.map_or(self.whole, |expr| expr.span),
        }
    }
}

fn single(range: IpNet, span: Span) -> Diagnostic {
    let message = format!("{range} is a single address, and each machine needs one besides the gateway");
    let prefix = if is_v6(&range) { 64 } else { 24 };
    Diagnostic::new(Code::RangeTooSmall, span, message).help(format!("use a range with a prefix such as /{prefix}"))
}

/// A list has one range of each family, as those of pods and services do; places have ranges of their own.
fn same_family(written: &Written<'_>) -> Option<Diagnostic> {
    let list = &written.ranges;
    let place = (1..list.len()).find(|i| list[..*i].iter().any(|other| is_v6(other) == is_v6(&list[*i])))?;
    let first = list.iter().position(|other| is_v6(other) == is_v6(&list[place]))?;
    let message = format!("`nodes` lists two {} ranges", family(&list[place]));
    let problem = Diagnostic::new(Code::RangeFamilies, written.span(place), message);
    let problem = if written.span(first) == written.span(place) {
        problem
    } else {
        problem.label(written.span(first), "the first one")
    };
    Some(problem.help(format!(
        "a list has one range of each family; if machines are in several networks, name the zone, rack or group of each: \
         `nodes = {{ berlin = {}, munich = {} }}`",
        list[first], list[place]
    )))
}

/// Machines are dialled by addresses of one family.
fn families(nodes: &Nodes) -> Option<Diagnostic> {
    let first = nodes.first();
    let other = nodes.rest().iter().find(|one| is_v6(&one.range) != is_v6(&first.range))?;
    let message = format!(
        "{other} is {}, but {first} is {}: machines of one could not dial those of the other",
        family(&other.range),
        family(&first.range)
    );
    let problem = Diagnostic::new(Code::RangeFamilies, other.span, message).label(first.span, "the first range");
    Some(problem.help("use ranges of one family, or list one range of each family in the same order in each"))
}

fn is_v6(range: &IpNet) -> bool {
    range.max_prefix_len() > 32
}

fn family(range: &IpNet) -> &'static str {
    if is_v6(range) { "IPv6" } else { "IPv4" }
}
