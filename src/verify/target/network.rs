//! What the network of the target does with the addresses of the model.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::facts::network::{Network, SubnetOf, network};
use crate::model::address::bits;
use crate::model::nodes::NodeRange;
use crate::model::{Model, Target};
use crate::plan::Proof;
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::text::{Count, List};
use crate::verify::{Evidence, Verdict};

/// The platform reserves none of the addresses, and the machines of each zone fit in a subnet of their own where it wants that.
pub fn networks(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let Some(target) = model.targets.first() else { return Verdict::default() };
    let Some(network) = network(&target.name) else { return Verdict::default() };
    let mut problems = reserved(model, target, network);
    problems.extend(zones(model, target, network));
    let count = owners(model).count();
    let kept = all_reserved(model, network).len();
    let statement = match (count, kept) {
        (0, _) | (_, 0) => String::new(),
        _ => format!("{}: none is reserved by `{}`", Count(count, "address"), target.name),
    };
    Verdict::of(problems, Proof { name: "network", statement, count })
}

/// Who has an address, and where that is written: machines, then what applications share.
fn owners<'m>(model: &'m Model<'_>) -> impl Iterator<Item = (String, IpAddr, Span)> + use<'m> {
    let machines = model.machines.iter().map(|machine| {
        let group = &model.groups[machine.group as usize];
        (format!("`{}`", machine.name), machine.address, group.span)
    });
    let shared = model.apps().flat_map(|(_, app)| {
        app.addresses.iter().map(|address| (format!("the address of `{}`", app.name), *address, app.span))
    });
    machines.chain(shared)
}

fn reserved(model: &Model<'_>, target: &Target, network: &Network) -> Vec<Diagnostic> {
    let kept = all_reserved(model, network);
    let found = owners(model).filter(|(_, address, _)| kept.contains(address));
    found.map(|owner| is_reserved(model, target, network, owner)).collect()
}

/// What the platform keeps for itself of each range.
fn all_reserved(model: &Model<'_>, network: &Network) -> Vec<IpAddr> {
    model.cluster.nodes.ranges().into_iter().flat_map(|range| network.reserved(range)).collect()
}

fn is_reserved(model: &Model<'_>, target: &Target, network: &Network, owner: (String, IpAddr, Span)) -> Diagnostic {
    let (name, address, span) = owner;
    let nodes = &model.cluster.nodes;
    let subnet = nodes.holding(address).unwrap_or(nodes.first());
    let message = format!("{name} is {address}, which `{}` reserves in every subnet", target.name);
    let help = format!(
        "pin another address of {}: `{}` reserves {}. An address that is not set in the model is from `kmodel.lock`",
        subnet.range,
        target.name,
        List::of(network.reserved(subnet.range).iter().map(IpAddr::to_string)).and()
    );
    Diagnostic::new(Code::AddressReserved, span, message)
        .label(target.span, "the target")
        .label(subnet.span, "the subnet")
        .help(help)
}

/// Where a subnet is in one zone: zones whose addresses no two subnets can hold. Each range has subnets of its own.
fn zones(model: &Model<'_>, target: &Target, network: &Network) -> Option<Diagnostic> {
    network.subnet_of.as_ref().filter(|fact| fact.value == SubnetOf::Zone)?;
    let smallest = network.smallest.as_ref().map_or(u8::MAX, |fact| fact.value);
    let mut each = (0..).zip(model.cluster.nodes.iter());
    each.find_map(|(place, range)| shared(model, target, (range, &subnets(model, place, smallest))))
}

/// The zones that share a subnet of a range.
fn shared(
    model: &Model<'_>,
    target: &Target,
    (range, subnets): (&NodeRange, &BTreeMap<&Name, Zone>),
) -> Option<Diagnostic> {
    let list: Vec<_> = subnets.iter().collect();
    let pairs = list.iter().enumerate().flat_map(|(place, a)| list[place + 1..].iter().map(move |b| (a, b)));
    let (a, b) = pairs.into_iter().find(|(a, b)| a.1.range.contains(&b.1.range) || b.1.range.contains(&a.1.range))?;
    let message = format!(
        "machines in the zones `{}` and `{}` would be in one subnet, but on `target {}` a subnet is in one zone",
        a.0, b.0, target.name
    );
    let mut problem = Diagnostic::new(Code::ZoneSubnet, b.1.span, message);
    if a.1.span != b.1.span {
        problem = problem.label(a.1.span, format!("the first machines of `{}`", a.0));
    }
    let whose = if model.cluster.nodes.is_single() { "the range of all machines" } else { "the range of both" };
    Some(problem.label(range.span, whose).help(apart(range, subnets)))
}

fn apart(range: &NodeRange, subnets: &BTreeMap<&Name, Zone>) -> String {
    let firsts = blocks(range.range, subnets.len()).into_iter().zip(subnets.keys());
    let firsts = firsts.map(|(first, zone)| format!("`first-address = {first}` in `{zone}`"));
    let ranges = subnets.keys().map(|zone| format!("{zone} = ..."));
    format!(
        "write a machine group for each zone, and give each group a part of the range: {}; or give each zone a range: \
         `nodes = {{ {} }}`",
        List::of(firsts).and(),
        List::of(ranges)
    )
}

/// The machines of a zone.
struct Zone {
    /// The smallest range that holds them.
    range: IpNet,
    /// The group of the first.
    span: Span,
}

/// The zones whose machines are in the range at a place.
fn subnets<'m>(model: &'m Model<'_>, place: u32, smallest: u8) -> BTreeMap<&'m Name, Zone> {
    let mut zones: BTreeMap<&Name, Zone> = BTreeMap::new();
    for machine in model.machines.iter().filter(|machine| machine.range == place) {
        let Some(zone) = &machine.zone else { continue };
        let span = model.groups[machine.group as usize].span;
        let zone = zones.entry(zone).or_insert_with(|| Zone { range: around(machine.address, smallest), span });
        while !zone.range.contains(&machine.address) {
            let Some(wider) = zone.range.supernet() else { break };
            zone.range = wider;
        }
    }
    zones
}

/// The subnet of the smallest size that holds an address.
fn around(address: IpAddr, smallest: u8) -> IpNet {
    let alone = IpNet::from(address);
    IpNet::new(address, smallest.min(alone.prefix_len())).map_or(alone, |net| net.trunc())
}

/// The first addresses for machines in equal parts of a range.
fn blocks(nodes: IpNet, count: usize) -> Vec<IpAddr> {
    let shift = usize::BITS - count.saturating_sub(1).leading_zeros();
    let prefix = u32::from(nodes.prefix_len()) + shift;
    let parts = u8::try_from(prefix).ok().and_then(|prefix| nodes.subnets(prefix).ok()).into_iter().flatten();
    let first = |part: IpNet| {
        let size = bits(part.broadcast()) - bits(part.network());
        crate::model::address::nth(part, if size >= 31 { 10 } else { 4.min(size) })
    };
    parts.take(count).filter_map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_shared_out_in_equal_parts() {
        let of = |nodes: &str, count| -> Vec<String> {
            blocks(nodes.parse().unwrap(), count).iter().map(IpAddr::to_string).collect()
        };
        assert_eq!(of("10.10.0.0/24", 3), ["10.10.0.10", "10.10.0.74", "10.10.0.138"]);
        assert_eq!(of("10.10.0.0/28", 2), ["10.10.0.4", "10.10.0.12"]);
        assert!(of("10.10.0.0/32", 2).is_empty());
    }
}
