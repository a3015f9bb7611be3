//! Single points of failure: one load balancer before several servers.
//!
//! One that is on no machine is managed externally.

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, MachineId, Model};
use crate::plan::{Proof, dialled_names};
use crate::text::Count;

/// Looks at everything that forwards.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let (mut count, mut alone, mut elsewhere) = (0, 0, 0);
    for (app, _) in model.apps() {
        for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
            let Some(forwards) = info.forwards else { continue };
            let id = crate::model::EndpointId { app, endpoint: place as u32 };
            let relations = model.ends(app).providers[forwards as usize].iter();
            let mut behind: Vec<AppId> =
                relations.flat_map(|next| dialled_names::behind(model, *next)).map(|end| end.app).collect();
            behind.dedup();
            let servers: usize = behind.iter().map(|app| model.app(*app).units.len()).sum();
            count += 1;
            let Some(machine) = model.units_of(app).next().and_then(|unit| model.unit(unit).machine) else {
                elsewhere += 1;
                continue;
            };
            let dialled = !model.ends(app).clients[id.endpoint as usize].is_empty();
            alone += usize::from(model.app(app).units.len() == 1);
            if model.app(app).units.len() == 1 && servers > 1 && dialled {
                problems.push(single_point(model, (app, machine), &behind, servers));
            }
        }
    }
    let statement = match (count, alone) {
        (0, _) => "no load balancers".to_owned(),
        (_, 0) if count == elsewhere => {
            format!("{}, outside the machines of the model", Count(count, "load balancer"))
        }
        (_, 0) => format!("{}, on more than one machine", Count(count, "load balancer")),
        (1, _) => "1 load balancer, on a single machine: a single point of failure".to_owned(),
        _ => format!("{}, {alone} on a single machine: a single point of failure", Count(count, "load balancer")),
    };
    Proof { name: "failures", statement, count }
}

fn single_point(
    model: &Model<'_>,
    (front, machine): (AppId, MachineId),
    behind: &[AppId],
    servers: usize,
) -> Diagnostic {
    let app = model.app(front);
    let beside = behind.iter().find(|app| model.unit_on(**app, machine).is_some());
    let what = behind.first().map_or("", |app| &model.app(*app).name);
    let on = &model.machine(machine).name;
    let message = match beside {
        Some(beside) => format!(
            "`{}` runs only on `{on}`, together with one of its {servers} `{}` backends: if that machine fails, none \
             of them can be reached",
            app.name,
            model.app(*beside).name
        ),
        None => format!("`{}` runs only on `{on}`, and it is the only way to {servers} `{what}` backends", app.name),
    };
    let mut problem = Diagnostic::new(Code::SinglePoint, app.span, message).here("deployed here");
    for app in behind {
        problem = problem.label(model.app(*app).span, format!("`{}` is behind it", model.app(*app).name));
    }
    problem
        .label(model.group_of(machine).span, "its machine")
        .help("deploy it on two machines that share an address, or add `allow single-point \"reason\"`")
}
