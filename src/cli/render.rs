//! `kmodel render`: write everything a target needs to a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::compile::known::{self, Facts, Known, Memo};
use crate::compile::preview::Previewing;
use crate::compile::record::{self, By, Recording};
use crate::compile::{self, RenderError, Stopped};
use crate::diag::{Diagnostic, any_error};
use crate::emit::stream::Whole;
use crate::emit::{self, EmitError, Reuse, Written};
use crate::model::Model;
use crate::pki::Store;
use crate::pki::issued::Issued;
use crate::plan::Plan;
use crate::target::{Tree, cloud};
use crate::text::{Count, about, thousands};
use crate::world;

use self::again::Again;
use super::exit::{CliError, Exit};
use super::keep::{self, KeepArgs};
use super::model::{ModelArgs, Opened};
use super::table::{Cell, table};
use super::{Terminal, lock, output, recorded, report};

mod again;
mod preview;

/// Write everything a target needs to a folder: user-data, files, certificates, kubeconfigs
///
/// Keys and certificates are issued into the key store, or reused from it: rendering an unchanged model again gives the same
/// bytes. Allocated addresses are written to kmodel.lock beside the model; commit that file, never the key store. The folder
/// is replaced atomically, and a folder that kmodel did not write is left untouched.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The target [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The folder to write
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    /// Leave out `machines/NAME/root`, the files of each machine as a tree: only what the platform is given is written
    #[arg(long)]
    no_tree: bool,
    /// Write every file anew. Without it, files that would not change and are intact in the folder are reused
    #[arg(long)]
    fresh: bool,
    /// If nothing has changed since the last render, do not read what it wrote: a file that another program has changed since
    /// stays as it is
    #[arg(long, conflicts_with_all = ["fresh", "dry_run"])]
    trust_output: bool,
    #[command(flatten)]
    keep: KeepArgs,
    /// Replace the folder even if it holds files that kmodel did not write; they are deleted
    #[arg(long)]
    force: bool,
    /// Show which files would change and which units restart for it; write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run, show how each file would change; secrets are left out
    #[arg(long, requires = "dry_run")]
    diff: bool,
    /// With --dry-run, print JSON; the format is described in docs/commands.md
    #[arg(long, requires = "dry_run", conflicts_with = "diff")]
    json: bool,
    /// With --dry-run, exit with 4 if something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
}

/// Renders a model without errors.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let mut opened = args.model.open(args.target.as_deref())?;
    args.keep.let_go(&mut opened.input)?;
    let planned = opened.plan_for_target();
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
    };
    show(&planned.problems);
    let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else { return Ok(Exit::Problems) };
    args.keep.is_gone(&plan.model)?;
    let folder = args.store(&plan.model);
    super::folder::refuse(&args.out, &args.model, &folder)?;
    if !has_keys(plan, &folder, show)? {
        return Ok(Exit::Problems);
    }
    if args.dry_run {
        return dry(args, terminal, (&opened, plan), show);
    }
    let mut store = Store::open(&folder)?;
    let moves = || output::print(|out| keep::moves(out, &terminal.out, (&opened.input.lock, &plan.model)));
    let again = Again::new(args, &opened, plan, &store);
    if let Some((keys, written)) = again.as_ref().and_then(|again| again.found(&store)) {
        moves()?;
        let reused = Reused { machines: 0, unread: args.trust_output };
        return summary(args, terminal, &plan.model, (&keys, written, reused));
    }
    let (issued, whole, kept, record) = match render(args, (&opened, plan), &mut store) {
        Ok(rendered) => rendered,
        Err(Stopped::Sink(error)) => return Err(error),
        Err(Stopped::Problems(problems)) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
    };
    moves()?;
    let saved = store.is_saved();
    // The store is saved first: keys missing from it would be issued again, and differ, next time.
    store.save()?;
    let lock = compile::lock(plan, &issued);
    lock::write(&args.model.lock_path(), &plan.model.cluster.name, (&opened.seen, &lock))?;
    let (keys, sealed) = (Keys::of(&issued), whole.sealed());
    let written = whole.commit()?;
    let record = recorded::keep(&store, (plan, By::Render), record)?;
    if let (Some(again), Some(sealed), true) = (again, sealed, saved && opened.seen.is(&lock)) {
        again.remember(&store, (plan, &issued), (sealed, &record));
    }
    summary(args, terminal, &plan.model, (&keys, written, Reused { machines: kept, unread: false }))
}

/// Looks at what would change; what is missing is issued in memory.
fn dry(
    args: &Args,
    terminal: &Terminal,
    (opened, plan): (&Opened<'_>, &Plan<'_>),
    show: impl Fn(&[Diagnostic]),
) -> Result<Exit, CliError> {
    let mut store = Store::open_trial(&args.store(&plan.model))?;
    let issued = match compile::issue(plan, &mut store, world::now()) {
        Ok(issued) => issued,
        Err(RenderError::Pki(error)) => return Err(error.into()),
        Err(RenderError::Problems(problems)) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
    };
    emit::may_replace(&args.out, super::folder::force(args.force))?;
    let mut out = Previewing::of(&args.out, args.diff);
    let streamed = match compile::stream(plan, &issued, (args.tree(), &mut Memo::default()), &mut out) {
        Ok(streamed) => streamed,
        Err(Stopped::Problems(problems)) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
        Err(Stopped::Sink(never)) => match never {},
    };
    let preview = out.finish(&streamed.files, issued.issued);
    output::print(|out| {
        if args.json {
            serde_json::to_writer_pretty(&mut *out, &preview)?;
            return writeln!(out);
        }
        keep::moves(out, &terminal.out, (&opened.input.lock, &plan.model))?;
        preview::write(out, &terminal.out, (&args.out.display().to_string(), &preview))
    })?;
    Ok(if args.exit_code && !preview.is_empty() { Exit::Differs } else { Exit::Ok })
}

/// What a render leaves: what was issued, all files, how many machines were kept, and its record.
type Made = (Issued, Whole, usize, record::Writer);

/// Issues what is missing, and writes all files beside the folder that they are for.
fn render(args: &Args, (opened, plan): (&Opened<'_>, &Plan<'_>), store: &mut Store) -> Result<Made, Stopped<CliError>> {
    let failed = |error: EmitError| Stopped::Sink(error.into());
    let issued = compile::issue_aside(plan, store, world::now()).map_err(|error| match error {
        RenderError::Pki(error) => Stopped::Sink(error.into()),
        RenderError::Problems(problems) => Stopped::Problems(problems),
    })?;
    let (force, sources) = (super::folder::force(args.force), &plan.model.program.sources);
    let reuse = if args.fresh { Reuse::Nothing } else { Reuse::Whole };
    let out = emit::Stream::begin(&args.out, force, reuse, sources).map_err(failed)?;
    let tree = args.tree();
    let earlier = recorded::record(store, plan, By::Render);
    let folder = std::path::absolute(&args.out).ok().map(|path| path.display().to_string());
    let writer = recorded::begin(store, (opened, plan), (By::Render, folder, tree)).map_err(Stopped::Sink)?;
    let mut out = Recording::new(out, earlier.as_ref(), writer);
    let name = known::name(compile::head(plan).1, tree);
    let known = store.remembered_file(&name).filter(|_| !args.fresh).map(Known::read).unwrap_or_default();
    let mut memo = Memo { known, facts: store.spool().map(Facts::to).unwrap_or_default() };
    let streamed = compile::stream(plan, &issued, (tree, &mut memo), &mut out);
    // What was made without a certificate is wrong, whatever was found in it.
    issued.failure().map_or(Ok(()), |error| Err(Stopped::Sink(error.clone().into())))?;
    let streamed = streamed.map_err(|stopped| match stopped {
        Stopped::Problems(problems) => Stopped::Problems(problems),
        Stopped::Sink(error) => failed(error),
    })?;
    let (out, record) = out.finish(&streamed.files);
    let whole = out.finish(compile::head(plan), &streamed.files).map_err(failed)?;
    if let Some(mut facts) = memo.facts.file() {
        store.remember_file(&name, &mut facts);
    }
    Ok((issued, whole, streamed.kept, record))
}

/// Whether the store has the keys that are recorded; looked at before there is a store.
pub fn has_keys(plan: &Plan<'_>, folder: &Path, show: impl Fn(&[Diagnostic])) -> Result<bool, CliError> {
    let problems = compile::missing_keys::astray(plan, Store::open_read(folder)?.as_ref(), folder);
    show(&problems);
    Ok(problems.is_empty())
}

/// What is said of keys.
struct Keys {
    issued: usize,
    reused: usize,
    notes: Vec<String>,
}

impl Keys {
    fn of(issued: &Issued) -> Self {
        let notes = issued.notes.iter().map(ToString::to_string).collect();
        Self { issued: issued.issued, reused: issued.reused, notes }
    }
}

/// What was there already.
#[derive(Clone, Copy)]
struct Reused {
    machines: usize,
    /// Whether none of it was read, where it is all.
    unread: bool,
}

fn summary(
    args: &Args,
    terminal: &Terminal,
    model: &Model<'_>,
    (keys, written, reused): (&Keys, Written, Reused),
) -> Result<Exit, CliError> {
    let look = &terminal.out;
    let target = compile::planned_target(model).expect("what was rendered has a target");
    let mut rows = vec![
        fact("folder", format!("{}: {}, {}", args.out.display(), Count(written.files, "file"), about(written.bytes))),
        fact("keys", format!("{} issued, {} reused", thousands(keys.issued), thousands(keys.reused))),
        fact("store", format!("{} (keep it secret, keep a copy)", args.store(model).display())),
        fact("lock", format!("{} (commit it)", args.model.lock_path().display())),
    ];
    if written.made == 0 {
        let unread = if reused.unread { ", and they were not read" } else { "" };
        rows.insert(1, fact("reused", format!("all files: nothing has changed{unread}")));
    } else if reused.machines > 0 {
        rows.insert(1, fact("reused", format!("the files of {}", Count(reused.machines, "machine"))));
    }
    rows.extend(keys.notes.iter().map(|note| fact("note", note.clone())));
    let file = args.model.file.display().to_string();
    let made = args.out.join(cloud::FOLDER).is_dir();
    rows.push(fact("next", if made { cloud::next_step(&file) } else { target.next_step(&file) }));
    output::print(|out| {
        writeln!(out, "{} cluster {} for {}", look.good("rendered"), model.cluster.name, target.name())?;
        table(out, look, 2, &rows)
    })
}

fn fact(name: &str, value: String) -> Vec<Cell> {
    vec![Cell::dim(name), Cell::plain(value)]
}

impl Args {
    fn tree(&self) -> Tree {
        if self.no_tree { Tree::LeftOut } else { Tree::Written }
    }

    fn store(&self, model: &Model<'_>) -> PathBuf {
        self.model.store(self.store.as_ref(), &model.cluster.name)
    }
}
