//! Which files a model may name: those below its own folder and below folders that were allowed, after links are resolved.
//!
//! A model may come from somebody else, and what it reads goes to machines. So nothing outside is read unless the operator
//! says so, and what kmodel itself keeps is never read.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::file;
use super::kept;
use super::refusal::Refusal;

/// Folders that files may be read below.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    folders: Vec<Folder>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Folder {
    /// As it was given, from the root on.
    named: PathBuf,
    /// Without links in it.
    place: PathBuf,
}

impl Access {
    /// The folder of a model.
    pub fn beside(model: &Path) -> Self {
        Self::default().and(&folder_of(model))
    }

    /// One more folder.
    #[must_use]
    pub fn and(mut self, folder: &Path) -> Self {
        self.allow(folder);
        self
    }

    /// Allows one more folder.
    pub fn allow(&mut self, folder: &Path) {
        let folder = Folder { named: named(folder), place: resolve(folder) };
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
        }
    }

    /// Takes a folder back.
    pub fn forbid(&mut self, folder: &Path) {
        let named = named(folder);
        self.folders.retain(|folder| folder.named != named);
    }

    /// The folders as they were given.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|folder| &*folder.named)
    }

    /// The place that a path means, if a model may read it.
    ///
    /// # Errors
    /// Why it may not.
    pub fn permit(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let (place, folder) = self.locate(path)?;
        let inside = place.strip_prefix(&folder.place).unwrap_or(&place);
        kept::look(&place, inside).map_or(Ok(place.clone()), Err)
    }

    /// The place that a path means, and the folder that it is below.
    fn locate(&self, path: &Path) -> Result<(PathBuf, &Folder), Refusal> {
        let place = resolve(path);
        let above = self.folders.iter().find(|folder| place.starts_with(&folder.place));
        let named = named(path);
        let is_inside = self.folders.iter().any(|folder| named.starts_with(&folder.named));
        match above {
            Some(folder) => Ok((place, folder)),
            None if is_inside => Err(Refusal::LinkOutside { target: place }),
            None => Err(Refusal::Outside { folder: folder_of(path) }),
        }
    }
}

/// The text of a file that a command names, or that is kmodel's own: a link may lead to a file beside it only.
///
/// # Errors
/// As [`file::read`], and when it leads elsewhere.
pub fn read_named(path: &Path, limit: u64) -> io::Result<String> {
    file::read(&Access::beside(path).locate(path)?.0, limit)
}

fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

fn absolute(path: &Path) -> PathBuf {
    // A folder without a name is the current one.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The path from the root on, without dots, as a reader takes it: links are not looked at.
fn named(path: &Path) -> PathBuf {
    absolute(path).components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::ParentDir => _ = path.pop(),
            part => path.push(part),
        }
        path
    })
}

/// The place that a path means, as far as it is there without links; the rest is taken as it stands.
pub fn resolve(path: &Path) -> PathBuf {
    if let Ok(place) = fs::canonicalize(path) {
        return place;
    }
    let mut resolved = PathBuf::new();
    for part in absolute(path).components() {
        match part {
            Component::ParentDir => _ = resolved.pop(),
            Component::CurDir => {}
            part => {
                resolved.push(part);
                resolved = fs::canonicalize(&resolved).unwrap_or(resolved);
            }
        }
    }
    resolved
}
