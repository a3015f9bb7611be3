//! A machine as it was recorded, as if it were up and had just been looked at.

use crate::compile::record::{FileRecord, MachineRecord};
use crate::emit::compare::Sort;
use crate::render::bundle::BundleFile;

use super::{Probe, RemoteFile, is_stamp, sha256};

impl Probe {
    /// The state of a machine that is as its record says.
    pub(crate) fn recorded(machine: &MachineRecord) -> Self {
        let mut probe = Self { begun: true, status: "ready end ".to_owned(), ..Self::default() };
        for (path, FileRecord { sha256, mode, owner, bare, secret: _ }) in &machine.files {
            let file = RemoteFile { sha256: sha256.clone(), mode: *mode, owner: owner.clone() };
            probe.files.insert(path.clone(), file);
            probe.bare.extend(bare.iter().map(|bare| (path.clone(), bare.clone())));
        }
        for unit in &machine.units {
            probe.units.push((unit.name.clone(), "up".to_owned()));
            for stamp in unit.watches.iter().filter(|path| is_stamp(path)) {
                probe.runs.insert((unit.name.clone(), stamp.clone()));
                probe.files.insert(stamp.clone(), RemoteFile::default());
            }
        }
        probe
    }
}

impl Probe {
    /// How a file that differs does.
    pub(crate) fn sort(&self, file: &BundleFile) -> Sort {
        match self.files.get(&file.path) {
            None => Sort::New,
            Some(seen) if seen.sha256 == sha256(&file.content) => Sort::Mode,
            Some(_) => Sort::Changed,
        }
    }
}
