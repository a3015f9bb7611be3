//! What is proved of a model before anything is written. One file a proof.

use crate::diag::Diagnostic;
use crate::model::Model;

use super::{Pki, Proof};

mod address;
mod capacity;
mod connection;
mod firewall;
mod front;
mod host;
mod interface;
mod judgement;
mod nameless;
mod port;
pub mod quorum;
mod rotation;
mod single;
mod version;

/// A proof: what holds, and the problems where it does not.
type Prove = fn(&Model<'_>, &Pki, &mut Vec<Diagnostic>) -> Proof;

/// Runs all proofs.
pub fn prove(model: &Model<'_>, pki: &Pki, proofs: &mut Vec<Proof>, problems: &mut Vec<Diagnostic>) {
    let list: [Prove; 11] = [
        connection::prove,
        interface::prove,
        address::prove,
        port::prove,
        firewall::prove,
        quorum::prove,
        single::prove,
        capacity::prove,
        version::prove,
        host::prove,
        judgement::prove,
    ];
    for prove in list {
        let before = problems.len();
        let proof = prove(model, pki, problems);
        let whole = problems[before..].iter().all(|problem| !problem.is_error());
        if whole && !proof.statement.is_empty() {
            proofs.push(proof);
        }
    }
}
