//! Reading the tables that are built into the program.
//!
//! A table of ours that cannot be read is a mistake of ours: the program ends at its first use, and a test fails. It never
//! turns into a check that is off. So every struct of a table takes the keys that it knows and no others.

use std::path::Path;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::stdlib;

/// A key for those who read the file, such as the source of a row.
pub(crate) type Note = Option<Unread>;

/// A value that only people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Unread)
    }
}

/// The table in a file of the standard library.
///
/// # Panics
/// When the file is not there or is not such a table, as a test would find.
#[expect(clippy::panic, reason = "a test reads each embedded table")]
pub(crate) fn table<T: DeserializeOwned>(path: &str) -> T {
    let text = stdlib::read(Path::new(path)).unwrap_or_else(|| panic!("`{path}` is not in the standard library"));
    read_embedded(Path::new(path), text)
}

/// The tables in a folder of the standard library, sorted by the names of their files.
///
/// # Panics
/// As [`table`].
pub(crate) fn tables<T: DeserializeOwned>(folder: &str) -> Vec<T> {
    let files = stdlib::files(Path::new(folder));
    assert!(!files.is_empty(), "`{folder}` is not in the standard library");
    files.into_iter().map(|(path, text)| read_embedded(path, text)).collect()
}

/// Whether a text can take the place of the table at a path: one of flags, gates, fields or objects.
///
/// # Errors
/// When it is not such a table, with what is wrong.
pub fn examine(path: &Path, text: &str) -> Result<(), String> {
    let said = |error: toml::de::Error| error.to_string();
    super::update::replaced::fits(stdlib::embedded(path).ok_or("it is not a table of kmodel")?, text)?;
    match path.parent().and_then(Path::file_name).and_then(|name| name.to_str()) {
        Some("flags") => toml::from_str::<super::flag::Table>(text).map(drop).map_err(said),
        Some("gates") => toml::from_str::<super::gate::Table>(text).map(drop).map_err(said),
        Some("config") => toml::from_str::<super::field::Table>(text).map(drop).map_err(said),
        _ if path.ends_with("objects.toml") => super::object::examine(text).map_err(said),
        _ => Err("tables of flags, gates, fields and objects can be replaced".to_owned()),
    }
}

/// A table of the standard library, as JSON where it is embedded so.
#[expect(clippy::panic, reason = "a test reads each embedded table")]
fn read_embedded<T: DeserializeOwned>(path: &Path, text: &str) -> T {
    match stdlib::as_json(path) {
        Some(json) => serde_json::from_slice(json)
            .unwrap_or_else(|error| panic!("`{}` cannot be read as JSON: {error}", path.display())),
        None => read(path, text),
    }
}

#[expect(clippy::panic, reason = "a test reads each embedded table")]
fn read<T: DeserializeOwned>(path: &Path, text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Fails unless a file is read as it is, and refused with a key in any of its tables that is not known there.
    pub(crate) fn refuses_unknown_keys<T: DeserializeOwned>(path: &Path, text: &str) {
        read::<T>(path, text);
        let whole: toml::Value = toml::from_str(text).expect("a table");
        let mut places = Vec::new();
        tables_in(&whole, &mut Vec::new(), &mut places);
        for place in places {
            let mut wrong = whole.clone();
            let table = place.iter().fold(&mut wrong, |value, step| match step {
                Step::Key(key) => &mut value[key.as_str()],
                Step::Index(index) => &mut value[*index],
            });
            table.as_table_mut().expect("a table").insert("misspelt".to_owned(), toml::Value::Integer(1));
            let text = toml::to_string(&wrong).expect("a table has a text");
            assert!(toml::from_str::<T>(&text).is_err(), "{}: {place:?} takes any key", path.display());
        }
    }

    #[test]
    fn each_table_is_the_same_as_json() {
        let tables = stdlib::all().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "toml"));
        let mut count = 0;
        for (path, text) in tables.filter(|(path, _)| path.starts_with("tables")) {
            let text = std::str::from_utf8(text).unwrap();
            let json = stdlib::as_json(path).unwrap_or_else(|| panic!("{} is not there as JSON", path.display()));
            let same: toml::Table = serde_json::from_slice(json).unwrap();
            assert_eq!(same, text.parse().unwrap(), "{}", path.display());
            count += 1;
        }
        assert!(count > 50, "{count}");
    }

    #[derive(Clone, Debug)]
    enum Step {
        Key(String),
        Index(usize),
    }

    /// The first table of each shape: rows of one list are alike.
    fn tables_in(value: &toml::Value, path: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
        match value {
            toml::Value::Table(table) => {
                // What a rule wants of a file is any field of it.
                if !matches!(path.last(), Some(Step::Key(key)) if key == "wants") {
                    places.push(path.clone());
                }
                for (key, value) in table.iter().take(60) {
                    path.push(Step::Key(key.clone()));
                    tables_in(value, path, places);
                    path.pop();
                }
            }
            toml::Value::Array(list) => {
                if let Some(first) = list.first() {
                    path.push(Step::Index(0));
                    tables_in(first, path, places);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_table_takes_only_keys_that_it_knows() {
        use crate::facts::{
            api, archive, boot, document, family, field, flag, folder, gate, maker, named, network, packet, platform,
            range, release, setting, signer, skew, target, tested, value,
        };
        let one = |path: &str, check: fn(&Path, &str)| {
            check(Path::new(path), stdlib::read(Path::new(path)).expect("a table"));
        };
        one("tables/apis.toml", refuses_unknown_keys::<api::Table>);
        one("tables/archives.toml", refuses_unknown_keys::<archive::Table>);
        one("tables/boot.toml", refuses_unknown_keys::<boot::Table>);
        one("tables/families.toml", refuses_unknown_keys::<family::Table>);
        one("tables/folders.toml", refuses_unknown_keys::<folder::Table>);
        one("tables/makers.toml", refuses_unknown_keys::<maker::Table>);
        one("tables/named.toml", refuses_unknown_keys::<named::Table>);
        one("tables/networks.toml", refuses_unknown_keys::<network::Table>);
        one("tables/ranges.toml", refuses_unknown_keys::<range::Table>);
        one("tables/packets.toml", refuses_unknown_keys::<packet::Table>);
        one("tables/releases.toml", refuses_unknown_keys::<release::Table>);
        one("tables/settings.toml", refuses_unknown_keys::<setting::Rules>);
        one("tables/signers.toml", refuses_unknown_keys::<signer::Table>);
        one("tables/skew.toml", refuses_unknown_keys::<skew::Skew>);
        one("tables/targets.toml", refuses_unknown_keys::<target::Table>);
        one("tables/user-data.toml", refuses_unknown_keys::<platform::Table>);
        one("tables/values.toml", refuses_unknown_keys::<value::Table>);
        one("tables/versions.toml", refuses_unknown_keys::<tested::Table>);
        let all = |folder: &str, check: fn(&Path, &str)| {
            stdlib::files(Path::new(folder)).into_iter().for_each(|(path, text)| check(path, text));
        };
        all("tables/config", refuses_unknown_keys::<field::Table>);
        all("tables/documents", refuses_unknown_keys::<document::Table>);
        all("tables/flags", refuses_unknown_keys::<flag::Table>);
        all("tables/gates", refuses_unknown_keys::<gate::Table>);
        all("tables/refused", refuses_unknown_keys::<setting::Refusals>);
    }

    #[test]
    #[should_panic(expected = "`tables/none.toml` is not in the standard library")]
    fn a_table_that_is_not_there_ends_the_program() {
        table::<toml::Value>("tables/none.toml");
    }

    #[test]
    #[should_panic(expected = "`tables/apis.toml` cannot be read")]
    fn a_table_that_is_another_ends_the_program() {
        table::<Vec<String>>("tables/apis.toml");
    }
}
