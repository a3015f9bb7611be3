//! Clusters in which a program is missing that others need.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Needed;
use crate::model::{AppId, MachineId, Model, Value};
use crate::text::List;
use crate::verify::objects;

use super::settings::Settings;

/// Programs that are missing, each by the first rule that says so.
pub(super) fn verify(model: &Model<'_>, settings: &Settings, rules: &[Needed]) -> Vec<Diagnostic> {
    let mut said = BTreeSet::new();
    let found = rules.iter().filter_map(|rule| {
        let problem = if said.contains(&*rule.program) { None } else { program(model, settings, rule) };
        problem.inspect(|_| {
            said.insert(&*rule.program);
        })
    });
    found.collect()
}

/// A program that is not there, while those beside it are: nowhere, or on some machines.
fn program(model: &Model<'_>, settings: &Settings, rule: &Needed) -> Option<Diagnostic> {
    if rule.unless.as_ref().is_some_and(|field| is_replaced(model, field)) {
        return None;
    }
    let beside = beside(model, settings, rule)?;
    let missing = match (rule.each, runs(settings, &rule.program).next()) {
        (false, None) => format!("the cluster has no `{}`", rule.program),
        (true, Some(_)) => {
            let machines = without(model, settings, rule, &beside)?;
            format!("`{}` is not on {}", rule.program, List::ticked(machines))
        }
        _ => return None,
    };
    let first = model.app(*beside.first()?.first()?);
    let found = Diagnostic::new(Code::IncompleteCluster, first.span, format!("{missing}: {}", rule.what))
        .here(format!("`{}` is deployed here", first.name));
    Some(found.help(&*rule.help))
}

/// The applications of a program.
fn runs<'s>(settings: &'s Settings, program: &'s str) -> impl Iterator<Item = AppId> + use<'s> {
    settings.programs.iter().filter(move |one| one.name == program).map(|one| one.app)
}

/// The applications of each that needs it; `None` if one of them is not there.
fn beside(model: &Model<'_>, settings: &Settings, rule: &Needed) -> Option<Vec<Vec<AppId>>> {
    let programs = rule.beside.iter().map(|program| runs(settings, program).collect::<Vec<_>>());
    let providers = rule.interface.iter().map(|name| {
        let is_one = |(app, endpoint): &(AppId, u32)| {
            let interface = model.component_of(*app).endpoints[*endpoint as usize].interface;
            interface.and_then(|id| model.program.interface(id)).is_some_and(|one| &*one.name.name == name)
        };
        objects::providers(model).filter(is_one).map(|(app, _)| app).collect()
    });
    let all: Vec<Vec<AppId>> = programs.chain(providers).collect();
    all.iter().all(|apps| !apps.is_empty()).then_some(all)
}

/// The machines that have all that needs it, and not the program; `None` if there are none, or if pods run it, which may be anywhere.
fn without<'m>(
    model: &'m Model<'_>,
    settings: &Settings,
    rule: &Needed,
    beside: &[Vec<AppId>],
) -> Option<Vec<&'m str>> {
    if settings.programs.iter().any(|one| one.name == rule.program && !one.in_unit) {
        return None;
    }
    let has = machines(model, runs(settings, &rule.program));
    let needs = beside.iter().map(|apps| machines(model, apps.iter().copied()));
    let needs = needs.reduce(|all, one| all.intersection(&one).copied().collect())?;
    let names: Vec<&str> = needs.difference(&has).map(|id| &*model.machine(*id).name).collect();
    (!names.is_empty()).then_some(names)
}

/// The machines of some applications.
fn machines(model: &Model<'_>, apps: impl Iterator<Item = AppId>) -> BTreeSet<MachineId> {
    apps.flat_map(|app| model.units_of(app)).filter_map(|unit| model.unit(unit).machine).collect()
}

/// Whether a provider sets a field of its interface to true.
fn is_replaced(model: &Model<'_>, field: &str) -> bool {
    objects::providers(model)
        .any(|(app, endpoint)| objects::field(model, app, endpoint, field) == Some(Value::Bool(true)))
}
