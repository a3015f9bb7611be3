//! Quotes that do not end, and `\\x` without its digits: haproxy does not start with them.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (2.2 quoting and escaping), haproxy src/tools.c (`parse_line`); haproxy 2.6 says so.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

use super::super::File;

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>]) -> Vec<Diagnostic> {
    let of = |file: &File<'_, '_>| {
        let lines = file.text.lines().enumerate();
        let wrong = lines.filter_map(|(place, line)| {
            let (message, help) = wrong(line)?;
            let message = format!("{message}: haproxy does not start");
            Some(file.problem(model, Code::RefusedSetting, place + 1, message, help))
        });
        wrong.collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

/// What is wrong with a line, and what to do.
fn wrong(line: &str) -> Option<(String, &'static str)> {
    let (mut quote, mut rest) = (None, line.chars());
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '#') => break,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') if rest.next() == Some('x') => {
                let digits = rest.clone().take(2).filter(char::is_ascii_hexdigit).count();
                if digits < 2 {
                    return Some((
                        "`\\x` has no two hexadecimal digits".to_owned(),
                        "write `\\\\x` for the text itself",
                    ));
                }
            }
            _ => {}
        }
    }
    quote
        .map(|quote| (format!("`{quote}` begins a text that does not end"), "add the quote, or write a `\\` before it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_haproxy_does() {
        for right in [
            "a \"b c\" 'd'",
            "a \\\" b",
            "a # it's",
            "a 'b \\' # c",
            "a \\x41",
            "a \"it's\"",
            "a '\"'",
            "a\\# b",
            "a \\\\",
        ] {
            assert_eq!(wrong(right), None, "{right}");
        }
        for broken in ["a \"b", "a it's", "a 'b\" c", "a \\x4g", "a \\x", "a \\# '"] {
            assert!(wrong(broken).is_some(), "{broken}");
        }
    }
}
