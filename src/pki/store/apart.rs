//! A machine whose certificates are not kept in memory, as it is to be in the store.

use std::path::PathBuf;

use crate::world::replace::Staged;

/// What is left of it.
#[derive(Default)]
pub(in crate::pki) struct Apart {
    /// Its new file, beside the old one.
    pub(super) staged: Option<Staged>,
    /// What the index is to say of it, if it does not say it yet.
    pub(super) lines: Option<Vec<u8>>,
}

impl Apart {
    /// Whether the machine is in the store as it is to be.
    pub(super) fn is_empty(&self) -> bool {
        self.staged.is_none() && self.lines.is_none()
    }

    /// Where its new file is until the store is saved.
    pub(in crate::pki) fn path(&self) -> Option<PathBuf> {
        self.staged.as_ref().map(|staged| staged.path().to_owned())
    }
}
