//! An output that is written while it is made: what is on the disk is not kept in memory.
//!
//! The new folder lies beside the old one under a hidden name until it is whole. Dropped before, it is removed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::emit::draft::Draft;
use crate::emit::error::EmitError;
use crate::emit::lines::{Line, Lines};
use crate::emit::place::{self, FolderPlace};
use crate::emit::{Force, Written, manifest, old, path, tree};
use crate::source::Sources;
use crate::target::OutputFile;
use crate::world::fault;
use crate::world::replace::create;

/// A folder that is being written.
pub struct Stream<'s> {
    whole: Whole,
    lines: Lines,
    sources: &'s Sources,
}

/// Files that are on the disk, and what the manifest says of them.
pub struct Batch {
    lines: Vec<Line>,
    bytes: u64,
}

/// A folder with all its files in it, which has yet to take its place.
pub struct Whole {
    draft: Draft,
    place: FolderPlace,
    force: Force,
    written: Written,
}

impl<'s> Stream<'s> {
    /// Begins an output, whose origins are places in these sources.
    ///
    /// # Errors
    /// When the folder holds what kmodel did not write (and `force` does not allow to lose it), another run writes there, or
    /// the file system refuses.
    pub fn begin(out: &Path, force: Force, sources: &'s Sources) -> Result<Self, EmitError> {
        let place = FolderPlace::of(out)?;
        let _turn = place.take_turn()?;
        let old = old::check(&place, force)?;
        place.clean();
        let draft = Draft::new(&place)?;
        let lines = Lines::new(draft.path());
        let written = Written { files: 0, bytes: 0, replaced: old.is_some() };
        Ok(Self { whole: Whole { draft, place, force, written }, lines, sources })
    }

    /// Writes files. Several threads may do so at once, each into folders of its own.
    ///
    /// # Errors
    /// When a path leaves the folder or is there twice, or the file system refuses.
    pub fn put(&self, files: &[OutputFile]) -> Result<Batch, EmitError> {
        path::check(files)?;
        tree::write(self.whole.draft.path(), files)?;
        let line = |file: &OutputFile| (file.path.clone(), manifest::line(file, self.sources));
        let mut lines: Vec<Line> = files.iter().map(line).collect();
        lines.sort_unstable();
        Ok(Batch { lines, bytes: bytes(files) })
    }

    /// Lists what was written. In each folder at the top, batches come in the order of their paths.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn add(&mut self, batch: &Batch) -> Result<(), EmitError> {
        self.whole.written.files += batch.lines.len();
        self.whole.written.bytes += batch.bytes;
        self.lines.add(&batch.lines)
    }

    /// Writes a file whose content comes in parts.
    ///
    /// # Errors
    /// As [`Stream::put`].
    pub fn long(
        &mut self,
        file: &OutputFile,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), EmitError> {
        let batch = self.put(std::slice::from_ref(file))?;
        let path = self.whole.draft.path().join(&file.path);
        let failed = |error: io::Error| EmitError::file(&path, "write", &error);
        let out = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        let mut out = Hashed { out: BufWriter::new(out), hash: Sha256::new(), size: 0 };
        fault::check().and_then(|()| write(&mut out)).and_then(|()| out.flush()).map_err(failed)?;
        let line = manifest::line_of(file, (out.size, &out.hash.finalize()), self.sources);
        self.add(&Batch { lines: vec![(file.path.clone(), line)], bytes: batch.bytes + out.size as u64 })
    }

    /// Writes the last files, in no order, and the manifest.
    ///
    /// # Errors
    /// As [`Stream::put`].
    pub fn finish(self, head: (&str, &str), files: &[OutputFile]) -> Result<Whole, EmitError> {
        let batch = self.put(files)?;
        let Self { mut whole, lines, .. } = self;
        whole.written.files += batch.lines.len() + 1;
        whole.written.bytes += batch.bytes + write_manifest(whole.draft.path(), head, (lines, batch.lines))?;
        let mode = tree::root_mode(files);
        let opened =
            fault::check().and_then(|()| fs::set_permissions(whole.draft.path(), Permissions::from_mode(mode)));
        opened.map_err(|error| EmitError::file(whole.draft.path(), "make folder", &error))?;
        Ok(whole)
    }
}

impl Whole {
    /// Puts the folder into its place, which others may have written to meanwhile. Nothing is flushed to the disk: after a loss of power, render again.
    ///
    /// # Errors
    /// When the file system refuses, or what came into the place meanwhile may not go; the old folder is then still there.
    pub fn commit(self) -> Result<Written, EmitError> {
        let _turn = self.place.take_turn()?;
        let old = match (self.written.replaced, place::mode(self.place.path())) {
            (true, Some(mode)) => Some(mode),
            // What is there now was not there when the run began.
            _ => old::check(&self.place, self.force)?,
        };
        self.draft.commit(&self.place, old)?;
        Ok(Written { replaced: old.is_some(), ..self.written })
    }
}

/// A file that is written, with the hash of what is in it.
struct Hashed {
    out: BufWriter<File>,
    hash: Sha256,
    size: usize,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.size += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn bytes(files: &[OutputFile]) -> u64 {
    files.iter().map(|file| file.content.len() as u64).sum()
}

/// How long the manifest is.
fn write_manifest(
    root: &Path,
    (cluster, target): (&str, &str),
    (lines, others): (Lines, Vec<Line>),
) -> Result<u64, EmitError> {
    let path = root.join(manifest::NAME);
    let failed = |error: io::Error| EmitError::file(&path, "write", &error);
    let head = manifest::head(cluster, target);
    let file = create(&path, head.as_bytes(), 0o644).map_err(failed)?;
    let (mut file, mut size, mut before) = (BufWriter::new(file), head.len(), manifest::FIRST);
    lines.merge(others, |line| {
        size += before.len() + line.len();
        write!(file, "{before}{line}")?;
        before = manifest::NEXT;
        Ok(())
    })?;
    file.write_all(manifest::END.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    Ok((size + manifest::END.len()) as u64)
}
