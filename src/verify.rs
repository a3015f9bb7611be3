//! Whether a cluster holds together: one list of rules, over evidence that is made once.
//!
//! In: a model and what is to be issued for it, and of one machine of each kind what it is given. Out: every problem, and
//! what was proved. A rule renders nothing, and renderers rule nothing; so `check`, `plan`, `render` and `apply` agree.

use std::collections::{BTreeSet, HashSet};

use crate::diag::{Code, Diagnostic, Fix};
use crate::model::Model;
use crate::plan::budget::Budget;
use crate::plan::{Gap, Pki, Proof};
use crate::render::evidence::Sample;
use crate::render::placeholder::Names;
use crate::target::TargetMachine;
use crate::text::{Count, List};

pub mod allow;
mod author;
mod balancer;
mod boot_order;
pub mod certificates;
pub mod document;
pub mod hosts;
mod immutable;
pub mod locate;
pub mod machines;
pub mod network;
mod not_read;
pub mod objects;
pub mod packet_filter;
pub mod program;
pub mod quorum;
mod services;
pub mod target;
mod user_check;
pub mod users_place;
mod versions;

/// All that the rules look at.
pub struct Evidence<'a, 'p> {
    pub model: &'a Model<'p>,
    pub pki: &'a Pki,
    /// What certificates and keys in files stand for.
    pub names: &'a (dyn Names + 'a),
    /// One machine of each kind, and what is on none.
    pub samples: &'a [Sample<'p>],
    /// The same machines with material of the size that it will have, where the target limits what they are given.
    pub sized: &'a [TargetMachine],
}

/// What a rule says.
#[derive(Debug, Default)]
pub struct Verdict {
    pub problems: Vec<Diagnostic>,
    /// What holds, if no problem is an error; nothing where there was nothing to look at.
    pub proof: Option<Proof>,
    /// What it could not look at.
    pub gaps: Vec<Gap>,
    /// How much of its limit the user-data of each kind of machine takes.
    pub user_data: Vec<Budget>,
}

/// That some things were not examined, each by its name: `2 programs`, and why; nothing if there are none.
fn gap(name: &'static str, noun: &'static str, why: &str, items: BTreeSet<String>) -> Option<Gap> {
    let listed = List::ticked(items.iter().map(String::as_str));
    let statement = format!("{}, {why}: {listed}", Count(items.len(), noun));
    (!items.is_empty()).then(|| Gap { name, statement, items: items.into_iter().collect() })
}

/// A rule.
type Rule = fn(&Evidence<'_, '_>) -> Verdict;

/// All rules, in the order in which a plan lists what they prove.
const RULES: &[Rule] = &[
    certificates::connections,
    network::interfaces,
    network::addresses,
    network::links,
    network::packets,
    network::ports,
    network::firewalls,
    quorum::majorities,
    quorum::failures,
    hosts::room,
    hosts::disks,
    versions::versions,
    immutable::immutables,
    hosts::hosts,
    hosts::files,
    user_check::checks,
    program::programs,
    program::settings,
    document::documents,
    services::services,
    not_read::readings,
    objects::objects,
    balancer::balancers,
    boot_order::orders,
    packet_filter::filters,
    target::capabilities,
    target::fields,
    target::networks,
    target::links,
    target::systems,
    target::seeds,
    target::room,
    target::writing,
    machines::recorded,
];

/// `143 flags and 12 fields`, without those that there are none of; empty if there are none at all.
fn counted(counts: &[(usize, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = some.map(|(count, noun)| Count(*count, noun).to_string()).collect();
    said.join(" and ")
}

impl Verdict {
    /// What a rule proves, unless it found an error.
    fn of(problems: Vec<Diagnostic>, proof: Proof) -> Self {
        let whole = !proof.statement.is_empty() && !problems.iter().any(Diagnostic::is_error);
        Self { problems, proof: whole.then_some(proof), ..Self::default() }
    }
}

impl From<Vec<Diagnostic>> for Verdict {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self { problems, ..Self::default() }
    }
}

impl<'p> Evidence<'_, 'p> {
    /// What is wrong with each machine; machines are alike, so the same at the same place is reported of the first.
    fn on_each(&self, mut rule: impl FnMut(&Sample<'p>) -> Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        let mut known = HashSet::new();
        for sample in self.samples {
            let found = rule(sample);
            let new: Vec<_> = found.into_iter().filter(|p| !known.contains(&(p.code, p.labels[0].span))).collect();
            known.extend(new.iter().map(|p| (p.code, p.labels[0].span)));
            problems.extend(new);
        }
        problems
    }
}

/// The errors of one machine, from the rules that look at what is written: at a value that this machine has and the others
/// of its kind have not. The samples of the evidence are not asked for. Then whether nothing but the machine, the versions of its
/// applications and what all machines share was looked at for that.
pub fn machine(evidence: &Evidence<'_, '_>, sample: &Sample<'_>) -> (Vec<Diagnostic>, bool) {
    let mut problems = program::of_machine(evidence.model, sample);
    problems.extend(document::of_machine(evidence, sample));
    problems.retain(Diagnostic::is_error);
    (problems, !document::looks_beyond(evidence.model, sample))
}

/// What all rules say.
#[derive(Debug, Default)]
pub struct Verified {
    pub problems: Vec<Diagnostic>,
    pub proofs: Vec<Proof>,
    pub gaps: Vec<Gap>,
    pub user_data: Vec<Budget>,
}

/// Runs all rules.
pub fn verify(evidence: &Evidence<'_, '_>) -> Verified {
    let (mut verified, sources) = (Verified::default(), &evidence.model.program.sources);
    for verdict in RULES.iter().map(|rule| rule(evidence)) {
        verified.problems.extend(verdict.problems);
        verified.proofs.extend(verdict.proof);
        verified.gaps.extend(verdict.gaps);
        verified.user_data.extend(verdict.user_data);
    }
    drop_repeated(&mut verified.problems);
    // A file that the model reads is not edited: other programs may write it.
    let is_own = |fix: &Fix| fix.edits.iter().all(|edit| sources.pasted_by(edit.span).is_none());
    verified.problems.iter_mut().for_each(|problem| problem.fixes.retain(is_own));
    verified
}

/// Drops what writing for a target says again of what a rule found: the same words, in any order.
fn drop_repeated(problems: &mut Vec<Diagnostic>) {
    let words = |problem: &Diagnostic| {
        let mut words: Vec<String> = problem.message.split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let of_target = |problem: &Diagnostic| problem.code == Code::TargetLimit;
    if problems.iter().any(of_target) {
        let found: HashSet<_> = problems.iter().filter(|problem| !of_target(problem)).map(words).collect();
        problems.retain(|problem| !of_target(problem) || !found.contains(&words(problem)));
    }
}
