//! Certificates and the names in them, authorities, key pairs and secrets.

use crate::model::component::Local;
use crate::model::scope::Scope;
use crate::model::{EndpointId, UnitId, Value};
use crate::pki::spec::San;
use crate::plan::dialled_names::{self, Dialling};
use crate::syntax::ast::{Definition, EndpointKind, Expr, ExprKind};

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, place, relation, show};

/// `kube-apiserver.serving`, or one name in it: `kube-apiserver.serving 10.10.0.254`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (app, cert) = find(why, &query.name)?;
    match &query.more {
        Some(name) => san(why, (app, cert), name, query.machine.as_deref()),
        None => Some(whole(why, (app, cert))),
    }
}

type CertificateId = (crate::model::AppId, u32);

/// The certificate with this name: `kube-apiserver.serving`, or as plans name it, `cp-0/kube-apiserver/serving`.
pub(super) fn find(why: &Why<'_, '_>, name: &str) -> Option<CertificateId> {
    let parts: Vec<&str> = name.split('/').collect();
    let (app, cert) = match parts.as_slice() {
        [.., app, cert] => (*app, *cert),
        _ => name.split_once('.')?,
    };
    let app = why.app(app)?;
    match why.model().component_of(app).local(cert)? {
        Local::Cert(cert) => Some((app, cert)),
        _ => None,
    }
}

/// The names in the certificate of each unit.
fn names_of<'a>(why: &Why<'a, '_>, (app, cert): CertificateId) -> Vec<(UnitId, &'a [San])> {
    let (model, pki) = (why.model(), &why.plan.pki);
    let spec = |unit| pki.request.certificates.get(pki.certificate(model, unit, cert));
    model.units_of(app).filter_map(|unit| Some((unit, spec(unit)?.sans.as_slice()))).collect()
}

fn whole(why: &Why<'_, '_>, (app, cert): CertificateId) -> Answer {
    let model = why.model();
    let info = &model.component_of(app).certs[cert as usize];
    let mut links = vec![Link::at(info.ast.name.span, format!("`{}` declares it", model.app(app).name))];
    let first = model.units_of(app).next();
    for field in &info.ast.body.fields {
        let Some(unit) = first else { break };
        let text = format!("`{}`", why.text(field.span));
        let traced = Tracer::new(why).links(&mut Scope::unit(model, unit), &field.value);
        links[0].because.push(Link::at(field.span, text).because(traced));
    }
    links.push(Link::at(model.app(app).span, place::deployed(why, app)));
    let dialling = dialled_names::dialling(model, &mut Vec::new());
    if let Some((unit, sans)) = names_of(why, (app, cert)).first() {
        let names = sans.iter().map(|san| {
            let reasons = reasons(why, &dialling, (*unit, cert), san);
            Link::new(format!("it has the name {san}")).because(reasons.into_iter().take(3))
        });
        links.extend(names);
    }
    let subject = format!("the certificate `{}` of `{}`", info.ast.name.name, model.app(app).name);
    let shown: Vec<String> = model.units_of(app).map(|unit| model.unit_name(unit)).collect();
    Answer::new(subject, links).with(format!("one each for {}", show::some(&shown)))
}

fn san(why: &Why<'_, '_>, (app, cert): CertificateId, name: &str, machine: Option<&str>) -> Option<Answer> {
    let wanted = San::parse(name);
    let model = why.model();
    let on = |unit: UnitId| machine.is_none_or(|machine| why.machine_name(unit).is_some_and(|name| **name == *machine));
    let with: Vec<UnitId> = names_of(why, (app, cert))
        .into_iter()
        .filter(|(unit, sans)| on(*unit) && sans.contains(&wanted))
        .map(|(unit, _)| unit)
        .collect();
    let unit = *with.first()?;
    let dialling = dialled_names::dialling(model, &mut Vec::new());
    let cert_name = &model.component_of(app).certs[cert as usize].ast.name.name;
    let subject = format!("the name {name} in the certificate `{cert_name}` of `{}`", model.app(app).name);
    let units: Vec<String> = with.iter().map(|unit| model.unit_name(*unit)).collect();
    Some(
        Answer::new(subject, reasons(why, &dialling, (unit, cert), &wanted)).with(format!("in {}", show::some(&units))),
    )
}

/// Why a name is in a unit's certificate: it is declared, or a client dials it.
fn reasons(why: &Why<'_, '_>, dialling: &Dialling, (unit, cert): (UnitId, u32), san: &San) -> Vec<Link> {
    let model = why.model();
    let app = model.unit(unit).app;
    let component = model.component_of(app);
    let mut links = declared(why, unit, &component.certs[cert as usize].ast.body, "names", san);
    for (place, info) in component.endpoints.iter().enumerate() {
        if info.identity != Some(cert) || info.ast.kind == EndpointKind::Requires {
            continue;
        }
        if dialled_names::declared(model, unit, place as u32).contains(san) {
            links.extend(declared(why, unit, &info.ast.body, "names", san));
        }
        links.extend(dialled(why, dialling, (unit, place as u32), san));
    }
    links
}

fn declared(why: &Why<'_, '_>, unit: UnitId, body: &crate::syntax::ast::Body, field: &str, san: &San) -> Vec<Link> {
    let Some(field) = body.field(field) else { return Vec::new() };
    let mut scope = Scope::unit(why.model(), unit);
    let value = why.model().eval(&mut scope, &field.value).unwrap_or(Value::None);
    let has = crate::model::endpoint::texts(&value).iter().any(|name| San::parse(name) == *san);
    let text = format!("`{}` lists it", why.text(field.span));
    let link = || Link::at(field.span, text).because(Tracer::new(why).links(&mut scope, part(&field.value, san)));
    has.then(link).into_iter().collect()
}

/// Of a list the element that is written as the name, where one is; else all of it.
fn part<'e>(value: &'e Expr, san: &San) -> &'e Expr {
    let ExprKind::List(elements) = &value.kind else { return value };
    let written = |element: &&Expr| match &element.kind {
        ExprKind::Text(text) => text.plain().is_some_and(|text| San::parse(&text) == *san),
        _ => false,
    };
    elements.iter().find(written).unwrap_or(value)
}

/// The clients that dial an endpoint of a unit by a name, and through which load balancer.
fn dialled(why: &Why<'_, '_>, dialling: &Dialling, (unit, endpoint): (UnitId, u32), san: &San) -> Vec<Link> {
    let model = why.model();
    let end = EndpointId { app: model.unit(unit).app, endpoint };
    let relations = model.relations.iter().enumerate();
    let by = relations.filter(|(place, relation)| {
        let names = dialling.names_by(*place, model, (unit, endpoint));
        names.contains(san) && dialled_names::behind(model, relation.to).contains(&end)
    });
    by.map(|(_, relation)| {
        let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
        let text = match relation.to == end {
            true => format!("`{from}` dials `{to}` by this name"),
            false => format!(
                "`{from}` dials `{to}` by this name, which passes TLS through to `{}`",
                model.endpoint_name(end)
            ),
        };
        let mut because = vec![relation::link(why, relation)];
        because.extend(super::address::of(why, san));
        Link::at(model.endpoint_info(relation.from).ast.name.span, text).because(because)
    })
    .collect()
}

/// Why a certificate's file is where it is, for an expression such as `serving.cert`.
pub(super) fn path(why: &Why<'_, '_>, scope: &mut Scope<'_>, ast: &Definition, expr: &Expr) -> Vec<Link> {
    let field = match &expr.kind {
        ExprKind::Field { field, .. } if &*field.name == "key" => ast.body.field("key-file").or(ast.body.field("file")),
        ExprKind::Field { .. } => ast.body.field("file"),
        _ => None,
    };
    let link = |field: &crate::syntax::ast::Field| {
        let traced = Tracer::new(why).links(scope, &field.value);
        Link::at(field.span, format!("`{}`", why.text(field.span))).because(traced)
    };
    field.map(link).into_iter().collect()
}

/// An authority, a key pair or a secret: who needs it.
pub(super) fn definition(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (model, pki) = (why.model(), &why.plan.pki);
    let all = pki.authorities.iter().chain(&pki.keypairs).chain(&pki.secrets);
    let (symbol, found) = all
        .filter_map(|symbol| Some((*symbol, model.definition(*symbol)?)))
        .find(|(_, definition)| *definition.name.name == *query.name)?;
    let mut links = vec![Link::at(found.name.span, format!("`{}` is declared here", query.name))];
    for (app, value) in model.apps() {
        let mentions = model.mentions(app).into_iter().filter(|mention| mention.symbol == symbol);
        links.extend(mentions.map(|mention| {
            let what = if mention.private { "uses it, with its private key" } else { "uses it" };
            let deployed = Link::at(value.span, place::deployed(why, app));
            Link::at(mention.span, format!("`{}` {what}", value.name)).because([deployed])
        }));
    }
    Some(Answer::new(format!("`{}`", query.name), links))
}
