//! Open files over those on disk.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use lsp_types::Uri;
use time::OffsetDateTime;

use crate::check::ModulePlace;
use crate::ide::line::{Encoding, Lines, Position};
use crate::world::access::Access;
use crate::world::{Disk, World, first_part};

/// A file that is open in the editor.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// As the editor names it.
    pub uri: Uri,
    pub version: i32,
    pub lines: Arc<Lines>,
    /// Whether it was changed since it was opened.
    pub is_edited: bool,
}

impl Document {
    /// Puts a text in place of a range, or of everything; whether that may change what the file imports.
    pub(super) fn change(&mut self, range: Option<(Position, Position)>, text: &str, encoding: Encoding) -> bool {
        self.is_edited = true;
        let before = self.lines.clone();
        let Some((start, end)) = range else {
            self.lines = Arc::new(Lines::new(text.into()));
            return true;
        };
        let (start, end) = (before.offset(start, encoding), before.offset(end, encoding));
        let (start, end) = (start.min(end), start.max(end));
        self.lines = Arc::new(before.changed(start, end, text));
        let after = start + text.len() as u32;
        imports(before.text(), start, end) || imports(self.lines.text(), start, after)
    }
}

/// Whether the lines around a range may import something.
fn imports(text: &str, start: u32, end: u32) -> bool {
    let (start, end) = (start as usize, end as usize);
    let first = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let last = text[end..].find('\n').map_or(text.len(), |line| end + line);
    text[first..last].contains("use")
}

/// The files that the compiler sees: open ones, then those on disk below the folders of the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    /// What may be read.
    pub access: Access,
    open: Arc<BTreeMap<PathBuf, Arc<str>>>,
    disk: Arc<Mutex<HashMap<PathBuf, OnDisk>>>,
}

/// A file as it was read last.
#[derive(Clone, Debug)]
struct OnDisk {
    changed: SystemTime,
    length: u64,
    text: Arc<str>,
}

impl Overlay {
    /// No open file yet.
    pub(super) fn new(access: Access) -> Self {
        Self { access, ..Self::default() }
    }

    /// Takes an open file's text in.
    ///
    /// Outside of the workspace, what is beside it may be read then.
    pub(super) fn open(&mut self, place: &ModulePlace, text: Arc<str>) {
        let path = place.path();
        if path.is_absolute() && self.access.permit(path).is_err() {
            self.access.allow(path.parent().unwrap_or(path));
        }
        Arc::make_mut(&mut self.open).insert(place.path().to_owned(), text);
    }

    /// The file on disk counts again.
    pub(super) fn close(&mut self, place: &ModulePlace) {
        Arc::make_mut(&mut self.open).remove(place.path());
    }

    /// The files as they are saved.
    pub(super) fn real(&self) -> Disk {
        Disk::new(self.access.clone())
    }

    fn on_disk(&self, path: &Path) -> io::Result<Arc<str>> {
        // A document that is not a path (`untitled:`) exists only in the editor.
        if !path.is_absolute() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let about = std::fs::metadata(self.access.permit(path)?)?;
        let (changed, length) = (about.modified()?, about.len());
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = disk.get(path).filter(|known| known.changed == changed && known.length == length) {
            return Ok(known.text.clone());
        }
        let text: Arc<str> = self.real().read(path)?.into();
        disk.insert(path.to_owned(), OnDisk { changed, length, text: text.clone() });
        Ok(text)
    }
}

impl World for Overlay {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.shared(path).map(|text| text.to_string())
    }

    fn shared(&self, path: &Path) -> io::Result<Arc<str>> {
        self.open.get(path).map_or_else(|| self.on_disk(path), |text| Ok(text.clone()))
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        let open = self.open.keys().filter_map(|path| first_part(path.strip_prefix(folder).ok()?));
        let disk = if folder.is_absolute() { self.real().entries(folder) } else { Vec::new() };
        let mut names: Vec<String> = disk.into_iter().chain(open).collect();
        names.sort();
        names.dedup();
        names
    }

    fn now(&self) -> OffsetDateTime {
        crate::world::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_may_be_out_of_range() {
        let uri = "file:///a.km".parse().expect("an address");
        let mut document = Document { uri, version: 1, lines: Arc::new(Lines::new("ab\ncd".into())), is_edited: false };
        let at = |line, column| Position { line, column };
        document.change(Some((at(0, 1), at(0, 2))), "X", Encoding::Utf16);
        assert_eq!(&**document.lines.text(), "aX\ncd");
        document.change(Some((at(9, 9), at(0, 9))), "!", Encoding::Utf16);
        assert_eq!(&**document.lines.text(), "aX!");
        document.change(None, "new", Encoding::Utf16);
        assert_eq!(&**document.lines.text(), "new");
    }

    #[test]
    fn a_change_of_an_import_is_told_from_others() {
        let uri = "file:///a.km".parse().expect("an address");
        let lines = Lines::new("use ./b\nlet a = 1\n".into());
        let mut document = Document { uri, version: 1, lines: Arc::new(lines), is_edited: false };
        let mut change = |line, from, to, text| {
            let at = |column| Position { line, column };
            document.change(Some((at(from), at(to))), text, Encoding::Utf8)
        };
        assert!(change(0, 6, 7, "c"));
        assert!(!change(1, 4, 5, "b"));
        assert!(change(1, 0, 0, "use ./d\n"));
        assert!(change(1, 0, 2, ""));
    }
}
