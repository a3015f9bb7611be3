//! Names that LXD and the kernel take.

use sha2::{Digest, Sha256};

use crate::diag::Code;
use crate::render::origin::What;
use crate::target::{Problem, TargetMachine};

/// The kernel's limit for the name of an interface: IFNAMSIZ without its NUL.
const BRIDGE_LENGTH: usize = 15;

/// The name of a cluster's bridge: `km-prod`; a longer name is cut, with some of its hash so that two stay apart.
pub fn bridge(cluster: &str) -> String {
    let whole = format!("km-{cluster}");
    if whole.len() <= BRIDGE_LENGTH {
        return whole;
    }
    let digest = Sha256::digest(cluster.as_bytes());
    format!("{}-{:02x}{:02x}", &whole[..BRIDGE_LENGTH - 5], digest[0], digest[1])
}

/// Why a machine's name cannot be that of an instance.
///
/// LXD takes host names (RFC 1123) that begin with a letter.
pub(super) fn problem(machine: &TargetMachine) -> Option<Problem> {
    let message = format!("`{}` is not a valid name for an LXD instance", machine.name);
    let help = "use at most 63 letters, digits and `-`, starting with a letter and not ending with `-`";
    let origin = What::Machines(machine.group.clone());
    (!is_host_name(&machine.name)).then(|| Problem::new(Code::TargetLimit, origin, message, help))
}

fn is_host_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain && name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_fits_the_kernel_and_is_its_own() {
        assert_eq!(bridge("prod"), "km-prod");
        let (a, b) = (bridge("production-europe"), bridge("production-asia"));
        assert!(a.len() <= BRIDGE_LENGTH && b.len() <= BRIDGE_LENGTH && a != b, "{a} {b}");
    }

    #[test]
    fn host_names() {
        assert!(is_host_name("cp-0") && is_host_name("a"));
        assert!(["", "0cp", "-a", "a-", "a_b", "a.b", &"a".repeat(64)].iter().all(|name| !is_host_name(name)));
    }
}
