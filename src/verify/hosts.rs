//! What machines keep beside their programs: each is told from the others, what is changed stays so after a restart, and
//! what is inside the cluster does not leave it.

use crate::plan::Proof;

use super::{Evidence, Verdict};

mod capacity;
pub mod identity;
mod persistence;
mod proxy;

/// Every machine has room for what it carries.
pub fn room(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = capacity::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// Looks at identities, commands and proxies.
pub fn hosts(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, mut problems) = (evidence.model, Vec::new());
    let identities = identity::verify(model, &mut problems);
    let commands = persistence::verify(model, &mut problems);
    let proxies = proxy::verify(model, &mut problems);
    let said = [
        (identities, "file that tells machines apart", "files that tell machines apart"),
        (commands, "command whose effect lasts", "commands whose effect lasts"),
        (proxies, "proxy that is asked for nothing inside", "proxies that are asked for nothing inside"),
    ];
    let said = said.iter().filter(|(count, ..)| *count > 0);
    let statement: Vec<String> =
        said.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    let count = identities + commands + proxies;
    let statement = if problems.is_empty() { statement } else { Vec::new() };
    Verdict::of(problems, Proof { name: "hosts", statement: statement.join(", "), count })
}
