//! What is pasted, read as what it is: texts of files, files inside files, and the command lines of units and pods.
//!
//! In: what rendering met on a machine. Out: the same, with the value of each text that could be read, the documents inside
//! others, the flags of every program, and each systemd unit as all that is written of it makes it. So a rule sees a setting
//! wherever it is written.

use crate::model::{AppId, MachineId, Model};

use super::evidence::{Document, Entry, Flags, Unlisted};

mod argument;
mod command;
mod nested;
mod operator;
mod pod;
mod script;
mod service;
mod text;
mod variable;

pub use service::{Part, Service, ini};
pub(super) use text::images;
pub use text::yaml;

/// Reads what is on one machine.
pub(super) fn read<'p>(
    model: &Model<'p>,
    machine: Option<(MachineId, AppId)>,
    entries: Vec<Entry<'p>>,
) -> (Vec<Entry<'p>>, Vec<Service<'p>>) {
    let mut list = Vec::with_capacity(entries.len());
    let own = machine.map(|(machine, app)| operator::entries(model, machine, app)).unwrap_or_default();
    entries.into_iter().chain(own).for_each(|entry| document(entry, &mut list, DEPTH));
    let services = service::services(&list);
    let replaced = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => services.iter().any(|service| service.replaces(flags)),
        _ => false,
    };
    list.retain(|entry| !replaced(entry));
    let mut flags = services.iter().flat_map(|service| service.flags(model, &list)).collect::<Vec<_>>();
    flags.extend(documents_of(&list).flat_map(|document| pod::flags(model, document)));
    let scripts = services.iter().flat_map(|service| service.scripts(&list)).collect::<Vec<_>>();
    let run = |document: &&Document<'p>| document.path == nested::SCRIPT || scripts.contains(&document.path);
    flags.extend(documents_of(&list).filter(run).flat_map(|document| of_script(model, document)));
    let mut unlisted = services.iter().flat_map(|service| service.unlisted(&list)).collect::<Vec<_>>();
    unlisted.extend(documents_of(&list).flat_map(pod::unlisted));
    list.extend(flags.into_iter().map(Entry::Flags));
    services.iter().for_each(|service| variable::add(service, &mut list));
    list.extend(unlisted.into_iter().map(|program| Entry::Unlisted(Unlisted { program })));
    (list, services)
}

fn documents_of<'a, 'p>(entries: &'a [Entry<'p>]) -> impl Iterator<Item = &'a Document<'p>> {
    entries.iter().filter_map(|entry| if let Entry::Document(one) = entry { Some(one) } else { None })
}

/// The flags of the programs that a script starts.
fn of_script<'p>(model: &Model<'p>, document: &Document<'p>) -> Vec<Flags<'p>> {
    let of = |words: Vec<_>| argument::on_host(model, &words, (document.owner, document.owner.app), None);
    script::commands(document).into_iter().filter_map(of).collect()
}

/// A file may hold a file so many times.
const DEPTH: u32 = 4;

fn document<'p>(entry: Entry<'p>, list: &mut Vec<Entry<'p>>, depth: u32) {
    let Entry::Document(mut one) = entry else { return list.push(entry) };
    one.read = text::value(&one);
    let inside = if depth == 0 { Vec::new() } else { nested::entries(&one) };
    list.push(Entry::Document(one));
    inside.into_iter().for_each(|entry| document(entry, list, depth - 1));
}
