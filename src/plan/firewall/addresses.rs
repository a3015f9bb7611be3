//! Sets of addresses, as intervals.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::address::bits;

/// A set of addresses. INVARIANT: the intervals of a family are in order, and none touches another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// First and last of each interval, for IPv4 and for IPv6.
    families: [Vec<(u128, u128)>; 2],
}

/// The last address of each family.
const LAST: [u128; 2] = [u32::MAX as u128, u128::MAX];

impl Addresses {
    /// Every address there is.
    pub fn all() -> Self {
        Self { families: LAST.map(|last| vec![(0, last)]) }
    }

    /// The addresses of ranges.
    pub fn of_ranges(ranges: &[IpNet]) -> Self {
        Self::of(ranges.iter().map(|range| (range.network(), range.broadcast())))
    }

    /// The addresses from the first to the last of each run.
    pub fn of_runs(runs: &[(IpAddr, IpAddr)]) -> Self {
        Self::of(runs.iter().copied())
    }

    fn of(pairs: impl Iterator<Item = (IpAddr, IpAddr)>) -> Self {
        let mut set = Self::default();
        for (first, last) in pairs {
            set.families[usize::from(first.is_ipv6())].push((bits(first), bits(last)));
        }
        set.families.iter_mut().for_each(merge);
        set
    }

    /// Those of either.
    pub fn and(mut self, other: &Self) -> Self {
        for (own, more) in self.families.iter_mut().zip(&other.families) {
            own.extend(more);
            merge(own);
        }
        self
    }

    /// Those that are not in the other.
    pub fn without(&self, other: &Self) -> Self {
        let cut = |place: usize| cut(&self.families[place], &other.families[place]);
        Self { families: [cut(0), cut(1)] }
    }

    /// Those that are in both.
    pub fn within(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.families.iter().all(Vec::is_empty)
    }

    /// How many there are; capped.
    pub fn count(&self) -> u128 {
        let intervals = self.families.iter().flatten();
        intervals.fold(0, |sum: u128, (first, last)| sum.saturating_add((last - first).saturating_add(1)))
    }

    /// The intervals of a family, 0 for IPv4 and 1 for IPv6, first and last of each.
    pub fn intervals(&self, family: usize) -> impl Iterator<Item = (IpAddr, IpAddr)> + '_ {
        let address = move |value: u128| match family {
            0 => IpAddr::V4((value as u32).into()),
            _ => IpAddr::V6(value.into()),
        };
        self.families[family].iter().map(move |(first, last)| (address(*first), address(*last)))
    }

    /// Whether an address is among them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let value = bits(address);
        let list = &self.families[usize::from(address.is_ipv6())];
        let after = list.partition_point(|(first, _)| *first <= value);
        after > 0 && value <= list[after - 1].1
    }
}

/// Sorts intervals, and joins those that touch.
fn merge(list: &mut Vec<(u128, u128)>) {
    list.sort_unstable();
    let mut done: Vec<(u128, u128)> = Vec::with_capacity(list.len());
    for (first, last) in list.drain(..) {
        match done.last_mut() {
            Some(known) if first <= known.1.saturating_add(1) => known.1 = known.1.max(last),
            _ => done.push((first, last)),
        }
    }
    *list = done;
}

/// What is left of intervals without others; both in order.
fn cut(list: &[(u128, u128)], away: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut left = Vec::new();
    for (first, last) in list {
        let mut from = Some(*first);
        let start = away.partition_point(|(_, end)| end < first);
        for (begin, end) in away[start..].iter().take_while(|(begin, _)| begin <= last) {
            let Some(at) = from else { break };
            if at < *begin {
                left.push((at, begin - 1));
            }
            from = end.checked_add(1).filter(|next| next <= last);
        }
        left.extend(from.map(|at| (at, *last)));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(list: &[(u8, u8)]) -> Addresses {
        let address = |n: u8| IpAddr::V4([10, 0, 0, n].into());
        Addresses::of(list.iter().map(|(a, b)| (address(*a.min(b)), address(*a.max(b)))))
    }

    fn members(set: &Addresses) -> Vec<u8> {
        (0..=255).filter(|n| set.contains(IpAddr::V4([10, 0, 0, *n].into()))).collect()
    }

    proptest! {
        #[test]
        fn sets_are_those_of_their_members(a: Vec<(u8, u8)>, b: Vec<(u8, u8)>) {
            let (a, b) = (set(&a), set(&b));
            let (own, other) = (members(&a), members(&b));
            let without: Vec<u8> = own.iter().copied().filter(|n| !other.contains(n)).collect();
            let within: Vec<u8> = own.iter().copied().filter(|n| other.contains(n)).collect();
            prop_assert_eq!(members(&a.without(&b)), without);
            prop_assert_eq!(members(&a.within(&b)), within);
            let mut either = [own.clone(), other].concat();
            either.sort_unstable();
            either.dedup();
            prop_assert_eq!(members(&a.clone().and(&b)), either);
            prop_assert_eq!(a.count(), own.len() as u128);
        }
    }

    #[test]
    fn everything_has_no_end_beyond_it() {
        assert!(Addresses::all().without(&Addresses::all()).is_empty());
        assert!(Addresses::all().contains("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()));
    }
}
