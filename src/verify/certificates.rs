//! Certificates: every connection verifies, and what is issued can be used and renewed.

use super::{Evidence, Verdict};

mod backends;
mod connection;
mod missing_sans;
mod rotation;
mod unused;

/// Names that are dialled are in certificates, and both ends trust them.
pub fn connections(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = connection::verify(evidence.model, evidence.pki, &mut problems);
    problems.extend(unused::find(evidence));
    Verdict::of(problems, proof)
}
