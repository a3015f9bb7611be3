//! What makes machines, changes them from outside, and removes them: one of the two seams of `apply`.
//!
//! A provider has read what there is when it is made; it compares that with the model, and makes the changes that are not made
//! inside a machine.

use std::net::IpAddr;

use crate::model::host_facts::HostFacts;
use crate::target::{Desired, Machine};
use crate::verify::machines::Misfit;

use super::change::{Change, Step};
use super::diff::Delta;
use super::error::ApplyError;
use super::progress::Reporter;
use super::transport::Transport;

/// The machines of a cluster from outside.
pub(crate) trait Provider: Sync {
    /// Where they are, for people: `lxc (server 5.21), project lab`.
    fn place(&self) -> String;

    /// What groups the machines there, where something does: a project.
    fn project(&self) -> Option<&str>;

    /// The machines of this cluster that there are, sorted by name; also those that the model no longer has.
    fn machines(&self) -> Vec<Found>;

    /// Changes of what machines share, in the order in which they are made.
    ///
    /// # Errors
    /// What cannot be had: it belongs to another cluster, or would disturb others.
    fn shared(&self) -> Result<Vec<Change>, ApplyError>;

    /// What there is of a machine, and what has to change from outside of it.
    ///
    /// # Errors
    /// When it belongs to another cluster.
    fn outer(&self, machine: &Machine) -> Result<Outer, ApplyError>;

    /// Makes sure that nothing is missing for these changes, before any is made.
    ///
    /// # Errors
    /// What is missing.
    fn prepare(&self, delta: &Delta) -> Result<(), ApplyError>;

    /// Changes what machines share.
    ///
    /// # Errors
    /// The first that fails.
    fn reconcile(&self, shared: &[Change], report: Reporter<'_>) -> Result<(), ApplyError>;

    /// Makes one step of a machine; those that are made inside of it are none of a provider.
    ///
    /// # Errors
    /// When it fails.
    fn step(&self, machine: &str, step: &Step) -> Result<(), ApplyError>;

    /// The state of a machine now: `running`, another word, or nothing when there is none of this name.
    ///
    /// # Errors
    /// When it cannot be read.
    fn state(&self, machine: &str) -> Result<String, ApplyError>;

    /// Removes a machine with its data.
    ///
    /// # Errors
    /// When it fails.
    fn remove(&self, machine: &str) -> Result<(), ApplyError>;

    /// How a person removes a machine: the end of a sentence.
    fn by_hand(&self, machine: &str) -> String;

    /// What is worth knowing before anything is changed.
    fn warnings(&self, _: &Desired) -> Vec<String> {
        Vec::new()
    }

    /// What was seen of a machine before anything is changed, where machines exist already.
    fn seen(&self, _: &Machine) -> Seen {
        Seen::default()
    }

    /// State and logs from outside the machines, as files.
    fn evidence(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// What was seen of a machine of the model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    /// What does not keep it from being set up.
    pub warnings: Vec<Misfit>,
    /// What could not be found out, and why.
    pub not_examined: Vec<String>,
    /// What it is, as far as that lasts; `None` where it was not asked.
    pub facts: Option<HostFacts>,
    /// Whether nothing of the cluster is there yet.
    pub is_new: bool,
}

/// A machine that there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub name: String,
    /// In lower case: `running`, `stopped`, `unreachable` ...
    pub state: String,
    /// Why it does not run, if that is known.
    pub why: Option<String>,
    pub addresses: Vec<IpAddr>,
}

impl Found {
    pub(crate) fn is_running(&self) -> bool {
        self.state == RUNNING
    }
}

/// The state of a machine that can be entered.
pub(crate) const RUNNING: &str = "running";

/// The state of a machine that exists and cannot be entered.
pub(crate) const UNREACHABLE: &str = "unreachable";

/// What there is of a machine of the model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outer {
    /// Nothing: these steps make it.
    Absent(Vec<Step>),
    /// It has another name so far.
    Renamed {
        from: String,
        is_running: bool,
        steps: Vec<Step>,
    },
    There {
        is_running: bool,
        steps: Vec<Step>,
    },
}

/// Both seams of the cluster of one run.
pub struct Access {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) provider: Box<dyn Provider>,
}

impl Access {
    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    pub(crate) fn provider(&self) -> &dyn Provider {
        &*self.provider
    }
}
