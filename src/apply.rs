//! From what should be to what is: a cluster brought up, looked at and taken away on LXD or Incus.
//!
//! In: what there should be (`target::lxd::Desired`), and a client that reaches the server. [`current`] reads what there is,
//! [`diff()`] says what to do about the difference, [`run()`] does it. Everything is read anew each time and nothing is
//! remembered, so an apply that was cut off at any moment is taken up by the next one.
//!
//! The one way to the outside is [`Client`]: a process of `lxc` or `incus`.

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
pub mod redact;
pub mod collect;

pub use change::{Change, Step, Turn};
pub use client::Client;
pub use current::Current;
pub use diff::{Delta, diff};
pub use error::ApplyError;
pub use lock::ApplyLock;
pub use progress::{Progress, Reporter};
pub use run::{NotUp, Outcome, Run, run};
