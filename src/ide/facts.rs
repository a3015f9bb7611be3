//! What a model says, kept without the model: what an editor shows beside the text.
//!
//! Made in the background once typing pauses, since it takes evaluation. It belongs to exactly the texts it was made of.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::project::File;
use super::value::show;
use crate::check::index::{NameKind, Target};
use crate::check::{Analysis, SymbolKind};
use crate::compile;
use crate::compile::Planned;
use crate::diag::{Diagnostic, Label, any_error};
use crate::model::scope::Scope;
use crate::model::{AppId, Input, Model, Param, Value};
use crate::source::{Sources, Span};
use crate::syntax::ast::StatementKind;
use crate::text::Count;
use crate::world::World;

/// All of it.
#[derive(Debug, Default)]
pub struct Facts {
    /// Whether there is a model at all; without one nothing but the problems is known.
    pub is_model: bool,
    pub cluster: String,
    pub groups: BTreeMap<String, GroupFact>,
    /// In the order of the model.
    pub apps: Vec<AppFact>,
    pub relations: Vec<RelationFact>,
    /// Values by the place of what they are given to: a let, a param, a field of the cluster.
    values: HashMap<Span, String>,
    /// Values of `cluster.FIELD`.
    cluster_fields: BTreeMap<&'static str, String>,
    /// Whether machines are in several ranges.
    pub several_ranges: bool,
    /// Every problem that only the whole model shows.
    pub problems: Vec<Diagnostic>,
}

/// A machine group.
#[derive(Clone, Debug, Default)]
pub struct GroupFact {
    pub span: Span,
    pub cores: String,
    pub memory: String,
    pub disk: String,
    pub arch: String,
    /// Names and addresses.
    pub machines: Vec<(String, String)>,
    /// Applications with a unit on one of its machines, and how many units.
    pub units: Vec<(String, usize)>,
}

/// An application.
#[derive(Clone, Debug, Default)]
pub struct AppFact {
    pub name: String,
    pub component: String,
    pub span: Span,
    /// Its units and the machines they are on.
    pub units: Vec<(String, String)>,
    /// Options, their values, and where those are written.
    pub options: Vec<(String, String, Span)>,
    pub addresses: Vec<(String, String)>,
}

/// A relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationFact {
    pub from: (String, String),
    pub to: (String, String),
    pub interface: String,
    /// Wired without a `relate`.
    pub inferred: bool,
    /// Where each endpoint is declared.
    pub spans: (Span, Span),
    /// Where the relation comes from.
    pub origin: Span,
}

/// Evaluates the model of a program, if nothing is wrong with its text.
pub fn facts(analysis: &Analysis, world: &dyn World, input: &Input) -> Facts {
    if any_error(&analysis.diagnostics) || !has_cluster(analysis) {
        return Facts::default();
    }
    let Planned { plan, problems } = compile::plan_program(&analysis.resolved.program, world, input);
    let problems = problems.into_iter().map(|problem| at_read(&analysis.resolved.program.sources, problem)).collect();
    let mut facts = Facts { problems, ..Facts::default() };
    if let Some(plan) = plan {
        facts.read(analysis, &plan.model);
    }
    facts
}

/// A problem in a file that the model reads, shown where it is read: an editor has no other file of the model.
fn at_read(sources: &Sources, mut problem: Diagnostic) -> Diagnostic {
    let span = problem.labels[0].span;
    if let Some(by) = sources.pasted_by(span) {
        problem.labels.insert(0, Label { span: by, text: format!("at {}", sources.place(span)) });
        problem.labels.retain(|label| sources.pasted_by(label.span).is_none());
    }
    problem
}

/// Whether the program describes a cluster: a file of components alone is not a model.
pub fn has_cluster(analysis: &Analysis) -> bool {
    let modules = analysis.resolved.program.own_modules();
    modules
        .flat_map(|(_, module)| &module.file.statements)
        .any(|one| one.is(|kind| matches!(kind, StatementKind::Cluster(_))))
}

impl Facts {
    fn read(&mut self, analysis: &Analysis, model: &Model<'_>) {
        self.is_model = true;
        self.cluster = model.cluster.name.to_string();
        self.read_cluster(model);
        self.read_groups(model);
        self.apps = model.apps().map(|(id, _)| app(model, id)).collect();
        for (fact, (id, _)) in self.apps.iter().zip(model.apps()) {
            let mut on: BTreeMap<&str, usize> = BTreeMap::new();
            let machines = model.units_of(id).filter_map(|unit| model.unit(unit).machine);
            machines.for_each(|machine| *on.entry(&model.group_of(machine).name).or_default() += 1);
            for (group, count) in on {
                if let Some(group) = self.groups.get_mut(group) {
                    group.units.push((fact.name.clone(), count));
                }
            }
        }
        self.relations = model.relations.iter().map(|relation| relation_fact(model, relation)).collect();
        self.read_values(analysis, model);
    }

    fn read_cluster(&mut self, model: &Model<'_>) {
        let cluster = &model.cluster;
        let list =
            |values: Vec<String>| if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
        self.cluster_fields = BTreeMap::from([
            ("name", format!("\"{}\"", cluster.name)),
            ("kubernetes", cluster.kubernetes.to_string()),
            ("pods", list(cluster.pods.iter().map(ToString::to_string).collect())),
            ("services", list(cluster.services.iter().map(ToString::to_string).collect())),
            ("nodes", cluster.nodes.first().range.to_string()),
            ("node-ranges", list(cluster.nodes.ranges().iter().map(ToString::to_string).collect())),
            ("domain", format!("\"{}\"", cluster.domain)),
            ("gateway", cluster.nodes.first().gateway.to_string()),
            ("dns", format!("[{}]", cluster.dns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))),
        ]);
        self.several_ranges = !cluster.nodes.is_single();
    }

    fn read_groups(&mut self, model: &Model<'_>) {
        for group in &model.groups {
            let machines = &model.machines[group.machines.start as usize..group.machines.end as usize];
            let fact = GroupFact {
                span: group.span,
                cores: show(&Value::Float(group.cores)),
                memory: show(&Value::Size(group.memory)),
                disk: show(&Value::Size(group.disk)),
                arch: group.arch.to_string(),
                machines: machines.iter().map(|one| (one.name.to_string(), one.address.to_string())).collect(),
                units: Vec::new(),
            };
            self.groups.insert(group.name.to_string(), fact);
        }
    }

    fn read_values(&mut self, analysis: &Analysis, model: &Model<'_>) {
        let program = &analysis.resolved.program;
        for (id, module) in program.own_modules() {
            for (_, statement) in module.file.of_kind(|kind| matches!(kind, StatementKind::Let(_))) {
                if let StatementKind::Let(item) = &statement.kind
                    && let Ok(value) = model.eval(&mut Scope::file(id), &item.value)
                {
                    self.values.insert(item.name.span, show(&value));
                }
            }
        }
        for (symbol, param) in model.params.iter().filter(|(symbol, _)| symbol.kind == SymbolKind::Param) {
            let text = match param {
                Param::Value(value) => show(value),
                Param::Component(component) => format!("component {}", program.sources.text(component.span)),
            };
            self.values.insert(symbol.span, text);
        }
    }

    /// The value of `cluster.NAME`.
    pub fn cluster_field(&self, name: &str) -> Option<&str> {
        self.cluster_fields.get(name).map(String::as_str)
    }

    /// The value of the let or param whose name is at a place.
    pub fn value_at(&self, name: Span) -> Option<&str> {
        self.values.get(&name).map(String::as_str)
    }

    /// The application with this name.
    pub fn app(&self, name: &str) -> Option<&AppFact> {
        self.apps.iter().find(|app| app.name == name)
    }

    /// The value of what a name stands for, and where it comes from.
    pub fn value(&self, file: &File, target: &Target, at: Span) -> Option<String> {
        if !self.is_model {
            return None;
        }
        let sources = &file.analysis.resolved.program.sources;
        match target {
            Target::Declared(NameKind::Let | NameKind::Param, span) => {
                let value = self.values.get(span)?;
                Some(format!("`{value}`, from {}", sources.place(*span)))
            }
            Target::Given("cluster", name) => {
                let value = self.cluster_fields.get(&**name)?;
                Some(format!("`{value}`, from the `cluster` statement or its default"))
            }
            Target::Declared(NameKind::Option, option) => self.option(file, *option, at),
            Target::Declared(NameKind::Machines, span) => {
                let group = self.groups.values().find(|group| group.span == *span)?;
                Some(group.summary())
            }
            Target::Declared(NameKind::App, span) => Some(self.apps.iter().find(|app| app.span == *span)?.summary()),
            Target::Declared(NameKind::Endpoint, span) => self.related(*span),
            _ => None,
        }
    }

    /// The value of an option in each application that has it.
    fn option(&self, file: &File, option: Span, at: Span) -> Option<String> {
        let sources = &file.analysis.resolved.program.sources;
        let name = sources.text(option);
        let component =
            super::declaration::at(&super::definition::module_of(&file.analysis, option)?.file, option)?.owner?;
        let here = self.apps.iter().filter(|app| *app.component == *component);
        let values = here.filter_map(|app| {
            let (_, value, from) = app.options.iter().find(|(known, ..)| known == name)?;
            let from = match *from {
                span if span.source == at.source && span.start >= at.end && span.start <= at.end + 4 => {
                    "set here".to_owned()
                }
                span if span.start >= option.start && span.source == option.source => "its default".to_owned(),
                span => format!("from {}", sources.place(span)),
            };
            Some(format!("`{value}` in `{}`, {from}", app.name))
        });
        let values: Vec<_> = values.collect();
        (!values.is_empty()).then(|| values.join("; "))
    }

    fn related(&self, endpoint: Span) -> Option<String> {
        let mine = self.relations.iter().filter(|one| one.spans.0 == endpoint || one.spans.1 == endpoint);
        let lines: Vec<_> = mine.map(|one| format!("`{}`", one.written())).collect();
        (!lines.is_empty()).then(|| format!("related as {}", lines.join(", ")))
    }
}

impl RelationFact {
    /// `kubelet.api -> haproxy.frontend`.
    pub fn written(&self) -> String {
        format!("{}.{} -> {}.{}", self.from.0, self.from.1, self.to.0, self.to.1)
    }
}

impl GroupFact {
    fn summary(&self) -> String {
        let size = format!(
            "{} {}, {} memory, {} disk, {}",
            self.cores,
            if self.cores == "1" { "core" } else { "cores" },
            self.memory,
            self.disk,
            self.arch
        );
        format!("{} with {size}; {}", Count(self.machines.len(), "machine"), self.range())
    }

    /// `10.0.0.10 to 10.0.0.12`.
    pub fn range(&self) -> String {
        match (self.machines.first(), self.machines.last()) {
            (Some((_, first)), Some((_, last))) if first != last => format!("{first} to {last}"),
            (Some((_, only)), _) => only.clone(),
            _ => "no addresses".to_owned(),
        }
    }
}

impl AppFact {
    fn summary(&self) -> String {
        let machines: Vec<_> =
            self.units.iter().map(|(_, machine)| machine.as_str()).filter(|name| !name.is_empty()).take(8).collect();
        let on = if machines.is_empty() { "the cluster".to_owned() } else { machines.join(", ") };
        let more = self.units.len().saturating_sub(8);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let addresses: Vec<_> = self.addresses.iter().map(|(name, ip)| format!("; address `{name}` is {ip}")).collect();
        format!("{} on {on}{more}{}", Count(self.units.len(), "unit"), addresses.concat())
    }
}

fn app(model: &Model<'_>, id: AppId) -> AppFact {
    let (app, component) = (model.app(id), model.component_of(id));
    let options = component.options.iter().zip(&app.options).zip(&app.option_spans);
    let units = model.units_of(id).map(|unit| {
        let machine = model.unit(unit).machine.map_or(String::new(), |machine| model.machine(machine).name.to_string());
        (model.unit_name(unit), machine)
    });
    AppFact {
        name: app.name.to_string(),
        component: component.ast.name.name.to_string(),
        span: app.span,
        units: units.collect(),
        options: options.map(|((option, value), span)| (option.name.name.to_string(), show(value), *span)).collect(),
        addresses: component
            .addresses
            .iter()
            .zip(&app.addresses)
            .map(|(item, ip)| (item.name.name.to_string(), ip.to_string()))
            .collect(),
    }
}

fn relation_fact(model: &Model<'_>, relation: &crate::model::Relation) -> RelationFact {
    let end = |id: crate::model::EndpointId| {
        let info = model.endpoint_info(id);
        (model.app(id.app).name.to_string(), info.ast.name.name.to_string())
    };
    let from = model.endpoint_info(relation.from);
    RelationFact {
        from: end(relation.from),
        to: end(relation.to),
        interface: from.ast.interface.name.to_string(),
        inferred: relation.inferred,
        spans: (from.ast.name.span, model.endpoint_info(relation.to).ast.name.span),
        origin: model.origin(relation).0,
    }
}

/// Facts that many can look at.
pub type Shared = Arc<Facts>;
