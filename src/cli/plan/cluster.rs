//! The cluster's own facts.

use std::io::{self, Write};

use ipnet::IpNet;

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::text::List;

/// `Cluster ha`, its version, ranges and targets.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let (look, cluster) = (page.look, &page.model().cluster);
    writeln!(out, "{} {}", look.bold("Cluster"), look.name(&cluster.name))?;
    let targets: Vec<_> = page.model().targets.iter().map(|target| &*target.name).collect();
    let ranges = |list: &[IpNet]| if list.is_empty() { String::new() } else { List::of(list).to_string() };
    let rows = [
        ("kubernetes", cluster.kubernetes.to_string()),
        ("pods", ranges(&cluster.pods)),
        ("services", ranges(&cluster.services)),
        ("nodes", format!("{}, gateway {}, resolver {}", cluster.nodes, cluster.gateway, List::of(&cluster.dns))),
        ("domain", cluster.domain.to_string()),
        ("api names", cluster.extra_names.join(", ")),
        ("target", targets.join(", ")),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let rows: Vec<_> = rows.map(|(name, value)| vec![Cell::dim(name), Cell::plain(value)]).collect();
    table(out, look, 2, &rows)?;
    writeln!(out)
}
