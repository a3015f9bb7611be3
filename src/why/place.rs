//! Machines, applications and their units: what put them there.

use crate::check::SymbolKind;
use crate::model::layer::Deployment;
use crate::model::scope::Scope;
use crate::model::{AppId, MachineId};
use crate::syntax::ast::{Selector, SelectorKind};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, address, layer, show};

/// `cp-0`.
pub(super) fn machine(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let name = query.machine.as_deref().filter(|_| query.name.is_empty()).unwrap_or(&query.name);
    let model = why.model();
    let id = why.machine(name)?;
    let group = model.group_of(id);
    let count = layer::group_links(why, &group.name, "count").unwrap_or_default();
    let named =
        format!("`{name}` is machine {} of the {} of `{}`", model.machine(id).index, group.machines.len(), group.name);
    let mut links = vec![Link::at(group.span, named).because(count), address::of_machine(why, id)];
    if let Some(zone) = &model.machine(id).zone {
        let field = layer::group_links(why, &group.name, "zones")
            .filter(|links| links.first().is_some_and(|link| link.span.is_some()));
        let field = field.or_else(|| layer::group_links(why, &group.name, "zone")).unwrap_or_default();
        links.push(Link::new(format!("it is in zone `{zone}`")).because(field));
    }
    for (app, _) in model.apps() {
        if model.unit_on(app, id).is_some() {
            links.push(on_machine(why, app, id));
        }
    }
    Some(Answer::new(format!("the machine `{name}`"), links))
}

/// `etcd`, or one unit of it: `etcd-0`, `etcd on cp-0`.
pub(super) fn application(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let model = why.model();
    if let Some(unit) = why.unit(&query.name) {
        let app = model.unit(unit).app;
        let machine = model.unit(unit).machine?;
        let links = vec![on_machine(why, app, machine)];
        let name = &model.machine(machine).name;
        return Some(Answer::new(format!("the unit `{}`", query.name), links).with(format!("on {name}")));
    }
    let app = why.app(&query.name)?;
    if let Some(machine) = query.machine.as_deref() {
        let machine = why.machine(machine).filter(|machine| model.unit_on(app, *machine).is_some())?;
        let subject = format!("`{}` on `{}`", query.name, model.machine(machine).name);
        return Some(Answer::new(subject, vec![on_machine(why, app, machine)]));
    }
    let machines: Vec<&str> =
        model.units_of(app).filter_map(|unit| why.machine_name(unit)).map(|name| &**name).collect();
    let mut links = vec![Link::at(model.app(app).span, deployed(why, app)).because(component(why, app))];
    links.extend(deployment(why, app).and_then(|d| d.ast.condition.as_ref()).map(|condition| {
        Link::at(condition.span, format!("of these, only machines where `{}`", why.text(condition.span)))
    }));
    let answer = Answer::new(format!("the application `{}`", query.name), links);
    Some(if machines.is_empty() { answer } else { answer.with(format!("on {}", show::some(&machines))) })
}

/// `` `deploy etcd on cp` ``.
pub(super) fn deployed(why: &Why<'_, '_>, app: AppId) -> String {
    let name = &why.model().app(app).name;
    match deployment(why, app) {
        Some(deployment) if deployment.ast.on.is_empty() => format!("`deploy {name}`"),
        Some(deployment) => {
            let on: Vec<String> = deployment.ast.on.iter().map(|selector| why.text(selector.span)).collect();
            format!("`deploy {name} on {}`", on.join(", "))
        }
        None => format!("`{name}` is deployed"),
    }
}

pub(super) fn deployment<'a, 'p>(why: &Why<'a, 'p>, app: AppId) -> Option<&'a Deployment<'p>> {
    let name = &why.model().app(app).name;
    why.model().layers.deployments.iter().find(|deployment| deployment.name == *name)
}

/// Which component an application is, where its name does not say so.
fn component(why: &Why<'_, '_>, app: AppId) -> Vec<Link> {
    let model = why.model();
    let ast = model.component_of(app).ast;
    let mut links = vec![Link::at(ast.name.span, format!("it is the component `{}`", ast.name.name))];
    if let Some(written) = deployment(why, app).filter(|deployment| deployment.component.param) {
        let name = &written.component.name;
        let symbol = model.program.lookup(written.module, &name.name, SymbolKind::Param);
        let param = symbol.map(|symbol| layer::param(why, symbol)).unwrap_or_default();
        links.push(Link::at(name.span, format!("`${}` stands for it", name.name)).because(param));
    }
    links
}

/// What put an application on a machine.
pub(super) fn on_machine(why: &Why<'_, '_>, app: AppId, machine: MachineId) -> Link {
    let model = why.model();
    let (name, on) = (&model.app(app).name, &model.machine(machine).name);
    let link = Link::at(model.app(app).span, format!("`{name}` is on `{on}`: {}", deployed(why, app)));
    let Some(deployment) = deployment(why, app) else { return link };
    let selector = deployment.ast.on.iter().find(|selector| selects(why, selector, machine));
    let chosen = selector.map(|selector| {
        let count = layer::group_links(why, &model.group_of(machine).name, "count").unwrap_or_default();
        Link::at(selector.span, format!("`{}` selects `{on}`", why.text(selector.span))).because(count)
    });
    let condition = deployment.ast.condition.as_ref().map(|condition| {
        let mut scope = Scope::file(deployment.module);
        (scope.machine, scope.bare_machine) = (Some(machine), true);
        let text = format!("`where {}` holds for it", why.text(condition.span));
        Link::at(condition.span, text).because(Tracer::new(why).links(&mut scope, condition))
    });
    link.because(chosen).because(condition)
}

/// Whether a selector names a machine, as far as its group goes and its index is a number.
pub(super) fn selects(why: &Why<'_, '_>, selector: &Selector, machine: MachineId) -> bool {
    let model = why.model();
    let (group, index) = (&model.group_of(machine).name, i64::from(model.machine(machine).index));
    let module = layer::module_of(why, selector.span);
    let number = |expr: &crate::syntax::ast::Expr| match model.eval(&mut Scope::file(module), expr) {
        Ok(crate::model::Value::Int(number)) => Some(number),
        _ => None,
    };
    match &selector.kind {
        SelectorKind::All => true,
        SelectorKind::Group(name) => name.name == *group,
        SelectorKind::Index(name, at) => name.name == *group && number(at) == Some(index),
        SelectorKind::Range(name, from, to) => {
            let from = from.as_ref().map_or(Some(0), number);
            let to = to.as_ref().map_or(Some(i64::MAX), number);
            name.name == *group && from.is_some_and(|from| from <= index) && to.is_some_and(|to| index < to)
        }
    }
}
