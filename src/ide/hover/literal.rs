//! What a literal says in full: a size in bytes, the ends of a range.

use super::Hover;
use crate::ide::cursor;
use crate::ide::project::File;
use crate::source::Span;
use crate::syntax::ast::Literal;
use crate::syntax::lower;
use crate::text::{Count, thousands};

/// About the literal at a place.
pub(super) fn hover(file: &File, offset: u32) -> Option<Hover> {
    let token = cursor::token(file, offset).filter(|token| token.kind().is_literal())?;
    let range = token.text_range();
    let span = Span::new(file.source(), range.start().into(), range.end().into());
    let literal = lower::literal(token.kind(), token.text()).ok()?;
    let text = describe(&literal)?;
    Some(Hover { span, text })
}

fn describe(literal: &Literal) -> Option<String> {
    Some(match literal {
        Literal::Size(bytes) => format!("`size`: {}", Count(*bytes, "byte")),
        Literal::Duration(milliseconds) => {
            format!(
                "`duration`: {} ms, written `{}` for Go",
                thousands(milliseconds),
                crate::model::value::go_duration(*milliseconds)
            )
        }
        Literal::Percent(percent) => format!("`percent`: {percent}%"),
        Literal::Cidr(range) => {
            let size = crate::model::address::size_of(*range);
            let (first, last) = (range.network(), range.broadcast());
            format!("`cidr`: {}, {first} to {last}", Count(size, "address"))
        }
        Literal::Ip(address) => format!("`ip`: IPv{}", if address.is_ipv6() { 6 } else { 4 }),
        Literal::Port(port) => format!("`port`: number {}, protocol {}", port.number, port.protocol),
        Literal::Version(version) => format!("`version`: {version}"),
        Literal::Mode(mode) => format!("`mode`: {}", rights(*mode)),
        Literal::Path(_) => "`path`: absolute".to_owned(),
        Literal::None | Literal::Bool(_) | Literal::Int(_) | Literal::Decimal(_) => return None,
    })
}

/// `rw-r--r--`.
fn rights(mode: u32) -> String {
    let letters = "rwxrwxrwx".chars().enumerate();
    letters.map(|(place, letter)| if mode & (0o400 >> place) == 0 { '-' } else { letter }).collect()
}
