//! Reconcile, observe and destroy a cluster.
//!
//! In: the desired state (`target::Desired`) and [`Access`] to its machines. [`diff()`] compares it with what there is, [`run()`]
//! makes the changes. State is read afresh on each run and nothing is remembered, so the next run continues where an
//! interrupted one stopped.
//!
//! Two seams keep all this apart from where machines are. A [`provider::Provider`] makes, changes and removes machines from
//! outside; a [`transport::Transport`] runs scripts inside them. [`lxd`] has both by the client of LXD or Incus, [`ssh`] by the
//! user's own OpenSSH client for machines that exist; [`terraform`] has OpenTofu or Terraform make those that OpenSSH then enters. Only processes of these clients reach the outside.

#![expect(clippy::disallowed_methods, reason = "it runs the clients of platforms, and waits for machines")]

pub(crate) mod error;
pub(crate) mod semaphore;
pub(crate) mod process;
pub(crate) mod transport;
pub(crate) mod lock;
pub(crate) mod preflight;
pub(crate) mod probe;
pub(crate) mod upload;
pub(crate) mod change;
pub(crate) mod diff;
pub(crate) mod progress;
pub(crate) mod provider;
pub(crate) mod lxd;
pub(crate) mod ssh;
pub(crate) mod terraform;
pub(crate) mod rollout;
pub(crate) mod backup;
pub(crate) mod decommission;
pub(crate) mod drain;
pub(crate) mod effect;
pub(crate) mod forecast;
pub(crate) mod agenda;
pub(crate) mod moved;
pub(crate) mod hook;
pub(crate) mod only;
pub(crate) mod stage;
pub(crate) mod run;
pub(crate) mod connectivity;
pub(crate) mod kubectl;
pub(crate) mod certificate;
pub(crate) mod status;
pub(crate) mod redactor;
pub(crate) mod collect;
#[cfg(test)]
mod sample;

pub(crate) use change::Step;
pub(crate) use diff::{Delta, diff};
pub(crate) use error::ApplyError;
pub(crate) use lock::ApplyLock;
pub(crate) use only::OutOfOrder;
pub(crate) use progress::{Progress, Reporter};
pub(crate) use provider::Access;
pub(crate) use run::{NotUp, Outcome, Run, run};
