//! What flags of one program have to do with each other: `tables/flag-rules.toml` of the standard library.

use std::net::IpAddr;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::{Code, Diagnostic};
use crate::facts::embedded::{self, Note};
use crate::source::Span;

/// A flag as it will be written, and where its value stands.
pub type Given = (String, String, Span);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: Vec<FlagRule>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagRule {
    program: String,
    must: Must,
    flags: Vec<String>,
    why: String,
    help: String,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Must {
    /// No two of them have one value.
    Differ,
    /// None of them is an `http://` address off loopback.
    BeEncrypted,
}

static RULES: LazyLock<Vec<FlagRule>> = LazyLock::new(|| {
    let table: Table = embedded::table("tables/flag-rules.toml");
    table.rule
});

/// What is wrong with the flags of a program, taken together.
pub fn judge(program: &str, given: &[Given]) -> Vec<Diagnostic> {
    RULES.iter().filter(|rule| rule.program == program).filter_map(|rule| rule.judge(given)).collect()
}

impl FlagRule {
    fn judge(&self, given: &[Given]) -> Option<Diagnostic> {
        let mut ours = given.iter().filter(|(name, ..)| self.flags.contains(name));
        match self.must {
            Must::Differ => {
                let (name, value, span) = ours.next()?;
                let (other, _, at) = ours.find(|(_, other, _)| other == value)?;
                let message = format!("`--{name}` and `--{other}` are both `{value}`: {}", self.why);
                Some(
                    Diagnostic::new(Code::SharedAuthority, *at, message)
                        .label(*span, "the other one")
                        .help(&*self.help),
                )
            }
            Must::BeEncrypted => {
                let (name, url, span) = ours.find_map(|(name, value, span)| Some((name, in_the_open(value)?, span)))?;
                let message = format!("`--{name}` uses plain text over the network, `{url}`: {}", self.why);
                Some(Diagnostic::new(Code::PlaintextConnection, *span, message).help(&*self.help))
            }
        }
    }
}

/// The first address of a list that is dialled in plain text off the machine.
fn in_the_open(urls: &str) -> Option<&str> {
    urls.split(',').find(|url| {
        let Some(rest) = url.trim().strip_prefix("http://") else { return false };
        let host = rest.split('/').next().unwrap_or(rest);
        let host =
            host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |h| h.0);
        let loopback = host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        host != "localhost" && !loopback
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(RULES.len() >= 6 && RULES.iter().all(|rule| !rule.flags.is_empty()));
    }

    #[test]
    fn only_loopback_may_be_plain() {
        assert_eq!(in_the_open("https://10.0.0.5:2379,http://127.0.0.1:2379,http://[::1]:2379,http://localhost"), None);
        assert_eq!(in_the_open("http://127.0.0.1:2379,http://10.0.0.5:2379"), Some("http://10.0.0.5:2379"));
        assert_eq!(in_the_open("http://[fd00::5]:2379"), Some("http://[fd00::5]:2379"));
    }
}
