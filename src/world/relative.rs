//! A path below a root, which cannot lead out of it.
//!
//! Everything that kmodel writes below a folder has one: files of an output, kubeconfigs for people, files of machines
//! below their `/`. It is made where the path is known, so that an invalid path is reported with its place.

use std::fmt;
use std::path::{Path, PathBuf};

/// The longest name of a file or folder, in bytes (`NAME_MAX` of Linux).
const LONGEST_NAME: usize = 255;

/// The longest path, in bytes (`PATH_MAX` of Linux is 4096, with the zero at its end).
const LONGEST_PATH: usize = 4095;

/// Plain names with `/` between them, in one form only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelativePath<'a>(&'a str);

/// Why a text is not such a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    Empty,
    Absolute,
    /// `..` leads out of a folder.
    Upwards,
    /// `.`, or nothing between two `/`: another text names the same file.
    NotPlain,
    /// A control character or a `\`, which not every system and program takes for part of a name.
    Character(char),
    TooLong,
}

impl<'a> RelativePath<'a> {
    /// The path that a text is.
    ///
    /// # Errors
    /// When it could lead out of its root, or could not be written.
    pub fn new(text: &'a str) -> Result<Self, Unfit> {
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        if text.starts_with('/') {
            return Err(Unfit::Absolute);
        }
        if let Some(character) = text.chars().find(|character| character.is_control() || *character == '\\') {
            return Err(Unfit::Character(character));
        }
        text.split('/').try_for_each(name)?;
        if text.len() > LONGEST_PATH { Err(Unfit::TooLong) } else { Ok(Self(text)) }
    }

    /// The file below a root.
    pub fn below(self, root: &Path) -> PathBuf {
        root.join(self.0)
    }

    /// The names it goes through, from the outermost to its own.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.split('/')
    }

    /// The path as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

fn name(name: &str) -> Result<(), Unfit> {
    match name {
        ".." => Err(Unfit::Upwards),
        "" | "." => Err(Unfit::NotPlain),
        long if long.len() > LONGEST_NAME => Err(Unfit::TooLong),
        _ => Ok(()),
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "it is empty"),
            Self::Absolute => write!(f, "it begins with `/`"),
            Self::Upwards => write!(f, "it has `..`, which leads out of its folder"),
            Self::NotPlain => write!(f, "it has `.` or nothing between two `/`"),
            Self::Character(character) => write!(f, "it has the character `{}`", character.escape_default()),
            Self::TooLong => write!(f, "it is longer than a path or a name in it may be"),
        }
    }
}

impl std::error::Error for Unfit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let long = "x".repeat(256);
        for path in ["/a", "a/../b", "..", "a//b", "a/", "", ".", "./a", "a/.", "a\0", "a\\b", "a\nb", &long] {
            assert!(RelativePath::new(path).is_err(), "{path:?}");
        }
        let deep = "abcdefghi/".repeat(410) + "a";
        assert_eq!(RelativePath::new(&deep), Err(Unfit::TooLong));
        for path in ["a", "a/b.yaml", "..a", "a/.b", "a b", "a/…/ü", &long[1..]] {
            assert_eq!(RelativePath::new(path).map(RelativePath::as_str), Ok(path));
        }
    }
}
