//! Where in a model a part of a document is written.

use crate::model::Model;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Field, Key};

use super::Step;

/// A place, and whether it is the key itself.
pub struct Place {
    pub span: Span,
    pub exact: bool,
    /// Whether the key is written in quotes.
    pub quoted: bool,
}

/// The place of a part, as far as it is written out; beyond that, of what makes it.
pub fn find(model: &Model<'_>, expr: &Expr, path: &[Step]) -> Place {
    let inside = Place { span: expr.span, exact: false, quoted: false };
    let Some((step, rest)) = path.split_first() else { return inside };
    match (&expr.kind, step) {
        (ExprKind::Paren(value), _) => find(model, value, path),
        (ExprKind::Record { fields, .. }, Step::Key(key)) => {
            match fields.iter().find(|field| field.key.plain().as_deref() == Some(key)) {
                Some(field) if rest.is_empty() => of_key(field),
                Some(field) => find(model, &field.value, rest),
                None => inside,
            }
        }
        (ExprKind::List(values), Step::Index(index)) => {
            values.get(*index).map_or(inside, |value| find(model, value, rest))
        }
        (ExprKind::ListFor { value, .. }, Step::Index(_)) => find(model, value, rest),
        (ExprKind::If { then, otherwise, .. }, _) => {
            let branches = [Some(&**then), otherwise.as_deref()];
            let found =
                branches.into_iter().flatten().map(|branch| find(model, branch, path)).find(|place| place.exact);
            found.unwrap_or(inside)
        }
        (ExprKind::Text(_), _) => in_text(model, expr.span, path).unwrap_or(inside),
        _ => inside,
    }
}

fn of_key(field: &Field) -> Place {
    Place { span: field.key.span(), exact: true, quoted: matches!(field.key, Key::Text(_)) }
}

/// The last key of a path in a text that is written out: the first line that begins with it.
fn in_text(model: &Model<'_>, span: Span, path: &[Step]) -> Option<Place> {
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    })?;
    let text = model.program.sources.text(span);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = line.len() - line.trim_start_matches([' ', '\t', '-', '"']).len();
        let rest = line[start..].strip_prefix(key.as_str());
        if rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with([':', '=', ']'])) {
            let at = span.start + (offset + start) as u32;
            let span = Span::new(span.source, at, at + key.len() as u32);
            return Some(Place { span, exact: true, quoted: false });
        }
        offset += line.len();
    }
    None
}
