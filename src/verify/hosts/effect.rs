//! What commands of a machine do to what runs there: they stop its units, remove its files, change its kernel or its name.
//!
//! A command counts as run wherever it stands in its script, so these are warnings. What it does is a row of `tables/effects.toml`.

use crate::diag::{Code, Diagnostic};
use crate::facts::effect::{self, Effect, Kind};
use crate::model::{Machine, Model, Value};
use crate::render::evidence::{Command, Document, Entry, Flags, Sample, Word};
use crate::source::Span;
use crate::verify::locate;

mod address;
mod edit;
mod filter;
mod kernel;
mod mode;
mod removal;
mod swap;
mod unit;

/// What the commands of one machine break.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let host = Host::of(model, sample);
    let mut found: Vec<Diagnostic> = host.acts.iter().flat_map(|act| judge(&host, act)).collect();
    let of_machines = |act: &Act<'_, '_>| matches!(act.effect.kind, Kind::Names | Kind::Addresses);
    let second: Vec<Act<'_, '_>> = acts(commands(&sample.second)).into_iter().filter(of_machines).collect();
    for problem in second.iter().flat_map(|act| judge(&host, act)) {
        let is_known = found.iter().any(|known| known.labels[0].span == problem.labels[0].span);
        found.extend((!is_known).then_some(problem));
    }
    found.extend(swap::written(&host));
    found
}

fn judge(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Vec<Diagnostic> {
    match act.effect.kind {
        Kind::Stops => unit::stops(host, act),
        Kind::Starts => Vec::new(),
        Kind::Flushes => filter::flushes(host, act).into_iter().collect(),
        Kind::Removes => removal::removes(host, act),
        Kind::Modes => mode::opens(host, act).into_iter().collect(),
        Kind::Swaps => swap::turned_on(host, act).into_iter().collect(),
        Kind::Unloads => kernel::unloads(host, act),
        Kind::Names => address::renames(host, act).into_iter().collect(),
        Kind::Addresses => address::takes(host, act).into_iter().collect(),
        Kind::Edits => edit::edits(host, act),
        Kind::Runs => vec![edit::runs(host, act)],
    }
}

/// A machine with all that its commands do.
struct Host<'a, 'p> {
    model: &'a Model<'p>,
    sample: &'a Sample<'p>,
    commands: Vec<&'a Command<'p>>,
    acts: Vec<Act<'a, 'p>>,
}

/// Something that a command does.
struct Act<'a, 'p> {
    command: &'a Command<'p>,
    effect: Effect,
    /// Its place among the commands.
    place: usize,
}

fn commands<'a, 'p>(entries: &'a [Entry<'p>]) -> Vec<&'a Command<'p>> {
    let of = |entry: &'a Entry<'p>| if let Entry::Command(command) = entry { Some(command) } else { None };
    entries.iter().filter_map(of).collect()
}

fn acts<'a, 'p>(commands: Vec<&'a Command<'p>>) -> Vec<Act<'a, 'p>> {
    let of = |(place, command): (usize, &'a Command<'p>)| {
        let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
        effect::of(&words).into_iter().map(move |effect| Act { command, effect, place }).collect::<Vec<_>>()
    };
    commands.into_iter().enumerate().flat_map(of).collect()
}

impl<'a, 'p> Host<'a, 'p> {
    fn of(model: &'a Model<'p>, sample: &'a Sample<'p>) -> Self {
        let commands = commands(&sample.entries);
        Self { model, sample, acts: acts(commands.clone()), commands }
    }

    /// The flags of a program that runs on the machine itself.
    fn flags(&self, program: &str) -> Option<&'a Flags<'p>> {
        self.sample.entries.iter().find_map(|entry| match entry {
            Entry::Flags(flags) if &*flags.program == program && flags.on_host && !flags.is_idle => Some(flags),
            _ => None,
        })
    }

    /// The commands that run after one, as far as it is known.
    fn after(&self, act: &Act<'_, '_>) -> impl Iterator<Item = &&'a Command<'p>> {
        let (place, unit) = (act.place, act.command.unit.clone());
        let is_after = move |(other, command): &(usize, &&Command<'_>)| *other > place || command.unit != unit;
        self.commands.iter().enumerate().filter(is_after).map(|(_, command)| command)
    }

    /// Whether a unit is started only when another one is up.
    fn is_before(&self, unit: &str, others: &[&str]) -> bool {
        let mut services = self.sample.services.iter().filter(|service| &*service.name == unit);
        services.any(|service| {
            let mut named = service.values("Unit", "Before").flat_map(|(_, value, _)| value.split_whitespace());
            named.any(|name| others.contains(&name))
        })
    }

    /// The records of a kind in files of the machine.
    fn of_kind(&self, kind: &str) -> Vec<&'a Value> {
        let is_it = |value: &&Value| match value.reveal() {
            Value::Record(record) => record.get("kind").and_then(Value::scalar_text).as_deref() == Some(kind),
            _ => false,
        };
        let all = |document: &'a Document<'p>| match document.value() {
            Some(value) => match value.reveal() {
                Value::List(list) => list.iter().collect(),
                _ => vec![value],
            },
            None => Vec::new(),
        };
        self.sample.documents().flat_map(all).filter(is_it).collect()
    }
}

impl<'a, 'p> Act<'a, 'p> {
    fn operands(&self) -> impl Iterator<Item = &'a Word<'p>> {
        self.effect.operands.iter().map(|place| &self.command.words[*place])
    }

    fn program(&self) -> &'a str {
        self.command.words[0].text.rsplit('/').next().unwrap_or_default()
    }

    /// The machine that it runs on.
    fn machine<'m>(&self, model: &'m Model<'_>) -> Option<&'m Machine> {
        self.command.owner.machine.map(|machine| model.machine(machine))
    }

    /// The program and its first words, as a message names it.
    fn said(&self) -> String {
        let words: Vec<&str> = self.command.words.iter().map(|word| &*word.text).collect();
        let text = [&[self.program()], &words[1..]].concat().join(" ").replace('`', "'");
        let line = text.lines().next().unwrap_or_default();
        let end = line.char_indices().nth(60).map_or(line.len(), |(end, _)| end);
        if end < line.len() { format!("{}…", &line[..end]) } else { line.to_owned() }
    }

    fn span(&self, model: &Model<'_>, word: &Word<'_>) -> Span {
        locate::word::span(model, self.command.owner, &word.written)
    }

    fn first(&self, model: &Model<'_>) -> Span {
        self.span(model, &self.command.words[0])
    }
}

/// Whether only the machine knows a word.
fn is_unknown(word: &Word<'_>) -> bool {
    word.text.contains(['$', '`'])
}

/// That a word of a command is not examined.
fn not_read(model: &Model<'_>, act: &Act<'_, '_>, word: &Word<'_>, what: &str) -> Diagnostic {
    let text = word.text.replace('`', "'");
    let message = format!("`{text}` is not examined: only the machine knows what `{}` {what}", act.program());
    let help = "write it out, or `allow not-read \"...\"` with the reason";
    Diagnostic::new(Code::NotRead, act.span(model, word), message).help(help)
}

fn unwise(span: Span, message: String, help: impl Into<crate::diag::Help>) -> Diagnostic {
    Diagnostic::new(Code::UnwiseSetting, span, message).help(help)
}
