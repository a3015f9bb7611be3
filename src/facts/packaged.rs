//! Files from which the units of packages take arguments: `tables/packaged.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::family::Packages;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    file: Vec<File>,
}

/// A file, and the variable in it that has arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    path: String,
    pub variable: String,
    pub program: String,
    /// The packages whose unit reads another file instead.
    pub instead: Option<Instead>,
    #[serde(rename = "source")]
    _source: Note,
}

/// The file that packages of a kind read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    pub packages: Packages,
    pub path: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/packaged.toml"));

/// The row of a file.
pub fn at(path: &str) -> Option<&'static File> {
    TABLE.file.iter().find(|file| file.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::flag;

    #[test]
    fn a_file_is_of_a_program_with_flags() {
        for file in &TABLE.file {
            assert!(flag::table(&file.program).is_some(), "{}", file.path);
            assert!(file.instead.as_ref().is_none_or(|other| at(&other.path).is_some()), "{}", file.path);
        }
    }
}
