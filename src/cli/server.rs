//! What commands on a running cluster share: the plan, the client, and the confirmation.

use std::io::{IsTerminal, Write, stdin, stdout};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apply::ssh::Existing;
use crate::apply::ssh::examine::Examined;
use crate::apply::ssh::login::Login;
use crate::apply::terraform::folder::Lasting;
use crate::apply::terraform::program::Found;
use crate::apply::terraform::{Means, Terraform, running};
use crate::apply::{Access, lxd};
use crate::compile::{self, Connection, Deployed, Place, Planned, RenderError};
use crate::diag::any_error;
use crate::diag::code::Phase;
use crate::model::Lock;
use crate::plan::Plan;
use crate::syntax::ast::Name;
use crate::target::ssh::Hosts;
use crate::target::{Reach, Target};

use super::exit::{CliError, Exit};
use super::model::{ModelArgs, Opened};
use super::visible::{Visible, say};
use super::{Terminal, report};

/// The plan, if it has no errors; problems are shown.
pub fn plan_of<'a, 'p>(
    args: &ModelArgs,
    opened: &Opened,
    planned: &'a Planned<'p>,
    terminal: &Terminal,
) -> Option<&'a Plan<'p>> {
    report::show(&opened.checked.program.sources, &planned.problems, args.message_format, &terminal.err);
    planned.plan.as_ref().filter(|_| !any_error(&planned.problems))
}

/// Leaves out what the facts beside the model say of machines: they are asked themselves, or are taken as they are.
pub(super) fn without_recorded(planned: &mut Planned<'_>) {
    planned.problems.retain(|problem| problem.code.phase() != Phase::Machines);
}

/// Checks first of all that the command supports the target.
///
/// # Errors
/// When `apply` does not reach it; `command` is for the message.
pub fn is_reached(command: &str, planned: &Planned<'_>) -> Result<(), CliError> {
    let Some(model) = planned.plan.as_ref().map(|plan| &plan.model) else { return Ok(()) };
    match compile::planned_target(model) {
        Ok(target) if !compile::is_applied(model) => Err(elsewhere(command, target)),
        _ => Ok(()),
    }
}

fn elsewhere(command: &str, target: Target) -> CliError {
    let reached = Target::all().filter(|target| target.is_applied());
    let (titles, names): (Vec<_>, Vec<_>) = reached.map(|target| (target.title(), target.name())).unzip();
    let (titles, name) = (titles.join(", "), target.name());
    let render = format!("`kmodel render --target {name}` writes the files of each machine");
    CliError::usage(
        format!(
            "`{command}` works on {titles}, and on a cloud whose machines Terraform makes; the target is `{name}`, and nothing in the \
             model writes Terraform's configuration for it"
        ),
        format!(
            "{render}, and docs/clouds.md has the next steps; deploy a platform such as `aws` of std/platform/aws beside its target, or \
             pass `--target {}`",
            names.join("|")
        ),
    )
}

/// Where the machines are.
///
/// # Errors
/// When `apply` does not reach the target, or a field of it is invalid; `command` is for the message.
pub fn place(command: &str, plan: &Plan<'_>) -> Result<Place, CliError> {
    let place = compile::place_of(plan).map_err(|error| match error {
        RenderError::Pki(error) => error.into(),
        RenderError::Problems(problems) => {
            let first = problems.into_iter().next().map(|problem| problem.message);
            CliError { exit: Exit::Problems, ..CliError::outside(first.unwrap_or_default()) }
        }
    })?;
    place.ok_or_else(|| elsewhere(command, compile::planned_target(&plan.model).unwrap_or_else(|_| Target::fallback())))
}

/// The client of a platform. That of LXD is known to work; that of OpenSSH is, once a machine is entered.
pub enum Client {
    /// With the server's version.
    Lxd(Arc<lxd::client::Client>, String),
    Ssh(SshArgs),
    Terraform(Found, SshArgs),
}

/// Whether machines that exist have to be what the model takes them for.
#[derive(Clone, Copy)]
pub(super) enum Preflight<'a> {
    /// Which of them are examined, and what they dial.
    Made(Examined, &'a dyn Fn() -> Vec<Connection>),
    LeftOut,
}

/// How OpenSSH is called.
pub struct SshArgs(Login);

/// What commands need to enter machines, and to become root there.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct LoginArgs {
    /// The file with the password that sudo asks for on the machines; `-` asks on the terminal
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    become_password: Option<PathBuf>,
    /// The number of machines that are asked or changed at the same time; members of a quorum still change one by one [default: 32 by SSH, 4 to 16 by LXD]
    #[arg(long, value_name = "N")]
    parallel: Option<NonZeroUsize>,
}

/// A client for a place. `KMODEL_LXC` overrides the client that the model names, `KMODEL_SSH` that of OpenSSH.
///
/// # Errors
/// Why the client or its server cannot be used.
pub fn client(place: &Place, (model, store): (&ModelArgs, &Path), login: &LoginArgs) -> Result<Client, CliError> {
    match place {
        Place::Lxd(options) => {
            let named = variable("KMODEL_LXC");
            let client = lxd::client::Client::new(named.as_deref().unwrap_or(&options.command), &options.project);
            let client = match login.parallel {
                Some(places) => client.with_parallel(places),
                None => client,
            };
            let version = client.check()?;
            Ok(Client::Lxd(client.into(), version))
        }
        Place::Ssh(_) => Ok(Client::Ssh(ssh(model, login)?)),
        Place::Terraform => {
            let named = variable("KMODEL_TERRAFORM").map(absolute).transpose()?;
            let found = Found::find(named.as_deref(), store)?;
            Ok(Client::Terraform(found, ssh(model, login)?))
        }
    }
}

fn ssh(model: &ModelArgs, login: &LoginArgs) -> Result<SshArgs, CliError> {
    let program = variable("KMODEL_SSH").unwrap_or_else(|| "ssh".to_owned());
    let base = model.file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let base = std::path::absolute(base.unwrap_or_else(|| Path::new(".")))?;
    Ok(SshArgs(Login { program, base, password: login.password()?, parallel: login.parallel }))
}

/// A program that is started in another folder: a name is looked for on the path, anything else is a path from here.
fn absolute(program: String) -> std::io::Result<String> {
    match program.contains('/') {
        true => std::path::absolute(program).map(|path| path.display().to_string()),
        false => Ok(program),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl LoginArgs {
    /// # Errors
    /// When the file cannot be read, or there is no terminal.
    fn password(&self) -> Result<Option<String>, CliError> {
        let Some(file) = &self.become_password else { return Ok(None) };
        let text = match file.as_os_str() == "-" {
            true => rpassword::prompt_password("Password for sudo on the machines: ").map_err(|_| {
                CliError::usage("cannot ask for a password: there is no terminal", "pass `--become-password FILE`")
            })?,
            false => std::fs::read_to_string(file)
                .map_err(|error| CliError::outside(format!("cannot read `{}`: {error}", file.display())))?,
        };
        Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
    }
}

impl Client {
    /// Reads what there is of a cluster. `store` is its key store, and whether something is changed there.
    ///
    /// # Errors
    /// An error of the client.
    pub(super) fn access(
        &self,
        deployed: &Deployed,
        preflight: Preflight<'_>,
        store: (&Path, Lasting),
    ) -> Result<Access, CliError> {
        let cluster = &deployed.desired.cluster;
        match (self, &deployed.reach) {
            (Self::Lxd(client, version), Reach::Lxd(resources)) => {
                let lxd = lxd::Lxd::read(Arc::clone(client), version.clone(), (**resources).clone())?;
                Ok(Access { transport: Box::new(Arc::clone(client)), provider: Box::new(lxd) })
            }
            (Self::Ssh(args), Reach::Ssh(hosts)) => {
                let existing = args.existing(cluster, hosts, &deployed.lock)?;
                let existing = match preflight {
                    Preflight::Made(which, dials) => existing.examine(Arc::clone(&deployed.expected), which, dials),
                    Preflight::LeftOut => existing.unchecked(),
                };
                Ok(Access { transport: Box::new(existing.client()), provider: Box::new(existing) })
            }
            (Self::Terraform(..), Reach::Terraform(_)) => {
                let terraform = self.terraform(deployed, preflight, store)?;
                Ok(Access { transport: Box::new(Arc::clone(&terraform)), provider: Box::new(terraform) })
            }
            _ => unreachable!("client and machines are those of the same target"),
        }
    }

    /// The machines that Terraform makes.
    ///
    /// # Errors
    /// What Terraform says.
    pub(super) fn terraform(
        &self,
        deployed: &Deployed,
        preflight: Preflight<'_>,
        (store, lasting): (&Path, Lasting),
    ) -> Result<Arc<Terraform>, CliError> {
        let (Self::Terraform(found, SshArgs(login)), Reach::Terraform(made)) = (self, &deployed.reach) else {
            unreachable!("it is asked for where Terraform makes the machines")
        };
        let is_checked = matches!(preflight, Preflight::Made(..));
        let means = Means { program: found.clone(), store, lasting, login: login.clone(), is_checked };
        let (desired, made) = (&deployed.desired, (**made).clone());
        Ok(Terraform::read(means, (desired, made), (&deployed.lock, &deployed.issued))?)
    }
}

impl SshArgs {
    /// The machines of the model, and those that the lock still has an address of.
    ///
    /// # Errors
    /// When the folder for its sockets cannot be made.
    pub(crate) fn existing(&self, cluster: &Name, hosts: &Hosts, lock: &Lock) -> Result<Existing, CliError> {
        let is_there = |name: &str| hosts.machines.iter().any(|host| &*host.machine == name);
        let departed: Vec<_> = lock
            .departed(is_there)
            .map(|(name, address)| (hosts.former(name, &address.to_string(), lock.hosts.get(name)), address))
            .collect();
        let all = hosts.machines.iter().chain(departed.iter().map(|(host, _)| host)).cloned().collect();
        let client = self.0.client(all, hosts.keys())?;
        Ok(Existing::read(client.into(), cluster.clone(), hosts, &departed))
    }
}

/// Asks the user to type a word, and returns whether it was typed.
///
/// # Errors
/// When stdin is not a terminal.
pub fn confirm(question: &str, word: &str) -> Result<bool, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::usage(
            "cannot ask for confirmation: stdin is not a terminal",
            "pass `--yes` to proceed without it",
        ));
    }
    let mut out = Visible(stdout());
    write!(out, "{question} ")?;
    out.flush()?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line.trim() == word)
}

/// Prints a message on interrupt, so that the user knows how to continue.
#[expect(clippy::exit, reason = "an interrupt ends the program")]
pub fn on_interrupt(text: &'static str) {
    // Only a second handler could be refused, and there is one command a run.
    let _ = ctrlc::set_handler(move || {
        if running::is_any() {
            say("\ninterrupted: waiting until Terraform has kept its state");
            running::interrupt();
        }
        say(format!("\n{text}"));
        std::process::exit(130);
    });
}
