//! Parts of a file that can be folded away, and what grows around a place when it is selected.

use super::cursor;
use super::project::File;
use crate::source::Span;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{Element, SyntaxNode, View};

/// What is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Region,
    Comment,
    Imports,
}

/// The parts of a file that go over more than one line.
pub fn folds(file: &File) -> Vec<(Span, What)> {
    let module = file.analysis.resolved.program.module(file.module);
    let mut list = Vec::new();
    let root = View::root(&module.tree, module.source);
    nodes(root, file.text(), &mut list);
    runs(root, file.text(), &mut list);
    list.sort_by_key(|(span, _)| (span.start, span.end));
    list
}

fn is_long(text: &str, span: Span) -> bool {
    text.get(span.start as usize..span.end as usize).is_some_and(|text| text.contains(['\n', '\r']))
}

fn nodes(node: View<'_>, text: &str, list: &mut Vec<(Span, What)>) {
    let span = node.span();
    if !is_long(text, span) {
        return;
    }
    let kind = node.kind();
    if matches!(
        kind,
        S::Body
            | S::Items
            | S::Changes
            | S::UseNames
            | S::RecordExpr
            | S::ListExpr
            | S::CallExpr
            | S::ParenExpr
            | S::TextExpr
    ) {
        list.push((span, What::Region));
    }
    node.nodes().for_each(|child| nodes(child, text, list));
}

/// Comments that stand below each other, and imports that do.
fn runs(node: View<'_>, text: &str, list: &mut Vec<(Span, What)>) {
    let mut run: Option<(Span, What)> = None;
    for element in node.elements() {
        let (what, span) = match element {
            Element::Token { kind, span, .. } if kind.is_comment() => (Some(What::Comment), span),
            Element::Token { kind: S::Whitespace, .. } => continue,
            Element::Token { kind: S::Newline, span, .. } => {
                // An empty line ends a run.
                let before = text.get(..span.start as usize).unwrap_or_default();
                if !before.ends_with(['\n', '\r']) {
                    continue;
                }
                (None, span)
            }
            Element::Token { span, .. } => (None, span),
            Element::Node(child) if child.kind() == S::UseStatement => (Some(What::Imports), child.span()),
            Element::Node(child) => {
                if is_long(text, child.span()) {
                    runs(child, text, list);
                }
                (None, child.span())
            }
        };
        run = match (run, what) {
            (Some((before, known)), Some(what)) if known == what => Some((before.to(span), what)),
            (before, what) => {
                list.extend(before.filter(|(span, _)| is_long(text, *span)));
                what.map(|what| (span, what))
            }
        };
    }
    list.extend(run.filter(|(span, _)| is_long(text, *span)));
}

/// What is selected step by step around a place, the smallest first.
pub fn selections(file: &File, offset: u32) -> Vec<Span> {
    let source = file.source();
    let span = |range: rowan::TextRange| Span::new(source, range.start().into(), range.end().into());
    let Some(token) = cursor::token(file, offset) else { return vec![file.place(offset)] };
    let mut list = vec![span(token.text_range())];
    for node in token.parent_ancestors() {
        if let Some(inside) = inside(&node) {
            list.push(span(inside));
        }
        list.push(span(node.text_range()));
    }
    list.dedup();
    // Each is around the one before.
    let mut grown: Vec<Span> = Vec::new();
    for one in list {
        if grown.last().is_none_or(|last| one.start <= last.start && one.end >= last.end && one != *last) {
            grown.push(one);
        }
    }
    grown
}

/// What is between the brackets or quotes of a node.
fn inside(node: &SyntaxNode) -> Option<rowan::TextRange> {
    let first = node.first_token()?;
    let last = node.last_token()?;
    let paired =
        first.kind().opens() && last.kind().closes() || first.kind() == S::StringStart && last.kind() == S::StringEnd;
    (paired && first != last).then(|| rowan::TextRange::new(first.text_range().end(), last.text_range().start()))
}
