//! Files of a machine: which item of which component writes them, and what their content comes from.

use std::collections::HashSet;

use crate::model::material::Absent;
use crate::model::scope::Scope;
use crate::model::{MachineId, Model, UnitId};
use crate::render::boot::{self, Apart, Delivery, Kernel};
use crate::render::bundle::{Bundle, BundleFile};
use crate::render::item::{Filler, Places};
use crate::render::origin::What;
use crate::render::{Placement, unit_file};
use crate::source::Span;
use crate::syntax::ast::{Body, Field, ItemKind, NeedsKind, PathItem};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, certificate, firewall, place, relation, show, unit};

/// `cp-0:/etc/kubernetes/admin.conf`, `/etc/hosts`, `admin.conf`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let path = &query.name;
    if !path.starts_with('/') && (path.contains('.') && why.endpoint(path).is_some() || !path.contains('.')) {
        return None;
    }
    let kinds = kinds(why, query.machine.as_deref());
    let found = kinds.iter().find_map(|(machine, units)| {
        let unit = units.iter().find_map(|unit| of_unit(why, *unit, path));
        unit.or_else(|| of_kmodel(why, *machine, units, path))
    })?;
    let on = on(why, &found, query.machine.as_deref());
    Some(Answer { value: found.value.or(on), ..Answer::new(format!("the file {path}"), found.links) })
}

/// What was found, and of which unit.
struct FileOrigin {
    links: Vec<Link>,
    unit: Option<UnitId>,
    value: Option<String>,
}

/// The machines that the file is on, as far as they have the application that writes it.
fn on(why: &Why<'_, '_>, found: &FileOrigin, machine: Option<&str>) -> Option<String> {
    if let Some(machine) = machine {
        return Some(format!("on {machine}"));
    }
    let app = why.model().unit(found.unit?).app;
    let machines: Vec<&str> =
        why.model().units_of(app).filter_map(|unit| why.machine_name(unit)).map(|name| &**name).collect();
    (!machines.is_empty()).then(|| format!("on {}", show::some(&machines)))
}

/// One machine of each kind with its units, and what is on none; or the one that is named.
pub(super) fn kinds(why: &Why<'_, '_>, machine: Option<&str>) -> Vec<(Option<MachineId>, Vec<UnitId>)> {
    let model = why.model();
    let wanted = machine.map(|name| why.machine(name));
    let mut seen = HashSet::new();
    let mut list = Vec::new();
    for (id, units) in Placement::new(model).iter(model) {
        let kind = (id.map(|id| model.machine(id).group), units.iter().map(|u| model.unit(*u).app).collect::<Vec<_>>());
        let named = wanted.is_none_or(|wanted| wanted == id);
        if named && (wanted.is_some() || seen.insert(kind)) {
            list.push((id, units));
        }
    }
    list
}

/// What one unit puts on its machine, each file with the place that says so.
pub(super) fn written(model: &Model<'_>, unit: UnitId) -> (Bundle, Vec<Span>) {
    let machine = model.unit(unit).machine;
    let name = machine.map_or_else(|| "-".into(), |machine| model.machine(machine).name.clone());
    let arch = machine.map_or_else(|| "amd64".into(), |machine| model.group_of(machine).arch.clone());
    let (mut bundle, mut problems) = (Bundle { machine: name, ..Bundle::default() }, Vec::new());
    let mut filler = Filler {
        model,
        material: &Absent,
        arch,
        bundle: &mut bundle,
        problems: &mut problems,
        spans: Vec::new(),
        places: Places::default(),
        touched: Vec::new(),
        entries: None,
    };
    filler.unit(unit);
    let spans = filler.spans;
    (bundle, spans)
}

fn of_unit(why: &Why<'_, '_>, unit: UnitId, path: &str) -> Option<FileOrigin> {
    let model = why.model();
    let (bundle, spans) = written(model, unit);
    if let Some(service) = bundle.units.iter().find(|service| unit_file::unit_path(service) == path) {
        let links = unit::links(why, unit, &service.name)?;
        return Some(FileOrigin { links, unit: Some(unit), value: None });
    }
    let files = bundle.files.iter().zip(&spans);
    let found = files.clone().find(|(file, _)| file.path == *path).map(|(file, span)| (file.clone(), *span));
    let directory = || bundle.directories.iter().find(|directory| directory.path == *path);
    let mut links = match found {
        Some((file, span)) => item(why, unit, &file, span)?,
        None => {
            directory()?;
            vec![directory_item(why, unit, path)?]
        }
    };
    let machine = model.unit(unit).machine;
    links.extend(machine.map(|machine| place::on_machine(why, model.unit(unit).app, machine)));
    Some(FileOrigin { links, unit: Some(unit), value: None })
}

/// `mode 0600, owned by root`.
fn describe(file: &BundleFile) -> String {
    format!("mode {:04o}, owned by {}:{}", file.mode, file.owner, file.group)
}

/// The item that writes a file.
fn item(why: &Why<'_, '_>, unit: UnitId, file: &BundleFile, span: Span) -> Option<Vec<Link>> {
    let model = why.model();
    let app = model.unit(unit).app;
    let component = model.component_of(app);
    let name = &model.app(app).name;
    let described = describe(file);
    for item in component.ast.items.iter().filter(|item| item.span == span) {
        let links = match &item.kind {
            ItemKind::File(ast) => {
                let parts = Some(&model.settings[app.index()].config).filter(|_| ast.body.takes_config());
                let set = parts.map(|parts| super::unit::set(why, "config", parts)).unwrap_or_default();
                fields(why, unit, ast).into_iter().chain(set).collect()
            }
            ItemKind::Kubeconfig(ast) => kubeconfig(why, unit, ast),
            ItemKind::Firewall(_) => firewall::of_unit(why, unit),
            _ => continue,
        };
        let text = format!("`{name}` writes it, {described}: `{}`", why.text(head(span, item_body(&item.kind))));
        return Some(vec![Link::at(span, text).because(links)]);
    }
    if let Some(info) = component.certs.iter().find(|info| info.ast.name.span == span) {
        let what = if file.secret { "the key of the certificate" } else { "the certificate" };
        let text = format!("it is {what} `{}` of `{name}`, {described}", info.ast.name.name);
        let more = Link::new(format!("for more: kmodel why {name}.{}", info.ast.name.name));
        return Some(vec![Link::at(span, text).because([more])]);
    }
    let mention = model
        .mentions(app)
        .into_iter()
        .find(|mention| model.definition(mention.symbol).is_some_and(|definition| definition.name.span == span))?;
    let what = model.definition(mention.symbol).map(|definition| definition.name.name.clone())?;
    let used = Link::at(mention.span, format!("`{name}` mentions `{what}`"));
    Some(vec![Link::at(span, format!("it belongs to `{what}`, {described}")).because([used])])
}

fn item_body(kind: &ItemKind) -> Option<&Body> {
    match kind {
        ItemKind::File(item)
        | ItemKind::Kubeconfig(item)
        | ItemKind::Dir(item)
        | ItemKind::Firewall(item)
        | ItemKind::Unit(item) => Some(&item.body),
        _ => None,
    }
}

/// The item up to its body.
pub(super) fn head(span: Span, body: Option<&Body>) -> Span {
    Span { end: body.map_or(span.end, |body| body.span.start.max(span.start)), ..span }
}

/// What the fields of a file come from.
fn fields(why: &Why<'_, '_>, unit: UnitId, item: &PathItem) -> Vec<Link> {
    let mut scope = Scope::unit(why.model(), unit);
    let mut tracer = Tracer::new(why);
    let mut links = Vec::new();
    if let Some(each) = &item.each {
        let text = format!("one for each of `{}`", why.text(each.list.span));
        links.push(Link::at(each.list.span, text).because(tracer.links(&mut scope, &each.list)));
    }
    for field in &item.body.fields {
        let traced = tracer.links(&mut scope, &field.value);
        let name = field.key.plain().unwrap_or_default();
        let shown = !matches!(&*name, "mode" | "owner" | "group" | "format") || !traced.is_empty();
        links.extend(shown.then(|| Link::at(field.span, format!("`{}`", why.text(field.span))).because(traced)));
    }
    links
}

fn kubeconfig(why: &Why<'_, '_>, unit: UnitId, item: &PathItem) -> Vec<Link> {
    use crate::syntax::ast::ExprKind;
    let app = why.model().unit(unit).app;
    let component = why.model().component_of(app);
    let link = |field: &Field| {
        let link = Link::at(field.span, format!("`{}`", why.text(field.span)));
        let (ExprKind::Name(name) | ExprKind::Cert(name)) = &field.value.kind else { return link };
        match component.endpoint_index(&name.name) {
            Some(endpoint) => link.because(relation::links(why, crate::model::EndpointId { app, endpoint })),
            None => {
                let owner = &why.model().app(app).name;
                let found = certificate::find(why, &format!("{owner}.{}", name.name));
                let ast = found.map(|(_, cert)| component.certs[cert as usize].ast);
                link.because(ast.map(|ast| Link::at(ast.name.span, format!("the certificate `{}`", name.name))))
            }
        }
    };
    item.body.fields.iter().map(link).collect()
}

fn directory_item(why: &Why<'_, '_>, unit: UnitId, path: &str) -> Option<Link> {
    let model = why.model();
    let app = model.unit(unit).app;
    let mut scope = Scope::unit(model, unit);
    let mut items = model.component_of(app).ast.items.iter();
    let item = items.find(|item| match &item.kind {
        ItemKind::Dir(dir) => model.eval(&mut scope, &dir.path).is_ok_and(|v| v.scalar_text().as_deref() == Some(path)),
        _ => false,
    })?;
    Some(Link::at(item.span, format!("`{}` creates the folder: `{}`", model.app(app).name, why.text(item.span))))
}

/// Files that kmodel adds: the boot, and those that `needs` requires.
fn of_kmodel(why: &Why<'_, '_>, machine: Option<MachineId>, units: &[UnitId], path: &str) -> Option<FileOrigin> {
    let model = why.model();
    let bundle = crate::render::machine(model, machine?, units, &Absent).ok()?;
    let (family, disks) = (model.family_of(machine?), &model.machine(machine?).disks);
    let delivery = Delivery { family, mirror: None, apart: Apart::Nothing, kernel: Kernel::Own, disks };
    let files = boot::files(&bundle, delivery, &model.program.sources).ok()?;
    let known = path == "/etc/hosts"
        || path == boot::BOOTSTRAP
        || files.iter().any(|file| file.path == *path && file.origin.what == What::Boot);
    known.then_some(())?;
    let mut links = vec![match disks.first().filter(|_| boot::is_of_disks(path)) {
        Some(disk) => Link::at(disk.span, "kmodel writes it for the `disks` of the machine"),
        None => Link::new("kmodel writes it on every machine, for its boot"),
    }];
    let kernel = path.contains("sysctl") || path.contains("modules");
    links.extend(units.iter().filter(|_| kernel).flat_map(|unit| needs(why, *unit)));
    Some(FileOrigin { links, unit: None, value: machine.map(|id| format!("on {}", model.machine(id).name)) })
}

fn needs(why: &Why<'_, '_>, unit: UnitId) -> Vec<Link> {
    let model = why.model();
    let app = model.unit(unit).app;
    let items = model.component_of(app).ast.items.iter();
    items
        .filter(|item| {
            matches!(&item.kind, ItemKind::Needs(needs)
                if matches!(needs.kind, NeedsKind::Module(_) | NeedsKind::Sysctl(..)))
        })
        .map(|item| Link::at(item.span, format!("`{}` declares `{}`", model.app(app).name, why.text(item.span))))
        .collect()
}
