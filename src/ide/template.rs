//! Templates and other files beside a module: `template("./x.j2", { .. })`, `read("./x")`, `template = "./x.j2"`.

use std::path::PathBuf;

use crate::check::ModulePlace;
use crate::check::place::normal;
use crate::source::Span;
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

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
