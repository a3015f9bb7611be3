//! Faults that a test asks for: the disk is full, a write is cut short, the process is killed.
//!
//! `KMODEL_FAULT=7:kill` makes the eighth change of the file system fail that way. Only builds with debug assertions look at
//! it; a release does not have it.

#![expect(clippy::disallowed_methods, reason = "a test asks for a fault by the environment")]

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a change of the file system fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing is done.
    Full,
    /// Half of the bytes are written.
    Short,
    /// Half of the bytes are written, and the process ends.
    Kill,
}

/// The fault of the next change, if it is the one to fail.
pub fn next() -> Option<Fault> {
    static WANTED: OnceLock<Option<(usize, Fault)>> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if !cfg!(debug_assertions) {
        return None;
    }
    let (number, fault) = (*WANTED.get_or_init(|| read(&std::env::var("KMODEL_FAULT").ok()?)))?;
    (COUNT.fetch_add(1, Ordering::Relaxed) == number).then_some(fault)
}

/// For a change that is made whole or not at all.
///
/// # Errors
/// When it is the one to fail.
pub fn check() -> io::Result<()> {
    match next() {
        None => Ok(()),
        Some(Fault::Full | Fault::Short) => Err(full()),
        Some(Fault::Kill) => std::process::abort(),
    }
}

/// What a full disk says.
pub fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

fn read(text: &str) -> Option<(usize, Fault)> {
    let (number, fault) = text.split_once(':')?;
    let fault = match fault {
        "full" => Fault::Full,
        "short" => Fault::Short,
        "kill" => Fault::Kill,
        _ => return None,
    };
    Some((number.parse().ok()?, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_a_number_and_a_kind() {
        assert_eq!(read("7:kill"), Some((7, Fault::Kill)));
        assert_eq!(["", "7", "x:full", "7:lost"].map(read), [None; 4]);
    }
}
