//! `kmodel apply`: reconcile the running cluster with the model.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::apply::change::Turn;
use crate::apply::hook::{self, OwnHooks};
use crate::apply::kubectl::{KubectlAnswer, get_nodes};
use crate::apply::redactor::Redactor;
use crate::apply::ssh::examine::Examined;
use crate::apply::terraform::folder::Lasting;
use crate::apply::{self, Access, ApplyLock, Delta, NotUp, Outcome, Progress, Reporter, Step, change, stage};
use crate::compile::{self, Deployed, RenderError};
use crate::emit;
use crate::pki::Store;
use crate::plan::Plan;
use crate::text::Count;
use crate::world;

use super::exit::{CliError, Exit};
use super::keep::{self, KeepArgs};
use super::model::ModelArgs;
use super::only::{Only, OnlyArgs};
use super::plan::changes::saved::{self, Asked, Saved};
use super::progress::Board;
use super::server::{LoginArgs, Preflight};
use super::visible::say;
use super::{Terminal, lock, output, recorded, render, report, server};

/// How long the API server may take to answer a person once all units are up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reconcile the running cluster with the model: create what is missing, change what differs, leave the rest
///
/// Uses the client of LXD or Incus, or for machines that exist (`target ssh`) that of OpenSSH; on a cloud whose platform is deployed, OpenTofu
/// or Terraform first makes the machines. Machines that are not up yet start in parallel; machines that are up change one at a time, or as many as their group says (`at-once`),
/// so that quorums hold. The command ends when every unit is up, or reports the units that are not, with the end of their
/// logs. It can be interrupted and run again at any time: the next run continues where this one stopped. Keys are issued
/// into the key store, as `render` does.
#[derive(clap::Args, Clone)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The target: lxd, ssh, or a cloud with its platform deployed [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    login: LoginArgs,
    /// Set up machines of `target ssh` even if they are not as the model says
    #[arg(long)]
    no_preflight: bool,
    #[command(flatten)]
    only: OnlyArgs,
    /// Leave pods on machines whose kubelet gets another version, or that restart: they stop with it
    #[arg(long)]
    no_drain: bool,
    /// A program of this machine to run before the turn of each machine, with its name, its address and `set-up`, `change` or `remove`
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::FilePath)]
    hook_before: Option<PathBuf>,
    /// As `--hook-before`, once the machine is up again
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::FilePath)]
    hook_after: Option<PathBuf>,
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
    /// Remove machines that are no longer in the model, and replace what Terraform has to, without asking for confirmation
    #[arg(long)]
    yes: bool,
    /// Seconds to wait for each machine to come up
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,
}

impl Args {
    /// Whether nothing is given that a saved plan has itself.
    fn is_of_plan(&self) -> bool {
        let ModelArgs { overlay, set, lock, allow_read, file: _, message_format: _ } = &self.model;
        let is_model = overlay.is_empty() && set.is_empty() && lock.is_none() && allow_read.is_empty();
        is_model && self.target.is_none() && self.store.is_none() && self.keep.is_empty() && self.only.is_empty()
    }

    fn own_hooks(&self) -> OwnHooks {
        OwnHooks { before: self.hook_before.clone(), after: self.hook_after.clone() }
    }
}

/// Applies a model without errors, or a plan that was saved of one.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let Some(saved) = saved::read(&args.model.file)? else { return apply(args, None, terminal) };
    if !args.is_of_plan() {
        return Err(CliError::usage(
            "a saved plan has arguments of its own",
            "pass the model in its place, or only `--yes`, `--dry-run`, `--timeout`, `--parallel`, and how machines are entered",
        ));
    }
    let Asked { target, store, .. } = &saved.asked;
    let model = saved.asked.model(&args.model);
    let args = Args { model, target: Some(target.clone()), store: Some(store.clone()), ..args.clone() };
    apply(&args, Some(&saved), terminal)
}

/// As much of a plan as is given has to hold.
fn apply(args: &Args, saved: Option<&Saved>, terminal: &Terminal) -> Result<Exit, CliError> {
    let mut opened = args.model.open(args.target.as_deref())?;
    args.keep.let_go(&mut opened.input)?;
    let mut planned = opened.plan_for_target();
    if args.no_preflight {
        server::without_recorded(&mut planned);
    }
    server::is_reached("apply", &planned)?;
    let Some(plan) = server::plan_of(&args.model, &opened, &planned, terminal) else { return Ok(Exit::Problems) };
    args.keep.is_gone(&plan.model)?;
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
    let client = server::client(&server::place("apply", plan)?, (&args.model, &folder), &args.login)?;
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
    };
    if !render::has_keys(plan, &folder, show)? {
        return Ok(Exit::Problems);
    }
    refuse(saved.map_or(Ok(Vec::new()), |saved| saved.moved((&opened, plan)))?)?;
    let (deployed, _turn) = match deploy(args, (plan, &opened.seen), &folder) {
        Ok(both) => both,
        Err(Undeployed::CliError(error)) => return Err(error),
        Err(Undeployed::Problems(problems)) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
    };
    output::print(|out| keep::moves(out, &terminal.out, (&opened.input.lock, &plan.model)))?;
    let names: Vec<String> = opened.input.lock.departed(|_| false).map(|(name, _)| name.to_owned()).collect();
    let only = args.only.read(&plan.model, &names)?;
    let dials = || compile::connections(plan);
    let preflight = match args.no_preflight {
        true => Preflight::LeftOut,
        false => Preflight::Made(Examined::New, &dials),
    };
    let lasting = if args.dry_run { Lasting::No } else { Lasting::Yes };
    server::on_interrupt("interrupted: run the same command again to continue");
    let access = client.access(&deployed, preflight, (&folder, lasting))?;
    let keep = |is_done: &dyn Fn(&str) -> bool| recorded::applied(&folder, (&opened, plan), &deployed.issued, is_done);
    let work = Work { args, terminal, access: &access, deployed: &deployed, folder: &folder, keep: &keep, saved };
    work.run(&only, ROUNDS)
}

/// Ends a run whose plan does not hold any more.
fn refuse(moved: Vec<String>) -> Result<(), CliError> {
    if moved.is_empty() { Ok(()) } else { Err(saved::refused(&moved)) }
}

/// How often a run goes on once machines that were behind have caught up: each round brings them one program further, at least.
const ROUNDS: u32 = 8;

enum Undeployed {
    CliError(CliError),
    Problems(Vec<crate::diag::Diagnostic>),
}

/// The desired state. The store is saved before anything leaves this machine, and the lock admits one run at a time.
fn deploy(
    args: &Args,
    (plan, seen): (&Plan<'_>, &lock::Seen),
    folder: &Path,
) -> Result<(Deployed, Option<ApplyLock>), Undeployed> {
    let failed = |error: CliError| Undeployed::CliError(error);
    let open = if args.dry_run { Store::open_trial(folder) } else { Store::open(folder) };
    let mut store = open.map_err(|error| failed(error.into()))?;
    let turn = if args.dry_run { None } else { Some(ApplyLock::take(folder, &plan.model.cluster.name)) };
    let turn = turn.transpose().map_err(|error| failed(error.into()))?;
    let deployed = compile::deploy(plan, &mut store, world::now()).map_err(|error| match error {
        RenderError::Pki(error) => failed(error.into()),
        RenderError::Problems(problems) => Undeployed::Problems(problems),
    })?;
    if !args.dry_run {
        store.save().map_err(|error| failed(error.into()))?;
        let path = args.model.lock_path();
        lock::write(&path, &plan.model.cluster.name, (seen, &deployed.lock)).map_err(failed)?;
    }
    Ok((deployed, turn))
}

/// Keeps the record of the machines that are done, by their names.
type Keep<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> Result<(), CliError> + 'a;

/// One run, once the desired state is known.
struct Work<'a> {
    args: &'a Args,
    terminal: &'a Terminal,
    access: &'a Access,
    deployed: &'a Deployed,
    folder: &'a Path,
    /// Records what was brought, of the machines that are done.
    keep: &'a Keep<'a>,
    /// What was planned.
    saved: Option<&'a Saved>,
}

impl Work<'_> {
    fn run(&self, only: &Only, rounds: u32) -> Result<Exit, CliError> {
        let desired = &self.deployed.desired;
        let probes = apply::run::probes(self.access, desired);
        let mut delta = apply::diff(desired, self.access.provider(), &probes)?;
        only.keep(&mut delta)?;
        if self.args.no_drain {
            delta.leave_pods();
        }
        if let Some(saved) = self.saved.filter(|_| rounds == ROUNDS) {
            refuse(apply::moved::moved(&saved.changes.steps, &delta))?;
        }
        self.show(&delta)?;
        if self.args.dry_run {
            return self.dry(&delta);
        }
        self.access.provider().prepare(&delta)?;
        if !self.args.yes && !self.may_lose(&delta)? {
            return Ok(Exit::Differs);
        }
        self.make(&delta, only, rounds)
    }

    /// The changes, in the order in which they are made; those of an upgrade below the program whose turn it is.
    fn show(&self, delta: &Delta) -> Result<Exit, CliError> {
        let look = &self.terminal.out;
        output::print(|out| {
            use std::io::Write;
            writeln!(out, "{} on {}", self.deployed.desired.cluster, self.access.provider().place())?;
            let mut last = None;
            for change in delta.all() {
                let title = delta.is_staged().then(|| title(change.turn)).flatten();
                if title.is_some() && title != last {
                    writeln!(out, "  {}", look.dim(title.unwrap_or_default()))?;
                }
                last = title.or(last);
                show(out, look, change)?;
            }
            Ok(())
        })
    }

    fn dry(&self, delta: &Delta) -> Result<Exit, CliError> {
        let changes = delta.all().count();
        let hooks = hook::shown(&self.deployed.desired.hooks, &self.args.own_hooks());
        output::print(|out| {
            use std::io::Write;
            hooks.iter().filter(|_| changes > 0).try_for_each(|hook| writeln!(out, "  hook {hook}"))?;
            match changes {
                0 => writeln!(out, "no changes: {}", self.whole(delta)),
                changes => writeln!(out, "{}; none made (dry run)", Count(changes, "change")),
            }
        })
    }

    fn may_lose(&self, delta: &Delta) -> Result<bool, CliError> {
        let Some(question) = question(delta) else { return Ok(true) };
        let yes = server::confirm(&question, "yes")?;
        if !yes {
            say("no changes made");
        }
        Ok(yes)
    }

    fn make(&self, delta: &Delta, only: &Only, rounds: u32) -> Result<Exit, CliError> {
        let desired = &self.deployed.desired;
        let board = Board::new(&self.terminal.out);
        let report: Reporter<'_> = &|name, progress| board.report(name, progress);
        if !delta.is_empty() {
            let warnings = self.access.provider().warnings(desired);
            warnings.into_iter().for_each(|text| report("", Progress::Warning(text)));
        }
        let patience = Duration::from_secs(self.args.timeout);
        let own = self.args.own_hooks();
        let hooks = hook::Turn { model: &desired.hooks, own: &own, redactor: Redactor::new(&self.deployed.issued) };
        let outcome = apply::run(apply::Run { access: self.access, desired, report, patience, hooks: &hooks }, delta);
        board.finish();
        let outcome = outcome?;
        self.forget(delta)?;
        self.kubeconfigs()?;
        self.record(delta, &outcome)?;
        match outcome.not_up.is_empty() {
            false => Ok(self.not_up(&outcome)),
            true if outcome.is_partial && rounds > 0 => self.run(only, rounds - 1),
            true => self.all_is_well(delta),
        }
    }

    /// Records what is as it should be; what comes in another round is recorded then.
    fn record(&self, delta: &Delta, outcome: &Outcome) -> Result<(), CliError> {
        if outcome.is_partial && outcome.not_up.is_empty() {
            return Ok(());
        }
        let is_left = |name: &str| outcome.left.iter().any(|left| left == name) || delta.left_out.contains(name);
        (self.keep)(&|name| !is_left(name) && outcome.not_up.iter().all(|one| one.machine != name))
    }

    /// Frees the addresses of machines that the server has no more.
    fn forget(&self, delta: &Delta) -> Result<(), CliError> {
        if delta.removed.is_empty() {
            return Ok(());
        }
        let desired = &self.deployed.desired;
        let is_there = |name: &str| !self.access.provider().state(name).is_ok_and(|state| state.is_empty());
        lock::change(&self.args.model.lock_path(), &desired.cluster, |lock| {
            let is_gone = |name: &str| delta.removed.iter().any(|change| change.name == name) && !is_there(name);
            for lock in lock.iter_mut() {
                lock.addresses.retain(|name, _| !is_gone(name));
                lock.hosts.retain(|name, _| !is_gone(name));
            }
            Ok(())
        })
    }

    fn all_is_well(&self, delta: &Delta) -> Result<Exit, CliError> {
        let look = &self.terminal.out;
        if delta.is_empty() {
            return output::print(|out| {
                use std::io::Write;
                writeln!(out, "{} no changes: {}", look.good("ok:"), self.whole(delta))
            });
        }
        let lines = self.kubectl();
        let failing: Vec<_> = lines.iter().filter_map(|(line, why)| Some((line, why.as_ref()?))).collect();
        for (line, why) in &failing {
            say(format!("{} all units are up, but `{line}` does not work: {why}", self.terminal.err.error("error:")));
        }
        if !failing.is_empty() {
            return Ok(Exit::Differs);
        }
        output::print(|out| {
            use std::io::Write;
            writeln!(out, "{} {} is up: {}", look.good("ok:"), self.deployed.desired.cluster, self.whole(delta))?;
            lines.iter().try_for_each(|(line, _)| writeln!(out, "    {line}"))
        })
    }

    /// What a person may run now, with the reason where it does not work. Not every user may see nodes.
    fn kubectl(&self) -> Vec<(String, Option<String>)> {
        let until = Instant::now() + PATIENCE.min(Duration::from_secs(self.args.timeout));
        let mut lines = Vec::new();
        for file in &self.deployed.kubeconfigs {
            let kubectl = format!("kubectl --kubeconfig {}", self.folder.join(&file.path).display());
            let line = format!("{kubectl} get nodes");
            match get_nodes(self.access.transport(), &self.deployed.desired, &file.content, until) {
                KubectlAnswer::Works | KubectlAnswer::Untried => lines.push((line, None)),
                KubectlAnswer::Fails(why) => lines.push((line, Some(why))),
                KubectlAnswer::Forbidden => lines.push((format!("{kubectl} auth whoami"), None)),
            }
        }
        lines
    }

    /// `8 machines, 46 units`, and what was left out of it.
    fn whole(&self, delta: &Delta) -> String {
        let machines = &self.deployed.desired.machines;
        let units = machines.iter().map(|machine| machine.units.len()).sum::<usize>();
        let left = delta.left_out.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let left = if left.is_empty() { left } else { format!("; `--only` left changes out of {left}") };
        format!("{}, {}{left}", Count(machines.len(), "machine"), Count(units, "unit"))
    }

    /// Kubeconfigs of users, written to the key store because they hold private keys.
    fn kubeconfigs(&self) -> Result<(), CliError> {
        let mut files = self.deployed.kubeconfigs.iter();
        Ok(files.try_for_each(|file| emit::write_below(self.folder, &file.path, &file.content))?)
    }

    fn not_up(&self, outcome: &Outcome) -> Exit {
        let look = &self.terminal.err;
        for NotUp { machine, error, log } in &outcome.not_up {
            say(format!("{} `{machine}` is not up: {}", look.error("error:"), error.message));
            log.iter().for_each(|line| say(format!("    {line}")));
            if let Some(help) = &error.help {
                say(format!("{} {help}", look.help(" help:")));
            }
        }
        if !outcome.left.is_empty() {
            say(format!("skipped because of this: {}", outcome.left.join(", ")));
        }
        say(format!(
            "{} fix the cause and run the same command again: it continues where it stopped",
            look.help(" help:")
        ));
        Exit::Differs
    }
}

/// What a person is asked before data is lost.
fn question(delta: &Delta) -> Option<String> {
    let (machines, others) = delta.lost();
    let (new, gone): (Vec<_>, Vec<_>) =
        machines.into_iter().partition(|name| delta.machines.iter().any(|change| change.name == *name));
    let on = if new.len() + gone.len() == 1 { "it" } else { "them" };
    let part = |verb: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{verb} {}", names.join(", ")));
    let parts: Vec<_> = [part("remove", &gone), part("replace", &new)].into_iter().flatten().collect();
    let parts = (!parts.is_empty()).then(|| format!("{} and all data on {on}", parts.join(" and ")));
    let others = part("remove or replace", &others);
    let covered = delta.covered();
    let covered = (!covered.is_empty())
        .then(|| format!("hide what is in {}, since a volume is mounted there", covered.join(", ")));
    let text = [parts, others, covered].into_iter().flatten().collect::<Vec<_>>().join(", and ");
    let first = text.chars().next()?.to_uppercase();
    Some(format!("{first}{}? Type `yes` to continue:", &text[1..]))
}

/// What has its turn.
fn title(turn: Turn) -> Option<&'static str> {
    match turn {
        Turn::Together => None,
        Turn::Stage(stage) => Some(stage::title(stage)),
        Turn::OneByOne => Some("the rest, machine by machine"),
    }
}

fn show(out: &mut dyn std::io::Write, look: &super::look::Look, change: &change::Change) -> std::io::Result<()> {
    for step in &change.steps {
        let sign = match change::sign(step) {
            '+' => look.good("+"),
            '-' => look.bad("-"),
            '!' => look.bad("!"),
            _ => look.warning("~"),
        };
        // Starting belongs to creating, and data for the next start to all that is done now.
        let created = matches!(change.steps.first(), Some(Step::Create(_)));
        let data = matches!(step, Step::Data(_)) && change.steps.len() > 1;
        if !(data || created && *step == Step::Start) {
            writeln!(out, "  {sign} {}: {step}", look.name(&change.name))?;
        }
    }
    Ok(())
}
