//! Literals: from their text to their value, once.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::source::Span;
use crate::syntax::ast::{Literal, Port, Protocol, Version};
use crate::syntax::token::SyntaxKind;
use crate::text::List;

/// Why a text is not a literal of its kind.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidLiteral {
    message: String,
    help: Help,
}

impl InvalidLiteral {
    fn new(message: impl Into<String>, help: impl Into<Help>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// The problem at a place.
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic::new(Code::InvalidLiteral, span, self.message).help(self.help)
    }
}

/// Reads a literal.
pub fn read(kind: SyntaxKind, text: &str) -> Result<Literal, InvalidLiteral> {
    match kind {
        SyntaxKind::Keyword => super::expression::word(text).ok_or_else(|| strange(text)),
        SyntaxKind::Int => int(text),
        SyntaxKind::Decimal => Ok(Literal::Decimal(text.into())),
        SyntaxKind::Version => version(text),
        SyntaxKind::Ip => ip(text).map(Literal::Ip),
        SyntaxKind::Cidr => cidr(text),
        SyntaxKind::Port => port(text),
        SyntaxKind::Mode => mode(text),
        SyntaxKind::Size => size(text),
        SyntaxKind::Duration => duration(text),
        SyntaxKind::Percent => percent(text),
        SyntaxKind::Path => Ok(Literal::Path(text.into())),
        SyntaxKind::RelativePath => Err(relative(text)),
        _ => Err(strange(text)),
    }
}

fn digits(text: &str) -> String {
    text.replace('_', "")
}

fn int(text: &str) -> Result<Literal, InvalidLiteral> {
    digits(text).parse().map(Literal::Int).map_err(|_| {
        InvalidLiteral::new(format!("`{text}` is too large"), format!("the largest whole number is {}", i64::MAX))
    })
}

fn version(text: &str) -> Result<Literal, InvalidLiteral> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) => Ok(Literal::Version(Version { major, minor, patch })),
        _ => Err(InvalidLiteral::new(format!("`{text}` is not a version"), "a version is written `1.34.2`")),
    }
}

fn ip(text: &str) -> Result<IpAddr, InvalidLiteral> {
    text.parse().map_err(|_| {
        let message = format!("`{text}` is not an address");
        match text.split('.').find(|octet| octet.parse::<u8>().is_err()) {
            Some(octet) => InvalidLiteral::new(message, format!("`{octet}` is more than 255")),
            None => InvalidLiteral::new(message, "the parts of an address have no leading zeros"),
        }
    })
}

fn cidr(text: &str) -> Result<Literal, InvalidLiteral> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
    let address = ip(address)?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let range = prefix.parse().ok().and_then(|prefix| IpNet::new(address, prefix).ok());
    range.map(Literal::Cidr).ok_or_else(|| {
        InvalidLiteral::new(format!("`{text}` is not an address range"), format!("the prefix is at most `/{longest}`"))
    })
}

fn port(text: &str) -> Result<Literal, InvalidLiteral> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, ""));
    let protocol = Protocol::read(protocol).ok_or_else(|| invalid_protocol(text, number, protocol))?;
    match digits(number).parse() {
        Ok(number) if number > 0 => Ok(Literal::Port(Port { number, protocol })),
        _ => Err(InvalidLiteral::new(format!("`{text}` is not a port"), "a port is a number from 1 to 65535")),
    }
}

fn invalid_protocol(text: &str, number: &str, protocol: &str) -> InvalidLiteral {
    let help = match closest(protocol, Protocol::ALL.map(Protocol::name)) {
        Some(meant) => Help::near(format!("{number}/{meant}")),
        None => {
            format!("the protocol is `tcp` or `udp`; a division is written with spaces: `{number} / {protocol}`").into()
        }
    };
    InvalidLiteral::new(format!("`{text}` is not a port"), help)
}

fn mode(text: &str) -> Result<Literal, InvalidLiteral> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(Literal::Mode(mode)),
        _ => Err(InvalidLiteral::new(
            format!("`{text}` is not a file mode"),
            "a number with a leading zero is a mode, such as `0644`; write any other number without the zero",
        )),
    }
}

fn size(text: &str) -> Result<Literal, InvalidLiteral> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let unit = unit_size(&text[number.len()..]).map(u128::from);
    let scale = u32::try_from(part.len()).ok().and_then(|places| 10_u128.checked_pow(places));
    let all = digits(&format!("{whole}{part}")).parse::<u128>().ok();
    let Some((bytes, scale)) = unit.zip(all).and_then(|(unit, all)| unit.checked_mul(all)).zip(scale) else {
        return Err(too_large(text));
    };
    // 1.1 GiB is not a whole number of bytes: the rest is dropped.
    u64::try_from(bytes / scale).map(Literal::Size).map_err(|_| too_large(text))
}

fn too_large(text: &str) -> InvalidLiteral {
    InvalidLiteral::new(format!("`{text}` is too large"), "the largest size is just below `16777216TiB`")
}

fn unit_size(unit: &str) -> Option<u64> {
    Some(match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    })
}

fn duration(text: &str) -> Result<Literal, InvalidLiteral> {
    let (mut rest, mut total, mut last) = (text, Some(0_u64), u64::MAX);
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let next = unit.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let length = milliseconds(&unit[..unit.len() - next.len()]);
        if length >= last {
            return Err(InvalidLiteral::new(
                format!("`{text}` is not a duration"),
                "write the larger units first: `1h30m`",
            ));
        }
        let number = rest[..rest.len() - unit.len()].parse::<u64>().ok();
        total = total.zip(number).and_then(|(sum, n)| n.checked_mul(length)?.checked_add(sum));
        (rest, last) = (next, length);
    }
    total
        .map(Literal::Duration)
        .ok_or_else(|| InvalidLiteral::new(format!("`{text}` is too long"), "write a shorter duration"))
}

fn milliseconds(unit: &str) -> u64 {
    match unit {
        "d" => 86_400_000,
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1_000,
        _ => 1,
    }
}

fn percent(text: &str) -> Result<Literal, InvalidLiteral> {
    digits(text.trim_end_matches('%'))
        .parse()
        .map(Literal::Percent)
        .map_err(|_| InvalidLiteral::new(format!("`{text}` is too large"), "write a smaller percentage"))
}

fn relative(text: &str) -> InvalidLiteral {
    InvalidLiteral::new(
        "a path as a value is absolute",
        format!("for a file beside this one write the text `\"{text}\"`"),
    )
}

/// What looks like a literal and is of no kind.
fn strange(text: &str) -> InvalidLiteral {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    if let Some((left, right)) = text.split_once('/') {
        return slashed(text, left, right);
    }
    if text.contains(':') {
        return InvalidLiteral::new(format!("`{text}` is not an address"), "an address is written `fd00::5`");
    }
    if text.matches('.').count() > 3 {
        return InvalidLiteral::new(format!("`{text}` is not an address"), "an address has four parts: `10.0.0.5`");
    }
    united(text, number, unit)
}

fn slashed(text: &str, left: &str, right: &str) -> InvalidLiteral {
    let help = match left.contains('.') {
        true => format!("a range is written `10.0.0.0/16`; put `\"{text}\"` in quotes if it is text"),
        false => format!("a division is written with spaces, `{left} / {right}`, and a port `6443/tcp`"),
    };
    InvalidLiteral::new(format!("`{text}` is not a value"), help)
}

fn united(text: &str, number: &str, unit: &str) -> InvalidLiteral {
    const UNITS: [&str; 13] = ["KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB", "d", "h", "m", "s", "ms"];
    let whole = number.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let help = match closest(unit, UNITS) {
        Some(meant) if whole && !unit.is_empty() => Help::near(format!("{number}{meant}")),
        _ => format!("units are {}; text is written in quotes", List::ticked(&UNITS)).into(),
    };
    InvalidLiteral::new(format!("`{text}` is not a value"), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::lex;

    fn value(text: &str) -> Result<Literal, InvalidLiteral> {
        let lexemes = lex(text);
        assert_eq!(lexemes.len(), 1, "{text} is one token");
        read(lexemes[0].kind, text)
    }

    #[test]
    fn values_are_those_written() {
        let port = |number, protocol| Literal::Port(Port { number, protocol });
        let version = |major, minor, patch| Literal::Version(Version { major, minor, patch });
        for (text, literal) in [
            ("1_000", Literal::Int(1000)),
            ("0", Literal::Int(0)),
            ("1.31", Literal::Decimal("1.31".into())),
            ("4GiB", Literal::Size(4 << 30)),
            ("3.75GiB", Literal::Size(15 << 28)),
            ("0.5MB", Literal::Size(500_000)),
            ("10KB", Literal::Size(10_000)),
            ("1h30m", Literal::Duration(5_400_000)),
            ("500ms", Literal::Duration(500)),
            ("30d", Literal::Duration(30 * 86_400_000)),
            ("50%", Literal::Percent(50)),
            ("6443/tcp", port(6443, Protocol::Tcp)),
            ("53/udp", port(53, Protocol::Udp)),
            ("1.34.2", version(1, 34, 2)),
            ("0644", Literal::Mode(0o644)),
            ("/etc/x@1.conf", Literal::Path("/etc/x@1.conf".into())),
        ] {
            assert_eq!(value(text), Ok(literal), "{text}");
        }
        for text in ["10.0.0.5", "fd00::5", "::", "::1", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1"] {
            assert_eq!(value(text), Ok(Literal::Ip(text.parse().expect("an address"))), "{text}");
        }
        for text in ["10.0.0.0/16", "fd00::/48", "::/0"] {
            assert_eq!(value(text), Ok(Literal::Cidr(text.parse().expect("a range"))), "{text}");
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        for text in [
            "6443/tpc",
            "0/tcp",
            "65536/tcp",
            "10.0.0.0/33",
            "300.0.0.1",
            "4GiBB",
            "1.1.1GiB",
            "fd00:::1",
            "0888",
            "30m1h",
            "99999999999999999999",
            "10/2",
            "17000000TiB",
            "./x",
            "1x",
            "10.0.0.010",
        ] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}
