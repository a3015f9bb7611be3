//! Every range that a cluster uses, with its name and where it is written: the cluster's own, those of others, those
//! that components bring, and those that mean the same everywhere.

use ipnet::IpNet;

use crate::diag::Diagnostic;
use crate::facts::range::{KnownRange, Use, known};
use crate::model::build::ranges;
use crate::model::nodes::NodeRange;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::plan::keep;
use crate::plan::listener::option_of;
use crate::source::Span;
use crate::syntax::ast::{Definition, ExprKind, Name};

/// A range with its name and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Range {
    /// As in a message: `` `pods` ``, `` `join` of `kube-ovn` ``.
    pub name: String,
    pub range: IpNet,
    pub span: Span,
    pub kind: RangeKind,
}

/// Whose a range is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RangeKind {
    /// `pods`, `services` or `nodes`.
    Cluster(&'static str),
    /// Someone else's, as `reserve` says.
    Reserved,
    /// A component's own.
    Component {
        app: AppId,
        /// Only its own machines see it.
        local: bool,
        /// The cluster's range that it has to be in.
        inside: Option<Name>,
        /// The option that gives it, if one does.
        option: Option<Name>,
    },
    /// The same everywhere, as a table of the standard library says.
    Fixed(&'static KnownRange),
}

/// What a component asks of one of the cluster's ranges.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub app: AppId,
    pub span: Span,
    /// `pods`, `services` or `nodes`.
    pub of: Name,
    /// The prefix of one share, for IPv4 and IPv6.
    pub prefix: [Option<u8>; 2],
    /// How many are taken.
    pub count: u128,
    /// How much longer than the range's prefix that of a share may be.
    pub share_bits: Option<u8>,
    /// How many bits the range may leave open.
    pub host_bits: Option<u8>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    pub list: Vec<Range>,
    pub shares: Vec<Share>,
}

impl Range {
    /// What the table says of a range that is the same everywhere.
    pub(super) fn known(&self) -> Option<&'static KnownRange> {
        match self.kind {
            RangeKind::Fixed(known) => Some(known),
            _ => None,
        }
    }

    /// Whether it stands for one link's own addresses.
    pub(super) fn is_link_local(&self) -> bool {
        self.known().is_some_and(|known| known.usable == Use::Link)
    }
}

/// Collects the ranges of a model.
pub(super) fn collect(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Ranges {
    let mut ranges = Ranges { list: of_cluster(model), shares: Vec::new() };
    for (name, list) in &model.cluster.reserve {
        let span = reserve_span(model, name);
        let reserved =
            |range: &IpNet| Range { name: format!("`{name}`"), range: *range, span, kind: RangeKind::Reserved };
        ranges.list.extend(list.iter().map(reserved));
    }
    for (app, _) in model.apps() {
        for item in &model.component_of(app).ranges {
            of_component(model, app, item, &mut ranges, problems);
        }
    }
    ranges.list.extend(known().iter().filter(|known| known.usable != Use::Avoided).map(|known| Range {
        name: known.name.clone(),
        range: known.cidr,
        span: Span::default(),
        kind: RangeKind::Fixed(known),
    }));
    ranges
}

fn of_cluster(model: &Model<'_>) -> Vec<Range> {
    let cluster = &model.cluster;
    let all = [("pods", &cluster.pods[..]), ("services", &cluster.services)];
    let named =
        all.into_iter().flat_map(|(name, list)| list.iter().enumerate().map(move |(i, range)| (name, i, range)));
    let named = named.map(|(name, index, range)| Range {
        name: format!("`{name}`"),
        range: *range,
        span: span(model, name, index),
        kind: RangeKind::Cluster(name),
    });
    named.chain(cluster.nodes.iter().flat_map(of_nodes)).collect()
}

/// The range of machines at a place, of each family.
fn of_nodes(own: &NodeRange) -> impl Iterator<Item = Range> {
    let all = own.ranges().zip([own.span, own.second_span]);
    let name = format!("`{}`", own.title());
    all.map(move |(range, span)| Range { name: name.clone(), range, span, kind: RangeKind::Cluster("nodes") })
}

/// Where a range is written: its own place in a list that is written out.
pub(super) fn span(model: &Model<'_>, name: &'static str, index: usize) -> Span {
    match written(model, name) {
        Some(ExprKind::List(list)) => list.get(index).map_or(model.cluster.spans[name], |element| element.span),
        _ => model.cluster.spans[name],
    }
}

/// Where a range of others is written: its own place in a record that is written out.
fn reserve_span(model: &Model<'_>, name: &str) -> Span {
    let field = match written(model, "reserve") {
        Some(ExprKind::Record { fields, .. }) => fields.iter().find(|field| field.key.plain().as_deref() == Some(name)),
        _ => None,
    };
    field.map_or(model.cluster.spans["reserve"], |field| field.value.span)
}

fn written<'p>(model: &Model<'p>, name: &str) -> Option<&'p ExprKind> {
    let (module, ast) = model.layers.clusters.first()?;
    model.layers.field("cluster", *module, &ast.body, name).map(|written| &written.expr.kind)
}

/// Reads a `range` item; the same on every unit, so the first one stands for all.
fn of_component(model: &Model<'_>, app: AppId, item: &Definition, found: &mut Ranges, problems: &mut Vec<Diagnostic>) {
    let Some(unit) = model.units_of(app).next() else { return };
    let mut scope = Scope::unit(model, unit);
    let mut value = |name: &str| {
        let field = item.body.field(name)?;
        keep(model.eval(&mut scope, &field.value), problems).filter(|value| *value != Value::None)
    };
    let number = |value: Option<Value>| match value {
        Some(Value::Int(n)) => u128::try_from(n).ok(),
        _ => None,
    };
    let bits = |value| number(value).and_then(|n| u8::try_from(n).ok());
    if let Some(of) = value("of").and_then(|value| value.scalar_text()) {
        found.shares.push(Share {
            app,
            span: item.name.span,
            of: of.into(),
            prefix: [bits(value("share-ipv4")), bits(value("share-ipv6"))],
            count: number(value("shares")).unwrap_or(0),
            share_bits: bits(value("share-bits")),
            host_bits: bits(value("host-bits")),
        });
    }
    let list = value("cidr").as_ref().and_then(ranges).unwrap_or_default();
    let kind = RangeKind::Component {
        app,
        local: value("local") == Some(Value::Bool(true)),
        inside: value("inside").and_then(|value| value.scalar_text()).map(Into::into),
        option: option_of(&item.body, "cidr"),
    };
    let name = format!("`{}` of `{}`", item.name.name, model.app(app).name);
    let span = item.name.span;
    found.list.extend(list.into_iter().map(|range| Range { name: name.clone(), range, span, kind: kind.clone() }));
}
