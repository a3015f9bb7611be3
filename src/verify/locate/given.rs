//! What a deployment gives of a document that its component puts together: a line of its text, or a key.
//!
//! Neither a template nor a `join` of the library tells where its parts come from. So a problem that would point into the library
//! is looked for in what the deployment sets: the text that has the line, or the key, as it is written.

use super::{Step, Walk, Writer};
use crate::model::{AppId, Model};
use crate::render::evidence::{Content, Document};
use crate::source::{SourceKind, Span};
use crate::syntax::ast::{Expr, ExprKind, Field, Text, TextPart};

/// What a problem is about.
#[derive(Clone, Copy)]
enum Sought<'t> {
    Line(&'t str),
    Key(&'t str),
}

/// The place of a problem: `span`, unless that is in the library and the deployment has what is at the end of the way.
pub fn or_given(model: &Model<'_>, document: &Document<'_>, way: &[Step], span: Span) -> Span {
    let is_library = model.program.sources.get(span.source).kind == SourceKind::Library;
    let sought = is_library.then(|| sought(document, way)).flatten();
    // Objects are in a file of the application that applies them.
    let apps = [document.owner.of, Some(document.owner.app)].into_iter().flatten();
    sought.and_then(|sought| apps.flat_map(|app| of_deployment(model, app, sought)).next()).unwrap_or(span)
}

fn sought<'t>(document: &'t Document<'_>, way: &'t [Step]) -> Option<Sought<'t>> {
    match (way.last()?, &document.content) {
        (Step::Line(line), Content::Text(text)) => {
            let line = text.lines().nth(line.checked_sub(1)?)?.trim();
            (!line.is_empty()).then_some(Sought::Line(line))
        }
        (Step::Key(key), _) => Some(Sought::Key(key)),
        _ => None,
    }
}

fn of_deployment(model: &Model<'_>, app: AppId, sought: Sought<'_>) -> Option<Span> {
    let deployment = model.layers.deployments.iter().find(|known| known.name == model.app(app).name)?;
    model.component_of(app).options.iter().find_map(|option| {
        let written =
            model.layers.field(&deployment.name, deployment.module, &deployment.ast.body, &option.name.name)?;
        let walk = Walk { model, writer: Writer { module: written.module, app: None, of: None } };
        walk.given(written.expr, sought, 0)
    })
}

impl<'a> Walk<'a, '_> {
    fn given(&self, expr: &'a Expr, sought: Sought<'_>, depth: u32) -> Option<Span> {
        if depth > super::DEPTH {
            return None;
        }
        match &expr.kind {
            ExprKind::List(list) => list.iter().find_map(|one| self.given(one, sought, depth + 1)),
            ExprKind::Record { fields, .. } => {
                let own = |field: &&'a Field| self.is_sought(field, sought);
                let inner = || fields.iter().find_map(|field| self.given(&field.value, sought, depth + 1));
                fields.iter().find(own).map(|field| field.key.span()).or_else(inner)
            }
            ExprKind::Text(text) => match sought {
                Sought::Line(line) => has_line(text, line).then_some(expr.span),
                Sought::Key(_) => None,
            },
            _ => self.behind(expr).into_iter().find_map(|(walk, one)| walk.given(one, sought, depth + 1)),
        }
    }

    /// Whether a field is the key, or makes the line: `forward` with `. 10.0.0.53`, or `corp.example.org:53` before its block.
    fn is_sought(&self, field: &Field, sought: Sought<'_>) -> bool {
        let Some(key) = field.key.plain() else { return false };
        match sought {
            Sought::Key(name) => *key == *name,
            Sought::Line(line) => {
                let Some(rest) = line.strip_prefix(&*key).map(str::trim) else { return false };
                let value = match &field.value.kind {
                    ExprKind::Text(text) => text.plain(),
                    _ => None,
                };
                let first = value.as_deref().and_then(|text| text.lines().next()).unwrap_or_default().trim();
                rest == first || value.is_none() && rest == "{"
            }
        }
    }
}

/// Whether a text has a line; of one with values in it, whether the rest of it stands there in this order.
fn has_line(text: &Text, line: &str) -> bool {
    if let Some(plain) = text.plain() {
        return plain.lines().any(|own| own.trim() == line);
    }
    let mut rest = line;
    let mut parts = text.parts.iter();
    parts.all(|part| match part {
        TextPart::Text(own) => rest.find(own.trim()).map(|at| rest = &rest[at + own.trim().len()..]).is_some(),
        _ => true,
    }) && text.parts.iter().any(|part| matches!(part, TextPart::Text(own) if !own.trim().is_empty()))
}
