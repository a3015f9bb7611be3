//! What kind of thing stands at the cursor, as the syntax tree around the mark says.

use super::{Ask, Item, field, name, relation, value, word};
use crate::ide::cursor;
use crate::ide::project::File;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{SyntaxNode, SyntaxToken, at};
use crate::target::Target;

/// Whether nothing is to be completed at a place: inside a comment.
pub(super) fn is_in_comment(file: &File, offset: u32) -> bool {
    let token = at(&cursor::root(file), offset.min(file.text().len() as u32)).left_biased();
    token.is_some_and(|token| token.kind().is_comment() && u32::from(token.text_range().start()) < offset)
}

/// Everything that fits at the mark.
pub(super) fn items(ask: &mut Ask<'_>) -> Vec<Item> {
    let root = ask.marked.parsed.parse.root();
    let Some(token) = at(&root, ask.marked.mark.start).right_biased() else { return Vec::new() };
    let Some(parent) = token.parent() else { return Vec::new() };
    match parent.kind() {
        S::DeployName => name::components(ask),
        S::Selector => name::groups(ask),
        S::EndpointRef => relation::endpoints(ask, &token, &parent),
        S::AllowStatement => word::codes(ask),
        S::MovedStatement => new_names(ask, &token),
        S::NameType | S::ComponentType | S::GenericType => types(ask, &parent),
        S::EndpointItem => interfaces_of(ask, &token),
        S::HoldsItem => name::symbols(ask, crate::check::SymbolKind::Authority),
        S::NeedsItem => needs(&token),
        S::DottedName => dotted(ask, &token, &parent),
        S::ForItem => word::words(&["kubernetes"]),
        S::TargetStatement => {
            Target::all().map(|one| Item::new(one.name(), super::Sort::Value).detail(one.title())).collect()
        }
        S::Field => key(ask, &token, &parent),
        S::Error => skipped(ask, &token, &parent),
        kind if kind.is_expression() || matches!(kind, S::Interpolation | S::Count) => value::items(ask, &token),
        S::File | S::Items | S::Changes | S::Body => skipped(ask, &token, &parent),
        _ => after_head(ask, &parent),
    }
}

/// `moved old -> NEW`: the old name is in the model no more.
fn new_names(ask: &Ask<'_>, token: &SyntaxToken) -> Vec<Item> {
    let arrow = previous(token).is_some_and(|token| token.kind() == S::Arrow);
    if arrow { name::droppable(ask) } else { Vec::new() }
}

fn types(ask: &Ask<'_>, parent: &SyntaxNode) -> Vec<Item> {
    if parent.kind() == S::ComponentType {
        return name::interfaces(ask);
    }
    word::types()
}

/// `requires store: INTERFACE`; before the colon a new name is made up.
fn interfaces_of(ask: &Ask<'_>, token: &SyntaxToken) -> Vec<Item> {
    let colon = previous(token).is_some_and(|token| token.kind() == S::Colon);
    if colon { name::interfaces(ask) } else { Vec::new() }
}

fn needs(token: &SyntaxToken) -> Vec<Item> {
    let first = previous(token).is_some_and(|token| token.kind() == S::Keyword && token.text() == "needs");
    if first { word::needs() } else { Vec::new() }
}

/// The path of `set` or `drop`.
fn dotted(ask: &mut Ask<'_>, token: &SyntaxToken, parent: &SyntaxNode) -> Vec<Item> {
    let owner = parent.parent().map(|node| node.kind());
    let before: Vec<String> = parent
        .children_with_tokens()
        .filter_map(|element| element.into_token())
        .take_while(|one| one != token)
        .filter(|one| one.kind() == S::Ident)
        .map(|one| one.text().to_owned())
        .collect();
    match owner {
        Some(S::SetChange) => field::settable(ask, &before),
        Some(S::DropChange) => name::droppable(ask),
        _ => Vec::new(),
    }
}

/// The key of a field, or the value where only its beginning is written.
fn key(ask: &mut Ask<'_>, token: &SyntaxToken, parent: &SyntaxNode) -> Vec<Item> {
    let is_key = parent.children_with_tokens().filter_map(|one| one.into_token()).find(|one| !one.kind().is_trivia());
    if is_key.as_ref() != Some(token) {
        return value::items(ask, token);
    }
    field::keys(ask, parent)
}

/// A word that the parser could not place: what could begin where it stands.
fn skipped(ask: &mut Ask<'_>, token: &SyntaxToken, parent: &SyntaxNode) -> Vec<Item> {
    let Some(block) = parent.ancestors().find(|node| is_block(node.kind())) else { return Vec::new() };
    if let Some(before) = previous(token).filter(|before| is_on_line(before, token)) {
        match before.kind() {
            S::Dot => return relation::after_dot(ask, token),
            S::Keyword if before.text() == "needs" => return word::needs(),
            S::LeftBrace | S::Comma | S::RightBrace => {}
            _ => return after_head(ask, parent),
        }
    }
    match block.kind() {
        S::File => word::statements(),
        S::Items => word::items(),
        S::Changes => word::changes(),
        _ => field::keys_of(ask, &block),
    }
}

/// Behind what a statement needs: its clauses.
fn after_head(ask: &mut Ask<'_>, parent: &SyntaxNode) -> Vec<Item> {
    let root = ask.marked.parsed.parse.root();
    let before = at(&root, ask.marked.mark.start).right_biased().and_then(|token| first_on_line(&token));
    let line = before.map(|token| token.text().to_owned()).unwrap_or_default();
    let statement = parent.ancestors().find(|node| node.kind() == S::DeployStatement);
    match (statement, &*line) {
        (Some(_), _) | (None, "deploy") => match has_comma_before(ask) {
            // Only one application can be given another name.
            true => word::words(&["on", "where"]),
            false => word::words(&["on", "where", "as"]),
        },
        (None, "add") => word::statements(),
        (None, "export") => word::words(&["use"]),
        (None, "use") => word::words(&["as"]),
        (None, "needs") => word::words(&["if"]),
        _ => Vec::new(),
    }
}

/// Whether a comma stands before the mark on its line.
fn has_comma_before(ask: &Ask<'_>) -> bool {
    let root = ask.marked.parsed.parse.root();
    let mut token = at(&root, ask.marked.mark.start).right_biased();
    while let Some(one) = token.filter(|one| one.kind() != S::Newline) {
        if one.kind() == S::Comma {
            return true;
        }
        token = one.prev_token();
    }
    false
}

fn is_block(kind: S) -> bool {
    matches!(kind, S::File | S::Items | S::Changes | S::Body | S::RecordExpr | S::UseNames)
}

/// The token before one, spaces left out.
pub(super) fn previous(token: &SyntaxToken) -> Option<SyntaxToken> {
    let mut before = token.prev_token();
    while let Some(token) = before.as_ref().filter(|token| token.kind().is_trivia()) {
        before = token.prev_token();
    }
    before
}

fn is_on_line(before: &SyntaxToken, token: &SyntaxToken) -> bool {
    let mut next = before.next_token();
    while let Some(one) = next {
        if one == *token {
            return true;
        }
        if one.kind() == S::Newline {
            return false;
        }
        next = one.next_token();
    }
    false
}

fn first_on_line(token: &SyntaxToken) -> Option<SyntaxToken> {
    let mut first = None;
    let mut before = token.prev_token();
    while let Some(one) = before.filter(|one| one.kind() != S::Newline) {
        if !one.kind().is_trivia() && one.kind() != S::LeftBrace {
            first = Some(one.clone());
        }
        before = one.prev_token();
    }
    first
}
