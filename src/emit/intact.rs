//! Whether a file that is on the disk is the one that a manifest lists: by all of its content, never by its times.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Take};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags, openat};
use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use crate::emit::manifest::{self, Listing};
use crate::emit::seal::Hash;
use crate::text::hex;
use crate::world::relative::RelativePath;

/// So many bytes of a file are in memory at once.
const PART: usize = 64 << 10;

/// The hash of a file that is as it is listed, if it is. With another name somewhere, a change there would be one here.
pub(super) fn hash(root: &File, listed: &Listing) -> Option<Hash> {
    RelativePath::new(&listed.path).ok()?;
    let mode = listed.permissions()?;
    // The folder is open, so that the system looks for no more than what is below it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = File::from(openat(root, &*listed.path, flags, Mode::empty()).ok()?);
    let data = file.metadata().ok().filter(|data| data.is_file() && data.nlink() == 1)?;
    let ours = data.uid() == own_user() && data.mode() & 0o7777 == mode && data.len() == listed.size;
    let hash = ours.then(|| content(file.take(listed.size + 1), listed.size)).flatten()?;
    let said = listed.sha256.as_ref().is_none_or(|said| *said == hex(&hash));
    (said && listed.secret == listed.sha256.is_none()).then_some(hash)
}

/// The hash of the manifest of an output, if it is as kmodel leaves it.
pub(super) fn manifest(root: &Path) -> Option<Hash> {
    let size = fs::symlink_metadata(root.join(manifest::NAME)).ok()?.len();
    hash(&File::open(root).ok()?, &Listing::of_manifest(size))
}

/// Read in parts: a manifest may list millions of files.
fn content(mut file: Take<File>, size: u64) -> Option<Hash> {
    let (mut hash, mut left) = (Sha256::new(), size);
    let mut part = vec![0; usize::try_from(size + 1).map_or(PART, |all| all.min(PART))];
    loop {
        match file.read(&mut part) {
            Ok(0) => return (left == 0).then(|| hash.finalize().into()),
            Ok(count) => {
                hash.update(&part[..count]);
                left = left.checked_sub(count as u64)?;
                // There was room for more, so this is all of it.
                if left == 0 && count < part.len() {
                    return Some(hash.finalize().into());
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Whether there is a folder of ours with exactly these permissions, not behind a link.
pub(super) fn folder(path: &Path, mode: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|data| data.is_dir() && data.uid() == own_user() && data.mode() & 0o7777 == mode)
}

/// Who runs this. It is asked for each file, and does not change.
pub(super) fn own_user() -> u32 {
    static USER: OnceLock<u32> = OnceLock::new();
    *USER.get_or_init(|| geteuid().as_raw())
}
