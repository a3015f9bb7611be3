//! Where an import leads.
//!
//! `use std/NAME` is a file of the embedded standard library, `use ./x` and `use ../x` a file beside the importing one.
//! A path names `x.km`, or `x/x.km` when a folder holds more than the one file.

use std::path::{Component, Path, PathBuf};

use super::ModulePlace;
use crate::source::SourceKind;

/// The files that an import may mean, in the order they are tried; none when the path is of no known form.
pub fn candidates(from: &ModulePlace, path: &str) -> Vec<ModulePlace> {
    match path.strip_prefix("std/") {
        Some(name) => files(Path::new(name)).into_iter().map(ModulePlace::Standard).collect(),
        None if path.starts_with("./") || path.starts_with("../") => beside(from, path),
        None => Vec::new(),
    }
}

fn beside(from: &ModulePlace, path: &str) -> Vec<ModulePlace> {
    let folder = from.path().parent().unwrap_or(Path::new(""));
    let target = normal(&folder.join(path));
    let inside = !target.starts_with("..");
    match from {
        ModulePlace::Standard(_) if !inside => Vec::new(),
        ModulePlace::Standard(_) => files(&target).into_iter().map(ModulePlace::Standard).collect(),
        ModulePlace::File(_) => files(&target).into_iter().map(ModulePlace::File).collect(),
    }
}

fn files(target: &Path) -> Vec<PathBuf> {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let file = format!("{name}.km");
    vec![target.with_file_name(&file), target.join(&file)]
}

/// The path without `.` and with `..` taken back where a folder stands before it.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match (part, out.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _ => out.push(part),
        }
    }
    out
}

impl ModulePlace {
    /// The path inside the standard library or the world.
    pub fn path(&self) -> &Path {
        match self {
            ModulePlace::Standard(path) | ModulePlace::File(path) => path,
        }
    }

    /// The name shown to people: `std/etcd/etcd.km`, or the path of the file.
    pub fn name(&self) -> String {
        match self {
            ModulePlace::Standard(path) => format!("std/{}", path.display()),
            ModulePlace::File(path) => path.display().to_string(),
        }
    }

    /// What its text is among the sources.
    pub fn kind(&self) -> SourceKind {
        match self {
            ModulePlace::Standard(_) => SourceKind::Library,
            ModulePlace::File(_) => SourceKind::File,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(from: &str, path: &str) -> Vec<String> {
        candidates(&ModulePlace::File(from.into()), path).iter().map(ModulePlace::name).collect()
    }

    #[test]
    fn relative_imports_start_beside_the_file() {
        assert_eq!(names("a/main.km", "./net"), ["a/net.km", "a/net/net.km"]);
        assert_eq!(names("a/main.km", "../net"), ["net.km", "net/net.km"]);
        assert_eq!(names("main.km", "../net"), ["../net.km", "../net/net.km"]);
    }

    #[test]
    fn standard_imports_stay_inside_the_library() {
        let from = ModulePlace::Standard("etcd/etcd.km".into());
        assert_eq!(candidates(&from, "../cni")[0].name(), "std/cni.km");
        assert!(candidates(&from, "../../cni").is_empty());
        assert_eq!(names("main.km", "std/etcd")[1], "std/etcd/etcd.km");
    }
}
