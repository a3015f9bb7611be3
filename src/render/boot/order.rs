//! The order in which units start.

use std::collections::HashSet;

use crate::render::bundle::Unit;

/// Each unit after those of its machine that must be up first; else in the order given. A cycle is broken where it is
/// met, as systemd does: the proofs report it.
pub(super) fn order(units: &[Unit]) -> Vec<&Unit> {
    let mut list = Vec::with_capacity(units.len());
    let mut seen = HashSet::new();
    units.iter().for_each(|unit| visit(unit, units, &mut seen, &mut list));
    list
}

fn visit<'a>(unit: &'a Unit, units: &'a [Unit], seen: &mut HashSet<&'a str>, list: &mut Vec<&'a Unit>) {
    if !seen.insert(&unit.name) {
        return;
    }
    let needs = unit.after.iter().filter_map(|name| units.iter().find(|other| other.name == *name));
    needs.for_each(|other| visit(other, units, seen, list));
    list.push(unit);
}
