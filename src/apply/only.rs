//! A part of the changes: those of some machines.

use super::change::{Change, Step, Turn};
use super::diff::Delta;
use super::stage;

/// Something that would come before what has to be first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutOfOrder {
    /// The machine that would change, and the one that would not.
    pub machine: String,
    pub before: String,
    /// The program that has to be new there first.
    pub program: &'static str,
}

impl Delta {
    /// Leaves the changes of other machines out.
    ///
    /// # Errors
    /// When a program would be new before one that comes first in the order of upgrades.
    pub(crate) fn only(&mut self, is_meant: &dyn Fn(&str) -> bool) -> Result<(), OutOfOrder> {
        let is_left = |change: &&Change| !is_meant(&change.name);
        let left: Vec<_> = self.machines.iter().chain(&self.removed).filter(is_left).cloned().collect();
        if let Some(found) =
            self.machines.iter().filter(|change| is_meant(&change.name)).find_map(|c| out_of_order(c, &left))
        {
            return Err(found);
        }
        self.machines.retain(|change| is_meant(&change.name));
        self.removed.retain(|change| is_meant(&change.name));
        self.left_out = left.into_iter().map(|change| change.name).collect();
        Ok(())
    }
}

fn out_of_order(change: &Change, left: &[Change]) -> Option<OutOfOrder> {
    let brings = match change.turn {
        Turn::Stage(_) => true,
        Turn::Together | Turn::OneByOne => {
            change.steps.iter().any(|step| matches!(step, Step::Drain | Step::Create(_) | Step::SetUp(_)))
        }
    };
    let turn = if change.turn == Turn::Together { Turn::OneByOne } else { change.turn };
    let first = left.iter().filter(|_| brings).find_map(|other| match other.turn {
        Turn::Stage(stage) if other.turn < turn => Some((other, stage)),
        _ => None,
    });
    first.map(|(other, stage)| OutOfOrder {
        machine: change.name.clone(),
        before: other.name.clone(),
        program: stage::title(stage),
    })
}
