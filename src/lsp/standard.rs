//! Copies of the standard library and of the pages about problems, where an editor can open them.
//!
//! They lie in the user's cache folder under a name made of what is in them, read-only, and are written when the first of
//! them is asked for. A copy is only for reading: what is compiled is always what is embedded.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::diag::Code;
use crate::stdlib;

/// The folder of all copies; `None` when it cannot be written.
static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let folder = place();
    written(&folder).ok().map(|()| folder)
});

/// Where the copies go, written or not.
fn place() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let base = cache.or_else(home).unwrap_or_else(std::env::temp_dir);
    base.join("kmodel").join(format!("{}-{}", env!("CARGO_PKG_VERSION"), digest()))
}

fn digest() -> String {
    let mut hash = Sha256::new();
    for (path, content) in stdlib::all() {
        hash.update(path.to_string_lossy().as_bytes());
        hash.update(content);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn written(folder: &Path) -> io::Result<()> {
    for (path, content) in stdlib::all() {
        write(&folder.join("std").join(path), content)?;
    }
    for code in Code::ALL {
        write(&folder.join("errors").join(format!("{code}.md")), code.page().as_bytes())?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|known| known == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    // Written beside and moved, so that two servers that start at once do not disturb each other.
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&beside, content)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o444))?;
    fs::rename(&beside, path)
}

/// The copy of a file of the standard library.
pub(super) fn copy(inside: &Path) -> Option<PathBuf> {
    Some(FOLDER.as_ref()?.join("std").join(inside))
}

/// The copy of the page about a problem.
pub(super) fn page(code: Code) -> Option<PathBuf> {
    Some(FOLDER.as_ref()?.join("errors").join(format!("{code}.md")))
}

/// The file of the standard library that a path is the copy of.
pub(super) fn inside(path: &Path) -> Option<PathBuf> {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| place().join("std"));
    path.strip_prefix(&*ROOT).ok().map(Path::to_path_buf)
}
