//! What is pasted, read as what it is: texts of files, files inside files, and the command lines of units and pods.
//!
//! In: what rendering met on a machine. Out: the same, with the value of each text that could be read, the documents inside
//! others, the flags of every program, and each systemd unit as all that is written of it makes it. So a rule sees a setting
//! wherever it is written.

use crate::model::{AppId, MachineId, Model};
use crate::syntax::ast::Name;

use super::evidence::{Command, Document, Entry, Owner, SCRIPT, Unlisted};

mod argument;
mod command;
mod extra_args;
mod filled;
mod nested;
mod opaque;
mod operator;
mod packaged;
mod pod;
mod script;
mod service;
mod shell;
mod static_pods;
mod text;
mod user_data;
mod variable;

pub use argument::Word;
pub use extra_args::PLACES as KUBEADM_ARGUMENTS;
use script::Script;
pub use service::{Part, Service, ini, toml};
pub use shell::grammar;
pub use static_pods::{Known as KnownStaticPods, StaticPods};
pub(super) use text::images;
pub use text::yaml;

/// What there is on one machine, read.
pub(super) struct Reading<'p> {
    pub entries: Vec<Entry<'p>>,
    pub services: Vec<Service<'p>>,
    pub static_pods: StaticPods,
}

/// Reads what is on one machine.
pub(super) fn read<'p>(model: &Model<'p>, machine: Option<(MachineId, AppId)>, entries: Vec<Entry<'p>>) -> Reading<'p> {
    let mut list = Vec::with_capacity(entries.len());
    let own = machine.map(|(machine, app)| operator::entries(model, machine, app)).unwrap_or_default();
    entries.into_iter().chain(own).for_each(|entry| document(entry, &mut list, DEPTH));
    let (services, scripts) = run(model, &mut list);
    let replaced = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => services.iter().any(|service| service.replaces(flags)),
        _ => false,
    };
    list.retain(|entry| !replaced(entry));
    let flags = services.iter().flat_map(|service| service.flags(model, &list)).collect::<Vec<_>>();
    let is_own = |command: &Command<'p>| !model.program.is_library(command.owner.module);
    let started = services.iter().flat_map(|service| service.started(&list)).filter(is_own);
    let started: Vec<Entry<'p>> = started.map(Entry::Command).collect();
    let of_scripts: Vec<Entry<'p>> = scripts.iter().flat_map(|script| script.entries(model)).collect();
    list.extend(flags.into_iter().map(Entry::Flags));
    list.extend(of_scripts);
    list.extend(started);
    let packaged: Vec<_> = packaged::flags(model, &list, &services).into_iter().map(Entry::Flags).collect();
    list.extend(packaged);
    let static_pods = StaticPods::of(&list);
    let of_pods = documents_of(&list).flat_map(|document| pod::flags(model, document, &static_pods));
    let flags: Vec<_> = of_pods.chain(documents_of(&list).flat_map(|one| extra_args::flags(model, one))).collect();
    let mut unlisted = services.iter().flat_map(|service| service.unlisted(&list)).collect::<Vec<_>>();
    unlisted.extend(documents_of(&list).flat_map(|one| pod::unlisted(one).into_iter().map(|name| (name, one.owner))));
    list.extend(flags.into_iter().map(Entry::Flags));
    services.iter().for_each(|service| variable::add(service, &mut list));
    let unlisted = unlisted.into_iter().map(|(program, owner)| {
        Entry::Unlisted(Unlisted { program, is_declared: model.program.is_library(owner.module) })
    });
    list.extend(unlisted);
    Reading { entries: list, services, static_pods }
}

fn documents_of<'a, 'p>(entries: &'a [Entry<'p>]) -> impl Iterator<Item = &'a Document<'p>> {
    entries.iter().filter_map(|entry| if let Entry::Document(one) = entry { Some(one) } else { None })
}

/// The units of a machine and the scripts that run on it; what these write is there too, and may be units and scripts.
fn run<'p>(model: &Model<'p>, list: &mut Vec<Entry<'p>>) -> (Vec<Service<'p>>, Vec<Script<'p>>) {
    let mut rounds = 0..DEPTH;
    loop {
        let services = service::services(list);
        let scripts = scripts(model, list, &services);
        let is_new = |entry: &Entry<'p>| match entry {
            Entry::Document(new) => documents_of(list).all(|known| (&known.path, &known.at) != (&new.path, &new.at)),
            Entry::Unread(new) => !list.iter().any(|known| matches!(known, Entry::Unread(one) if one.at == new.at)),
            _ => false,
        };
        let new: Vec<_> = scripts.iter().flat_map(Script::documents).filter(is_new).collect();
        if new.is_empty() || rounds.next().is_none() {
            return (services, scripts);
        }
        new.into_iter().for_each(|entry| document(entry, list, DEPTH));
    }
}

/// The scripts of a machine, without those of the library.
fn scripts<'p>(model: &Model<'p>, list: &[Entry<'p>], services: &[Service<'p>]) -> Vec<Script<'p>> {
    let is_own = |owner: Owner| !model.program.is_library(owner.module);
    let mut scripts: Vec<Script<'p>> = services.iter().flat_map(|service| service.shells(list)).collect();
    let mut paths: Vec<String> = services.iter().flat_map(|service| service.scripts(list)).collect();
    let mut sourced: Vec<String> = scripts.iter().flat_map(Script::sourced).collect();
    let mut done: Vec<&Document<'p>> = Vec::new();
    let own: Vec<&Document<'p>> = documents_of(list).filter(|document| is_own(document.owner)).collect();
    // A script may run another one.
    loop {
        let is_sourced = |document: &Document<'p>| sourced.contains(&document.path);
        let is_run = |document: &&&Document<'p>| {
            document.path == SCRIPT
                || paths.contains(&document.path)
                || is_sourced(document)
                || RUN_IN.iter().any(|folder| document.path.starts_with(folder))
        };
        let is_new = |document: &&&Document<'p>| !done.iter().any(|known| std::ptr::eq(*known, **document));
        let new: Vec<&Document<'p>> = own.iter().filter(is_run).filter(is_new).copied().collect();
        if new.is_empty() {
            let is_done = |document: &Document<'p>| done.iter().any(|known| std::ptr::eq(*known, document));
            let rest = own.iter().filter(|document| script::is_script(document) && !is_done(document));
            let idle = rest.filter_map(|document| Script::of_document(document, list, false));
            scripts.extend(idle.map(Script::for_people));
            return scripts.into_iter().filter(|script| is_own(script.owner)).collect();
        }
        let read = |document: &&Document<'p>| {
            let script = Script::of_document(document, list, is_sourced(document))?;
            let (unit, is_end) = unit_of(document, list, services);
            Some(script.of_unit(unit, is_end))
        };
        let of_new: Vec<Script<'p>> = new.iter().filter_map(read).collect();
        paths = of_new.iter().flat_map(Script::files).collect();
        sourced = of_new.iter().flat_map(Script::sourced).collect();
        scripts.extend(of_new);
        done.extend(new);
    }
}

/// The unit that runs a script by its path, and whether only when that stops.
fn unit_of(document: &Document<'_>, list: &[Entry<'_>], services: &[Service<'_>]) -> (Option<Name>, bool) {
    if document.path == SCRIPT {
        return (None, false);
    }
    let starts = services.iter().find(|service| service.starts_file(&document.path, list));
    let runs = || services.iter().find(|service| service.scripts(list).contains(&document.path));
    match starts {
        Some(service) => (Some(service.name.clone()), false),
        None => runs().map_or((None, false), |service| (Some(service.name.clone()), true)),
    }
}

/// Where the system runs scripts that nothing of the model names: rc.local(8), cron(8), cloud-init's scripts per boot, dispatchers of networks.
const RUN_IN: &[&str] = &[
    "/etc/rc.local",
    "/etc/init.d/",
    "/etc/cron.hourly/",
    "/etc/cron.daily/",
    "/etc/cron.weekly/",
    "/etc/cron.monthly/",
    "/etc/networkd-dispatcher/",
    "/etc/NetworkManager/dispatcher.d/",
    "/var/lib/cloud/scripts/",
];

/// A file may hold a file so many times.
const DEPTH: u32 = 4;

fn document<'p>(entry: Entry<'p>, list: &mut Vec<Entry<'p>>, depth: u32) {
    let Entry::Document(mut one) = entry else { return list.push(entry) };
    one.read = text::value(&one);
    let inside = if depth == 0 { Vec::new() } else { nested::entries(&one) };
    list.push(Entry::Document(one));
    inside.into_iter().for_each(|entry| document(entry, list, depth - 1));
}
