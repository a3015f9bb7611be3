//! What a command of a script does when it ends: it sets variables, calls a function, or starts a program.

use super::super::starter::program;
use super::super::{Command, DECLARING, Field, assigned, written};
use super::Reader;

impl Reader<'_> {
    /// Ends a command: takes what it assigns, and keeps it if it starts a program.
    pub(super) fn end(&mut self) {
        let mut command = std::mem::take(&mut self.command);
        self.redirection = None;
        let first = command.words.first().map(|word| word.text.clone()).unwrap_or_default();
        match &*first {
            "for" | "select" | "read" | "unset" | "case" => {
                match &*first {
                    "case" => self.branches.case(),
                    "for" | "select" => self.branches.opens(),
                    _ => {}
                }
                self.depth += usize::from(!matches!(&*first, "read" | "unset"));
                command.words.iter().skip(1).for_each(|word| self.variables.set(word.text.clone(), None));
                return;
            }
            "function" => _ = command.words.remove(0),
            // What it sets is known to the machine only.
            first if first.starts_with("((") => return self.variables.forgets(first),
            first if DECLARING.contains(&first) => _ = command.words.remove(0),
            _ => {}
        }
        let count = command.words.iter().take_while(|word| assigned(&word.text).is_some()).count();
        let before: Vec<Field> = command.words.drain(..count).collect();
        if command.words.is_empty() {
            before.into_iter().for_each(|word| self.assign(word));
        } else {
            if command.is_piped && command.input.is_none() {
                let printed = self.list.last().and_then(written::printed);
                command.input = printed.filter(|printed| self.budget.makes(printed.text.len()));
                command.from = self.list.last().and_then(origin);
            }
            let words = program(&command.words).to_vec();
            self.start(Command { words, ..command });
        }
    }

    fn start(&mut self, command: Command) {
        let name = command.words.first().map(|word| &*word.text).unwrap_or_default();
        match name {
            "." | "source" => self.source(&command),
            "shift" => {
                let rest = self.variables.get("@").map(<[Field]>::to_vec).unwrap_or_default();
                self.variables.positions(rest.into_iter().skip(1).collect());
            }
            "set" if command.words.get(1).is_some_and(|word| word.text == "--") && self.is_sure() => {
                self.variables.positions(command.words[2..].to_vec());
            }
            _ if self.calls(&command) => return,
            _ => {}
        }
        let command = Command { branch: self.branches.here(), ..command };
        // In a loop it may be the same each time.
        let is_known = |known: &Command| {
            (&known.words, &known.input, &known.output) == (&command.words, &command.input, &command.output)
        };
        if self.open == 0 || !self.list.iter().any(is_known) {
            self.list.push(command);
        }
    }

    fn assign(&mut self, word: Field) {
        let Some((name, value, adds)) = assigned(&word.text) else { return };
        let (name, text) = (name.to_owned(), value.to_owned());
        let known = (self.is_sure() && !word.unknown).then_some(Field { text, ..word });
        match adds {
            true => self.variables.add(name, known),
            false => self.variables.set(name, known.map(|word| vec![word])),
        }
    }
}

/// What a command takes what it prints from: a URL, or itself.
fn origin(command: &Command) -> Option<Field> {
    let is_url = |word: &&Field| word.text.contains("://");
    command.words.iter().find(is_url).or(command.words.first()).cloned()
}
