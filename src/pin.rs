//! Looking up the checksums that publishers list beside their releases, and the digests that registries have for tags.
//!
//! In: what a model downloads and has no hash for, and where to look: at the publishers, at a mirror of them, or in a folder.
//! Out: a checksum for each, or why there is none. Nothing is written here, and nothing is read over plain HTTP: what a
//! checksum protects is only as good as the way it came.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::compile::ArtifactRow;
use crate::facts::hash::{Algorithm, Hash};
use crate::facts::lifespan::parse;
use crate::syntax::ast::Version;

pub(crate) mod checksum_file;
mod failure;
mod https;
mod image;
mod openpgp;
mod place;
mod registry;
mod signature;
mod sigstore;

pub(crate) use https::Client;
pub(crate) use openpgp::Keyring;
pub(crate) use place::Origin;
pub(crate) use signature::{Outcome, Trust};
pub(crate) use sigstore::Roots;

use checksum_file::checksum;
use image::Reference;

/// Why something cannot be looked up, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinError {
    pub message: String,
    pub help: String,
}

impl PinError {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl Display for PinError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Reads lists of checksums, each once.
pub(crate) struct Lookup {
    origin: Origin,
    texts: BTreeMap<String, Result<String, PinError>>,
}

impl Lookup {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, texts: BTreeMap::new() }
    }

    /// The checksum of a file, as its publisher lists it.
    pub(crate) fn checksum(&mut self, row: &ArtifactRow) -> Result<Hash, PinError> {
        let Some(list) = row.checksums.as_deref() else {
            let message = format!("`{}` says nowhere where the checksum of `{}` is published", row.name, row.url);
            return Err(PinError::new(
                message,
                "set `checksums` in its `artifact`, such as `{url}.sha256`, or its `hash`",
            ));
        };
        if list == row.url {
            return self.origin.digest(list, Algorithm::Sha256);
        }
        let text = self.text(list)?;
        checksum(&text, list, &row.url).map_err(|why| {
            let message = format!("{} {why}", self.origin.shown(list));
            PinError::new(message, why.help(list))
        })
    }

    /// The text of a manifest.
    pub(crate) fn manifest(&self, url: &str) -> Result<String, PinError> {
        self.origin.manifest(url)
    }

    /// Downloads a file, compares its checksum, and verifies its signature with what is trusted.
    pub(crate) fn verify(&self, row: &ArtifactRow, hash: &Hash, trust: &Trust) -> Result<Outcome, PinError> {
        let mut pending = trust.begin(self, row)?;
        let (found, sha256) = self.origin.stream(&row.url, |file| pending.read(file, hash.algorithm()))?;
        let shown = self.origin.shown(&row.url);
        if found != *hash {
            let message = format!("{shown} has the checksum `{found}`, but `{hash}` is published");
            let help = "download it again; if it still differs, do not use it, and tell its publisher";
            return Err(PinError::new(message, help));
        }
        pending.finish(&shown, &sha256)
    }

    /// The text of what a publisher puts beside each of its files.
    fn beside(&self, url: &str) -> Result<String, PinError> {
        self.origin.text(url).map_err(|error| {
            let help = "its publisher signs each release, so the signature has to be there; pass `--from` with a mirror or \
                        folder that has it";
            PinError::new(error.message, help)
        })
    }

    /// The digest that the tag of an image stands for now.
    pub(crate) fn image(&self, written: &str) -> Result<Hash, PinError> {
        let image = Reference::parse(written).ok_or_else(|| {
            PinError::new(format!("`{written}` is not a reference of an image"), "write `REGISTRY/NAME:TAG`")
        })?;
        self.origin.image(&image)
    }

    /// Whether the tag of an image still stands for the digest that was pinned.
    pub(crate) fn verify_image(&self, written: &str, pinned: &Hash) -> Result<(), PinError> {
        let now = self.image(written)?;
        if now == *pinned {
            return Ok(());
        }
        let message = format!("`{written}` is `{now}` now, but `{pinned}` is pinned");
        Err(PinError::new(
            message,
            "its publisher moved the tag; to take the new image, remove its line from `kmodel.lock`",
        ))
    }

    /// The newest patch of a minor, as its publisher names it.
    pub(crate) fn newest(&mut self, row: &ArtifactRow) -> Option<Result<Version, PinError>> {
        let url = row.newest.as_deref()?;
        let text = match self.text(url) {
            Ok(text) => text,
            Err(error) => return Some(Err(error)),
        };
        let version = text.trim().strip_prefix('v').filter(|text| text.split('.').count() == 3).and_then(parse);
        Some(version.ok_or_else(|| {
            let message = format!("{} does not hold a version such as `v1.36.2`", self.origin.shown(url));
            PinError::new(message, "open it in a browser; a proxy may have answered in place of the server")
        }))
    }

    fn text(&mut self, url: &str) -> Result<String, PinError> {
        if let Some(known) = self.texts.get(url) {
            return known.clone();
        }
        let read = self.origin.text(url);
        self.texts.insert(url.to_owned(), read.clone());
        read
    }
}
