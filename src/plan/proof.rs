//! What is proved of a model before anything is written. One file a proof.

use crate::diag::Diagnostic;
use crate::model::Model;

use super::{Pki, Proof};

mod address;
mod connection;
mod judgement;
mod port;
mod quorum;
mod version;

/// A proof: what holds, and the problems where it does not.
type Prove = fn(&Model<'_>, &Pki, &mut Vec<Diagnostic>) -> Proof;

/// Runs all proofs.
pub fn prove(model: &Model<'_>, pki: &Pki, proofs: &mut Vec<Proof>, problems: &mut Vec<Diagnostic>) {
    let list: [Prove; 6] =
        [connection::prove, address::prove, port::prove, quorum::prove, version::prove, judgement::prove];
    for prove in list {
        let before = problems.len();
        let proof = prove(model, pki, problems);
        // That no two programs meet is nothing to tell.
        let telling = proof.name != "versions" || proof.count > 0;
        if telling && problems[before..].iter().all(|problem| !problem.is_error()) {
            proofs.push(proof);
        }
    }
}
