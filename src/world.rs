//! What a compile may ask of the outside.
//!
//! Everything else is pure. The command line, the language server (open buffers) and tests each bring their own world.

#![expect(clippy::disallowed_methods, reason = "this is the room that asks the outside")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use time::OffsetDateTime;

pub mod access;
pub mod fault;
pub mod file;
pub mod growing;
pub mod kept;
pub mod refusal;
pub mod relative;
pub mod replace;
pub mod spool;
pub mod turn;
pub mod watched;

use access::Access;
use refusal::Refusal;

/// The outside, behind one door.
pub trait World: Sync {
    /// The text of a file.
    ///
    /// # Errors
    /// The error of the file system, `InvalidData` when it is not UTF-8, or a [`Refusal`].
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The same, for who keeps it: the text of a file that is open in an editor is not copied.
    ///
    /// # Errors
    /// As [`World::read`].
    fn shared(&self, path: &Path) -> io::Result<Arc<str>> {
        self.read(path).map(Into::into)
    }

    /// What is directly in a folder, sorted; the names of folders end with `/`. Only an editor asks, for completion.
    fn entries(&self, _folder: &Path) -> Vec<String> {
        Vec::new()
    }

    /// The time, which is asked for only when something is issued.
    fn now(&self) -> OffsetDateTime;
}

/// The real file system, as far as a model may read it, and the real clock.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    access: Access,
}

impl Disk {
    /// The files below some folders.
    pub const fn new(access: Access) -> Self {
        Self { access }
    }

    /// The files below the folder of a model.
    pub fn beside(model: &Path) -> Self {
        Self::new(Access::beside(model))
    }
}

impl World for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        let is_model = path.extension().is_some_and(|extension| extension == "km");
        file::read(&self.access.permit(path)?, if is_model { file::MODEL_LIMIT } else { file::TEXT_LIMIT })
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        let Ok(folder) = self.access.permit(folder) else { return Vec::new() };
        let name = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
            Some(if entry.path().is_dir() { format!("{name}/") } else { name })
        };
        let mut names: Vec<String> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(name).collect();
        names.sort();
        names
    }

    fn now(&self) -> OffsetDateTime {
        now()
    }
}

/// The time of the real clock.
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Files in memory and a clock that stands still, for tests.
#[derive(Clone, Debug)]
pub struct Memory {
    files: std::collections::BTreeMap<PathBuf, String>,
    now: OffsetDateTime,
}

impl Memory {
    /// A world with these files, at the start of the year 2026.
    pub fn new<P: Into<PathBuf>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let now = OffsetDateTime::from_unix_timestamp(1_767_225_600).expect("a date in range");
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect(), now }
    }
}

impl World for Memory {
    fn read(&self, path: &Path) -> io::Result<String> {
        match self.files.get(path) {
            Some(text) => Ok(text.clone()),
            // Its root is the folder of the model.
            None if path.starts_with("..") || path.is_absolute() => {
                Err(Refusal::Outside { folder: path.parent().unwrap_or(path).to_owned() }.into())
            }
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            self.files.keys().filter_map(|path| first_part(path.strip_prefix(folder).ok()?)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }
}

/// The first part of a path, with `/` when more follows: what its folder has of it.
pub fn first_part(path: &Path) -> Option<String> {
    let mut parts = path.components();
    let first = parts.next()?.as_os_str().to_string_lossy().into_owned();
    Some(if parts.next().is_some() { format!("{first}/") } else { first })
}
