//! The output that is in the place already. What of it is whole need not be made again.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::emit::index::{self, Index};
use crate::emit::manifest::{self, Listing};
use crate::emit::seal::{Hash, Line, Seal, Sealing};
use crate::emit::{intact, place, tree};

/// So many places are read by one thread at a time, and so many before their hashes are put together.
const TOGETHER: usize = 8;
const IN_A_ROW: usize = 64 * TOGETHER;

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

/// The hashes of a place's secrets, one for each file, and how much there is of it.
type Place = (Vec<Option<Hash>>, Size);

/// An output, and where in its manifest what is listed.
pub(super) struct Earlier {
    root: PathBuf,
    /// The folder, held open.
    folder: File,
    places: Index,
}

impl Earlier {
    /// The output in a folder, if its manifest is as kmodel writes it.
    pub(super) fn open(root: &Path) -> Option<Self> {
        let path = root.join(manifest::NAME);
        let at = manifest::Listed::open(&path)?.begins();
        let places = Index::read(File::open(path).ok()?, at)?;
        Some(Self { root: root.to_owned(), folder: File::open(root).ok()?, places })
    }

    /// The lines of these places, if all files in them are there as the seal says, in folders with the right permissions.
    pub(super) fn lines(&self, places: &[String], seal: &Seal) -> Option<Vec<Line>> {
        let mut lines = Vec::new();
        for place in places {
            self.read(self.places.find(place)?, &mut lines)?;
        }
        lines.sort_unstable();
        (Seal::of(&lines) == *seal && self.has_folders(&lines)).then_some(lines)
    }

    /// The seal of all files, if each is there as the manifest says, and how many they are with it. Every core reads.
    pub(super) fn seal(&self) -> Option<(Seal, Size)> {
        let (all, mut sealing, mut size) = (self.places.len(), Sealing::default(), Size::default());
        for first in (0..all).step_by(IN_A_ROW) {
            let some: Vec<usize> = (first..all.min(first + IN_A_ROW)).collect();
            let read: Vec<Option<Place>> = some.par_chunks(TOGETHER).flat_map_iter(|some| self.some(some)).collect();
            for place in read {
                let (secrets, more) = place?;
                secrets.into_iter().for_each(|secret| sealing.add(secret));
                size = size.and(more);
            }
        }
        let (manifest, bytes) = self.manifest_hash()?;
        let size = size.and(Size { files: 1, bytes, closed: false });
        self.has_root(if size.closed { 0o700 } else { 0o755 }).then(|| (sealing.end(&manifest), size))
    }

    /// What is in places; nothing of one that is not whole.
    fn some<'a>(&'a self, places: &'a [usize]) -> impl Iterator<Item = Option<Place>> {
        places.iter().map(|place| {
            let mut lines = Vec::new();
            self.read(*place, &mut lines)?;
            let size = Size::of(&lines);
            self.has_folders(&lines).then(|| (lines.into_iter().map(|line| line.secret).collect(), size))
        })
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
        let size = self.places.manifest().metadata().ok()?.len();
        intact::hash(&self.folder, &Listing::of_manifest(size)).map(|hash| (hash, size))
    }

    /// The files of a place, which [`Earlier::lines`] has found whole.
    pub(super) fn listed(&self, place: &str) -> Vec<Listing> {
        self.places.find(place).map(|place| self.listings(place)).unwrap_or_default()
    }

    fn listings(&self, place: usize) -> Vec<Listing> {
        let lines = self.places.lines(place).unwrap_or_default();
        lines.lines().filter_map(|text| Listing::read(text.trim().trim_end_matches(','))).collect()
    }

    /// All files that the manifest lists.
    pub(super) fn all(&self) -> impl Iterator<Item = Listing> {
        (0..self.places.len()).flat_map(|place| self.listings(place))
    }

    /// How many places the manifest lists.
    pub(super) fn count(&self) -> usize {
        self.places.len()
    }

    /// What the manifest lists, each place once, in their order.
    pub(super) fn places(&self) -> impl Iterator<Item = String> {
        self.places.names()
    }

    /// Whether the manifest is still the one that was opened.
    pub(super) fn is_in_place(&self) -> bool {
        let now = std::fs::symlink_metadata(self.root.join(manifest::NAME));
        let (now, opened) = (now.ok(), self.places.manifest().metadata().ok());
        now.zip(opened).is_some_and(|(now, opened)| (now.dev(), now.ino()) == (opened.dev(), opened.ino()))
    }

    /// Whether the manifest lists files here.
    pub(super) fn has_place(&self, place: &str) -> bool {
        self.places.find(place).is_some()
    }

    /// The name of the place of this number, and the paths of its files.
    pub(super) fn paths(&self, place: usize) -> Option<(String, Vec<String>)> {
        let lines = self.places.lines(place)?;
        let paths: Option<_> = lines.lines().map(|line| index::path(line).map(str::to_owned)).collect();
        Some((self.places.name(place)?, paths?))
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

    /// Adds the lines of a place in the manifest, as [`Earlier::line`].
    fn read(&self, place: usize, all: &mut Vec<Line>) -> Option<()> {
        self.places.lines(place)?.lines().try_for_each(|text| self.line(text).map(|line| all.push(line)))
    }
}
