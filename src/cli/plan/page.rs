//! What every section of a plan's text is written from.

use std::io::{self, Write};

use crate::cli::look::Look;
use crate::model::Model;
use crate::plan::Plan;
use crate::plan::issue_status::IssueStatus;
use crate::text::thousands;

/// The plan to show, and how to show it.
pub(super) struct Page<'a, 'p> {
    pub plan: &'a Plan<'p>,
    pub status: &'a IssueStatus,
    pub look: &'a Look,
    pub detail: Detail,
}

/// How much is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Similar items share one line.
    Grouped,
    /// One line per item.
    Each,
}

impl<'a, 'p> Page<'a, 'p> {
    /// The model planned.
    pub(super) fn model(&self) -> &'a Model<'p> {
        &self.plan.model
    }

    /// `Machines (8)`.
    pub(super) fn heading(&self, out: &mut dyn Write, title: &str, number: usize) -> io::Result<()> {
        writeln!(out, "{} {}", self.look.bold(title), self.look.dim(&format!("({})", thousands(number))))
    }
}
