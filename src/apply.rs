//! Reconcile, observe and destroy a cluster on LXD or Incus.
//!
//! In: the desired state (`target::lxd::Desired`), and a client of the server. [`current`] reads the current state,
//! [`diff()`] compares the two, [`run()`] makes the changes. State is read afresh on each run and nothing is remembered, so
//! the next run continues where an interrupted one stopped.
//!
//! The only access to the outside is [`Client`]: a process of `lxc` or `incus`.

#![expect(clippy::disallowed_methods, reason = "it runs the client of LXD, and waits for machines")]

pub(crate) mod error;
pub(crate) mod semaphore;
pub(crate) mod client;
pub(crate) mod lock;
pub(crate) mod current;
pub(crate) mod probe;
pub(crate) mod upload;
pub(crate) mod change;
pub(crate) mod diff;
pub(crate) mod host;
pub(crate) mod progress;
pub(crate) mod site;
pub(crate) mod machine;
pub(crate) mod rollout;
pub(crate) mod decommission;
pub(crate) mod run;
pub(crate) mod destroy;
pub(crate) mod connectivity;
pub(crate) mod kubectl;
pub(crate) mod certificate;
pub(crate) mod status;
pub(crate) mod redactor;
pub(crate) mod collect;
#[cfg(test)]
mod sample;

pub(crate) use change::Step;
pub(crate) use client::Client;
pub(crate) use current::Current;
pub(crate) use diff::{Delta, diff};
pub(crate) use error::ApplyError;
pub(crate) use lock::ApplyLock;
pub(crate) use progress::{Progress, Reporter};
pub(crate) use run::{NotUp, Outcome, Run, run};
