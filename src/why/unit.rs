//! systemd units and the flags of the programs that they start.

use crate::check::flag_type;
use crate::facts::{Status, flag as flags};
use crate::model::scope::Scope;
use crate::model::settings::SetPart;
use crate::model::{AppId, UnitId, Value};
use crate::render::flag::flags as rendered;
use crate::syntax::ast::{Expr, ExprKind, Field, Ident, ItemKind, PathItem};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, file, place, relation, show};

/// `etcd.service`, `cp-0:etcd.service`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (unit, item) = find(why, &query.name, query.machine.as_deref())?;
    let name = name_of(why, unit, item)?;
    let app = why.model().unit(unit).app;
    let machines: Vec<&str> = match query.machine.as_deref() {
        Some(machine) => vec![machine],
        None => why.model().units_of(app).filter_map(|unit| why.machine_name(unit)).map(|name| &**name).collect(),
    };
    let answer = Answer::new(format!("the systemd unit `{name}`"), links(why, unit, &name)?);
    Some(answer.with(format!("on {}", show::some(&machines))))
}

/// One flag: `kube-apiserver --etcd-servers`, `cp-0/kube-apiserver.service --etcd-servers`.
pub(super) fn flag(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let wanted = query.flag()?;
    let (unit, item) = with_flag(why, query, wanted)?;
    let model = why.model();
    let mut scope = Scope::unit(model, unit);
    let flags = item.body.field("flags")?;
    let own = field(&flags.value, wanted);
    let app = model.unit(unit).app;
    let program = table_name(&flags.value).map(|program| &*program.name).unwrap_or_default();
    let set = model.settings[app.index()].flags_of(program).find(|flag| &*flag.name == wanted);
    let head = format!("--{wanted}");
    let (all, _) = rendered(model, &mut scope, &flags.value).ok()?;
    let shown: Vec<String> = all.into_iter().filter(|flag| flag.split('=').next() == Some(&*head)).collect();
    if shown.is_empty() {
        return None;
    }
    let mut links = match (set, own) {
        (Some(flag), own) => {
            let traced = Tracer::new(why).links(&mut Scope::file(flag.value.module), flag.value.expr);
            let text = format!(
                "`{wanted} = {}` in the deployment of `{}`",
                why.text(flag.value.expr.span),
                model.app(app).name
            );
            let instead = own.map(|own| Link::at(own.span, format!("in place of `{}`", why.text(own.span))));
            vec![Link::at(flag.key, text).because(traced.into_iter().chain(instead))]
        }
        (None, own) => {
            let own = own?;
            let traced = Tracer::new(why).links(&mut scope, &own.value);
            vec![Link::at(own.span, format!("`{}`", why.text(own.span))).because(traced)]
        }
    };
    links.extend(table(why, &flags.value, wanted));
    links.extend(model.unit(unit).machine.map(|machine| place::on_machine(why, app, machine)));
    let name = name_of(why, unit, item)?;
    Some(Answer::new(format!("the flag `--{wanted}` of `{name}`"), links).with(show::short(&shown.join(" "))))
}

/// The entry of a flag in the table of its program.
fn table(why: &Why<'_, '_>, value: &Expr, name: &str) -> Option<Link> {
    let program = table_name(value)?;
    let flag = flags::table(&program.name)?.flags.get(name)?;
    let version = why.model().cluster.kubernetes;
    let since = flag.life.since.map_or(String::new(), |since| format!(", since {since}"));
    let status = match flag.life.status(version) {
        Status::Deprecated => ", deprecated",
        _ => "",
    };
    Some(Link::at(program.span, format!("`{}` takes a `{}` there{since}{status}", program.name, flag_type(flag))))
}

pub(super) fn table_name(value: &Expr) -> Option<&Ident> {
    match &value.kind {
        ExprKind::Record { table, .. } => table.as_ref(),
        _ => None,
    }
}

/// The field that writes a flag.
pub(super) fn field<'e>(value: &'e Expr, name: &str) -> Option<&'e Field> {
    match &value.kind {
        ExprKind::Record { fields, .. } => fields.iter().find(|field| field.key.plain().as_deref() == Some(name)),
        _ => None,
    }
}

/// The unit item with a name, of the application that has it and the first of its units that fits.
pub(super) fn find<'a>(why: &Why<'a, '_>, name: &str, machine: Option<&str>) -> Option<(UnitId, &'a PathItem)> {
    let model = why.model();
    let names = [name.to_owned(), format!("{name}.service")];
    let machine = machine.map(|machine| why.machine(machine));
    for (app, _) in model.apps() {
        let unit = match machine {
            Some(machine) => machine.and_then(|machine| model.unit_on(app, machine)),
            None => model.units_of(app).next(),
        };
        let Some(unit) = unit else { continue };
        // The name of an application alone is the application.
        let given = if name.contains('.') { &names[..1] } else { &names[1..] };
        if !name.contains('.') && machine.is_none() && why.app(name).is_some() {
            return None;
        }
        let found = items(why, app).find(|item| name_of(why, unit, item).is_some_and(|own| given.contains(&own)));
        if let Some(item) = found {
            return Some((unit, item));
        }
    }
    None
}

/// The unit item of an application or a service that may have a flag.
pub(super) fn with_flag<'a>(why: &Why<'a, '_>, query: &Query, flag: &str) -> Option<(UnitId, &'a PathItem)> {
    if let Some(app) = why.app(&query.name) {
        let machine = query.machine.as_deref().and_then(|machine| why.machine(machine));
        let unit = match machine {
            Some(machine) => why.model().unit_on(app, machine)?,
            None => why.model().units_of(app).next()?,
        };
        let having = |item: &&PathItem| item.body.field("flags").is_some_and(|f| field(&f.value, flag).is_some());
        let any = |item: &&PathItem| item.body.field("flags").is_some();
        let item = items(why, app).find(having).or_else(|| items(why, app).find(any))?;
        return Some((unit, item));
    }
    find(why, &query.name, query.machine.as_deref())
}

fn items<'a>(why: &Why<'a, '_>, app: AppId) -> impl Iterator<Item = &'a PathItem> {
    why.model().component_of(app).ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Unit(unit) => Some(unit),
        _ => None,
    })
}

/// The names of the systemd units of an application.
pub(super) fn names(why: &Why<'_, '_>, app: AppId) -> Vec<String> {
    let Some(unit) = why.model().units_of(app).next() else { return Vec::new() };
    items(why, app).filter_map(|item| name_of(why, unit, item)).collect()
}

fn name_of(why: &Why<'_, '_>, unit: UnitId, item: &PathItem) -> Option<String> {
    why.model().eval(&mut Scope::unit(why.model(), unit), &item.path).ok()?.scalar_text()
}

/// Why a systemd unit is on a machine, what it waits for, and what its fields come from.
pub(super) fn links(why: &Why<'_, '_>, unit: UnitId, name: &str) -> Option<Vec<Link>> {
    let model = why.model();
    let app = model.unit(unit).app;
    let item = items(why, app).find(|item| name_of(why, unit, item).as_deref() == Some(name))?;
    let mut scope = Scope::unit(model, unit);
    let mut tracer = Tracer::new(why);
    let mut fields = Vec::new();
    for field in &item.body.fields {
        let traced = tracer.links(&mut scope, &field.value);
        let absent = field.optional && model.eval(&mut scope, &field.value).is_ok_and(|value| value == Value::None);
        let is_flags = field.key.plain().as_deref() == Some("flags");
        match () {
            () if absent => {}
            () if is_flags => {
                fields.push(Link::at(field.span, format!("its flags; for one of them: kmodel why {} --NAME", name)))
            }
            () => fields.push(Link::at(field.span, format!("`{}`", why.text(field.span))).because(traced)),
        }
    }
    // What a deployment sets in it, where it is the first unit.
    if model.component_of(app).unit.is_some_and(|first| std::ptr::eq(first, item)) {
        fields.extend(set(why, "unit", &model.settings[app.index()].unit));
    }
    let text = format!("`{}` declares it: `{}`", model.app(app).name, why.text(file::head(item.path.span, None)));
    let mut links = vec![Link::at(item.path.span, text).because(fields)];
    links.extend(model.unit(unit).machine.map(|machine| place::on_machine(why, app, machine)));
    links.extend(after(why, unit));
    Some(links)
}

/// What a deployment sets beside options, under the name of the setting.
pub(super) fn set(why: &Why<'_, '_>, name: &str, parts: &[SetPart<'_>]) -> Vec<Link> {
    let link = |part: &SetPart<'_>| {
        let path: String = part.path.iter().map(|key| format!(".{key}")).collect();
        let span = part.value.expr.span;
        Link::at(span, format!("`{name}{path} = {}` in the deployment", why.text(span)))
    };
    parts.iter().map(link).collect()
}

/// What must be up on the same machine before it, from the relations.
fn after(why: &Why<'_, '_>, unit: UnitId) -> Vec<Link> {
    let model = why.model();
    let own = model.unit(unit);
    let Some(machine) = own.machine else { return Vec::new() };
    let needed = model.relations.iter().filter(|relation| {
        let info = model.endpoint_info(relation.from);
        relation.from.app == own.app
            && relation.to.app != own.app
            && !info.soft
            && model.unit_on(relation.to.app, machine).is_some()
    });
    needed
        .map(|relation| {
            let text = format!("it starts after `{}` on the same machine", model.app(relation.to.app).name);
            Link::new(text).because([relation::link(why, relation)])
        })
        .collect()
}
