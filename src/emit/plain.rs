//! Whether there is nothing in an output but what its manifest lists, and what leads there. Every core looks.

use std::collections::HashSet;
use std::fs::read_dir;
use std::io::ErrorKind;
use std::path::Path;

use rayon::prelude::*;

use crate::emit::earlier::Earlier;
use crate::emit::manifest;

/// So many places are looked into by one thread at a time.
const TOGETHER: usize = 16;

/// What a folder has.
#[derive(PartialEq, Eq)]
enum Entry {
    /// A folder, by its path with its slash.
    Folder(String),
    Other(String),
}

/// Whether it is. Of a file that is listed it is not said whether it is there.
pub(super) fn is_plain(earlier: &Earlier) -> bool {
    let top = only(earlier.root(), "", &mut |entry| match entry {
        Entry::Folder(path) => Some(!earlier.has_place(path)),
        Entry::Other(path) => (path == manifest::NAME || earlier.has_place(path)).then_some(false),
    });
    let places = (0..earlier.count()).into_par_iter().with_min_len(TOGETHER);
    top.is_some() && places.all(|place| is_place_plain(earlier, place))
}

fn is_place_plain(earlier: &Earlier, place: usize) -> bool {
    let Some((place, listed)) = earlier.paths(place) else { return false };
    if !place.ends_with('/') || is_missing(&earlier.root().join(&place)) {
        return true;
    }
    let listed: HashSet<&str> = listed.iter().map(String::as_str).collect();
    let known = &mut |entry: &Entry| match entry {
        Entry::Folder(_) => Some(true),
        Entry::Other(path) => listed.contains(&**path).then_some(false),
    };
    only(earlier.root(), &place, known).is_some()
}

fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Goes through a folder. Each entry is asked after: whether it is gone into, or `None` if it should not be there. So it is
/// with an empty folder.
fn only(root: &Path, below: &str, ask: &mut dyn FnMut(&Entry) -> Option<bool>) -> Option<()> {
    let mut any = below.is_empty();
    for entry in read_dir(root.join(below)).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name();
        let (name, is_folder) = (name.to_str()?, entry.file_type().ok()?.is_dir());
        let entry =
            if is_folder { Entry::Folder(format!("{below}{name}/")) } else { Entry::Other(format!("{below}{name}")) };
        any = true;
        if let (true, Entry::Folder(path)) = (ask(&entry)?, &entry) {
            only(root, path, ask)?;
        }
    }
    any.then_some(())
}
