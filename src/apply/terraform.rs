//! Machines of a cloud: OpenTofu or Terraform makes them of the configuration that the model writes, and OpenSSH enters them.
//!
//! No Rust names a cloud. The output `machines` of the configuration says which resources are machines and where each is
//! reached. What Terraform would change of a machine that is there is made in that machine's turn, so that quorums hold; all
//! else is made at once. Terraform's state is read each time, so a run that was cut off is taken up by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Lock;
use crate::pki::issued::Issued;
use crate::syntax::ast::Name;
use crate::target::cloud::Made;
use crate::target::ssh::{HostKeys, Hosts};
use crate::target::{Desired, Machine};

use super::change::{Change, Step, Turn};
use super::diff::Delta;
use super::error::ApplyError;
use super::process::Answer;
use super::progress::Reporter;
use super::provider::{Found, Outer, Provider, UNREACHABLE};
use super::redactor::Redactor;
use super::ssh::Existing;
use super::ssh::client::SshClient;
use super::ssh::login::Login;
use super::transport::{Script, Transport};

mod address;
pub(crate) mod folder;
mod message;
pub(crate) mod program;
mod proposal;
pub(crate) mod running;
mod view;

use folder::{Folder, Lasting};
use message::Message;
use program::{Found as FoundProgram, Program};
use proposal::{Action, Proposal, Resource};
use view::View;

/// How long a new machine may take until its SSH server lets the user in.
const BOOT: Duration = Duration::from_secs(300);

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(3);

/// Waits for the first boot of the system, which may still install packages and replace the SSH server.
const FIRST_BOOT: &str =
    "if [ -e /run/cloud-init/enabled ]; then timeout 600 cloud-init status --wait >/dev/null 2>&1; fi; exit 0";

/// What a cluster is read with.
pub(crate) struct Means<'a> {
    pub program: FoundProgram,
    pub store: &'a Path,
    pub lasting: Lasting,
    pub login: Login,
    /// Whether a machine has to be what the model takes it for.
    pub is_checked: bool,
}

/// The machines of a cluster.
pub(crate) struct Terraform {
    program: Program,
    made: Made,
    cluster: Name,
    login: Login,
    is_checked: bool,
    /// The machines of the model: their groups and addresses.
    machines: BTreeMap<String, (Name, IpAddr)>,
    /// The addresses in the cluster of machines that left it.
    departed: BTreeMap<String, IpAddr>,
    /// Machines that are not made in this run.
    left_out: RwLock<BTreeSet<String>>,
    /// Machines of a group may change at once, but Terraform makes one change of its state after another.
    turn: Mutex<()>,
    view: RwLock<Arc<View>>,
}

impl Terraform {
    /// Writes the configuration and reads what there is.
    ///
    /// # Errors
    /// What Terraform says, and a configuration that does not tell its machines.
    pub(crate) fn read(
        means: Means<'_>,
        (desired, made): (&Desired, Made),
        (lock, issued): (&Lock, &Issued),
    ) -> Result<Arc<Self>, ApplyError> {
        let files = made.files.iter().cloned().chain(view::moved(desired, &made.files)).collect::<Vec<_>>();
        let folder = Folder::new(means.store, &files, means.lasting)?;
        let renamed = desired.machines.iter().flat_map(view::steps).filter(|(from, _)| desired.machine(from).is_none());
        renamed.collect::<Vec<_>>().into_iter().rev().for_each(|(from, to)| folder.rename_host(from, to));
        let program = Program::new(means.program, (folder, means.lasting), Redactor::new(issued))?;
        let of_model = |machine: &Machine| (machine.name().to_owned(), (machine.group.clone(), machine.address));
        let is_there = |name: &str| desired.machine(name).is_some();
        let departed = lock.departed(is_there).map(|(name, address)| (name.to_owned(), address)).collect();
        let terraform = Self {
            program,
            made,
            cluster: desired.cluster.clone(),
            login: means.login,
            is_checked: means.is_checked,
            machines: desired.machines.iter().map(of_model).collect(),
            departed,
            left_out: RwLock::default(),
            turn: Mutex::default(),
            view: RwLock::default(),
        };
        terraform.refresh(terraform.propose()?)?;
        Ok(terraform.into())
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn propose(&self) -> Result<Proposal, ApplyError> {
        self.program.propose(&[], &[])
    }

    fn see(&self, proposal: Proposal) -> Result<View, ApplyError> {
        let is_of_model = |name: &str| self.machines.contains_key(name);
        let view = View::new(proposal, is_of_model, |name| self.departed.contains_key(name))?;
        Ok(view.without_unborn(|view, name| self.was_entered(view, name)))
    }

    /// Sees what there is by a new plan, and asks the machines.
    fn refresh(&self, proposal: Proposal) -> Result<(), ApplyError> {
        let mut view = self.see(proposal)?;
        let keys = self.keys();
        let (own, gone): (Vec<_>, Vec<_>) = view.there().partition(|name| self.machines.contains_key(*name));
        let own = own.into_iter().map(|name| self.host(&view, name)).collect();
        let gone: Vec<_> = gone.into_iter().map(|name| (self.host(&view, name), self.address(&view, name))).collect();
        let hosts = Hosts { machines: own, rest: self.made.login.clone() };
        let all = hosts.machines.iter().chain(gone.iter().map(|(host, _)| host)).cloned().collect();
        let client = self.login.client(all, &keys)?;
        let existing = Existing::read(client.into(), self.cluster.clone(), &hosts, &gone);
        view.existing = Some(if self.is_checked { existing } else { existing.unchecked() });
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view.into();
        Ok(())
    }

    /// Those of the model, or a file in the key store, where a machine that is made anew is known to have another key.
    fn keys(&self) -> HostKeys {
        let keys = self.made.login.keys.clone();
        match keys.known_hosts {
            Some(_) => keys,
            None => HostKeys {
                known_hosts: Some(self.program.folder().known_hosts().display().to_string()),
                by_name: true,
                ..keys
            },
        }
    }

    /// Makes what was proposed last, and tells of each resource on the machine that it is.
    fn make(&self, view: &View, report: Reporter<'_>) -> Result<(), ApplyError> {
        self.program.make(&mut |message: &Message| {
            if let Some((address, progress)) = message.progress() {
                report(view.machine_at(address).unwrap_or_default(), progress);
            }
        })
    }

    /// Makes all that is not a change of a machine that is there, and sees what there is then.
    fn settle(&self, proposal: Proposal, report: Reporter<'_>) -> Result<(), ApplyError> {
        let is_made = self.settle_by(&proposal, report)?;
        self.refresh(if is_made { self.propose()? } else { proposal })
    }

    /// Whether anything was made.
    fn settle_by(&self, proposal: &Proposal, report: Reporter<'_>) -> Result<bool, ApplyError> {
        let view = self.see(proposal.clone())?;
        let left_out = self.left_out.read().unwrap_or_else(PoisonError::into_inner).clone();
        match view.free(&left_out) {
            _ if proposal.is_empty() => Ok(false),
            None => self.make(&view, report).map(|()| true),
            Some(free) if free.is_empty() => Ok(false),
            Some(free) => self.only(&free, None, report).map(|()| true),
        }
    }

    /// Makes changes of some resources, which may change no machine but this.
    fn only(&self, addresses: &[String], machine: Option<&str>, report: Reporter<'_>) -> Result<(), ApplyError> {
        let proposal = self.program.propose(&[], addresses)?;
        let view = View::of_part(proposal, &self.view());
        if let Some(other) = view.changed().find(|name| Some(*name) != machine) {
            return Err(ApplyError::new(format!("Terraform would also change `{other}`, which has its own turn"))
                .help(format!("see `terraform plan` in {} for what depends on it", self.program.folder().shown())));
        }
        self.make(&view, report)
    }

    /// Makes what Terraform has to change of a machine, then what depends on it.
    fn change(&self, machine: &str) -> Result<(), ApplyError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let report: Reporter<'_> = &|_, _| {};
        let addresses = self.view().addresses(machine);
        self.only(&addresses, Some(machine), report)?;
        self.settle(self.propose()?, report)
    }

    /// Waits until a new machine lets the user in, and marks it.
    fn enter(&self, machine: &str) -> Result<(), ApplyError> {
        let begin = Instant::now();
        loop {
            let tried = self.inside(machine, "exit 0");
            match tried {
                Ok(answer) if answer.code == Some(0) => break,
                Ok(answer) if begin.elapsed() > BOOT => {
                    return Err(ApplyError::refused(&format!("become root on `{machine}`"), &answer.err));
                }
                Err(error) if begin.elapsed() > BOOT || is_final(&error) => return Err(error),
                _ => thread::sleep(PAUSE),
            }
        }
        let client = self.client();
        let transport: &dyn Transport = &client;
        transport.work(machine, FIRST_BOOT, &[])?;
        self.view().existing().mark(machine)
    }

    fn inside(&self, machine: &str, script: &str) -> Result<Answer, ApplyError> {
        let client = self.client();
        let transport: &dyn Transport = &client;
        transport.inside(machine, script, &[], &[])
    }

    fn client(&self) -> Arc<SshClient> {
        self.view().existing().client()
    }
}

/// Whether waiting does not help: whose host it is, is not known.
fn is_final(error: &ApplyError) -> bool {
    let text = error.message.to_lowercase();
    ["host key", "strict checking", "is not installed"].iter().any(|words| text.contains(words))
}

impl Transport for Arc<Terraform> {
    fn run(&self, machine: &str, script: &Script<'_>) -> Result<Answer, ApplyError> {
        self.client().run(machine, script)
    }
}

impl Provider for Arc<Terraform> {
    fn place(&self) -> String {
        format!("{} by {}", self.made.title, self.program.found().shown())
    }

    fn project(&self) -> Option<&str> {
        None
    }

    fn machines(&self) -> Vec<Found> {
        let view = self.view();
        let known = view.existing().machines();
        let one = |name: &str| {
            let found = known.iter().find(|found| found.name == name).cloned();
            let unknown =
                || Found { name: name.to_owned(), state: UNREACHABLE.to_owned(), why: None, addresses: vec![] };
            let addresses = self.departed.get(name).copied().into_iter().collect();
            Found { addresses, ..found.unwrap_or_else(unknown) }
        };
        view.there().map(one).collect()
    }

    fn shared(&self) -> Result<Vec<Change>, ApplyError> {
        Ok(self.view().shared().filter_map(change).collect())
    }

    fn outer(&self, machine: &Machine) -> Result<Outer, ApplyError> {
        let view = self.view();
        let name = machine.name();
        if !view.is_there(name) {
            return Ok(Outer::Absent(vec![Step::Create(view.kind(name))]));
        }
        let pending = view.pending(name);
        if let Some((Action::Replace | Action::Delete, why)) = &pending {
            return Ok(Outer::There { is_running: true, steps: vec![Step::Replace(why.clone())] });
        }
        let update = pending.map(|(_, what)| Step::Update(what));
        Ok(match view.existing().outer(machine)? {
            Outer::There { is_running, mut steps } => {
                let has_mark = !is_running || view.existing().marked().contains(&name);
                let mark = Step::SetUp(format!("mark it as a machine of {}", self.cluster));
                steps.extend((!has_mark && !steps.contains(&mark)).then_some(mark));
                steps.extend(update);
                Outer::There { is_running, steps }
            }
            Outer::Renamed { from, is_running, mut steps } => {
                steps.extend(update);
                Outer::Renamed { from, is_running, steps }
            }
            absent @ Outer::Absent(_) => absent,
        })
    }

    fn prepare(&self, delta: &Delta) -> Result<(), ApplyError> {
        *self.left_out.write().unwrap_or_else(PoisonError::into_inner) = delta.left_out.clone();
        self.view().existing().prepare(delta)
    }

    fn reconcile(&self, _: &[Change], report: Reporter<'_>) -> Result<(), ApplyError> {
        let view = self.view();
        if view.proposal().is_empty() {
            return Ok(());
        }
        self.settle(view.proposal().clone(), report)
    }

    fn step(&self, machine: &str, step: &Step) -> Result<(), ApplyError> {
        match step {
            Step::Create(_) => self.enter(machine),
            // Terraform made it just now, in a run that was killed.
            Step::Reach(_) if !self.was_entered(&self.view(), machine) => self.enter(machine),
            Step::Update(_) => self.change(machine).and_then(|()| self.enter(machine)),
            Step::Replace(_) => {
                self.change(machine)?;
                self.program.folder().forget_host(machine);
                self.enter(machine)
            }
            step => self.view().existing().step(machine, step),
        }
    }

    fn state(&self, machine: &str) -> Result<String, ApplyError> {
        let view = self.view();
        if view.is_there(machine) { view.existing().state(machine) } else { Ok(String::new()) }
    }

    fn remove(&self, machine: &str) -> Result<(), ApplyError> {
        self.change(machine)?;
        self.program.folder().forget_host(machine);
        Ok(())
    }

    fn warnings(&self, desired: &Desired) -> Vec<String> {
        let view = self.view();
        let is_new = |machine: &&Machine| !view.is_there(machine.name());
        let unknown = desired.machines.iter().filter(is_new).filter(|machine| self.is_unknown(&view, machine.name()));
        let unknown = unknown.count() > 0 && !self.made.login.keys.first_use;
        let text = "nothing says yet which host keys new machines have, so they are made, and then refused: set `first-use = true` \
                    in the target to trust the first key of each, or add the keys that their consoles show to";
        let hosts = self.keys().known_hosts.unwrap_or_default();
        let own = unknown.then(|| format!("{text} {hosts}"));
        own.into_iter().chain(view.existing().warnings(desired)).collect()
    }

    fn by_hand(&self, machine: &str) -> String {
        let addresses = self.view().addresses(machine).join(" -target=");
        let program = &self.program.found().name;
        format!("`{program} apply -target={addresses}` in {}", self.program.folder().shown())
    }

    fn evidence(&self) -> Vec<(String, String)> {
        let view = self.view();
        let line = |one: &Resource| format!("{} {:?}\n", one.address, one.action);
        let lines = view.proposal().resources.iter().map(line).collect();
        vec![("terraform/resources.txt".to_owned(), lines)]
    }
}

/// A change of what is not a machine.
fn change(resource: &Resource) -> Option<Change> {
    let step = match resource.action {
        Action::None => return None,
        Action::Create => Step::Create("by Terraform".to_owned()),
        Action::Update => Step::Update(resource.what.clone()),
        Action::Replace => Step::Replace(resource.what.clone()),
        Action::Delete => Step::Delete,
    };
    Some(Change { name: resource.address.clone(), turn: Turn::Together, until: None, steps: vec![step] })
}

/// Removes all that Terraform has made for a cluster, and its folder.
///
/// # Errors
/// What Terraform says; the next run continues with the rest.
pub(crate) fn destroy(terraform: &Terraform, report: Reporter<'_>) -> Result<(), ApplyError> {
    let proposal = terraform.program.propose(&["-destroy"], &[])?;
    let view = View::of_part(proposal, &terraform.view());
    terraform.make(&view, report)?;
    terraform.program.folder().remove()
}

impl Terraform {
    /// The resources that there are, and the machines among them.
    pub(crate) fn standing(&self) -> (usize, Vec<String>) {
        let view = self.view();
        let is_there = |one: &&Resource| one.action != Action::Create;
        let count = view.proposal().resources.iter().filter(is_there).count();
        (count, view.there().map(str::to_owned).collect())
    }
}
