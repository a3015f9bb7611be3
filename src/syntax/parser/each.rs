//! `for key, name in list if condition`.

use super::Parsed;
use super::expression::expression;
use super::input::Input;
use super::part::{absent, group, joint, keyword, name, need, node, optional};
use crate::syntax::token::SyntaxKind;

/// `for name in list`, perhaps on a line of its own.
pub(super) fn each(input: Input<'_>) -> Parsed<'_> {
    if !is_loop(&input) {
        return absent();
    }
    let pair = |input| group(input, &[&joint(SyntaxKind::Comma), &name("a name")]);
    let parts: [&dyn Fn(_) -> _; 5] =
        [&keyword("for"), &name("a name"), &optional(pair), &need("`in`", keyword("in")), &expression];
    node(input.join(), SyntaxKind::Each, &parts)
}

/// As a field's name, `for` would be followed by `=`.
fn is_loop(input: &Input) -> bool {
    let follows = input.ahead(1).kind;
    input.join().word() == "for" && !matches!(follows, SyntaxKind::Equals | SyntaxKind::Question | SyntaxKind::Colon)
}

/// `for name in list if condition`.
pub(super) fn filtered(input: Input<'_>) -> Parsed<'_> {
    group(input, &[&each, &optional(condition)])
}

/// `if condition` after a loop or a need.
pub(super) fn condition(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::Condition, &[&keyword("if"), &expression])
}
