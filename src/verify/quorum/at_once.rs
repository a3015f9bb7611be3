//! Machines of a group that change at the same time take no more of an application with them than it can lose.

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, EndpointId, Group, Model};
use crate::plan::majority::needs_majority;

/// Looks at every application with several units on a group that changes more than one machine at a time.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    for group in model.groups.iter().filter(|group| group.at_once > 1) {
        problems.extend(model.apps().filter_map(|(app, _)| too_many(model, group, app)));
    }
}

fn too_many(model: &Model<'_>, group: &Group, id: AppId) -> Option<Diagnostic> {
    let units = model.app(id).units.len();
    let here = model.units_of(id).filter_map(|unit| model.unit(unit).machine);
    let here = here.filter(|machine| group.machines.contains(&machine.0)).count();
    let lost = here.min(group.at_once as usize);
    if units < 2 || lost < 2 {
        return None;
    }
    let endpoints = (0..model.component_of(id).endpoints.len() as u32).map(|endpoint| EndpointId { app: id, endpoint });
    let (name, at_once) = (&model.app(id).name, group.at_once);
    let spare = (units - 1) / 2;
    let majority = endpoints.filter(|id| needs_majority(model, *id)).count() > 0;
    let (message, help) = if majority && lost > spare {
        let message = format!(
            "`{}` may change {at_once} machines at the same time, but `{name}` has {units} members and tolerates the loss of {spare}",
            group.name
        );
        let help = match spare {
            0 | 1 => "remove `at-once`: the members then change one by one".to_owned(),
            _ => format!("set `at-once` to at most {spare}"),
        };
        (message, help)
    } else if lost == units && is_dialled(model, id) {
        let message = format!(
            "`{}` may change {at_once} machines at the same time, and with them all {units} units of `{name}`, on which \
             other applications depend",
            group.name
        );
        (message, format!("set `at-once` to less than {units}"))
    } else {
        return None;
    };
    let problem = Diagnostic::new(Code::TooManyAtOnce, group.at_once_span, message);
    Some(problem.label(model.app(id).span, "deployed here").help(help))
}

fn is_dialled(model: &Model<'_>, id: AppId) -> bool {
    model.ends(id).clients.iter().any(|clients| !clients.is_empty())
}
