//! What a mirror on disk has of what machines download.
//!
//! In: the folder that a web server serves, or a copy of it. A file has to lie at its mirror path and have its hash. An image
//! is there when `images.txt` names it, or the storage of a registry (`docker/registry/v2`) below the folder has its tag.
//! A package is there when `packages.txt` names it, or a `NAME_VERSION_ARCH.deb` lies somewhere below.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::compile::ArtifactRow;
use crate::compile::artifact::ArtifactSource;
use crate::facts::hash::Hash;
use crate::world;
use crate::world::file::TEXT_LIMIT;

/// The status of one item in a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MirrorStatus {
    There,
    Missing,
    /// A file is there with other content.
    WrongHash,
}

impl MirrorStatus {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Missing => "missing",
            Self::WrongHash => "wrong hash",
        }
    }
}

/// The status of each row, in order.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn compare(folder: &Path, rows: &[ArtifactRow]) -> io::Result<Vec<MirrorStatus>> {
    let mut found = MirrorContent::default();
    found.walk(folder, "")?;
    found.names(&folder.join("images.txt"))?;
    found.names(&folder.join("packages.txt"))?;
    rows.iter().map(|row| found.status(folder, row)).collect()
}

/// What the folder contains.
#[derive(Default)]
struct MirrorContent {
    /// Images by `REPOSITORY:TAG` without the registry, packages by their name, and what the lists name.
    names: HashSet<String>,
}

impl MirrorContent {
    fn walk(&mut self, folder: &Path, below: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{below}/{name}");
            if entry.file_type()?.is_dir() {
                match tag(&path) {
                    Some(image) => self.names.extend([image]),
                    None => self.walk(&entry.path(), &path)?,
                }
            } else if let Some((package, _)) = name.strip_suffix(".deb").and_then(|name| name.split_once('_')) {
                self.names.insert(package.to_owned());
            }
        }
        Ok(())
    }

    /// The lines of a list, if there is one.
    fn names(&mut self, list: &Path) -> io::Result<()> {
        match world::file::read(list, TEXT_LIMIT) {
            Ok(text) => self.names.extend(text.lines().map(|line| line.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn status(&self, folder: &Path, row: &ArtifactRow) -> io::Result<MirrorStatus> {
        let there = |there: bool| if there { MirrorStatus::There } else { MirrorStatus::Missing };
        match row.kind {
            ArtifactSource::File => file(
                &folder.join(row.mirror_path.as_deref().unwrap_or_default()),
                row.hash.as_deref().unwrap_or_default(),
            ),
            ArtifactSource::Image => {
                // A mirror has tags; the digest behind one is compared when the image is pulled.
                let image = row.url.split_once('@').map_or(&*row.url, |(image, _)| image);
                let short = image.split_once('/').map_or(image, |(_, rest)| rest);
                let ends =
                    |name: &String| name.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
                Ok(there(self.names.contains(&row.url) || self.names.contains(image) || self.names.iter().any(ends)))
            }
            ArtifactSource::Package => Ok(there(self.names.contains(&row.url))),
        }
    }
}

/// The image of a path of a registry's storage: `.../repositories/NAME/_manifests/tags/TAG`.
fn tag(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/docker/registry/v2/repositories/")?;
    let (name, tag) = rest.split_once("/_manifests/tags/")?;
    (!tag.contains('/')).then(|| format!("{name}:{tag}"))
}

fn file(path: &Path, hash: &str) -> io::Result<MirrorStatus> {
    let file = match world::file::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(MirrorStatus::Missing),
        Err(error) => return Err(error),
    };
    let Ok(wanted) = hash.parse::<Hash>() else { return Ok(MirrorStatus::WrongHash) };
    let found = Hash::of(file, wanted.algorithm())?;
    Ok(if found == wanted { MirrorStatus::There } else { MirrorStatus::WrongHash })
}
