//! Why a file that a model names is not read, though it may be there.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The reason of kmodel, where the file system has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Neither below the model's folder nor below one that was allowed. With the folder that would have to be allowed.
    Outside {
        folder: PathBuf,
    },
    /// The path is inside, but a link on it leads to this place outside.
    LinkOutside {
        target: PathBuf,
    },
    KeyStore,
    Lock,
    /// Below `.git`: its configuration may hold tokens of the operator.
    Repository,
    /// Below the output of a render, which holds the machines' keys.
    Output,
    /// A folder, pipe, socket or device, which would block or have no end.
    NotRegular(&'static str),
    TooLarge {
        limit: u64,
    },
}

impl Refusal {
    /// The reason in an error of a world, if it is one of kmodel's.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        let allow = |folder: &Path| {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            format!("if the model may read files there, pass `--allow-read {}`", folder.display())
        };
        match self {
            Self::Outside { folder } => Some(allow(folder)),
            Self::LinkOutside { target } => Some(allow(target.parent().unwrap_or(target))),
            Self::KeyStore => Some("declare an `authority`, a `keypair` or a `secret`, and refer to it by name".into()),
            Self::Repository | Self::Output => Some("copy the file next to the model".into()),
            Self::NotRegular(_) => Some("use a regular file".into()),
            Self::Lock | Self::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside { .. } => write!(f, "it is outside the directory of the model"),
            Self::LinkOutside { target } => {
                write!(f, "it leads to `{}`, outside the directory of the model", target.display())
            }
            Self::KeyStore => write!(f, "it is in a key store"),
            Self::Lock => write!(f, "it is a lock file of kmodel"),
            Self::Repository => write!(f, "it is in a `.git` directory"),
            Self::Output => write!(f, "it is in the output of `kmodel render`, with the keys of machines"),
            Self::NotRegular(kind) => write!(f, "it is {kind}, not a regular file"),
            Self::TooLarge { limit } => write!(f, "it is larger than {} MiB", limit >> 20),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::NotRegular("a directory") => io::ErrorKind::IsADirectory,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, refusal)
    }
}

/// Why a file cannot be read, for people.
pub fn reason(error: &io::Error) -> String {
    match (Refusal::of(error), error.kind()) {
        (Some(refusal), _) => refusal.to_string(),
        (None, io::ErrorKind::NotFound) => "no such file".into(),
        (None, io::ErrorKind::InvalidData) => "it is not UTF-8 text".into(),
        (None, io::ErrorKind::PermissionDenied) => "permission denied".into(),
        (None, _) => error.to_string().to_lowercase(),
    }
}
