//! `check` and `warn`, of the model and of its components.

use crate::check::own_code;
use crate::diag::{Code, Diagnostic, Help};
use crate::model::dependence::Dependence;
use crate::model::mention::in_expr;
use crate::model::scope::Scope;
use crate::model::{AppId, Component, Model};
use crate::plan::{Proof, keep};
use crate::source::Span;
use crate::syntax::ast::{Check, Name};
use crate::text::Count;

use super::{Evidence, Verdict, objects};

/// Evaluates every check.
pub(super) fn checks(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, mut problems) = (evidence.model, Vec::new());
    let mut count = 0;
    for (module, check) in &model.layers.checks {
        count += 1;
        problems.extend(failures(model, &mut Scope::file(*module), check, None));
    }
    for (app, _) in model.apps() {
        for check in &model.component_of(app).checks {
            count += 1;
            of_application(model, app, check, &mut problems);
        }
    }
    // What is pasted in place of a component is none of its relations.
    problems.retain(|problem| problem.own_code.as_deref().is_none_or(|code| !objects::stand_in::has(evidence, code)));
    let proof = Proof {
        name: "checks",
        statement: format!("{} of the model and its components: all passed", Count(count, "check")),
        count,
    };
    Verdict::of(problems, proof)
}

/// Evaluates a check of a component: on every unit if it depends on the unit, else once.
fn of_application(model: &Model<'_>, app: AppId, check: &Check, problems: &mut Vec<Diagnostic>) {
    let dependence = model.component_of(app).dependence(model.program, &check.condition);
    let units = if dependence == Dependence::Unit { usize::MAX } else { 1 };
    let deployed = Some((model.app(app).name.clone(), model.app(app).span));
    let mut units = model.units_of(app).take(units);
    let Some(first) = units.next() else { return };
    let mut scope = Scope::unit(model, first);
    let mut unit = Some(first);
    while let Some(current) = unit {
        scope.move_to(current, model.unit(current).machine);
        // One failure tells enough: the others of the same check would only repeat it.
        let failed = failures(model, &mut scope, check, deployed.clone());
        if !failed.is_empty() {
            problems.extend(failed);
            return;
        }
        unit = units.next();
    }
}

/// Whether a check names what may differ between units, so that its place is one of them.
fn varies(component: &Component<'_>, check: &Check) -> bool {
    let mut varies = false;
    in_expr(&check.condition, &mut |name, _, _| {
        varies |= matches!(name, "machine" | "unit") || component.local(name).is_some();
    });
    varies
}

fn failures(
    model: &Model<'_>,
    scope: &mut Scope<'_>,
    check: &Check,
    deployed: Option<(Name, Span)>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let Some(holds) = keep(model.eval_bool(scope, &check.condition), &mut problems) else { return problems };
    if holds {
        return problems;
    }
    let message = check.message.as_ref().map(|message| keep(model.eval(scope, message), &mut problems));
    let message = match message {
        Some(Some(value)) if value.is_secret() => {
            let span = check.message.as_ref().map_or(check.condition.span, |message| message.span);
            let problem = Diagnostic::new(Code::SecretExposed, span, "a message cannot contain a secret");
            return vec![problem.help("describe the problem without the value")];
        }
        Some(Some(value)) => value.scalar_text().unwrap_or_default(),
        Some(None) => return problems,
        None => format!("`{}` does not hold", model.program.sources.text(check.condition.span)),
    };
    let code = if check.fatal { Code::CheckFailed } else { Code::WarnFailed };
    let varies = scope.app.is_some_and(|app| varies(model.component_of(app), check));
    let on = scope.machine.filter(|_| varies).map(|machine| &model.machine(machine).name);
    let place = on.map_or("is false".to_owned(), |name| format!("is false on `{name}`"));
    // The component may come from a third party: the place to look is where it is deployed.
    let problem = match deployed {
        Some(deployed) => {
            let mut at = at_the_user(set_options(model, scope.app, check), deployed).into_iter();
            let (span, said) = at.next().unwrap_or_default();
            let problem =
                at.fold(Diagnostic::new(code, span, message).here(said), |p, (span, said)| p.label(span, said));
            problem.label(check.condition.span, place)
        }
        None => Diagnostic::new(code, check.condition.span, message).here(place),
    };
    let help = check.body.field("help").and_then(|field| keep(model.eval(scope, &field.value), &mut problems));
    let help = help.filter(|value| !value.is_secret()).and_then(|value| value.scalar_text());
    problems.push(Diagnostic { own_code: own_code::of(check), help: help.map(Help::from), ..problem });
    problems
}

/// The options that a check names and that are set, with their values.
fn set_options(model: &Model<'_>, app: Option<AppId>, check: &Check) -> Vec<(Name, Span)> {
    let mut list: Vec<(Name, Span)> = Vec::new();
    let Some(app) = app else { return list };
    let options = &model.component_of(app).options;
    in_expr(&check.condition, &mut |name, field, _| {
        let place = options.iter().position(|option| name == "option" && Some(&*option.name.name) == field);
        let Some((place, span)) = place.and_then(|at| Some((at, *model.app(app).option_spans.get(at)?))) else {
            return;
        };
        let option = options[place];
        let is_set = span != option.name.span && option.default.as_ref().is_none_or(|default| default.span != span);
        if is_set && list.iter().all(|(_, known)| *known != span) {
            list.push((option.name.name.clone(), span));
        }
    });
    list
}

/// Where the options are set that a problem is about, else where the application is deployed; with what stands there.
fn at_the_user(options: Vec<(Name, Span)>, (app, deployed): (Name, Span)) -> Vec<(Span, String)> {
    if options.is_empty() {
        return vec![(deployed, format!("`{app}` is deployed here"))];
    }
    options.into_iter().map(|(name, span)| (span, format!("`{name}` of `{app}`"))).collect()
}
