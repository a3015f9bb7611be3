//! Files on the real disk that are replaced whole or not at all.
//!
//! A file is first written beside its place under a hidden name, then renamed into it. Only the key store and `emit`
//! write, and both write through here.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::{self, Fault};

/// What follows the name that a hidden name stands for.
const MARK: &str = ".kmodel-";

/// How many hidden names are tried: a process that had this number before may have left some.
const TRIES: usize = 100;

/// A new content beside its place, not yet in it. Dropped, it is removed again.
#[derive(Debug)]
pub struct Staged {
    temporary: PathBuf,
    target: PathBuf,
    /// Open until it is closed.
    file: Option<File>,
}

/// Replaces a file, and returns once it is on the disk for good.
///
/// # Errors
/// What the file system says; the old content is then still there.
pub fn replace(target: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let staged = Staged::new(target, bytes, mode)?;
    staged.sync()?;
    staged.commit()?;
    sync_folder(target)
}

/// The same, of a content that is written in parts.
///
/// # Errors
/// What the file system or the writer says; the old content is then still there.
pub fn replace_with(target: &Path, mode: u32, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut staged = Staged::new(target, &[], mode)?;
    staged.file.as_mut().map_or(Ok(()), write)?;
    staged.sync()?;
    staged.commit()?;
    sync_folder(target)
}

/// Hidden names beside files that no other run uses: one for each file, so that no list of them is needed.
#[derive(Clone, Copy, Debug)]
pub struct Beside(u64);

impl Beside {
    /// Names that nothing has yet.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// The name beside a file.
    pub fn of(self, target: &Path) -> PathBuf {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        target.with_file_name(format!(".{name}{}", self.ending()))
    }

    /// Whether this is one of these names.
    pub fn has(self, name: &str) -> bool {
        name.starts_with('.') && name.ends_with(&self.ending())
    }

    fn ending(self) -> String {
        format!("{MARK}{}-{}", std::process::id(), self.0)
    }
}

/// A hidden name beside `target` that no other run uses.
pub fn beside(target: &Path) -> PathBuf {
    Beside::new().of(target)
}

/// Whether this is a hidden name of ours, of any run, for the file or folder `of` (or for any, if none is given).
pub fn is_leftover(name: &str, of: Option<&str>) -> bool {
    let parts = name.strip_prefix('.').and_then(|name| name.rsplit_once(MARK));
    let Some((stem, (process, count))) = parts.and_then(|(stem, run)| Some((stem, run.split_once('-')?))) else {
        return false;
    };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    of.is_none_or(|of| of == stem) && number(process) && number(count)
}

/// Removes what runs that were cut off have left of a file. Only for those who are alone with it: another run may be at work.
pub fn clean(target: &Path) {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = fs::read_dir(folder_of(target)).into_iter().flatten().flatten();
    let left = entries.filter(|entry| is_leftover(&entry.file_name().to_string_lossy(), Some(&name)));
    // A link is none of ours, and is left alone.
    left.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).for_each(|entry| forget(&entry.path()));
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that must not exist yet, with exactly this mode whatever the umask is.
///
/// # Errors
/// What the file system says.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<File> {
    // The mode is given when the file comes into being, so a private one is never readable, not even for a moment.
    let fault = fault::next();
    if fault == Some(Fault::Full) {
        return Err(fault::full());
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    if let Some(fault) = fault {
        file.write_all(&bytes[..bytes.len() / 2])?;
        return if fault == Fault::Kill { std::process::abort() } else { Err(fault::full()) };
    }
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// Makes renames in the folder of `path` last.
///
/// # Errors
/// What the file system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    fault::check()?;
    File::open(folder_of(path))?.sync_all()
}

impl Staged {
    /// Writes the content beside its place.
    ///
    /// # Errors
    /// What the file system says; nothing is left behind.
    pub fn new(target: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        for _ in 0..TRIES {
            let temporary = beside(target);
            match create(&temporary, bytes, mode) {
                Ok(file) => return Ok(Self { temporary, target: target.to_owned(), file: Some(file) }),
                // What is there is not ours, and may be a link: it is neither written through nor removed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    forget(&temporary);
                    return Err(error);
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "every hidden name beside it is taken"))
    }

    /// Where it is until then.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The place that it will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Waits until the content is on the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sync(&self) -> io::Result<()> {
        fault::check()?;
        self.file.as_ref().map_or_else(|| File::open(&self.temporary)?.sync_all(), File::sync_all)
    }

    /// The same, not held open: a process may have few files open at once.
    pub fn close(self) -> Self {
        let mut closed = self;
        closed.file = None;
        closed
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// What the file system says; the old content is then still there.
    pub fn commit(self) -> io::Result<()> {
        fault::check()?;
        fs::rename(&self.temporary, &self.target)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing under this name any more.
        forget(&self.temporary);
    }
}

fn forget(path: &Path) {
    // The error that led here is the one to report; a leftover is removed by the next run.
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_names_are_recognised() {
        let name = beside(Path::new("build/out"));
        let name = name.file_name().unwrap().to_str().unwrap();
        assert!(is_leftover(name, Some("out")) && is_leftover(name, None) && !is_leftover(name, Some("in")));
        for other in [".out.kmodel-backup", ".out.kmodel-1-", "out.kmodel-1-2", ".kmodel", ".kmodel-1-2x"] {
            assert!(!is_leftover(other, None), "{other}");
        }
    }
}
