//! Whether a render would make what an earlier one has made: it would, if all that decides it is the same.
//!
//! That is this build of kmodel, the texts of the model and what else it read, what was asked for on the command line, the
//! lock, all that is in the key store, and a time at which nothing is issued. Only a render that changed neither the store nor
//! the lock is remembered, so what it began with is what it left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::check::Program;
use crate::emit::{Seal, Sealed};
use crate::model::Input;
use crate::pki::issued::Issued;
use crate::pki::period::Period;
use crate::plan::Plan;
use crate::source::{Source, SourceKind};
use crate::stdlib;
use crate::target::Tree;
use crate::world::watched::Answer;

use super::fingerprint::{BUILD, Fingerprint};

const HEAD: &str = "kmodel render 3";

/// What decides a render, but the time and what else the model reads.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    pub program: &'a Program,
    pub input: &'a Input,
    pub tree: Tree,
    /// The cluster's part of the lock file as it was read, which has less than the input.
    pub seen: &'a str,
    /// All that is in the key store.
    pub store: [u8; 32],
}

/// A render that changed neither store nor lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unchanged {
    format: String,
    basis: String,
    /// What it read, and what it was answered.
    read: BTreeMap<PathBuf, Answer>,
    /// When all that it used is kept; always, if nothing of it ends.
    period: Option<Period>,
    seal: [u8; 32],
    manifest: [u8; 32],
    files: usize,
    bytes: u64,
    /// The number of the record that it left.
    pub record: String,
    /// How many keys it used, and what was said of them.
    pub keys: usize,
    pub notes: Vec<String>,
}

/// The name under which it is remembered in the key store, where secrets that can be guessed are told to no one else.
pub fn name(target: &str, tree: Tree) -> String {
    format!("{}-whole", super::known::name(target, tree))
}

impl Unchanged {
    /// A render with this basis, if all that was issued for it was in the store.
    pub fn new(
        basis: &Basis<'_>,
        read: BTreeMap<PathBuf, Answer>,
        (plan, issued): (&Plan<'_>, &Issued),
        (sealed, record): (Sealed, &str),
    ) -> Option<Self> {
        let Sealed { seal: Seal(seal), manifest, files, bytes } = sealed;
        let period = Period::of_all(&plan.pki.request, issued).ok()?;
        (issued.issued == 0).then(|| Self {
            format: HEAD.to_owned(),
            basis: basis.hash(),
            read,
            period,
            seal,
            manifest,
            files,
            bytes,
            record: record.to_owned(),
            keys: issued.reused,
            notes: issued.notes.iter().map(ToString::to_string).collect(),
        })
    }

    /// What was remembered, if all of it is there.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|read: &Self| read.format == HEAD)
    }

    /// Its text; none if a path that it read has none.
    pub fn text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// What a render with this basis makes now, if it is what this one made. What it read is asked for again.
    pub fn output(&self, basis: &Basis<'_>, answer: impl Fn(&Path) -> Answer, now: OffsetDateTime) -> Option<Sealed> {
        let same = || self.read.iter().all(|(path, known)| answer(path) == *known);
        let Self { seal, manifest, files, bytes, .. } = *self;
        (self.period.is_none_or(|period| period.has(now)) && self.basis == basis.hash() && same()).then_some(Sealed {
            seal: Seal(seal),
            manifest,
            files,
            bytes,
        })
    }
}

impl Basis<'_> {
    fn hash(&self) -> String {
        let Self { program: Program { sources, modules: _, overrides }, input, tree, seen, store } = self;
        let Input { overlays, sets, target, single_target, kubernetes, lock, forget } = input;
        let mut hash = Sha256::new();
        let mut add = |text: &[u8]| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        add(BUILD.as_bytes());
        // Tables in the place of embedded ones are a part of no build.
        for (path, text) in stdlib::replaced() {
            add(path.as_os_str().as_encoded_bytes());
            add(text.as_bytes());
        }
        add(store);
        for (_, Source { kind, name, text, .. }) in sources.iter() {
            add(format!("{kind:?} {name}").as_bytes());
            // The library is a part of the build.
            add(if *kind == SourceKind::Library { b"" } else { text.as_bytes() });
        }
        let set: Vec<_> = sets.iter().map(|set| (&set.name, &set.text)).collect();
        // All of these have derived their `Debug`, which tells all of them.
        add(format!("{:?}", (overlays, set, target, single_target, kubernetes, lock, forget, overrides)).as_bytes());
        add(format!("{tree:?}").as_bytes());
        add(seen.as_bytes());
        Fingerprint(hash.finalize().into()).hex()
    }
}
