//! Why something does not exist: a relation, a name in a certificate, a unit on a machine, a flag, a file.

use crate::check::flag_type;
use crate::diag::{Help, closest};
use crate::facts::{Status, flag as flags};
use crate::model::scope::Scope;
use crate::model::wire::considered;
use crate::model::{AppId, EndpointId, MachineId, Value};
use crate::pki::spec::San;
use crate::plan::dialled_names;
use crate::syntax::ast::{Cardinality, EndpointKind, ItemKind, PathItem};

use super::expression::Tracer;
use super::names::UnknownSubject;
use super::query::Query;
use super::{Answer, Link, Why, address, certificate, place, relation, show, unit};

/// Answers why something does not exist.
///
/// # Errors
/// When it exists, or nothing has this name.
pub fn why_not(why: Why<'_, '_>, words: &[String]) -> Result<Answer, UnknownSubject> {
    let query = Query::read(&why, words);
    let found = [relation, name, flag, placed, file].iter().find_map(|resolve| resolve(&why, &query));
    if let Some(answer) = found {
        return Ok(answer);
    }
    match super::why(why, words) {
        Ok(_) => Err(UnknownSubject {
            message: format!("`{}` exists", words.join(" ")),
            help: format!("`kmodel why {}` explains it", words.join(" ")).into(),
        }),
        Err(unknown) => Err(unknown),
    }
}

/// A `requires` that dials nothing, or not this one.
fn relation(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let model = why.model();
    let id = why.endpoint(&query.name)?;
    let info = model.endpoint_info(id);
    let providers = &model.ends(id.app).providers[id.endpoint as usize];
    let Some(other) = &query.more else {
        return match info.ast.kind {
            EndpointKind::Requires if providers.is_empty() => {
                Some(Answer::new(format!("`{}` dials no provider", query.name), unwired(why, id)))
            }
            EndpointKind::Provides if model.ends(id.app).clients[id.endpoint as usize].is_empty() => {
                Some(Answer::new(format!("no client dials `{}`", query.name), undialled(why, id)))
            }
            _ => None,
        };
    };
    let to = why.endpoint(other)?;
    if providers.contains(&to) {
        return None;
    }
    let subject = format!("`{}` does not dial `{other}`", query.name);
    Some(Answer::new(subject, not_this(why, id, to)))
}

fn unwired(why: &Why<'_, '_>, id: EndpointId) -> Vec<Link> {
    let info = why.model().endpoint_info(id);
    let interface = &info.ast.interface.name;
    let known = considered(why.model(), id);
    let counting = known.iter().filter(|(_, out)| out.is_none()).count();
    let text = match (known.len(), counting) {
        (0, _) => format!("no deployed component provides `{interface}`"),
        (_, 0) => format!("none of the providers of `{interface}` is eligible"),
        (_, n) => format!("{n} providers of `{interface}` are eligible, and no `relate` selects one"),
    };
    let optional = if info.ast.cardinality == Cardinality::Optional { " (it is optional)" } else { "" };
    vec![Link::at(info.ast.name.span, text + optional).because(relation::left_out(why, id))]
}

fn undialled(why: &Why<'_, '_>, id: EndpointId) -> Vec<Link> {
    let model = why.model();
    let interface = model.endpoint_info(id).interface;
    let wanting = model.apps().flat_map(|(app, _)| {
        let count = model.component_of(app).endpoints.len() as u32;
        (0..count).map(move |endpoint| EndpointId { app, endpoint })
    });
    let wanting: Vec<EndpointId> = wanting
        .filter(|other| {
            let info = model.endpoint_info(*other);
            info.ast.kind == EndpointKind::Requires && info.interface == interface && other.app != id.app
        })
        .collect();
    if wanting.is_empty() {
        let text = format!("no deployed component requires `{}`", model.endpoint_info(id).ast.interface.name);
        return vec![Link::new(text)];
    }
    wanting.into_iter().flat_map(|from| not_this(why, from, id)).collect()
}

/// Why one endpoint does not dial another.
fn not_this(why: &Why<'_, '_>, from: EndpointId, to: EndpointId) -> Vec<Link> {
    let model = why.model();
    let (a, b) = (model.endpoint_info(from), model.endpoint_info(to));
    let (from_name, to_name) = (model.endpoint_name(from), model.endpoint_name(to));
    if a.ast.kind != EndpointKind::Requires {
        return vec![Link::at(
            a.ast.name.span,
            format!("`{from_name}` dials nothing: it is not a `requires` endpoint"),
        )];
    }
    if b.ast.kind != EndpointKind::Provides {
        return vec![Link::at(b.ast.name.span, format!("`{to_name}` is not dialled: it is a `requires` endpoint"))];
    }
    if a.interface != b.interface {
        let text = format!(
            "`{from_name}` requires `{}`, but `{to_name}` provides `{}`",
            a.ast.interface.name, b.ast.interface.name
        );
        return vec![Link::at(a.ast.name.span, text)];
    }
    let mut links: Vec<Link> =
        model.relations.iter().filter(|r| r.from == from).map(|relation| relation::link(why, relation)).collect();
    let out = considered(model, from).into_iter().find(|(other, _)| *other == to).and_then(|(_, out)| out);
    links.extend(out.map(|out| relation::reason(why, from, to, out)));
    links.push(Link::new(format!("to add it: `relate {from_name} -> {to_name}`")));
    links
}

/// A name that is not in a certificate: which clients would have to dial it.
fn name(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (app, cert) = certificate::find(why, &query.name)?;
    let san = San::parse(query.more.as_deref().or(query.machine.as_deref())?);
    let model = why.model();
    let unit = model.units_of(app).next()?;
    let spec = why.plan.pki.request.certificates.get(why.plan.pki.certificate(model, unit, cert))?;
    if spec.sans.contains(&san) {
        return None;
    }
    let component = model.component_of(app);
    let info = &component.certs[cert as usize];
    let mut links = Vec::new();
    if let Some(derive) = info.ast.body.field("derive-names").filter(|field| why.text(field.value.span) == "false") {
        links.push(Link::at(derive.span, "`derive-names = false`: clients add no names"));
    }
    let dialling = dialled_names::dialling(model, &mut Vec::new());
    for (place, endpoint) in component.endpoints.iter().enumerate() {
        if endpoint.identity == Some(cert) && endpoint.ast.kind != EndpointKind::Requires {
            let names: Vec<String> =
                dialling.names(model, unit, place as u32).iter().map(ToString::to_string).collect();
            let dialled = if names.is_empty() {
                "no client dials it".to_owned()
            } else {
                format!("it is dialled by {}", show::some(&names))
            };
            links.push(Link::at(
                endpoint.ast.name.span,
                format!("`{}` presents it, and {dialled}", endpoint.ast.name.name),
            ));
        }
    }
    if links.is_empty() {
        links.push(Link::at(info.ast.name.span, "no dialled endpoint presents it"));
    }
    let holders = address::of(why, &san);
    links.extend(if holders.is_empty() {
        vec![Link::new(format!("nothing in the model has the name {san}"))]
    } else {
        holders
    });
    let help =
        "to add it: dial it by this name (`dials`), add it to `names`, or for the API to `extra-names` of the cluster";
    links.push(Link::new(help));
    let subject = format!("{san} is not in the certificate `{}` of `{}`", info.ast.name.name, model.app(app).name);
    Some(Answer::new(subject, links))
}

/// A flag that is not set.
fn flag(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let wanted = query.flag()?;
    let (unit_id, item) = unit::with_flag(why, query, wanted)?;
    if unit::flag(why, query).is_some() {
        return None;
    }
    let model = why.model();
    let value = &item.body.field("flags")?.value;
    let subject = format!("`--{wanted}` is not set for `{}`", query.name);
    if let Some(field) = unit::field(value, wanted) {
        let mut scope = Scope::unit(model, unit_id);
        let traced = Tracer::new(why).links(&mut scope, &field.value);
        let link = Link::at(field.span, format!("`{}` is none", why.text(field.span))).because(traced);
        return Some(Answer::new(subject, vec![link]));
    }
    let component = &model.component_of(model.unit(unit_id).app).ast.name;
    let mut links = vec![Link::at(component.span, format!("the component `{}` never writes it", component.name))];
    if let Some(program) = unit::table_name(value) {
        links.push(known_flag(why, &program.name, wanted));
    }
    Some(Answer::new(subject, links))
}

fn known_flag(why: &Why<'_, '_>, program: &str, name: &str) -> Link {
    let Some(table) = flags::table(program) else { return Link::new(format!("`{program}` has no table of flags")) };
    match table.flags.get(name) {
        Some(flag) => {
            let version = why.model().cluster.kubernetes;
            let status = match flag.life.status(version) {
                Status::NotYet(since) => format!("is new in {since}"),
                Status::Removed(removed) => format!("was removed in {removed}"),
                Status::Deprecated => "is deprecated".to_owned(),
                Status::Known => format!("takes a `{}`", flag_type(flag)),
            };
            Link::new(format!("`{program}` has this flag: it {status}"))
        }
        None => {
            let near = closest(name, table.flags.keys().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!("; {}", Help::near(format!("--{near}"))));
            Link::new(format!("`{program}` has no flag `--{name}`{near}"))
        }
    }
}

/// An application, or a systemd unit of it, that is not on a machine.
fn placed(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let model = why.model();
    let machine = why.machine(query.machine.as_deref()?)?;
    let app = why.app(&query.name).or_else(|| of_service(why, &query.name))?;
    if model.unit_on(app, machine).is_some() {
        return None;
    }
    let subject = format!("`{}` is not on `{}`", query.name, model.machine(machine).name);
    Some(Answer::new(subject, not_on(why, app, machine)))
}

fn of_service(why: &Why<'_, '_>, name: &str) -> Option<AppId> {
    why.model().apps().map(|(app, _)| app).find(|app| unit::names(why, *app).iter().any(|own| own == name))
}

fn not_on(why: &Why<'_, '_>, app: AppId, machine: MachineId) -> Vec<Link> {
    let model = why.model();
    let name = &model.machine(machine).name;
    let Some(deployment) = place::deployment(why, app) else { return Vec::new() };
    if deployment.ast.on.is_empty() {
        return vec![Link::at(deployment.span, format!("{} places it on no machine", place::deployed(why, app)))];
    }
    let selector = deployment.ast.on.iter().find(|selector| place::selects(why, selector, machine));
    let (Some(selector), Some(condition)) = (selector, &deployment.ast.condition) else {
        let span = deployment.ast.on.first().map_or(deployment.span, |first| first.span);
        let group = &model.group_of(machine).name;
        let text = format!("{} does not select `{name}`, which is in `{group}`", place::deployed(why, app));
        return vec![Link::at(span, text)];
    };
    let mut scope = Scope::file(deployment.module);
    (scope.machine, scope.bare_machine) = (Some(machine), true);
    let text = format!("`where {}` is false for `{name}`", why.text(condition.span));
    let traced = Tracer::new(why).links(&mut scope, condition);
    let taken = Link::at(selector.span, format!("`{}` selects it", why.text(selector.span)));
    vec![taken, Link::at(condition.span, text).because(traced)]
}

/// A file that is not on a machine.
fn file(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    if !query.name.starts_with('/') || super::file::answer(why, query).is_some() {
        return None;
    }
    let model = why.model();
    let machine = query.machine.as_deref().and_then(|name| why.machine(name));
    let mut links = Vec::new();
    for (app, _) in model.apps() {
        for item in &model.component_of(app).ast.items {
            let (ItemKind::File(ast) | ItemKind::Kubeconfig(ast) | ItemKind::Dir(ast)) = &item.kind else { continue };
            // Two items of a component may write the same file, each in its own case.
            for link in not_written(why, app, machine, ast, &query.name) {
                if !links.contains(&link) {
                    links.push(link);
                }
            }
        }
    }
    if links.is_empty() {
        links.push(Link::new("no deployed component writes it"));
    }
    let on = query.machine.as_ref().map_or("anywhere".to_owned(), |machine| format!("on `{machine}`"));
    Some(Answer::new(format!("{} is not {on}", query.name), links))
}

/// Why an item does not write the file that it could.
fn not_written(why: &Why<'_, '_>, app: AppId, machine: Option<MachineId>, item: &PathItem, path: &str) -> Vec<Link> {
    let model = why.model();
    let on = machine.and_then(|machine| model.unit_on(app, machine));
    let Some(unit) = on.or_else(|| model.units_of(app).next()) else { return Vec::new() };
    let mut scope = Scope::unit(model, unit);
    let own = model.eval(&mut scope, &item.path).ok().and_then(|value| value.scalar_text());
    if own.as_deref() != Some(path) {
        return Vec::new();
    }
    let name = &model.app(app).name;
    let mut links = vec![Link::at(item.path.span, format!("`{name}` would write it"))];
    if let (Some(machine), None) = (machine, on) {
        links.extend(not_on(why, app, machine));
    }
    if let Some(field) = item.body.field("when") {
        let holds = model.eval(&mut scope, &field.value);
        let traced = Tracer::new(why).links(&mut scope, &field.value);
        let text = format!("`{}` is false", why.text(field.span));
        links.extend((holds == Ok(Value::Bool(false))).then(|| Link::at(field.span, text).because(traced)));
    }
    links
}
