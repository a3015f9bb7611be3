//! Why keys and certificates could not be had.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::pki::spec::KeyKind;
use crate::text::Count;

/// One reason, with the file or the name that it is about.
///
/// The text is one lowercase sentence; [`PkiError::help`] says what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PkiError {
    /// The file system refused something.
    File { path: PathBuf, action: &'static str, reason: String },
    /// People other than the owner may use a file or folder of the store.
    Exposed { path: PathBuf, mode: u32, wanted: u32 },
    /// A file of the store does not hold what it must.
    Corrupt { path: PathBuf, reason: String },
    /// The store was written by a kmodel that this one does not know.
    Version { path: PathBuf, found: String },
    /// A folder that holds other things was named as the store.
    NotAStore { path: PathBuf, found: String },
    /// A part of the store is a link, which would lead reading and writing out of it.
    Link { path: PathBuf },
    /// Another run holds the store.
    Locked { path: PathBuf },
    /// The store was opened for reading only.
    ReadOnly { path: PathBuf },
    /// A name that cannot be the name of a file.
    BadName { what: &'static str, name: String },
    /// Two things of one name.
    Twice { what: &'static str, name: String },
    /// What is asked for differs from what the store holds in a way that would need a new key.
    Rotation { path: PathBuf, what: &'static str, name: String, held: String, wanted: String },
    /// The request names an authority that is not in it.
    UnknownAuthority { id: String, index: u32 },
    /// A validity that cannot be written into a certificate, or is over at once.
    Lifetime { name: String, seconds: u64 },
    /// The operator's authority has no key, and something is to be issued.
    NoKey { authority: String, key: PathBuf },
    /// The operator's authority cannot be used.
    External { path: PathBuf, reason: String },
    /// A key or certificate could not be made from what was asked for.
    Making { name: String, reason: String },
}

impl PkiError {
    pub(super) fn file(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), action, reason: error.to_string() }
    }

    pub(super) fn corrupt(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Corrupt { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn external(path: &Path, reason: impl fmt::Display) -> Self {
        Self::External { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn making(name: &str, reason: impl fmt::Display) -> Self {
        Self::Making { name: name.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn kind(path: &Path, what: &'static str, name: &str, kinds: [KeyKind; 2]) -> Self {
        let [held, wanted] = kinds.map(|kind| kind.name().to_owned());
        Self::Rotation { path: path.to_owned(), what, name: name.to_owned(), held, wanted }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Exposed { path, wanted, .. } => {
                format!(
                    "run `chmod {wanted:o} {}`; if others may have read it, its keys are no secret any more",
                    path.display()
                )
            }
            Self::Corrupt { path, .. } => {
                format!(
                    "restore `{}` from a backup; kmodel never makes a new key in place of one it cannot read",
                    path.display()
                )
            }
            Self::Version { .. } => "use the kmodel that wrote it, or a newer one".to_owned(),
            Self::NotAStore { .. } => "name an empty folder, or one that does not exist yet, with `--store`".to_owned(),
            Self::Link { .. } => {
                "put the file or folder itself there; the store as a whole may be a link, or be named with `--store`"
                    .to_owned()
            }
            Self::Locked { .. } => "wait until the other run has ended, then try again".to_owned(),
            Self::Rotation { path, what, name, .. } => format!(
                "a new key breaks everything that relies on the old one, so rotating is a separate act: ask for the old \
                 one again, or take {what} `{name}` out of `{}` (keep a copy), render with `--new-keys`, and replace it everywhere at once",
                path.display()
            ),
            Self::NoKey { key, .. } => {
                format!("put the authority's key into `{}` (mode 600) for this run", key.display())
            }
            Self::Lifetime { .. } => {
                "choose a lifetime of more than five minutes that ends before the year 10000".to_owned()
            }
            _ => return None,
        })
    }
}

impl fmt::Display for PkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, action, reason } => write!(f, "cannot {action} `{}`: {reason}", path.display()),
            Self::Exposed { path, mode, .. } => {
                write!(f, "`{}` has mode {mode:03o}, so others than its owner may use it", path.display())
            }
            Self::Corrupt { path, reason } => write!(f, "`{}` is damaged: {reason}", path.display()),
            Self::Version { path, found } => {
                write!(f, "`{}` says `{found}`, which is not a version of the store that is known here", path.display())
            }
            Self::NotAStore { path, found } => {
                write!(f, "`{}` is not a key store: it holds `{found}`", path.display())
            }
            Self::Link { path } => write!(f, "`{}` is a link, and nothing in a key store may be one", path.display()),
            Self::Locked { path } => write!(f, "another run of kmodel is using the key store `{}`", path.display()),
            Self::ReadOnly { path } => write!(f, "the key store `{}` was opened for reading only", path.display()),
            Self::BadName { what, name } => write!(f, "{what} `{name}` cannot be the name of a file"),
            Self::Twice { what, name } => write!(f, "{what} `{name}` is asked for twice"),
            Self::Rotation { what, name, held, wanted, .. } => {
                write!(f, "{what} `{name}` is {held} in the key store, and {wanted} is asked for")
            }
            Self::UnknownAuthority { id, index } => {
                write!(f, "certificate `{id}` names authority number {index}, which does not exist")
            }
            Self::Lifetime { name, seconds } => write!(f, "`{name}` cannot be valid for {}", Count(*seconds, "second")),
            Self::NoKey { authority, .. } => {
                write!(f, "certificates of authority `{authority}` are to be issued, and its key is not in the store")
            }
            Self::External { path, reason } => {
                write!(f, "`{}` cannot be used as an authority: {reason}", path.display())
            }
            Self::Making { name, reason } => write!(f, "`{name}` cannot be made: {reason}"),
        }
    }
}

impl std::error::Error for PkiError {}
