//! `deploy` and the machines it selects; `relate` and its endpoints.

use super::expression::expression;
use super::input::{Braces, Input};
use super::keyword::{CHANGES, ITEMS, STATEMENTS, begins_next, leaves_body};
use super::list::{self, VALUES};
use super::part::{absent, any, group, joint, keyword, name, need, node, optional, token, touching, within, word};
use super::{Parsed, Piece, body, problem};
use crate::syntax::token::SyntaxKind;

/// `deploy names as alias on selectors where condition { options }`.
pub(super) fn deploy(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::DeployStatement,
        &[&word, &|input| separated(input, component), &optional(alias), &optional(on), &optional(place), &body::body],
    )
}

/// Elements with commas between them. A comma before another statement or change ends this one.
fn separated<'a>(input: Input<'a>, element: fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    let (mut rest, first) = element(input)?;
    let mut pieces = vec![first];
    while rest.kind() == SyntaxKind::Comma && goes_on(&rest.advance()) {
        let (next, piece) = group(rest, &[&joint(SyntaxKind::Comma), &element])?;
        pieces.push(piece);
        rest = next;
    }
    Ok((rest, Piece::Group(pieces)))
}

fn goes_on(input: &Input) -> bool {
    matches!(input.token().kind, SyntaxKind::Ident | SyntaxKind::ParamName | SyntaxKind::Star)
        && ![CHANGES, STATEMENTS, ITEMS].iter().any(|words| begins_next(input, words))
}

fn component(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::ParamName => node(input, SyntaxKind::DeployName, &[&any]),
        _ => node(input, SyntaxKind::DeployName, &[&name("a component")]),
    }
}

/// `as name`.
pub(super) fn alias(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::Alias, &[&keyword("as"), &name("a name")])
}

fn on(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::On, &[&keyword("on"), &|input| separated(input, selector)])
}

fn selector(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Star => node(input, SyntaxKind::Selector, &[&any]),
        _ => node(input, SyntaxKind::Selector, &[&name("a group of machines"), &optional(index)]),
    }
}

fn index(input: Input<'_>) -> Parsed<'_> {
    list::single(input, VALUES, range)
}

/// `i`, `a..b`, `a..` or `..b`.
fn range(input: Input<'_>) -> Parsed<'_> {
    group(input, &[&unless(SyntaxKind::DotDot), &optional(end)])
}

fn end(input: Input<'_>) -> Parsed<'_> {
    group(input, &[&joint(SyntaxKind::DotDot), &unless(SyntaxKind::RightBracket)])
}

/// A value, or nothing before this token.
fn unless<'a>(kind: SyntaxKind) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| if input.kind() == kind { Ok((input, Piece::Nothing)) } else { expression(input) }
}

fn place(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::Where, &[&keyword("where"), &before_body])
}

/// A value before a body, so that `name {` is no set of flags.
pub(super) fn before_body(input: Input<'_>) -> Parsed<'_> {
    within(input, input.braces(Braces::Body).context, expression)
}

/// `relate app.endpoint -> app.endpoint { scope = "machine" }`.
pub(super) fn relate(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::RelateStatement,
        &[&word, &needed_endpoint, &need("`->`", joint(SyntaxKind::Arrow)), &needed_endpoint, &body::body],
    )
}

/// `moved old -> new`.
pub(super) fn moved(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::MovedStatement,
        &[&word, &name("the earlier name"), &need("`->`", joint(SyntaxKind::Arrow)), &name("the new name")],
    )
}

fn needed_endpoint(input: Input<'_>) -> Parsed<'_> {
    let app = |input| application(input).or_else(|_| name("an application or `*`")(input));
    let dot = need("`.` and an endpoint", token(SyntaxKind::Dot));
    if input.new_line() && leaves_body(&input) {
        return Ok((input, problem::expected(&input.part(), "an application or `*`")));
    }
    if application(input).is_err() {
        return app(input);
    }
    node(input, SyntaxKind::EndpointRef, &[&app, &dot, &name("an endpoint")])
}

fn application(input: Input<'_>) -> Parsed<'_> {
    if matches!(input.kind(), SyntaxKind::Ident | SyntaxKind::Star) { any(input) } else { absent() }
}

/// `app.endpoint`, absent unless it is there whole.
pub(super) fn endpoint(input: Input<'_>) -> Parsed<'_> {
    let parts: [&dyn Fn(_) -> _; 3] = [&application, &touching(SyntaxKind::Dot), &token(SyntaxKind::Ident)];
    node(input, SyntaxKind::EndpointRef, &parts)
}
