//! What machines keep beside their programs: each is told from the others, what is changed stays so after a restart, and
//! what is inside the cluster does not leave it.

use crate::diag::Diagnostic;
use crate::model::Model;

use super::{Pki, Proof};

pub mod identity;
mod lasting;
mod proxy;

/// Looks at identities, commands and proxies.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let before = problems.len();
    let identities = identity::prove(model, problems);
    let commands = lasting::prove(model, problems);
    let proxies = proxy::prove(model, problems);
    let said = [
        (identities, "file that tells machines apart", "files that tell machines apart"),
        (commands, "command whose effect lasts", "commands whose effect lasts"),
        (proxies, "proxy that is asked for nothing inside", "proxies that are asked for nothing inside"),
    ];
    let said = said.iter().filter(|(count, ..)| *count > 0);
    let statement: Vec<String> =
        said.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    let count = identities + commands + proxies;
    let statement = if problems.len() == before { statement } else { Vec::new() };
    Proof { name: "hosts", statement: statement.join(", "), count }
}
