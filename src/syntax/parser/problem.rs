//! What the parser says about text that is not of the language.

use super::input::Input;
use super::{MAX_CHAIN, MAX_DEPTH, Piece};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::token::SyntaxKind;
use crate::text::List;

/// Something else is expected here.
pub(super) fn expected(input: &Input, what: &str) -> Piece {
    Piece::wrong(expectation(input, what))
}

/// The same, with what to do.
pub(super) fn expected_with(input: &Input, what: &str, help: &str) -> Piece {
    let diagnostic = expectation(input, what);
    Piece::wrong(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help) })
}

fn expectation(input: &Input, what: &str) -> Diagnostic {
    let diagnostic = match input.kind() {
        SyntaxKind::Unknown => unexpected(input, format!("`{}` is not part of the language", input.text_at(0))),
        kind @ (SyntaxKind::LineEnd | SyntaxKind::End) => {
            unexpected(input, format!("expected {what}, found {}", kind.describe()))
        }
        SyntaxKind::StringStart => unexpected(input, format!("expected {what}, found a string")),
        SyntaxKind::StringText => unexpected(input, format!("expected {what}, found text")),
        _ => unexpected(input, format!("expected {what}, found `{}`", shorten(input.text_at(0)))),
    };
    match habit(input) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// A problem with the next token, or with the end of the line before it.
pub(super) fn unexpected(input: &Input, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, place(input), message)
}

fn place(input: &Input) -> Span {
    match input.kind() {
        SyntaxKind::LineEnd | SyntaxKind::End => input.behind(),
        _ => input.span(),
    }
}

/// A long word is not repeated whole.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What people write who come from other languages.
fn habit(input: &Input) -> Option<&'static str> {
    match input.kind() {
        SyntaxKind::Semicolon => Some("a newline ends a field and a statement; remove the `;`"),
        SyntaxKind::Path if input.touches() => Some("a division is written with spaces: `a / b`"),
        SyntaxKind::LeftParen if input.touches() => Some("only functions are called, by their name: `len(list)`"),
        SyntaxKind::LeftParen => Some("a call has no space before its `(`: `len(list)`"),
        SyntaxKind::Question => Some("a choice is written `if c then a else b`"),
        SyntaxKind::Ident => spelled(input.text_at(0)),
        SyntaxKind::Unknown => match input.text_at(0) {
            "'" => Some("text is written in double quotes"),
            "$" => Some("`${ }` is allowed only inside a string: write `\"${name}\"`"),
            "\\" => Some("a line goes on when it ends in an operator, or inside brackets"),
            _ => Some("remove it, or put it in quotes where text is meant"),
        },
        _ => None,
    }
}

/// Operators written as words.
fn spelled(word: &str) -> Option<&'static str> {
    match word {
        "and" => Some("write `&&`"),
        "or" => Some("write `||`"),
        "not" => Some("write `!`"),
        _ => None,
    }
}

/// A bracket without its partner, labelled where it was opened.
pub(super) fn unclosed(input: &Input, open: Span, opener: &str, closer: &str) -> Piece {
    let found = match input.token().kind {
        SyntaxKind::End => "the file ends here".to_owned(),
        _ if input.new_line() => format!("expected `{closer}` here"),
        _ => format!("expected `{closer}` before this"),
    };
    let place = if input.new_line() { input.behind() } else { input.span() };
    Piece::wrong(
        Diagnostic::new(Code::UnclosedDelimiter, open, format!("`{opener}` is not closed"))
            .here("opened here")
            .label(place, found)
            .help(format!("add `{closer}`")),
    )
}

/// A bracket that nothing opened.
pub(super) fn closes_nothing(input: &Input) -> Piece {
    let bracket = input.text_at(0);
    Piece::wrong(unexpected(input, format!("`{bracket}` closes nothing")).help("remove it, or add what it closes"))
}

/// A comment in the manner of YAML and the shell.
pub(super) fn hash_comment(place: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, place, "a comment begins with `//`")
        .help("write `//` instead of `#`")
        .safe_fix(place, "//", "write `//`")
}

/// Text without its closing quotes.
pub(super) fn unterminated(open: Span, quotes: &str) -> Piece {
    let help = match quotes {
        "\"" => "add `\"` at its end; text of several lines is written in `\"\"\"`",
        _ => "add `\"\"\"` at its end",
    };
    Piece::wrong(
        Diagnostic::new(Code::UnterminatedString, open, "the text is not closed").here("opened here").help(help),
    )
}

/// Too many things inside each other.
pub(super) fn too_deep(input: &Input) -> Piece {
    Piece::wrong(
        Diagnostic::new(Code::TooDeep, place(input), format!("more than {MAX_DEPTH} expressions inside each other"))
            .help("give the inner ones a name with `let`"),
    )
}

/// Too many operators in a row.
pub(super) fn too_long(input: &Input) -> Piece {
    Piece::wrong(
        Diagnostic::new(Code::TooDeep, place(input), format!("more than {MAX_CHAIN} operators in one expression"))
            .help("give a part of it a name with `let`, or use a list"),
    )
}

/// A word that begins nothing here.
pub(super) fn unknown_word(input: &Input, what: &str, words: &[&'static str]) -> Diagnostic {
    let word = input.text_at(0);
    let fallback = format!("{what} begins with one of {}", List::ticked(words));
    unexpected(input, format!("`{}` does not begin {what}", shorten(word))).help(did_you_mean(
        word,
        words.iter().copied(),
        &fallback,
    ))
}
