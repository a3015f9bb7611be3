//! The words of an expression of CEL.
//!
//! Source: google/cel-spec doc/langdef.md (Syntax).

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    /// A name in backquotes, which only a field has.
    Field,
    Literal,
    Sign(&'static str),
}

/// Signs, the longer ones first.
const SIGNS: [&str; 26] = [
    "&&", "||", "==", "!=", "<=", ">=", "?", ":", "<", ">", "+", "-", "*", "/", "%", "!", ".", ",", "(", ")", "[", "]",
    "{", "}", "=", "|",
];

/// The words, or what is wrong.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut list, mut rest) = (Vec::new(), skip(text));
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '`' => field(rest)?,
            _ if string_start(rest).is_some() => string(rest)?,
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
            '0'..='9' => number(rest),
            _ if is_letter(first) => name(rest),
            _ => sign(rest).ok_or_else(|| format!("`{first}` is not a sign of CEL"))?,
        };
        list.push(token);
        rest = skip(behind);
    }
    Ok(list)
}

/// What comes behind spaces and comments.
fn skip(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with("//") {
        rest = rest.find('\n').map_or("", |end| &rest[end..]).trim_start();
    }
    rest
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn name(text: &str) -> (Token, &str) {
    let end = text.find(|c: char| !is_letter(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    (Token::Name(text[..end].to_owned()), &text[end..])
}

fn sign(text: &str) -> Option<(Token, &str)> {
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign))?;
    Some((Token::Sign(sign), &text[sign.len()..]))
}

fn field(text: &str) -> Result<(Token, &str), String> {
    let end = text[1..].find('`').ok_or("a name in backquotes has no end")?;
    Ok((Token::Field, &text[end + 2..]))
}

/// `1`, `0x1f`, `2u`, `1.5e-3`.
fn number(text: &str) -> (Token, &str) {
    let mut end = 0;
    let mut before = ' ';
    for c in text.chars() {
        let is_exponent = matches!(before, 'e' | 'E') && !text.starts_with("0x");
        // A point that a name follows is a call.
        let is_point = c == '.' && text[end + 1..].starts_with(|next: char| next.is_ascii_digit());
        if !(c.is_ascii_alphanumeric() || is_point || is_exponent && matches!(c, '+' | '-')) {
            break;
        }
        (before, end) = (c, end + 1);
    }
    (Token::Literal, &text[end..])
}

/// How many characters stand before the quotes of a text, and whether escapes are read in it.
fn string_start(text: &str) -> Option<(usize, bool)> {
    let prefix = text.find(['"', '\'']).filter(|at| *at <= 2)?;
    let letters = &text[..prefix];
    letters.chars().all(|c| "rRbB".contains(c)).then(|| (prefix, letters.contains(['r', 'R'])))
}

fn string(text: &str) -> Result<(Token, &str), String> {
    let (prefix, is_raw) = string_start(text).unwrap_or_default();
    let body = &text[prefix..];
    let one = &body[..1];
    let quotes = if body.starts_with(&one.repeat(3)) { one.repeat(3) } else { one.to_owned() };
    let mut rest = &body[quotes.len()..];
    while !rest.starts_with(&quotes) {
        let first = rest.chars().next().filter(|c| quotes.len() == 3 || *c != '\n').ok_or("a text has no end")?;
        rest = &rest[first.len_utf8()..];
        if first == '\\' && !is_raw {
            rest = escape(rest)?;
        }
    }
    Ok((Token::Literal, &rest[quotes.len()..]))
}

/// What comes behind an escape.
fn escape(text: &str) -> Result<&str, String> {
    let first = text.chars().next().ok_or("a text has no end")?;
    let digits = match first {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '?' | '"' | '\'' | '`' => 0,
        'x' | 'X' => 2,
        'u' => 4,
        'U' => 8,
        '0'..='3' => 2,
        _ => return Err(format!("`\\{first}` is not an escape; a backslash itself is `\\\\`")),
    };
    text.get(first.len_utf8() + digits..).ok_or_else(|| "a text has no end".to_owned())
}
