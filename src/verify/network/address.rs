//! Addresses: all ranges are disjoint, both ways, each family on its own; each has room for its allocations, and each
//! address is where it has to be.

use crate::diag::Diagnostic;
use crate::model::Model;
use crate::plan::Proof;

mod capacity;
mod family;
mod free;
mod member;
mod overlap;
mod range;

pub use member::outside;
use range::Ranges;

/// Compares every pair of ranges, and looks into each.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let ranges = range::collect(model, problems);
    overlap::verify(model, &ranges, problems);
    family::verify(model, problems);
    capacity::verify(model, &ranges, problems);
    member::verify(model, problems);
    Proof { name: "addresses", statement: statement(&ranges), count: ranges.list.len() }
}

/// `no range overlaps another: pods 10.244.0.0/16, ...; pods for 256 nodes`.
fn statement(ranges: &Ranges) -> String {
    let known = ranges.list.iter().filter(|range| range.known().is_none());
    let list: Vec<String> = known.map(|range| format!("{} {}", range.name.replace('`', ""), range.range)).collect();
    format!("no ranges overlap: {}", list.join(", "))
}
