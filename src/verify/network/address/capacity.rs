//! Each of the cluster's ranges has room for the shares that components take of it, and is no larger than they can handle.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::text::{Count, thousands};

use super::free;
use super::range::{Range, RangeKind, Ranges, Share};

/// Compares every share with the ranges that it is of.
pub(super) fn verify(model: &Model<'_>, ranges: &Ranges, problems: &mut Vec<Diagnostic>) {
    for share in &ranges.shares {
        for range in
            ranges.list.iter().filter(|range| matches!(range.kind, RangeKind::Cluster(name) if *name == *share.of))
        {
            problems.extend(check_range(model, ranges, range, share));
        }
    }
}

fn check_range(model: &Model<'_>, ranges: &Ranges, range: &Range, share: &Share) -> Option<Diagnostic> {
    let (own, whole) = (range.range.prefix_len(), range.range.max_prefix_len());
    if let Some(most) = share.host_bits.filter(|most| whole - own > *most) {
        let message = format!(
            "{} {} has {} host bits, but `{}` supports at most {most}",
            range.name,
            range.range,
            whole - own,
            model.app(share.app).name
        );
        return Some(large(model, ranges, range, share, message));
    }
    let prefix = share.prefix[free::family(range)]?;
    if prefix < own {
        let message = format!("{} {} is smaller than one allocation, a /{prefix}", range.name, range.range);
        return Some(small(model, ranges, range, share, message));
    }
    if let Some(most) = share.share_bits.filter(|most| prefix - own > *most) {
        let message = format!(
            "{} {} is {} bits shorter than one allocation, a /{prefix}, but `{}` supports at most {most}",
            range.name,
            range.range,
            prefix - own,
            model.app(share.app).name
        );
        return Some(large(model, ranges, range, share, message));
    }
    let room = room(ranges, range, prefix);
    if room >= share.count {
        return None;
    }
    let message = match prefix == whole {
        true => format!(
            "{} {} has {}, but at least {} are needed",
            range.name,
            range.range,
            Count(room, "address"),
            share.count
        ),
        false => format!(
            "{} {} has room for {} of /{prefix}, but {} {} needed",
            range.name,
            range.range,
            Count(room, "allocation"),
            thousands(share.count),
            if share.count == 1 { "is" } else { "are" }
        ),
    };
    Some(small(model, ranges, range, share, message))
}

/// How many shares there are: in all ranges of a family, if machines have several.
fn room(ranges: &Ranges, range: &Range, prefix: u8) -> u128 {
    let alike =
        ranges.list.iter().filter(|other| other.kind == range.kind && free::family(other) == free::family(range));
    let bits = alike.filter_map(|other| prefix.checked_sub(other.range.prefix_len()));
    bits.fold(0, |sum, bits| sum.saturating_add(1u128.checked_shl(bits.into()).unwrap_or(u128::MAX)))
}

fn small(model: &Model<'_>, ranges: &Ranges, range: &Range, share: &Share, message: String) -> Diagnostic {
    let problem = problem(model, Code::RangeTooSmall, range, share, message);
    let Some(least) = free::least(ranges, range) else { return problem.help("use a larger range") };
    let mut help = format!("a /{least} is the smallest range that fits, {}", growth(range, share, least));
    if let Some(free) = free::like(ranges, range, least.saturating_sub(1)) {
        help += &format!("; {free} is free");
    }
    problem.help(help)
}

/// How much a range of a size leaves beside what is taken.
fn growth(range: &Range, share: &Share, least: u8) -> String {
    let bits = share.prefix[free::family(range)].map_or(0, |prefix| prefix.saturating_sub(least));
    let left = 1u128.checked_shl(bits.into()).unwrap_or(u128::MAX).saturating_sub(share.count);
    match left {
        0 => "with no room to grow".to_owned(),
        _ => format!("with room for {} more", thousands(left)),
    }
}

fn large(model: &Model<'_>, ranges: &Ranges, range: &Range, share: &Share, message: String) -> Diagnostic {
    let problem = problem(model, Code::RangeTooLarge, range, share, message);
    let Some(limit) = free::limit(ranges, range) else { return problem };
    let part = ipnet::IpNet::new(range.range.addr(), limit).map_or(String::new(), |part| format!(", such as {part}"));
    problem.help(format!("the largest supported range is a /{limit}{part}"))
}

fn problem(model: &Model<'_>, code: Code, range: &Range, share: &Share, message: String) -> Diagnostic {
    let app = model.app(share.app);
    Diagnostic::new(code, range.span, message)
        .here(range.name.clone())
        .label(app.span, format!("`{}` allocates from it", app.name))
        .label(share.span, "the size of each allocation is set here")
}
