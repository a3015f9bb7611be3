//! What has commands or sums inside: `$(...)`, `<(...)`, backticks, `${...}` and `((...))`, up to where it ends.

use super::{DEPTH, Lexer, Part, Parts, Token, Word};

/// Whether a command may begin behind a token.
pub(super) fn begins(text: &str, before: Option<&Token>) -> bool {
    match before {
        None | Some(Token::End | Token::Operator(_)) => true,
        Some(Token::Word(word)) => is_leading(raw(text, word)),
        Some(_) => false,
    }
}

/// Words behind which a command begins, or the sums of a `for`.
fn is_leading(word: &str) -> bool {
    matches!(word, "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "for" | "{" | "!" | "time")
}

fn raw<'t>(text: &'t str, word: &Word) -> &'t str {
    text.get(word.range.clone()).unwrap_or_default()
}

/// How long `((...))` may be, and how many things may not end before no more are looked for.
const SUM: usize = 1024;
const FAILURES: usize = 64;

/// What is open in a substitution.
#[derive(PartialEq, Eq)]
enum Open {
    Parenthesis,
    Case,
}

impl Lexer<'_> {
    /// The commands behind an opening parenthesis, and the one that closes it. `start` is where it is written.
    pub(super) fn substitution(&mut self, start: usize) {
        let line = self.line;
        if self.rest().starts_with("((") && self.sums() {
            return;
        }
        let mut inner = Lexer { at: self.at + 1, line, depth: self.depth + 1, ..Lexer::of(self.text) };
        if self.may_fail() && inner.depth <= DEPTH && inner.closes() {
            (self.at, self.line) = (inner.at, inner.line);
        } else {
            self.passes(start);
        }
    }

    /// Reads tokens up to the parenthesis that is not theirs; whether there is one.
    fn closes(&mut self) -> bool {
        let mut open: Vec<Open> = Vec::new();
        while self.at < self.text.len() {
            if self.rest().starts_with(')') && open.is_empty() {
                self.next();
                return true;
            }
            let (count, is_start) = (self.list.len(), begins(self.text, self.list.last()));
            self.token();
            if self.failed > 0 {
                return false;
            }
            match self.list.last().filter(|_| self.list.len() > count) {
                Some(Token::Operator("(")) => open.push(Open::Parenthesis),
                // That of a pattern closes nothing.
                Some(Token::Operator(")")) => _ = open.pop_if(|last| *last == Open::Parenthesis),
                Some(Token::Word(word)) if is_start && raw(self.text, word) == "case" => open.push(Open::Case),
                Some(Token::Word(word)) if is_start && raw(self.text, word) == "esac" => {
                    open.pop_if(|last| *last == Open::Case);
                }
                _ => {}
            }
        }
        false
    }

    /// `((n << 2))` as a command.
    pub(super) fn arithmetic(&mut self) -> bool {
        let (start, line) = (self.at, self.line);
        let found = self.sums();
        if found {
            let parts = vec![Part::Unknown(self.text[start..self.at].to_owned())];
            self.list.push(Token::Word(Word { parts, range: start..self.at, line }));
        }
        found
    }

    /// Passes over `((...))`, if its last two parentheses stand together.
    fn sums(&mut self) -> bool {
        let mut depth = 0_usize;
        let first_closed = self.rest().char_indices().take_while(|(place, _)| *place < SUM).find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            *c == ')' && depth == 1
        });
        let place = first_closed.map(|(place, _)| place).filter(|place| self.rest()[place + 1..].starts_with(')'));
        place.into_iter().for_each(|place| self.jumps(self.at + place + 2));
        place.is_some()
    }

    /// Up to the backtick that ends it; one behind a backslash is that of an inner one.
    pub(super) fn backticks(&mut self, start: usize) {
        while let Some(c) = self.next().filter(|_| self.may_fail()) {
            match c {
                '\\' => _ = self.next(),
                '`' => return,
                _ => {}
            }
        }
        self.passes(start);
    }

    /// `${NAME...}`.
    pub(super) fn braces(&mut self, start: usize, quoted: bool) {
        self.next();
        let mut ignored = Parts::default();
        while let Some(c) = self.peek().filter(|_| self.depth < DEPTH && self.may_fail()) {
            match c {
                '}' => {
                    self.next();
                    return;
                }
                '\\' => {
                    self.next();
                    self.next();
                }
                '$' | '`' => {
                    let failed = self.failed;
                    self.depth += 1;
                    self.expansion(&mut ignored, quoted);
                    self.depth -= 1;
                    if self.failed > failed {
                        break;
                    }
                }
                '\'' if !quoted => {
                    self.next();
                    while self.next().is_some_and(|c| c != '\'') {}
                }
                '"' => {
                    self.next();
                    while let Some(c) = self.next().filter(|c| *c != '"') {
                        _ = (c == '\\').then(|| self.next());
                    }
                }
                _ => _ = self.next(),
            }
        }
        self.passes(start);
    }

    /// Whether an end is looked for once more.
    pub(super) fn may_fail(&self) -> bool {
        self.failed < FAILURES
    }

    /// A quote that does not end.
    pub(super) fn unclosed(&mut self, start: usize, parts: &mut Parts) {
        self.passes(start);
        parts.list.push(Part::Unknown(self.text[start..self.at].to_owned()));
    }

    /// Goes on behind the line on which something begins that does not end, so that what follows is read.
    fn passes(&mut self, start: usize) {
        let end = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        let line = self.line_of(start);
        (self.at, self.line) = (end, line);
        self.failed += 1;
        let parts = vec![Part::Unknown(self.text[start..end].to_owned())];
        self.list.push(Token::Unclosed(Word { parts, range: start..end, line }));
    }

    /// The line of what was passed.
    fn line_of(&self, start: usize) -> usize {
        match self.text.get(start..self.at) {
            Some(passed) => self.line - passed.matches('\n').count(),
            None => self.line,
        }
    }

    fn jumps(&mut self, to: usize) {
        self.line += self.text[self.at..to].matches('\n').count();
        self.at = to;
    }
}
