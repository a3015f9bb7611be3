//! The lines of a manifest while its output is written: on the disk, since there may be millions.
//!
//! Files come in batches, each sorted by path, and so are the batches among themselves in each folder at the top of the
//! output. So each of these folders has a list of its own, and the lists are merged in the end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use crate::emit::error::EmitError;
use crate::emit::seal::{Hash, Line};
use crate::text::{hex, unhex};
use crate::world::spool::nameless;

/// The lists, by the folder at the top.
#[derive(Default)]
pub(super) struct Lines {
    root: PathBuf,
    lists: BTreeMap<String, BufWriter<File>>,
}

impl Lines {
    /// None yet, of the output in this folder.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), lists: BTreeMap::new() }
    }

    /// Adds lines behind those of their folders.
    pub(super) fn add(&mut self, lines: &[Line]) -> Result<(), EmitError> {
        lines.iter().try_for_each(|line| self.put(line)).map_err(|error| self.failed(&error))
    }

    fn put(&mut self, Line { path, text, secret, .. }: &Line) -> io::Result<()> {
        let top = path.split('/').next().unwrap_or_default();
        if !self.lists.contains_key(top) {
            self.lists.insert(top.to_owned(), BufWriter::new(nameless(&self.root)?));
        }
        let list = self.lists.get_mut(top).expect("it was made");
        // No path has a control character in it.
        writeln!(list, "{path}\t{}\t{text}", secret.as_ref().map(|secret| hex(secret)).unwrap_or_default())
    }

    /// Hands out all lines and these, in the order of their paths, each with the hash of a secret.
    pub(super) fn merge(
        self,
        others: Vec<Line>,
        mut each: impl FnMut(&str, Option<Hash>) -> io::Result<()>,
    ) -> Result<(), EmitError> {
        let root = self.root.clone();
        let failed = |error: io::Error| EmitError::file(&root, "write", &error);
        let mut lists: Vec<Peekable<List>> = Vec::new();
        for list in self.lists.into_values() {
            lists.push(read(list).map_err(failed)?.peekable());
        }
        lists.push(
            (Box::new(others.into_iter().map(|line| Ok((line.path, line.text, line.secret)))) as List).peekable(),
        );
        let mut last: Option<String> = None;
        while let Some((path, text, secret)) = next(&mut lists).transpose().map_err(failed)? {
            if last.is_some_and(|last| last >= path) {
                return Err(EmitError::Twice { path });
            }
            each(&text, secret).map_err(failed)?;
            last = Some(path);
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> EmitError {
        EmitError::file(&self.root, "write", error)
    }
}

/// A path, the text of its line, and the hash of a secret.
type Entry = (String, String, Option<Hash>);
type List = Box<dyn Iterator<Item = io::Result<Entry>>>;

/// The line with the first path of all lists; of one that cannot be read, the error.
fn next(lists: &mut [Peekable<List>]) -> Option<io::Result<Entry>> {
    let mut first: Option<(usize, String)> = None;
    for (place, list) in lists.iter_mut().enumerate() {
        match list.peek() {
            Some(Ok((path, ..))) if first.as_ref().is_none_or(|(_, known)| path < known) => {
                first = Some((place, path.clone()));
            }
            Some(Err(_)) => return list.next(),
            _ => {}
        }
    }
    lists[first?.0].next()
}

fn read(list: BufWriter<File>) -> io::Result<List> {
    let mut file = list.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(Box::new(BufReader::new(file).lines().map(|text| {
        let text = text?;
        let mut parts = text.splitn(3, '\t');
        let [path, secret, text] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        Ok((path.to_owned(), text.to_owned(), unhex(secret)))
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str) -> Line {
        Line { path: path.to_owned(), text: format!("<{path}>"), secret: secret_of(path), size: 0, private: false }
    }

    /// Some of them are secret.
    fn secret_of(path: &str) -> Option<Hash> {
        path.ends_with('a').then(|| std::array::from_fn(|place| place as u8 * 7))
    }

    fn merged(batches: &[&[&str]], others: &[&str]) -> Result<String, EmitError> {
        let dir = tempfile::tempdir().unwrap();
        let mut lines = Lines::new(dir.path());
        for batch in batches {
            lines.add(&batch.iter().map(|path| line(path)).collect::<Vec<_>>())?;
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing of it is seen");
        let mut text = String::new();
        lines.merge(others.iter().map(|path| line(path)).collect(), |line, secret| {
            assert_eq!(secret, secret_of(line.trim_matches(['<', '>'])));
            text.push_str(line);
            Ok(())
        })?;
        Ok(text)
    }

    #[test]
    fn lists_are_merged_by_path() {
        let text = merged(&[&["l/a", "m/a/x"], &["l/b", "m/b/x"]], &[".g", "l/aa", "m.json", "p/x"]);
        assert_eq!(text.unwrap(), "<.g><l/a><l/aa><l/b><m.json><m/a/x><m/b/x><p/x>");
        assert_eq!(merged(&[], &["a"]).unwrap(), "<a>");
    }

    #[test]
    fn a_path_is_there_once() {
        let twice = Err(EmitError::Twice { path: "m/a".into() });
        assert_eq!(merged(&[&["m/a"], &["m/a"]], &[]), twice);
        assert_eq!(merged(&[&["m/a"]], &["m/a"]), twice);
    }
}
