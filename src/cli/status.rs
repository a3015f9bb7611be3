//! `kmodel status`: the state of a running cluster.

use std::io::{self, Write};

use crate::apply::status::{AddressStatus, CertificateStatus, MachineStatus, RelationStatus, Status};
use crate::text::Count;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::observation::{ClusterArgs, exit, observe};
use super::plan::Detail;
use super::table::{Cell, labelled, table};
use super::{Terminal, output};

/// Certificates that expire within this many days are highlighted.
const SOON: i64 = 30;

/// Show the state of the running cluster: machines, units, relations and certificates
///
/// Inspects every machine through the client of LXD, Incus or OpenSSH, tests each relation from the connecting machine with the
/// certificate that it would present, and reads when certificates expire. Changes nothing. Exits with 4 if anything
/// differs from the model.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Print JSON; the format is described in docs/commands.md
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Show every unit, connection and certificate, including healthy ones
    #[arg(long)]
    all: bool,
}

/// Observes the cluster and prints its state.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let Some(observation) = observe("status", &args.cluster, terminal)? else { return Ok(Exit::Problems) };
    let status = observation.status();
    output::print(|out| {
        if args.json {
            serde_json::to_writer_pretty(&mut *out, &status)?;
            return writeln!(out);
        }
        let place = observation.access.provider().place();
        write(out, &terminal.out, (&status, &place), if args.all { Detail::Each } else { Detail::Grouped })
    })?;
    Ok(exit(&status))
}

/// The whole page: each item, or only counts of healthy ones.
pub fn write(out: &mut dyn Write, look: &Look, (status, place): (&Status, &str), detail: Detail) -> io::Result<()> {
    writeln!(out, "{} on {place}", look.bold(&status.cluster))?;
    let page = StatusPage { look, all: detail == Detail::Each };
    page.machines(out, &status.machines)?;
    page.relations(out, &status.relations)?;
    page.addresses(out, &status.addresses)?;
    page.certificates(out, &status.certificates)?;
    writeln!(out)?;
    match status.changes {
        None => writeln!(out, "No key store found, so the files on the machines were not compared.")?,
        Some(0) => {}
        Some(changes) => {
            writeln!(
                out,
                "{} needed to match the model: `kmodel apply FILE --dry-run` lists them",
                Count(changes, "change")
            )?;
        }
    }
    match status.well {
        true => writeln!(out, "{} the cluster matches the model", look.good("ok:")),
        false => writeln!(out, "{} the cluster does not match the model", look.error("error:")),
    }
}

struct StatusPage<'a> {
    look: &'a Look,
    all: bool,
}

impl StatusPage<'_> {
    fn heading(&self, out: &mut dyn Write, name: &str, number: usize) -> io::Result<()> {
        writeln!(out, "\n{} ({number})", self.look.bold(name))
    }

    fn sign(&self, well: bool) -> String {
        match well {
            true => self.look.good(self.look.pick("✓", "ok")),
            false => self.look.error(self.look.pick("✗", "!!")),
        }
    }

    fn machines(&self, out: &mut dyn Write, machines: &[MachineStatus]) -> io::Result<()> {
        self.heading(out, "Machines", machines.len())?;
        let row = |machine: &MachineStatus| {
            let up = machine.units.iter().filter(|unit| unit.state == "up").count();
            let units = format!("{up} of {} up", Count(machine.units.len(), "unit"));
            let units = if machine.boot.is_some() { units } else { String::new() };
            let reason = machine.reason.clone().unwrap_or_default();
            vec![
                Cell::name(&machine.name),
                Cell::plain(&machine.state),
                Cell::plain(machine.boot.unwrap_or_default()),
                Cell::plain(units),
                Cell::plain(reason),
            ]
        };
        table(out, self.look, 2, &machines.iter().map(row).collect::<Vec<_>>())?;
        let units = machines.iter().flat_map(|machine| machine.units.iter().map(move |unit| (machine, unit)));
        let shown: Vec<_> = units.filter(|(_, unit)| self.all || unit.state != "up").collect();
        if shown.is_empty() {
            return Ok(());
        }
        self.heading(out, if self.all { "Units" } else { "Units that are not up" }, shown.len())?;
        let rows = shown
            .iter()
            .map(|(machine, unit)| vec![Cell::name(&machine.name), Cell::plain(&unit.name), Cell::plain(&unit.state)]);
        table(out, self.look, 2, &rows.collect::<Vec<_>>())
    }

    /// A line per relation, and below it each connection that fails.
    fn relations(&self, out: &mut dyn Write, relations: &[RelationStatus]) -> io::Result<()> {
        let same = |a: &RelationStatus, b: &RelationStatus| a.from == b.from && a.to == b.to;
        let groups: Vec<&[RelationStatus]> = relations.chunk_by(same).collect();
        self.heading(out, "Relations", groups.len())?;
        let arrow = self.look.pick("→", "->");
        for group in groups {
            let (ok, first) = (group.iter().filter(|one| one.state == "ok").count(), &group[0]);
            let sign = self.sign(group.iter().all(|one| one.state != "failed"));
            let how = if first.tls { "TLS" } else { "TCP" };
            let of = Count(group.len(), "connection");
            writeln!(out, "  {sign} {} {arrow} {}  {how}, {ok} of {of}", first.from, first.to)?;
            for one in group.iter().filter(|one| self.all || one.state != "ok") {
                let text = match &one.reason {
                    Some(reason) => format!("{} {arrow} {}: {reason}", one.machine, one.address),
                    None => format!("{} {arrow} {}", one.machine, one.address),
                };
                labelled(out, self.look, 6, one.state, &text)?;
            }
        }
        Ok(())
    }

    /// Who holds each address that machines share; nothing where there is none.
    fn addresses(&self, out: &mut dyn Write, addresses: &[AddressStatus]) -> io::Result<()> {
        if addresses.is_empty() {
            return Ok(());
        }
        self.heading(out, "Shared addresses", addresses.len())?;
        for one in addresses {
            let holder = match one.holders.as_deref() {
                None => "not known which machine has it".to_owned(),
                Some([]) => "no machine has it".to_owned(),
                Some([holder]) => format!("held by {}", self.look.name(holder)),
                Some(holders) => format!("held by several machines at once: {}", holders.join(", ")),
            };
            let others = match one.holders.as_deref() {
                Some([_]) if !one.others.is_empty() => format!("; can move to {}", one.others.join(", ")),
                _ => String::new(),
            };
            writeln!(out, "  {} {}  {}  {holder}{others}", self.sign(one.is_held()), one.application, one.address)?;
        }
        Ok(())
    }

    fn certificates(&self, out: &mut dyn Write, certificates: &[CertificateStatus]) -> io::Result<()> {
        self.heading(out, "Certificates", certificates.len())?;
        let first = certificates.iter().min_by_key(|certificate| certificate.days_left.unwrap_or(i64::MIN));
        let worth = |certificate: &&CertificateStatus| {
            self.all || certificate.days_left.is_none_or(|days| days < SOON) || Some(*certificate) == first
        };
        for certificate in certificates.iter().filter(worth) {
            let days = certificate.days_left;
            let left = match days {
                None => "missing or unreadable".to_owned(),
                Some(days) if days < 0 => format!("expired {} ago", Count(days.unsigned_abs() as usize, "day")),
                Some(days) => format!("{} left", Count(days as usize, "day")),
            };
            let sign = self.sign(days.is_some_and(|days| days >= 0));
            let next = if !self.all && Some(certificate) == first { " (the first to expire)" } else { "" };
            let warn = if days.is_some_and(|days| (0..SOON).contains(&days)) { self.look.warning(&left) } else { left };
            writeln!(out, "  {sign} {} {}  {warn}{next}", self.look.name(&certificate.machine), certificate.path)?;
        }
        Ok(())
    }
}
