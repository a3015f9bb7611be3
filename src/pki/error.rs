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
    /// A file was named as the store.
    NotAFolder { path: PathBuf },
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
    /// A step of a rotation that cannot be taken.
    NotRotated { what: &'static str, name: String, step: &'static str, why: &'static str },
    /// The request names an authority that is not in it.
    UnknownAuthority { id: String, index: u32 },
    /// A validity that cannot be written into a certificate, or is over at once.
    Lifetime { name: String, seconds: u64 },
    /// Something is to be issued by an authority that has not been made.
    NoAuthority { authority: String },
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
                    "run `chmod {wanted:o} {}`, and rotate its keys if other users may have read it",
                    path.display()
                )
            }
            Self::Corrupt { path, .. } => {
                format!("restore `{}` from a backup: kmodel never replaces a key that it cannot read", path.display())
            }
            Self::Version { .. } => "use the kmodel version that wrote it, or a newer one".to_owned(),
            Self::NotAStore { .. } | Self::NotAFolder { .. } => {
                "pass an empty folder, or one that does not exist yet, with `--store`".to_owned()
            }
            Self::Link { .. } => {
                "replace the link with the file or folder itself, or pass `--store` with the folder that it leads to"
                    .to_owned()
            }
            Self::Locked { .. } => "wait until the other run has ended, then try again".to_owned(),
            Self::Rotation { path, what, name, .. } => format!(
                "restore the old request, or rotate: a new key breaks everything that uses the old one, so move \
                 {what} `{name}` out of `{}`, render with `--new-keys`, and replace it everywhere at once",
                path.display()
            ),
            Self::NoAuthority { .. } => {
                "run `kmodel render` or `kmodel apply` first, or pass the key store with `--store`".to_owned()
            }
            Self::NotRotated { .. } => {
                "the steps are `trust`, `issue` and `forget`, with an apply after each; `back` takes the last one back"
                    .to_owned()
            }
            Self::NoKey { key, .. } => {
                format!("add the private key of the authority as `{}` (mode 600) for this run", key.display())
            }
            Self::Lifetime { .. } => "use a lifetime of more than 5 minutes that ends before the year 10000".to_owned(),
            _ => return None,
        })
    }
}

impl fmt::Display for PkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, action, reason } => write!(f, "cannot {action} `{}`: {reason}", path.display()),
            Self::Exposed { path, mode, .. } => {
                write!(f, "`{}` has mode {mode:03o}, so users other than its owner can access it", path.display())
            }
            Self::Corrupt { path, reason } => write!(f, "`{}` is damaged: {reason}", path.display()),
            Self::Version { path, found } => {
                write!(f, "`{}` has the store version `{found}`, which is not supported", path.display())
            }
            Self::NotAStore { path, found } => {
                write!(f, "`{}` is not a key store: it contains `{found}`", path.display())
            }
            Self::NotAFolder { path } => write!(f, "the key store `{}` is not a folder", path.display()),
            Self::Link { path } => {
                write!(f, "`{}` is a symbolic link, which a key store cannot contain", path.display())
            }
            Self::Locked { path } => write!(f, "another run of kmodel is using the key store `{}`", path.display()),
            Self::ReadOnly { path } => write!(f, "the key store `{}` was opened for reading only", path.display()),
            Self::BadName { what, name } => write!(f, "{what} `{name}` is not a valid file name"),
            Self::Twice { what, name } => write!(f, "{what} `{name}` is requested twice"),
            Self::Rotation { what, name, held, wanted, .. } => {
                write!(f, "{what} `{name}` is {held} in the key store, but {wanted} in the model")
            }
            Self::NoAuthority { authority } => write!(f, "the key store does not have authority `{authority}`"),
            Self::NotRotated { what, name, step, why } => {
                write!(f, "{what} `{name}` cannot take the step `{step}`: {why}")
            }
            Self::UnknownAuthority { id, index } => {
                write!(f, "certificate `{id}` names authority number {index}, which does not exist")
            }
            Self::Lifetime { name, seconds } => write!(f, "`{name}` cannot be valid for {}", Count(*seconds, "second")),
            Self::NoKey { authority, .. } => {
                write!(
                    f,
                    "cannot issue certificates with authority `{authority}`: its private key is not in the key store"
                )
            }
            Self::External { path, reason } => {
                write!(f, "`{}` cannot be used as an authority: {reason}", path.display())
            }
            Self::Making { name, reason } => write!(f, "cannot create `{name}`: {reason}"),
        }
    }
}

impl std::error::Error for PkiError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said, and a part of what to do; an empty one stands for no help.
    #[test]
    fn each_error_says_what_to_do_if_anything_helps() {
        let (path, name) = (PathBuf::from("keys"), || "own".to_owned());
        for (error, text, help) in [
            (PkiError::corrupt(&path, "no JSON"), "`keys` is damaged: no JSON", "restore `keys` from a backup"),
            (PkiError::Exposed { path: path.clone(), mode: 0o644, wanted: 0o600 }, "mode 644", "`chmod 600 keys`"),
            (PkiError::Version { path: path.clone(), found: "9".into() }, "version `9`", "or a newer one"),
            (PkiError::NotAStore { path: path.clone(), found: "a".into() }, "contains `a`", "with `--store`"),
            (PkiError::NotAFolder { path: path.clone() }, "`keys` is not a folder", "with `--store`"),
            (PkiError::Link { path: path.clone() }, "`keys` is a symbolic link", "replace the link"),
            (PkiError::Locked { path: path.clone() }, "another run of kmodel", "wait until the other run has ended"),
            (PkiError::ReadOnly { path: path.clone() }, "opened for reading only", ""),
            (PkiError::kind(&path, "key", "own", [KeyKind::Ed25519, KeyKind::Rsa2048]), "ed25519", "--new-keys"),
            (PkiError::NoKey { authority: name(), key: path.clone() }, "authority `own`", "as `keys` (mode 600)"),
            (PkiError::Lifetime { name: name(), seconds: 1 }, "valid for 1 second", "more than 5 minutes"),
            (PkiError::NoAuthority { authority: name() }, "does not have authority `own`", "kmodel render"),
            (PkiError::NotRotated { what: "key", name: name(), step: "issue", why: "no" }, "`issue`: no", "an apply"),
            (PkiError::BadName { what: "key", name: name() }, "key `own` is not a valid file name", ""),
            (PkiError::Twice { what: "key", name: name() }, "key `own` is requested twice", ""),
            (PkiError::UnknownAuthority { id: name(), index: 3 }, "authority number 3", ""),
            (PkiError::external(&path, "expired"), "cannot be used as an authority: expired", ""),
            (PkiError::making("own", "no entropy"), "cannot create `own`: no entropy", ""),
            (PkiError::file(&path, "read", &io::Error::other("gone")), "cannot read `keys`: gone", ""),
        ] {
            assert!(error.to_string().contains(text), "{error}");
            let said = error.help().unwrap_or_default();
            assert!(said.contains(help) && said.is_empty() == help.is_empty(), "{error}: {said}");
        }
    }
}
