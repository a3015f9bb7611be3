//! `kmodel kubeconfig`: access for one person, for a while.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::pki::KeysArgs;
use crate::compile::person::{self, ForPeople, Person, Unmade};
use crate::diag::{Diagnostic, did_you_mean};
use crate::model::Model;
use crate::pki::Store;
use crate::text::Count;
use crate::world;
use crate::world::replace::replace;

use super::exit::{CliError, Exit};
use super::table::{Cell, table};
use super::{Terminal, duration, output, report};

/// The group whose members pass every authorization.
const MASTERS: &str = "system:masters";

/// How long a certificate may be valid before a person is warned.
const LONG: u64 = 7 * 86_400;

/// Write a kubeconfig for one person with a certificate that ends soon
///
/// The same server and authority as in the kubeconfig that the model has for people, with another user. Nothing of it is kept: run it again
/// when it has ended. Kubernetes cannot revoke a certificate, so give it as little time as it is needed.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    /// The name of the person, in audit logs and role bindings
    #[arg(long, value_name = "NAME")]
    user: String,
    /// A group of the person, for role bindings; can be repeated
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// How long it is valid: `8h`, `7d`
    #[arg(long, value_name = "DURATION", default_value = "8h", value_parser = duration::seconds)]
    expires: u64,
    /// The kubeconfig of the model to write it like, if there are several: `admin.conf`
    #[arg(long, value_name = "PATH")]
    like: Option<String>,
    /// Where to write it; readable for its owner only
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    args.is_sensible()?;
    args.keys.with_plan(terminal, |plan, opened, folder| {
        super::folder::refuse(&args.out, &args.keys.model, &folder)?;
        args.is_free()?;
        let known = person::for_people(&plan.model);
        let like = args.like(&plan.model, &known)?;
        let store = Store::open_read(&folder)?.ok_or_else(|| none(&folder))?;
        let person = Person { user: args.user.clone(), groups: args.groups.clone(), lifetime_seconds: args.expires };
        let made = match person::kubeconfig(plan, &store, (like, &person), world::now()) {
            Ok(made) => made,
            Err(Unmade::Pki(error)) => return Err(error.into()),
            Err(Unmade::Problem(problem)) => {
                let problems: [Diagnostic; 1] = [*problem];
                let sources = &opened.checked.program.sources;
                report::show(sources, &problems, args.keys.model.message_format, &terminal.err);
                return Ok(Exit::Problems);
            }
        };
        replace(&args.out, made.text.as_bytes(), 0o600).map_err(|error| CliError::file(&args.out, "write", &error))?;
        let mut rows = vec![
            vec![Cell::dim("file"), Cell::plain(format!("{} (keep it secret)", args.out.display()))],
            vec![Cell::dim("until"), Cell::plain(until(made.not_after, made.shortened))],
        ];
        rows.extend(args.warnings().map(|text| vec![Cell::dim("warning"), Cell::plain(text)]));
        rows.push(vec![
            Cell::dim("try"),
            Cell::plain(format!("kubectl --kubeconfig {} auth whoami", args.out.display())),
        ]);
        output::print(|out| {
            let look = &terminal.out;
            writeln!(
                out,
                "{} kubeconfig of {} for cluster {}",
                look.good("wrote"),
                args.user,
                plan.model.cluster.name
            )?;
            table(out, look, 2, &rows)
        })
    })
}

fn until(not_after: time::OffsetDateTime, shortened: bool) -> String {
    let (date, hour, minute) = (not_after.date(), not_after.hour(), not_after.minute());
    let why = if shortened { ", when its authority ends" } else { "" };
    format!("{date} {hour:02}:{minute:02} UTC{why}")
}

fn none(folder: &std::path::Path) -> CliError {
    CliError::outside(format!("the key store `{}` does not exist", folder.display()))
        .help("run `kmodel render` or `kmodel apply` first, or pass the key store with `--store`")
}

impl Args {
    /// Names that Kubernetes keeps for itself would make a person a part of the cluster.
    fn is_sensible(&self) -> Result<(), CliError> {
        let plain = |name: &str| {
            !name.is_empty() && name.trim() == name && name.len() <= 64 && !name.chars().any(char::is_control)
        };
        let names = std::iter::once(("--user", &self.user)).chain(self.groups.iter().map(|group| ("--group", group)));
        for (option, name) in names {
            if !plain(name) {
                // The upper bound of a common name: RFC 5280, appendix A.1.
                let message = format!(
                    "`{option}` takes a name of 1 to 64 characters without spaces around it or control characters"
                );
                return Err(CliError::usage(message, "as in `--user alice --group developers`"));
            }
        }
        if self.expires < 60 {
            return Err(CliError::usage(
                "`--expires` is too short to use",
                "pass at least a minute, such as `--expires 8h`",
            ));
        }
        match self.user.to_lowercase().starts_with("system:") {
            true => Err(CliError::usage(
                format!(
                    "`{}` is not a person: names that begin with `system:` are those of Kubernetes' own parts",
                    self.user
                ),
                "pass the person's name, and permissions by `--group` and a role binding",
            )),
            false => Ok(()),
        }
    }

    /// What is there may be the kubeconfig of another cluster.
    fn is_free(&self) -> Result<(), CliError> {
        match self.out.symlink_metadata() {
            Ok(there) if there.is_dir() => {
                Err(CliError::usage(format!("`{}` is a folder", self.out.display()), "pass a file in it with `--out`"))
            }
            Ok(_) if !self.force => Err(CliError::outside(format!("`{}` is there already", self.out.display()))
                .help("pass another file, or `--force` to replace it")),
            _ => Ok(()),
        }
    }

    /// The kubeconfig to write it like.
    fn like<'a, 'p>(&self, model: &Model<'_>, known: &'a [ForPeople<'p>]) -> Result<&'a ForPeople<'p>, CliError> {
        let paths = || known.iter().map(|one| one.path.as_str());
        match (&self.like, known) {
            (_, []) => Err(CliError::usage(
                format!("cluster {} has no kubeconfig for people", model.cluster.name),
                "add `deploy admin` to the model, and render it",
            )),
            (None, [one]) => Ok(one),
            (None, _) => Err(CliError::usage(
                format!(
                    "the model has {}: {}",
                    Count(known.len(), "kubeconfig"),
                    paths().collect::<Vec<_>>().join(", ")
                ),
                "say which with `--like`",
            )),
            (Some(like), _) => known.iter().find(|one| one.path == *like).ok_or_else(|| {
                let help = did_you_mean(like, paths(), "`kmodel render` writes them below `kubeconfig/`");
                CliError::usage(format!("the model has no kubeconfig `{like}` for people"), help)
            }),
        }
    }

    /// What is legal and seldom wise.
    fn warnings(&self) -> impl Iterator<Item = String> {
        let masters = self.groups.iter().any(|group| group == MASTERS);
        let masters = masters.then(|| {
            format!("members of {MASTERS} pass every authorization, and nothing can take it back before the end")
        });
        let long = (self.expires > LONG).then(|| {
            format!(
                "Kubernetes cannot revoke a certificate: this one is valid for {}",
                Count(self.expires / 86_400, "day")
            )
        });
        masters.into_iter().chain(long)
    }
}
