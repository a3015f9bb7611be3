//! What begins with a digit, and IPv6 addresses.
//!
//! Only the shape decides the kind; whether the value is possible (`10.0.0.0/33`) is found when the literal is read.

use std::net::Ipv6Addr;

use super::word::is_name;
use crate::syntax::token::SyntaxKind;

/// The longest text of an IPv6 address: eight groups, the last two as IPv4.
const IPV6_LONGEST: usize = 45;

/// The kind and length of the word at the start, which is a digit.
pub(super) fn number(text: &str) -> (SyntaxKind, usize) {
    let bytes = text.as_bytes();
    let length = word_length(bytes);
    let kind = shape(&text[..length]);
    match (bytes.get(length), bytes.get(length + 1)) {
        (Some(b'/'), Some(next)) if next.is_ascii_alphanumeric() => with_suffix(bytes, length, kind),
        (Some(b'%'), _) if matches!(kind, SyntaxKind::Int) => (SyntaxKind::Percent, length + 1),
        _ => (kind, length),
    }
}

/// Letters, digits and dots that are followed by a digit.
fn word_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() && (is_name(bytes[at]) || point(bytes, at)) {
        at += 1;
    }
    at
}

fn point(bytes: &[u8], at: usize) -> bool {
    bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn with_suffix(bytes: &[u8], slash: usize, kind: SyntaxKind) -> (SyntaxKind, usize) {
    let suffix = &bytes[slash + 1..];
    let length = suffix.iter().position(|&b| !is_name(b)).unwrap_or(suffix.len());
    let digits = suffix[..length].iter().all(u8::is_ascii_digit);
    let kind = match kind {
        SyntaxKind::Ip if digits => SyntaxKind::Cidr,
        SyntaxKind::Int | SyntaxKind::Mode if !digits => SyntaxKind::Port,
        _ => SyntaxKind::BadLiteral,
    };
    (kind, slash + 1 + length)
}

fn shape(word: &str) -> SyntaxKind {
    if word.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return if word.len() > 1 && word.starts_with('0') { SyntaxKind::Mode } else { SyntaxKind::Int };
    }
    if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return dotted(word.split('.').count());
    }
    united(word)
}

fn dotted(parts: usize) -> SyntaxKind {
    match parts {
        2 => SyntaxKind::Decimal,
        3 => SyntaxKind::Version,
        4 => SyntaxKind::Ip,
        _ => SyntaxKind::BadLiteral,
    }
}

/// A number with a unit, or several for a duration.
fn united(word: &str) -> SyntaxKind {
    let digits = word.bytes().position(|b| !b.is_ascii_digit() && b != b'_').unwrap_or(word.len());
    match &word[digits..] {
        unit if is_size(&word[..digits], unit) => SyntaxKind::Size,
        _ if is_duration(word) => SyntaxKind::Duration,
        _ => SyntaxKind::BadLiteral,
    }
}

/// Whether what begins with digits ends with a unit of a size: `4GiB`, `3.75GiB`.
fn is_size(digits: &str, rest: &str) -> bool {
    let part = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let is_unit = |unit| matches!(unit, "KiB" | "MiB" | "GiB" | "TiB" | "KB" | "MB" | "GB" | "TB");
    !digits.is_empty() && is_unit(part.unwrap_or(rest))
}

fn is_duration(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let next = unit.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if unit.len() == rest.len() || !matches!(&unit[..unit.len() - next.len()], "d" | "h" | "m" | "s" | "ms") {
            return false;
        }
        rest = next;
    }
    true
}

/// The IPv6 address or range at the start. What has `::` in it and is no address is a bad literal.
pub(super) fn ipv6(text: &str) -> Option<(SyntaxKind, usize)> {
    let bytes = text.as_bytes();
    let length = bytes.iter().take(IPV6_LONGEST + 1).take_while(|b| in_ipv6(**b)).count();
    let run = &text[..length];
    if run.bytes().filter(|&b| b == b':').count() < 2 {
        return None;
    }
    let whole = length <= IPV6_LONGEST && !bytes.get(length).is_some_and(|&b| is_name(b));
    match run.parse::<Ipv6Addr>() {
        Ok(_) if whole => Some(ipv6_range(bytes, length)),
        _ if run.contains("::") => Some((SyntaxKind::BadLiteral, broken_length(bytes))),
        _ => None,
    }
}

fn in_ipv6(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':' || byte == b'.'
}

fn broken_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&b| is_name(b) || b == b':' || b == b'.').count()
}

fn ipv6_range(bytes: &[u8], length: usize) -> (SyntaxKind, usize) {
    let digits = bytes[length..].iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    if bytes.get(length) == Some(&b'/') && digits > 0 {
        return (SyntaxKind::Cidr, length + 1 + digits);
    }
    (SyntaxKind::Ip, length)
}
