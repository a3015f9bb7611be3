//! What a script reads more than once or from elsewhere: loops over known words, functions where they are called, sourced files.

use super::super::{Command, Field};
use super::{Reader, repeated};

/// How deep calls and loops may be in each other, and how many words a loop may have.
const OPEN: usize = 6;
const REPEATS: usize = 64;

impl Reader<'_> {
    /// Reads the body of a loop for each of its words, if these are known.
    pub(super) fn repeats(&mut self, found: &repeated::Loop<'_>) -> bool {
        let words: Vec<Field> = found.words.iter().flat_map(|word| self.fields(word)).collect();
        let is_known = |word: &Field| !word.unknown && !word.text.contains(['*', '?', '{']);
        let name = found.name.to_owned();
        if words.len() > REPEATS || self.open >= OPEN || !words.iter().all(is_known) {
            return false;
        }
        if !self.budget.reads(found.body, words.len()) {
            return false;
        }
        self.open += 1;
        for word in words {
            self.variables.set(name.clone(), Some(vec![word]));
            self.run(found.body);
        }
        self.open -= 1;
        self.variables.set(name, None);
        true
    }

    /// Reads the body of a function that a command calls.
    pub(super) fn calls(&mut self, command: &Command) -> bool {
        let Some((first, given)) = command.words.split_first() else { return false };
        let Some((name, body)) = self.functions.iter().rev().find(|(name, _)| *name == first.text).cloned() else {
            return false;
        };
        if self.open >= OPEN || !self.budget.reads(&body, 1) {
            return false;
        }
        self.open += 1;
        self.called.push(name);
        let before = self.variables.positions(given.to_vec());
        self.branches.opens();
        self.run(&body);
        self.branches.closes();
        self.variables.restores(before);
        self.open -= 1;
        true
    }

    /// Takes the variables that a file sets.
    pub(super) fn source(&mut self, command: &Command) {
        let Some(file) = command.words.get(1).filter(|word| !word.unknown && self.files > 0) else { return };
        let Some(text) = (self.sources)(&file.text) else { return };
        if !self.budget.makes(text.len()) {
            return;
        }
        let mut reader = Reader::of(&text, (self.sources, self.budget), self.files - 1);
        reader.variables = self.variables.clone();
        reader.read_all();
        let is_sure = self.is_sure();
        self.variables.takes(reader.variables, &file.text, is_sure);
    }
}
