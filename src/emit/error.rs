//! Why output could not be written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::world::relative::Unfit;

/// One reason. The output is as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EmitError {
    /// The file system refused something.
    File { path: PathBuf, action: &'static str, reason: String },
    /// A file of the output would not be in the folder.
    Outside { path: String, why: Unfit },
    /// A folder on the way to a file is a link.
    Link { path: PathBuf },
    /// Two files of the output have one path, or one is where another needs a folder.
    Twice { path: String },
    /// The manifest is not among the files.
    NoManifest,
    /// The place is taken by something that is not a folder.
    NotAFolder { path: PathBuf },
    /// The folder is not an output of kmodel.
    NotOurs { path: PathBuf },
    /// The folder holds files beside those that kmodel wrote.
    Strangers { path: PathBuf, files: Vec<String>, more: usize },
    /// A folder that is not replaced whatever is asked for.
    Precious { path: PathBuf, why: &'static str },
    /// A folder whose place holds what kmodel works with.
    Kept { path: PathBuf, kept: PathBuf, what: &'static str },
    /// Another run writes beside it.
    Busy { path: PathBuf },
}

impl EmitError {
    pub(super) fn file(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), action, reason: error.to_string() }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotOurs { .. } => "choose another folder, or pass `--force` to replace this one and everything in it",
            Self::Strangers { .. } => "move them elsewhere, or pass `--force` to delete them",
            Self::NotAFolder { .. } | Self::Precious { .. } | Self::Kept { .. } => "choose another folder",
            Self::Busy { .. } => "wait until the other run has ended, then try again",
            _ => return None,
        })
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, action, reason } => write!(f, "cannot {action} `{}`: {reason}", path.display()),
            Self::Outside { path, why } => {
                write!(f, "`{}` is not a path inside the output folder: {why}", path.escape_debug())
            }
            Self::Link { path } => write!(f, "`{}` is a symbolic link that leads out of the folder", path.display()),
            Self::Twice { path } => write!(f, "`{path}` is in the output twice"),
            Self::NoManifest => write!(f, "the output has no `{}`", super::manifest::NAME),
            Self::NotAFolder { path } => write!(f, "`{}` is not a folder", path.display()),
            Self::NotOurs { path } => {
                write!(f, "`{}` is not empty and was not written by kmodel", path.display())
            }
            Self::Strangers { path, files, more } => {
                write!(f, "`{}` contains files that kmodel did not write: `{}`", path.display(), files.join("`, `"))?;
                if *more > 0 { write!(f, " and {more} more") } else { Ok(()) }
            }
            Self::Precious { path, why } => write!(f, "refusing to replace `{}`: {why}", path.display()),
            Self::Kept { path, kept, what } => {
                let (path, kept) = (path.display(), kept.display());
                write!(f, "`{path}` cannot be the output folder: it would replace {what}, `{kept}`")
            }
            Self::Busy { path } => write!(f, "another run of kmodel is writing to `{}`", path.display()),
        }
    }
}

impl std::error::Error for EmitError {}
