//! The versions of what applications install or run as images, and what decides on each.
//!
//! In: a model. Out: one row for each program, version and decision. Nothing here knows a component: a program is a
//! `release` that an artifact installs, or an `image`.

use serde::Serialize;

use crate::facts::lifespan::{minor, parse};
use crate::facts::tested;
use crate::model::matching::Decision;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, UnitId, Value};
use crate::syntax::ast::{Body, ExprKind, ItemKind, Literal};

/// A program in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub program: String,
    pub version: String,
    pub decided_by: Decider,
    /// The applications that have it, in the order of the model.
    pub applications: Vec<String>,
}

/// What decides on a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Decider {
    /// `kubernetes` of the cluster or of a `deploy`.
    Kubernetes,
    /// `versions` of the cluster.
    Versions,
    /// It belongs to this minor of Kubernetes: the newest that is known, where that of the cluster is not.
    Matching { kubernetes: String },
    /// The last render had it, and what belongs to Kubernetes is older.
    LastRender,
    /// An option of a `deploy`.
    Option,
    /// The component.
    Component { name: String },
}

/// All parts: Kubernetes first, then in the order of the applications.
pub fn inventory(model: &Model<'_>) -> Vec<Part> {
    let mut list: Vec<Part> = Vec::new();
    for (id, app) in model.apps().filter(|(_, app)| !app.units.is_empty()) {
        for (program, version) in of_app(model, id) {
            let (program, decided_by) = decision(model, id, program, &version);
            let same = |part: &&mut Part| {
                (&part.program, &part.version, &part.decided_by) == (&program, &version, &decided_by)
            };
            let name = app.name.to_string();
            match list.iter_mut().find(same) {
                Some(part) if part.applications.contains(&name) => {}
                Some(part) => part.applications.push(name),
                None => list.push(Part { program, version, decided_by, applications: vec![name] }),
            }
        }
    }
    list.sort_by_key(|part| part.decided_by != Decider::Kubernetes);
    list
}

/// The releases that it installs and the images that it names, with their versions.
fn of_app(model: &Model<'_>, app: AppId) -> Vec<(String, String)> {
    let unit = UnitId(model.app(app).units.start);
    let one = |item: &ItemKind| match item {
        ItemKind::Artifact(artifact) => release(model, unit, &artifact.body),
        ItemKind::Image(image) => tag(model, unit, &image.body),
        _ => None,
    };
    model.component_of(app).ast.items.iter().filter_map(|item| one(&item.kind)).collect()
}

fn release(model: &Model<'_>, unit: UnitId, body: &Body) -> Option<(String, String)> {
    let version = value(model, unit, body, "version")?.scalar_text()?;
    let text = |field| value(model, unit, body, field).and_then(|value| value.scalar_text());
    let installs = match value(model, unit, body, "install") {
        Some(Value::Record(files)) => !files.is_empty(),
        _ => false,
    };
    let is_taken = installs || value(model, unit, body, "extract").is_some_and(|value| value != Value::None);
    is_taken.then_some((text("release")?, version))
}

/// `quay.io/calico/node:v3.31.7` is `node` in version 3.31.7.
fn tag(model: &Model<'_>, unit: UnitId, body: &Body) -> Option<(String, String)> {
    let when = body.field("when").map(|field| &field.value);
    model.holds(&mut Scope::unit(model, unit), when).ok().filter(|holds| *holds)?;
    let reference = value(model, unit, body, "ref")?.scalar_text()?;
    let (name, tag) = reference.split('@').next()?.rsplit('/').next()?.split_once(':')?;
    let version = tag.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(tag);
    Some((name.to_owned(), version.to_owned()))
}

fn value(model: &Model<'_>, unit: UnitId, body: &Body, field: &str) -> Option<Value> {
    let expr = &body.field(field)?.value;
    // `1.34` is a version here, and would be a number.
    if let ExprKind::Literal(Literal::Decimal(text)) = &expr.kind {
        return Some(Value::text(&**text));
    }
    model.eval(&mut Scope::unit(model, unit), expr).ok()
}

/// The name that it is shown under, and what decides.
fn decision(model: &Model<'_>, app: AppId, program: String, version: &str) -> (String, Decider) {
    let own = model.app(app);
    if parse(version) == Some(own.kubernetes) && version == own.kubernetes.to_string() {
        return ("kubernetes".to_owned(), Decider::Kubernetes);
    }
    let matching = model.matching(app, &program).filter(|(value, _)| value.scalar_text().as_deref() == Some(version));
    let source = match matching {
        Some((_, Decision::Set)) => Decider::Versions,
        Some((_, Decision::Kept)) => Decider::LastRender,
        Some((_, Decision::Matching)) => {
            let row = tested::minor_of_row(own.kubernetes);
            Decider::Matching { kubernetes: row.unwrap_or_else(|| minor(own.kubernetes)) }
        }
        None if given(model, app, version) => Decider::Option,
        None => Decider::Component { name: model.component_of(app).ast.name.name.to_string() },
    };
    (program, source)
}

/// Whether a `deploy` or an overlay gives an option this version.
fn given(model: &Model<'_>, app: AppId, version: &str) -> bool {
    let (own, component) = (model.app(app), model.component_of(app));
    let mut options = component.options.iter().zip(&own.options).zip(&own.option_spans);
    options.any(|((option, value), span)| {
        let is_default = option.default.as_ref().is_none_or(|default| default.span == *span);
        !is_default && value.scalar_text().is_some_and(|text| text.contains(version))
    })
}
