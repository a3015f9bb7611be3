//! `kmodel facts`: what machines that exist say of themselves, kept beside the model.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use crate::apply::Access;
use crate::apply::ssh::examine::Examined;
use crate::model::host_facts::{self, ClusterFacts, FactsFile, HostFacts};
use crate::target::Desired;
use crate::text::{Count, List};
use crate::world::access::read_named;
use crate::world::file::TEXT_LIMIT;
use crate::world::replace::{clean, replace};
use crate::world::turn;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::observation::{ClusterArgs, reached};
use super::table::labelled;
use super::{Terminal, output};

/// Write down what machines of `target ssh` are, so that `check` and `plan` compare it with the model
///
/// Asks every machine at once, and writes what lasts into `kmodel.facts.toml` beside the model: system, package manager, kernel,
/// architecture, cores, memory, disk, file systems, network interfaces, control groups, resolver, and ports that are taken. Changes nothing on the
/// machines. Commit the file; an entry of a machine that cannot be entered stays.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Write nothing; exit with 4 if the file differs from what the machines say
    #[arg(long)]
    check: bool,
}

/// What came of asking.
struct Asked {
    cluster: String,
    /// `None` of a machine that cannot be entered.
    machines: BTreeMap<String, Option<HostFacts>>,
    /// Those that the cluster is on already: what listens there is mostly its own.
    settled: Vec<String>,
}

/// Asks the machines, and writes or compares the file.
pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let asked = reached("facts", &args.cluster, Some(Examined::All), terminal, |_, access, deployed, _| {
        Ok(asked(&access, &deployed.desired))
    })?;
    let Some(asked) = asked else { return Ok(Exit::Problems) };
    if asked.machines.values().all(Option::is_none) {
        let error = CliError::outside("no machine said what it is");
        return Err(
            error.help("use `target ssh`, whose machines exist; `kmodel preflight` shows why one cannot be entered")
        );
    }
    let path = host_facts::path(&args.cluster.model.file);
    let _turn = if args.check { None } else { Some(alone(&path)?) };
    let before = read(&path)?;
    let after = merged(&before, &asked);
    let changed = changed(&before, &after, &asked.cluster);
    if !args.check && before != after {
        clean(&path);
        replace(&path, after.write().as_bytes(), 0o644).map_err(|error| CliError::file(&path, "write", &error))?;
    }
    output::print(|out| show(out, &terminal.out, (&path, &asked, &changed, args.check)))?;
    let whole = asked.machines.values().all(Option::is_some);
    Ok(if whole && (!args.check || changed.is_empty()) { Exit::Ok } else { Exit::Differs })
}

fn asked(access: &Access, desired: &Desired) -> Asked {
    let provider = access.provider();
    let all: Vec<_> =
        desired.machines.iter().map(|machine| (machine.name().to_owned(), provider.seen(machine))).collect();
    let settled = all.iter().filter(|(_, seen)| !seen.is_new).map(|(name, _)| name.clone()).collect();
    let machines = all.into_iter().map(|(name, seen)| (name, seen.facts)).collect();
    Asked { cluster: desired.cluster.to_string(), machines, settled }
}

/// What the file beside a model has otherwise than the machines say.
pub(super) fn outdated(model: &Path, access: &Access, desired: &Desired) -> Option<String> {
    let before = read(&host_facts::path(model)).ok()?;
    let known = before.cluster.get(&*desired.cluster)?;
    let asked = asked(access, desired);
    let is_known = |name: &String| known.machine.contains_key(name);
    let changed = changed(&before, &merged(&before, &asked), &asked.cluster);
    let changed: Vec<_> = changed.into_iter().filter(is_known).collect();
    let list = List::ticked(&changed).most(4);
    (!changed.is_empty()).then(|| format!("`{}` is not as {list} say now: run `kmodel facts`", host_facts::NAME))
}

fn alone(path: &Path) -> Result<turn::Turn, CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let turn = turn::take(folder).map_err(|error| CliError::file(folder, "open", &error))?;
    turn.ok_or_else(|| {
        let busy = CliError::outside(format!("another run of kmodel is writing beside `{}`", path.display()));
        busy.help("wait until it has ended, then try again")
    })
}

fn read(path: &Path) -> Result<FactsFile, CliError> {
    let text = match read_named(path, TEXT_LIMIT) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FactsFile::default()),
        Err(error) => return Err(CliError::file(path, "read", &error)),
    };
    FactsFile::read(&text).map_err(|why| {
        let error = CliError::outside(format!("`{}` cannot be read: {why}", path.display()));
        error.help("restore it from version control, or remove it: it is written anew")
    })
}

/// Other clusters stay as they are, and so does a machine that said nothing.
fn merged(before: &FactsFile, asked: &Asked) -> FactsFile {
    let known = before.cluster.get(&asked.cluster).cloned().unwrap_or_default().machine;
    let one = |(name, facts): (&String, &Option<HostFacts>)| {
        let old = known.get(name);
        let mut facts = facts.clone().or_else(|| old.cloned())?;
        if asked.settled.contains(name) {
            facts.listens = old.map(|old| old.listens.clone()).unwrap_or_default();
        }
        Some((name.clone(), facts))
    };
    let mut after = before.clone();
    let machine = asked.machines.iter().filter_map(one).collect();
    after.cluster.insert(asked.cluster.clone(), ClusterFacts { machine });
    after
}

/// Machines whose entries differ.
fn changed(before: &FactsFile, after: &FactsFile, cluster: &str) -> Vec<String> {
    let none = ClusterFacts::default();
    let of = |file: &FactsFile| file.cluster.get(cluster).cloned().unwrap_or_else(|| none.clone()).machine;
    let (before, after) = (of(before), of(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn show(
    out: &mut dyn Write,
    look: &Look,
    (path, asked, changed, is_checked): (&Path, &Asked, &[String], bool),
) -> io::Result<()> {
    let silent: Vec<_> = asked.machines.iter().filter(|(_, facts)| facts.is_none()).map(|(name, _)| name).collect();
    if !silent.is_empty() {
        let text =
            format!("{} cannot be entered, so its entry stays: `kmodel preflight` shows why", List::ticked(silent));
        labelled(out, look, 0, "warning:", &text)?;
    }
    let (path, count) = (path.display(), Count(asked.machines.values().flatten().count(), "machine"));
    match (changed, is_checked) {
        ([], _) => writeln!(out, "{} `{path}` is as {count} say", look.good("ok:")),
        (changed, true) => {
            writeln!(out, "{} `{path}` differs: {}", look.error("error:"), List::of(changed).most(8))?;
            labelled(out, look, 1, "help:", "run `kmodel facts`, then `kmodel check`")
        }
        (changed, false) => {
            writeln!(out, "{} wrote `{path}`: {}", look.good("ok:"), List::of(changed).most(8))
        }
    }
}
