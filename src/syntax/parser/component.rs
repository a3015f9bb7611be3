//! Components and their items.

use super::expression::expression;
use super::input::{Block, Braces, Context, Input};
use super::keyword::{ITEMS, NEEDS, is_comparison};
use super::list::{self, BLOCK};
use super::overlay::{dotted, dotted_name};
use super::part::{absent, any, group, joint, name, need, node, optional, within, word};
use super::placement::before_body;
use super::statement::{binding, check, default, definition};
use super::{Parsed, Piece, body, each, problem, recovery, text, ty};
use crate::diag::{closest, did_you_mean};
use crate::syntax::token::SyntaxKind;
use crate::text::List;

type GrammarRule = for<'a> fn(Input<'a>) -> Parsed<'a>;

/// `component name { items }`.
pub(super) fn component(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::ComponentStatement, &[&word, &name("the name of the component"), &need("`{`", block)])
}

fn block(input: Input<'_>) -> Parsed<'_> {
    within(input, Context { block: Block::Component, ..input.context }, items)
}

fn items(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::Items,
        &[&|input| list::delimited(input, BLOCK, |input| list::elements(input, BLOCK, item))],
    )
}

fn item(input: Input<'_>) -> Parsed<'_> {
    match rule(input.word()) {
        Some(rule) => rule(input),
        None if input.kind() == SyntaxKind::Ident => unknown(input),
        None => Ok((input, problem::expected(&input, "an item of the component"))),
    }
}

fn rule(text: &str) -> Option<GrammarRule> {
    let rule: GrammarRule = match text {
        "for" => versions,
        "option" => option,
        "let" => binding,
        "provides" | "requires" | "peers" => endpoint,
        "listen" => |input| definition(input, SyntaxKind::ListenItem, "the name of the listener"),
        "cert" => |input| definition(input, SyntaxKind::CertItem, "the name of the certificate"),
        "kubeconfig" => |input| at_path(input, SyntaxKind::KubeconfigItem),
        "holds" => |input| node(input, SyntaxKind::HoldsItem, &[&word, &name("an authority")]),
        "unit" => |input| node(input, SyntaxKind::UnitItem, &[&word, &unit_name, &body::body]),
        "file" => |input| at_path(input, SyntaxKind::FileItem),
        "dir" => |input| at_path(input, SyntaxKind::DirItem),
        "needs" => needs,
        "artifact" => |input| definition(input, SyntaxKind::ArtifactItem, "the name of the artifact"),
        "manifest" => |input| definition(input, SyntaxKind::ManifestItem, "the name of the manifest"),
        "image" => |input| definition(input, SyntaxKind::ImageItem, "the name of the image"),
        "address" => |input| definition(input, SyntaxKind::AddressItem, "the name of the address"),
        "range" => |input| definition(input, SyntaxKind::RangeItem, "the name of the range"),
        "immutable" => |input| definition(input, SyntaxKind::ImmutableItem, "the name of what must not change"),
        "firewall" => |input| at_path(input, SyntaxKind::FirewallItem),
        "check" | "warn" => check,
        _ => return None,
    };
    Some(rule)
}

/// A word that begins no item; one that is close to an item's is read as that one.
fn unknown(input: Input<'_>) -> Parsed<'_> {
    let meant = closest(input.word(), ITEMS.iter().copied()).filter(|_| heads(&input)).and_then(rule);
    let wrong = match input.ahead(1).kind {
        SyntaxKind::Equals => problem::unexpected(&input, format!("a component has no field `{}`", input.word()))
            .help("name a value with `let`, or let users set it with `option`"),
        _ => problem::unknown_word(&input, "an item of a component", ITEMS),
    };
    let (rest, piece) = meant.map_or_else(|| Ok(recovery::statement(input)), |rule| rule(input))?;
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), piece])))
}

fn heads(input: &Input) -> bool {
    matches!(input.advance().kind(), SyntaxKind::Ident | SyntaxKind::StringStart | SyntaxKind::Path)
}

/// `for kubernetes >= 1.31, < 1.37`.
fn versions(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::ForItem,
        &[&word, &name("what is bounded"), &need("a bound such as `>= 1.31`", bound), &bounds],
    )
}

fn bounds(mut input: Input<'_>) -> Parsed<'_> {
    let mut pieces = Vec::new();
    while input.kind() == SyntaxKind::Comma && is_comparison(input.ahead(1).kind) {
        let (rest, piece) = group(input, &[&joint(SyntaxKind::Comma), &bound])?;
        pieces.push(piece);
        input = rest;
    }
    Ok((input, Piece::Group(pieces)))
}

fn bound(input: Input<'_>) -> Parsed<'_> {
    match is_comparison(input.kind()) {
        true => node(input, SyntaxKind::Bound, &[&any, &expression]),
        false => absent(),
    }
}

/// `option name: type = default`.
fn option(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::OptionItem, &[&word, &name("the name of the option"), &ty::annotation, &default])
}

/// `requires name*: interface { fields }`.
fn endpoint(input: Input<'_>) -> Parsed<'_> {
    let interface =
        |input| group(input, &[&need("`:` and an interface", joint(SyntaxKind::Colon)), &name("an interface")]);
    node(
        input,
        SyntaxKind::EndpointItem,
        &[&word, &name("the name of the endpoint"), &optional(cardinality), &interface, &body::body],
    )
}

fn cardinality(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Question | SyntaxKind::Star => any(input),
        _ => absent(),
    }
}

/// A name with dots, or a text.
fn unit_name(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::StringStart => text::text(input),
        _ => need("the name of the unit, such as `etcd.service`", dotted)(input),
    }
}

/// A path, perhaps one for each element of a list, and a body.
fn at_path<'a>(input: Input<'a>, kind: SyntaxKind) -> Parsed<'a> {
    let each = |input: Input<'a>| within(input, input.braces(Braces::Body).context, each::each);
    node(input, kind, &[&word, &before_body, &optional(each), &body::body])
}

/// `needs module name if condition`.
fn needs(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::NeedsItem, &[&word, &need_of, &optional(each::condition)])
}

fn need_of(input: Input<'_>) -> Parsed<'_> {
    match input.word() {
        "module" => group(input, &[&word, &name("the name of the module")]),
        "sysctl" => group(input, &[&word, &dotted_name, &body::assignment]),
        "package" | "device" | "mount" | "command" | "cores" | "memory" | "disk" => group(input, &[&word, &expression]),
        "" => Ok((input, problem::expected_with(&input, "what is needed", &known()))),
        _ => unknown_need(input),
    }
}

fn unknown_need(input: Input<'_>) -> Parsed<'_> {
    let word = input.word();
    let wrong = problem::unexpected(&input, format!("a machine cannot need a `{word}`")).help(did_you_mean(
        word,
        NEEDS.iter().copied(),
        &known(),
    ));
    let (rest, skipped) = recovery::element(input);
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), skipped])))
}

fn known() -> String {
    format!("needs are {}", List::ticked(NEEDS))
}
