//! What needs a majority has an odd number of members.

use crate::diag::{Code, Diagnostic};
use crate::model::{EndpointId, Model};
use crate::plan::{Pki, Proof};
use crate::syntax::ast::{EndpointKind, ExprKind, Literal};

/// Counts the members of every application whose peers need a majority.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let mut statements = Vec::new();
    for (app, _) in model.apps() {
        for endpoint in 0..model.component_of(app).endpoints.len() as u32 {
            let id = EndpointId { app, endpoint };
            if needs_majority(model, id) {
                statements.extend(judge(model, id, problems));
            }
        }
    }
    let count = statements.len();
    let statement = if count == 0 { "nothing here needs a majority".to_owned() } else { statements.join(", ") };
    Proof { name: "quorum", statement, count }
}

fn needs_majority(model: &Model<'_>, id: EndpointId) -> bool {
    let info = model.endpoint_info(id);
    let interface = info.interface.and_then(|symbol| model.program.interface(symbol));
    let quorum = interface.and_then(|interface| interface.body.field("quorum"));
    info.ast.kind == EndpointKind::Peers
        && quorum.is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
}

fn judge(model: &Model<'_>, id: EndpointId, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let app = model.app(id.app);
    let members = app.units.len();
    let survives = members.saturating_sub(1) / 2;
    let name = &app.name;
    match members {
        0 => None,
        1 => {
            let message = format!("`{name}` has one member: when its machine is lost, so is what it stores");
            let help = "use three members, or say `allow single-member \"reason\"`";
            problems.push(Diagnostic::new(Code::SingleMember, app.span, message).help(help));
            Some(format!("`{name}` has one member and survives the loss of none"))
        }
        even if even % 2 == 0 => {
            let message =
                format!("`{name}` has {even} members, which survive the loss of {survives}, as {} do", even - 1);
            let help = format!("use {} or {} members: each one more is one more that can fail", even - 1, even + 1);
            problems.push(Diagnostic::new(Code::EvenQuorum, app.span, message).help(help));
            None
        }
        _ => Some(format!("`{name}` has {members} members and survives the loss of {survives}")),
    }
}
