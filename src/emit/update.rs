//! An output of which little has changed: what is new of it comes into its place, and all else stays where it is.
//!
//! What is new is written beside the output, with the whole manifest. Once that folder has the name of [`next`], the output is
//! what this manifest lists: a run that is cut off is ended by the next one ([`resume`]), in the same way. A step that fails
//! takes back those before it.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::emit::draft::Draft;
use crate::emit::earlier::Earlier;
use crate::emit::error::EmitError;
use crate::emit::place::FolderPlace;
use crate::emit::remove::remove;
use crate::emit::seal::{Hash, MACHINES};
use crate::emit::{intact, manifest, place};
use crate::text::hex;
use crate::world::fault;
use crate::world::replace::create;

/// The hash of the manifest of the output that is to change: what is new belongs to no other.
const BASE: &str = ".kmodel-base";

/// So many machines are listed without a look at how many there are.
const AT_ONCE: usize = 1 << 10;

/// Where goes what is old.
const GONE: &str = ".kmodel-gone";

/// Places of an output that change.
pub(super) struct Changes {
    /// Those with files in the folder beside it.
    new: Vec<String>,
    /// Those that the new manifest does not list.
    gone: Vec<String>,
}

impl Changes {
    /// What turns the earlier output into that of the manifest in `next`.
    fn between(earlier: &Earlier, (listed, next): (&Earlier, &Path)) -> Self {
        let machines: Vec<String> =
            fs::read_dir(next.join(MACHINES)).into_iter().flatten().flatten().map(folder).collect();
        let is_there = |place: &String| !place.ends_with('/') && next.join(place).symlink_metadata().is_ok();
        let others = listed.places().filter(is_there);
        let mut still = listed.places().peekable();
        let gone = earlier.places().filter(|place| {
            while still.next_if(|known| known < place).is_some() {}
            still.peek() != Some(place)
        });
        let gone = gone.collect();
        Self { new: machines.into_iter().chain(others).collect(), gone }
    }

    /// Those, if most of the output stays, and all its folders that are not of one machine alone.
    pub(super) fn few(earlier: &Earlier, next: &Path) -> Option<Self> {
        let listed = Earlier::open(next)?;
        // Before all of them are listed. A machine may have several places, so that machines are compared with machines.
        let machines = |root: &Path| fs::read_dir(root.join(MACHINES)).into_iter().flatten().count();
        let new = machines(next);
        (new <= AT_ONCE || new <= machines(earlier.root()) / 2).then_some(())?;
        // Nor are those that are gone, if they are most.
        (listed.count() >= earlier.count() / 2).then_some(())?;
        let changes = Self::between(earlier, (&listed, next));
        let mut folders = BTreeSet::new();
        for place in listed.places() {
            if !folders.contains(above(&place)) {
                folders.insert(above(&place).to_owned());
            }
        }
        let all = earlier.count();
        let fits = |place: &String| is_same_folder(&next.join(above(place)), &earlier.root().join(above(place)));
        let stays = |place: &String| folders.contains(above(place));
        let few = changes.new.len() + changes.gone.len() <= all / 2;
        (few && changes.new.iter().all(fits) && changes.gone.iter().all(stays)).then_some(changes)
    }

    /// Makes them, or none of them; if even that fails, the next run ends it.
    fn make(&self, root: &Path, next: &Path) -> Result<(), Failure> {
        let mut moves = Moves { root, next, done: Vec::new() };
        let made = self.gone.iter().try_for_each(|place| moves.take_out(place));
        let mut exchange = |place: &String| {
            moves.take_out(place)?;
            moves.put_in(place)
        };
        let made = made.and_then(|()| self.new.iter().try_for_each(&mut exchange));
        let made = made.and_then(|()| moves.put_in(manifest::NAME));
        made.map_err(|error| Failure { error, is_undone: moves.back() })
    }
}

/// Why not all was changed.
struct Failure {
    error: EmitError,
    /// Whether the output is as it was.
    is_undone: bool,
}

/// The folder of a machine as a place.
fn folder(entry: fs::DirEntry) -> String {
    format!("{MACHINES}{}/", entry.file_name().to_string_lossy())
}

/// The folder that a place is in.
fn above(place: &str) -> &str {
    place.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The root has its permissions when it is in its place.
fn is_same_folder(new: &Path, old: &Path) -> bool {
    let is_root = new.join(manifest::NAME).exists();
    is_root || place::mode(new).is_some_and(|mode| intact::folder(old, mode))
}

/// Names that were changed, so that they can be changed back.
struct Moves<'a> {
    root: &'a Path,
    next: &'a Path,
    done: Vec<(PathBuf, PathBuf)>,
}

impl Moves<'_> {
    /// A place that is there leaves the output.
    fn take_out(&mut self, place: &str) -> Result<(), EmitError> {
        let (from, to) = (self.root.join(place), self.next.join(GONE).join(place));
        if from.symlink_metadata().is_err() {
            return Ok(());
        }
        let way = self.next.join(GONE).join(above(place));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&way);
        made.map_err(|error| EmitError::file(&way, "make folder", &error))?;
        self.rename(from, to)
    }

    /// What is new comes into its place.
    fn put_in(&mut self, place: &str) -> Result<(), EmitError> {
        self.rename(self.next.join(place), self.root.join(place))
    }

    fn rename(&mut self, from: PathBuf, to: PathBuf) -> Result<(), EmitError> {
        let renamed = fault::check().and_then(|()| fs::rename(&from, &to));
        renamed.map_err(|error| EmitError::file(&to, "replace", &error))?;
        self.done.push((from, to));
        Ok(())
    }

    /// Whether all was taken back.
    fn back(&mut self) -> bool {
        let mut done = self.done.drain(..).rev();
        done.all(|(from, to)| fs::rename(to, from).is_ok())
    }
}

/// The name of the folder with what is new of an output that is whole.
fn next(place: &FolderPlace) -> PathBuf {
    let name = place.path().file_name().unwrap_or_default().to_string_lossy();
    place.path().with_file_name(format!(".{name}.kmodel-next"))
}

/// Changes an output, whose manifest has this hash, to what a draft has. The folder is ours for this time.
///
/// # Errors
/// When the file system refuses; the output is then as it was, or the next run ends the change.
pub(super) fn commit(place: &FolderPlace, draft: Draft, (changes, base): (&Changes, &Hash)) -> Result<(), EmitError> {
    let file = draft.path().join(BASE);
    create(&file, hex(base).as_bytes(), 0o600).map_err(|error| EmitError::file(&file, "write", &error))?;
    let draft = draft.renamed(next(place))?;
    changes.make(place.path(), draft.path()).map_err(|failure| {
        if !failure.is_undone {
            draft.leave();
        }
        failure.error
    })
}

/// Ends what a run that was cut off has begun to change. The folder is ours for this time.
///
/// # Errors
/// When the file system refuses.
pub(super) fn resume(place: &FolderPlace) -> Result<(), EmitError> {
    let next = next(place);
    let Ok(data) = next.symlink_metadata() else { return Ok(()) };
    let is_ours = data.is_dir() && data.uid() == intact::own_user() && data.mode() & 0o777 == 0o700;
    let earlier = Earlier::open(place.path()).filter(|earlier| is_ours && is_base(earlier, &next));
    if let Some((earlier, listed)) = earlier.zip(Earlier::open(&next)) {
        let changes = Changes::between(&earlier, (&listed, &next));
        changes.make(place.path(), &next).map_err(|failure| failure.error)?;
    }
    remove(&next);
    Ok(())
}

/// Whether what is new belongs to this output.
fn is_base(earlier: &Earlier, next: &Path) -> bool {
    let said: io::Result<String> = fs::read_to_string(next.join(BASE));
    earlier.manifest_hash().zip(said.ok()).is_some_and(|((hash, _), said)| hex(&hash) == said)
}
