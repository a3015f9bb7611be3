//! The text of a plan, part by part.

use std::io::{self, Write};

use crate::model::Model;
use crate::pki::Status;
use crate::plan::Plan;
use crate::plan::issue_status::IssueStatus;

use super::{Detail, PlanSection, address, certificate, cluster, machine, opening, proof, relation, step};
use crate::cli::look::Look;
use crate::cli::table::wrap;
use crate::text::{Count, thousands};

/// What is shown, and how.
pub struct Page<'a, 'p> {
    pub plan: &'a Plan<'p>,
    pub status: &'a IssueStatus,
    pub look: &'a Look,
    pub detail: Detail,
}

impl<'a, 'p> Page<'a, 'p> {
    /// Writes the parts asked for, or all of them and the sum.
    pub fn write(&self, out: &mut dyn Write, parts: &[PlanSection], problems: &str) -> io::Result<()> {
        use PlanSection::*;
        let all = [Cluster, Machines, Addresses, Relations, Openings, Certificates, Order, Proofs];
        for part in all.into_iter().filter(|part| parts.is_empty() || parts.contains(part)) {
            match part {
                Cluster => cluster::write(self, out)?,
                Machines => machine::write(self, out)?,
                Addresses => address::write(self, out)?,
                Relations => relation::write(self, out)?,
                Openings => opening::write(self, out)?,
                Certificates => certificate::write(self, out)?,
                Order => step::write(self, out)?,
                Proofs => proof::write(self, out)?,
            }
        }
        if parts.is_empty() { self.sum(out, problems) } else { Ok(()) }
    }

    /// The model planned.
    pub fn model(&self) -> &'a Model<'p> {
        &self.plan.model
    }

    /// `Machines (8)`.
    pub fn heading(&self, out: &mut dyn Write, title: &str, number: usize) -> io::Result<()> {
        writeln!(out, "{} {}", self.look.bold(title), self.look.dim(&format!("({})", thousands(number))))
    }

    /// The last line: how much it all is.
    fn sum(&self, out: &mut dyn Write, problems: &str) -> io::Result<()> {
        let model = self.model();
        let wanted = self.status.certificates.iter().filter(|status| !matches!(status, Status::Current { .. })).count();
        let text = format!(
            "{}, {}, {}, {} ({} to issue); {problems}",
            Count(model.machines.len(), "machine"),
            Count(model.apps.len(), "application"),
            Count(model.units.len(), "unit"),
            Count(self.status.certificates.len(), "certificate"),
            thousands(wanted),
        );
        let lines = wrap(&text, self.look.width.saturating_sub(6)).join("\n      ");
        writeln!(out, "{} {lines}", self.look.bold("Plan:"))
    }
}
