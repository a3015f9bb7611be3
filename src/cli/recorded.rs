//! Records of what targets were given last: where they are, and when one is made.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use crate::compile::known::Memo;
use crate::compile::record::{self, By, Head, Nothing, Read, Record, Recording, Seed, Writer};
use crate::compile::{self, Stopped};
use crate::pki::Store;
use crate::pki::issued::Issued;
use crate::plan::Plan;
use crate::target::Tree;
use crate::world;

use super::exit::{CliError, Exit};
use super::model::{self, Opened};

/// The record of the target of a plan that such a run left.
pub(super) fn record(store: &Store, plan: &Plan<'_>, by: By) -> Option<Record> {
    let (cluster, target) = compile::head(plan);
    let record = Record::read(store.recorded(&record::name(target, by))?)?;
    (record.head.cluster == cluster).then_some(record)
}

/// The latest record of the target of a plan.
pub(super) fn latest(store: &Store, plan: &Plan<'_>) -> Option<Record> {
    let both = [By::Render, By::Apply].into_iter().filter_map(|by| record(store, plan, by));
    both.max_by(|one, other| one.head.at.cmp(&other.head.at))
}

/// The head of a record of this run.
pub(super) fn head((opened, plan): (&Opened<'_>, &Plan<'_>), (by, folder, tree): (By, Option<String>, Tree)) -> Head {
    let read: Read = model::answers().unwrap_or_default();
    Head::new(plan, &Seed { by, at: world::now(), folder, tree, input: &opened.input, read: &read })
}

/// Begins a record of this run.
///
/// # Errors
/// When the store cannot be written.
pub(super) fn begin(
    store: &Store,
    of: (&Opened<'_>, &Plan<'_>),
    how: (By, Option<String>, Tree),
) -> Result<Writer, CliError> {
    Ok(Writer::new(store.record_spool()?, &head(of, how)))
}

/// Puts a record in its place, unless the one that is there says the same, and returns the number of the one that is there then.
///
/// # Errors
/// When the file system refuses.
pub(super) fn keep(store: &Store, (plan, by): (&Plan<'_>, By), record: Writer) -> Result<String, CliError> {
    let (mut file, number) = record.finish()?;
    let name = record::name(compile::head(plan).1, by);
    if let Some(same) = store.recorded(&name).and_then(|earlier| record::same(&earlier, &file)) {
        return Ok(same);
    }
    store.record(&name, &mut file)?;
    Ok(number)
}

/// Records what an apply has brought: machines that are not done stay as they were.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) fn applied(
    folder: &Path,
    (opened, plan): (&Opened<'_>, &Plan<'_>),
    issued: &Issued,
    is_done: &dyn Fn(&str) -> bool,
) -> Result<(), CliError> {
    let store = Store::open(folder)?;
    let head = head((opened, plan), (By::Apply, None, Tree::LeftOut));
    let unread = || CliError::outside("cannot read the record of this run again");
    let now = Record::read(whole(&store, plan, issued, &head)?).ok_or_else(unread)?;
    let earlier = record(&store, plan, By::Apply);
    let mut writer = Writer::new(store.record_spool()?, &head);
    for name in names(&now, earlier.as_ref()) {
        let from = if is_done(name) { Some(&now) } else { earlier.as_ref() };
        from.and_then(|record| record.machine(name)).iter().for_each(|machine| writer.add(machine));
    }
    now.shared().iter().for_each(|(path, hash)| writer.share(path.clone(), hash.clone()));
    keep(&store, (plan, By::Apply), writer).map(drop)
}

/// The names of two records, in the order of their folders.
fn names<'r>(now: &'r Record, earlier: Option<&'r Record>) -> Vec<&'r str> {
    let all: BTreeSet<&str> = now.names().chain(earlier.iter().flat_map(|record| record.names())).collect();
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_by(|one, other| one.bytes().chain([b'/']).cmp(other.bytes().chain([b'/'])));
    all
}

/// The record of a whole cluster as it should be.
fn whole(store: &Store, plan: &Plan<'_>, issued: &Issued, head: &Head) -> Result<File, CliError> {
    let mut out = Recording::new(Nothing, None, Writer::new(store.record_spool()?, head));
    let streamed = compile::stream(plan, issued, (Tree::LeftOut, &mut Memo::default()), &mut out);
    let streamed = streamed.map_err(|stopped| match stopped {
        Stopped::Problems(problems) => {
            let first = problems.into_iter().next().map(|problem| problem.message);
            CliError { exit: Exit::Problems, ..CliError::outside(first.unwrap_or_default()) }
        }
        Stopped::Sink(never) => match never {},
    })?;
    let (_, writer) = out.finish(&streamed.files);
    Ok(writer.finish()?.0)
}
