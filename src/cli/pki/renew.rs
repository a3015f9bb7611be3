//! `kmodel pki renew`: certificates anew, before they have to be.

use std::collections::BTreeSet;
use std::io::Write;

use time::{Duration, OffsetDateTime};

use crate::cli::exit::{CliError, Exit};
use crate::cli::table::labelled;
use crate::cli::{Terminal, duration, lock, output, render, report};
use crate::compile::{self, RenderError};
use crate::diag::did_you_mean;
use crate::pki::recorded;
use crate::pki::spec::{CertificateSpec, Renewal, Request};
use crate::pki::{Status, Store};
use crate::plan::Plan;
use crate::plan::issue_status::{IssueStatus, issue_status};
use crate::text::Count;
use crate::world;

use super::KeysArgs;

/// How many certificates are named.
const NAMED: usize = 12;

/// Issue certificates again, in the key store; `apply` or `render` brings them to the machines
///
/// Certificates keep their keys unless `--new-keys` is given. Authorities are replaced by `kmodel pki rotate`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    /// What to renew: an application, one of its certificates (`etcd/server`), a machine, or one certificate of a machine (`cp-0/etcd/server`)
    #[arg(value_name = "NAME", group = "which")]
    names: Vec<String>,
    /// Renew what ends within this time: `30d`
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds, group = "which", conflicts_with = "names")]
    within: Option<u64>,
    /// Renew every certificate
    #[arg(long, group = "which", conflicts_with_all = ["names", "within"])]
    all: bool,
    /// Make new private keys too, as when another person may have read one
    #[arg(long)]
    new_keys: bool,
    /// Only list what would be renewed
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    args.keys.with_plan(terminal, |plan, opened, folder| {
        let show = |problems: &[_]| {
            let sources = &opened.checked.program.sources;
            report::show(sources, problems, args.keys.model.message_format, &terminal.err);
        };
        if !render::has_keys(plan, &folder, show)? {
            return Ok(Exit::Problems);
        }
        let now = world::now();
        // What is refused makes no store.
        let status = issue_status(&plan.pki.request, Store::open_read(&folder)?.as_ref(), now)?;
        if status.authorities.iter().all(|status| *status == Status::Missing) {
            return Err(
                CliError::outside("nothing has been issued yet").help("run `kmodel render` or `kmodel apply` first")
            );
        }
        let ids = args.chosen(&plan.pki.request, &status, now)?;
        if !(args.dry_run || ids.is_empty()) {
            let mut store = Store::open(&folder)?;
            let renewal = Renewal { ids: ids.clone(), new_keys: args.new_keys };
            let issued = match compile::issue_renewed(plan, &mut store, renewal, now) {
                Ok(issued) => issued,
                Err(RenderError::Pki(error)) => return Err(error.into()),
                Err(RenderError::Problems(problems)) => {
                    show(&problems);
                    return Ok(Exit::Problems);
                }
            };
            store.save()?;
            // Nothing is rendered: of the lock, the keys alone are of now.
            let keys = recorded::record(&plan.pki.request, &issued);
            lock::change(&args.keys.model.lock_path(), &plan.model.cluster.name, |lock| {
                lock.iter_mut().for_each(|lock| lock.keys.extend(keys.clone()));
                Ok(())
            })?;
        }
        args.say(terminal, plan, &ids)
    })
}

impl Args {
    /// The ids of the certificates that are meant.
    fn chosen(
        &self,
        request: &Request,
        status: &IssueStatus,
        now: OffsetDateTime,
    ) -> Result<BTreeSet<String>, CliError> {
        if let Some(name) = self.names.iter().find(|name| !request.certificates.iter().any(|spec| is(spec, name))) {
            let known: BTreeSet<_> = request.certificates.iter().flat_map(|spec| names(&spec.id)).collect();
            let help = did_you_mean(name, known, "`kmodel pki status` lists the certificates");
            return Err(CliError::usage(
                format!("the model has no certificate, application or machine `{name}`"),
                help,
            ));
        }
        let within = self.within.map(|seconds| now + Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 4)));
        let ends = |status: &Status| match status {
            Status::Current { not_after, .. } => within.is_some_and(|within| *not_after <= within),
            Status::Missing => false,
            Status::Stale { .. } => within.is_some(),
        };
        let all = request.certificates.iter().zip(&status.certificates);
        let chosen =
            all.filter(|(spec, status)| self.all || ends(status) || self.names.iter().any(|name| is(spec, name)));
        Ok(chosen.map(|(spec, _)| spec.id.clone()).collect())
    }

    fn say(&self, terminal: &Terminal, plan: &Plan<'_>, ids: &BTreeSet<String>) -> Result<Exit, CliError> {
        let look = &terminal.out;
        let number = Count(ids.len(), "certificate");
        output::print(|out| {
            if ids.is_empty() {
                return writeln!(out, "nothing to renew");
            }
            let done = if self.dry_run { look.warning("would renew") } else { look.good("renewed") };
            writeln!(out, "{done} {number} of cluster {}", plan.model.cluster.name)?;
            let mut named: Vec<_> = ids.iter().take(NAMED).map(String::as_str).collect();
            let more = ids.len().saturating_sub(NAMED);
            let rest = format!("{more} more");
            if more > 0 {
                named.push(&rest);
            }
            labelled(out, look, 2, "these", &named.join(", "))?;
            match self.dry_run {
                true => Ok(()),
                false => labelled(out, look, 2, "next ", &format!("kmodel apply {}", self.keys.model.file.display())),
            }
        })
    }
}

/// The names by which a certificate is found: `m/app/cert`, `app/cert`, `app`, `m`.
fn names(id: &str) -> impl Iterator<Item = &str> {
    let (machine, rest) = id.split_once('/').unwrap_or((id, ""));
    let app = rest.split_once('/').map_or(rest, |(app, _)| app);
    [id, rest, app, machine].into_iter().filter(|name| !name.is_empty() && *name != "-")
}

fn is(spec: &CertificateSpec, name: &str) -> bool {
    names(&spec.id).any(|known| known == name)
}
