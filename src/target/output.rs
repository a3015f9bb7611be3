//! Files of the output folder, and how they come: machine by machine.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cloud::InventoryRow;
use super::cloud::UserData;
use super::lxd::Profile;
use super::ssh::Host;
use super::{Problem, Site, TargetMachine};
use crate::render::Origin;
use crate::render::bundle::{Bundle, BundleFile};
use crate::syntax::ast::Name;

/// One file of the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// As it is on disk: private ones 0600.
    pub mode: u32,
    pub content: Arc<[u8]>,
    pub secret: bool,
    pub origin: Origin,
}

/// What a kind of target writes: the files of one machine at a time, on any thread, then those that machines share.
pub trait Writer: Sync {
    /// The files of a machine, all at its [`Writer::places`], sorted by their paths; and what it is given.
    ///
    /// # Errors
    /// What the target cannot take of it.
    fn machine(&self, machine: &TargetMachine) -> Result<(Vec<OutputFile>, Given), Vec<Problem>>;

    /// Where all files of a machine are: folders, which end with `/`, and files.
    fn places(&self, machine: &str) -> Vec<String> {
        vec![folder(machine)]
    }

    /// What the shared files need to know of a machine that is given this.
    fn entry(&self, machine: &TargetMachine, given: &Given) -> Entry;

    /// The files that machines share.
    fn shared(&self, entries: Entries) -> Vec<OutputFile>;
}

/// What a machine is given, where the shared files tell of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// At its first boot.
    pub bytes: usize,
    pub compressed: bool,
    pub needs: Arc<Needs>,
}

/// What a machine needs of its host.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    pub modules: Vec<Name>,
    pub devices: Vec<Name>,
    pub mounts: Vec<Name>,
}

impl From<&Bundle> for Needs {
    fn from(Bundle { modules, devices, mounts, .. }: &Bundle) -> Self {
        Self { modules: modules.clone(), devices: devices.clone(), mounts: mounts.clone() }
    }
}

impl From<&UserData> for Given {
    fn from(data: &UserData) -> Self {
        Self { bytes: data.content.len(), compressed: data.compressed, needs: Arc::default() }
    }
}

/// What the shared files need to know of a machine.
pub enum Entry {
    Profile(Profile),
    Row(Box<InventoryRow>),
    Host(Box<Host>),
}

/// The entries of all machines; little is kept of each.
#[derive(Default)]
pub struct Entries {
    /// Each once, by its name: machines that need the same share one.
    profiles: BTreeMap<String, Profile>,
    rows: BTreeMap<usize, InventoryRow>,
    hosts: BTreeMap<usize, Host>,
}

impl Entries {
    /// Adds that of the machine at a place of the model.
    pub fn add(&mut self, place: usize, entry: Entry) {
        match entry {
            Entry::Profile(profile) => _ = self.profiles.insert(profile.name.clone(), profile),
            Entry::Row(row) => _ = self.rows.insert(place, *row),
            Entry::Host(host) => _ = self.hosts.insert(place, *host),
        }
    }

    pub(super) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// In the order of the model.
    pub(super) fn rows(self) -> Vec<InventoryRow> {
        self.rows.into_values().collect()
    }

    /// In the order of the model.
    pub(super) fn hosts(self) -> Vec<Host> {
        self.hosts.into_values().collect()
    }
}

/// Where the files of a machine are.
pub fn folder(machine: &str) -> String {
    format!("machines/{machine}/")
}

/// Runs a writer over machines; nothing but a machine's entry is kept of it.
pub(super) fn drive<M: Borrow<TargetMachine>>(
    writer: &dyn Writer,
    machines: impl IntoIterator<Item = M>,
    emit: &mut dyn FnMut(OutputFile),
) -> Result<(), Vec<Problem>> {
    let (mut entries, mut problems) = (Entries::default(), Vec::new());
    let mut reported: HashSet<Name> = HashSet::new();
    for (place, machine) in machines.into_iter().enumerate() {
        match writer.machine(machine.borrow()) {
            Ok((files, given)) => {
                files.into_iter().for_each(&mut *emit);
                entries.add(place, writer.entry(machine.borrow(), &given));
            }
            // Machines of a group are alike: what is wrong with one is wrong with all.
            Err(found) if reported.insert(machine.borrow().group.clone()) => problems.extend(found),
            Err(_) => {}
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    writer.shared(entries).into_iter().for_each(emit);
    Ok(())
}

/// The files of a machine as a tree, `machines/NAME/root/`, where the site has one.
pub(super) fn tree<'f>(
    site: &Site,
    machine: &TargetMachine,
    files: impl IntoIterator<Item = &'f BundleFile>,
) -> impl Iterator<Item = OutputFile> {
    let folder = folder(&machine.name) + "root";
    files.into_iter().filter(|_| site.tree == Tree::Written).map(move |file| in_tree(&folder, file))
}

/// Whether machines have their files as a tree too, beside what the platform gives them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tree {
    #[default]
    Written,
    LeftOut,
}

fn in_tree(folder: &str, file: &BundleFile) -> OutputFile {
    let mode = match (file.secret, file.mode & 0o111) {
        (true, _) => 0o600,
        (false, 0) => 0o644,
        (false, _) => 0o755,
    };
    let (path, content) = (format!("{folder}{}", file.path), Arc::clone(&file.content));
    OutputFile { path, mode, content, secret: file.secret, origin: file.origin.clone() }
}

/// An output file that is not secret.
pub(super) fn text(path: String, mode: u32, text: impl AsRef<[u8]>, origin: &Origin) -> OutputFile {
    OutputFile { path, mode, content: text.as_ref().into(), secret: false, origin: origin.clone() }
}
