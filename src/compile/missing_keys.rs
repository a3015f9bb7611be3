//! Whether the key store has the keys that the cluster runs with, as `kmodel.lock` records them.

use std::path::Path;

use crate::diag::{Code, Diagnostic, Severity};
use crate::pki::Store;
use crate::pki::recorded::{self, Astray, KeyUse};
use crate::plan::Plan;

/// How many keys a message names.
const NAMED: usize = 3;

/// Errors about keys that the store at this place lacks, or has otherwise. Making them anew would break what runs.
pub fn astray(plan: &Plan<'_>, store: Option<&Store>, place: &Path) -> Vec<Diagnostic> {
    let astray = recorded::astray(&plan.model.lock.keys, &plan.pki.request, store);
    let (other, lost): (Vec<_>, Vec<_>) = astray.into_iter().partition(|astray| astray.other);
    let place = place.display();
    let lacks = |names| format!("the key store `{place}` lacks {names}, which the last render used");
    let differs = |names| format!("the key store `{place}` has other keys than those of the last render: {names}");
    let lost = (!lost.is_empty()).then(|| problem(plan, lacks(names(&lost)), &lost));
    let other = (!other.is_empty()).then(|| problem(plan, differs(names(&other)), &other));
    lost.into_iter().chain(other).collect()
}

/// The same as warnings, for commands that write nothing: a copy of the model without keys may still be looked at.
pub fn warnings(plan: &Plan<'_>, store: Option<&Store>, place: &Path) -> Vec<Diagnostic> {
    let problems = astray(plan, store, place).into_iter();
    problems.map(|problem| Diagnostic { severity: Severity::Warning, ..problem }).collect()
}

fn problem(plan: &Plan<'_>, message: String, astray: &[Astray]) -> Diagnostic {
    let stakes = [
        (KeyUse::Authority, "no running client or machine trusts certificates of a new authority"),
        (KeyUse::Keypair, "tokens signed with the old key pair become invalid"),
        (KeyUse::Secret, "what is encrypted with the old secret, such as Secrets in etcd, becomes unreadable"),
    ];
    let stakes = stakes.into_iter().filter(|(of, _)| astray.iter().any(|astray| astray.of == *of));
    let stakes: Vec<_> = stakes.map(|(_, stake)| stake).collect();
    Diagnostic::new(Code::KeyStoreDiffers, plan.model.cluster.span, message)
        .here("its keys are recorded in kmodel.lock")
        .help(format!(
            "restore the key store from a backup, or pass its path with `--store`; `--new-keys` creates new ones, but \
             {}",
            stakes.join("; ")
        ))
}

/// `authority `kubernetes-ca`, secret `encryption` and 3 more`.
fn names(astray: &[Astray]) -> String {
    let named: Vec<_> =
        astray.iter().take(NAMED).map(|astray| format!("{} `{}`", astray.of.name(), astray.name)).collect();
    match (named.split_last(), astray.len().saturating_sub(NAMED)) {
        (Some((last, [])), 0) => last.clone(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
        (_, more) => format!("{} and {more} more", named.join(", ")),
    }
}
