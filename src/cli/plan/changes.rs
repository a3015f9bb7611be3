//! `kmodel plan` of a cluster that was rendered or applied: what would change.

use std::path::{Path, PathBuf};

use crate::apply::agenda::Agenda;
use crate::apply::forecast::{Fate, Forecast, Forecasting, Texts};
use crate::compile::known::{self, Facts, Known, Memo};
use crate::compile::record::{self, By, Record};
use crate::compile::unchanged::{self, Basis, Unchanged};
use crate::compile::{self, RenderError, Stopped};
use crate::diag::Diagnostic;
use crate::pki::Store;
use crate::pki::issued::Issued;
use crate::plan::machine_changes::MachineChanges;
use crate::plan::{Plan, StepKind};
use crate::target::Tree;
use crate::world::file::{self, TEXT_LIMIT};
use crate::world::watched::answer;
use crate::world::{self, World};

use super::Args;
use crate::cli::exit::{CliError, Exit};
use crate::cli::model::{self, Opened};
use crate::cli::{Terminal, keep, output, recorded};

mod markdown;
mod refresh;
mod report;
pub(in crate::cli) mod saved;
mod text;

pub(in crate::cli) use report::Changes;
use report::{Against, Rest};

/// What of a plan is asked for.
#[derive(clap::Args)]
pub(in crate::cli) struct ChangesArgs {
    /// Show the whole cluster as it would be built, also if it was rendered or applied before
    #[arg(long)]
    full: bool,
    /// Show what would change, also if nothing was rendered or applied yet; with --json, as JSON with the schema of docs/changes-json.md
    #[arg(long, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at"])]
    changes: bool,
    /// Compare with what was last `rendered` or `applied` [default: the later of the two]
    #[arg(long, value_name = "RUN", value_enum, hide_possible_values = true, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at"])]
    against: Option<Run>,
    /// Ask the machines themselves, where `apply` reaches them, and what Terraform would do
    #[arg(long, conflicts_with_all = ["against", "full", "graph", "show", "all", "upgrade", "at"])]
    refresh: bool,
    /// Save the plan to a file, for `kmodel apply FILE`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at"])]
    out: Option<PathBuf>,
    /// Show how each file would change; secrets are left out
    #[arg(long, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at", "json"])]
    diff: bool,
    /// How changes are written: text, or markdown for the comment of a merge request [default: text]
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at", "json"])]
    format: Option<Form>,
    /// Exit with 2 if something would change
    #[arg(long, conflicts_with_all = ["full", "graph", "show", "all", "upgrade", "at"])]
    exit_code: bool,
}

/// What a plan is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Run {
    Rendered,
    Applied,
}

/// How changes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Form {
    Text,
    Markdown,
}

impl ChangesArgs {
    /// Whether changes are asked for by name.
    pub(super) fn is_asked(&self) -> bool {
        let is_compared = self.changes || self.refresh || self.against.is_some();
        is_compared || self.diff || self.format.is_some() || self.exit_code || self.out.is_some()
    }
}

/// Prints what would change; `None` if the whole plan is to be shown, or the problems that stand in the way.
pub(super) fn run(
    args: &Args,
    (opened, plan): (&Opened<'_>, &Plan<'_>),
    terminal: &Terminal,
) -> Result<Result<Option<Exit>, Vec<Diagnostic>>, CliError> {
    let asked = args.changes.is_asked();
    let whole = args.changes.full || args.all || !args.show.is_empty() || args.at.is_some() || args.json && !asked;
    if whole {
        return Ok(Ok(None));
    }
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
    let mut store = Store::open_trial(&folder)?;
    let record = earlier(args, &store, plan);
    if record.is_none() && !asked {
        return Ok(Ok(None));
    }
    let look = Looking { args, opened, plan, record: record.as_ref() };
    let (changes, forecast) = match look.changes((&mut store, &folder))? {
        Ok(found) => found,
        Err(problems) => return Ok(Err(problems)),
    };
    if let Some(out) = &args.changes.out {
        super::super::folder::refuse(out, &args.model, &folder)?;
        saved::write(out, (opened, plan), &args.model, (&folder, &changes))?;
    }
    output::print(|out| match (args.json, args.changes.format) {
        (true, _) => {
            use std::io::Write;
            serde_json::to_writer_pretty(&mut *out, &changes)?;
            writeln!(out)
        }
        (false, Some(Form::Markdown)) => markdown::write(out, &changes, &forecast),
        (false, _) => {
            let moves = MachineChanges::of(&opened.input.lock, &plan.model);
            keep::moves(out, &terminal.out, (&opened.input.lock, &plan.model))?;
            text::write(out, &terminal.out, (&changes, &forecast), (moves.as_ref(), args.changes.diff))
        }
    })?;
    let differs = args.changes.exit_code && !changes.empty;
    Ok(Ok(Some(if differs { Exit::Changes } else { Exit::Ok })))
}

fn earlier(args: &Args, store: &Store, plan: &Plan<'_>) -> Option<Record> {
    match args.changes.against {
        None => recorded::latest(store, plan),
        Some(Run::Rendered) => recorded::record(store, plan, By::Render),
        Some(Run::Applied) => recorded::record(store, plan, By::Apply),
    }
}

/// What changes are found from.
struct Looking<'a, 'p> {
    args: &'a Args,
    opened: &'a Opened<'p>,
    plan: &'a Plan<'p>,
    record: Option<&'a Record>,
}

/// Changes, or what stands in their way.
type Found = Result<(Changes, Forecast), Vec<Diagnostic>>;

impl Looking<'_, '_> {
    fn changes(&self, (store, folder): (&mut Store, &Path)) -> Result<Found, CliError> {
        if self.args.changes.refresh {
            let found = refresh::forecast(self.args, self.plan, (store, folder))?;
            return Ok(found.map(|(forecast, count)| (self.report(&forecast, count), forecast)));
        }
        if self.is_unchanged(store) {
            let machines = self.plan.model.machines.len();
            let forecast = Forecast { count: machines, ..Forecast::default() };
            return Ok(Ok((self.report(&forecast, 0), forecast)));
        }
        let issued = match compile::issue(self.plan, store, world::now()) {
            Ok(issued) => issued,
            Err(RenderError::Pki(error)) => return Err(error.into()),
            Err(RenderError::Problems(problems)) => return Ok(Err(problems)),
        };
        let count = issued.issued;
        Ok(self.forecast(store, &issued).map(|forecast| (self.report(&forecast, count), forecast)))
    }

    fn forecast(&self, store: &Store, issued: &Issued) -> Result<Forecast, Vec<Diagnostic>> {
        let (plan, tree) = (self.plan, self.tree());
        let name = known::name(compile::head(plan).1, tree);
        let known = store.remembered_file(&name).map(Known::read).unwrap_or_default();
        let target = compile::planned_target(&plan.model).map_err(|problem| vec![problem])?;
        let sources = &plan.model.program.sources;
        let is_applied = compile::is_applied(&plan.model);
        let folder = self.record.and_then(|record| record.head.folder.as_ref()).map(PathBuf::from);
        let texts = |machine: &str, path: &str, sha256: &str| rendered(folder.as_deref()?, machine, path, sha256);
        let texts: &Texts<'_> = &texts;
        let mut out = Forecasting::new(self.record, sources, (target.kind(), is_applied));
        if self.args.changes.diff {
            out = out.with_texts(texts);
        }
        let mut memo = Memo { known, facts: Facts::default() };
        match compile::stream(plan, issued, (tree, &mut memo), &mut out) {
            Ok(streamed) => Ok(out.finish(&streamed.files)),
            Err(Stopped::Problems(problems)) => Err(problems),
            Err(Stopped::Sink(never)) => match never {},
        }
    }

    /// As it was recorded, so that machines which did not change are known.
    fn tree(&self) -> Tree {
        match self.record.is_some_and(|record| !record.head.tree) {
            true => Tree::LeftOut,
            false => Tree::Written,
        }
    }

    /// Whether the last render is known to be what another would make now.
    fn is_unchanged(&self, store: &Store) -> bool {
        self.unchanged(store).is_some()
    }

    fn unchanged(&self, store: &Store) -> Option<()> {
        let record = self.record.filter(|record| record.head.by == By::Render)?;
        let (program, input) = (&self.opened.checked.program, &self.opened.input);
        let name = unchanged::name(compile::head(self.plan).1, self.tree());
        let earlier = Unchanged::read(&store.remembered(&name)?).filter(|_| store.is_saved())?;
        (earlier.record == record.sha256).then_some(())?;
        let (disk, answers) = (self.args.model.disk(), model::answers()?);
        let ask = |path: &Path| answers.get(path).copied().unwrap_or_else(|| answer(&disk.read(path)));
        let seen = format!("{:?}", self.opened.seen);
        let basis = Basis { program, input, tree: self.tree(), seen: &seen, store: store.content()? };
        earlier.output(&basis, ask, world::now()).map(drop)
    }

    fn report(&self, forecast: &Forecast, issued: usize) -> Changes {
        let (plan, opened) = (self.plan, self.opened);
        let head = recorded::head((opened, plan), (By::Render, None, self.tree()));
        let causes = match self.record {
            Some(record) if !forecast.is_empty() => record::causes(plan.model.program, &record.head, &head),
            _ => Vec::new(),
        };
        let agenda = Agenda::new(&plan.model, forecast);
        let reordered = self.record.is_some_and(|record| record.head.order != head.order);
        let pending = plan.steps.iter().filter(|step| step.kind == StepKind::Migrate);
        let pending = pending.filter_map(|step| step.note.clone()).collect();
        let since = match self.args.changes.refresh {
            true => Against::Machines,
            false => Against::Record(self.record.map(|record| &record.head)),
        };
        Changes::new((&head, since), (forecast, agenda), Rest { causes, issued, reordered, pending })
    }
}

/// A file of a machine in the folder of a render, if it is still as it was written.
fn rendered(folder: &Path, machine: &str, path: &str, sha256: &str) -> Option<String> {
    let path = folder.join("machines").join(machine).join("root").join(path.trim_start_matches('/'));
    let text = file::read(&path, TEXT_LIMIT).ok()?;
    (record::sha256(text.as_bytes()) == sha256).then_some(text)
}

/// The machines of one fate, in their order.
fn of_fate(forecast: &Forecast, is: impl Fn(&Fate) -> bool) -> Vec<String> {
    forecast.machines.iter().filter(|machine| is(&machine.fate)).map(|machine| machine.name.clone()).collect()
}
