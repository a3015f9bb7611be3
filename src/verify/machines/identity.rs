//! Whether a machine is the one that the model means.

use crate::diag::Code;
use crate::model::host_facts::HostFacts;

use super::{Misfit, Wanted};

/// The names that `uname -m` has for architectures.
const ARCHITECTURES: [(&str, &str); 5] =
    [("amd64", "x86_64"), ("arm64", "aarch64"), ("ppc64le", "ppc64le"), ("s390x", "s390x"), ("riscv64", "riscv64")];

pub(super) fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    [address(facts, wanted), arch(facts, wanted)].into_iter().flatten().collect()
}

fn address(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let is_other = facts.has_addresses() && facts.link_of(wanted.address).is_none();
    let message = format!("none of its interfaces has the address {} of the model", wanted.address);
    let help = "correct `addresses` of the model, or where SSH goes (`hosts`), or give the machine this address";
    is_other.then(|| Misfit::new(Code::HostDiffers, message, help))
}

fn arch(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let (_, expected) = ARCHITECTURES.iter().find(|(name, _)| **name == *wanted.arch)?;
    let found = facts.arch.as_deref().filter(|found| found != expected)?;
    let known = ARCHITECTURES.iter().find(|(_, own)| *own == found).map(|(name, _)| *name);
    let help = known.map_or_else(|| "use another machine".to_owned(), |known| format!("set `arch = \"{known}\"`"));
    let message = format!("it is {found}, and the model says {}", wanted.arch);
    Some(Misfit::new(Code::HostDiffers, message, help))
}
