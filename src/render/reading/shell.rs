//! A shell script as far as it can be known without running it: its commands with the values of variables that it sets, and
//! the files that it writes.
//!
//! A command counts as run wherever it stands: behind a condition, in a loop, in a function. Those in a loop over known words are there for each
//! word, and those in a function for each call. What only the machine knows
//! (substitutions, parameters, variables of the environment) stays in a word as it is written, with its `$`.

mod budget;
mod function;
mod repeated;
mod starter;
mod token;
mod variable;
mod written;

pub(super) use starter::place_of_program;
pub(super) use written::written;

use budget::Budget;
use starter::program;
use token::{Part, Token, Word, is_name, tokens};
use variable::Variables;

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

struct Reader<'t> {
    text: &'t str,
    sources: Sources<'t>,
    functions: function::Functions,
    /// Those that are called.
    called: Vec<String>,
    /// How many calls and loops are open, what may still be read in them, and how deep files may be read.
    open: usize,
    budget: &'t Budget,
    files: u32,
    list: Vec<Command>,
    /// Those in substitutions, `$(command)`.
    aside: Vec<Command>,
    command: Command,
    variables: Variables,
    /// How many conditions, loops and functions are open; what is assigned in them may not be.
    depth: usize,
    /// Whether the command runs only if another one fails or succeeds.
    is_conditional: bool,
    /// Parentheses that are open; the variable whose array they hold, and whether its words are added.
    parentheses: usize,
    array: Option<(String, bool, Vec<Field>)>,
    redirection: Option<&'static str>,
    /// Whether a pattern of `case` comes next.
    is_pattern: bool,
}

/// How deep calls and loops may be in each other, and how many words a loop may have.
const OPEN: usize = 6;
const REPEATS: usize = 64;

impl<'t> Reader<'t> {
    fn of(text: &'t str, (sources, budget): (Sources<'t>, &'t Budget), files: u32) -> Self {
        Self {
            text,
            sources,
            functions: Vec::new(),
            called: Vec::new(),
            open: 0,
            budget,
            files,
            list: Vec::new(),
            aside: Vec::new(),
            command: Command::default(),
            variables: Variables::default(),
            depth: 0,
            is_conditional: false,
            parentheses: 0,
            array: None,
            redirection: None,
            is_pattern: false,
        }
    }

    /// The commands of the script; those of a function that it does not call itself too.
    fn read(mut self) -> Vec<Command> {
        self.read_all();
        self.list.extend(self.aside);
        self.list
    }

    fn read_all(&mut self) {
        let (functions, tokens) = function::apart(self.text, tokens(self.text));
        self.functions = functions;
        self.run(&tokens);
        for (name, body) in self.functions.clone() {
            if !self.called.contains(&name) {
                self.depth += 1;
                self.run(&body);
                self.depth -= 1;
            }
        }
    }

    fn run(&mut self, tokens: &[Token]) {
        let mut place = 0;
        while place < tokens.len() {
            let is_start = self.command.words.is_empty() && self.array.is_none() && !self.is_pattern;
            match repeated::looped(self.text, &tokens[place..]).filter(|_| is_start) {
                Some(found) if self.repeats(&found) => place += found.length,
                _ => {
                    self.take(tokens[place].clone());
                    place += 1;
                }
            }
        }
        self.end();
    }

    /// Reads the body of a loop for each of its words, if these are known.
    fn repeats(&mut self, found: &repeated::Loop<'_>) -> bool {
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
    fn calls(&mut self, command: &Command) -> bool {
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
        self.run(&body);
        self.variables.restores(before);
        self.open -= 1;
        true
    }

    /// Takes the variables that a file sets.
    fn source(&mut self, command: &Command) {
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
            Token::Unclosed(word) => self.unclosed(&word),
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
            last.and_then(|word| assigned(&word.text)).map(|(name, _, adds)| (name.to_owned(), adds, Vec::new()));
        let before = self.command.words.first().map(|word| &*word.text).unwrap_or_default();
        if array.is_some() && (self.command.words.len() == 1 || DECLARING.contains(&before)) {
            self.command = Command::default();
            self.array = array;
            return;
        }
        // `name() {`
        self.command = Command::default();
        self.parentheses += 1;
    }

    fn close(&mut self) {
        if let Some((name, adds, words)) = self.array.take() {
            let is_known = self.is_sure() && !words.iter().any(|word| word.unknown);
            let words = is_known.then_some(words);
            return if adds { self.variables.extend(name, words) } else { self.variables.set(name, words) };
        }
        self.parentheses = self.parentheses.saturating_sub(1);
        self.end();
    }

    fn is_sure(&self) -> bool {
        self.depth == 0 && self.parentheses == 0 && !self.is_conditional
    }

    /// Notes the first thing that does not end: a shell reads nothing of what follows.
    fn unclosed(&mut self, word: &Word) {
        if !self.aside.iter().any(|command| command.is_unclosed) {
            self.aside.push(Command { words: vec![self.joined(word)], is_unclosed: true, ..Command::default() });
        }
    }

    fn word(&mut self, word: &Word) {
        if self.array.is_some() {
            let fields = self.fields(word);
            return self.array.iter_mut().for_each(|(_, _, list)| list.extend(fields.clone()));
        }
        if let Some(operator) = self.redirection.take() {
            if matches!(operator, ">" | ">>" | ">|" | "&>" | "&>>") {
                self.command.output = Some((self.joined(word), operator.ends_with(">>")));
            }
            return;
        }
        self.substituted(word);
        let raw = &self.text[word.range.clone()];
        if self.command.words.is_empty() && self.is_reserved(raw) {
            return;
        }
        if raw == "{" && self.command.words.first().is_some_and(|first| matches!(&*first.text, "coproc" | "time")) {
            self.command = Command::default();
            self.depth += 1;
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
            false => {
                let fields = self.fields(word);
                self.command.words.extend(fields);
            }
        }
    }

    /// Reads the commands that a word is put together by.
    fn substituted(&mut self, word: &Word) {
        for part in &word.parts {
            let Part::Unknown(written) = part else { continue };
            let inner = written.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
            let inner = inner.filter(|inner| !inner.starts_with('('));
            let inner = inner.map(str::to_owned).or_else(|| token::in_backticks(written));
            let Some(inner) = inner.filter(|_| self.files > 0) else { continue };
            let mut list = inside(&inner, (self.sources, self.budget), self.files - 1);
            let own = list.iter_mut().flat_map(|command| &mut command.words).filter(|word| word.file.is_none());
            own.for_each(|own| own.line += word.line - 1);
            let new = list.into_iter().filter(|command| !self.aside.contains(command)).collect::<Vec<_>>();
            self.aside.extend(new);
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
        self.variables.joined((self.text, self.budget), word)
    }

    /// The words that a word stands for.
    fn fields(&self, word: &Word) -> Vec<Field> {
        self.variables.fields((self.text, self.budget), word)
    }

    /// Ends a command: takes what it assigns, and keeps it if it starts a program.
    fn end(&mut self) {
        let mut command = std::mem::take(&mut self.command);
        self.redirection = None;
        let first = command.words.first().map(|word| word.text.clone()).unwrap_or_default();
        match &*first {
            "for" | "select" | "read" | "unset" | "case" => {
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
        // In a loop it may be the same each time.
        if self.open == 0 || !self.list.contains(&command) {
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

#[cfg(test)]
mod tests;
