//! A shell script as far as it can be known without running it: its commands with the values of variables that it sets, and
//! the files that it writes.
//!
//! A command counts as run wherever it stands: behind a condition, in a loop, in a function. Those in a loop over known words are there for each
//! word, and those in a function for each call. What only the machine knows
//! (substitutions, parameters, variables of the environment) stays in a word as it is written, with its `$`.

mod branch;
mod budget;
mod function;
pub mod grammar;
mod reader;
mod repeated;
mod starter;
mod token;
mod variable;
mod written;

pub(super) use starter::place_of_program;
pub(super) use written::written;

use crate::render::branch::Branch;

use budget::Budget;
use reader::Reader;
use token::is_name;

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub text: String,
    /// As it is written, on that line.
    pub raw: String,
    pub line: usize,
    /// The file that it is written in, if a script reads it from another one.
    pub file: Option<String>,
    /// Whether something in it is known to the machine only.
    pub unknown: bool,
}

/// A command that a script starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub words: Vec<Field>,
    /// What it reads: a here-document, or what the command before it in a pipe prints.
    pub input: Option<Field>,
    /// The file that it writes to, and whether at its end.
    pub output: Option<(Field, bool)>,
    /// Whether it is the text after a quote or a parenthesis that is never closed, in place of a command.
    pub is_unclosed: bool,
    /// Whether it reads what the one before it prints.
    is_piped: bool,
    /// What that is known by: the URL that it is fetched from, or the program that prints it.
    pub from: Option<Field>,
    /// The arms that it stands in.
    pub branch: Branch,
}

/// How deep a script may be in another one: `sh -c "sh -c ..."`.
const DEPTH: u32 = 4;

/// The text of a file that a script reads its variables from.
pub(super) type Sources<'s> = &'s dyn Fn(&str) -> Option<String>;

/// The commands of a script, in order; those of the scripts that it gives to a shell in their place.
pub(super) fn commands(text: &str, sources: Sources<'_>) -> Vec<Command> {
    inside(text, (sources, &Budget::default()), DEPTH)
}

fn inside(text: &str, around: (Sources<'_>, &Budget), depth: u32) -> Vec<Command> {
    let list = Reader::of(text, around, depth).read();
    let opened = list.into_iter().flat_map(|command| match script(&command) {
        Some(script) if depth > 0 => {
            let first = script.line.saturating_sub(1);
            let mut list = inside(&script.text, around, depth - 1);
            let own = list.iter_mut().flat_map(|command| &mut command.words).filter(|word| word.file.is_none());
            own.for_each(|word| word.line += first);
            let within = |own: &Branch| branch::within(&command.branch, own, depth);
            list.iter_mut().for_each(|own| own.branch = within(&own.branch));
            list
        }
        _ => vec![command],
    });
    opened.collect()
}

/// The script that a command runs: `/bin/sh -ec '...'`, `bash <<END`, `eval '...'`.
fn script(command: &Command) -> Option<Field> {
    let (first, rest) = command.words.split_first()?;
    if let Some(place) = place_of_script(command.words.iter().map(|word| &*word.text)) {
        return command.words.get(place).cloned();
    }
    if first.text == "eval" && !rest.is_empty() && !rest.iter().any(|word| word.unknown) {
        let text = rest.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
        return Some(Field { text, ..rest[0].clone() });
    }
    command.input.clone().filter(|input| !input.unknown && reads_script(&command.words))
}

/// Whether a command is a shell that runs what it reads from its input.
pub(super) fn reads_script(words: &[Field]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let mut rest = rest.iter().map(|word| &*word.text);
    let is_option = |word: &str| word.starts_with('-') && !word.contains('c') || word.starts_with("--");
    is_shell(&program.text) && (words.iter().any(|word| word.text == "-s") || rest.all(is_option))
}

fn is_shell(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("sh" | "bash" | "dash" | "ash"))
}

/// Where the script stands among the words of a command, if that is a shell with one.
pub(super) fn place_of_script<'a>(words: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut words = words.enumerate();
    let (_, program) = words.next()?;
    if matches!(program, "su" | "/bin/su" | "/usr/bin/su") {
        let (place, _) = words.find(|(_, word)| matches!(*word, "-c" | "--command"))?;
        return words.next().map(|_| place + 1);
    }
    // `flock FILE -c '...'`
    if program == "-c" {
        return words.next().map(|(place, _)| place);
    }
    if !is_shell(program) {
        return None;
    }
    let (mut is_command, mut is_value) = (false, false);
    for (place, word) in words {
        match word.strip_prefix(['-', '+']) {
            // `-o pipefail`
            _ if is_value => is_value = false,
            Some(long) if long.starts_with('-') => {}
            Some(option) => (is_command, is_value) = (is_command || option.contains('c'), option.contains('o')),
            None => return is_command.then_some(place),
        }
    }
    None
}

/// What declares variables.
const DECLARING: &[&str] = &["export", "local", "readonly", "declare", "typeset"];

/// The name and the value of `NAME=value`, and whether the value is added to what the variable has: `NAME+=value`.
fn assigned(text: &str) -> Option<(&str, &str, bool)> {
    let (name, value) = text.split_once('=')?;
    let (name, adds) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let is_whole = name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit()) && name.chars().all(is_name);
    is_whole.then_some((name, value, adds))
}

#[cfg(test)]
mod tests;
