//! Gives out addresses of all ranges of `nodes`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address::Allocator;
use super::nodes::{NodeRange, Nodes, same_place};

/// One allocator for each range, in their order.
#[derive(Debug)]
pub struct Allocators(Vec<Allocator>);

impl Allocators {
    /// Those of ranges in which nothing is given out yet.
    pub fn new(nodes: &Nodes) -> Self {
        Self(nodes.iter().map(allocator).collect())
    }

    /// That of the range at a place.
    pub fn of(&mut self, range: u32) -> &mut Allocator {
        &mut self.0[range as usize]
    }

    /// Never gives out what the platform of a target keeps for itself in each range.
    pub fn reserve(&mut self, kept: impl Fn(IpNet) -> Vec<IpAddr>) {
        for allocator in &mut self.0 {
            let addresses = kept(allocator.range());
            allocator.reserve(addresses);
        }
    }

    /// Marks an address as taken; whether it was free and inside a range.
    pub fn take(&mut self, address: IpAddr) -> bool {
        self.0.iter_mut().any(|allocator| allocator.take(address))
    }

    /// Keeps an address for who asks for it.
    pub fn hold(&mut self, address: IpAddr) {
        self.0.iter_mut().for_each(|allocator| allocator.hold(address));
    }

    /// Leaves parts of the ranges to others.
    pub fn leave(&mut self, parts: impl Iterator<Item = IpNet> + Clone) {
        self.0.iter_mut().for_each(|allocator| allocator.leave(parts.clone()));
    }
}

/// No machine has the place of a gateway, in either family.
fn allocator(nodes: &NodeRange) -> Allocator {
    let mut allocator = Allocator::new(nodes.range, nodes.gateway);
    let second = nodes.second.and_then(|second| same_place(second.range, second.gateway?, nodes.range));
    if let Some(address) = second {
        allocator.take(address);
    }
    allocator
}
