//! Which program each application runs, and in which version.
//!
//! Nothing here knows a component: a program is known by the table of its flags, by the release that is installed, and by
//! the names of the files that are taken from it.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::flag;
use crate::facts::lifespan::parse;
use crate::model::immutable;
use crate::model::scope::Scope;
use crate::model::{AppId, Lock, Model, UnitId, Value};
use crate::source::Span;
use crate::syntax::ast::{Definition, Expr, ExprKind, ItemKind, Literal, Name, Version};

/// A program that an application runs or installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub app: AppId,
    pub program: Name,
    pub version: Version,
    /// Where its version is written.
    pub span: Span,
}

/// The programs of all applications that have units, in the order of the applications; of one application sorted by name.
pub fn running(model: &Model<'_>) -> Vec<Running> {
    model.apps().filter(|(_, app)| !app.units.is_empty()).flat_map(|(id, _)| of_app(model, id)).collect()
}

fn of_app(model: &Model<'_>, app: AppId) -> Vec<Running> {
    let mut list: BTreeMap<Name, Running> = BTreeMap::new();
    let mut add = |program: Name, (version, span): (Version, Span)| {
        list.entry(program.clone()).or_insert(Running { app, program, version, span });
    };
    for item in &model.component_of(app).ast.items {
        match &item.kind {
            ItemKind::Unit(unit) => {
                let Some(field) = unit.body.field("flags") else { continue };
                let ExprKind::Record { table: Some(program), .. } = &field.value.kind else { continue };
                let Some(table) = flag::table(&program.name) else { continue };
                if let Some(version) = version_of(model, app, &table.range.versions_of) {
                    add(program.name.clone(), version);
                }
            }
            ItemKind::Artifact(artifact) => {
                let Some(version) = artifact_version(model, app, artifact) else { continue };
                for program in installed(model, app, artifact) {
                    add(program, version);
                }
            }
            _ => {}
        }
    }
    list.into_values().collect()
}

/// The version that decides for a family of programs (`kubernetes`, or the component's own), and where it is written.
pub fn version_of(model: &Model<'_>, app: AppId, family: &str) -> Option<(Version, Span)> {
    let own = model.app(app);
    if family == "kubernetes" {
        return Some((own.kubernetes, own.kubernetes_span));
    }
    let options = &model.component_of(app).options;
    let place = options.iter().position(|option| &*option.name.name == "version")?;
    match own.options.get(place)? {
        Value::Version(version) => Some((*version, own.option_spans[place])),
        _ => None,
    }
}

fn artifact_version(model: &Model<'_>, app: AppId, artifact: &Definition) -> Option<(Version, Span)> {
    let expr = &artifact.body.field("version")?.value;
    if let ExprKind::Literal(Literal::Decimal(text)) = &expr.kind {
        return Some((parse(text)?, expr.span));
    }
    let unit = UnitId(model.app(app).units.start);
    let Ok(Value::Version(version)) = model.eval(&mut Scope::unit(model, unit), expr) else { return None };
    let written = ["kubernetes", "version"].into_iter().find_map(|family| {
        let (known, span) = version_of(model, app, family)?;
        (known == version).then_some(span)
    });
    Some((version, written.unwrap_or(expr.span)))
}

/// The name of the release, and of each file that is installed from it.
fn installed(model: &Model<'_>, app: AppId, artifact: &Definition) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    if let Some(field) = artifact.body.field("release") {
        let unit = UnitId(model.app(app).units.start);
        let value = model.eval(&mut Scope::unit(model, unit), &field.value);
        names.extend(value.ok().and_then(|value| value.scalar_text()).map(Name::from));
    }
    if let Some(field) = artifact.body.field("install") {
        members(&field.value, &mut names);
    }
    names
}

/// The last parts of the keys of a record, whichever branch holds.
fn members(expr: &Expr, names: &mut BTreeSet<Name>) {
    match &expr.kind {
        ExprKind::Record { fields, .. } => {
            let keys = fields.iter().filter_map(|field| field.key.plain());
            names.extend(keys.filter_map(|key| key.rsplit('/').next().map(Name::from)));
        }
        ExprKind::If { then, otherwise, .. } => {
            members(then, names);
            otherwise.iter().for_each(|otherwise| members(otherwise, names));
        }
        ExprKind::Paren(inner) => members(inner, names),
        _ => {}
    }
}

/// The version of kmodel itself, and so of the standard library in it.
pub const KMODEL: &str = env!("CARGO_PKG_VERSION");

/// What is to be remembered of a model: addresses given out, the versions that run, and who rendered it.
pub fn remembered(model: &Model<'_>) -> Lock {
    let lock = Lock { kmodel: Some(KMODEL.to_owned()), versions: recorded(model), ..model.lock.clone() };
    immutable::recorded(model, lock)
}

/// What is recorded when a model is rendered: application, program, version; of programs that a rule is about.
pub fn recorded(model: &Model<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    let rules = &crate::facts::skew::skew().upgrade;
    let mut record: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for one in running(model).iter().filter(|one| rules.order.iter().any(|name| **name == *one.program)) {
        let name = model.app(one.app).name.to_string();
        record.entry(name).or_default().insert(one.program.to_string(), one.version.to_string());
    }
    record
}
