//! Machines whose certificates are not kept in memory, as they are to be in the store.
//!
//! A new file lies beside the old one, under a name that follows from it. What the index is to say of machines is in a file
//! without a name, in the order of the names of machines. So what is in memory does not grow with them.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::file::Entry;
use super::{folder, machine};
use crate::pki::error::PkiError;
use crate::world::fault;
use crate::world::replace::{Beside, create};
use crate::world::spool::nameless;

/// So many files are renamed side by side.
const AT_ONCE: usize = 256;

/// The machines of a run.
pub(super) struct Apart {
    dir: PathBuf,
    names: Beside,
    told: BufWriter<File>,
    /// How many have a new file.
    staged: usize,
    committed: bool,
}

/// What is said of a machine.
pub(in crate::pki) struct Done {
    /// Whether it has a new file.
    pub(super) staged: bool,
    /// What the index is to say of it.
    pub(super) lines: Vec<u8>,
}

/// The same, read again.
pub(super) struct Told {
    pub name: String,
    staged: bool,
    pub lines: Vec<u8>,
}

impl Apart {
    /// No machine yet, of the store in this folder.
    pub(super) fn new(dir: &Path) -> Result<Self, PkiError> {
        let told = nameless(dir).map_err(|error| PkiError::file(dir, "write to", &error))?;
        let names = Beside::new();
        Ok(Self { dir: dir.to_owned(), names, told: BufWriter::new(told), staged: 0, committed: false })
    }

    /// Under which names the new files are.
    pub(super) fn names(&self) -> Beside {
        self.names
    }

    /// How many machines have a new file.
    pub(super) fn staged(&self) -> usize {
        self.staged
    }

    /// Writes a file beside its place.
    pub(super) fn stage(&self, (path, bytes): &Entry) -> Result<(), PkiError> {
        let made = create(&self.names.of(path), bytes, 0o600);
        made.map(drop).map_err(|error| PkiError::file(path, "write", &error))
    }

    /// Adds a machine, behind those with lesser names.
    pub(super) fn put(&mut self, name: &str, done: &Done) -> Result<(), PkiError> {
        self.staged += usize::from(done.staged);
        self.tell(name, done).map_err(|error| PkiError::file(&self.dir, "write to", &error))
    }

    fn tell(&mut self, name: &str, Done { staged, lines }: &Done) -> io::Result<()> {
        self.told.write_all(&[u8::from(*staged)])?;
        for bytes in [name.as_bytes(), lines] {
            self.told.write_all(&(bytes.len() as u64).to_le_bytes())?;
            self.told.write_all(bytes)?;
        }
        Ok(())
    }

    /// All machines, in the order of their names.
    pub(super) fn told(&mut self) -> io::Result<impl Iterator<Item = io::Result<Told>> + use<>> {
        self.told.flush()?;
        let mut file = self.told.get_ref().try_clone()?;
        file.rewind()?;
        let mut reader = BufReader::new(file);
        Ok(std::iter::from_fn(move || read(&mut reader).transpose()))
    }

    /// Each new file that was written.
    pub(super) fn each(&mut self, act: impl Fn(&Path) -> io::Result<()> + Sync) -> Result<(), PkiError> {
        let dir = self.dir.clone();
        let failed = |error: io::Error| PkiError::file(&dir, "read from", &error);
        let mut told = self.told().map_err(failed)?;
        loop {
            let some = told.by_ref().take(AT_ONCE).collect::<io::Result<Vec<_>>>().map_err(failed)?;
            if some.is_empty() {
                return Ok(());
            }
            some.par_iter().filter(|told| told.staged).try_for_each(|told| {
                let path = machine(&dir, &told.name);
                act(&path).map_err(|error| PkiError::file(&path, "replace", &error))
            })?;
        }
    }

    /// Puts the new files into their places.
    pub(super) fn commit(&mut self) -> Result<(), PkiError> {
        let names = self.names;
        self.each(|path| fault::check().and_then(|()| fs::rename(names.of(path), path)))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        if !self.committed {
            folder::remove_named(&self.dir, self.names);
        }
    }
}

fn read(reader: &mut impl Read) -> io::Result<Option<Told>> {
    let mut staged = [0];
    match reader.read_exact(&mut staged) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let name = String::from_utf8(bytes(reader)?).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Some(Told { name, staged: staged == [1], lines: bytes(reader)? }))
}

fn bytes(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    reader.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::try_from(u64::from_le_bytes(length)).map_err(|_| io::ErrorKind::InvalidData)?];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
