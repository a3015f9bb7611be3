//! Reconcile, observe and destroy a cluster on LXD or Incus.
//!
//! In: the desired state (`target::lxd::Desired`), and a client of the server. [`current`] reads the current state,
//! [`diff()`] compares the two, [`run()`] makes the changes. State is read afresh on each run and nothing is remembered, so
//! the next run continues where an interrupted one stopped.
//!
//! The only access to the outside is [`Client`]: a process of `lxc` or `incus`.

#![expect(clippy::disallowed_methods, reason = "it runs the client of LXD, and waits for machines")]

pub mod error;
pub mod semaphore;
pub mod client;
pub mod lock;
pub mod current;
pub mod probe;
pub mod upload;
pub mod change;
pub mod diff;
pub mod host;
pub mod progress;
pub mod site;
pub mod machine;
pub mod rollout;
pub mod decommission;
pub mod run;
pub mod destroy;
pub mod connectivity;
pub mod certificate;
pub mod status;
pub mod redactor;
pub mod collect;
#[cfg(test)]
mod sample;

pub use change::{Change, Step, Turn};
pub use client::Client;
pub use current::Current;
pub use diff::{Delta, diff};
pub use error::ApplyError;
pub use lock::ApplyLock;
pub use progress::{Progress, Reporter};
pub use run::{NotUp, Outcome, Run, run};
