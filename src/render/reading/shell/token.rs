//! The tokens of a shell script: words with their quotes taken off, operators, and what stands in here-documents.

use std::ops::Range;

mod nested;

/// What a script consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Operator(&'static str),
    /// `>`, `2>>`, `<`: the word behind it is a file.
    Redirection {
        descriptor: Option<u32>,
        operator: &'static str,
    },
    /// What a here-document or a here-string feeds to its command, and the line that it begins on.
    Input {
        word: Word,
        line: usize,
    },
    End,
    /// A quote, a parenthesis or the like that does not end; what follows on its line is passed over.
    Unclosed(Word),
}

/// A word, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub parts: Vec<Part>,
    pub range: Range<usize>,
    /// From 1.
    pub line: usize,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// `$NAME` and `"${NAME[@]}"`: not split at spaces if it is quoted.
    Variable {
        name: String,
        quoted: bool,
    },
    Array(String),
    /// What only the machine knows, as it is written: `$(hostname)`, `${1:-x}`.
    Unknown(String),
}

/// The longest first.
const OPERATORS: &[&str] = &["&&", "||", ";;", "|&", ";", "&", "|", "(", ")"];
const REDIRECTIONS: &[&str] = &["&>>", "&>", ">>", ">&", ">|", "<&", "<>", ">", "<"];

/// The tokens of a script.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::of(text);
    while lexer.at < text.len() {
        lexer.token();
    }
    lexer.list
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    list: Vec<Token>,
    /// Here-documents that begin behind this line: their token, how they end, whether tabs before them are cut off, and
    /// whether variables stand for values.
    awaited: Vec<(usize, String, bool, bool)>,
    /// How many substitutions it is in, and how many things did not end.
    depth: usize,
    failed: usize,
}

/// How deep substitutions may be in each other.
const DEPTH: usize = 32;

impl<'t> Lexer<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, list: Vec::new(), awaited: Vec::new(), depth: 0, failed: 0 }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn takes(&mut self, list: &[&'static str]) -> Option<&'static str> {
        let found = list.iter().find(|one| self.rest().starts_with(**one))?;
        self.at += found.len();
        Some(found)
    }

    fn token(&mut self) {
        match self.peek() {
            Some('\n') => {
                self.next();
                self.list.push(Token::End);
                self.documents();
            }
            Some('#') => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
            Some(c) if c.is_whitespace() => _ = self.next(),
            _ if self.rest().starts_with("\\\n") => {
                self.next();
                self.next();
            }
            _ => self.operator(),
        }
    }

    fn operator(&mut self) {
        if self.takes(&["<<<"]).is_some() {
            self.blanks();
            let (line, word) = (self.line, self.word());
            return self.list.push(Token::Input { word, line });
        }
        if let Some(found) = self.takes(&["<<-", "<<"]) {
            return self.awaits(found == "<<-");
        }
        // `<(command)` is a file with what the command prints.
        if self.rest().starts_with("<(") || self.rest().starts_with(">(") {
            let (start, line) = (self.at, self.line);
            self.next();
            self.substitution(start);
            let parts = vec![Part::Unknown(self.text[start..self.at].to_owned())];
            return self.list.push(Token::Word(Word { parts, range: start..self.at, line }));
        }
        if self.rest().starts_with("((") && nested::begins(self.text, self.list.last()) && self.arithmetic() {
            return;
        }
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let descriptor = self.rest()[..digits].parse().ok();
        if self.rest()[digits..].starts_with(['<', '>']) && !self.rest()[digits..].starts_with("<<") {
            self.at += digits;
        }
        if let Some(operator) = self.takes(REDIRECTIONS) {
            return self.list.push(Token::Redirection { descriptor, operator });
        }
        match self.takes(OPERATORS) {
            Some(operator) => self.list.push(Token::Operator(operator)),
            None => {
                let word = self.word();
                self.list.push(Token::Word(word));
            }
        }
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|c| c == ' ' || c == '\t') {
            self.next();
        }
    }

    fn awaits(&mut self, cut: bool) {
        self.blanks();
        let end = self.word();
        let written = &self.text[end.range.clone()];
        let expands = !written.contains(['"', '\'', '\\']);
        let end: String = written.chars().filter(|c| !"\"'\\".contains(*c)).collect();
        self.awaited.push((self.list.len(), end, cut, expands));
        self.list.push(Token::Input { word: Word::default(), line: self.line });
    }

    /// What stands in the here-documents of the line before.
    fn documents(&mut self) {
        for (place, end, cut, expands) in std::mem::take(&mut self.awaited) {
            let (first, start) = (self.line, self.at);
            let (mut body, mut closed) = (String::new(), false);
            while self.at < self.text.len() && !closed {
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default().to_owned();
                self.at += line.len();
                self.line += usize::from(line.ends_with('\n'));
                let shown = if cut { line.trim_start_matches('\t') } else { &line };
                closed = shown.trim_end_matches('\n') == end;
                body += if closed { "" } else { shown };
            }
            // In a substitution, one that does not end ends nothing.
            self.failed += usize::from(!closed && self.depth > 0);
            let parts = if expands && (self.depth == 0 || self.failed == 0) {
                in_quotes(&body, self.depth)
            } else {
                vec![Part::Text(body)]
            };
            self.list[place] = Token::Input { word: Word { parts, range: start..self.at, line: first }, line: first };
        }
    }

    fn word(&mut self) -> Word {
        let (start, line) = (self.at, self.line);
        let mut parts = Parts::default();
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.next();
                    if let Some(c) = self.next().filter(|c| *c != '\n') {
                        parts.push(c);
                    }
                }
                '\'' => {
                    parts.begin();
                    let from = self.at;
                    self.next();
                    match self.rest().split_once('\'').filter(|_| self.may_fail()) {
                        Some((text, _)) => {
                            parts.extend(text.chars());
                            while self.next() != Some('\'') {}
                        }
                        None => self.unclosed(from, &mut parts),
                    }
                }
                '"' => {
                    parts.begin();
                    let from = self.at;
                    self.next();
                    let mut inner = Parts::default();
                    if self.quoted(&mut inner) {
                        parts.join(inner);
                    } else {
                        self.unclosed(from, &mut parts);
                    }
                }
                '$' | '`' => self.expansion(&mut parts, false),
                c if c.is_whitespace() || "&|;<>()".contains(c) => break,
                _ => parts.extend(self.next()),
            }
        }
        if self.at == start {
            // Nothing that is known here: passed over.
            self.next();
        }
        Word { parts: parts.list, range: start..self.at, line }
    }

    /// Up to the quote that ends it; whether there is one.
    fn quoted(&mut self, parts: &mut Parts) -> bool {
        let failed = self.failed;
        while let Some(c) = self.peek().filter(|_| self.failed == failed && self.may_fail()) {
            match c {
                '"' => {
                    self.next();
                    return true;
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        Some('\n') | None => {}
                        Some(c) if "$`\"\\".contains(c) => parts.push(c),
                        Some(c) => parts.extend(['\\', c]),
                    }
                }
                '$' | '`' => self.expansion(parts, true),
                _ => parts.extend(self.next()),
            }
        }
        false
    }

    fn expansion(&mut self, parts: &mut Parts, quoted: bool) {
        let start = self.at;
        if self.next() == Some('`') {
            self.backticks(start);
            return parts.list.push(Part::Unknown(self.text[start..self.at].to_owned()));
        }
        match self.peek() {
            Some('(') => {
                self.substitution(start);
                parts.list.push(Part::Unknown(self.text[start..self.at].to_owned()));
            }
            Some('{') => {
                self.braces(start, quoted);
                parts.list.push(braced(&self.text[start..self.at], quoted));
            }
            // `$[1 << 2]`
            Some('[') if self.rest().split('\n').next().is_some_and(|line| line.contains(']')) => {
                while self.next() != Some(']') {}
                parts.list.push(Part::Unknown(self.text[start..self.at].to_owned()));
            }
            Some(c) if is_name(c) && !c.is_ascii_digit() => {
                let name = self.rest().chars().take_while(|c| is_name(*c)).collect::<String>();
                self.at += name.len();
                parts.list.push(Part::Variable { name, quoted });
            }
            Some(c) if c.is_ascii_digit() => {
                self.next();
                parts.list.push(Part::Variable { name: c.to_string(), quoted });
            }
            Some('\'') if !quoted => {
                self.next();
                parts.begin();
                while let Some(c) = self.next().filter(|c| *c != '\'') {
                    let escaped = |c: char| match c {
                        'n' => '\n',
                        't' => '\t',
                        other => other,
                    };
                    parts.extend(if c == '\\' { self.next().map(escaped) } else { Some(c) });
                }
            }
            Some('@') => {
                self.next();
                parts.list.push(Part::Array("@".to_owned()));
            }
            Some(c) if "*#?$!-".contains(c) => {
                self.next();
                parts.list.push(Part::Unknown(self.text[start..self.at].to_owned()));
            }
            _ => parts.push('$'),
        }
    }
}

/// The parts of a word so far.
#[derive(Default)]
struct Parts {
    list: Vec<Part>,
}

impl Parts {
    /// A word may be empty quotes.
    fn begin(&mut self) {
        if !matches!(self.list.last(), Some(Part::Text(_))) {
            self.list.push(Part::Text(String::new()));
        }
    }

    fn push(&mut self, c: char) {
        self.begin();
        if let Some(Part::Text(text)) = self.list.last_mut() {
            text.push(c);
        }
    }

    fn join(&mut self, other: Self) {
        for part in other.list {
            match (self.list.last_mut(), part) {
                (Some(Part::Text(own)), Part::Text(text)) => own.push_str(&text),
                (_, part) => self.list.push(part),
            }
        }
    }

    fn extend(&mut self, chars: impl IntoIterator<Item = char>) {
        chars.into_iter().for_each(|c| self.push(c));
    }
}

/// `${NAME}` and `${NAME[@]}`; anything else in braces is not computed here.
fn braced(written: &str, quoted: bool) -> Part {
    let inner = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let of_array = ["[@]", "[*]"].iter().find_map(|end| inner.strip_suffix(end));
    let is_number = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    let is_whole = |name: &str| {
        is_number(name) || name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit()) && name.chars().all(is_name)
    };
    match of_array {
        Some(name) if is_whole(name) => Part::Array(name.to_owned()),
        None if is_whole(inner) => Part::Variable { name: inner.to_owned(), quoted },
        _ => Part::Unknown(written.to_owned()),
    }
}

/// The commands between two backticks, without the backslashes that they have there.
pub(super) fn in_backticks(written: &str) -> Option<String> {
    let inner = written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'))?;
    let mut chars = inner.chars().peekable();
    let mut text = String::new();
    while let Some(c) = chars.next() {
        let escaped = chars.next_if(|next| c == '\\' && "`$\\".contains(*next));
        text.push(escaped.unwrap_or(c));
    }
    Some(text)
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The parts of a here-document in which variables stand for values.
fn in_quotes(body: &str, depth: usize) -> Vec<Part> {
    let mut lexer = Lexer { depth, ..Lexer::of(body) };
    let mut parts = Parts::default();
    while lexer.at < body.len() {
        if !lexer.may_fail() || depth > 0 && lexer.failed > 0 {
            parts.list.push(Part::Unknown(body[lexer.at..].to_owned()));
            break;
        }
        let failed = lexer.failed;
        lexer.quoted(&mut parts);
        if lexer.failed > failed {
            continue;
        }
        // A quote is a character like others here.
        if lexer.at < body.len() || body.ends_with('"') && !parts.list.is_empty() {
            parts.push('"');
        }
    }
    parts.list
}
