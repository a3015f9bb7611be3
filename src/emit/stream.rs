//! An output that is written while it is made: what is on the disk is not kept in memory.
//!
//! The new folder lies beside the old one under a hidden name until it is whole. Dropped before, it is removed. What the old
//! folder has already is not made again: if it is most of it, it stays where it is (`update`), and else gets a second name in the
//! new folder when all else is there.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::emit::draft::Draft;
use crate::emit::earlier::Earlier;
use crate::emit::error::EmitError;
use crate::emit::kept::Kept;
use crate::emit::lines::Lines;
use crate::emit::place::{self, FolderPlace};
use crate::emit::seal::{Hash, Line, Seal, Sealed, Sealing};
use crate::emit::update::{self, Changes};
use crate::emit::{Force, Reuse, Written, link, manifest, old, path, tree};
use crate::source::Sources;
use crate::target::OutputFile;
use crate::world::fault;
use crate::world::replace::create;

/// A folder that is being written.
pub struct Stream<'s> {
    whole: Whole,
    lines: Lines,
    sources: &'s Sources,
    /// What may be used again.
    earlier: Option<Earlier>,
    /// Places whose files the earlier output has.
    kept: Kept,
    /// Whether only such files were added since.
    all_kept: bool,
    /// The lines of files that no machine has for itself.
    shared: Vec<Line>,
}

/// Files of the output, and what the manifest says of them.
pub struct Batch {
    lines: Vec<Line>,
    bytes: u64,
    /// Their places, if the earlier output has them.
    kept: Vec<String>,
}

/// A folder with all its files in it, which has yet to take its place.
pub struct Whole {
    draft: Draft,
    place: FolderPlace,
    force: Force,
    written: Written,
    /// When all files are written.
    sealed: Option<Sealed>,
    /// The earlier output and its changes, if only some places of it change.
    changes: Option<(Earlier, Changes)>,
}

impl Batch {
    /// Its files in one number.
    pub fn seal(&self) -> Seal {
        Seal::of(&self.lines)
    }
}

impl<'s> Stream<'s> {
    /// Begins an output, whose origins are places in these sources.
    ///
    /// # Errors
    /// When the folder holds what kmodel did not write (and `force` does not allow to lose it), another run writes there, or
    /// the file system refuses.
    pub fn begin(out: &Path, force: Force, reuse: Reuse, sources: &'s Sources) -> Result<Self, EmitError> {
        let place = FolderPlace::of(out)?;
        let _turn = place.take_turn()?;
        update::resume(&place)?;
        let old = old::check(&place, force)?;
        place.clean();
        let draft = Draft::new(&place)?;
        let (lines, kept) = (Lines::new(draft.path()), Kept::new(draft.path()));
        let usable = old.filter(|old| old.plain && reuse == Reuse::Whole);
        let earlier = usable.and_then(|_| Earlier::open(place.path()));
        let written = Written { files: 0, bytes: 0, replaced: old.is_some(), made: 0 };
        let whole = Whole { draft, place, force, written, sealed: None, changes: None };
        Ok(Self { whole, lines, sources, earlier, kept, all_kept: true, shared: Vec::new() })
    }

    /// Writes files. Several threads may do so at once, each into folders of its own.
    ///
    /// # Errors
    /// When a path leaves the folder or is there twice, or the file system refuses.
    pub fn put(&self, files: &[OutputFile]) -> Result<Batch, EmitError> {
        path::check(files)?;
        tree::write(self.whole.draft.path(), files)?;
        let mut lines: Vec<Line> = files.iter().map(|file| manifest::line(file, self.sources)).collect();
        lines.sort_unstable();
        Ok(Batch { lines, bytes: bytes(files), kept: Vec::new() })
    }

    /// The files below these places, if the earlier output has them all, each as it was sealed.
    pub fn keep(&self, places: &[String], seal: &Seal) -> Option<Batch> {
        let lines = self.earlier.as_ref()?.lines(places, seal)?;
        let bytes = lines.iter().map(|line| line.size).sum();
        Some(Batch { lines, bytes, kept: places.to_vec() })
    }

    /// Lists what was written or kept. In each folder at the top, batches come in the order of their paths.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn add(&mut self, batch: Batch) -> Result<(), EmitError> {
        self.whole.written.add(&batch);
        self.all_kept &= !batch.kept.is_empty();
        self.kept.add(&batch.kept)?;
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
        let mut out = BufWriter::new(Hashed::new(out));
        fault::check().and_then(|()| write(&mut out)).and_then(|()| out.flush()).map_err(failed)?;
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        let line = manifest::line_of(file, (out.size, out.hash.finalize().into()), self.sources);
        self.whole.written.add(&Batch {
            lines: vec![line.clone()],
            bytes: batch.bytes + out.size as u64,
            kept: Vec::new(),
        });
        self.lines.add(std::slice::from_ref(&line))?;
        self.shared.push(line);
        Ok(())
    }

    /// Writes the last files, in no order, and the manifest, and takes over what the earlier output has.
    ///
    /// # Errors
    /// As [`Stream::put`].
    pub fn finish(mut self, head: (&str, &str), files: &[OutputFile]) -> Result<Whole, EmitError> {
        let batch = self.put(files)?;
        self.whole.written.add(&batch);
        self.shared.extend(batch.lines.iter().cloned());
        let lines = std::mem::take(&mut self.lines);
        let root = self.whole.draft.path();
        let mut sealing = Sealing::default();
        let (manifest, bytes) = write_manifest(root, head, (lines, batch.lines), &mut sealing)?;
        self.whole.written.bytes += bytes;
        self.whole.written.files += 1;
        let Written { files: count, bytes: all, .. } = self.whole.written;
        self.whole.sealed = Some(Sealed { seal: sealing.end(&manifest), manifest, files: count, bytes: all });
        let mode = tree::root_mode(files);
        if self.is_there(mode, (manifest, bytes)) {
            self.whole.written.made = 0;
            return Ok(self.whole);
        }
        self.whole.written.made += 1;
        let stays = self.earlier.as_ref().filter(|earlier| !self.kept.is_empty() && earlier.has_root(mode));
        if let Some(changes) = stays.and_then(|earlier| Changes::few(earlier, root)) {
            self.whole.changes = self.earlier.map(|earlier| (earlier, changes));
            return Ok(self.whole);
        }
        if let Some(earlier) = &self.earlier {
            self.kept.each(|places| link::all(earlier, places, root))?;
        }
        let opened = fault::check().and_then(|()| fs::set_permissions(root, Permissions::from_mode(mode)));
        opened.map_err(|error| EmitError::file(root, "make folder", &error))?;
        Ok(self.whole)
    }

    /// Whether the earlier output is this one, all of it.
    fn is_there(&self, mode: u32, manifest: (Hash, u64)) -> bool {
        let same = |earlier: &Earlier| {
            earlier.has_root(mode)
                && earlier.manifest_hash() == Some(manifest)
                && self.shared.iter().all(|line| earlier.has(line))
                && earlier.has_folders(&self.shared)
        };
        self.all_kept && self.earlier.as_ref().is_some_and(same)
    }
}

impl Written {
    fn add(&mut self, batch: &Batch) {
        self.files += batch.lines.len();
        self.bytes += batch.bytes;
        self.made += if batch.kept.is_empty() { batch.lines.len() } else { 0 };
    }
}

impl Whole {
    /// All its files in one number.
    pub fn seal(&self) -> Option<Seal> {
        self.sealed.map(|sealed| sealed.seal)
    }

    /// What it will be known by.
    pub fn sealed(&self) -> Option<Sealed> {
        self.sealed
    }

    /// Puts the folder into its place, which others may have written to meanwhile, unless all that it holds is there. Nothing
    /// is flushed to the disk: after a loss of power, render again.
    ///
    /// # Errors
    /// When the file system refuses, or what came into the place meanwhile may not go; the old folder is then still there.
    pub fn commit(self) -> Result<Written, EmitError> {
        if self.written.made == 0 {
            return Ok(self.written);
        }
        let _turn = self.place.take_turn()?;
        if let Some((earlier, changes)) = self.changes {
            let base = earlier.manifest_hash().filter(|_| earlier.is_in_place());
            let (base, _) = base.ok_or_else(|| EmitError::Busy { path: self.place.path().to_owned() })?;
            update::commit(&self.place, self.draft, (&changes, &base))?;
            return Ok(self.written);
        }
        let old = match (self.written.replaced, place::mode(self.place.path())) {
            (true, Some(mode)) => Some(mode),
            // What is there now was not there when the run began.
            _ => old::check(&self.place, self.force)?.map(|old| old.mode),
        };
        self.draft.commit(&self.place, old)?;
        Ok(Written { replaced: old.is_some(), ..self.written })
    }
}

/// A file that is written, with the hash of what is in it.
struct Hashed {
    out: File,
    hash: Sha256,
    size: usize,
}

impl Hashed {
    fn new(out: File) -> Self {
        Self { out, hash: Sha256::new(), size: 0 }
    }
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

/// The hash of the manifest, and how long it is.
fn write_manifest(
    root: &Path,
    (cluster, target): (&str, &str),
    (lines, others): (Lines, Vec<Line>),
    sealing: &mut Sealing,
) -> Result<(Hash, u64), EmitError> {
    let path = root.join(manifest::NAME);
    let failed = |error: io::Error| EmitError::file(&path, "write", &error);
    let head = manifest::head(cluster, target);
    let file = create(&path, b"", 0o644).map_err(failed)?;
    let (mut file, mut before) = (BufWriter::new(Hashed::new(file)), manifest::FIRST);
    file.write_all(head.as_bytes()).map_err(failed)?;
    lines.merge(others, |line, secret| {
        sealing.add(secret);
        write!(file, "{before}{line}")?;
        before = manifest::NEXT;
        Ok(())
    })?;
    file.write_all(manifest::END.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    let Hashed { hash, size, .. } = file.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok((hash.finalize().into(), size as u64))
}
