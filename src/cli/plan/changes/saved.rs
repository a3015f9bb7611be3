//! A plan in a file: `plan --out`, which `apply` makes, or says what moved.

use std::io::Read;
use std::path::{Path, PathBuf, absolute};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::compile::record::{self, By, Head};
use crate::emit::compare::Sort;
use crate::pki::Store;
use crate::plan::Plan;
use crate::target::Tree;
use crate::text::hex;
use crate::world::file;
use crate::world::file::TEXT_LIMIT;
use crate::world::replace::replace;

use super::report::Changes;
use crate::cli::exit::{CliError, Exit};
use crate::cli::model::{ModelArgs, Opened};
use crate::cli::recorded;

/// What a saved plan begins with.
const FORMAT: &str = "kmodel saved plan 1";
const START: &str = "{\"format\":\"kmodel saved plan ";

/// A plan, and all that it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Saved {
    format: String,
    pub asked: Asked,
    /// What the model was made from.
    head: Head,
    /// The cluster's part of `kmodel.lock`, and all that the key store held.
    lock: String,
    store: Option<String>,
    pub changes: Changes,
}

/// The arguments of the command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Asked {
    pub file: PathBuf,
    pub overlay: Vec<String>,
    pub set: Vec<(String, String)>,
    pub lock: PathBuf,
    pub allow_read: Vec<PathBuf>,
    pub target: String,
    pub store: PathBuf,
}

impl Asked {
    fn new(model: &ModelArgs, (target, store): (&str, &Path)) -> Result<Self, CliError> {
        let allowed: Result<_, _> = model.allow_read.iter().map(absolute).collect();
        Ok(Self {
            file: absolute(&model.file)?,
            overlay: model.overlay.clone(),
            set: model.set.clone(),
            lock: absolute(model.lock_path())?,
            allow_read: allowed?,
            target: target.to_owned(),
            store: absolute(store)?,
        })
    }

    /// These in place of what the command line names.
    pub(in crate::cli) fn model(&self, model: &ModelArgs) -> ModelArgs {
        ModelArgs {
            file: self.file.clone(),
            overlay: self.overlay.clone(),
            set: self.set.clone(),
            lock: Some(self.lock.clone()),
            allow_read: self.allow_read.clone(),
            message_format: model.message_format,
        }
    }
}

/// Writes a plan to a file of its owner's: parameters may be secret.
pub(super) fn write(
    out: &Path,
    (opened, plan): (&Opened<'_>, &Plan<'_>),
    model: &ModelArgs,
    (folder, changes): (&Path, &Changes),
) -> Result<(), CliError> {
    if out.symlink_metadata().is_ok() && read(out).ok().flatten().is_none() {
        let message = format!("`{}` is there and is not a saved plan", out.display());
        return Err(CliError::outside(message).help("pass another file"));
    }
    let saved = Saved {
        format: FORMAT.to_owned(),
        asked: Asked::new(model, (&changes.target, folder))?,
        head: head(opened, plan),
        lock: lock(opened),
        store: content(folder)?,
        changes: changes.clone(),
    };
    let text = serde_json::to_string(&saved).map_err(|error| CliError::outside(error.to_string()))?;
    replace(out, text.as_bytes(), 0o600).map_err(|error| CliError::file(out, "write", &error))
}

fn head(opened: &Opened<'_>, plan: &Plan<'_>) -> Head {
    recorded::head((opened, plan), (By::Apply, None, Tree::Written))
}

fn lock(opened: &Opened<'_>) -> String {
    hex(&Sha256::digest(format!("{:?}", opened.seen)))
}

/// The number of what a store holds; none before the first render.
fn content(folder: &Path) -> Result<Option<String>, CliError> {
    let store = Store::open_read(folder)?;
    Ok(store.and_then(|store| store.content()).map(|content| hex(&content)))
}

/// The plan in a file; `None` if it is another file.
///
/// # Errors
/// When it is a plan that cannot be read.
pub(in crate::cli) fn read(path: &Path) -> Result<Option<Saved>, CliError> {
    let mut start = vec![0; START.len()];
    let begins = file::open(path).and_then(|mut file| file.read_exact(&mut start));
    if begins.is_err() || start != START.as_bytes() {
        return Ok(None);
    }
    let text = file::read(path, TEXT_LIMIT).map_err(|error| CliError::file(path, "read", &error))?;
    let saved = serde_json::from_str::<Saved>(&text).ok().filter(|saved| saved.format == FORMAT);
    let unread = || {
        CliError::outside(format!("`{}` is a plan of another version of kmodel, or not all of one", path.display()))
            .help("run `kmodel plan` with `--out` again")
    };
    saved.map(Some).ok_or_else(unread)
}

impl Saved {
    /// What moved since it was made, of all that it was made from.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub(in crate::cli) fn moved(&self, (opened, plan): (&Opened<'_>, &Plan<'_>)) -> Result<Vec<String>, CliError> {
        let causes = record::causes(plan.model.program, &self.head, &head(opened, plan));
        let mut moved: Vec<String> = causes
            .into_iter()
            .map(|cause| {
                let place = if cause.place.is_empty() { String::new() } else { format!("{}: ", cause.place) };
                let how = match cause.change {
                    Sort::New => "is new",
                    Sort::Gone => "was removed",
                    Sort::Changed | Sort::Mode => "has changed",
                };
                format!("{place}{} {how}", cause.what)
            })
            .collect();
        if self.lock != lock(opened) {
            moved.push(format!("{}: has changed", self.asked.lock.display()));
        }
        if self.store != content(&self.asked.store)? {
            moved.push(format!("{}: the key store has changed", self.asked.store.display()));
        }
        Ok(moved)
    }
}

/// The refusal to do what is not as it was planned.
pub(in crate::cli) fn refused(moved: &[String]) -> CliError {
    const MOST: usize = 10;
    let mut text = "the plan is out of date, so nothing was changed:".to_owned();
    moved.iter().take(MOST).for_each(|line| text.push_str(&format!("\n  {line}")));
    if moved.len() > MOST {
        text.push_str(&format!("\n  and {} more", moved.len() - MOST));
    }
    CliError { exit: Exit::Differs, ..CliError::outside(text) }.help(
        "run `kmodel plan` with `--out` again and look at what it says now; `--refresh` asks the machines themselves",
    )
}
