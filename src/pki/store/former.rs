//! What kmodel wrote before `certificates.jsonl`: a file for each machine, `machines/MACHINE.json`.
//!
//! Its certificates are appended to the file of now, and count more than what is there: an operator may have restored them from a backup.
//! The files go once that is on the disk and the store is marked with a version that earlier kmodels refuse.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::batch::{Batch, line};
use super::{Store, file, folder};
use crate::pki::entry::{Leaf, Machine};
use crate::pki::error::PkiError;

/// All certificates in files of machines, by their ids.
///
/// # Errors
/// When a file cannot be read, or not by its owner alone.
pub(super) fn read(dir: &Path) -> Result<BTreeMap<String, Arc<Leaf>>, PkiError> {
    let mut all = BTreeMap::new();
    for path in folder::machines(dir)? {
        let machine = file::read::<Machine>(&path)?.unwrap_or_default();
        all.extend(machine.certificates.into_iter().map(|(id, leaf)| (id, Arc::new(leaf))));
    }
    Ok(all)
}

/// Takes them into the file of now.
///
/// # Errors
/// As [`read`], or when the file system refuses; what was not taken is then still there.
pub(super) fn take(store: &mut Store) -> Result<(), PkiError> {
    let files = folder::machines(&store.dir)?;
    if !files.is_empty() {
        let mut batch = store.begin_batch()?;
        files.iter().try_for_each(|path| append(store, &mut batch, path))?;
        store.end_batch(batch);
        store.save()?;
    }
    folder::promote(&store.dir)?;
    folder::retire(&store.dir, &files)
}

/// Appends what a file has and the store has not.
fn append(store: &Store, batch: &mut Batch, path: &Path) -> Result<(), PkiError> {
    let machine = file::read::<Machine>(path)?.unwrap_or_default();
    let mut lines = Vec::new();
    for (id, leaf) in &machine.certificates {
        let held = store.leaf_with(id)?;
        if held.is_none_or(|held| held.issued != leaf.issued || held.spec != leaf.spec) {
            lines.push(line(id, leaf)?);
        }
    }
    batch.put(&lines).map(drop)
}
