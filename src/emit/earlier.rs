//! The output that is in the place already. What of it is whole need not be made again.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::emit::manifest::{self, Listing};
use crate::emit::seal::{Line, Seal};
use crate::emit::{intact, tree};

/// Where each machine has a folder.
const MACHINES: &str = "machines/";

/// An output, and where in its manifest what is listed.
pub(super) struct Earlier {
    root: PathBuf,
    manifest: File,
    /// The lines of each place: the folder of a machine, or any other file.
    places: HashMap<String, Range<u64>>,
}

impl Earlier {
    /// The output in a folder, if its manifest is as kmodel writes it.
    pub(super) fn open(root: &Path) -> Option<Self> {
        let path = root.join(manifest::NAME);
        let at = manifest::Listed::open(&path)?.begins();
        let manifest = File::open(path).ok()?;
        let places = places(&manifest, at)?;
        Some(Self { root: root.to_owned(), manifest, places })
    }

    /// The lines of these places, if all files in them are there as the seal says, in folders with the right permissions.
    pub(super) fn lines(&self, places: &[String], seal: &Seal) -> Option<Vec<Line>> {
        let mut lines = Vec::new();
        for place in places {
            for text in self.texts(place)?.lines() {
                lines.push(self.line(text)?);
            }
        }
        lines.sort_unstable();
        (Seal::of(&lines) == *seal && self.has_folders(&lines)).then_some(lines)
    }

    /// Whether a file is there as a line of another manifest says.
    pub(super) fn has(&self, line: &Line) -> bool {
        self.line(&line.text).is_some_and(|found| found == *line)
    }

    /// Whether the folders of files have the permissions that they would be made with.
    pub(super) fn has_folders(&self, lines: &[Line]) -> bool {
        let files =
            lines.iter().map(|line| (&*line.path, Listing::read(&line.text).is_some_and(|file| file.is_private())));
        let folders = tree::folders(files);
        folders
            .iter()
            .filter(|(path, _)| !path.is_empty())
            .all(|(path, mode)| intact::folder(&self.root.join(path), *mode))
    }

    /// Whether the manifest is this one, to the byte.
    pub(super) fn has_manifest(&self, other: &Path) -> bool {
        let listed = |root: &Path| {
            let size = File::open(root.join(manifest::NAME)).ok()?.metadata().ok()?.len();
            intact::hash(root, &Listing::of_manifest(size))
        };
        listed(&self.root).is_some_and(|own| listed(other) == Some(own))
    }

    /// The files of a place, which [`Earlier::lines`] has found whole.
    pub(super) fn listed(&self, place: &str) -> Vec<Listing> {
        let texts = self.texts(place).unwrap_or_default();
        texts.lines().filter_map(|text| Listing::read(text.trim().trim_end_matches(','))).collect()
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The line of a file that is on the disk as a manifest says.
    fn line(&self, text: &str) -> Option<Line> {
        let text = text.trim().trim_end_matches(',');
        let listed = Listing::read(text)?;
        let hash = intact::hash(&self.root, &listed)?;
        Some(Line { path: listed.path, text: text.to_owned(), secret: listed.secret.then_some(hash) })
    }

    fn texts(&self, place: &str) -> Option<String> {
        let lines = self.places.get(place)?;
        let mut bytes = vec![0; usize::try_from(lines.end - lines.start).ok()?];
        self.manifest.read_exact_at(&mut bytes, lines.start).ok()?;
        String::from_utf8(bytes).ok()
    }
}

fn places(manifest: &File, from: u64) -> Option<HashMap<String, Range<u64>>> {
    let mut places: HashMap<String, Range<u64>> = HashMap::new();
    let mut reader = BufReader::new(manifest);
    std::io::copy(&mut reader.by_ref().take(from), &mut std::io::sink()).ok()?;
    let (mut at, mut line) = (from, String::new());
    while reader.read_line(&mut line).ok()? > 0 {
        let next = at + line.len() as u64;
        if let Some(place) = place(&line) {
            let known = places.entry(place.to_owned()).or_insert(at..at);
            // Lines that belong together follow each other; what is said of others counts for nothing.
            *known = if known.end == at { known.start..next } else { at..next };
        }
        at = next;
        line.clear();
    }
    Some(places)
}

/// Where the file of a line belongs; a path that JSON writes otherwise is not looked for.
fn place(line: &str) -> Option<&str> {
    let (path, _) = line.trim_start().strip_prefix("{\"path\":\"")?.split_once('"')?;
    let name = path.strip_prefix(MACHINES).and_then(|rest| rest.find('/'));
    (!path.contains('\\')).then(|| name.map_or(path, |end| &path[..=MACHINES.len() + end]))
}
