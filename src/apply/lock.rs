//! The lock that admits one run per cluster.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::ApplyError;

/// An exclusive lock on a cluster. The system releases it when the run ends, however it ends.
#[derive(Debug)]
pub(crate) struct ApplyLock {
    _file: File,
}

impl ApplyLock {
    /// Locks the file `apply.lock` in the key store, which every run for that cluster uses.
    ///
    /// # Errors
    /// When another run holds it, or the file system refuses.
    pub(crate) fn take(store: &Path, cluster: &str) -> Result<Self, ApplyError> {
        let path = store.join("apply.lock");
        let failed = |error: std::io::Error| ApplyError::new(format!("cannot lock `{}`: {error}", path.display()));
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(busy(cluster, &mut file)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

fn busy(cluster: &str, file: &mut File) -> ApplyError {
    let mut text = String::new();
    // The process id is only informative.
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    let who = if text.is_empty() { String::new() } else { format!(" (process {text})") };
    ApplyError::new(format!("another run{who} is changing the cluster `{cluster}`"))
        .help("wait until it has ended, then run this again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let first = ApplyLock::take(folder.path(), "ha").unwrap();
        let second = ApplyLock::take(folder.path(), "ha").unwrap_err();
        assert!(second.message.contains(&format!("process {}", std::process::id())), "{second:?}");
        drop(first);
        ApplyLock::take(folder.path(), "ha").unwrap();
    }
}
