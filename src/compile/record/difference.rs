//! What differs between a machine as it was recorded and as it is now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::emit::compare::Sort;

use super::machine::{Given, MachineRecord};

/// A file that is not as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FileChange {
    /// On the machine; relative if it is of what the platform is given, or of the output.
    pub path: String,
    pub change: Sort,
    pub secret: bool,
    /// Where it is declared: a place in the model or the library, and what it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl FileChange {
    /// Whether it is not there any more.
    pub fn is_gone(&self) -> bool {
        self.change == Sort::Gone
    }
}

/// Something of a machine that is seen from outside, and is not as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FieldChange {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The files of a machine that are not as they were, in the order of their paths.
pub fn files(old: &MachineRecord, new: &MachineRecord, origin: impl Fn(&str) -> Option<String>) -> Vec<FileChange> {
    let mut changes = Vec::new();
    for (path, file) in &new.files {
        let change = match old.files.get(path) {
            None => Sort::New,
            Some(before) if before.sha256 != file.sha256 => Sort::Changed,
            Some(before) if (before.mode, &before.owner) != (file.mode, &file.owner) => Sort::Mode,
            Some(_) => continue,
        };
        changes.push(FileChange { path: path.clone(), change, secret: file.secret, origin: origin(path) });
    }
    let gone = old.files.iter().filter(|(path, _)| !new.files.contains_key(*path));
    changes.extend(gone.map(|(path, file)| FileChange {
        path: path.clone(),
        change: Sort::Gone,
        secret: file.secret,
        origin: None,
    }));
    changes.extend(shared(&old.given, &new.given));
    changes.sort();
    changes
}

/// The files of an output that are not as they were.
pub fn shared(old: &Given, new: &Given) -> Vec<FileChange> {
    let one = |(path, change): (&String, Sort)| FileChange { path: path.clone(), change, secret: false, origin: None };
    let changed = new.iter().filter_map(|(path, hash)| match old.get(path) {
        None => Some((path, Sort::New)),
        Some(before) => (before != hash).then_some((path, Sort::Changed)),
    });
    let gone = old.keys().filter(|path| !new.contains_key(*path)).map(|path| (path, Sort::Gone));
    let mut all: Vec<_> = changed.chain(gone).map(one).collect();
    all.sort();
    all
}

/// What of a machine is not as it was from outside.
pub fn fields(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<FieldChange> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let change =
        |name: &String| FieldChange { name: name.clone(), from: old.get(name).cloned(), to: new.get(name).cloned() };
    names.into_iter().map(change).filter(|change| change.from != change.to).collect()
}
