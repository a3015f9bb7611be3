//! Templates and other files beside a module: `template("./x.j2", { .. })`, `read("./x")`, `template = "./x.j2"`.

use std::path::PathBuf;

use super::cursor;
use super::project::File;
use crate::check::ModulePlace;
use crate::check::place::normal;
use crate::source::Span;
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, SyntaxNode, View};

/// A mention of a file beside the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The text inside its quotes.
    pub span: Span,
    pub place: ModulePlace,
}

/// Every file that a module mentions.
pub fn mentions(root: View<'_>, module: &ModulePlace) -> Vec<Mention> {
    let mut list = Vec::new();
    walk(root, module, &mut list);
    list
}

/// How a module names a file beside it: `./x.j2`.
pub fn beside(from: &ModulePlace, to: &ModulePlace) -> Option<String> {
    let folder: Vec<_> = from.path().parent()?.components().collect();
    let target: Vec<_> = to.path().components().collect();
    let same = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let names = target.get(same..)?.iter().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let up = folder.len() - same;
    Some(if up == 0 { format!("./{names}") } else { format!("{}{names}", "../".repeat(up)) })
}

/// A variable of a template, where a module gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The key.
    pub span: Span,
    pub name: String,
    /// The template.
    pub place: ModulePlace,
}

/// The variable whose key is at a place: in `vars` of a file, or in the record of a call of `template`.
pub fn variable(file: &File, offset: u32) -> Option<Variable> {
    let token = cursor::token(file, offset).filter(|token| token.kind() == SyntaxKind::Ident)?;
    let field = token.parent().filter(|node| node.kind() == SyntaxKind::Field)?;
    let record = field.parent().filter(|node| node.kind() == SyntaxKind::RecordExpr)?;
    let module = file.analysis.resolved.program.module(file.module);
    let mention = of_record(&record, View::root(&module.tree, module.source), &module.place)?;
    let at = token.text_range();
    let span = Span::new(module.source, at.start().into(), at.end().into());
    Some(Variable { span, name: token.text().to_owned(), place: mention.place })
}

/// The template that a record is for: in `vars` of a file, or in a call of `template`.
pub fn of_record(record: &SyntaxNode, root: View<'_>, module: &ModulePlace) -> Option<Mention> {
    let around = record.ancestors().skip(1).find(|node| {
        // A record inside the record is a value.
        matches!(node.kind(), SyntaxKind::CallExpr | SyntaxKind::Body | SyntaxKind::RecordExpr)
    })?;
    let range = around.text_range();
    let inside = |one: &Mention| u32::from(range.start()) <= one.span.start && one.span.end <= u32::from(range.end());
    let is_record = around.kind() == SyntaxKind::RecordExpr;
    mentions(root, module).into_iter().find(inside).filter(|_| !is_record)
}

/// Where a template uses a variable: bytes of each place.
pub fn uses(template: &str, name: &str) -> Vec<(u32, u32)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut inside = false;
    let mut at = 0;
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let opens = rest.starts_with("{{") || rest.starts_with("{%");
        let closes = rest.starts_with("}}") || rest.starts_with("%}");
        inside = (inside || opens) && !closes;
        let before = template[..at].chars().next_back();
        let fresh = before.is_none_or(|c| !is_word(c) && c != '.');
        if inside && fresh && rest.starts_with(name) && !rest[name.len()..].starts_with(is_word) {
            found.push((at as u32, (at + name.len()) as u32));
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    found
}

/// The name of a variable at a byte of a template.
pub fn name_at(template: &str, offset: u32) -> Option<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (before, after) = template.split_at_checked(offset as usize)?;
    let start = before.trim_end_matches(is_word).len();
    let end = before.len() + after.len() - after.trim_start_matches(is_word).len();
    let name = template.get(start..end).filter(|name| !name.is_empty())?;
    uses(template, name).contains(&(start as u32, end as u32)).then_some(name)
}

/// Where a module gives a variable to a template: the keys.
pub fn given(root: View<'_>, module: &ModulePlace, template: &ModulePlace, name: &str) -> Vec<Span> {
    let mut found = Vec::new();
    give(root, module, (template, name), &mut found);
    found
}

fn give(node: View<'_>, module: &ModulePlace, wanted: (&ModulePlace, &str), found: &mut Vec<Span>) {
    if matches!(node.kind(), SyntaxKind::CallExpr | SyntaxKind::Body)
        && mentions(node, module).first().is_some_and(|mention| mention.place == *wanted.0)
    {
        keys(node, wanted.1, found);
    }
    node.nodes().for_each(|child| give(child, module, wanted, found));
}

/// Keys of the records right below a node, or below one of its fields.
fn keys(node: View<'_>, name: &str, found: &mut Vec<Span>) {
    for child in node.nodes() {
        match child.kind() {
            SyntaxKind::RecordExpr => {
                let fields = child.nodes().filter(|field| field.kind() == SyntaxKind::Field);
                let keys = fields.filter_map(|field| field.tokens(SyntaxKind::Ident).next());
                found.extend(keys.filter(|(key, _)| *key == name).map(|(_, span)| span));
            }
            SyntaxKind::Field if first_word(child) == "vars" => keys(child, name, found),
            kind if kind != SyntaxKind::Field && node.kind() == SyntaxKind::CallExpr => keys(child, name, found),
            _ => {}
        }
    }
}

fn walk(node: View<'_>, module: &ModulePlace, list: &mut Vec<Mention>) {
    let names_file = match node.kind() {
        SyntaxKind::CallExpr => matches!(first_word(node), "read" | "template"),
        SyntaxKind::Field => first_word(node) == "template",
        _ => false,
    };
    if names_file && let Some(text) = node.nodes().find(|child| child.kind() == SyntaxKind::TextExpr) {
        list.extend(mention(text, module));
    }
    node.nodes().for_each(|child| walk(child, module, list));
}

fn first_word(node: View<'_>) -> &str {
    let callee = node.nodes().next().filter(|child| child.kind() == SyntaxKind::NameExpr);
    let own = node.tokens(SyntaxKind::Ident).next();
    own.or_else(|| callee?.tokens(SyntaxKind::Ident).next()).map_or("", |(text, _)| text)
}

fn mention(text: View<'_>, module: &ModulePlace) -> Option<Mention> {
    let mut parts = text.elements().filter_map(|element| match element {
        Element::Token { kind: SyntaxKind::StringText, text, span } => Some((text, span)),
        _ => None,
    });
    let (path, span) = parts.next()?;
    let beside = |from: &PathBuf| normal(&from.parent().unwrap_or(std::path::Path::new("")).join(path));
    let place = match module {
        ModulePlace::Standard(from) => ModulePlace::Standard(beside(from)),
        ModulePlace::File(from) => ModulePlace::File(beside(from)),
    };
    (path.starts_with("./") || path.starts_with("../")).then_some(Mention { span, place })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_variable_is_found_where_it_is_used() {
        let text = "name {{ name }} {% for name in x.name %} {{ names }} name";
        let found: Vec<_> = super::uses(text, "name").into_iter().map(|(start, _)| start).collect();
        assert_eq!(found, [8, 23]);
    }
}
