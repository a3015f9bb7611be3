//! What machines keep beside their programs: each differs from the others, what is changed stays so after a restart, and
//! what is inside the cluster does not leave it.

use std::collections::BTreeSet;

use crate::plan::Proof;

use super::{Evidence, Verdict, gap};

mod access;
mod archive;
mod capacity;
pub(super) mod disk;
mod effect;
mod filled;
pub mod identity;
mod ignored;
pub(super) mod installed;
mod maker;
mod manifest;
mod named;
mod path;
mod persistence;
pub(super) mod presence;
pub(super) mod script;
mod script_text;
mod proxy;
mod shadowed;
mod system;
mod unit_name;
mod users;

/// Every machine has room for what it carries.
pub fn room(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = capacity::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// Disks can be set up as they are written, and hide no file.
pub fn disks(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = disk::verify(evidence, &mut problems);
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

/// Archives have what is installed from them; units run programs that are there, as users that there are, and read files that
/// they may read.
pub fn files(evidence: &Evidence<'_, '_>) -> Verdict {
    let (mut programs, mut archives) = (BTreeSet::new(), BTreeSet::new());
    let of_pods = shadowed::OfPods::of(evidence);
    let problems = evidence.on_each(|sample| {
        let mut problems = archive::verify(evidence.model, sample, &mut archives);
        if sample.whole && sample.machine.is_some() {
            problems.extend(installed::verify(evidence.model, sample, &mut programs));
            problems.extend(access::verify(evidence.model, sample));
            problems.extend(effect::verify(evidence.model, sample));
            problems.extend(ignored::verify(evidence.model, sample));
            problems.extend(manifest::verify(evidence.model, sample));
            problems.extend(named::verify(evidence.model, sample));
            problems.extend(of_pods.verify(evidence, sample));
            problems.extend(path::verify(evidence.model, sample));
            problems.extend(script_text::verify(evidence.model, sample));
            problems.extend(system::verify(evidence.model, sample));
            problems.extend(unit_name::verify(evidence.model, sample));
            problems.extend(users::verify(evidence.model, sample));
        }
        problems
    });
    let gaps = [
        gap("programs", "program", "left to packages and images", programs),
        gap("archives", "archive", "whose members no table lists", archives),
    ];
    Verdict { problems, gaps: gaps.into_iter().flatten().collect(), ..Verdict::default() }
}
