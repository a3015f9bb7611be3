//! The lines of a manifest while its output is written: on the disk, since there may be millions.
//!
//! Files come in batches, each sorted by path, and so are the batches among themselves in most folders at the top of the
//! output. So each of these folders has a list of its own, and the lists are merged in the end. One that is not sorted is read in
//! the order of its paths.

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
    lists: BTreeMap<String, Top>,
}

/// The list of a folder at the top.
struct Top {
    out: BufWriter<File>,
    /// The path that was added last.
    last: String,
    is_sorted: bool,
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
            let out = BufWriter::new(nameless(&self.root)?);
            self.lists.insert(top.to_owned(), Top { out, last: String::new(), is_sorted: true });
        }
        let list = self.lists.get_mut(top).expect("it was made");
        list.is_sorted &= list.last <= *path;
        list.last.clone_from(path);
        // No path has a control character in it.
        writeln!(list.out, "{path}\t{}\t{text}", secret.as_ref().map(|secret| hex(secret)).unwrap_or_default())
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

fn read(list: Top) -> io::Result<List> {
    let mut file = list.out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let file = BufReader::new(file);
    let lines: Box<dyn Iterator<Item = io::Result<String>>> =
        if list.is_sorted { Box::new(file.lines()) } else { Box::new(sorted(file)?) };
    Ok(Box::new(lines.map(|text| {
        let text = text?;
        let mut parts = text.splitn(3, '\t');
        let [path, secret, text] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        Ok((path.to_owned(), text.to_owned(), unhex(secret)))
    })))
}

/// The lines of a list in the order of their paths. Only these are in memory.
fn sorted(mut list: BufReader<File>) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    let (mut places, mut line, mut at) = (Vec::new(), String::new(), 0);
    while list.read_line(&mut line)? > 0 {
        let path = line.split('\t').next().unwrap_or_default();
        places.push((path.to_owned(), at));
        at += line.len() as u64;
        line.clear();
    }
    places.sort_unstable();
    Ok(places.into_iter().map(move |(_, at)| {
        list.seek(io::SeekFrom::Start(at))?;
        let mut line = String::new();
        list.read_line(&mut line)?;
        line.truncate(line.trim_end_matches('\n').len());
        Ok(line)
    }))
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
    fn a_list_in_another_order_is_sorted() {
        let text = merged(&[&["h/c", "m/a/x"], &["h/a", "h/b", "m/b/x"], &["h/ba", "m/c/x"]], &["h/b.img"]);
        assert_eq!(text.unwrap(), "<h/a><h/b><h/b.img><h/ba><h/c><m/a/x><m/b/x><m/c/x>");
        assert_eq!(merged(&[&["h/b"], &["h/a"], &["h/b"]], &[]), Err(EmitError::Twice { path: "h/b".into() }));
    }

    #[test]
    fn a_path_is_there_once() {
        let twice = Err(EmitError::Twice { path: "m/a".into() });
        assert_eq!(merged(&[&["m/a"], &["m/a"]], &[]), twice);
        assert_eq!(merged(&[&["m/a"]], &["m/a"]), twice);
    }
}
