//! The output that is in the place already. What of it is whole need not be made again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::emit::manifest::{self, Listing};
use crate::emit::seal::{self, Hash, Line, Places, Seal};
use crate::emit::{intact, place, tree};

/// So many places are read by one thread at a time.
const TOGETHER: usize = 8;

/// How much there is of files.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub files: usize,
    pub bytes: u64,
    /// Whether one in the folder at the top is private.
    closed: bool,
}

impl Size {
    fn of(lines: &[Line]) -> Self {
        let closed = lines.iter().any(|line| line.private && !line.path.contains('/'));
        Self { files: lines.len(), bytes: lines.iter().map(|line| line.size).sum(), closed }
    }

    fn and(self, other: Self) -> Self {
        let closed = self.closed || other.closed;
        Self { files: self.files + other.files, bytes: self.bytes + other.bytes, closed }
    }
}

/// An output, and where in its manifest what is listed.
pub(super) struct Earlier {
    root: PathBuf,
    /// The folder, held open.
    folder: File,
    manifest: File,
    /// The lines of each place: the folder of a machine, or any other file.
    places: BTreeMap<String, Range<u64>>,
}

impl Earlier {
    /// The output in a folder, if its manifest is as kmodel writes it.
    pub(super) fn open(root: &Path) -> Option<Self> {
        let path = root.join(manifest::NAME);
        let at = manifest::Listed::open(&path)?.begins();
        let manifest = File::open(path).ok()?;
        let places = places(&manifest, at)?;
        Some(Self { root: root.to_owned(), folder: File::open(root).ok()?, manifest, places })
    }

    /// The lines of these places, if all files in them are there as the seal says, in folders with the right permissions.
    pub(super) fn lines(&self, places: &[String], seal: &Seal) -> Option<Vec<Line>> {
        let mut lines = Vec::new();
        for place in places {
            self.read(self.places.get(place)?, &mut lines)?;
        }
        lines.sort_unstable();
        (Seal::of(&lines) == *seal && self.has_folders(&lines)).then_some(lines)
    }

    /// The seal of all files, if each is there as the manifest says, and how many they are with it. Every core reads.
    pub(super) fn seal(&self) -> Option<(Seal, Size)> {
        let ranges: Vec<_> = self.places.values().collect();
        let read = |ranges: &[&Range<u64>]| {
            let (mut lines, mut places) = (Vec::new(), Places::default());
            ranges.iter().try_for_each(|range| self.read(range, &mut lines))?;
            places.add(&lines);
            self.has_folders(&lines).then(|| (places, Size::of(&lines)))
        };
        let both = |(mut places, size): (Places, Size), (others, more)| {
            places.join(others);
            (places, size.and(more))
        };
        let nothing = || (Places::default(), Size::default());
        let (places, size) =
            ranges.par_chunks(TOGETHER).map(read).try_reduce(nothing, |one, other| Some(both(one, other)))?;
        let (manifest, bytes) = self.manifest_hash()?;
        let size = size.and(Size { files: 1, bytes, closed: false });
        self.has_root(if size.closed { 0o700 } else { 0o755 }).then(|| (places.seal(&manifest), size))
    }

    /// Whether a file is there as a line of another manifest says.
    pub(super) fn has(&self, line: &Line) -> bool {
        self.line(&line.text).is_some_and(|found| found == *line)
    }

    /// Whether the folders of files have the permissions that they would be made with.
    pub(super) fn has_folders(&self, lines: &[Line]) -> bool {
        let folders = tree::folders(lines.iter().map(|line| (&*line.path, line.private)));
        folders
            .iter()
            .filter(|(path, _)| !path.is_empty())
            .all(|(path, mode)| intact::folder(&self.root.join(path), *mode))
    }

    /// Whether its folder has the permissions that it would be given: one that was closed to others stays closed.
    pub(super) fn has_root(&self, wanted: u32) -> bool {
        place::mode(&self.root).is_some_and(|own| own == wanted & own | 0o700)
    }

    /// The hash of the manifest, if it is as kmodel leaves it, and its length.
    pub(super) fn manifest_hash(&self) -> Option<(Hash, u64)> {
        let size = self.manifest.metadata().ok()?.len();
        intact::hash(&self.folder, &Listing::of_manifest(size)).map(|hash| (hash, size))
    }

    /// The files of a place, which [`Earlier::lines`] has found whole.
    pub(super) fn listed(&self, place: &str) -> Vec<Listing> {
        let texts = self.places.get(place).and_then(|lines| self.texts(lines)).unwrap_or_default();
        texts.lines().filter_map(|text| Listing::read(text.trim().trim_end_matches(','))).collect()
    }

    /// All files that the manifest lists.
    pub(super) fn all(&self) -> impl Iterator<Item = Listing> {
        self.places.keys().flat_map(|place| self.listed(place))
    }

    /// What the manifest lists, each place once.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Whether the manifest is still the one that was opened.
    pub(super) fn is_in_place(&self) -> bool {
        let now = std::fs::symlink_metadata(self.root.join(manifest::NAME));
        let (now, opened) = (now.ok(), self.manifest.metadata().ok());
        now.zip(opened).is_some_and(|(now, opened)| (now.dev(), now.ino()) == (opened.dev(), opened.ino()))
    }

    /// Whether the manifest lists files here.
    pub(super) fn has_place(&self, place: &str) -> bool {
        self.places.contains_key(place)
    }

    /// The paths of the files of a place.
    pub(super) fn paths(&self, place: &str) -> Option<Vec<String>> {
        let texts = self.texts(self.places.get(place)?)?;
        texts.lines().map(|line| path(line).map(str::to_owned)).collect()
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The line of a file that is on the disk as a manifest says.
    fn line(&self, text: &str) -> Option<Line> {
        let text = text.trim().trim_end_matches(',');
        let listed = Listing::read(text)?;
        let hash = intact::hash(&self.folder, &listed)?;
        let (secret, private) = (listed.secret.then_some(hash), listed.is_private());
        Some(Line { path: listed.path, text: text.to_owned(), secret, size: listed.size, private })
    }

    /// Adds the lines of these places in the manifest, as [`Earlier::line`].
    fn read(&self, lines: &Range<u64>, all: &mut Vec<Line>) -> Option<()> {
        self.texts(lines)?.lines().try_for_each(|text| self.line(text).map(|line| all.push(line)))
    }

    fn texts(&self, lines: &Range<u64>) -> Option<String> {
        let mut bytes = vec![0; usize::try_from(lines.end - lines.start).ok()?];
        self.manifest.read_exact_at(&mut bytes, lines.start).ok()?;
        String::from_utf8(bytes).ok()
    }
}

fn places(manifest: &File, from: u64) -> Option<BTreeMap<String, Range<u64>>> {
    let mut places: BTreeMap<String, Range<u64>> = BTreeMap::new();
    let mut reader = BufReader::new(manifest);
    std::io::copy(&mut reader.by_ref().take(from), &mut std::io::sink()).ok()?;
    let (mut at, mut line) = (from, String::new());
    while reader.read_line(&mut line).ok()? > 0 {
        let next = at + line.len() as u64;
        if let Some(place) = path(&line).map(seal::place) {
            let known = places.entry(place.to_owned()).or_insert(at..at);
            // Lines that belong together follow each other; what is said of others counts for nothing.
            *known = if known.end == at { known.start..next } else { at..next };
        }
        at = next;
        line.clear();
    }
    Some(places)
}

/// The path in a line; one that JSON writes otherwise is not looked for.
fn path(line: &str) -> Option<&str> {
    let (path, _) = line.trim_start().strip_prefix("{\"path\":\"")?.split_once('"')?;
    (!path.contains('\\')).then_some(path)
}
