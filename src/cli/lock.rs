//! `kmodel.lock`: earlier decisions, kept beside the model and committed with it.
//!
//! Several models can share a folder: each cluster has its own section of the file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Lock;
use crate::model::pins::Pins;
use crate::world::access::{read_named, resolve};
use crate::world::file::TEXT_LIMIT;
use crate::world::kept;
use crate::world::replace::{clean, replace};
use crate::world::turn;

use super::exit::CliError;

/// The file's name.
pub const NAME: &str = kept::LOCK;

/// The whole file.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    /// By URL, for all clusters.
    #[serde(default, skip_serializing_if = "Pins::is_empty")]
    pin: Pins,
    /// By the cluster's name.
    #[serde(default)]
    cluster: BTreeMap<String, Lock>,
}

/// The newest version of its format that is understood here; the first one has no pins.
const VERSION: u32 = 2;

/// Where the lock of a model is, unless it is said to be elsewhere.
pub fn path(model: &Path) -> PathBuf {
    model.with_file_name(NAME)
}

/// What a file had of a cluster when it was read.
#[derive(Clone, Debug, Default)]
pub struct Seen(Option<Lock>);

impl Seen {
    /// Whether this is what the file had, but for what is not in its section.
    pub fn is(&self, lock: &Lock) -> bool {
        let Lock { kmodel, model, renamed: _, pins: _, addresses, keys, immutable, earlier, hosts, versions } = lock;
        self.0.as_ref().is_some_and(|seen| {
            (&seen.kmodel, &seen.model, &seen.addresses, &seen.keys) == (kmodel, model, addresses, keys)
                && (&seen.immutable, &seen.earlier, &seen.hosts, &seen.versions)
                    == (immutable, earlier, hosts, versions)
        })
    }
}

/// Reads the lock of a model's cluster; an empty one if there is none yet.
///
/// # Errors
/// When it cannot be read or parsed. Nothing is guessed: allocated addresses must not move.
pub fn read(path: &Path, model: &Path, cluster: &str) -> Result<(Lock, Seen), CliError> {
    let mut file = file(path)?;
    let model = place(path, model);
    let seen = file.cluster.remove(cluster);
    let lock = seen.clone().unwrap_or_else(|| {
        let mut others = file.cluster.iter().filter(|(_, other)| model.is_some() && other.model == model);
        Lock { renamed: others.next().map(|(name, _)| name.clone()), ..Lock::default() }
    });
    Ok((Lock { model: model.or(lock.model), pins: file.pin, ..lock }, Seen(seen)))
}

/// The path of a model from the folder of its lock, if it is below.
fn place(path: &Path, model: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = resolve(folder);
    let model = resolve(model);
    model.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned)
}

fn file(path: &Path) -> Result<File, CliError> {
    let text = match read_named(path, TEXT_LIMIT) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(CliError::file(path, "read", &error)),
    };
    unmerged(path, &text)?;
    let read = toml::from_str::<File>(&text);
    // A newer format may have what this one does not know.
    let version = match &read {
        Ok(file) => Some(file.version),
        Err(_) => toml::from_str(&text).ok().map(|Versioned { version }| version),
    };
    if let Some(version) = version.filter(|version| *version > VERSION) {
        let message = format!("`{}` has format version {version}, but this kmodel supports {VERSION}", path.display());
        return Err(CliError::outside(message).help("use the version of kmodel that wrote it, or a newer one"));
    }
    read.map_err(|error| malformed(path, &text, &error))
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Refuses what a merge left open.
fn unmerged(path: &Path, text: &str) -> Result<(), CliError> {
    let marks = ["<<<<<<< ", "=======", ">>>>>>> "];
    let Some(line) = text.lines().position(|line| marks.iter().any(|mark| line.starts_with(mark))) else {
        return Ok(());
    };
    let message = format!("`{}` has conflict markers of a merge, the first in line {}", path.display(), line + 1);
    Err(CliError::outside(message).help(
        "keep the lines of both branches and remove the markers; where both gave one address to different machines, remove \
         the line of the machine that does not run yet. Do not delete the file: running machines would get other addresses",
    ))
}

/// Writes the lock of a cluster, if it differs from what is there. Those of other clusters stay.
///
/// # Errors
/// When another run has written it since it was read, or the file system refuses.
pub fn write(path: &Path, cluster: &str, (Seen(seen), lock): (&Seen, &Lock)) -> Result<(), CliError> {
    change(path, cluster, |now| {
        if now.as_ref() != seen.as_ref() {
            let message = format!("`{}` has changed since this run read it", path.display());
            return Err(
                CliError::outside(message).help("another run may have given out addresses: run the command again")
            );
        }
        *now = Some(lock.clone());
        Ok(())
    })
}

/// Changes the lock of a cluster as it is now.
///
/// # Errors
/// As `edit` says, or when the file system refuses.
pub fn change(
    path: &Path,
    cluster: &str,
    edit: impl FnOnce(&mut Option<Lock>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    rewrite(path, |file| {
        let mut lock = file.cluster.remove(cluster);
        edit(&mut lock)?;
        file.cluster.extend(lock.map(|lock| (cluster.to_owned(), lock)));
        Ok(())
    })
}

/// Adds checksums of files and digests of images.
///
/// # Errors
/// When the file cannot be read, or the file system refuses.
pub(super) fn pin(path: &Path, Pins { files, images, .. }: Pins) -> Result<(), CliError> {
    rewrite(path, |file| {
        file.pin.files.extend(files);
        file.pin.images.extend(images);
        Ok(())
    })
}

/// Changes the file as it is now, alone.
fn rewrite(path: &Path, edit: impl FnOnce(&mut File) -> Result<(), CliError>) -> Result<(), CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let turn = turn::take(folder).map_err(|error| CliError::file(folder, "open", &error))?;
    let _turn = turn.ok_or_else(|| {
        let busy = CliError::outside(format!("another run of kmodel is writing beside `{}`", path.display()));
        busy.help("wait until it has ended, then try again")
    })?;
    clean(path);
    let mut file = file(path)?;
    edit(&mut file)?;
    file.version = if file.pin.is_empty() { 1 } else { VERSION };
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
