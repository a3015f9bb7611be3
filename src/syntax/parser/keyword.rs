//! The words that begin something.

use super::input::{Block, Gap, Input, Token};
use crate::syntax::token::SyntaxKind;

/// The words that begin a statement of a file.
pub(super) const STATEMENTS: &[&str] = &[
    "use",
    "export",
    "param",
    "let",
    "cluster",
    "machines",
    "deploy",
    "relate",
    "moved",
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
pub(super) const ITEMS: &[&str] = &[
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
    "manifest",
    "image",
    "address",
    "range",
    "immutable",
    "firewall",
    "check",
    "warn",
];

/// The words that begin a change of an overlay.
pub(super) const CHANGES: &[&str] = &["set", "add", "drop"];

/// What a machine may need.
pub(super) const NEEDS: &[&str] =
    &["module", "sysctl", "package", "device", "mount", "command", "cores", "memory", "disk"];

/// Words inside a statement or an item.
pub(super) const CLAUSES: &[&str] = &["as", "on", "where", "field"];

/// Words that are no name where a value is expected.
pub(super) const RESERVED: &[&str] = &["true", "false", "none", "if", "then", "else", "for", "in"];

/// Whether one of these words is next and begins something: a name, a text or a path follows it on its line. As a field's
/// name it would be followed by `=`.
pub(super) fn begins(input: &Input, words: &[&str]) -> bool {
    let follows = input.ahead(1);
    input.token().kind == SyntaxKind::Ident
        && !matches!(follows.gap, Gap::Line(_))
        && heads(input, follows)
        && words.contains(&input.text_at(0))
        && !continues(input)
}

/// Whether a token may follow the word that begins something, and no operator or call does.
fn heads(input: &Input, token: Token) -> bool {
    use SyntaxKind::{Arrow, Bang, Dot, Ident, LeftParen, ParamName, Path, RelativePath, Star, StringStart};
    match token.kind {
        Ident => !["in", "for", "if", "then", "else"].contains(&input.text_at(1)),
        LeftParen => token.gap == Gap::Space,
        Star => input.ahead(2).kind == Dot,
        kind => matches!(kind, Arrow | StringStart | Path | RelativePath | ParamName | Bang),
    }
}

/// Whether one of these words is next after a comma and begins something, and is no name in a list of names: those are
/// followed by what may follow a name there.
pub(super) fn begins_next(input: &Input, words: &[&str]) -> bool {
    use SyntaxKind::{Comma, End, LeftBrace, LeftBracket, RightBrace};
    let follows = input.ahead(1);
    let goes_on = matches!(follows.kind, Comma | End | LeftBrace | LeftBracket | RightBrace)
        || matches!(follows.gap, Gap::Line(_))
        || ["as", "on", "where"].contains(&input.text_at(1));
    !goes_on && words.contains(&input.text_at(0))
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
pub(super) fn is_comparison(kind: SyntaxKind) -> bool {
    use SyntaxKind::{EqualEqual, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(kind, Less | LessEqual | Greater | GreaterEqual | EqualEqual | NotEqual)
}

/// Whether what is around a body goes on here, so that the body's brace was forgotten: a statement at the start of a line,
/// or an item of the component.
pub(super) fn leaves_body(input: &Input) -> bool {
    match input.token().gap {
        Gap::Line(_) if input.context.block == Block::Component && begins(input, ITEMS) => true,
        Gap::Line(0) => begins(input, STATEMENTS),
        _ => false,
    }
}

/// The same for the braces of a component or an overlay, whose own parts begin with words too.
pub(super) fn leaves_block(input: &Input) -> bool {
    input.token().gap == Gap::Line(0) && begins(input, STATEMENTS) && !ITEMS.contains(&input.text_at(0))
}

/// Whether a field follows on a new line, so that a list before it was not closed.
pub(super) fn field_follows(input: &Input) -> bool {
    let equals = |count: usize| input.ahead(count).kind == SyntaxKind::Equals;
    input.new_line()
        && input.token().kind == SyntaxKind::Ident
        && (equals(1) || (input.ahead(1).kind == SyntaxKind::Question && equals(2)))
}
