//! The folder that a command writes: what is in its place, and what may never be.

use std::path::Path;

use crate::emit::{self, EmitError, Force, Kept};

use super::model::{ModelArgs, files_read};

/// Whether the folder may be replaced when it holds what kmodel did not write.
pub fn force(asked: bool) -> Force {
    if asked { Force::Replace } else { Force::Refuse }
}

/// Refuses a folder that would take the place of the model, its lock or its keys. Before anything is issued or written.
pub fn refuse(out: &Path, model: &ModelArgs, store: &Path) -> Result<(), EmitError> {
    let mut kept = vec![Kept::new(store, "the key store"), Kept::new(&model.lock_path(), "the lock")];
    kept.push(Kept::new(&model.file, "the model"));
    kept.extend(files_read().iter().map(|path| Kept::new(path, "a file of the model")));
    emit::refuse(out, &kept)
}
