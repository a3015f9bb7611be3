//! The settings of a `firewall` item.

use ipnet::IpNet;

use crate::diag::Diagnostic;
use crate::model::build::ranges;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::plan::keep;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Name, PathItem, Port};

/// The packet filter of an application's machines; the same on all of them.
#[derive(Clone, Debug)]
pub struct Firewall {
    pub app: AppId,
    /// Where the item is.
    pub span: Span,
    /// Where people and programs outside the cluster dial from.
    pub operators: Vec<IpNet>,
    pub ssh: Option<Port>,
    /// Who may reach ports that are given out.
    pub node_ports: Vec<IpNet>,
    pub open: Vec<Open>,
}

/// One more thing that is open.
#[derive(Clone, Debug)]
pub struct Open {
    pub port: Port,
    pub from: Vec<IpNet>,
    /// The application that it is meant for.
    pub app: Option<Name>,
    /// Where it is written, or what it is written in.
    pub span: Span,
}

impl Firewall {
    /// Whether everyone may reach ports that are given out.
    pub fn is_open_to_all(&self) -> bool {
        let all =
            |v6: bool| self.node_ports.iter().any(|range| range.prefix_len() == 0 && range.addr().is_ipv6() == v6);
        all(false) && all(true)
    }
}

/// The packet filters of a model.
pub fn firewalls(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Firewall> {
    let mut list = Vec::new();
    for (app, _) in model.apps() {
        for item in &model.component_of(app).firewalls {
            list.extend(read(model, app, item, problems));
        }
    }
    list
}

/// Reads the item on the first unit, which stands for all.
pub fn read(model: &Model<'_>, app: AppId, item: &PathItem, problems: &mut Vec<Diagnostic>) -> Option<Firewall> {
    let mut scope = Scope::unit(model, model.units_of(app).next()?);
    let mut value = |name: &str| {
        let field = item.body.field(name)?;
        keep(model.eval(&mut scope, &field.value), problems)
    };
    let (operators, ssh) = (value("operators"), value("ssh"));
    let (node_ports, open) = (value("node-ports"), value("open"));
    let everyone = || ["0.0.0.0/0", "::/0"].map(|text| text.parse().expect("it is written as one")).to_vec();
    Some(Firewall {
        app,
        span: item.path.span,
        operators: operators.as_ref().and_then(ranges).unwrap_or_default(),
        ssh: match ssh {
            None => Some(super::SSH),
            Some(value) => crate::model::endpoint::port(&value),
        },
        node_ports: node_ports.as_ref().map_or_else(|| Some(everyone()), ranges).unwrap_or_default(),
        open: opens(open, &spans(model, app, item)),
    })
}

fn opens(value: Option<Value>, spans: &[Span]) -> Vec<Open> {
    let Some(Value::List(list)) = value else { return Vec::new() };
    let place = |index: usize| spans.get(index).or(spans.last()).copied().unwrap_or_default();
    let one = |(index, value): (usize, &Value)| {
        let Value::Record(record) = value else { return None };
        Some(Open {
            port: record.get("port").and_then(crate::model::endpoint::port)?,
            from: record.get("from").and_then(ranges).unwrap_or_default(),
            app: record.get("app").and_then(Value::scalar_text).map(Into::into),
            span: place(index),
        })
    };
    list.iter().enumerate().filter_map(one).collect()
}

/// Where each `open` is written: at its place in the list that was deployed, else where the option or the item is.
fn spans(model: &Model<'_>, app: AppId, item: &PathItem) -> Vec<Span> {
    let Some(field) = item.body.field("open") else { return vec![item.path.span] };
    let option = match &field.value.kind {
        ExprKind::Field { field, .. } => Some(field.name.clone()),
        _ => None,
    };
    let options = &model.component_of(app).options;
    let place = option.and_then(|name| options.iter().position(|option| option.name.name == name));
    let Some(place) = place else { return elements(&field.value) };
    let name = &model.app(app).name;
    let deployment = model.layers.deployments.iter().find(|deployment| deployment.name == *name);
    let written = deployment.and_then(|deployment| {
        model.layers.field(name, deployment.module, &deployment.ast.body, &options[place].name.name)
    });
    match written {
        Some(written) => elements(written.expr),
        None => model.app(app).option_spans.get(place).copied().into_iter().collect(),
    }
}

fn elements(expr: &crate::syntax::ast::Expr) -> Vec<Span> {
    match &expr.kind {
        ExprKind::List(list) if !list.is_empty() => list.iter().map(|element| element.span).collect(),
        _ => vec![expr.span],
    }
}
