//! `manifest.json`: what an output folder holds, and the mark by which it is known.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::emit::path;
use crate::render::origin::What;
use crate::source::Sources;
use crate::target::OutputFile;
use crate::world::kept;

/// Its path in the output folder.
pub const NAME: &str = kept::MANIFEST;

const GENERATOR: &str = kept::GENERATOR;

/// Raised when a reader of the old format would be misled.
const FORMAT: u32 = 1;

/// A line of the manifest.
#[derive(Serialize)]
struct Line<'a> {
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
    let lines: Vec<String> = sorted.par_iter().map(|file| line(file, sources)).collect();
    let text = format!("{}  \"files\": [\n    {}\n  ]\n}}\n", head(cluster, target), lines.join(",\n    "));
    OutputFile {
        path: NAME.into(),
        mode: 0o644,
        content: text.into_bytes().into(),
        secret: false,
        origin: What::Kmodel.into(),
    }
}

fn head(cluster: &str, target: &str) -> String {
    let (cluster, target) = (json(&cluster), json(&target));
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{{\n  \"generator\": \"{GENERATOR}\",\n  \"version\": \"{version}\",\n  \"format\": {FORMAT},\n  \
         \"cluster\": {cluster},\n  \"target\": {target},\n"
    )
}

fn line(file: &OutputFile, sources: &Sources) -> String {
    let digest = || Sha256::digest(&file.content).iter().map(|byte| format!("{byte:02x}")).collect();
    let sha256 = (!file.secret).then(digest);
    json(&Line {
        path: &file.path,
        sha256,
        mode: format!("{:04o}", path::mode(file)),
        size: file.content.len(),
        secret: file.secret,
        origin: file.origin.shown(sources).to_string(),
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers always have a JSON form")
}

/// The paths in a manifest of kmodel; `None` if it is another program's, or none at all.
pub(super) fn paths(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let old: Old<'_> = serde_json::from_str(text).ok()?;
    (old.generator == GENERATOR).then(|| old.files.into_iter().map(|file| file.path).collect())
}
