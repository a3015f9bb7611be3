//! One run at a time: whoever writes into a folder holds it.

#![expect(clippy::disallowed_methods, reason = "a folder is opened to lock it")]

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write into a folder; given back when dropped.
#[derive(Debug)]
pub struct Turn {
    _folder: File,
}

/// Waits until no other run writes there; `None` if that takes too long.
///
/// # Errors
/// When the folder cannot be opened.
pub fn take(folder: &Path) -> io::Result<Option<Turn>> {
    let folder = File::open(folder)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Ok(None),
            // Some network file systems cannot lock folders; there, two runs at once are the user's to avoid.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(Some(Turn { _folder: folder })),
        }
    }
}
