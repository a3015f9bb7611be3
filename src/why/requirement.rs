//! What machines get besides files and units: downloads, images, packages, and what a kernel must have.

use crate::model::UnitId;
use crate::model::scope::Scope;
use crate::render::bundle::Bundle;
use crate::syntax::ast::{Item, ItemKind, NeedsKind};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, file, place, show};

pub(super) const KINDS: &[&str] = &["artifact", "image", "package", "module", "sysctl", "device", "mount", "command"];

/// `artifact etcd`, `image registry.k8s.io/pause:3.10`, `package conntrack`, `module br_netfilter`, `sysctl net.ipv4.ip_forward`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let model = why.model();
    let mut links = Vec::new();
    let mut value = None;
    let mut machines: Vec<&str> = Vec::new();
    for (app, _) in model.apps() {
        let units = model.units_of(app).filter(|unit| query.machine.is_none() || is_on(why, *unit, query));
        let Some(unit) = units.into_iter().next() else { continue };
        for item in &model.component_of(app).ast.items {
            if let Some(found) = of_item(why, unit, item, query) {
                value = value.or(found);
                let text = format!("`{}` declares `{}`", model.app(app).name, show::short(&why.text(head(item))));
                let deployed = Link::at(model.app(app).span, place::deployed(why, app));
                links.push(Link::at(item.span, text).because(traced(why, unit, item)).because([deployed]));
                machines.extend(model.units_of(app).filter_map(|u| why.machine_name(u)).map(|name| &**name));
            }
        }
    }
    machines.sort_unstable();
    machines.dedup();
    if links.is_empty() {
        return None;
    }
    let kind = query.kind.as_deref().map_or(String::new(), |kind| format!("the {kind} "));
    let answer = Answer::new(format!("{kind}`{}`", query.name), links);
    let on = (!machines.is_empty()).then(|| format!("on {}", show::some(&machines)));
    Some(Answer { value: value.or(on), ..answer })
}

fn is_on(why: &Why<'_, '_>, unit: UnitId, query: &Query) -> bool {
    why.machine_name(unit).is_some_and(|name| query.machine.as_deref() == Some(&**name))
}

fn head(item: &Item) -> crate::source::Span {
    match &item.kind {
        ItemKind::Artifact(d) | ItemKind::Image(d) => file::head(item.span, Some(&d.body)),
        _ => item.span,
    }
}

/// Whether an item is what was asked about, and what comes of it, where that is more than its name.
fn of_item(why: &Why<'_, '_>, unit: UnitId, item: &Item, query: &Query) -> Option<Option<String>> {
    let model = why.model();
    let mut scope = Scope::unit(model, unit);
    let mut text = |expr| model.eval(&mut scope, expr).ok().and_then(|value| value.scalar_text());
    let of = |kind: &str| query.kind.as_deref().is_none_or(|wanted| wanted == kind);
    let name = &*query.name;
    match &item.kind {
        ItemKind::Artifact(artifact) if of("artifact") && *artifact.name.name == *name => {
            Some(download(why, unit, name))
        }
        ItemKind::Image(image) if of("image") => {
            let reference = image.body.field("ref").and_then(|field| text(&field.value));
            (*image.name.name == *name || reference.as_deref() == Some(name)).then_some(reference)
        }
        ItemKind::Needs(needs) => {
            let held =
                needs.condition.as_ref().is_none_or(|c| model.eval_bool(&mut Scope::unit(model, unit), c) == Ok(true));
            let found = match &needs.kind {
                NeedsKind::Module(ident) if of("module") => *ident.name == *name,
                NeedsKind::Sysctl(key, value) if of("sysctl") && *key.name == *name => {
                    return held.then(|| text(value));
                }
                NeedsKind::Package(e) if of("package") => text(e).as_deref() == Some(name),
                NeedsKind::Device(e) if of("device") => text(e).as_deref() == Some(name),
                NeedsKind::Mount(e) if of("mount") => text(e).as_deref() == Some(name),
                NeedsKind::Command(e) if of("command") => text(e).as_deref() == Some(name),
                _ => false,
            };
            (found && held).then_some(None)
        }
        _ => None,
    }
}

/// Where an artifact comes from.
fn download(why: &Why<'_, '_>, unit: UnitId, name: &str) -> Option<String> {
    let (bundle, _): (Bundle, _) = file::written(why.model(), unit);
    bundle.artifacts.iter().find(|artifact| *artifact.name == *name).map(|artifact| artifact.url.clone())
}

fn traced(why: &Why<'_, '_>, unit: UnitId, item: &Item) -> Vec<Link> {
    let mut scope = Scope::unit(why.model(), unit);
    let mut tracer = Tracer::new(why);
    match &item.kind {
        ItemKind::Artifact(d) | ItemKind::Image(d) => {
            d.body.fields.iter().flat_map(|field| tracer.links(&mut scope, &field.value)).collect()
        }
        ItemKind::Needs(needs) => {
            let condition = needs.condition.iter().flat_map(|condition| tracer.links(&mut scope, condition));
            let mut links: Vec<Link> = condition.collect();
            if let NeedsKind::Sysctl(_, e) | NeedsKind::Package(e) = &needs.kind {
                links.extend(tracer.links(&mut scope, e));
            }
            links
        }
        _ => Vec::new(),
    }
}
