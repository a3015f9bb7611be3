//! Files of the output folder, and how they come: machine by machine.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cloud::UserData;
use super::lxd::Profile;
use super::{Machine, Problem, Site, TargetMachine};
use crate::model::{MachineId, Model};
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
    /// What is written of a machine.
    ///
    /// # Errors
    /// What the target cannot take of it.
    fn machine(&self, machine: &TargetMachine) -> Result<WrittenMachine, Vec<Problem>>;

    /// Where all files of a machine are: folders, which end with `/`, and files.
    fn places(&self, machine: &TargetMachine) -> Vec<String> {
        vec![folder(&machine.name)]
    }

    /// What the shared files need to know of a machine that is given this.
    fn entry(&self, given: &Given) -> Entry;

    /// The files that machines share.
    fn shared<'a>(&'a self, entries: &'a Entries, roster: &'a dyn Roster) -> Vec<Shared<'a>>;
}

/// All machines, without what they are given: each is made when it is asked for, so that none is held.
pub trait Roster {
    fn count(&self) -> usize;

    /// The machine at a place of the model.
    fn machine(&self, place: usize) -> TargetMachine;
}

impl Roster for Model<'_> {
    fn count(&self) -> usize {
        self.machines.len()
    }

    fn machine(&self, place: usize) -> TargetMachine {
        TargetMachine::new(self, MachineId(place as u32), Bundle::default())
    }
}

/// Writes the content of a file.
pub type Content<'a> = Box<dyn Fn(&mut dyn io::Write) -> io::Result<()> + 'a>;

/// A file that machines share.
pub enum Shared<'a> {
    Short(OutputFile),
    /// One that tells of each machine: its content is written as it goes.
    Long(OutputFile, Content<'a>),
}

/// A machine as it is written.
pub struct WrittenMachine {
    /// Its files in the output, all at its [`Writer::places`], sorted by their paths.
    pub files: Vec<OutputFile>,
    pub given: Given,
    /// As it should be.
    pub inner: Machine,
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

/// What the shared files need to know of a machine beside what the model says.
pub enum Entry {
    Profile(Box<Profile>),
    UserData(UserDataSize),
    Nothing,
}

/// How much a machine is given at its first boot.
#[derive(Clone, Copy, Default)]
pub struct UserDataSize {
    pub bytes: u32,
    pub compressed: bool,
}

impl From<&Given> for UserDataSize {
    fn from(given: &Given) -> Self {
        Self { bytes: u32::try_from(given.bytes).unwrap_or(u32::MAX), compressed: given.compressed }
    }
}

/// The entries of all machines; a few bytes are kept of each.
#[derive(Default)]
pub struct Entries {
    /// Each once, by its name: machines that need the same share one.
    profiles: BTreeMap<String, Profile>,
    /// In the order of the model.
    user_data: Vec<UserDataSize>,
}

impl Entries {
    /// Adds that of the machine at a place of the model.
    pub fn add(&mut self, place: usize, entry: Entry) {
        match entry {
            Entry::Profile(profile) => _ = self.profiles.insert(profile.name.clone(), *profile),
            Entry::UserData(size) => {
                let count = self.user_data.len().max(place + 1);
                self.user_data.resize(count, UserDataSize::default());
                self.user_data[place] = size;
            }
            Entry::Nothing => {}
        }
    }

    pub(super) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// That of the machine at a place of the model.
    pub(super) fn user_data(&self, place: usize) -> UserDataSize {
        self.user_data[place]
    }
}

/// Where the files of a machine are.
pub fn folder(machine: &str) -> String {
    format!("machines/{machine}/")
}

/// Runs a writer over machines; nothing of one is kept.
pub(super) fn drive<M: Borrow<TargetMachine>>(
    writer: &dyn Writer,
    machines: impl IntoIterator<Item = M>,
    emit: &mut dyn FnMut(OutputFile),
) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut reported: HashSet<Name> = HashSet::new();
    for machine in machines {
        match writer.machine(machine.borrow()) {
            Ok(written) => written.files.into_iter().for_each(&mut *emit),
            // Machines of a group are alike: what is wrong with one is wrong with all.
            Err(found) if reported.insert(machine.borrow().group.clone()) => problems.extend(found),
            Err(_) => {}
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
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
