//! A world that remembers what was read of it, so that nothing a model is made from is written over, and what a compile was
//! answered can be compared with what another would be.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::World;

/// What came of reading a file, in one number: its text, or why there is none.
pub type Answer = [u8; 32];

/// Another world, and what was read of it.
#[derive(Debug, Default)]
pub struct Watched<W> {
    inner: W,
    asked: Mutex<BTreeMap<PathBuf, Asked>>,
}

/// What came of reading a path, once or more often.
#[derive(Debug)]
struct Asked {
    answer: Answer,
    /// Whether a text was read.
    read: bool,
    /// Whether each answer was the first.
    same: bool,
}

impl<W> Watched<W> {
    pub const fn new(inner: W) -> Self {
        Self { inner, asked: Mutex::new(BTreeMap::new()) }
    }

    /// The files that were read, in the order of their paths.
    pub fn read_so_far(&self) -> Vec<PathBuf> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(_, asked)| asked.read).map(|(path, _)| path.clone()).collect()
    }

    /// All paths that were asked for, and the answers; `None` if one of them changed meanwhile.
    pub fn answers(&self) -> Option<BTreeMap<PathBuf, Answer>> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|(path, asked)| asked.same.then(|| (path.clone(), asked.answer))).collect()
    }
}

impl<W: World> World for Watched<W> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let result = self.inner.read(path);
        let (answer, read) = (answer(&result), result.is_ok());
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = all.entry(path.to_owned()).or_insert(Asked { answer, read, same: true });
        asked.same &= asked.answer == answer;
        asked.read |= read;
        result
    }

    fn entries(&self, folder: &Path) -> Vec<String> {
        self.inner.entries(folder)
    }

    fn now(&self) -> OffsetDateTime {
        self.inner.now()
    }
}

/// What a reader was answered.
pub fn answer(result: &io::Result<String>) -> Answer {
    let hash = Sha256::new();
    match result {
        Ok(text) => hash.chain_update(b"text\0").chain_update(text),
        Err(error) => hash.chain_update(format!("{:?}\0{error}", error.kind())),
    }
    .finalize()
    .into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Another text each time, but of `still`; and nothing else.
    #[derive(Default)]
    struct Restless(AtomicUsize);

    impl World for Restless {
        fn read(&self, path: &Path) -> io::Result<String> {
            match path.to_str() {
                Some("still") => Ok("a".into()),
                Some("restless") => Ok(self.0.fetch_add(1, Ordering::Relaxed).to_string()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }
    }

    #[test]
    fn answers_are_kept_while_they_are_the_same() {
        let world = Watched::new(Restless::default());
        for path in ["still", "still", "absent", "absent"] {
            let _ = world.read(Path::new(path));
        }
        let answers = world.answers().unwrap();
        assert_eq!(answers.keys().collect::<Vec<_>>(), [Path::new("absent"), Path::new("still")]);
        assert_eq!(answers[Path::new("still")], answer(&Ok("a".into())));
        assert_ne!(answers[Path::new("absent")], answer(&Ok(String::new())));
        assert_eq!(world.read_so_far(), [Path::new("still")]);
        let _ = world.read(Path::new("restless"));
        assert!(world.answers().is_some());
        let _ = world.read(Path::new("restless"));
        assert_eq!(world.answers(), None);
    }
}
