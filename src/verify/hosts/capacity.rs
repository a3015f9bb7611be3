//! Every machine can hold what is placed on it: processors, memory and disk, beside what its system keeps.

use crate::diag::{Code, Diagnostic};
use crate::model::build::machine::SYSTEM_CORES;
use crate::model::mention::in_expr;
use crate::model::scope::Scope;
use crate::model::{AppId, Group, MachineId, Model, UnitId, Value};
use crate::plan::{Proof, keep};
use crate::syntax::ast::{ItemKind, Needs, NeedsKind};
use crate::text::Count;

/// What is needed of a machine: processors, bytes of memory, bytes of disk.
type Amounts = [f64; 3];

const NAMES: [&str; 3] = ["cores", "memory", "disk"];

/// Adds up what components say they need.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let needs = Demand::of(model, problems);
    let mut sums: Vec<Amounts> = vec![[0.0; 3]; model.machines.len()];
    needs.each(model, |machine, amounts, _| {
        for (sum, amount) in sums[machine.index()].iter_mut().zip(amounts) {
            *sum += amount;
        }
    });
    for group in &model.groups {
        for kind in 0..3 {
            problems.extend(check_group(model, group, kind, &sums, &needs));
        }
    }
    let statement = format!("{} with enough capacity for all applications", Count(model.machines.len(), "machine"));
    Proof { name: "capacity", statement, count: model.machines.len() }
}

/// What a machine offers beside its system; the disks that are mounted on it come to that.
pub(super) fn offer(group: &Group) -> Amounts {
    let (cores, memory) = group.system;
    [group.cores - cores, group.memory as f64 - memory as f64, group.disk as f64]
}

/// The bytes of the disks that the machines of a group have mounted, on the one that has least; any number where a size is not known.
fn mounted(model: &Model<'_>, group: &Group) -> f64 {
    let of = |id: u32| {
        let disks = model.machine(MachineId(id)).disks.iter();
        let used = disks.filter(|disk| disk.volumes.iter().any(|volume| !volume.mount.is_empty()));
        used.map(|disk| disk.size.map_or(f64::INFINITY, |bytes| bytes as f64)).sum::<f64>()
    };
    group.machines.clone().map(of).fold(f64::INFINITY, f64::min)
}

/// What each unit needs, for the applications that say so.
struct Demand {
    /// The application, and either the same for all its units or one for each.
    apps: Vec<(AppId, Vec<Amounts>)>,
}

impl Demand {
    fn of(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let apps = model.apps().filter_map(|(app, _)| Some((app, demand(model, app, problems)?)));
        Self { apps: apps.collect() }
    }

    fn each(&self, model: &Model<'_>, mut take: impl FnMut(MachineId, Amounts, AppId)) {
        for (app, amounts) in &self.apps {
            for (place, unit) in model.units_of(*app).enumerate() {
                let Some(machine) = model.unit(unit).machine else { continue };
                let amount = if amounts.len() == 1 { amounts[0] } else { amounts[place] };
                take(machine, amount, *app);
            }
        }
    }
}

/// What the units of an application need; `None` when its component does not say.
fn demand(model: &Model<'_>, app: AppId, problems: &mut Vec<Diagnostic>) -> Option<Vec<Amounts>> {
    let items = model.component_of(app).ast.items.iter();
    let needs: Vec<&Needs> = items
        .filter_map(|item| match &item.kind {
            ItemKind::Needs(needs) => Some(needs),
            _ => None,
        })
        .filter(|needs| matches!(needs.kind, NeedsKind::Cores(_) | NeedsKind::Memory(_) | NeedsKind::Disk(_)))
        .collect();
    if needs.is_empty() {
        return None;
    }
    let count = if needs.iter().any(|needs| varies(model, app, needs)) { usize::MAX } else { 1 };
    Some(model.units_of(app).take(count).map(|unit| of_unit(model, unit, &needs, problems)).collect())
}

fn of_unit(model: &Model<'_>, unit: UnitId, needs: &[&Needs], problems: &mut Vec<Diagnostic>) -> Amounts {
    let mut scope = Scope::unit(model, unit);
    let mut amounts = [0.0; 3];
    for need in needs {
        let (kind, expr) = match &need.kind {
            NeedsKind::Cores(expr) => (0, expr),
            NeedsKind::Memory(expr) => (1, expr),
            NeedsKind::Disk(expr) => (2, expr),
            _ => continue,
        };
        let Some(true) = keep(model.holds(&mut scope, need.condition.as_ref()), problems) else { continue };
        amounts[kind] += match keep(model.eval(&mut scope, expr), problems) {
            Some(Value::Int(n)) => n as f64,
            Some(Value::Float(n)) => n,
            Some(Value::Size(bytes)) => bytes as f64,
            _ => 0.0,
        };
    }
    amounts
}

/// Whether a need may come out differently on two units.
fn varies(model: &Model<'_>, app: AppId, needs: &Needs) -> bool {
    let component = model.component_of(app);
    let mut varies = false;
    let mut look = |expr| {
        in_expr(expr, &mut |name, _, _| varies |= matches!(name, "machine" | "unit") || component.local(name).is_some())
    };
    if let NeedsKind::Cores(expr) | NeedsKind::Memory(expr) | NeedsKind::Disk(expr) = &needs.kind {
        look(expr);
    }
    needs.condition.iter().for_each(look);
    varies
}

/// One problem a group and kind: what is too small is so for all machines that carry the same.
fn check_group(model: &Model<'_>, group: &Group, kind: usize, sums: &[Amounts], needs: &Demand) -> Option<Diagnostic> {
    let offered = offer(group)[kind] + if kind == 2 { mounted(model, group) } else { 0.0 };
    // A part of a thousandth is what adding up parts may be wrong by. Processors are shared in time: what is kept for the
    // system by default may be lent.
    let lent = if kind == 0 { group.system.0.min(SYSTEM_CORES) } else { 0.0 };
    let short = |id: &u32| sums[*id as usize][kind] > offered + lent + offered.abs() * 1e-6;
    let mut machines = group.machines.clone().filter(short);
    let first = MachineId(machines.next()?);
    let others = machines.count();
    let sum = sums[first.index()][kind];
    let who = match others {
        0 => format!("`{}`", model.machine(first).name),
        more => format!("`{}` and {more} more", model.machine(first).name),
    };
    let left = if kind == 2 { "" } else { " besides the share reserved for the system" };
    let message = format!(
        "the applications on {who} need {} of `{}`, but {} is available{left}",
        shown(kind, sum),
        NAMES[kind],
        shown(kind, offered.max(0.0)),
    );
    let mut parts = Vec::new();
    needs.each(model, |machine, amounts, app| {
        if machine == first && amounts[kind] > 0.0 {
            parts.push((amounts[kind], app));
        }
    });
    parts.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let list: Vec<String> =
        parts.iter().map(|(amount, app)| format!("`{}` {}", model.app(*app).name, shown(kind, *amount))).collect();
    let mut problem = Diagnostic::new(Code::MachineTooSmall, group.span, message).here("these machines");
    for (_, app) in parts.iter().take(3) {
        problem = problem.label(model.app(*app).span, "deployed here");
    }
    let more = format!("increase `{}`, or move applications to other machines: {}", NAMES[kind], list.join(", "));
    Some(problem.help(more))
}

/// `1.5`, `768MiB`, `2.5GiB`.
fn shown(kind: usize, amount: f64) -> String {
    let rounded = |value: f64| format!("{}", (value * 100.0).round() / 100.0);
    let mib = amount / f64::from(1 << 20);
    match kind {
        0 => rounded(amount),
        _ if mib < 1024.0 => format!("{}MiB", mib.round()),
        _ => format!("{}GiB", rounded(mib / 1024.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn amounts_are_shown_in_the_unit_that_fits() {
        const MIB: f64 = (1 << 20) as f64;
        let memory = [0.0, 768.0, 1023.0, 1024.0, 1536.0, 10_000.0].map(|mib| shown(1, mib * MIB));
        assert_eq!(memory, ["0MiB", "768MiB", "1023MiB", "1GiB", "1.5GiB", "9.77GiB"]);
        assert_eq!([2.0, 1.5, 0.125].map(|cores| shown(0, cores)), ["2", "1.5", "0.13"]);
    }
}
