//! `kmodel pki status`: every key and certificate, until when, and what stops then.

use std::io::{self, Write};

use serde::Serialize;
use time::{Date, Duration};

use crate::cli::exit::{CliError, Exit};
use crate::cli::look::Look;
use crate::cli::table::{Cell, labelled, line, table, widths};
use crate::cli::{Terminal, duration, output, report};
use crate::compile::missing_keys;
use crate::pki::Store;
use crate::pki::recorded::KeyUse;
use crate::pki::rotation::Beside;
use crate::plan::Plan;
use crate::plan::issue_status::issue_status;
use crate::plan::lifetime::{Ending, Lifetimes, lifetimes};
use crate::text::{Count, thousands};
use crate::world;

use super::KeysArgs;

/// Show until when authorities and certificates are valid, what stops working when they end, and what is being rotated
///
/// Reads the model and the key store only. What runs on the machines is shown by `kmodel status`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    /// Mark what ends within this time, and exit with 4 if something does, or if the key store lacks keys: `30d`
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    within: Option<u64>,
    /// Print JSON; the format is described in docs/commands.md
    #[arg(long)]
    json: bool,
}

/// All that is printed.
#[derive(Serialize)]
struct KeysStatus<'a> {
    cluster: &'a str,
    today: String,
    authorities: Vec<KeyStatus<'a>>,
    certificates: Vec<KeyStatus<'a>>,
    keys: Vec<OtherKey<'a>>,
    /// The day by which a render has to be, for nothing to end; absent if the cluster does not say when to renew.
    render_by: Option<&'a str>,
}

/// An authority, or the certificates of one kind.
#[derive(Serialize)]
struct KeyStatus<'a> {
    #[serde(flatten)]
    ending: &'a Ending,
    days: i64,
    /// It ends within the time that was asked for, or has ended.
    soon: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotating: Option<Beside>,
}

/// A key pair or a secret, which have no end.
#[derive(Serialize)]
struct OtherKey<'a> {
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotating: Option<Beside>,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    args.keys.with_plan(terminal, |plan, opened, folder| {
        let (store, now) = (Store::open_read(&folder)?, world::now());
        let lost = missing_keys::warnings(plan, store.as_ref(), &folder);
        report::show(&opened.checked.program.sources, &lost, args.keys.model.message_format, &terminal.err);
        let status = issue_status(&plan.pki.request, store.as_ref(), now)?;
        let all = lifetimes(plan, &status, now, Date::MAX);
        let seconds = args.within.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX / 4));
        let until = seconds.map_or(now.date(), |seconds| {
            now.checked_add(Duration::seconds(seconds)).map_or(Date::MAX, time::OffsetDateTime::date)
        });
        let shown = KeysStatus::new(plan, store.as_ref(), (&all, now.date(), until));
        output::print(|out| match args.json {
            true => {
                serde_json::to_writer_pretty(&mut *out, &shown)?;
                writeln!(out)
            }
            false => shown.write(out, &terminal.out),
        })?;
        let soon = shown.authorities.iter().chain(&shown.certificates).any(|one| one.soon);
        Ok(if (soon || !lost.is_empty()) && args.within.is_some() { Exit::Differs } else { Exit::Ok })
    })
}

impl<'a> KeysStatus<'a> {
    fn new(plan: &'a Plan<'_>, store: Option<&Store>, (all, today, until): (&'a Lifetimes, Date, Date)) -> Self {
        let request = &plan.pki.request;
        let rotating = |of, name: &str| store.and_then(|store| store.rotating((of, name)));
        let of = |ending: &'a Ending, rotating| KeyStatus {
            days: ending.end.map_or(0, |end| (end - today).whole_days()),
            soon: ending.end.is_some_and(|end| end <= until),
            ending,
            rotating,
        };
        let keypairs = request.keypairs.iter().map(|spec| OtherKey {
            name: &spec.name,
            kind: "key pair",
            rotating: rotating(KeyUse::Keypair, &spec.name),
        });
        let secrets = request.secrets.iter().map(|spec| OtherKey { name: &spec.name, kind: "secret", rotating: None });
        Self {
            cluster: &plan.model.cluster.name,
            today: today.to_string(),
            authorities: all.authorities.iter().map(|one| of(one, rotating(KeyUse::Authority, &one.name))).collect(),
            certificates: all.certificates.iter().map(|one| of(one, None)).collect(),
            keys: keypairs.chain(secrets).collect(),
            render_by: all.render_by.as_deref(),
        }
    }

    fn write(&self, out: &mut dyn Write, look: &Look) -> io::Result<()> {
        writeln!(out, "{} on {}\n", look.bold(self.cluster), self.today)?;
        for (title, list) in [("Authorities", &self.authorities), ("Certificates", &self.certificates)] {
            writeln!(out, "{} {}", look.bold(title), look.dim(&format!("({})", list.len())))?;
            endings(out, look, list)?;
            writeln!(out)?;
        }
        if !self.keys.is_empty() {
            writeln!(out, "{} {}", look.bold("Keys and secrets"), look.dim(&format!("({})", self.keys.len())))?;
            let row = |key: &OtherKey<'_>| {
                vec![Cell::name(key.name), Cell::plain(key.kind), Cell::plain(key.rotating.map_or("", beside))]
            };
            table(out, look, 2, &self.keys.iter().map(row).collect::<Vec<_>>())?;
            writeln!(out)?;
        }
        match self.render_by {
            Some(date) => writeln!(out, "Render and apply by {date}, and nothing expires (`renew` of the cluster)"),
            None => writeln!(out, "Set `renew = 30d` in the cluster, and a render renews what ends within 30 days"),
        }
    }
}

fn endings(out: &mut dyn Write, look: &Look, list: &[KeyStatus<'_>]) -> io::Result<()> {
    let heads: Vec<_> = list.iter().map(|one| head(look, one)).collect();
    let widths = widths(&heads);
    for (head, one) in heads.iter().zip(list) {
        line(out, look, 2, &widths, head)?;
        if !one.ending.stops.is_empty() {
            labelled(out, look, 14, "then", &one.ending.stops.join(", "))?;
        }
    }
    Ok(())
}

fn head(look: &Look, one: &KeyStatus<'_>) -> Vec<Cell> {
    let mark = match one.days {
        ..=0 => look.pick("✗", "!!"),
        _ if one.soon => look.pick("!", "! "),
        _ => "",
    };
    let left = match (one.ending.issued, one.days) {
        (false, _) => "not issued yet".to_owned(),
        (true, ..=0) => "expired".to_owned(),
        (true, days) => Count(days, "day").to_string(),
    };
    let many = match one.ending.total {
        1 => String::new(),
        total => thousands(total),
    };
    let ends = if one.ending.issued { one.ending.ends.as_str() } else { "" };
    vec![
        Cell::plain(mark),
        Cell::plain(ends),
        Cell::plain(left),
        Cell::name(&one.ending.name),
        Cell::plain(many),
        Cell::plain(one.rotating.map_or("", beside)),
    ]
}

const fn beside(beside: Beside) -> &'static str {
    match beside {
        Beside::Next => "rotating: a new one is trusted, the old one signs",
        Beside::Former => "rotating: the new one signs, the old one is trusted",
    }
}
