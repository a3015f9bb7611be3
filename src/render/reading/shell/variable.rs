//! The variables of a script, and the words that they stand for.

use std::collections::BTreeMap;

use super::Field;
use super::budget::Budget;
use super::token::{Part, Word, is_name};

/// What is known of each: its words, or nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    list: BTreeMap<String, Option<Vec<Field>>>,
}

/// The largest value that is known, in bytes, and in words.
const SIZE: usize = 64 << 10;
const WORDS: usize = 4096;

/// What the variables of a call stood for before it.
pub(super) type Positions = Vec<(String, Option<Vec<Field>>)>;

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&[Field]> {
        self.list.get(name)?.as_deref()
    }

    pub(super) fn set(&mut self, name: String, words: Option<Vec<Field>>) {
        let fits = |words: &Vec<Field>| words.len() <= WORDS && size(words) <= SIZE;
        self.list.insert(name, words.filter(fits));
    }

    /// Those that a sum names: it may set them.
    pub(super) fn forgets(&mut self, sum: &str) {
        for name in sum.split(|c| !is_name(c)).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit())) {
            let sets = sum.contains("++") || sum.contains("--") || is_set(sum, name);
            let known = self.list.get_mut(name).filter(|_| sets);
            known.into_iter().for_each(|known| *known = None);
        }
    }

    /// `NAME+=(WORDS)`.
    pub(super) fn extend(&mut self, name: String, words: Option<Vec<Field>>) {
        let known = self.list.remove(&name).unwrap_or_else(|| Some(Vec::new()));
        self.set(name, known.zip(words).map(|(known, words)| [known, words].concat()));
    }

    /// `NAME+=TEXT`: of an array, its first word.
    pub(super) fn add(&mut self, name: String, word: Option<Field>) {
        let known = self.list.remove(&name).unwrap_or_else(|| Some(Vec::new()));
        let added = known.zip(word).map(|(mut known, word)| {
            match known.first_mut() {
                Some(first) => first.text += &word.text,
                None => known.push(word),
            }
            known
        });
        self.set(name, added);
    }

    /// Sets what `$1` and `$@` stand for, and gives what they stood for.
    pub(super) fn positions(&mut self, given: Vec<Field>) -> Positions {
        let names: Vec<String> = self.list.keys().filter(|name| is_position(name)).cloned().collect();
        let before = names.into_iter().filter_map(|name| self.list.remove_entry(&name)).collect();
        let known = |word: &Field| (!word.unknown).then(|| vec![word.clone()]);
        for (place, word) in given.iter().enumerate() {
            self.set((place + 1).to_string(), known(word));
        }
        let is_known = !given.iter().any(|word| word.unknown);
        self.set("@".to_owned(), is_known.then_some(given));
        before
    }

    /// Sets them back.
    pub(super) fn restores(&mut self, before: Positions) {
        self.list.retain(|name, _| !is_position(name));
        self.list.extend(before);
    }

    /// Takes what a file that is read sets; what may not be read is not known.
    pub(super) fn takes(&mut self, others: Self, file: &str, is_sure: bool) {
        for (name, words) in others.list {
            if self.list.get(&name) == Some(&words) {
                continue;
            }
            let here = |word: Field| Field { file: word.file.or_else(|| Some(file.to_owned())), ..word };
            let words = words.filter(|_| is_sure).map(|words| words.into_iter().map(here).collect());
            self.list.insert(name, words);
        }
    }

    /// What a variable stands for, if there is room for it.
    fn value(&self, budget: &Budget, name: &str) -> Option<&[Field]> {
        self.get(name).filter(|words| budget.makes(size(words)))
    }

    /// A word that is not split.
    pub(super) fn joined(&self, (text, budget): (&str, &Budget), word: &Word) -> Field {
        let mut own = empty(text, word);
        for part in &word.parts {
            match part {
                Part::Text(known) => own.text += known,
                Part::Unknown(written) => own.adds_unknown(written),
                Part::Variable { name, .. } | Part::Array(name) => match self.value(budget, name) {
                    Some(words) => own.text += &words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" "),
                    None => own.adds_unknown(&format!("${name}")),
                },
            }
        }
        own
    }

    /// The words that a word stands for.
    pub(super) fn fields(&self, (text, budget): (&str, &Budget), word: &Word) -> Vec<Field> {
        let (mut list, mut current): (Vec<Field>, Option<Field>) = (Vec::new(), None);
        for part in &word.parts {
            let own = current.get_or_insert_with(|| empty(text, word));
            match part {
                Part::Text(known) => own.text += known,
                Part::Unknown(written) => own.adds_unknown(written),
                Part::Variable { name, quoted } => match self.value(budget, name) {
                    Some(words) if *quoted => own.text += words.first().map_or("", |word| &word.text),
                    Some(words) => {
                        split(words, &mut current, &mut list);
                        current = current.filter(|own| !own.text.is_empty());
                    }
                    None => own.adds_unknown(&format!("${name}")),
                },
                Part::Array(name) => match self.value(budget, name) {
                    Some(words) => {
                        list.extend(words.iter().cloned());
                        current = current.filter(|own| !own.text.is_empty());
                    }
                    None => own.adds_unknown(&format!("${name}")),
                },
            }
        }
        list.extend(current);
        list
    }
}

impl Field {
    fn adds_unknown(&mut self, written: &str) {
        self.text += written;
        self.unknown = true;
    }
}

/// The words of a value that is not quoted: the first goes on with what stands before it.
fn split(words: &[Field], current: &mut Option<Field>, list: &mut Vec<Field>) {
    let parts = words.iter().flat_map(|known| known.text.split_whitespace().map(move |text| (text.to_owned(), known)));
    for (place, (text, known)) in parts.enumerate() {
        match current {
            Some(own) if place == 0 && !own.text.is_empty() => own.text += &text,
            _ => {
                list.extend(current.take().filter(|own| !own.text.is_empty()));
                *current = Some(Field { raw: text.clone(), text, unknown: false, ..known.clone() });
            }
        }
    }
}

fn empty(text: &str, word: &Word) -> Field {
    let raw = text.get(word.range.clone()).unwrap_or_default().to_owned();
    Field { text: String::new(), raw, line: word.line, file: None, unknown: false }
}

/// Whether a sum has `NAME = ...` or `NAME <<= ...`.
fn is_set(sum: &str, name: &str) -> bool {
    let ends = |rest: &str| {
        let rest = rest.trim_start().trim_start_matches(['+', '-', '*', '/', '%', '<', '>', '&', '|', '^']);
        rest.starts_with('=') && !rest.starts_with("==")
    };
    sum.match_indices(name).any(|(at, _)| ends(&sum[at + name.len()..]))
}

/// What words take, their places too.
fn size(words: &[Field]) -> usize {
    words.iter().map(|word| word.text.len() + word.raw.len() + 16).sum()
}

fn is_position(name: &str) -> bool {
    name.starts_with(|c: char| c == '@' || c.is_ascii_digit())
}
