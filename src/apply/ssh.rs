//! Machines that exist: the user's own OpenSSH client enters them, and nothing makes them.
//!
//! A machine is marked with the names of its cluster and its own before anything is brought to it; one that is marked
//! otherwise is left alone. A machine that leaves loses what was brought and installed, and stays.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use crate::compile::Expected;
use crate::syntax::ast::Name;
use crate::target::ssh::{Host, Hosts};
use crate::target::{Desired, Machine};
use crate::verify::machines::{Misfit, Wanted, unlike};

use super::change::{Change, Step};
use super::diff::Delta;
use super::error::ApplyError;
use super::process::Answer;
use super::progress::{Progress, Reporter};
use super::provider::{Found, Outer, Provider, RUNNING, Seen, UNREACHABLE};
use super::transport::Transport;

pub(crate) mod client;
mod clock;
mod command;
pub(crate) mod examine;
pub(crate) mod login;
mod preflight;

use client::SshClient;
use preflight::{Facts, clone_of, clones, namesake_of, namesakes};

const HELLO: &str = include_str!("ssh/hello.sh");
const LEAVE: &str = include_str!("ssh/leave.sh");

/// Writes the mark: cluster, machine.
const MARK: &str =
    "set -e; umask 022; mkdir -p /var/lib/kmodel; printf '%s %s\\n' \"$1\" \"$2\" >/var/lib/kmodel/owner";

/// The machines of a cluster.
pub(crate) struct Existing {
    client: Arc<SshClient>,
    cluster: Name,
    /// Whether a machine has to be what the model takes it for.
    is_checked: bool,
    /// What the model expects, where machines are examined.
    expected: Option<Arc<Expected>>,
    /// What a machine has of another one, or has not as the others have.
    compared: BTreeMap<Name, Vec<Misfit>>,
    /// Those of the model, then those that it no longer has.
    machines: BTreeMap<Name, Standing>,
}

/// What is known of a machine.
struct Standing {
    host: Host,
    /// Its address in the cluster, if it has left the model.
    departed: Option<IpAddr>,
    hello: Result<Hello, ApplyError>,
}

/// What a machine says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Hello {
    /// Cluster and machine of its mark.
    owner: Option<(String, String)>,
    /// The machine that a boot of kmodel is there for.
    boot: Option<String>,
    facts: Facts,
    /// All that it said.
    text: String,
}

impl Existing {
    /// Asks every machine, all at once: those of the model and, by what the lock has of them, those that left it.
    pub(crate) fn read(client: Arc<SshClient>, cluster: Name, hosts: &Hosts, departed: &[(Host, IpAddr)]) -> Self {
        let own = hosts.machines.iter().map(|host| (host, None));
        let all: Vec<_> = own.chain(departed.iter().map(|(host, address)| (host, Some(*address)))).collect();
        let machines = thread::scope(|scope| {
            let ask = |host: &Host| hello(&client, &host.machine);
            let threads: Vec<_> = all.iter().map(|(host, _)| scope.spawn(move || ask(host))).collect();
            let answers = threads.into_iter().map(|thread| thread.join().expect("a question does not panic"));
            let standing = |(host, departed): (&Host, Option<IpAddr>), hello| {
                (host.machine.clone(), Standing { host: host.clone(), departed, hello })
            };
            all.iter().zip(answers).map(|(one, hello)| standing(*one, hello)).collect()
        });
        Self::of(client, cluster, machines)
    }

    fn of(client: Arc<SshClient>, cluster: Name, machines: BTreeMap<Name, Standing>) -> Self {
        let compared = BTreeMap::new();
        Self { client, cluster, is_checked: true, expected: None, compared, machines }.compared()
    }

    /// The machines that are marked as of this cluster with their name.
    pub(crate) fn marked(&self) -> Vec<&str> {
        let ours =
            |standing: &Standing, name: &str| standing.hello.as_ref().is_ok_and(|hello| self.is_ours(hello, name));
        self.machines.iter().filter(|(name, standing)| ours(standing, name)).map(|(name, _)| &**name).collect()
    }

    /// The machines that cannot be entered, and why.
    pub(crate) fn unreachable(&self) -> Vec<(&str, &ApplyError)> {
        let each = self.machines.iter();
        each.filter_map(|(name, standing)| Some((&**name, standing.hello.as_ref().err()?))).collect()
    }

    /// The same, whatever the machines are.
    pub(crate) fn unchecked(self) -> Self {
        Self { is_checked: false, ..self }
    }

    /// What is not as the model says, without what it allows.
    fn misfits(&self, machine: &Machine, hello: &Hello) -> Vec<Misfit> {
        let mut found = hello.facts.misfits(&self.wanted(machine), hello.is_new());
        found.extend(self.compared.get(machine.name()).into_iter().flatten().cloned());
        let is_allowed = |misfit: &Misfit| self.expected.as_ref().is_some_and(|all| all.allowed.contains(&misfit.code));
        found.retain(|misfit| !is_allowed(misfit));
        found
    }

    /// The same, with the machines compared with each other.
    fn compared(mut self) -> Self {
        let facts = || self.machines.iter().filter_map(|(name, one)| Some((&**name, &one.hello.as_ref().ok()?.facts)));
        let (clones, names) = (clones(facts()), namesakes(facts()));
        let mut compared: BTreeMap<Name, Vec<Misfit>> = BTreeMap::new();
        let twice = names.iter().filter(|(name, _)| !clones.contains_key(**name));
        let own = clones.iter().map(|(name, other)| (*name, clone_of(other)));
        let own = own.chain(twice.map(|(name, other)| (*name, namesake_of(other))));
        let linked = facts().filter_map(|(name, facts)| Some((name, facts.host(), self.address(name)?)));
        let clocks = clock::apart(facts().map(|(name, facts)| (name, facts.ahead())));
        for (name, misfit) in own.chain(unlike(linked)).chain(clocks) {
            compared.entry(name.into()).or_default().push(misfit);
        }
        self.compared = compared;
        self
    }

    /// The address that a machine of the model has in the cluster, where machines are examined.
    fn address(&self, name: &str) -> Option<IpAddr> {
        Some(self.expected.as_ref()?.wanted.get(name)?.address)
    }

    /// What the model wants of a machine.
    fn wanted(&self, machine: &Machine) -> Wanted {
        let known = self.expected.as_ref().and_then(|expected| expected.wanted.get(machine.name()));
        known.cloned().unwrap_or_else(|| Wanted::alone(machine))
    }

    /// Marks a machine as one of the cluster.
    ///
    /// # Errors
    /// When it cannot be entered.
    pub(crate) fn mark(&self, machine: &str) -> Result<(), ApplyError> {
        self.run(&format!("mark `{machine}`"), machine, MARK, &[&self.cluster, machine])
    }

    /// What enters its machines.
    pub(crate) fn client(&self) -> Arc<SshClient> {
        Arc::clone(&self.client)
    }

    fn transport(&self) -> &dyn Transport {
        &self.client
    }

    fn run(&self, action: &str, machine: &str, script: &str, words: &[&str]) -> Result<(), ApplyError> {
        done(action, self.transport().work(machine, script, words)?)
    }

    fn taken(&self, host: &Host, name: &str, owner: &str) -> ApplyError {
        let message = format!(
            "the machine at {} is set up as {owner}, not as `{name}` of the cluster `{}`",
            host.address, self.cluster
        );
        ApplyError::new(message).help(
            "correct the address, say `moved` if the machine got another name, or run `kmodel destroy` on the model that it \
             belongs to",
        )
    }

    /// Whether it is marked as a machine of this cluster with this name.
    fn is_ours(&self, hello: &Hello, name: &str) -> bool {
        hello.owner.as_ref().is_some_and(|(cluster, machine)| **cluster == *self.cluster && machine == name)
    }
}

impl Provider for Existing {
    fn place(&self) -> String {
        "existing machines over SSH".to_owned()
    }

    fn project(&self) -> Option<&str> {
        None
    }

    fn machines(&self) -> Vec<Found> {
        let found = |(name, standing): (&Name, &Standing)| {
            let (state, why) = match &standing.hello {
                Ok(_) => (RUNNING, None),
                Err(error) => (UNREACHABLE, Some(error.message.clone())),
            };
            Found {
                name: name.to_string(),
                state: state.to_owned(),
                why,
                addresses: standing.departed.into_iter().collect(),
            }
        };
        let is_there = |(name, standing): &(&Name, &Standing)| {
            // What is marked as a machine of another cluster, or not at all, is not there any more.
            standing.departed.is_none() || standing.hello.as_ref().map_or(true, |hello| self.is_ours(hello, name))
        };
        self.machines.iter().filter(is_there).map(found).collect()
    }

    fn shared(&self) -> Result<Vec<Change>, ApplyError> {
        Ok(Vec::new())
    }

    fn outer(&self, machine: &Machine) -> Result<Outer, ApplyError> {
        let name = machine.name();
        let Some(standing) = self.machines.get(name) else { return Ok(Outer::Absent(Vec::new())) };
        let hello = match &standing.hello {
            Ok(hello) => hello,
            Err(error) => {
                return Ok(Outer::There { is_running: false, steps: vec![Step::Reach(error.message.clone())] });
            }
        };
        let misfits = match self.is_checked {
            true => self.misfits(machine, hello),
            false => Vec::new(),
        };
        let mut steps: Vec<_> = misfits.into_iter().filter(Misfit::is_error).map(Step::Misfit).collect();
        match (&hello.owner, &hello.boot) {
            (Some((cluster, owner)), _) if **cluster == *self.cluster && owner == name => {
                Ok(Outer::There { is_running: true, steps })
            }
            (Some((cluster, owner)), _) if **cluster == *self.cluster && machine.former.contains(owner) => {
                steps.push(Step::Rename { from: owner.clone(), stops: false });
                Ok(Outer::Renamed { from: owner.clone(), is_running: true, steps })
            }
            (Some((cluster, owner)), _) => {
                Err(self.taken(&standing.host, name, &format!("`{owner}` of the cluster `{cluster}`")))
            }
            (None, Some(other)) if other != name => Err(self.taken(&standing.host, name, &format!("`{other}`"))),
            (None, boot) => {
                // Its archive was unpacked by hand.
                steps.extend(boot.iter().map(|_| Step::SetUp(format!("mark it as a machine of {}", self.cluster))));
                Ok(Outer::There { is_running: true, steps })
            }
        }
    }

    /// One that is another machine than the model says ends the run before anything is changed.
    fn prepare(&self, delta: &Delta) -> Result<(), ApplyError> {
        let mut wrong =
            delta.machines.iter().flat_map(|change| change.steps.iter().map(move |step| (&change.name, step)));
        let first = wrong.find_map(|(name, step)| match step {
            Step::Misfit(misfit) => Some((name, misfit)),
            _ => None,
        });
        let Some((name, Misfit { code, message, help })) = first else { return Ok(()) };
        Err(ApplyError::new(format!("`{name}` is not as the model says: {message} ({code})")).help(format!(
            "{help}; `allow {code} \"...\"` in the model accepts it, and `--no-preflight` goes on all the same"
        )))
    }

    fn reconcile(&self, _: &[Change], _: Reporter<'_>) -> Result<(), ApplyError> {
        Ok(())
    }

    fn step(&self, machine: &str, step: &Step) -> Result<(), ApplyError> {
        match step {
            Step::Reach(_) => match self.machines.get(machine).map(|standing| &standing.hello) {
                Some(Err(error)) => Err(error.clone()),
                _ => Ok(()),
            },
            Step::SetUp(_) | Step::Rename { .. } | Step::Files { .. } => self.mark(machine),
            _ => Ok(()),
        }
    }

    /// A machine of the model that is not renamed yet runs under its new name too: no other is entered by it.
    fn state(&self, machine: &str) -> Result<String, ApplyError> {
        let is_of_model = self.machines.get(machine).is_some_and(|standing| standing.departed.is_none());
        let is_of_cluster = |hello: &Hello| hello.owner.as_ref().is_some_and(|(cluster, _)| **cluster == *self.cluster);
        Ok(match hello(self.transport(), machine) {
            Ok(hello) if self.is_ours(&hello, machine) || is_of_model && is_of_cluster(&hello) => RUNNING,
            Ok(_) => "",
            Err(_) => UNREACHABLE,
        }
        .to_owned())
    }

    fn remove(&self, machine: &str) -> Result<(), ApplyError> {
        self.run(&format!("remove the cluster from `{machine}`"), machine, LEAVE, &[]).map_err(|error| {
            match error.help {
                Some(_) => error,
                None => error.help(format!("{}, then run the same command again", self.by_hand(machine))),
            }
        })
    }

    fn warnings(&self, desired: &Desired) -> Vec<String> {
        let of = |machine: &Machine| {
            let all = self.seen(machine).warnings.into_iter();
            all.map(|misfit| format!("{}: {} ({})", machine.name(), misfit.message, misfit.code)).collect::<Vec<_>>()
        };
        desired.machines.iter().filter(|_| self.is_checked).flat_map(of).collect()
    }

    fn seen(&self, machine: &Machine) -> Seen {
        let Some(hello) = self.machines.get(machine.name()).and_then(|one| one.hello.as_ref().ok()) else {
            return Seen::default();
        };
        let mut warnings = self.misfits(machine, hello);
        warnings.retain(|misfit| !misfit.is_error());
        let wanted = self.wanted(machine);
        let facts = hello.facts.of_others(&wanted, hello.is_new()).lasting(wanted.address);
        Seen { warnings, not_examined: hello.facts.unseen(), facts: Some(facts), is_new: hello.is_new() }
    }

    fn by_hand(&self, machine: &str) -> String {
        format!("switch off `{machine}` or install its system anew, and pass `--forget {machine}`")
    }
}

/// Removes the cluster from every machine that is marked as one of its own, all at once.
///
/// # Errors
/// The first machine where it fails; the next run continues with the rest.
pub(crate) fn destroy(existing: &Existing, report: Reporter<'_>) -> Result<(), ApplyError> {
    let one = |name: &str| {
        report(name, Progress::Doing("removing".to_owned()));
        let result = existing.remove(name);
        match &result {
            Ok(()) => report(name, Progress::Done("removed".to_owned())),
            Err(error) => report(name, Progress::Failed(error.message.clone())),
        }
        result
    };
    let names = existing.marked();
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(move || one(name))).collect();
        threads.into_iter().map(|thread| thread.join().expect("removing does not panic")).collect()
    });
    results.into_iter().collect()
}

fn hello(transport: &dyn Transport, machine: &str) -> Result<Hello, ApplyError> {
    let answer = transport.inside(machine, HELLO, &[], &[])?;
    match answer.text() {
        Some(text) => Ok(Hello::read(&text)),
        None => Err(ApplyError::refused(&format!("enter `{machine}`"), &answer.err)),
    }
}

impl Hello {
    fn read(text: &str) -> Self {
        let field = |tag: &str| text.lines().find_map(|line| line.strip_prefix(tag)).map(str::trim);
        let owner = field("owner ").and_then(|owner| owner.split_once(' '));
        Self {
            owner: owner.map(|(cluster, machine)| (cluster.to_owned(), machine.to_owned())),
            boot: field("boot ").map(str::to_owned),
            facts: Facts::read(text),
            text: text.to_owned(),
        }
    }

    /// Whether nothing of kmodel is there.
    fn is_new(&self) -> bool {
        self.owner.is_none() && self.boot.is_none()
    }
}

fn done(action: &str, answer: Answer) -> Result<(), ApplyError> {
    match answer.code {
        Some(0) => Ok(()),
        _ => Err(ApplyError::refused(action, &answer.err)),
    }
}

#[cfg(test)]
mod tests;
