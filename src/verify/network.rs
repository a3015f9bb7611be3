//! The network: what is related speaks alike, ranges are apart, ports are free, and firewalls let relations through.

use super::{Evidence, Verdict};

mod address;
mod firewall;
mod interface;
mod link;
mod packet;
mod port;

pub use address::outside;
pub use link::kinds;

/// Both ends of every relation speak the same interface.
pub fn interfaces(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = interface::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// Ranges are disjoint and have room, and addresses are where they have to be.
pub fn addresses(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = address::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// The network interfaces of machines can be set up as they are written.
pub fn links(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = link::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// Packets of pods fit into those of the interfaces that carry them.
pub fn packets(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = packet::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

/// No two listeners of a machine have the same port.
pub fn ports(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let (proof, gap) = port::verify(evidence, &mut problems);
    Verdict { gaps: gap.into_iter().collect(), ..Verdict::of(problems, proof) }
}

/// Firewalls admit what relations need.
pub fn firewalls(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = firewall::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}
