//! Changes for people, on a terminal.

use std::io::{self, Write};

use crate::apply::agenda::{AgendaStep, AgendaTurn};
use crate::apply::effect::Class;
use crate::apply::forecast::Forecast;
use crate::cli::change;
use crate::cli::look::Look;
use crate::cli::table::{Cell, labelled, table};
use crate::compile::record::{Cause, FieldChange, FileChange};
use crate::emit::compare::Sort;
use crate::plan::machine_changes::MachineChanges;
use crate::text::{Count, List};

use super::report::Changes;

/// How many machines, and how many files, a step names.
const MACHINES: usize = 8;
const FILES: usize = 12;

/// Writes what would change; with `diff`, how.
pub(super) fn write(
    out: &mut dyn Write,
    look: &Look,
    (changes, forecast): (&Changes, &Forecast),
    (moves, diff): (Option<&MachineChanges<'_>>, bool),
) -> io::Result<()> {
    if changes.empty {
        pending(out, look, &changes.pending)?;
        let count = Count(changes.machines.count, "machine");
        return writeln!(out, "{} no changes: {}, {count}", look.good("ok:"), changes.title());
    }
    writeln!(out, "{} of {}\n", look.bold("Changes"), changes.title())?;
    causes(out, look, &changes.causes)?;
    machines(out, look, (changes, moves))?;
    for (place, one) in changes.steps.iter().enumerate() {
        step(out, look, (place + 1, one))?;
        if diff {
            texts(out, look, (one, forecast))?;
        }
    }
    if !changes.shared.is_empty() {
        writeln!(out, "{}", look.bold("Files that machines share"))?;
        files(out, look, &changes.shared)?;
        writeln!(out)?;
    }
    if changes.reordered {
        writeln!(out, "Applications start in another order: `kmodel plan --show order` has it\n")?;
    }
    pending(out, look, &changes.pending)?;
    writeln!(out, "{} {}", look.bold("Plan:"), changes.totals())
}

/// What a person has to do.
fn pending(out: &mut dyn Write, look: &Look, notes: &[String]) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", look.bold("Pending"))?;
    notes.iter().try_for_each(|note| labelled(out, look, 2, "migrate", note))?;
    writeln!(out)
}

fn causes(out: &mut dyn Write, look: &Look, causes: &[Cause]) -> io::Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", look.bold("Because of"))?;
    let row = |cause: &Cause| {
        let place = if cause.place.is_empty() { "-" } else { &cause.place };
        vec![Cell::plain(sort(cause.change)), Cell::dim(place), Cell::name(&cause.what)]
    };
    table(out, look, 2, &causes.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out)
}

fn sort(change: Sort) -> &'static str {
    match change {
        Sort::New => "new",
        Sort::Gone => "removed",
        Sort::Changed | Sort::Mode => "changed",
    }
}

/// Machines that come and go, if `kmodel.lock` does not say so already.
fn machines(
    out: &mut dyn Write,
    look: &Look,
    (changes, moves): (&Changes, Option<&MachineChanges<'_>>),
) -> io::Result<()> {
    let all = &changes.machines;
    let is_said = |name: &String| {
        moves.is_some_and(|moves| {
            moves.new.contains(&name.as_str()) || moves.departed.iter().any(|departed| departed.name == name)
        })
    };
    let open = |list: &[String]| list.iter().filter(|name| !is_said(name)).cloned().collect::<Vec<_>>();
    let (new, gone) = (open(&all.new), open(&all.gone));
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", look.bold("Machines"))?;
    if !new.is_empty() {
        writeln!(out, "  {} {}", look.good("+"), List::of(new).most(MACHINES))?;
    }
    if !gone.is_empty() {
        writeln!(out, "  {} {}, with all their data", look.bad("-"), List::of(gone).most(MACHINES))?;
    }
    writeln!(out)
}

fn step(out: &mut dyn Write, look: &Look, (number, step): (usize, &AgendaStep)) -> io::Result<()> {
    let machines = List::of(&step.machines).most(MACHINES);
    let program = step.program.as_ref().map(|program| format!("new {program}: ")).unwrap_or_default();
    let class = class(look, step.class);
    writeln!(
        out,
        "{} {class}  {program}{}{}",
        look.bold(&number.to_string()),
        look.name(&machines.to_string()),
        pace(step)
    )?;
    for action in &step.actions {
        labelled(out, look, 4, "-", action)?;
    }
    if step.class != Class::Create && step.class != Class::Remove {
        fields(out, step)?;
        files(out, look, &step.files)?;
    }
    effect(out, look, step)?;
    writeln!(out)
}

/// `, one after another`.
pub(super) fn pace(step: &AgendaStep) -> String {
    match (step.turn, step.machines.len(), step.at_once) {
        (_, 1, _) => String::new(),
        (AgendaTurn::Together, ..) => ", together".to_owned(),
        (_, _, 1) => ", one after another".to_owned(),
        (.., at_once) => format!(", {at_once} at a time"),
    }
}

fn class(look: &Look, class: Class) -> String {
    let word = format!("{class:<8}");
    match class {
        Class::Nothing | Class::Reload => look.dim(&word),
        Class::Create => look.good(&word),
        Class::Restart | Class::Drain => look.warning(&word),
        Class::Recreate | Class::Remove => look.bad(&word),
    }
}

/// What differs from outside, if no action says it already.
fn fields(out: &mut dyn Write, step: &AgendaStep) -> io::Result<()> {
    let said = |text: &String| step.actions.iter().any(|action| action.contains(text.as_str()));
    let texts = step.fields.iter().map(field_text).filter(|text| !said(text));
    texts.into_iter().try_for_each(|text| writeln!(out, "      {text}"))
}

/// `memory 4 GiB -> 8 GiB`.
pub(super) fn field_text(FieldChange { name, from, to }: &FieldChange) -> String {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    match name.as_str() {
        "interfaces" | "disks" => format!("{name} change"),
        _ => format!("{name} {} -> {}", word(from), word(to)),
    }
}

fn files(out: &mut dyn Write, look: &Look, files: &[FileChange]) -> io::Result<()> {
    let row = |file: &FileChange| {
        let sign = match file.change {
            Sort::New => "+",
            Sort::Gone => "-",
            Sort::Changed | Sort::Mode => "~",
        };
        let secret = if file.secret { " (secret)" } else { "" };
        let origin = file.origin.clone().unwrap_or_default();
        vec![Cell::plain(sign), Cell::plain(format!("{}{secret}", file.path)), Cell::dim(origin)]
    };
    let (own, given): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.path.starts_with('/'));
    let shown = if own.is_empty() { given } else { own };
    let rows: Vec<_> = shown.iter().take(FILES).map(|file| row(file)).collect();
    table(out, look, 6, &rows)?;
    match shown.len().saturating_sub(FILES) {
        0 => Ok(()),
        more => writeln!(out, "      and {}", Count(more, "more file")),
    }
}

fn effect(out: &mut dyn Write, look: &Look, step: &AgendaStep) -> io::Result<()> {
    for one in &step.effect.applications {
        let word = if one.state == "broken" { look.bad(&one.state) } else { look.warning(&one.state) };
        writeln!(out, "      meanwhile {} is {word}: {}", look.name(&one.application), one.why)?;
    }
    if !step.effect.clients.is_empty() {
        let names = List::of(&step.effect.clients).most(MACHINES);
        labelled(out, look, 6, "cuts connections of", &names.to_string())?;
    }
    Ok(())
}

/// How files change on the first machine of a step.
fn texts(out: &mut dyn Write, look: &Look, (step, forecast): (&AgendaStep, &Forecast)) -> io::Result<()> {
    let first = forecast.machines.iter().find(|machine| step.machines.first() == Some(&machine.name));
    let is_whole = matches!(step.class, Class::Create | Class::Remove);
    let changed = step.files.iter().filter(|file| file.change == Sort::Changed && file.path.starts_with('/'));
    let Some(machine) = first.filter(|_| !is_whole && changed.clone().count() > 0) else { return Ok(()) };
    for file in changed {
        let name = format!("{}:{}", machine.name, file.path);
        match machine.texts.get(&file.path) {
            _ if file.secret => writeln!(out, "{name}: a secret, changed")?,
            Some((old, new)) => change::write(out, look, &name, "planned", (old, new))?,
            None => writeln!(out, "{name}: changed; the earlier text is not here")?,
        }
    }
    writeln!(out)
}
