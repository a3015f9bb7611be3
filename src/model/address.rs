//! Addresses inside the cluster's node range.
//!
//! What the lock gave out stays as it is; the rest is filled in source order from the start of the range, and addresses
//! of applications from its end, so that growing a group keeps all other addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::hash::HashSet;

/// Gives out the addresses of one range, each once.
#[derive(Debug)]
pub struct Allocator {
    range: IpNet,
    taken: HashSet<u128>,
    /// Those that are wanted by name later on, and given to nobody before.
    held: HashSet<u128>,
    /// How many of those that machines could have had the platforms keep for themselves.
    reserved: u128,
    /// Parts of the range that others give out, such as a pool of MetalLB.
    left: Vec<IpNet>,
    /// Next offset to try for machines.
    low: u128,
    /// Next offset to try for applications, going down.
    high: u128,
    size: u128,
}

/// The machines of a range of at least 64 addresses start here: what comes before is left to routers and people.
const FIRST_OFFSET: u128 = 10;

impl Allocator {
    /// An allocator for a range; its network, broadcast and gateway addresses are never allocated.
    pub fn new(range: IpNet, gateway: IpAddr) -> Self {
        let size = size_of(range);
        let low = if size >= 64 { FIRST_OFFSET } else { 1 };
        let mut allocator = Self {
            range,
            taken: HashSet::default(),
            held: HashSet::default(),
            reserved: 0,
            left: Vec::new(),
            low,
            high: size.saturating_sub(2),
            size,
        };
        allocator.take(gateway);
        allocator
    }

    /// The range whose addresses it gives out.
    pub fn range(&self) -> IpNet {
        self.range
    }

    /// Never gives out these addresses, which the platform of a target keeps for itself.
    pub fn reserve(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        for address in addresses {
            let place = bits(address).wrapping_sub(bits(self.range.network()));
            let new = !self.taken.contains(&bits(address)) && self.held.insert(bits(address));
            self.reserved += u128::from(new && (self.low..self.size.saturating_sub(1)).contains(&place));
        }
    }

    /// Marks an address as taken; whether it was free and inside the range.
    pub fn take(&mut self, address: IpAddr) -> bool {
        self.range.contains(&address) && self.taken.insert(bits(address))
    }

    /// Keeps an address for who asks for it.
    pub fn hold(&mut self, address: IpAddr) {
        self.held.insert(bits(address));
    }

    /// Leaves parts of the range to others: from them an address is only given to who asks for that one.
    pub fn leave(&mut self, parts: impl Iterator<Item = IpNet>) {
        let (range, inside) = (self.range, |part: &IpNet| part.prefix_len() > self.range.prefix_len());
        self.left = parts.filter(|part| inside(part) && range.contains(part)).collect();
    }

    /// The offset behind the part that is left to others and has this one, or before it.
    fn skip(&self, address: IpAddr) -> Option<(u128, u128)> {
        let part = self.left.iter().find(|part| part.contains(&address))?;
        let start = bits(part.network()) - bits(self.range.network());
        Some((start.saturating_sub(1), start + size_of(*part)))
    }

    /// Whether an address has been given out.
    pub fn is_taken(&self, address: IpAddr) -> bool {
        self.taken.contains(&bits(address))
    }

    /// The next free address from the start; `None` when the range is full.
    pub fn next_from_start(&mut self) -> Option<IpAddr> {
        while self.low + 1 < self.size {
            let address = nth(self.range, self.low)?;
            if let Some((_, behind)) = self.skip(address) {
                self.low = behind;
                continue;
            }
            self.low += 1;
            if !self.held.contains(&bits(address)) && self.taken.insert(bits(address)) {
                return Some(address);
            }
        }
        None
    }

    /// The next free address from this one on; `None` when there is none.
    pub fn next_after(&mut self, start: IpAddr) -> Option<IpAddr> {
        let mut offset = bits(start).checked_sub(bits(self.range.network()))?;
        while offset + 1 < self.size {
            let address = nth(self.range, offset)?;
            if let Some((_, behind)) = self.skip(address) {
                offset = behind;
                continue;
            }
            offset += 1;
            if offset > 1 && !self.held.contains(&bits(address)) && self.taken.insert(bits(address)) {
                return Some(address);
            }
        }
        None
    }

    /// The next free address from the end; `None` when the range is full.
    pub fn next_from_end(&mut self) -> Option<IpAddr> {
        while self.high > 0 {
            let address = nth(self.range, self.high)?;
            if let Some((before, _)) = self.skip(address) {
                self.high = before;
                continue;
            }
            self.high -= 1;
            if !self.held.contains(&bits(address)) && self.taken.insert(bits(address)) {
                return Some(address);
            }
        }
        None
    }

    /// How many machines the range can hold at most.
    pub fn capacity(&self) -> u128 {
        let usual = self.size.saturating_sub(if self.size >= 64 { FIRST_OFFSET + 1 } else { 3 });
        let left = self.left.iter().fold(0_u128, |sum, part| sum.saturating_add(size_of(*part)));
        usual.saturating_sub(self.reserved).saturating_sub(left)
    }
}

/// The number of addresses of a range; 2^127 also means anything larger.
pub fn size_of(range: IpNet) -> u128 {
    let host_bits = u32::from(range.max_prefix_len() - range.prefix_len());
    1u128.checked_shl(host_bits).filter(|_| host_bits < 128).unwrap_or(1 << 127)
}

/// The n-th address of a range; `None` when it has fewer.
pub fn nth(range: IpNet, n: u128) -> Option<IpAddr> {
    if n >= size_of(range) {
        return None;
    }
    let value = bits(range.network()) + n;
    Some(match range {
        IpNet::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(value).ok()?)),
        IpNet::V6(_) => IpAddr::V6(Ipv6Addr::from(value)),
    })
}

/// An address as a number.
pub fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Addresses in order, as runs of consecutive ones: the first and the last of each.
pub fn runs(addresses: impl Iterator<Item = IpAddr>) -> Vec<(IpAddr, IpAddr)> {
    let mut list: Vec<IpAddr> = addresses.collect();
    list.sort_unstable();
    let mut runs: Vec<(IpAddr, IpAddr)> = Vec::new();
    for address in list {
        match runs.last_mut() {
            Some((_, last)) if last.is_ipv4() == address.is_ipv4() && bits(address) - bits(*last) <= 1 => {
                *last = address
            }
            _ => runs.push((address, address)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allocator(range: &str, gateway: &str) -> Allocator {
        Allocator::new(range.parse().unwrap(), gateway.parse().unwrap())
    }

    #[test]
    fn machines_come_from_the_start_and_applications_from_the_end() {
        let mut a = allocator("10.0.0.0/24", "10.0.0.1");
        assert_eq!(a.next_from_start().unwrap().to_string(), "10.0.0.10");
        assert_eq!(a.next_from_end().unwrap().to_string(), "10.0.0.254");
    }

    #[test]
    fn a_small_range_runs_out_without_giving_the_gateway() {
        let mut a = allocator("10.0.0.0/29", "10.0.0.1");
        let all: Vec<_> = std::iter::from_fn(|| a.next_from_start()).map(|ip| ip.to_string()).collect();
        assert_eq!(all, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
    }

    #[test]
    fn a_reserved_address_is_not_allocated() {
        let mut a = allocator("10.0.0.0/29", "10.0.0.1");
        a.reserve(["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.7"].map(|a| a.parse().unwrap()));
        assert_eq!(a.capacity(), 3);
        assert_eq!(a.next_from_end().unwrap().to_string(), "10.0.0.6");
        let rest: Vec<_> = std::iter::from_fn(|| a.next_from_start()).map(|ip| ip.to_string()).collect();
        assert_eq!(rest, ["10.0.0.4", "10.0.0.5"]);
    }

    #[test]
    fn parts_of_others_are_left_out() {
        let mut a = allocator("10.0.0.0/24", "10.0.0.1");
        a.leave(["10.0.0.12/30", "10.0.0.248/29", "10.0.0.0/24"].map(|part| part.parse().unwrap()).into_iter());
        let low: Vec<_> = (0..4).filter_map(|_| a.next_from_start()).map(|ip| ip.to_string()).collect();
        assert_eq!(low, ["10.0.0.10", "10.0.0.11", "10.0.0.16", "10.0.0.17"]);
        assert_eq!(a.next_from_end().unwrap().to_string(), "10.0.0.247");
        assert_eq!(a.capacity(), 245 - 12);
    }

    #[test]
    fn an_address_is_looked_for_from_a_place_on() {
        let mut a = allocator("10.0.0.0/24", "10.0.0.1");
        a.take("10.0.0.21".parse().unwrap());
        let mut from = |start: &str| a.next_after(start.parse().unwrap()).map(|ip| ip.to_string());
        let found = [from("10.0.0.20"), from("10.0.0.20"), from("10.0.0.0"), from("10.0.0.254"), from("10.0.0.254")];
        let found: Vec<_> = found.iter().map(|one| one.as_deref().unwrap_or("-")).collect();
        assert_eq!(found, ["10.0.0.20", "10.0.0.22", "10.0.0.2", "10.0.0.254", "-"]);
    }

    #[test]
    fn consecutive_addresses_are_one_run() {
        let list = ["10.0.0.9", "10.0.0.7", "10.0.0.8", "10.0.1.1", "fd00::1", "10.0.0.9"].map(|a| a.parse().unwrap());
        let shown: Vec<_> = runs(list.into_iter()).iter().map(|(a, b)| format!("{a}-{b}")).collect();
        assert_eq!(shown, ["10.0.0.7-10.0.0.9", "10.0.1.1-10.0.1.1", "fd00::1-fd00::1"]);
    }

    #[test]
    fn ipv6_counts_too() {
        let mut a = allocator("fd00::/64", "fd00::1");
        assert_eq!(a.next_from_start().unwrap().to_string(), "fd00::a");
        assert_eq!(size_of("::/0".parse().unwrap()), 1 << 127);
    }
}
