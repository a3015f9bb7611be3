//! The keys of configuration files that are neither flags nor fields of a kind, by version: `tables/documents/PROGRAM.toml`.
//!
//! A file says in itself which version of its format it has, or its format has none. Keys are grouped by the way that leads to them, `a/b`, where `*` is
//! any key; below a way without a row all keys are taken.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Lifespan, Range, embedded, lifespan};
use crate::syntax::ast::Version;

/// The file of one program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub program: String,
    pub path: String,
    /// Where files lie that it imports by default.
    pub folder: Option<String>,
    /// Its format has no versions: the file names none, and the table has one.
    #[serde(default)]
    unversioned: bool,
    #[serde(flatten)]
    pub range: Range,
    /// The first patches that refuse a file of a later format, of minors that did not always; others always do.
    #[serde(default, deserialize_with = "lifespan::several")]
    refuses_later_since: Vec<Version>,
    /// The versions that distributions have as a package of the program's name.
    #[serde(default)]
    packaged: Vec<Packaged>,
    /// By the version of the format.
    #[serde(rename = "file")]
    pub files: BTreeMap<String, File>,
}

/// The version that a distribution has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packaged {
    /// Words that names of its images have.
    images: Vec<String>,
    #[serde(deserialize_with = "lifespan::version")]
    version: Version,
    #[serde(rename = "source")]
    _source: super::embedded::Note,
}

impl Table {
    /// The version of the format that a file has; one that names none has none, unless all have the same.
    pub fn version_of(&self, file: &Json) -> Option<i64> {
        if self.unversioned { Some(1) } else { file.get("version").and_then(Json::as_i64) }
    }

    /// Whether a version ends at a file of a later format, and does not read what it knows of it.
    pub fn refuses_later(&self, version: Version) -> bool {
        let minor = |version: &Version| (version.major, version.minor);
        let mut same = self.refuses_later_since.iter().filter(|since| minor(since) == minor(&version));
        same.all(|since| version >= *since)
    }

    /// The version that the package of an image's distribution has.
    pub fn packaged(&self, image: &str) -> Option<Version> {
        let image = image.to_lowercase();
        self.packaged.iter().find(|row| row.images.iter().any(|word| image.contains(&**word))).map(|row| row.version)
    }
}

/// One version of the format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The first version of the program that reads it.
    #[serde(deserialize_with = "lifespan::version")]
    pub since: Version,
    /// From this version on keys of older files are read in it too.
    #[serde(default, deserialize_with = "lifespan::maybe")]
    pub older_since: Option<Version>,
    /// What a key of an older file is called in it.
    #[serde(default)]
    pub moved: BTreeMap<String, String>,
    /// Below a key, the rows hold only where a key beside it has this value.
    #[serde(default)]
    only: BTreeMap<String, [String; 2]>,
    #[serde(rename = "body")]
    pub bodies: BTreeMap<String, BTreeMap<String, Key>>,
}

/// One key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// What it takes: `b`oolean, `s`tring, `i`nteger, `l`ist, `m`ap.
    #[serde(rename = "type")]
    pub kinds: String,
    /// The texts that it takes, if those are all.
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(flatten)]
    pub life: Lifespan,
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| embedded::tables("tables/documents"));

/// The table of the file at a path.
pub fn at(path: &str) -> Option<&'static Table> {
    let imports = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|name| !name.contains('/'));
    TABLES.iter().find(|table| table.path == path || table.folder.as_ref().is_some_and(imports))
}

/// All tables.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Table> {
    TABLES.iter()
}

impl File {
    /// The body at a way into the file, and its name.
    pub fn body(&self, way: &[&str]) -> Option<(&str, &BTreeMap<String, Key>)> {
        let fits = |name: &str| {
            let steps: Vec<&str> = name.split('/').filter(|step| !step.is_empty()).collect();
            steps.len() == way.len() && steps.iter().zip(way).all(|(step, key)| *step == "*" || step == key)
        };
        let exact = self.bodies.get_key_value(&way.join("/"));
        let found = exact.or_else(|| self.bodies.iter().find(|(name, _)| fits(name)));
        found.map(|(name, body)| (name.as_str(), body))
    }

    /// The key, and the value that it has to have, for the rows below a key to hold.
    pub fn condition(&self, key: &str) -> Option<(&str, &str)> {
        self.only.get(key).map(|[name, value]| (name.as_str(), value.as_str()))
    }

    /// The way to a key of this name in another body.
    pub fn elsewhere(&self, name: &str) -> Option<String> {
        let found = self.bodies.iter().find(|(_, body)| body.contains_key(name));
        found.map(|(way, _)| dotted(way, name))
    }
}

/// `plugins."io.containerd.cri.v1.images".registry`.
pub fn dotted(way: &str, name: &str) -> String {
    let quoted = |step: &str| if step.contains('.') { format!("\"{step}\"") } else { step.to_owned() };
    let steps = way.split('/').filter(|step| !step.is_empty()).map(quoted);
    steps.chain([name.to_owned()]).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_found_below_any_key() {
        let table = at("/etc/containerd/config.toml").expect("a table");
        let file = &table.files["3"];
        let way = ["plugins", "io.containerd.cri.v1.runtime", "containerd", "runtimes", "kata", "options"];
        assert!(file.body(&way).is_some_and(|(_, body)| body.contains_key("SystemdCgroup")));
        assert!(file.body(&["plugins", "io.containerd.snapshotter.v1.zfs"]).is_none());
        let elsewhere = file.elsewhere("pinned_images").expect("a way");
        assert_eq!(elsewhere, "plugins.\"io.containerd.cri.v1.images\".pinned_images");
    }
}
