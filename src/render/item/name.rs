//! Names that other programs read on a machine: of units, users and packages. They are words there, so they are words here.

use crate::diag::{Code, Diagnostic};
use crate::model::EvalError;
use crate::source::Span;

/// The kinds of units (systemd.unit(5)).
const UNITS: [&str; 11] =
    ["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];

/// The name of a unit, as systemd takes it: up to 255 characters, with its kind.
pub(super) fn unit(name: &str, span: Span) -> Result<(), EvalError> {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_part = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    let valid = !stem.is_empty() && !stem.starts_with('-') && stem.chars().all(is_part) && name.len() <= 255;
    match valid && UNITS.contains(&kind) {
        true => Ok(()),
        false => Err(invalid(
            name,
            "the name of a unit",
            "use letters, digits and `:-_.\\@`, and a kind: `backup.service`, `backup.timer`",
            span,
        )),
    }
}

/// The name or number of a user or group.
pub(super) fn user(name: &str, span: Span) -> Result<(), EvalError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    match !name.is_empty() && name.len() <= 255 && !name.starts_with(['-', '.']) && name.chars().all(is_part) {
        true => Ok(()),
        false => Err(invalid(name, "the name of a user or group", "use letters, digits and `_.@-`", span)),
    }
}

/// A package, with the version or release that is asked for: `conntrack`, `haproxy=2.6.12-1`.
pub(super) fn package(name: &str, span: Span) -> Result<(), EvalError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.:~=/_".contains(c);
    match name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_part) {
        true => Ok(()),
        false => Err(invalid(name, "the name of a package", "use letters, digits and `+-.`", span)),
    }
}

fn invalid(name: &str, what: &str, help: &str, span: Span) -> EvalError {
    let message = format!("`{}` is not {what}", name.escape_debug());
    Box::new(Diagnostic::new(Code::InvalidName, span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_and_what_is_not() {
        let span = Span::default();
        for name in ["a.service", "systemd-networkd-wait-online@eth0.service", "a\\x2db.mount", "x.y.timer"] {
            unit(name, span).unwrap();
        }
        for name in
            ["", "a", "a b.service", "a\n.service", "$(x).service", ".service", "a.servic", "-a.service", "a|b.timer"]
        {
            unit(name, span).unwrap_err();
        }
        for name in ["root", "_apt", "www-data", "0", "a.b"] {
            user(name, span).unwrap();
        }
        for name in ["", "a b", "-r", "a:b", "a\n", "$x", "a/b"] {
            user(name, span).unwrap_err();
        }
        for name in ["conntrack", "libstdc++6", "haproxy=2.6.12-1+deb12u1", "a/bookworm"] {
            package(name, span).unwrap();
        }
        for name in ["", "-y", "a b", "a;b", "a\n"] {
            package(name, span).unwrap_err();
        }
    }
}
