//! `kmodel.lock`: what was decided earlier, beside the model and committed with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Lock;

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

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let why = error.message().lines().next().unwrap_or_default();
    Failure::outside(format!("`{}` cannot be read: line {line}: {why}", path.display())).help(
        "restore it from version control; if it is lost, delete it, and addresses are given out anew from the model",
    )
}
