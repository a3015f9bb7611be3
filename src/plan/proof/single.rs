//! Single points of failure: one load balancer before several servers.

use crate::diag::{Code, Diagnostic};
use crate::model::eval::counted;
use crate::model::{AppId, MachineId, Model};
use crate::plan::{Pki, Proof, dial};

/// Looks at everything that forwards.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let (mut count, mut alone) = (0, 0);
    for (app, _) in model.apps() {
        for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
            let Some(forwards) = info.forwards else { continue };
            let id = crate::model::EndpointId { app, endpoint: place as u32 };
            let relations = model.app(app).providers[forwards as usize].iter();
            let mut behind: Vec<AppId> =
                relations.flat_map(|next| dial::behind(model, *next)).map(|end| end.app).collect();
            behind.dedup();
            let servers: usize = behind.iter().map(|app| model.app(*app).units.len()).sum();
            count += 1;
            if model.app(app).units.len() == 1
                && servers > 1
                && !model.app(app).clients[id.endpoint as usize].is_empty()
            {
                alone += 1;
                problems.push(single(model, app, &behind, servers));
            }
        }
    }
    let statement = match (count, alone) {
        (0, _) => "nothing stands before others".to_owned(),
        (_, 0) => format!("{} before others, on more than one machine", counted(count, "load balancer")),
        _ => format!("{} before others, {alone} on a single machine", counted(count, "load balancer")),
    };
    Proof { name: "failures", statement, count }
}

fn single(model: &Model<'_>, front: AppId, behind: &[AppId], servers: usize) -> Diagnostic {
    let app = model.app(front);
    let machine = model.units_of(front).next().and_then(|unit| model.unit(unit).machine);
    let beside = machine.and_then(|machine| behind.iter().find(|app| model.unit_on(**app, machine).is_some()));
    let what = behind.first().map_or("", |app| &model.app(*app).name);
    let on = machine.map_or(String::new(), |machine| format!(" on `{}`", model.machine(machine).name));
    let message = match beside {
        Some(beside) => format!(
            "`{}` runs only{on}, beside one of the {servers} `{}` behind it: with that machine the way to all of them is lost",
            app.name,
            model.app(*beside).name
        ),
        None => format!("`{}` runs only{on}, and it is the way to {servers} `{what}`", app.name),
    };
    let mut problem = Diagnostic::new(Code::SinglePoint, app.span, message).here("deployed here");
    for app in behind {
        problem = problem.label(model.app(*app).span, format!("`{}` stands behind it", model.app(*app).name));
    }
    if let Some(group) = machine.map(|machine: MachineId| model.group_of(machine)) {
        problem = problem.label(group.span, "its machine");
    }
    problem.help("deploy it on two machines that share an address, or say `allow single-point \"reason\"`")
}
