//! One run at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::pki::error::PkiError;
use crate::world::file::AT_ONCE;

const PAUSE: Duration = Duration::from_millis(20);

/// The right to write to a store. The system takes it back when the run ends, however it ends.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the right, but not for long.
    ///
    /// # Errors
    /// When another run keeps it, or the file system knows no locks.
    pub(super) fn take(dir: &Path, patience: Duration) -> Result<Self, PkiError> {
        let path = dir.join("lock");
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(AT_ONCE).open(&path);
        let file = file.map_err(|error| PkiError::file(&path, "open", &error))?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(PkiError::Locked { path: dir.to_owned() }),
                Err(TryLockError::Error(error)) => return Err(PkiError::file(&path, "lock", &error)),
            }
        }
    }
}
