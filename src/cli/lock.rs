//! `kmodel.lock`: what was decided earlier, beside the model and committed with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Lock;
use crate::world::replace::replace;

use super::exit::Failure;

/// The file's name.
pub const NAME: &str = "kmodel.lock";

/// The newest version of its format that is understood here.
const VERSION: u32 = 1;

/// Where the lock of a model is.
pub fn path(model: &Path) -> PathBuf {
    model.with_file_name(NAME)
}

/// Reads the lock of a model; an empty one if there is none yet.
///
/// # Errors
/// When it cannot be read, or is not a lock. Nothing is guessed: addresses that were given out must not move.
pub fn read(model: &Path) -> Result<Lock, Failure> {
    let path = path(model);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
        Err(error) => return Err(Failure::file(&path, "read", &error)),
    };
    let lock: Lock = toml::from_str(&text).map_err(|error| malformed(&path, &text, &error))?;
    if lock.version > VERSION {
        let message = format!("`{}` has format {}, and this kmodel knows {VERSION}", path.display(), lock.version);
        return Err(Failure::outside(message).help("use the kmodel that wrote it, or a newer one"));
    }
    Ok(lock)
}

/// Writes the lock of a model, if it differs from what is there.
///
/// # Errors
/// When the file system refuses.
pub fn write(model: &Path, lock: &Lock) -> Result<(), Failure> {
    let path = path(model);
    let lock = Lock { version: VERSION, ..lock.clone() };
    let body = toml::to_string(&lock).map_err(|error| Failure::outside(error.to_string()))?;
    let text = format!("# Written by kmodel: what was given out and must not move. Commit it.\n{body}");
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    replace(&path, text.as_bytes(), 0o644).map_err(|error| Failure::file(&path, "write", &error))
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let why = error.message().lines().next().unwrap_or_default();
    Failure::outside(format!("`{}` cannot be read: line {line}: {why}", path.display())).help(
        "restore it from version control; if it is lost, delete it, and addresses are given out anew from the model",
    )
}
