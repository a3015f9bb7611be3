//! The words that begin something.

use super::input::{Block, Gap, Input};
use crate::syntax::token::SyntaxKind;

/// The words that begin a statement of a file.
pub const STATEMENTS: &[&str] = &[
    "use",
    "export",
    "param",
    "let",
    "cluster",
    "machines",
    "deploy",
    "relate",
    "target",
    "overlay",
    "check",
    "warn",
    "allow",
    "interface",
    "component",
    "authority",
    "keypair",
    "secret",
];

/// The words that begin an item of a component.
pub const ITEMS: &[&str] = &[
    "for",
    "option",
    "let",
    "provides",
    "requires",
    "peers",
    "listen",
    "cert",
    "kubeconfig",
    "holds",
    "unit",
    "file",
    "dir",
    "needs",
    "artifact",
    "image",
    "address",
    "check",
    "warn",
];

/// The words that begin a change of an overlay.
pub const CHANGES: &[&str] = &["set", "add", "drop"];

/// Words that are no name where a value is expected.
pub const RESERVED: &[&str] = &["true", "false", "none", "if", "then", "else", "for", "in"];

/// Whether one of these words is next and begins something: a name, a text or a path follows it on its line. As a field's
/// name it would be followed by `=`.
pub fn begins(input: &Input, words: &[&str]) -> bool {
    let follows = input.ahead(1);
    input.token().kind == SyntaxKind::Ident
        && !matches!(follows.gap, Gap::Line(_))
        && heads(follows.kind)
        && words.contains(&input.text_at(0))
        && !continues(input)
}

fn heads(kind: SyntaxKind) -> bool {
    use SyntaxKind::{Arrow, Bang, Ident, LeftParen, ParamName, Path, RelativePath, Star, StringStart};
    matches!(kind, Arrow | Ident | StringStart | Path | RelativePath | ParamName | Star | Bang | LeftParen)
}

/// `for x in list` and `cert name` are also parts of expressions.
fn continues(input: &Input) -> bool {
    match input.text_at(0) {
        "for" => !is_comparison(input.ahead(2).kind),
        "cert" => input.ahead(2).kind != SyntaxKind::LeftBrace,
        _ => false,
    }
}

/// What may stand between a subject and its bound.
pub fn is_comparison(kind: SyntaxKind) -> bool {
    use SyntaxKind::{EqualEqual, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(kind, Less | LessEqual | Greater | GreaterEqual | EqualEqual | NotEqual)
}

/// Whether what is around a body goes on here, so that the body's brace was forgotten: a statement at the start of a line,
/// or an item of the component.
pub fn leaves_body(input: &Input) -> bool {
    match input.token().gap {
        Gap::Line(_) if input.context.block == Block::Component && begins(input, ITEMS) => true,
        Gap::Line(0) => begins(input, STATEMENTS),
        _ => false,
    }
}

/// The same for the braces of a component or an overlay, whose own parts begin with words too.
pub fn leaves_block(input: &Input) -> bool {
    input.token().gap == Gap::Line(0) && begins(input, STATEMENTS) && !ITEMS.contains(&input.text_at(0))
}

/// Whether a field follows on a new line, so that a list before it was not closed.
pub fn field_follows(input: &Input) -> bool {
    let equals = |count: usize| input.ahead(count).kind == SyntaxKind::Equals;
    input.new_line()
        && input.token().kind == SyntaxKind::Ident
        && (equals(1) || (input.ahead(1).kind == SyntaxKind::Question && equals(2)))
}
