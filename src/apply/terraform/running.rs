//! The Terraform that runs: an interrupt lets it come to its end, so that its state is kept.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The process, in a group of its own: a terminal's interrupt reaches kmodel alone.
static RUNNING: Mutex<Option<Pid>> = Mutex::new(None);
static ENDED: Condvar = Condvar::new();

/// How long an interrupted one may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Says that a process runs, until it is dropped.
pub(super) struct Running(());

impl Running {
    pub(super) fn new(process: u32) -> Self {
        let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = pid;
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
        ENDED.notify_all();
    }
}

/// Whether one runs.
pub(crate) fn is_any() -> bool {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Interrupts the one that runs, and waits for its end.
pub(crate) fn interrupt() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pid) = *running {
        // It may have ended just now.
        let _ = kill_process(pid, Signal::INT);
        let waited = ENDED.wait_timeout_while(running, PATIENCE, |running| running.is_some());
        drop(waited);
    }
}
