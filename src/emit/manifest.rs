//! `manifest.json`: what an output folder holds, and the mark by which it is known.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::emit::path;
use crate::emit::seal::Line;
use crate::render::origin::What;
use crate::source::Sources;
use crate::target::OutputFile;
use crate::text::hex;
use crate::world::kept;

/// Its path in the output folder.
pub const NAME: &str = kept::MANIFEST;

const GENERATOR: &str = kept::GENERATOR;

/// Raised when a reader of the old format would be misled.
const FORMAT: u32 = 1;

/// What stands before all lines.
const LIST: &str = "\"files\": [";

/// What stands before the first line, between lines, and after the last.
pub(super) const FIRST: &str = "\n    ";
pub(super) const NEXT: &str = ",\n    ";
pub(super) const END: &str = "\n  ]\n}\n";

/// A file as a manifest lists it, read again.
#[derive(Deserialize)]
pub(super) struct Listing {
    pub path: String,
    pub sha256: Option<String>,
    pub mode: String,
    pub size: u64,
    pub secret: bool,
}

impl Listing {
    /// The file of a line.
    pub(super) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// The manifest itself, which does not list itself.
    pub(super) fn of_manifest(size: u64) -> Self {
        Self { path: NAME.into(), sha256: None, mode: "0644".into(), size, secret: true }
    }

    pub(super) fn permissions(&self) -> Option<u32> {
        u32::from_str_radix(&self.mode, 8).ok()
    }

    /// Whether only its owner may use it.
    pub(super) fn is_private(&self) -> bool {
        self.permissions().is_some_and(path::is_closed)
    }
}

/// A line of the manifest.
#[derive(Serialize)]
struct Fields<'a> {
    path: &'a str,
    /// None of a secret: what can be guessed would be told by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    mode: String,
    size: usize,
    secret: bool,
    origin: String,
}

/// What is read of an old manifest, whatever else later versions put into it.
#[derive(Deserialize)]
struct Old<'a> {
    #[serde(borrow)]
    generator: Cow<'a, str>,
    #[serde(borrow)]
    files: Vec<OldLine<'a>>,
}

#[derive(Deserialize)]
struct OldLine<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
}

/// The manifest of these files, which is then one more of them. It does not list itself. Each file has a line of its own,
/// in the order of the paths.
pub fn manifest((cluster, target): (&str, &str), files: &[OutputFile], sources: &Sources) -> OutputFile {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let lines: Vec<String> = sorted.par_iter().map(|file| line(file, sources).text).collect();
    let text = format!("{}{FIRST}{}{END}", head(cluster, target), lines.join(NEXT));
    OutputFile {
        path: NAME.into(),
        mode: 0o644,
        content: text.into_bytes().into(),
        secret: false,
        origin: What::Kmodel.into(),
    }
}

/// What is before the first line.
pub(super) fn head(cluster: &str, target: &str) -> String {
    let (cluster, target) = (json(&cluster), json(&target));
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{{\n  \"generator\": \"{GENERATOR}\",\n  \"version\": \"{version}\",\n  \"format\": {FORMAT},\n  \
         \"cluster\": {cluster},\n  \"target\": {target},\n  {LIST}"
    )
}

/// The line of a file.
pub(super) fn line(file: &OutputFile, sources: &Sources) -> Line {
    line_of(file, (file.content.len(), Sha256::digest(&file.content).into()), sources)
}

/// The line of a file whose content has this length and this hash.
pub(super) fn line_of(file: &OutputFile, (size, digest): (usize, [u8; 32]), sources: &Sources) -> Line {
    let sha256 = (!file.secret).then(|| hex(&digest));
    let text = json(&Fields {
        path: &file.path,
        sha256,
        mode: format!("{:04o}", path::mode(file)),
        size,
        secret: file.secret,
        origin: file.origin.shown(sources).to_string(),
    });
    let (secret, private) = (file.secret.then_some(digest), path::is_private(file));
    Line { path: file.path.clone(), text, secret, size: size as u64, private }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers always have a JSON form")
}

/// The paths in a manifest of kmodel, read line by line as it was written.
pub(super) struct Listed {
    lines: io::Lines<BufReader<File>>,
    begins: u64,
}

impl Listed {
    /// `None` if it is another program's, or its lines are not as kmodel writes them.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let mut lines = BufReader::new(File::open(path).ok()?).lines();
        let (mut head, mut begins) = (String::new(), 0);
        while !head.ends_with(LIST) {
            let line = lines.next()?.ok()?;
            begins += line.len() as u64 + 1;
            head.push_str(&line);
        }
        head.push_str("]}");
        let old: Old<'_> = serde_json::from_str(&head).ok()?;
        (old.generator == GENERATOR).then_some(Self { lines, begins })
    }

    /// Where the first line begins.
    pub(super) fn begins(&self) -> u64 {
        self.begins
    }
}

impl Iterator for Listed {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let line = self.lines.next()?.ok()?;
        let line: OldLine<'_> = serde_json::from_str(line.trim().trim_end_matches(',')).ok()?;
        Some(line.path.into_owned())
    }
}

/// The paths in a manifest of kmodel; `None` if it is another program's, or none at all.
pub(super) fn paths(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let old: Old<'_> = serde_json::from_str(text).ok()?;
    (old.generator == GENERATOR).then(|| old.files.into_iter().map(|file| file.path).collect())
}
