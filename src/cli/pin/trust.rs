//! The files with which an operator says whose signatures are trusted.

use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::pin::{Keyring, Roots, Trust};
use crate::world::file::{MODEL_LIMIT, read};

/// What is trusted to sign releases: nothing by default.
#[derive(clap::Args)]
pub(super) struct TrustArgs {
    /// With --verify: verify signatures of cosign with the roots in this file, Sigstore's trusted_root.json or PEM
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "verify")]
    sigstore_root: Option<PathBuf>,
    /// With --verify: verify OpenPGP signatures with the keys in this file; needs gpgv
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "verify")]
    keyring: Option<PathBuf>,
}

impl TrustArgs {
    /// Reads the files.
    pub(super) fn read(&self) -> Result<Trust, CliError> {
        Ok(Trust {
            roots: self.sigstore_root.as_deref().map(text).transpose()?.map(|text| Roots::read(&text)).transpose()?,
            keyring: self.keyring.as_deref().map(text).transpose()?.map(|text| Keyring::read(&text)).transpose()?,
        })
    }
}

fn text(path: &Path) -> Result<String, CliError> {
    read(path, MODEL_LIMIT).map_err(|error| CliError::file(path, "read", &error))
}
