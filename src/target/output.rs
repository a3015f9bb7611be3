//! Files of the output folder, and how they come: machine by machine.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::sync::Arc;

use super::{Problem, TargetMachine};
use crate::render::Origin;
use crate::render::bundle::BundleFile;
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

/// What a kind of target writes: the files of one machine at a time, then those that machines share.
pub trait Writer {
    /// What the shared files need to know of a machine.
    type Entry;

    /// The files of a machine.
    ///
    /// # Errors
    /// What the target cannot take of it.
    fn machine(&self, machine: &TargetMachine) -> Result<(Vec<OutputFile>, Self::Entry), Vec<Problem>>;

    /// The files that machines share; the entries are in the order of the machines.
    fn shared(&self, entries: Vec<Self::Entry>) -> Vec<OutputFile>;
}

/// Runs a writer over machines; nothing but a machine's entry is kept of it.
pub(super) fn drive<W: Writer, M: Borrow<TargetMachine>>(
    writer: &W,
    machines: impl IntoIterator<Item = M>,
    emit: &mut dyn FnMut(OutputFile),
) -> Result<(), Vec<Problem>> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let mut reported: HashSet<Name> = HashSet::new();
    for machine in machines {
        match writer.machine(machine.borrow()) {
            Ok((files, entry)) => {
                files.into_iter().for_each(&mut *emit);
                entries.push(entry);
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

/// A file in the tree of its machine, `machines/NAME/root/`.
pub(super) fn in_tree(machine: &TargetMachine, file: BundleFile) -> OutputFile {
    let mode = match (file.secret, file.mode & 0o111) {
        (true, _) => 0o600,
        (false, 0) => 0o644,
        (false, _) => 0o755,
    };
    let path = format!("machines/{}/root{}", machine.name, file.path);
    OutputFile { path, mode, content: file.content, secret: file.secret, origin: file.origin }
}

/// An output file that is not secret.
pub(super) fn text(path: String, mode: u32, text: impl AsRef<[u8]>, origin: &Origin) -> OutputFile {
    OutputFile { path, mode, content: text.as_ref().into(), secret: false, origin: origin.clone() }
}
