//! The standard library: `.km` files, templates and tables, embedded into the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The tables as JSON, as build.rs writes them.
static TABLES: Dir<'static> = include_dir!("$OUT_DIR/tables");

/// Tables that take the place of embedded ones, by their paths.
static REPLACED: OnceLock<BTreeMap<PathBuf, String>> = OnceLock::new();

/// Puts tables in the place of embedded ones: once, before any is read.
pub fn replace(tables: BTreeMap<PathBuf, String>) {
    REPLACED.set(tables).expect("tables are replaced once, at the start of the program");
}

/// The tables that were replaced, sorted by path.
pub fn replaced() -> impl Iterator<Item = (&'static Path, &'static str)> {
    REPLACED.get().into_iter().flatten().map(|(path, text)| (path.as_path(), text.as_str()))
}

/// The text of a file of the standard library, by its path inside it (`etcd/etcd.km`).
pub fn read(path: &Path) -> Option<&'static str> {
    let replaced = REPLACED.get().and_then(|tables| tables.get(path));
    replaced.map(String::as_str).or_else(|| embedded(path))
}

/// The text of a file as it was built in.
pub fn embedded(path: &Path) -> Option<&'static str> {
    FILES.get_file(path)?.contents_utf8()
}

/// A table as JSON, unless another takes its place.
pub fn as_json(path: &Path) -> Option<&'static [u8]> {
    if REPLACED.get().is_some_and(|tables| tables.contains_key(path)) {
        return None;
    }
    Some(TABLES.get_file(path.strip_prefix("tables").ok()?)?.contents())
}

/// The paths of all `.km` files in it, sorted.
pub fn modules() -> Vec<&'static Path> {
    let mut list = Vec::new();
    collect(&FILES, &mut list);
    list.sort();
    list
}

fn collect(dir: &'static Dir<'static>, list: &mut Vec<&'static Path>) {
    list.extend(dir.files().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "km")));
    dir.dirs().for_each(|d| collect(d, list));
}

/// The files directly in a folder of it with their texts, sorted by name.
pub fn files(folder: &Path) -> Vec<(&'static Path, &'static str)> {
    let mut files: Vec<_> = FILES.get_dir(folder).into_iter().flat_map(Dir::files).collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().filter_map(|file| Some((file.path(), read(file.path())?))).collect()
}

/// Every file of it with its path, sorted.
pub fn all() -> Vec<(&'static Path, &'static [u8])> {
    let mut list = Vec::new();
    everything(&FILES, &mut list);
    list.sort();
    list
}

fn everything(dir: &'static Dir<'static>, list: &mut Vec<(&'static Path, &'static [u8])>) {
    list.extend(dir.files().map(|file| (file.path(), file.contents())));
    dir.dirs().for_each(|dir| everything(dir, list));
}
