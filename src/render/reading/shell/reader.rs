//! Reads a script token by token: what stands between its commands, and the words of each.

use super::branch::{self, Branches};
use super::budget::Budget;
use super::function;
use super::repeated;
use super::token::{self, Part, Token, Word, tokens};
use super::variable::Variables;
use super::{Command, DECLARING, Field, Sources, assigned, inside};

mod call;
mod ending;

/// What is known of a script so far.
pub(super) struct Reader<'t> {
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
    branches: Branches,
}

impl<'t> Reader<'t> {
    pub(super) fn of(text: &'t str, (sources, budget): (Sources<'t>, &'t Budget), files: u32) -> Self {
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
            branches: Branches::default(),
        }
    }

    /// The commands of the script; those of a function that it does not call itself too.
    pub(super) fn read(mut self) -> Vec<Command> {
        self.read_all();
        branch::settle(&mut self.list);
        self.list.extend(self.aside);
        self.list
    }

    fn read_all(&mut self) {
        let (functions, tokens) = function::apart((self.text, self.budget), tokens(self.text));
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
            match repeated::looped((self.text, self.budget), &tokens[place..]).filter(|_| is_start) {
                Some(found) if self.repeats(&found) => place += found.length,
                _ => {
                    self.take(tokens[place].clone());
                    place += 1;
                }
            }
        }
        self.end();
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
                self.branches.operator(operator);
                if self.is_pattern {
                    self.branches.next_arm();
                }
                self.is_conditional = matches!(operator, "&&" | "||");
                self.command.is_piped = matches!(operator, "|" | "|&");
            }
            Token::End => {
                let is_open = self.command.words.is_empty();
                if self.array.is_none() && !(is_open && self.command.is_piped) {
                    self.end();
                    self.is_conditional &= is_open;
                    if !is_open {
                        self.branches.operator(";");
                    }
                }
            }
        }
    }

    /// What stands before the commands of a case: `a | b)`.
    fn pattern(&mut self, token: &Token) {
        let is_end = matches!(token, Token::Word(word) if &self.text[word.range.clone()] == "esac");
        if is_end {
            self.depth = self.depth.saturating_sub(1);
            self.branches.closes();
        }
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
        self.branches.opens();
    }

    fn close(&mut self) {
        if let Some((name, adds, words)) = self.array.take() {
            let is_known = self.is_sure() && !words.iter().any(|word| word.unknown);
            let words = is_known.then_some(words);
            return if adds { self.variables.extend(name, words) } else { self.variables.set(name, words) };
        }
        self.end();
        if self.parentheses > 0 {
            self.parentheses -= 1;
            self.branches.closes();
        }
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
            self.branches.opens();
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
        self.branches.reserved(raw);
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
}
