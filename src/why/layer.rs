//! Values that are written in layers: the default, the statement, each overlay, the command line.

use crate::check::schema::{Schema, statement};
use crate::check::{Symbol, SymbolKind};
use crate::model::scope::Scope;
use crate::model::{AppId, MachineId, Param, Value};
use crate::source::Span;
use crate::syntax::ast::{Body, ChangeKind, Expr, Ident, Overlay, StatementKind};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, show};

/// `wrk.memory`, `cluster.pods`, `etcd.snapshot-every`, `lxd.image`, a parameter or a `let`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (owner, field) = match query.name.split_once('.') {
        Some((owner, field)) => (owner, field),
        None => return named(why, &query.name),
    };
    if owner == "cluster" {
        return cluster(why, field);
    }
    group(why, owner, field)
        .or_else(|| machine(why, owner, field))
        .or_else(|| option(why, owner, field))
        .or_else(|| component_let(why, owner, field))
        .or_else(|| target(why, owner, field))
}

/// A parameter or a `let` of a file of the model.
fn named(why: &Why<'_, '_>, name: &str) -> Option<Answer> {
    let program = why.model().program;
    let symbol = program.own_modules().find_map(|(id, _)| program.value(id, name))?;
    match symbol.kind {
        SymbolKind::Param => {
            let answer = Answer::new(format!("the parameter `{name}`"), param(why, symbol));
            Some(answer.with(param_value(why, symbol)?))
        }
        SymbolKind::Let => {
            let StatementKind::Let(binding) = &program.statement(symbol).kind else { return None };
            let mut scope = Scope::file(symbol.module);
            let value = why.model().eval(&mut scope, &binding.value).ok()?;
            let link = Tracer::new(why).written(&mut scope, binding.name.span, &binding.value);
            Some(Answer::new(format!("`{name}`"), vec![link]).with(show::value(&value)))
        }
        _ => None,
    }
}

fn cluster(why: &Why<'_, '_>, field: &str) -> Option<Answer> {
    let links = cluster_links(why, field)?;
    let ident = Ident { name: field.into(), span: Span::default() };
    let expr = field_expr("cluster", &ident);
    let answer = Answer::new(format!("`cluster.{field}`"), links);
    // Not every field can be read in an expression.
    Some(match why.model().eval(&mut Scope::file(Default::default()), &expr) {
        Ok(value) => answer.with(show::value(&value)),
        Err(_) => answer,
    })
}

/// The expression `ROOT.FIELD`, written nowhere.
fn field_expr(root: &str, field: &Ident) -> Expr {
    use crate::syntax::ast::ExprKind;
    let root = Ident { name: root.into(), span: Span::default() };
    let value = Box::new(Expr { span: Span::default(), kind: ExprKind::Name(root) });
    Expr { span: Span::default(), kind: ExprKind::Field { value, field: field.clone(), optional: false } }
}

/// Why a field of the cluster has its value.
pub(super) fn cluster_links(why: &Why<'_, '_>, field: &str) -> Option<Vec<Link>> {
    let field = match field {
        "pod-ranges" => "pods",
        "service-ranges" => "services",
        "node-ranges" => "nodes",
        other => other,
    };
    let (_, ast) = why.model().layers.clusters.first()?;
    if field == "name" {
        return Some(vec![Link::at(ast.name.span, "set in `cluster`")]);
    }
    let default = by_itself(&statement::CLUSTER, field)?;
    Some(layers(why, "cluster", field, written(&ast.body, field, "set in `cluster`"), default))
}

fn group(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Answer> {
    let links = group_links(why, owner, field)?;
    let ident = Ident { name: field.into(), span: Span::default() };
    let value = why.model().eval(&mut Scope::file(Default::default()), &field_expr(owner, &ident)).ok();
    let answer = Answer::new(format!("`{owner}.{field}`"), links);
    Some(match value {
        Some(value) => answer.with(show::value(&value)),
        None => answer,
    })
}

/// Why a field of a machine group has its value.
pub(super) fn group_links(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Vec<Link>> {
    let (_, ast) = why.model().layers.machines.iter().find(|(_, machines)| *machines.name.name == *owner)?;
    if field == "count" && why.model().groups.iter().any(|group| *group.name == *owner && group.own_names) {
        return Some(layers(why, owner, "names", written(&ast.body, "names", "each of `names` is a machine"), None));
    }
    if field == "count" {
        let said = ast.count.as_ref().map(|count| (count, format!("`machines {owner}[{}]`", why.text(count.span))));
        let default = said.is_none().then(|| Link::at(ast.name.span, "the default: without `[n]` there is one"));
        return Some(layers(why, owner, field, said, default));
    }
    let default = by_itself(&statement::MACHINES, field)?;
    Some(layers(why, owner, field, written(&ast.body, field, &format!("set in `machines {owner}`")), default))
}

/// A field of one machine is that of its group, but for what each has of its own.
fn machine(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Answer> {
    let model = why.model();
    let id = why.machine(owner)?;
    let machine = model.machine(id);
    if field == "address" {
        let link = super::address::of_machine(why, id);
        return Some(Answer::new(format!("the address of `{owner}`"), vec![link]).with(machine.address.to_string()));
    }
    let group = model.group_of(id);
    let mut scope = Scope::file(Default::default());
    scope.machine = Some(id);
    let ident = Ident { name: field.into(), span: Span::default() };
    let value = model.eval(&mut scope, &field_expr("machine", &ident)).ok()?;
    if let Some(own) = own(why, id, field) {
        return Some(Answer::new(format!("`{owner}.{field}`"), vec![own]).with(show::value(&value)));
    }
    let field = if field == "zone" && group_has(why, &group.name, "zones") { "zones" } else { field };
    let links = group_links(why, &group.name, field).unwrap_or_default();
    let link = Link::at(group.span, format!("`{owner}` is a machine of `{}`", group.name)).because(links);
    Some(Answer::new(format!("`{owner}.{}`", ident.name), vec![link]).with(show::value(&value)))
}

/// That something is said of a machine alone: in the `names` of its group.
pub(super) fn own(why: &Why<'_, '_>, id: MachineId, field: &str) -> Option<Link> {
    let model = why.model();
    let (machine, group) = (model.machine(id), model.group_of(id));
    let (module, ast) = model.layers.machines.iter().find(|(_, ast)| ast.name.name == group.name)?;
    let written = model.layers.field(&group.name, *module, &ast.body, "names")?;
    let names = model.eval(&mut Scope::file(written.module), written.expr).ok()?;
    let Value::Record(names) = names else { return None };
    let Some(Value::Record(said)) = names.get(&*machine.name) else { return None };
    said.get(field).filter(|value| !is_none(value))?;
    Some(Link::at(written.expr.span, format!("`{field}` of `{}` in `names`", machine.name)))
}

fn group_has(why: &Why<'_, '_>, group: &str, field: &str) -> bool {
    let mut groups = why.model().layers.machines.iter();
    groups.any(|(_, machines)| *machines.name.name == *group && machines.body.field(field).is_some())
}

fn option(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Answer> {
    let app = why.app(owner)?;
    let field = field.strip_prefix("option.").unwrap_or(field);
    let links = option_links(why, app, field)?;
    Some(Answer::new(format!("the option `{field}` of `{owner}`"), links).with(option_value(why, app, field)?))
}

/// The value of an option as text.
pub(super) fn option_value(why: &Why<'_, '_>, app: AppId, field: &str) -> Option<String> {
    let component = why.model().component_of(app);
    let place = component.options.iter().position(|option| *option.name.name == *field)?;
    why.model().app(app).options.get(place).map(show::value)
}

/// Why an option of an application has its value.
pub(super) fn option_links(why: &Why<'_, '_>, app: AppId, field: &str) -> Option<Vec<Link>> {
    let model = why.model();
    let option = model.component_of(app).options.iter().find(|option| *option.name.name == *field)?;
    let name = &model.app(app).name;
    let deployment = model.layers.deployments.iter().find(|deployment| deployment.name == *name)?;
    let component = &model.component_of(app).ast.name.name;
    let default = match &option.default {
        Some(value) => {
            let text = format!("the default of `{component}`: `{}`", why.text(value.span));
            Some(Link::at(value.span, text).because(Tracer::new(why).links(&mut Scope::app(model, app), value)))
        }
        None => Some(Link::at(option.name.span, format!("the default of `{component}`: none"))),
    };
    let said = written(&deployment.ast.body, field, &format!("set in `deploy {name}`"));
    Some(layers(why, name, field, said, default))
}

fn component_let(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Answer> {
    let model = why.model();
    let app = why.app(owner)?;
    let binding = model.component_of(app).lets.iter().find(|binding| *binding.name.name == *field)?;
    let mut scope = Scope::unit(model, model.units_of(app).next()?);
    let value = model.eval(&mut scope, &binding.value).ok()?;
    let link = Tracer::new(why).written(&mut scope, binding.name.span, &binding.value);
    Some(Answer::new(format!("`{field}` inside `{owner}`"), vec![link]).with(show::value(&value)))
}

fn target(why: &Why<'_, '_>, owner: &str, field: &str) -> Option<Answer> {
    let (_, ast) = why.model().layers.targets.iter().find(|(_, target)| *target.name.name == *owner)?;
    let target = why.model().targets.iter().find(|target| *target.name == *owner)?;
    let value = target.options.get(field).map(show::value);
    let default = None;
    let links = layers(why, owner, field, written(&ast.body, field, &format!("set in `target {owner}`")), default);
    value.map(|value| Answer::new(format!("`{owner}.{field}`"), links).with(value))
}

/// Why a parameter has its value.
pub(super) fn param(why: &Why<'_, '_>, symbol: Symbol) -> Vec<Link> {
    let StatementKind::Param(param) = &why.model().program.statement(symbol).kind else { return Vec::new() };
    let name = &param.name.name;
    let said = param.default.as_ref().map(|value| (value, "the default".to_owned()));
    let none = Some(Link::at(param.name.span, "the default: none"));
    let below = layers(why, name, "", said, none);
    match why.input.sets.iter().rev().find(|setting| setting.name == *name) {
        Some(setting) => vec![Link::new(format!("set by `--set {name}={}`", setting.text)).because(instead(below))],
        None => below,
    }
}

/// The value of a parameter as text.
pub(super) fn param_value(why: &Why<'_, '_>, symbol: Symbol) -> Option<String> {
    match why.model().params.get(&symbol)? {
        Param::Value(value) => Some(show::value(value)),
        Param::Component(component) => {
            why.model().program.component(*component).map(|component| component.name.name.to_string())
        }
    }
}

/// The value of an omitted field, from its documentation (`...; default 4GiB.`): none where it must be
/// given or may be absent.
fn by_itself(schema: &Schema, field: &str) -> Option<Option<Link>> {
    let row = schema.rows.iter().find(|row| row.name == field)?;
    let default = row.doc.split_once("default ").map(|(_, default)| default.trim_end_matches('.'));
    Some(default.map(|default| Link::new(format!("the default: {default}"))))
}

fn written<'p>(body: &'p Body, field: &str, text: &str) -> Option<(&'p Expr, String)> {
    body.field(field).map(|field| (&field.value, text.to_owned()))
}

/// The layers of a value, the effective one first; each overrides the one below it.
fn layers(
    why: &Why<'_, '_>,
    owner: &str,
    field: &str,
    said: Option<(&Expr, String)>,
    default: Option<Link>,
) -> Vec<Link> {
    let path = if field.is_empty() { owner.to_owned() } else { format!("{owner}.{field}") };
    let mut list: Vec<Link> = match said {
        Some((expr, text)) => {
            let links = Tracer::new(why).links(&mut Scope::file(module_of(why, expr.span)), expr);
            let text = if text.contains('[') { text } else { format!("{text}: `{}`", why.text(expr.span)) };
            let below = default.map_or(Vec::new(), |default| instead(vec![default]));
            vec![Link::at(expr.span, text).because(links).because(below)]
        }
        None => default.into_iter().collect(),
    };
    for (overlay, value) in sets(why, &path) {
        let what = if overlay == Overlay::COMMAND_LINE { String::new() } else { "the overlay ".to_owned() };
        let text = format!("{what}`{overlay}` sets it: `{}`", why.text(value.span));
        list = vec![Link::at(value.span, text).because(instead(list))];
    }
    list
}

/// The layers that a layer overrides.
fn instead(links: Vec<Link>) -> Vec<Link> {
    links.into_iter().map(|link| Link { text: format!("overrides: {}", link.text), ..link }).collect()
}

/// Each overlay that sets a path, in the order in which they are applied.
fn sets<'p>(why: &Why<'_, 'p>, path: &str) -> Vec<(String, &'p Expr)> {
    let program = why.model().program;
    let statements = || program.own_modules().flat_map(|(_, module)| &module.file.statements);
    let mut list = Vec::new();
    let command_line = Overlay::COMMAND_LINE.to_owned();
    for name in why.input.overlays.iter().chain([&command_line]) {
        let overlays = statements().filter_map(|statement| match &statement.kind {
            StatementKind::Overlay(overlay) if *overlay.name.name == **name => Some(overlay),
            _ => None,
        });
        for change in overlays.flat_map(|overlay| &overlay.changes) {
            if let ChangeKind::Set { path: parts, value } = &change.kind
                && parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".") == path
            {
                list.push((name.clone(), value));
            }
        }
    }
    list
}

/// The module that a place is in.
pub(super) fn module_of(why: &Why<'_, '_>, span: Span) -> crate::check::ModuleId {
    let place = why.model().program.modules.iter().position(|module| module.source == span.source);
    crate::check::ModuleId(place.unwrap_or_default() as u32)
}

/// Whether a value is none, as text says it.
pub(super) fn is_none(value: &Value) -> bool {
    *value == Value::None
}
