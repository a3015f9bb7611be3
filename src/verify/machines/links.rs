//! Network interfaces of machines: whether packets of one size arrive on all of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diag::Code;
use crate::model::host_facts::HostFacts;

use super::{Misfit, Wanted};

/// What a link of IPv6 has to take (RFC 8200, section 5), and with it what a network of pods can be without a fault.
const LEAST: u32 = 1280;

pub(super) fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    let link = facts.link_of(wanted.address).and_then(|(name, link)| Some((name, link.mtu?)));
    let small = link.filter(|(_, mtu)| *mtu < LEAST && wanted.kubelet.is_some());
    let of = |(name, mtu): (&str, u32)| {
        let message = format!(
            "its interface {name} has an MTU of {mtu}: networks of pods need {LEAST} and what encapsulation adds"
        );
        Misfit::new(Code::HostPath, message, "set the MTU of the link as its network has it, mostly 1500")
    };
    small.into_iter().map(of).collect()
}

/// Machines whose link has another MTU than most have: one of both sides drops what the other sends.
pub fn unlike<'n, 'f>(machines: impl Iterator<Item = (&'n str, &'f HostFacts, IpAddr)>) -> Vec<(&'n str, Misfit)> {
    let link = |(name, facts, address): (&'n str, &'f HostFacts, IpAddr)| {
        let (link, mtu) = facts.link_of(address).and_then(|(link, own)| Some((link, own.mtu?)))?;
        // An address on loopback is reached through any of the others.
        (link != "lo").then_some((name, link, mtu))
    };
    let all: Vec<_> = machines.filter_map(link).collect();
    let mut count: BTreeMap<u32, usize> = BTreeMap::new();
    all.iter().for_each(|(_, _, mtu)| *count.entry(*mtu).or_default() += 1);
    // Of two that are as frequent, the larger one: the smaller one is set by hand more rarely.
    let Some((most, _)) = count.into_iter().max_by_key(|(mtu, count)| (*count, *mtu)) else { return Vec::new() };
    let of = |(name, link, mtu): &(&'n str, &str, u32)| {
        let message = format!("its interface {link} has an MTU of {mtu}, and those of other machines one of {most}");
        let help = "set the same MTU on all links of one network: larger packets are lost, and connections hang";
        (*name, Misfit::new(Code::HostUnwise, message, help))
    };
    all.iter().filter(|(_, _, mtu)| *mtu != most).map(of).collect()
}
