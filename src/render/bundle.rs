//! A bundle: all that one machine receives, with nothing of any target in it.

use std::sync::Arc;

use crate::model::Value;
use crate::model::value::Record;
use crate::syntax::ast::Name;

use super::Origin;

/// All that one machine receives. Lists are in source order, without doubles.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    pub machine: Name,
    pub files: Vec<BundleFile>,
    /// Files of the output folder, which no machine gets; their paths are relative to it.
    pub outputs: Vec<BundleFile>,
    pub directories: Vec<Directory>,
    pub units: Vec<Unit>,
    pub packages: Vec<Name>,
    pub modules: Vec<Name>,
    pub sysctls: Vec<(Name, String)>,
    pub devices: Vec<Name>,
    pub mounts: Vec<Name>,
    pub commands: Vec<Name>,
    pub artifacts: Vec<Artifact>,
    /// Container images, with registry and tag.
    pub images: Vec<Name>,
}

/// A file on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFile {
    /// Absolute; of an output, relative.
    pub path: String,
    pub mode: u32,
    pub owner: Name,
    pub group: Name,
    pub content: Arc<[u8]>,
    /// Holds a key or another secret: never in user-data where the target has a better way, never shown.
    pub secret: bool,
    pub origin: Origin,
}

/// A folder on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    pub path: String,
    pub mode: u32,
    pub owner: Name,
    pub group: Name,
    pub origin: Origin,
}

/// A systemd unit, with its fields evaluated.
#[derive(Clone, Debug)]
pub struct Unit {
    /// `etcd.service`.
    pub name: Name,
    /// The fields of `unit NAME { }` as in docs/language.md, except `flags`; those that were left out are absent.
    pub fields: Record,
    /// The command-line flags, already in their written form (`--name=value`).
    pub flags: Vec<String>,
    /// Units on the same machine that must be up first, from the relations (`After=`).
    pub after: Vec<Name>,
    /// Paths of files and certificates whose change must restart it: those of the same component.
    pub watches: Vec<Name>,
    pub origin: Origin,
}

/// Something that is downloaded on the machine, verified and installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub name: Name,
    pub version: Option<String>,
    pub url: String,
    /// `sha256:...` or `sha512:...`; empty only where a missing one is looked up.
    pub hash: String,
    /// Where the publisher lists the hash.
    pub checksums: Option<String>,
    /// Where the publisher names the newest patch of its minor.
    pub newest: Option<String>,
    pub kind: ArtifactKind,
    pub install: Install,
    pub mode: u32,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactKind {
    TarGz,
    Binary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Install {
    /// Members of the archive (or, for a binary, the one file under any name) and their places; `strip` parts of the
    /// members' names are left out before they are compared.
    Members { members: Vec<(Name, Name)>, strip: u32 },
    /// Everything, into this folder, without the first `strip` parts of the names.
    Extract { folder: Name, strip: u32 },
}

/// How structured content is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Yaml,
    Json,
    Toml,
    Ini,
    Systemd,
    Shell,
    EnvironmentD,
    Apt,
}

impl Format {
    /// The format with this name in a model.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "yaml" => Self::Yaml,
            "json" => Self::Json,
            "toml" => Self::Toml,
            "ini" => Self::Ini,
            "systemd" => Self::Systemd,
            "shell" => Self::Shell,
            "environment-d" => Self::EnvironmentD,
            "apt" => Self::Apt,
            _ => return None,
        })
    }
}

/// A function of the formats: the text of a value, or what it cannot express.
pub type Write = fn(&Value) -> Result<String, String>;
