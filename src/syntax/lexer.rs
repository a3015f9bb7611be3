//! From text to tokens.
//!
//! In: any text. Out: tokens that together cover all of it. Never fails: what is no token is `Unknown`, a number that fits
//! no literal is `BadLiteral`. Inside a text the lexer keeps a stack of modes, so `"a ${f("b")} c"` needs no look-back.

use crate::syntax::token::SyntaxKind;

mod number;
mod text;
mod word;

use text::Mode;

/// One token: its kind and the offset of its end; it starts where the one before it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lexeme {
    pub kind: SyntaxKind,
    pub end: u32,
    /// Whether no text and no interpolation is open after it: what follows reads as at the start of a file.
    pub outside: bool,
}

/// All tokens of a text, trivia included.
pub fn lex(text: &str) -> Vec<Lexeme> {
    lex_on(text, Vec::with_capacity(text.len() / 4 + 1), |_| false)
}

/// The tokens of a text from a place on, after those that are known; up to the end, or to the first of which `stops` says
/// that the rest is known. The last known one is outside of all texts.
pub fn lex_on(text: &str, known: Vec<Lexeme>, mut stops: impl FnMut(Lexeme) -> bool) -> Vec<Lexeme> {
    let at = known.last().map_or(0, |lexeme| lexeme.end as usize);
    let mut lexer = Lexer { text, at, modes: Vec::new(), tokens: known };
    let mut read = lexer.tokens.len();
    while lexer.at < text.len() {
        lexer.step();
        let is_outside = lexer.modes.is_empty();
        if let Some(last) = lexer.tokens.last_mut().filter(|last| last.end as usize == lexer.at) {
            last.outside = is_outside;
            // A text that ends with its line adds no token.
            let is_new = lexer.tokens.len() > read;
            read = lexer.tokens.len();
            if is_new && stops(lexer.tokens[read - 1]) {
                break;
            }
        }
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Lexeme>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        match self.modes.last() {
            Some(Mode::Text(quotes)) => self.text(*quotes),
            _ => self.code(),
        }
    }

    /// The byte `ahead` of the current one, 0 at the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Ends a token of `length` bytes.
    fn push(&mut self, kind: SyntaxKind, length: usize) {
        self.at += length;
        self.tokens.push(Lexeme { kind, end: self.at as u32, outside: true });
    }

    fn code(&mut self) {
        match self.byte(0) {
            b' ' | b'\t' => self.run(SyntaxKind::Whitespace, |b| b == b' ' || b == b'\t'),
            b'\r' | b'\n' => self.newline(),
            b'"' => self.open_text(),
            b'\'' => self.single_quoted(),
            b'#' => self.line(SyntaxKind::HashComment),
            b'/' => self.slash(),
            b'.' => self.dot(),
            b'$' => self.dollar(),
            b'{' => self.left_brace(),
            b'}' => self.right_brace(),
            b'0'..=b'9' => self.digit(),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.letter(),
            b':' => self.colon(),
            _ => self.punctuation(),
        }
    }

    fn run(&mut self, kind: SyntaxKind, belongs: fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.push(kind, rest.iter().position(|&b| !belongs(b)).unwrap_or(rest.len()));
    }

    fn newline(&mut self) {
        match (self.byte(0), self.byte(1)) {
            (b'\r', b'\n') => self.push(SyntaxKind::Newline, 2),
            (b'\n', _) => self.push(SyntaxKind::Newline, 1),
            _ => return self.push(SyntaxKind::Whitespace, 1),
        }
        self.end_line();
    }

    /// A token up to the end of the line, without the newline.
    fn line(&mut self, kind: SyntaxKind) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let carriage = usize::from(length < rest.len() && length > 0 && rest[length - 1] == b'\r');
        self.push(kind, length - carriage);
    }

    fn slash(&mut self) {
        match (self.byte(1), self.byte(2), self.byte(3)) {
            (b'/', b'/', b'/') => self.line(SyntaxKind::Comment),
            (b'/', b'/', _) => self.line(SyntaxKind::Doc),
            (b'/', b'!', _) => self.line(SyntaxKind::FileDoc),
            (b'/', _, _) => self.line(SyntaxKind::Comment),
            (next, _, _) if word::starts_path(next) => self.push(SyntaxKind::Path, self.path_length(0)),
            _ => self.push(SyntaxKind::Slash, 1),
        }
    }

    fn dot(&mut self) {
        match (self.byte(1), self.byte(2), self.byte(3)) {
            // A second slash begins a comment.
            (b'/', next, _) if next != b'/' => self.push(SyntaxKind::RelativePath, self.path_length(1)),
            (b'.', b'/', next) if next != b'/' => self.push(SyntaxKind::RelativePath, self.path_length(2)),
            (b'.', _, _) => self.push(SyntaxKind::DotDot, 2),
            _ => self.push(SyntaxKind::Dot, 1),
        }
    }

    /// The length of a path whose first slash is `from` bytes ahead.
    fn path_length(&self, from: usize) -> usize {
        word::path_length(&self.text.as_bytes()[self.at..], from)
    }

    fn dollar(&mut self) {
        match word::name_length(&self.text.as_bytes()[self.at + 1..]) {
            0 => self.push(SyntaxKind::Unknown, 1),
            length => self.push(SyntaxKind::ParamName, 1 + length),
        }
    }

    fn digit(&mut self) {
        if !self.ipv6() {
            let (kind, length) = number::number(&self.text[self.at..]);
            self.push(kind, length);
        }
    }

    fn letter(&mut self) {
        if !self.ipv6() {
            self.push(SyntaxKind::Ident, word::name_length(&self.text.as_bytes()[self.at..]));
        }
    }

    fn colon(&mut self) {
        if !self.ipv6() {
            self.push(SyntaxKind::Colon, 1);
        }
    }

    fn ipv6(&mut self) -> bool {
        let Some((kind, length)) = number::ipv6(&self.text[self.at..]) else { return false };
        self.push(kind, length);
        true
    }

    fn punctuation(&mut self) {
        let (kind, length) = match (self.byte(0), self.byte(1)) {
            (b'-', b'>') => (SyntaxKind::Arrow, 2),
            (b'=', b'=') => (SyntaxKind::EqualEqual, 2),
            (b'!', b'=') => (SyntaxKind::NotEqual, 2),
            (b'<', b'=') => (SyntaxKind::LessEqual, 2),
            (b'>', b'=') => (SyntaxKind::GreaterEqual, 2),
            (b'&', b'&') => (SyntaxKind::AndAnd, 2),
            (b'|', b'|') => (SyntaxKind::OrOr, 2),
            (b'?', b'?') => (SyntaxKind::QuestionQuestion, 2),
            (b'?', b'.') => (SyntaxKind::QuestionDot, 2),
            (byte, _) => self.single(byte),
        };
        self.push(kind, length);
    }

    fn single(&self, byte: u8) -> (SyntaxKind, usize) {
        let kind = match byte {
            b'[' => SyntaxKind::LeftBracket,
            b']' => SyntaxKind::RightBracket,
            b'(' => SyntaxKind::LeftParen,
            b')' => SyntaxKind::RightParen,
            b',' => SyntaxKind::Comma,
            b';' => SyntaxKind::Semicolon,
            b'=' => SyntaxKind::Equals,
            b'<' => SyntaxKind::Less,
            b'>' => SyntaxKind::Greater,
            b'+' => SyntaxKind::Plus,
            b'-' => SyntaxKind::Minus,
            b'*' => SyntaxKind::Star,
            b'%' => SyntaxKind::Remainder,
            b'!' => SyntaxKind::Bang,
            b'&' => SyntaxKind::Ampersand,
            b'?' => SyntaxKind::Question,
            b'|' => SyntaxKind::Pipe,
            _ => return self.unknown(),
        };
        (kind, 1)
    }

    /// A character of no token; a byte order mark at the start is space.
    fn unknown(&self) -> (SyntaxKind, usize) {
        match self.text[self.at..].chars().next() {
            Some('\u{feff}') if self.at == 0 => (SyntaxKind::Whitespace, 3),
            Some(character) => (SyntaxKind::Unknown, character.len_utf8()),
            None => (SyntaxKind::Unknown, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a text, without spaces, one after the other.
    fn tokens(text: &str) -> String {
        let mut start = 0;
        let mut shown = Vec::new();
        for lexeme in lex(text) {
            let token = &text[start..lexeme.end as usize];
            start = lexeme.end as usize;
            if lexeme.kind != SyntaxKind::Whitespace {
                shown.push(format!("{:?}:{token}", lexeme.kind));
            }
        }
        shown.join(" ")
    }

    #[test]
    fn neighbours_are_told_apart() {
        assert_eq!(tokens("a-b a - b a->b"), "Ident:a-b Ident:a Minus:- Ident:b Ident:a Arrow:-> Ident:b");
        assert_eq!(tokens("0..2"), "Int:0 DotDot:.. Int:2");
        assert_eq!(tokens("std/kubernetes a / b"), "Ident:std Path:/kubernetes Ident:a Slash:/ Ident:b");
        assert_eq!(tokens("50% a % b"), "Percent:50% Ident:a Remainder:% Ident:b");
        assert_eq!(
            tokens("x?: i x?.y x ?? y"),
            "Ident:x Question:? Colon:: Ident:i Ident:x QuestionDot:?. Ident:y Ident:x QuestionQuestion:?? Ident:y"
        );
        assert_eq!(tokens("api: kube a: b"), "Ident:api Colon:: Ident:kube Ident:a Colon:: Ident:b");
        assert_eq!(tokens("fd00::1, face"), "Ip:fd00::1 Comma:, Ident:face");
        assert_eq!(tokens("[/etc/x, /y]"), "LeftBracket:[ Path:/etc/x Comma:, Path:/y RightBracket:]");
        assert_eq!(tokens("{ a = /x }"), "LeftBrace:{ Ident:a Equals:= Path:/x RightBrace:}");
        assert_eq!(tokens("/x// y"), "Path:/x Comment:// y");
        assert_eq!(tokens("./x ../y"), "RelativePath:./x RelativePath:../y");
        assert_eq!(tokens(".//x"), "Dot:. Comment://x");
    }

    #[test]
    fn texts_end_with_their_line() {
        let shown = tokens("\"a ${b\n c");
        assert_eq!(shown, "StringStart:\" StringText:a  InterpolationStart:${ Ident:b Newline:\n Ident:c");
        let shown = tokens("\"${ {} }\"}");
        assert_eq!(
            shown,
            "StringStart:\" InterpolationStart:${ LeftBrace:{ RightBrace:} InterpolationEnd:} StringEnd:\" RightBrace:}"
        );
    }
}
