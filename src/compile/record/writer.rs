//! A record that is written as machines are made: none of it is held but the first machine of each group.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::text::hex;

use super::head::Head;
use super::line::{Bases, Line};
use super::machine::{Given, MachineRecord};

/// The last line but one: what machines share.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tail {
    /// Files of the output that are no machine's, by their paths.
    pub shared: Given,
    /// Whether anything moves what runs on machines.
    pub drains: bool,
}

/// The last line: the hash of all before it.
#[derive(Serialize, Deserialize)]
pub(super) struct End {
    pub sha256: String,
}

/// Where components put what moves pods.
pub(super) const DRAIN: &str = "/usr/local/lib/kmodel/drain.d/";

/// A file that a record is written to.
pub struct Writer {
    out: BufWriter<File>,
    hash: Sha256,
    bases: Bases,
    tail: Tail,
    /// The first error; nothing is written after it.
    failed: Option<io::Error>,
}

impl Writer {
    /// Begins a record in an empty file.
    pub fn new(file: File, head: &Head) -> Self {
        let out = BufWriter::new(file);
        let mut writer = Self { out, hash: Sha256::new(), bases: BTreeMap::new(), tail: Tail::default(), failed: None };
        writer.line(head);
        writer
    }

    /// Adds a machine; they come in the order of their folders.
    pub fn add(&mut self, machine: &MachineRecord) {
        self.tail.drains |= machine.files.keys().any(|path| path.starts_with(DRAIN));
        let line = Line::of(machine, &mut self.bases);
        self.line(&line);
    }

    /// Adds a file that machines share.
    pub fn share(&mut self, path: String, sha256: String) {
        self.tail.shared.insert(path, sha256);
    }

    /// The file, and its number.
    ///
    /// # Errors
    /// What the file system said.
    pub fn finish(mut self) -> io::Result<(File, String)> {
        let tail = std::mem::take(&mut self.tail);
        self.line(&tail);
        let sha256 = hex(&self.hash.clone().finalize());
        self.line(&End { sha256: sha256.clone() });
        self.failed.map_or(Ok(()), Err)?;
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, sha256))
    }

    fn line(&mut self, value: &impl Serialize) {
        let mut text = serde_json::to_string(value).expect("texts and maps of texts always have a JSON form");
        text.push('\n');
        self.hash.update(&text);
        if self.failed.is_none() {
            self.failed = self.out.write_all(text.as_bytes()).err();
        }
    }
}
