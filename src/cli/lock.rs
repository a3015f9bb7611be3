//! `kmodel.lock`: earlier decisions, kept beside the model and committed with it.
//!
//! Several models can share a folder: each cluster has its own section of the file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Lock;
use crate::world::access::read_named;
use crate::world::file::TEXT_LIMIT;
use crate::world::kept;
use crate::world::replace::replace;

use super::exit::CliError;

/// The file's name.
pub const NAME: &str = kept::LOCK;

/// The whole file.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    /// By the cluster's name.
    #[serde(default)]
    cluster: BTreeMap<String, Lock>,
}

/// The newest version of its format that is understood here.
const VERSION: u32 = 1;

/// Where the lock of a model is, unless it is said to be elsewhere.
pub fn path(model: &Path) -> PathBuf {
    model.with_file_name(NAME)
}

/// Reads the lock of a cluster; an empty one if there is none yet.
///
/// # Errors
/// When it cannot be read or parsed. Nothing is guessed: allocated addresses must not move.
pub fn read(path: &Path, cluster: &str) -> Result<Lock, CliError> {
    Ok(file(path)?.cluster.remove(cluster).unwrap_or_default())
}

fn file(path: &Path) -> Result<File, CliError> {
    let text = match read_named(path, TEXT_LIMIT) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(CliError::file(path, "read", &error)),
    };
    let file: File = toml::from_str(&text).map_err(|error| malformed(path, &text, &error))?;
    if file.version > VERSION {
        let message =
            format!("`{}` has format version {}, but this kmodel supports {VERSION}", path.display(), file.version);
        return Err(CliError::outside(message).help("use the version of kmodel that wrote it, or a newer one"));
    }
    Ok(file)
}

/// Writes the lock of a cluster, if it differs from what is there. Those of other clusters stay.
///
/// # Errors
/// When the file system refuses.
pub fn write(path: &Path, cluster: &str, lock: &Lock) -> Result<(), CliError> {
    let mut file = File { version: VERSION, ..file(path)? };
    file.cluster.insert(cluster.to_owned(), lock.clone());
    let body = toml::to_string(&file).map_err(|error| CliError::outside(error.to_string()))?;
    let text = format!("# Written by kmodel: what was given out and must not move. Commit it.\n{body}");
    if read_named(path, TEXT_LIMIT).is_ok_and(|old| old == text) {
        return Ok(());
    }
    replace(path, text.as_bytes(), 0o644).map_err(|error| CliError::file(path, "write", &error))
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> CliError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let why = error.message().lines().next().unwrap_or_default();
    CliError::outside(format!("`{}` cannot be read: line {line}: {why}", path.display())).help(
        "restore it from version control; in a conflict of two branches keep the lines of both, each address once",
    )
}
