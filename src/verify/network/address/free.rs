//! Ranges that are free, and how small one may be.

use ipnet::IpNet;

use super::range::{Range, RangeKind, Ranges};
use crate::facts::range::known;

/// Whether two ranges share an address.
pub(super) fn meet(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// Which of two ranges to move, and where to: the smaller one as it is, else the larger one made smaller. What is not the
/// cluster's own to choose stays where it is.
pub(super) fn instead<'a>(ranges: &Ranges, a: &'a Range, b: &'a Range) -> Option<(&'a Range, IpNet)> {
    let (large, small) = if a.range.prefix_len() > b.range.prefix_len() { (b, a) } else { (a, b) };
    let usual = if small.range.max_prefix_len() > 32 { 48 } else { 16 };
    let order = [(small, small.range.prefix_len()), (large, usual)];
    let movable = |range: &Range| {
        matches!(range.kind, RangeKind::Cluster(_) | RangeKind::Component { option: Some(_), inside: None, .. })
    };
    order.into_iter().filter(|(range, _)| movable(range)).find_map(|(moved, prefix)| {
        let prefix = limit(ranges, moved).map_or(prefix, |limit| prefix.max(limit));
        Some((moved, like(ranges, moved, prefix)?))
    })
}

/// A free range of the family of another, with that prefix.
pub(super) fn like(ranges: &Ranges, moved: &Range, prefix: u8) -> Option<IpNet> {
    let others = ranges.list.iter().filter(|other| (other.span, &other.name) != (moved.span, &moved.name));
    let others: Vec<IpNet> = others.map(|other| other.range).chain(known().iter().map(|known| known.cidr)).collect();
    private(moved.range, prefix).find(|range| others.iter().all(|other| !meet(*other, *range)))
}

/// The longest prefix of a range that still has room for the shares taken of it.
pub(super) fn least(ranges: &Ranges, range: &Range) -> Option<u8> {
    let shares = of(ranges, range).filter(|share| share.count > 0);
    shares.filter_map(|share| share.prefix[family(range)]?.checked_sub(bits(share.count))).min()
}

/// The shortest prefix that the takers of a range allow.
pub(super) fn limit(ranges: &Ranges, range: &Range) -> Option<u8> {
    let whole = range.range.max_prefix_len();
    let limits = of(ranges, range).flat_map(|share| {
        let by_share =
            share.share_bits.zip(share.prefix[family(range)]).map(|(bits, prefix)| prefix.saturating_sub(bits));
        let by_host = share.host_bits.map(|bits| whole.saturating_sub(bits));
        [by_share, by_host]
    });
    limits.flatten().max()
}

fn of<'a>(ranges: &'a Ranges, range: &Range) -> impl Iterator<Item = &'a super::range::Share> + use<'a> {
    let name = match range.kind {
        RangeKind::Cluster(name) => name,
        _ => "",
    };
    ranges.shares.iter().filter(move |share| *share.of == *name)
}

/// The place of a range's family in a pair of IPv4 and IPv6.
pub(super) fn family(range: &Range) -> usize {
    usize::from(range.range.max_prefix_len() > 32)
}

/// How many bits tell that many apart.
pub(super) fn bits(count: u128) -> u8 {
    (128 - count.saturating_sub(1).leading_zeros()) as u8
}

/// Private ranges of one family and size. The first ones of `10.0.0.0/8` are in use wherever anything is.
fn private(like: IpNet, prefix: u8) -> Box<dyn Iterator<Item = IpNet>> {
    let net = |text: &str| text.parse::<IpNet>().expect("it is written as one");
    let parts = move |range: IpNet, skip| range.subnets(prefix).ok().into_iter().flatten().skip(skip).take(4096);
    match like {
        IpNet::V4(_) => {
            let rest = parts(net("172.16.0.0/12"), 0).chain(parts(net("192.168.0.0/16"), 0));
            Box::new(parts(net("10.0.0.0/8"), 1).chain(rest))
        }
        IpNet::V6(_) => {
            let blocks = net("fd00::/8").subnets(16).into_iter().flatten().skip(1);
            Box::new(blocks.filter_map(move |block| IpNet::new(block.addr(), prefix).ok().filter(|_| prefix >= 16)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn bits_tell_that_many_apart() {
        assert_eq!([1, 2, 3, 4, 5, 256, 257].map(bits), [0, 1, 2, 2, 3, 8, 9]);
    }
}
