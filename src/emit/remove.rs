//! Folders removed with all that is in them, never through a link.
//!
//! A name is looked at in the folder that was opened, so that no process can put a link in its place between the look and
//! the removal. What cannot be removed is left to the next run.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::path::Path;

use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, flock, fstat, openat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Removes a folder of ours and all that is in it, on every core. Of a link only the link itself goes.
pub(super) fn remove(path: &Path) {
    if let Some(folder) = open(CWD, path) {
        empty(&folder);
        let _ = unlinkat(CWD, path, AtFlags::REMOVEDIR);
    } else {
        let _ = unlinkat(CWD, path, AtFlags::empty());
    }
}

/// Removes what is named like a left-over: a link, or a folder that belongs to the user who runs this and that no run writes.
pub(super) fn remove_leftover(path: &Path) {
    let of_another = |folder: &OwnedFd| fstat(folder).map_or(true, |stat| stat.st_uid != geteuid().as_raw());
    let in_use = |folder: &OwnedFd| flock(folder, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK);
    if !open(CWD, path).as_ref().is_some_and(|folder| of_another(folder) || in_use(folder)) {
        remove(path);
    }
}

/// A folder that is there itself, not behind a link.
fn open(parent: impl std::os::fd::AsFd, name: impl rustix::path::Arg) -> Option<OwnedFd> {
    openat(parent, name, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).ok()
}

fn empty(folder: &OwnedFd) {
    loop {
        let names = names(folder);
        let removed = names.par_iter().filter(|(name, kind)| is_removed(folder, name, *kind)).count();
        if removed == 0 || names.len() < AT_ONCE {
            return;
        }
    }
}

/// Whether an entry could be removed, with all that is in it.
fn is_removed(folder: &OwnedFd, name: &CStr, kind: FileType) -> bool {
    // Some file systems do not tell what an entry is; then it is tried.
    let may_be_folder = matches!(kind, FileType::Directory | FileType::Unknown);
    let removed = match may_be_folder.then(|| open(folder, name)).flatten() {
        Some(inner) => {
            empty(&inner);
            unlinkat(folder, name, AtFlags::REMOVEDIR)
        }
        None => unlinkat(folder, name, AtFlags::empty()),
    };
    removed.is_ok()
}

/// So many entries are in memory at once, for there may be as many as machines.
const AT_ONCE: usize = 1 << 10;

/// Some of the entries of a folder.
fn names(folder: &OwnedFd) -> Vec<(CString, FileType)> {
    let entries = Dir::read_from(folder).into_iter().flatten().flatten();
    let all = entries.map(|entry| (entry.file_name().to_owned(), entry.file_type()));
    all.filter(|(name, _)| ![c".", c".."].contains(&name.as_c_str())).take(AT_ONCE).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_behind_a_link_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let [home, link, folder] = ["home", "link", "folder"].map(|name| dir.path().join(name));
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::create_dir(&home).unwrap();
        fs::write(home.join("diary"), "").unwrap();
        fs::write(folder.join("a/b/file"), "").unwrap();
        symlink(&home, &link).unwrap();
        symlink(&home, folder.join("a/link")).unwrap();
        symlink(home.join("diary"), folder.join("a/file")).unwrap();
        remove(&link);
        remove(&folder);
        assert!(home.join("diary").exists() && !link.is_symlink() && !folder.exists());
    }

    #[test]
    fn a_folder_of_many_entries_goes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        (0..AT_ONCE + 10).for_each(|number| fs::write(folder.join(number.to_string()), "").unwrap());
        remove(&folder);
        assert!(!folder.exists());
    }

    #[test]
    fn what_another_run_writes_is_not_left_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let run = fs::File::open(&folder).unwrap();
        run.lock().unwrap();
        remove_leftover(&folder);
        assert!(folder.exists());
        drop(run);
        remove_leftover(&folder);
        assert!(!folder.exists());
    }

    #[test]
    fn a_file_under_a_leftover_name_goes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        remove_leftover(&file);
        remove_leftover(&file);
        assert!(!file.exists());
    }
}
