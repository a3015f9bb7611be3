//! Pools of addresses that a network or a load balancer of the cluster gives out: to pods, and to services.
//!
//! Source: docs.tigera.io/calico/latest/reference/resources/ippool (cidr, disabled, allowedUses), metallb.io/configuration
//! (IPAddressPool), docs.cilium.io/en/stable/network/lb-ipam (blocks).

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::text::List;
use crate::verify::locate::Step;

use super::inventory::{Found, at};

/// What is wrong with the pools of the model.
pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let of = |found: &Found<'_, '_>| match (found.api().split('/').next().unwrap_or_default(), found.kind()) {
        ("crd.projectcalico.org" | "projectcalico.org", "IPPool") => of_pods(model, found),
        ("metallb.io", "IPAddressPool") => taken(model, found, at(&found.object, "spec.addresses[]")),
        ("cilium.io", "CiliumLoadBalancerIPPool") => taken(model, found, at(&found.object, "spec.blocks[].cidr")),
        _ => None,
    };
    list.iter().filter_map(of).collect()
}

/// A pool of pods outside of the range that everything else of the cluster takes for theirs.
fn of_pods(model: &Model<'_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let spec = &found.object["spec"];
    let uses = spec["allowedUses"].as_array();
    let is_of_pods = uses.is_none_or(|uses| uses.iter().any(|one| one == "Workload"));
    let (way, text) = at(&found.object, "spec.cidr").into_iter().next()?;
    let range: IpNet = text.as_str()?.parse().ok()?;
    let pods = &model.cluster.pods;
    let is_inside = pods.iter().any(|own| own.contains(&range));
    if is_inside || !is_of_pods || spec["disabled"] == true {
        return None;
    }
    let message =
        format!("{} gives pods addresses of `{range}`, which is outside `pods` {}", found.title(), List::of(pods));
    let found = Diagnostic::new(Code::AddressOutsideRange, found.span(model, &way), message);
    Some(found.help("use `pods` or a part of it"))
}

/// Addresses for services that a machine has, or that are those of pods and services inside of the cluster.
fn taken(model: &Model<'_>, found: &Found<'_, '_>, ranges: Vec<(Vec<Step>, &Json)>) -> Option<Diagnostic> {
    ranges.into_iter().find_map(|(way, text)| {
        let text = text.as_str()?;
        let (first, last) = ends(text)?;
        let is_in = |address: IpAddr| first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address);
        let machine = model.machines.iter().find(|machine| is_in(machine.address));
        let named = [("pods", &model.cluster.pods), ("services", &model.cluster.services)];
        let meets = |range: &IpNet| is_in(range.network()) || range.contains(&first);
        let inner = named.into_iter().find_map(|(name, ranges)| Some((name, ranges.iter().find(|one| meets(one))?)));
        let (code, why) = match (machine, inner) {
            (Some(machine), _) => {
                (Code::AddressTaken, format!("{} is the address of `{}`", machine.address, machine.name))
            }
            (None, Some((name, range))) => (Code::OverlappingRanges, format!("`{name}` is {range}")),
            (None, None) => return None,
        };
        let message = format!("{} gives out `{text}`, but {why}", found.title());
        let problem = Diagnostic::new(code, found.span(model, &way), message);
        Some(problem.help("use addresses that no machine has, and that are in no range of the cluster"))
    })
}

/// The first and the last address of `10.0.0.1-10.0.0.9` or `10.0.0.0/28`.
fn ends(text: &str) -> Option<(IpAddr, IpAddr)> {
    if let Some((first, last)) = text.split_once('-') {
        return Some((first.trim().parse().ok()?, last.trim().parse().ok()?));
    }
    let range: IpNet = text.trim().parse().ok()?;
    Some((range.network(), range.broadcast()))
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn ranges_are_read_in_both_forms() {
        let address = |text: &str| text.parse().expect("an address");
        let wanted = Some((address("10.0.0.0"), address("10.0.0.15")));
        assert_eq!((ends("10.0.0.0/28"), ends("10.0.0.0 - 10.0.0.15")), (wanted, wanted));
        assert_eq!((ends("any"), ends("10.0.0.1-")), (None, None));
    }
}
