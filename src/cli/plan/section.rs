//! The sections of a plan's text, in their order.

use std::io::{self, Write};

use crate::cli::table::wrap;
use crate::pki::Status;
use crate::text::{Count, thousands};

use super::page::Page;
use super::{address, certificate, cluster, machine, opening, proof, relation, step, version};

/// A section of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum PlanSection {
    Cluster,
    Machines,
    Versions,
    Addresses,
    Relations,
    Openings,
    Certificates,
    Order,
    Proofs,
}

impl PlanSection {
    const ALL: [Self; 9] = [
        Self::Cluster,
        Self::Machines,
        Self::Versions,
        Self::Addresses,
        Self::Relations,
        Self::Openings,
        Self::Certificates,
        Self::Order,
        Self::Proofs,
    ];

    fn write(self, page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Cluster => cluster::write(page, out),
            Self::Machines => machine::write(page, out),
            Self::Versions => version::write(page, out),
            Self::Addresses => address::write(page, out),
            Self::Relations => relation::write(page, out),
            Self::Openings => opening::write(page, out),
            Self::Certificates => certificate::write(page, out),
            Self::Order => step::write(page, out),
            Self::Proofs => proof::write(page, out),
        }
    }
}

/// Writes the given sections, or all of them and the totals.
pub(super) fn write(
    page: &Page<'_, '_>,
    out: &mut dyn Write,
    sections: &[PlanSection],
    problems: &str,
) -> io::Result<()> {
    let shown = PlanSection::ALL.into_iter().filter(|section| sections.is_empty() || sections.contains(section));
    for section in shown {
        match section {
            // Asked for, they are listed for the filters of others too.
            PlanSection::Openings if !sections.is_empty() => opening::write_all(page, out)?,
            _ => section.write(page, out)?,
        }
    }
    if sections.is_empty() { totals(page, out, problems) } else { Ok(()) }
}

/// The last line.
fn totals(page: &Page<'_, '_>, out: &mut dyn Write, problems: &str) -> io::Result<()> {
    let (model, certificates) = (page.model(), &page.status.certificates);
    let wanted = certificates.iter().filter(|status| !matches!(status, Status::Current { .. })).count();
    let text = format!(
        "{}, {}, {}, {} ({} to issue); {problems}",
        Count(model.machines.len(), "machine"),
        Count(model.apps.len(), "application"),
        Count(model.units.len(), "unit"),
        Count(certificates.len(), "certificate"),
        thousands(wanted),
    );
    let lines = wrap(&text, page.look.width.saturating_sub(6)).join("\n      ");
    writeln!(out, "{} {lines}", page.look.bold("Plan:"))
}
