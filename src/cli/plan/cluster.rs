//! The cluster's own facts.

use std::io::{self, Write};

use ipnet::IpNet;

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::model::nodes::NodeRange;
use crate::text::List;

/// `Cluster ha`, its version, ranges and targets.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let (look, cluster) = (page.look, &page.model().cluster);
    writeln!(out, "{} {}", look.bold("Cluster"), look.name(&cluster.name))?;
    let targets: Vec<_> = page.model().targets.iter().map(|target| &*target.name).collect();
    let ranges = |list: &[IpNet]| if list.is_empty() { String::new() } else { List::of(list).to_string() };
    let before = [
        ("kubernetes", cluster.kubernetes.to_string()),
        ("pods", ranges(&cluster.pods)),
        ("services", ranges(&cluster.services)),
    ];
    let after = [
        ("domain", cluster.domain.to_string()),
        ("api names", cluster.extra_names.join(", ")),
        ("target", targets.join(", ")),
    ];
    let nodes =
        cluster.nodes.iter().enumerate().map(|(place, range)| (if place == 0 { "nodes" } else { " " }, nodes(range)));
    let rows = before.into_iter().chain(nodes).chain(after).filter(|(_, value)| !value.is_empty());
    let rows: Vec<_> = rows.map(|(name, value)| vec![Cell::dim(name), Cell::plain(value)]).collect();
    table(out, look, 2, &rows)?;
    writeln!(out)
}

/// `10.10.0.0/24 of `berlin`, gateway 10.10.0.1, resolver 10.10.0.1`.
fn nodes(range: &NodeRange) -> String {
    let second = range.second.map_or(String::new(), |second| format!(" and {}", second.range));
    let place = range.place.as_ref().map_or(String::new(), |place| format!(" of `{place}`"));
    let gateways = List::of(range.gateways()).and();
    format!("{}{second}{place}, gateway {gateways}, resolver {}", range.range, List::of(&range.dns))
}
