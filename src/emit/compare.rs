//! What an output would be otherwise, without a change of it.
//!
//! In: the folder of an earlier output, and the files of a new one, machine by machine. Out: which files differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::emit::earlier::Earlier;
use crate::emit::manifest::Listing;
use crate::emit::{intact, path};
use crate::target::OutputFile;

/// How a file differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    New,
    Gone,
    /// Its content.
    Changed,
    /// Who may read, write or run it.
    Mode,
}

/// A file that would not be as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// Relative to the output folder.
    pub path: String,
    #[serde(rename = "change")]
    pub sort: Sort,
    pub secret: bool,
    /// The file is not as the earlier output left it: another program or a person has changed it.
    pub by_hand: bool,
    /// The old and the new text, if they were asked for, are no secret and are text.
    #[serde(skip)]
    pub texts: Option<(String, String)>,
}

/// An output that is compared with what would take its place.
pub struct Compare {
    /// Where there is an earlier one.
    folder: Option<File>,
    old: BTreeMap<String, Listing>,
    seen: BTreeSet<String>,
    differences: Vec<Difference>,
}

/// Files that were looked at, and those that differ.
pub struct Looked {
    paths: Vec<String>,
    differences: Vec<Difference>,
}

impl Compare {
    /// Begins with the output in a folder; without one, all is new.
    pub fn with(root: &Path) -> Self {
        let earlier = Earlier::open(root);
        let old = earlier.iter().flat_map(Earlier::all).map(|listing| (listing.path.clone(), listing)).collect();
        let folder = earlier.and_then(|_| File::open(root).ok());
        Self { folder, old, seen: BTreeSet::new(), differences: Vec::new() }
    }

    /// Whether the earlier output lists a file.
    pub fn lists(&self, path: &str) -> bool {
        self.old.contains_key(path)
    }

    /// Whether there is an earlier output.
    pub fn has_earlier(&self) -> bool {
        self.folder.is_some()
    }

    /// The folders below one in the earlier output, each with how many files it has.
    pub fn earlier_folders(&self, below: &str) -> BTreeMap<String, usize> {
        let mut folders = BTreeMap::new();
        let names = self.old.keys().filter_map(|path| path.strip_prefix(below)?.split_once('/'));
        names.for_each(|(name, _)| *folders.entry(name.to_owned()).or_default() += 1);
        folders
    }

    /// Looks at files; the texts of some before and after are kept.
    pub fn look(&self, files: &[OutputFile], with_text: impl Fn(&str) -> bool) -> Looked {
        let differences = files.iter().filter_map(|file| self.difference(file, with_text(&file.path))).collect();
        Looked { paths: files.iter().map(|file| file.path.clone()).collect(), differences }
    }

    /// Takes what was looked at.
    pub fn add(&mut self, looked: Looked) {
        self.seen.extend(looked.paths);
        self.differences.extend(looked.differences);
    }

    /// All differences, in the order of the paths.
    pub fn finish(mut self) -> Vec<Difference> {
        let gone = self.old.into_values().filter(|listing| !self.seen.contains(&listing.path));
        let gone = gone.map(|Listing { path, secret, .. }| Difference {
            path,
            sort: Sort::Gone,
            secret,
            by_hand: false,
            texts: None,
        });
        self.differences.extend(gone);
        self.differences.sort_by(|one, other| one.path.cmp(&other.path));
        self.differences
    }

    fn difference(&self, file: &OutputFile, with_text: bool) -> Option<Difference> {
        let (path, secret) = (file.path.clone(), file.secret);
        let Some((folder, old)) = self.folder.as_ref().zip(self.old.get(&file.path)) else {
            let texts = with_text.then(|| text(file)).flatten().map(|new| (String::new(), new));
            return Some(Difference { path, sort: Sort::New, secret, by_hand: false, texts });
        };
        let hash = intact::hash(folder, old);
        if hash.is_none() && !is_there(folder, &old.path) {
            let texts = with_text.then(|| text(file)).flatten().map(|new| (String::new(), new));
            return Some(Difference { path, sort: Sort::New, secret, by_hand: true, texts });
        }
        let same = hash == Some(Sha256::digest(&file.content).into());
        if same && old.permissions() == Some(path::mode(file)) {
            return None;
        }
        let texts = (with_text && !same && !old.secret).then(|| Some((read(folder, old)?, text(file)?))).flatten();
        let sort = if same { Sort::Mode } else { Sort::Changed };
        Some(Difference { path, sort, secret: secret || old.secret, by_hand: hash.is_none(), texts })
    }
}

impl Looked {
    /// The files that differ.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Lets go of texts that were needed only to look at them.
    pub fn drop_texts(&mut self) {
        self.differences.iter_mut().for_each(|difference| difference.texts = None);
    }
}

/// The text of a file that may be shown.
fn text(file: &OutputFile) -> Option<String> {
    (!file.secret).then(|| String::from_utf8(file.content.to_vec()).ok()).flatten()
}

/// Whether anything has this path.
fn is_there(folder: &File, path: &str) -> bool {
    openat(folder, path, OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty()).is_ok()
}

/// A text of the earlier output. It is only what the manifest lists, so no link leads to what kmodel has not written.
fn read(folder: &File, listed: &Listing) -> Option<String> {
    let said = listed.sha256.as_ref()?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = File::from(openat(folder, &*listed.path, flags, Mode::empty()).ok()?);
    let mut bytes = Vec::new();
    file.take(listed.size + 1).read_to_end(&mut bytes).ok()?;
    let whole = crate::text::hex(&Sha256::digest(&bytes)) == *said;
    String::from_utf8(bytes).ok().filter(|_| whole)
}
