//! The statements of a file.

use super::expression::expression;
use super::input::Input;
use super::keyword::{CHANGES, ITEMS, STATEMENTS};
use super::list::{self, NAMES, VALUES};
use super::part::{absent, any, group, joint, keyword, name, need, node, optional, token, touching, word};
use super::{MAX_DEPTH, Parsed, Piece, body, component, overlay, placement, problem, recovery, text, ty};
use crate::diag::closest;
use crate::syntax::token::SyntaxKind;

type GrammarRule = for<'a> fn(Input<'a>) -> Parsed<'a>;

/// A statement, or a problem.
pub(super) fn statement(input: Input<'_>) -> Parsed<'_> {
    if input.context.depth >= MAX_DEPTH {
        let (rest, skipped) = recovery::statement(input);
        return Ok((rest, Piece::Group(vec![problem::too_deep(&input), skipped])));
    }
    let (rest, piece) = match rule(input.word()) {
        Some(rule) => rule(input.deeper())?,
        None => unknown(input.deeper())?,
    };
    Ok((rest.within(input.context), piece))
}

fn rule(word: &str) -> Option<GrammarRule> {
    Some(match word {
        "use" | "export" => import,
        "param" => param,
        "let" => binding,
        "cluster" => cluster,
        "machines" => machines,
        "deploy" => placement::deploy,
        "relate" => placement::relate,
        "moved" => placement::moved,
        "target" => target,
        "overlay" => overlay::overlay,
        "check" | "warn" => check,
        "allow" => allow,
        "interface" => interface,
        "component" => component::component,
        "authority" => authority,
        "keypair" => keypair,
        "secret" => secret,
        _ => return None,
    })
}

/// What begins no statement. A word that is close to one is read as that one, so that only the word is reported.
fn unknown(input: Input<'_>) -> Parsed<'_> {
    if input.kind() != SyntaxKind::Ident {
        let wrong = problem::expected(&input, "a statement");
        let (rest, skipped) = skip(input)?;
        return Ok((rest, Piece::Group(vec![wrong, skipped])));
    }
    let wrong = Piece::wrong(problem::unknown_word(&input, "a statement", STATEMENTS));
    let meant = closest(input.word(), STATEMENTS.iter().copied()).filter(|_| names_follow(&input)).and_then(rule);
    let (rest, piece) = meant.unwrap_or(skip)(input)?;
    Ok((rest, Piece::Group(vec![wrong, piece])))
}

fn names_follow(input: &Input) -> bool {
    matches!(input.advance().kind(), SyntaxKind::Ident | SyntaxKind::ParamName | SyntaxKind::RelativePath)
}

fn skip(input: Input<'_>) -> Parsed<'_> {
    Ok(recovery::statement(input))
}

/// The statement of `add`.
pub(super) fn added(input: Input<'_>) -> Parsed<'_> {
    let (rest, piece) = statement(input)?;
    let word = input.word();
    if !matches!(word, "use" | "export" | "param" | "overlay") {
        return Ok((rest, piece));
    }
    let wrong = problem::unexpected(&input, format!("an overlay cannot add `{word}`"))
        .help(format!("write the `{word}` at the top of the file"));
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), piece])))
}

fn import(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::UseStatement,
        &[&optional(keyword("export")), &need("`use`", keyword("use")), &need("a file", file), &optional(names)],
    )
}

fn file(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::RelativePath => node(input, SyntaxKind::DottedName, &[&any]),
        _ => node(input, SyntaxKind::DottedName, &[&token(SyntaxKind::Ident), &optional(touching(SyntaxKind::Path))]),
    }
}

fn names(input: Input<'_>) -> Parsed<'_> {
    let name = |input| node(input, SyntaxKind::UseName, &[&name("a name"), &optional(placement::alias)]);
    node(
        input,
        SyntaxKind::UseNames,
        &[&|input| list::delimited(input, NAMES, |input| list::elements(input, NAMES, name))],
    )
}

fn param(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::ParamStatement, &[&word, &name("the name of the parameter"), &ty::annotation, &default])
}

/// `= value`, or nothing.
pub(super) fn default(input: Input<'_>) -> Parsed<'_> {
    optional(|input| group(input, &[&joint(SyntaxKind::Equals), &expression]))(input)
}

/// `let name: type = value`.
pub(super) fn binding(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::LetStatement, &[&word, &name("a name"), &optional(typed), &body::assignment])
}

fn typed(input: Input<'_>) -> Parsed<'_> {
    if input.kind() == SyntaxKind::Colon { ty::annotation(input) } else { absent() }
}

fn cluster(input: Input<'_>) -> Parsed<'_> {
    definition(input, SyntaxKind::ClusterStatement, "the name of the cluster")
}

fn target(input: Input<'_>) -> Parsed<'_> {
    definition(input, SyntaxKind::TargetStatement, "the name of the target")
}

fn authority(input: Input<'_>) -> Parsed<'_> {
    definition(input, SyntaxKind::AuthorityStatement, "the name of the authority")
}

fn keypair(input: Input<'_>) -> Parsed<'_> {
    definition(input, SyntaxKind::KeypairStatement, "the name of the key pair")
}

fn secret(input: Input<'_>) -> Parsed<'_> {
    definition(input, SyntaxKind::SecretStatement, "the name of the secret")
}

/// A word, a name and a body.
pub(super) fn definition<'a>(input: Input<'a>, kind: SyntaxKind, what: &'static str) -> Parsed<'a> {
    node(input, kind, &[&word, &name(what), &body::body])
}

fn machines(input: Input<'_>) -> Parsed<'_> {
    let count = |input| node(input, SyntaxKind::Count, &[&|input| list::single(input, VALUES, expression)]);
    node(
        input,
        SyntaxKind::MachinesStatement,
        &[&word, &name("the name of the machines"), &optional(count), &body::body],
    )
}

/// `check condition, "message" { code = "x" }`. The comma belongs to it when a text follows.
pub(super) fn check(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::CheckStatement, &[&word, &expression, &optional(message)])
}

fn message(input: Input<'_>) -> Parsed<'_> {
    let value = input.advance();
    if input.kind() == SyntaxKind::Comma && !value.new_line() && is_value(&value) {
        return group(
            input,
            &[&any, &|input| Ok((input, problem::expected(&input, "a message in quotes"))), &expression],
        );
    }
    group(input, &[&joint(SyntaxKind::Comma), &text::plain, &body::body])
}

/// A value that is no text and begins nothing else.
fn is_value(input: &Input) -> bool {
    let kind = input.token().kind;
    let word = kind == SyntaxKind::Ident
        && ![STATEMENTS, ITEMS, CHANGES].iter().any(|words| words.contains(&input.text_at(0)));
    word || kind.is_literal()
}

fn allow(input: Input<'_>) -> Parsed<'_> {
    let reason = need("a reason in quotes", text::plain);
    node(input, SyntaxKind::AllowStatement, &[&word, &name("the code of a diagnostic"), &reason])
}

fn interface(input: Input<'_>) -> Parsed<'_> {
    let fields = |input| body::with(input, interface_field);
    node(input, SyntaxKind::InterfaceStatement, &[&word, &name("the name of the interface"), &fields])
}

fn interface_field(input: Input<'_>) -> Parsed<'_> {
    if input.word() != "field" || input.ahead(1).kind != SyntaxKind::Ident {
        return body::field(input);
    }
    node(input, SyntaxKind::InterfaceField, &[&word, &name("the name of the field"), &ty::annotation, &default])
}
