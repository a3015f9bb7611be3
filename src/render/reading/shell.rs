//! A shell script as far as it can be known without running it: its commands with the values of variables that it sets, and
//! the files that it writes.
//!
//! A command counts as run wherever it stands: behind a condition, in a loop, in a function. What only the machine knows
//! (substitutions, parameters, variables of the environment) stays in a word as it is written, with its `$`.

use std::collections::HashMap;

mod token;
mod written;

pub(super) use written::written;

use token::{Part, Token, Word, is_name, tokens};

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub text: String,
    /// As it is written, on that line.
    pub raw: String,
    pub line: usize,
    /// Whether something in it is known to the machine only.
    pub unknown: bool,
}

/// A command that a script starts.
#[derive(Clone, Debug, Default)]
pub(super) struct Command {
    pub words: Vec<Field>,
    /// What it reads: a here-document, or what the command before it in a pipe prints.
    pub input: Option<Field>,
    /// The file that it writes to, and whether at its end.
    pub output: Option<(Field, bool)>,
    /// Whether it reads what the one before it prints.
    is_piped: bool,
}

/// How deep a script may be in another one: `sh -c "sh -c ..."`.
const DEPTH: u32 = 4;

/// The commands of a script, in order; those of the scripts that it gives to a shell in their place.
pub(super) fn commands(text: &str) -> Vec<Command> {
    inside(text, DEPTH)
}

fn inside(text: &str, depth: u32) -> Vec<Command> {
    let mut reader = Reader { text, ..Reader::default() };
    tokens(text).into_iter().for_each(|token| reader.take(token));
    reader.end();
    let opened = reader.list.into_iter().flat_map(|command| match script_of(&command.words) {
        Some(script) if depth > 0 => {
            let first = script.line - 1;
            let mut list = inside(&script.text, depth - 1);
            list.iter_mut().flat_map(|command| &mut command.words).for_each(|word| word.line += first);
            list
        }
        _ => vec![command],
    });
    opened.collect()
}

/// The script that a shell is given as a word: `/bin/sh -ec '...'`.
pub(super) fn script_of(words: &[Field]) -> Option<&Field> {
    let place = place_of_script(words.iter().map(|word| &*word.text))?;
    words.get(place)
}

/// Where the script stands among the words of a command, if that is a shell with one.
pub(super) fn place_of_script<'a>(words: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut words = words.enumerate();
    let (_, program) = words.next()?;
    if !matches!(program.rsplit('/').next(), Some("sh" | "bash" | "dash" | "ash")) {
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

/// What may stand before the program that a line starts.
const BEFORE: &[&str] = &["exec", "nohup", "command", "builtin", "time", "setsid"];
/// The same, with options of its own; those of one letter whose value is the next word.
const WITH_OPTIONS: &[(&str, &str)] = &[
    ("env", "uCS"),
    ("sudo", "ugChpDRrTtU"),
    ("doas", "uC"),
    ("runuser", "ugG"),
    ("nice", "n"),
    ("ionice", "cnpPu"),
    ("timeout", "ks"),
    ("chrt", "TPD"),
    ("taskset", ""),
];

/// The words of a command from the program that is started.
pub(super) fn program(words: &[Field]) -> &[Field] {
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        let name = first.text.rsplit('/').next().unwrap_or_default();
        let options = WITH_OPTIONS.iter().find(|(program, _)| *program == name);
        rest = match options {
            Some((_, valued)) => behind_options(behind, valued),
            None if BEFORE.contains(&name) => behind,
            None => return rest,
        };
    }
    rest
}

/// What is behind options, assignments and numbers.
fn behind_options<'f>(words: &'f [Field], valued: &str) -> &'f [Field] {
    let mut is_value = false;
    let is_skipped = |word: &&Field| {
        let text = &*word.text;
        let was_value = std::mem::take(&mut is_value);
        is_value = !was_value && text.strip_prefix('-').is_some_and(|name| name.len() == 1 && valued.contains(name));
        was_value || text.starts_with('-') || assigned(text).is_some() || text.starts_with(|c: char| c.is_ascii_digit())
    };
    &words[words.iter().take_while(is_skipped).count()..]
}

/// The name and the value of `NAME=value`.
fn assigned(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let is_whole = name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit()) && name.chars().all(is_name);
    is_whole.then_some((name, value))
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    list: Vec<Command>,
    command: Command,
    /// What is known of the variables: their words, or nothing.
    variables: HashMap<String, Option<Vec<Field>>>,
    /// How many conditions, loops and functions are open; what is assigned in them may not be.
    depth: usize,
    /// Whether the command runs only if another one fails or succeeds.
    is_conditional: bool,
    /// Parentheses that are open; the variable whose array they hold.
    parentheses: usize,
    array: Option<(String, Vec<Field>)>,
    redirection: Option<&'static str>,
    /// Whether a pattern of `case` comes next.
    is_pattern: bool,
}

impl Reader<'_> {
    fn take(&mut self, token: Token) {
        if self.is_pattern {
            return self.pattern(&token);
        }
        match token {
            Token::Word(word) => self.word(&word),
            Token::Redirection { descriptor, operator } => {
                let is_output = descriptor.is_none_or(|number| number == 1);
                self.redirection = Some(if is_output { operator } else { "2>" });
            }
            Token::Input { word, line } => self.command.input = Some(Field { line, ..self.joined(&word) }),
            Token::Operator("(") => self.open(),
            Token::Operator(")") => self.close(),
            Token::Operator(operator) => {
                self.end();
                self.is_pattern = operator == ";;";
                self.is_conditional = matches!(operator, "&&" | "||");
                self.command.is_piped = matches!(operator, "|" | "|&");
            }
            Token::End => {
                let is_open = self.command.words.is_empty();
                if self.array.is_none() && !(is_open && self.command.is_piped) {
                    self.end();
                    self.is_conditional &= is_open;
                }
            }
        }
    }

    /// What stands before the commands of a case: `a | b)`.
    fn pattern(&mut self, token: &Token) {
        let is_end = matches!(token, Token::Word(word) if &self.text[word.range.clone()] == "esac");
        self.depth = self.depth.saturating_sub(usize::from(is_end));
        self.is_pattern = !is_end && *token != Token::Operator(")");
    }

    fn open(&mut self) {
        let last = self.command.words.last();
        let array =
            last.and_then(|word| Some(assigned(&word.text)?.0.to_owned())).filter(|_| self.command.words.len() == 1);
        if let Some(name) = array {
            self.command = Command::default();
            self.array = Some((name, Vec::new()));
            return;
        }
        // `name() {`
        self.command = Command::default();
        self.parentheses += 1;
    }

    fn close(&mut self) {
        if let Some((name, words)) = self.array.take() {
            let is_known = self.is_sure() && !words.iter().any(|word| word.unknown);
            self.variables.insert(name, is_known.then_some(words));
            return;
        }
        self.parentheses = self.parentheses.saturating_sub(1);
        self.end();
    }

    fn is_sure(&self) -> bool {
        self.depth == 0 && self.parentheses == 0 && !self.is_conditional
    }

    fn word(&mut self, word: &Word) {
        if let Some((_, list)) = &mut self.array {
            let fields = fields(self.text, &self.variables, word);
            return list.extend(fields);
        }
        if let Some(operator) = self.redirection.take() {
            if matches!(operator, ">" | ">>" | ">|" | "&>" | "&>>") {
                self.command.output = Some((self.joined(word), operator.ends_with(">>")));
            }
            return;
        }
        let raw = &self.text[word.range.clone()];
        if self.command.words.is_empty() && self.is_reserved(raw) {
            return;
        }
        if raw == "in" && self.command.words.first().is_some_and(|word| word.text == "case") {
            self.end();
            self.is_pattern = true;
            return;
        }
        let is_assignment = assigned(raw).is_some();
        match is_assignment {
            true => self.command.words.push(self.joined(word)),
            false => self.command.words.extend(fields(self.text, &self.variables, word)),
        }
    }

    /// Whether a word at the start of a command belongs to the grammar.
    fn is_reserved(&mut self, raw: &str) -> bool {
        match raw {
            "then" | "else" | "elif" | "do" | "!" => {}
            "if" | "while" | "until" | "{" => self.depth += 1,
            "fi" | "done" | "esac" | "}" => self.depth = self.depth.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// A word that is not split.
    fn joined(&self, word: &Word) -> Field {
        let (mut text, mut unknown) = (String::new(), false);
        for part in &word.parts {
            match part {
                Part::Text(known) => text += known,
                Part::Unknown(written) => (text, unknown) = (text + written, true),
                Part::Variable { name, .. } | Part::Array(name) => {
                    match self.variables.get(name).and_then(Option::as_ref) {
                        Some(words) => text += &words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" "),
                        None => (text, unknown) = (format!("{text}${name}"), true),
                    }
                }
            }
        }
        Field { text, raw: self.text.get(word.range.clone()).unwrap_or_default().to_owned(), line: word.line, unknown }
    }

    /// Ends a command: takes what it assigns, and keeps it if it starts a program.
    fn end(&mut self) {
        let mut command = std::mem::take(&mut self.command);
        self.redirection = None;
        let first = command.words.first().map(|word| word.text.clone()).unwrap_or_default();
        match &*first {
            "for" | "select" | "read" | "unset" | "case" => {
                self.depth += usize::from(!matches!(&*first, "read" | "unset"));
                command.words.iter().skip(1).for_each(|word| _ = self.variables.insert(word.text.clone(), None));
                return;
            }
            "export" | "local" | "readonly" | "declare" | "typeset" | "function" => _ = command.words.remove(0),
            _ => {}
        }
        let count = command.words.iter().take_while(|word| assigned(&word.text).is_some()).count();
        let before: Vec<Field> = command.words.drain(..count).collect();
        if command.words.is_empty() {
            before.into_iter().for_each(|word| self.assign(word));
        } else {
            if command.is_piped && command.input.is_none() {
                command.input = self.list.last().and_then(written::printed);
            }
            let words = program(&command.words).to_vec();
            self.list.push(Command { words, ..command });
        }
    }

    fn assign(&mut self, word: Field) {
        let Some((name, value)) = assigned(&word.text) else { return };
        let (name, text) = (name.to_owned(), value.to_owned());
        let is_known = self.is_sure() && !word.unknown;
        self.variables.insert(name, is_known.then(|| vec![Field { text, ..word }]));
    }
}

/// The words that a word stands for.
fn fields(text: &str, variables: &HashMap<String, Option<Vec<Field>>>, word: &Word) -> Vec<Field> {
    let raw = text.get(word.range.clone()).unwrap_or_default().to_owned();
    let empty = || Field { text: String::new(), raw: raw.clone(), line: word.line, unknown: false };
    let (mut list, mut current): (Vec<Field>, Option<Field>) = (Vec::new(), None);
    for part in &word.parts {
        let own = current.get_or_insert_with(empty);
        match part {
            Part::Text(known) => own.text += known,
            Part::Unknown(written) => (own.text += written, own.unknown = true).1,
            Part::Variable { name, quoted } => match variables.get(name).and_then(Option::as_ref) {
                Some(words) if *quoted => own.text += words.first().map_or("", |word| &word.text),
                Some(words) => {
                    let parts = words.iter().flat_map(|known| {
                        known.text.split_whitespace().map(|text| (text.to_owned(), known.line)).collect::<Vec<_>>()
                    });
                    for (place, (text, line)) in parts.enumerate() {
                        match &mut current {
                            Some(own) if place == 0 && !own.text.is_empty() => own.text += &text,
                            _ => {
                                list.extend(current.take().filter(|own| !own.text.is_empty()));
                                current = Some(Field { raw: text.clone(), text, line, unknown: false });
                            }
                        }
                    }
                    current = current.filter(|own| !own.text.is_empty());
                }
                None => (own.text += &format!("${name}"), own.unknown = true).1,
            },
            Part::Array(name) => match variables.get(name).and_then(Option::as_ref) {
                Some(words) => {
                    list.extend(words.iter().cloned());
                    current = current.filter(|own| !own.text.is_empty());
                }
                None => (own.text += &format!("${name}"), own.unknown = true).1,
            },
        }
    }
    list.extend(current);
    list
}

#[cfg(test)]
mod tests;
