//! What machines keep beside their programs: each differs from the others, what is changed stays so after a restart, and
//! what is inside the cluster does not leave it.

use std::collections::BTreeSet;

use crate::plan::Proof;
use crate::text::{Count, List};

use super::{Evidence, Verdict};

mod access;
mod capacity;
pub mod identity;
mod installed;
mod persistence;
mod proxy;
mod users;

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
        (identities, "identity file that is unique to its machine", "identity files that are unique to their machine"),
        (commands, "command whose effect survives a reboot", "commands whose effect survives a reboot"),
        (proxies, "proxy that cluster-internal traffic bypasses", "proxies that cluster-internal traffic bypasses"),
    ];
    let said = said.iter().filter(|(count, ..)| *count > 0);
    let statement: Vec<String> =
        said.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    let count = identities + commands + proxies;
    let statement = if problems.is_empty() { statement } else { Vec::new() };
    Verdict::of(problems, Proof { name: "hosts", statement: statement.join(", "), count })
}

/// Units run programs that are there, as users that there are, and read files that they may read.
pub fn files(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut unknown = BTreeSet::new();
    let problems = evidence.on_each(|sample| {
        if !sample.whole || sample.machine.is_none() {
            return Vec::new();
        }
        let mut problems = installed::verify(evidence.model, sample, &mut unknown);
        problems.extend(access::verify(evidence.model, sample));
        problems.extend(users::verify(evidence.model, sample));
        problems
    });
    let count = unknown.len();
    let statement = match count {
        0 => String::new(),
        _ => format!(
            "{} not examined, left to packages and images: {}",
            Count(count, "program"),
            List::ticked(unknown.iter().map(String::as_str))
        ),
    };
    Verdict::of(problems, Proof { name: "files", statement, count })
}
