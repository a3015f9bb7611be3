//! What kmodel keeps for the operator and a model never reads: keys, the lock, rendered machines.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::file;
use super::refusal::Refusal;

/// The folder of the key stores beside a model.
pub const STORE: &str = ".kmodel";

/// What the `version` of every key store begins with, whichever kmodel wrote it.
pub const STORE_MARK: &str = "kmodel store ";

/// The name of the lock beside a model.
pub const LOCK: &str = "kmodel.lock";

/// The file that names everything in an output folder.
pub const MANIFEST: &str = "manifest.json";

/// What a manifest says of who wrote it.
pub const GENERATOR: &str = "kmodel";

/// A mark is in the first bytes of its file.
const MARK_LIMIT: u64 = 100;

/// Why a place, which is `inside` of an allowed folder, is not for models.
pub fn look(place: &Path, inside: &Path) -> Option<Refusal> {
    let has = |name: &str| inside.components().any(|part| part.as_os_str() == OsStr::new(name));
    if has(STORE) || place.ancestors().any(is_store) {
        return Some(Refusal::KeyStore);
    }
    if place.file_name() == Some(OsStr::new(LOCK)) {
        return Some(Refusal::Lock);
    }
    if has(".git") {
        return Some(Refusal::Repository);
    }
    let folders = inside.ancestors().count() - 1;
    place.ancestors().skip(1).take(folders).any(is_output).then_some(Refusal::Output)
}

/// Whether a folder is a key store, of any cluster.
pub fn is_store(folder: &Path) -> bool {
    begins(&folder.join("version")).is_some_and(|text| text.starts_with(STORE_MARK))
}

/// Whether a folder is the output of a render.
fn is_output(folder: &Path) -> bool {
    begins(&folder.join(MANIFEST)).is_some_and(|text| text.contains(&format!("\"generator\": \"{GENERATOR}\"")))
}

/// The first bytes of a file in the folder itself; a link or a pipe is none.
fn begins(path: &Path) -> Option<String> {
    use std::io::Read;
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    file::open(path).ok()?.take(MARK_LIMIT).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
