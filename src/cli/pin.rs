//! `kmodel pin`: the published checksums of what the machines download, into `kmodel.lock`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::compile::artifact::ArtifactSource;
use crate::compile::{ArtifactRow, artifacts};
use crate::diag::any_error;
use crate::facts::hash::Hash;
use crate::model::pins::Pins;
use crate::pin::{Client, Lookup, Origin, Outcome, PinError};
use crate::world::file::{MODEL_LIMIT, read};

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::{Terminal, lock, report};

mod copies;
mod newest;
mod text;
mod trust;

/// Look up the published checksums of downloads that kmodel has none for, and write them to kmodel.lock
///
/// Reads the checksum files that publishers put beside their releases, over HTTPS, and shows them. `check`, `plan`, `render` and
/// `apply` use them from then on. Commit kmodel.lock: it is what your colleagues and your CI install.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Pin container images too, each by the digest that its registry has for the tag now
    #[arg(long)]
    images: bool,
    /// List downloads without a checksum and exit with 4 if there are any; looks nothing up
    #[arg(long, conflicts_with_all = ["verify", "newest", "from", "ca"])]
    check: bool,
    /// Download each file whose checksum was pinned, and compare; with --images, ask for each tag again
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    trust: trust::TrustArgs,
    /// Show the newest patch of each minor; pins nothing
    #[arg(long, conflicts_with = "verify")]
    newest: bool,
    /// Read from a mirror (https://...) or a directory instead, laid out as `kmodel artifacts` prints
    #[arg(long, value_name = "URL|DIR", value_hint = clap::ValueHint::DirPath)]
    from: Option<String>,
    /// Trust the authorities in this PEM file too, besides those of the system
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    ca: Option<PathBuf>,
    /// How long a server may take to answer
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
}

/// A file or an image, and its hash.
type Pinned<'a> = (&'a ArtifactRow, Hash);

/// Pins what a model downloads; other problems of the model come first.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let mut opened = args.model.open(None)?;
    opened.input.lock.pins.lookup = true;
    let planned = opened.plan_for_target();
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
    };
    show(&planned.problems);
    let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else { return Ok(Exit::Problems) };
    let mut rows = match artifacts(plan) {
        Ok(rows) => rows,
        Err(problems) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
    };
    rows.retain(|row| row.kind == ArtifactSource::File || row.kind == ArtifactSource::Image && args.images);
    act(args, &rows, &opened.input.lock.pins, terminal)
}

fn act(args: &Args, rows: &[ArtifactRow], pins: &Pins, terminal: &Terminal) -> Result<Exit, CliError> {
    let unpinned: Vec<_> = rows.iter().filter(|row| !is_pinned(row)).collect();
    if args.check {
        text::unpinned(&terminal.out, &unpinned, rows)?;
        return Ok(if unpinned.is_empty() { Exit::Ok } else { Exit::Differs });
    }
    let origin = origin(args)?;
    let lacking = copies::lacking(rows, &args.model.file);
    let needs_nothing = unpinned.is_empty() && lacking.is_empty() && !args.verify && !args.newest;
    if needs_nothing {
        text::nothing(rows)?;
        return Ok(Exit::Ok);
    }
    let mut lookup = Lookup::new(origin);
    if args.newest {
        return newest::show(&mut lookup, rows, terminal);
    }
    let look_up = |row| hash_of(&mut lookup, row).map(|hash| (row, hash));
    let found = all(unpinned.into_iter().map(look_up), terminal)?;
    let verified =
        if args.verify { verify(args, &lookup, (rows, pins), &found, terminal)? } else { Verified::default() };
    let path = args.model.lock_path();
    if !found.is_empty() {
        lock::pin(&path, new_pins(&found))?;
    }
    let kept = copies::keep(&lookup, &lacking, &found)?;
    text::pinned(&terminal.out, &found, &verified, &path)?;
    text::kept(&kept)?;
    Ok(Exit::Ok)
}

/// Whether a file has a hash, or an image a digest.
fn is_pinned(row: &ArtifactRow) -> bool {
    if row.kind == ArtifactSource::Image { row.url.contains('@') } else { row.hash.is_some() }
}

fn hash_of(lookup: &mut Lookup, row: &ArtifactRow) -> Result<Hash, PinError> {
    if row.kind == ArtifactSource::Image { lookup.image(&row.url) } else { lookup.checksum(row) }
}

/// What was verified.
#[derive(Default)]
struct Verified<'a> {
    /// The files, each with what came of its signature.
    files: Vec<(&'a ArtifactRow, Outcome)>,
    images: usize,
}

/// Compares what is there now with what is pinned, earlier pins too; with something to trust, all files.
fn verify<'a>(
    args: &Args,
    lookup: &Lookup,
    (rows, pins): (&'a [ArtifactRow], &Pins),
    found: &[Pinned<'a>],
    terminal: &Terminal,
) -> Result<Verified<'a>, CliError> {
    let trust = args.trust.read()?;
    let known = |row: &ArtifactRow| row.hash.as_deref().filter(|_| !trust.is_empty())?.parse().ok();
    let files = rows.iter().filter_map(|row| Some((row, pins.files.get(&row.url).cloned().or_else(|| known(row))?)));
    let files = files.chain(found.iter().cloned()).filter(|(row, _)| row.kind == ArtifactSource::File);
    let files = files.map(|(row, hash)| lookup.verify(row, &hash, &trust).map(|outcome| Some((row, outcome))));
    let images = rows.iter().filter_map(|row| {
        let written = row.url.split_once('@')?.0;
        Some((written, pins.images.get(written)?))
    });
    let images = images.map(|(written, hash)| lookup.verify_image(written, hash).map(|()| None));
    let all = all(files.chain(images), terminal)?;
    let images = all.iter().filter(|one| one.is_none()).count();
    Ok(Verified { files: all.into_iter().flatten().collect(), images })
}

/// The lines of the lock.
fn new_pins(found: &[Pinned<'_>]) -> Pins {
    let of = |kind| {
        let rows = found.iter().filter(move |(row, _)| row.kind == kind);
        rows.map(|(row, hash)| (row.url.clone(), hash.clone())).collect()
    };
    Pins { files: of(ArtifactSource::File), images: of(ArtifactSource::Image), lookup: false }
}

/// All results; if one failed, each error is shown, and the caller writes nothing.
fn all<T>(results: impl Iterator<Item = Result<T, PinError>>, terminal: &Terminal) -> Result<Vec<T>, CliError> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) if wrong.contains(&error) => {}
            Err(error) => wrong.push(error),
        }
    }
    let Some(last) = wrong.pop() else { return Ok(good) };
    wrong.into_iter().for_each(|error| {
        CliError::from(error).show(&terminal.err);
    });
    Err(last.into())
}

/// Where to look, as the arguments have it.
fn origin(args: &Args) -> Result<Origin, CliError> {
    let client = || -> Result<Client, CliError> {
        let own = args.ca.as_deref().map(authorities).transpose()?;
        Ok(Client::new(own.as_deref(), Duration::from_secs(u64::from(args.timeout)))?)
    };
    match args.from.as_deref() {
        None => Ok(Origin::Publisher(client()?)),
        Some(url) if url.starts_with("https://") => Ok(Origin::Mirror(client()?, url.trim_end_matches('/').to_owned())),
        Some(url) if url.contains("://") => Err(CliError::usage(
            format!("`--from {url}` is not HTTPS"),
            "pass a mirror that begins with `https://`, or a directory: a checksum that comes over plain HTTP protects nothing",
        )),
        Some(folder) if fs::metadata(folder).is_ok_and(|found| found.is_dir()) => Ok(Origin::Folder(folder.into())),
        Some(folder) => Err(CliError::usage(
            format!("the directory `{folder}` does not exist"),
            "pass a directory, or a mirror as `https://...`",
        )),
    }
}

fn authorities(path: &Path) -> Result<String, CliError> {
    read(path, MODEL_LIMIT).map_err(|error| CliError::file(path, "read", &error))
}

impl From<PinError> for CliError {
    fn from(error: PinError) -> Self {
        Self::outside(error.message).help(error.help)
    }
}
