//! Where lists and files are read: at the publishers, at a mirror of them, or in a folder.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::https::Client;
use super::image::Reference;
use super::{PinError, registry};
use crate::facts::hash::{Algorithm, Hash};
use crate::render::boot::mirror_path;
use crate::world::file::{self, TEXT_LIMIT};
use crate::world::relative::RelativePath;

/// The largest list of checksums, in bytes.
pub(super) const LIST_LIMIT: u64 = 1 << 20;

/// The largest manifest of an image that registries must take, in bytes (distribution-spec).
pub(super) const MANIFEST_LIMIT: u64 = 4 << 20;

/// The largest file that is downloaded to be verified, in bytes.
pub(super) const FILE_LIMIT: u64 = 4 << 30;

/// Where to look.
pub(crate) enum Origin {
    Publisher(Client),
    /// Laid out as `kmodel artifacts` prints, without a `/` at its end.
    Mirror(Client, String),
    /// The same on disk.
    Folder(PathBuf),
}

impl Origin {
    /// The text of a list.
    pub(super) fn text(&self, url: &str) -> Result<String, PinError> {
        match self {
            Self::Publisher(client) => client.text(url),
            Self::Mirror(client, mirror) => client.text(&mirrored(mirror, url)),
            Self::Folder(folder) => {
                let path = below(folder, url)?;
                file::read(&path, LIST_LIMIT).map_err(|error| unread(&path, url, &error))
            }
        }
    }

    /// The text of a file that a model reads.
    pub(super) fn manifest(&self, url: &str) -> Result<String, PinError> {
        match self {
            Self::Publisher(client) => client.text_of(url, TEXT_LIMIT),
            Self::Mirror(client, mirror) => client.text_of(&mirrored(mirror, url), TEXT_LIMIT),
            Self::Folder(folder) => {
                let path = below(folder, url)?;
                file::read(&path, TEXT_LIMIT).map_err(|error| unread(&path, url, &error))
            }
        }
    }

    /// The checksum of a file, read to its end.
    pub(super) fn digest(&self, url: &str, algorithm: Algorithm) -> Result<Hash, PinError> {
        self.stream(url, |file| Hash::of(file, algorithm))
    }

    /// What is made of a file that is read as it comes.
    pub(super) fn stream<T>(
        &self,
        url: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, PinError> {
        match self {
            Self::Publisher(client) => client.stream(url, read),
            Self::Mirror(client, mirror) => client.stream(&mirrored(mirror, url), read),
            Self::Folder(folder) => {
                let path = below(folder, url)?;
                let read = file::open(&path).and_then(|mut file| read(&mut file));
                read.map_err(|error| unread(&path, url, &error))
            }
        }
    }

    /// The digest of an image: from its registry, from the mirror's own, or from the storage of one in the folder.
    pub(super) fn image(&self, image: &Reference<'_>) -> Result<Hash, PinError> {
        match self {
            Self::Publisher(client) => registry::digest(client, image, None),
            Self::Mirror(client, mirror) => registry::digest(client, image, Some(mirror)),
            Self::Folder(folder) => link(folder, image),
        }
    }

    /// A URL as it is read here, in backticks.
    pub(super) fn shown(&self, url: &str) -> String {
        match self {
            Self::Publisher(_) => format!("`{url}`"),
            Self::Mirror(_, mirror) => format!("`{}`", mirrored(mirror, url)),
            Self::Folder(folder) => format!("`{}`", folder.join(mirror_path(url)).display()),
        }
    }
}

/// The digest that the storage of a registry has for a tag.
fn link(folder: &Path, image: &Reference<'_>) -> Result<Hash, PinError> {
    let Reference { repository, tag, .. } = image;
    let path = format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}/current/link");
    let help = format!("push `{repository}:{tag}` to the registry that this folder belongs to");
    if RelativePath::new(&path).is_err() {
        return Err(PinError::new(format!("`{repository}:{tag}` has no place in a folder"), help));
    }
    let path = folder.join(path);
    match file::read(&path, LIST_LIMIT) {
        Ok(text) => text.trim().parse().map_err(|why| PinError::new(format!("`{}`: {why}", path.display()), help)),
        Err(error) => Err(PinError::new(format!("cannot read `{}`: {error}", path.display()), help)),
    }
}

fn mirrored(mirror: &str, url: &str) -> String {
    format!("{mirror}/{}", mirror_path(url))
}

fn below(folder: &Path, url: &str) -> Result<PathBuf, PinError> {
    let path = mirror_path(url);
    match RelativePath::new(path) {
        Ok(_) => Ok(folder.join(path)),
        Err(_) => Err(PinError::new(format!("`{url}` has no place in a folder"), "use a URL with a plain path")),
    }
}

fn unread(path: &Path, url: &str, error: &io::Error) -> PinError {
    match error.kind() {
        io::ErrorKind::NotFound => {
            PinError::new(format!("`{}` does not exist", path.display()), format!("download `{url}` to it"))
        }
        _ => PinError::new(format!("cannot read `{}`: {error}", path.display()), format!("download `{url}` again")),
    }
}
