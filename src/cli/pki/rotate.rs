//! `kmodel pki rotate`: a new key in place of an authority's or a key pair's, without a moment at which something is not trusted.

use std::io::Write;

use crate::cli::exit::{CliError, Exit};
use crate::cli::table::labelled;
use crate::cli::{Terminal, lock, output, render, report};
use crate::compile;
use crate::diag::did_you_mean;
use crate::pki::Store;
use crate::pki::recorded::{self, KeyUse};
use crate::pki::rotation::Step;
use crate::pki::spec::Request;
use crate::world;

use super::KeysArgs;

/// Replace an authority or a key pair step by step, so that nothing that runs is cut off
///
/// `trust` makes the new key, which every machine trusts from the next apply on. `issue` lets it sign. `forget` ends the trust in the old
/// one. Apply after each step. `back` takes the last step back.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    /// The authority or the key pair: `kubernetes-ca`, `service-account`
    #[arg(value_name = "NAME")]
    name: String,
    /// The step to take: trust, issue, forget, or back
    #[arg(long, value_name = "STEP", hide_possible_values = true)]
    step: Step,
    /// Say that the step before is on every machine
    #[arg(long)]
    applied: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    args.keys.with_plan(terminal, |plan, opened, folder| {
        let request = &plan.pki.request;
        let of = (key_use(request, &args.name)?, &*args.name);
        if args.step.relies_on_the_last() && !args.applied {
            return Err(CliError::usage(
                format!("`--step {}` cuts off each machine that has not got the step before", args.step.name()),
                "run `kmodel apply`, see with `kmodel status` that every machine is as in the model, and add `--applied`",
            ));
        }
        if let Some(app) = compile::signs_on_a_machine(plan, &args.name).filter(|_| args.step == Step::Trust) {
            return Err(CliError::outside(format!(
                "`{}` signs with the key of `{}` on its machines, which takes one certificate, not two",
                app, args.name
            ))
            .help("an authority whose key is on the machines is not rotated yet; others are"));
        }
        let show = |problems: &[_]| {
            let sources = &opened.checked.program.sources;
            report::show(sources, problems, args.keys.model.message_format, &terminal.err);
        };
        if !render::has_keys(plan, &folder, show)? {
            return Ok(Exit::Problems);
        }
        let mut store = Store::open(&folder)?;
        store.rotate(of, (request, args.step), world::now())?;
        store.save()?;
        // The store comes first: a lock that is behind is told by every command, and a key that is lost by none.
        let digest = recorded::of_store(of, &store);
        lock::change(&args.keys.model.lock_path(), &plan.model.cluster.name, |now| {
            if let (Some(lock), Some((key, digest))) = (now, digest) {
                lock.keys.insert(key, digest);
            }
            Ok(())
        })?;
        args.say(terminal, of.0)
    })
}

/// What is called so.
fn key_use(request: &Request, name: &str) -> Result<KeyUse, CliError> {
    let authorities = request.authorities.iter().map(|spec| (KeyUse::Authority, &*spec.name));
    let keypairs = request.keypairs.iter().map(|spec| (KeyUse::Keypair, &*spec.name));
    let secrets = request.secrets.iter().map(|spec| (KeyUse::Secret, &*spec.name));
    let known: Vec<_> = authorities.chain(keypairs).chain(secrets).collect();
    known.iter().find(|(_, known)| *known == name).map(|(of, _)| *of).ok_or_else(|| {
        let help = did_you_mean(name, known.iter().map(|(_, name)| *name), "`kmodel pki status` lists them");
        CliError::usage(format!("the model has no authority or key pair `{name}`"), help)
    })
}

impl Args {
    fn say(&self, terminal: &Terminal, of: KeyUse) -> Result<Exit, CliError> {
        let (look, name, file) = (&terminal.out, &self.name, self.keys.model.file.display());
        let (what, is) = (of.name(), look.good(self.step.name()));
        let done = match self.step {
            Step::Trust => format!("{is}: a new {what} `{name}` is trusted beside the old one, which still signs"),
            Step::Issue => format!("{is}: the new {what} `{name}` signs, and the old one is still trusted"),
            Step::Forget => format!("{is}: only the new {what} `{name}` is trusted"),
            Step::Back => format!("{is}: the old {what} `{name}` signs"),
        };
        let after = match self.step {
            Step::Trust => Some(Step::Issue),
            Step::Issue => Some(Step::Forget),
            Step::Forget | Step::Back => None,
        };
        output::print(|out| {
            writeln!(out, "{done}")?;
            labelled(out, look, 2, "next", &format!("kmodel apply {file}"))?;
            if let Some(after) = after {
                let command = format!("kmodel pki rotate {file} {name} --step {} --applied", after.name());
                labelled(out, look, 2, "then", &command)?;
            }
            if let Some(note) = note(self.step, of) {
                labelled(out, look, 2, "note", note)?;
            }
            Ok(())
        })
    }
}

/// What else has to happen at a step.
fn note(step: Step, of: KeyUse) -> Option<&'static str> {
    match (step, of) {
        (Step::Trust, KeyUse::Authority) => Some(
            "kubeconfigs that people hold trust the old one alone: where they are of this authority, hand out new ones before \
             `issue`",
        ),
        (Step::Issue, KeyUse::Authority) => Some(
            "kubeconfigs that people hold show certificates of the old one: where they are of this authority, hand out new \
             ones before `forget`",
        ),
        (Step::Issue, KeyUse::Keypair) => Some(
            "tokens that the old key signed are valid until `forget`. The kubelet gives pods new ones within an hour; tokens that \
             are kept elsewhere, as in Secrets, have to be made anew",
        ),
        _ => None,
    }
}

impl clap::ValueEnum for Step {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Trust, Self::Issue, Self::Forget, Self::Back]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
