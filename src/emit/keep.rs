//! What must outlast an output: folders that may not be replaced, whatever is asked for.

use std::path::{Path, PathBuf};

use crate::emit::error::EmitError;
use crate::world::access::resolve;

/// Something of the operator's, and what it is: `the key store`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    pub path: PathBuf,
    pub what: &'static str,
}

impl Kept {
    pub fn new(path: &Path, what: &'static str) -> Self {
        Self { path: path.to_owned(), what }
    }
}

/// Refuses an output folder that is, or holds, what must be kept, and one that is in it. Links are resolved first.
///
/// # Errors
/// The first of those that would be lost.
pub fn refuse(out: &Path, kept: &[Kept]) -> Result<(), EmitError> {
    let place = resolve(out);
    let lost = |kept: &&Kept| {
        let path = resolve(&kept.path);
        path.starts_with(&place) || place.starts_with(&path)
    };
    kept.iter()
        .find(lost)
        .map_or(Ok(()), |kept| Err(EmitError::Kept { path: out.to_owned(), kept: kept.path.clone(), what: kept.what }))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_kept_is_found_through_links_and_dots() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        fs::create_dir_all(at("site/.kmodel/ha")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        symlink("site", at("link")).unwrap();
        let kept = [Kept::new(&at("site/.kmodel/ha"), "the key store"), Kept::new(&at("link/new.lock"), "the lock")];
        for out in [
            "site",
            "link",
            "link/.kmodel",
            "site/.kmodel/ha/machines",
            "elsewhere/../site",
            "site/new.lock",
            "x/../site",
        ] {
            assert!(refuse(&at(out), &kept).is_err(), "{out}");
        }
        for out in ["site/build", "link/.kmodel/other", "elsewhere", "site/new"] {
            assert_eq!(refuse(&at(out), &kept), Ok(()), "{out}");
        }
    }
}
