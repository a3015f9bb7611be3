//! Documentation comments.

use crate::syntax::ast::Name;
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::View;

/// The `///` lines met since the last node.
#[derive(Default)]
pub(super) struct Docs(Option<String>);

impl Docs {
    /// Takes note of a token; one that is neither trivia nor a separator is of a head, and what follows is not documented.
    pub(super) fn token(&mut self, kind: SyntaxKind, text: &str) {
        match kind {
            SyntaxKind::Doc => append(&mut self.0, text, "///"),
            kind if kind.is_trivia() => {}
            _ => self.0 = None,
        }
    }

    /// The lines, joined by newlines.
    pub(super) fn take(&mut self) -> Option<Name> {
        self.0.take().map(Name::from)
    }
}

/// The `//!` lines of a file.
pub(super) fn file(root: View<'_>) -> Option<Name> {
    let mut docs = None;
    for (text, _) in root.tokens(SyntaxKind::FileDoc) {
        append(&mut docs, text, "//!");
    }
    docs.map(Name::from)
}

fn append(docs: &mut Option<String>, text: &str, marker: &str) {
    let line = text.strip_prefix(marker).unwrap_or(text);
    let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
    match docs {
        Some(docs) => {
            docs.push('\n');
            docs.push_str(line);
        }
        None => *docs = Some(line.to_owned()),
    }
}
