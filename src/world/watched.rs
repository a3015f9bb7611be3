//! A world that remembers what was read of it, so that nothing a model is made from is written over.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::World;

/// Another world, and the paths of the files that were read of it.
#[derive(Debug, Default)]
pub struct Watched<W> {
    inner: W,
    read: Mutex<BTreeSet<PathBuf>>,
}

impl<W> Watched<W> {
    pub const fn new(inner: W) -> Self {
        Self { inner, read: Mutex::new(BTreeSet::new()) }
    }

    /// The files that were read, in the order of their paths.
    pub fn read_so_far(&self) -> Vec<PathBuf> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl<W: World> World for Watched<W> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = self.inner.read(path)?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        Ok(text)
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        self.inner.entries(folder)
    }

    fn now(&self) -> OffsetDateTime {
        self.inner.now()
    }
}
