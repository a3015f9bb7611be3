//! Fixes that would set a key twice: what they would write is set already, beside the key that they replace.

use rowan::NodeOrToken;

use super::Program;
use crate::diag::{Diagnostic, Edit};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{SyntaxNode, at};

/// Drops such fixes; what they meant stays in the help.
pub fn drop_doubles(program: &Program, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        diagnostic.fixes.retain(|fix| !fix.edits.iter().any(|edit| is_double(program, edit).unwrap_or(false)));
    }
}

fn is_double(program: &Program, edit: &Edit) -> Option<bool> {
    let module = program.modules.iter().find(|module| module.source == edit.span.source)?;
    let root = SyntaxNode::new_root(module.tree.clone());
    if edit.span.end > u32::from(root.text_range().end()) {
        return None;
    }
    let token = at(&root, edit.span.start).right_biased()?;
    let field = token.parent_ancestors().find(|node| node.kind() == SyntaxKind::Field)?;
    let key = |field: &SyntaxNode| field.first_child_or_token().filter(|key| !key.kind().is_trivia());
    let range = key(&field)?.text_range();
    let is_key = (u32::from(range.start()), u32::from(range.end())) == (edit.span.start, edit.span.end);
    let name = |key: NodeOrToken<_, _>| match key {
        NodeOrToken::Node(node) => SyntaxNode::text(&node).to_string(),
        NodeOrToken::Token(token) => rowan::SyntaxToken::text(&token).to_owned(),
    };
    let wanted = edit.replacement.trim_matches('"');
    let mut others = field.parent()?.children().filter(|other| other.kind() == SyntaxKind::Field && *other != field);
    Some(is_key && others.any(|other| key(&other).is_some_and(|key| name(key).trim_matches('"') == wanted)))
}
