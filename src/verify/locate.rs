//! Where a part of a document is written, whatever kind of document it is.
//!
//! In: the expression that a document comes from, and a path into the document. Out: the key or the value at that path, as
//! far as it can be followed: through records and lists, names, options and merges, and into texts that are written out.

use crate::check::ModuleId;
use crate::model::component::Local;
use crate::model::{AppId, Model};
use crate::render::evidence::Owner;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Field, Key, Statement, StatementKind};

/// A step from the top of a document to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// In whose words a document is written: what its names stand for.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    pub module: ModuleId,
    pub app: Option<AppId>,
}

impl From<Owner> for Writer {
    fn from(owner: Owner) -> Self {
        Self { module: owner.module, app: Some(owner.app) }
    }
}

/// A place in the text of a model.
#[derive(Clone, Copy, Debug)]
pub struct DocumentPlace {
    pub span: Span,
    /// Whether it is the key itself, and not what is around it.
    pub exact: bool,
    /// Whether the key is written in quotes.
    pub quoted: bool,
}

/// The key at a path; beyond what is written out, what makes it.
pub fn place(model: &Model<'_>, writer: Writer, expr: &Expr, path: &[Step]) -> DocumentPlace {
    let made = |span| DocumentPlace { span, exact: false, quoted: false };
    match (Walk { model, writer }).find(expr, path, 0) {
        Some(found) if found.whole && !path.is_empty() => {
            DocumentPlace { span: found.key, exact: true, quoted: found.quoted }
        }
        Some(found) => made(found.value.map_or(found.key, |value| value.span)),
        None => made(expr.span),
    }
}

/// The key at a path; else the nearest key above it that can be found.
pub fn key(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr, path: &[Step]) -> Span {
    Walk { model, writer: writer.into() }.find(expr, path, 0).map_or(expr.span, |found| found.key)
}

/// The value at a path; else the nearest place above it that can be found.
pub fn value(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr, path: &[Step]) -> Span {
    let found = Walk { model, writer: writer.into() }.find(expr, path, 0);
    found.map_or(expr.span, |found| found.value.map_or(found.key, |value| value.span))
}

/// The expression of the value at a path, if it can be followed all the way.
pub fn found<'a>(model: &'a Model<'_>, writer: impl Into<Writer>, expr: &'a Expr, path: &[Step]) -> Option<&'a Expr> {
    Walk { model, writer: writer.into() }.find(expr, path, 0).filter(|found| found.whole)?.value
}

/// The element of a list, or the key of a record, that is written as this text; else the whole.
pub fn element(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr, text: &str) -> Span {
    Walk { model, writer: writer.into() }.element(expr, text, 0).unwrap_or(expr.span)
}

/// Where a value was written, if nothing but names leads there: the value of an option or of a `let`.
pub fn origin(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr) -> Span {
    let walk = Walk { model, writer: writer.into() };
    let mut at = expr;
    for _ in 0..DEPTH {
        let is_name = matches!(at.kind, ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Paren(_));
        let Some(next) = walk.behind(at).into_iter().next().filter(|_| is_name) else { break };
        at = next;
    }
    at.span
}

/// Names are followed so many times at most: evaluation has ended, so this is for the shape of the text only.
const DEPTH: u32 = 16;

struct Walk<'a, 'p> {
    model: &'a Model<'p>,
    writer: Writer,
}

/// What stands at a path.
struct FoundField<'a> {
    key: Span,
    quoted: bool,
    /// Absent in a text, whose values are no expressions.
    value: Option<&'a Expr>,
    /// Whether the whole path was followed.
    whole: bool,
}

impl<'a> Walk<'a, '_> {
    fn find(&self, expr: &'a Expr, path: &[Step], depth: u32) -> Option<FoundField<'a>> {
        let Some((first, rest)) = path.split_first() else {
            return Some(FoundField { key: expr.span, quoted: false, value: Some(expr), whole: true });
        };
        if depth > DEPTH {
            return None;
        }
        match (&expr.kind, first) {
            (ExprKind::Record { fields, .. }, Step::Key(key)) => {
                let field = fields.iter().rev().find(|field| field.key.plain().as_deref() == Some(key))?;
                let inner = self.find(&field.value, rest, depth + 1).filter(|_| !rest.is_empty());
                Some(inner.unwrap_or_else(|| of_field(field, rest.is_empty())))
            }
            (ExprKind::List(list), Step::Index(index)) => self.find(list.get(*index)?, rest, depth + 1),
            (ExprKind::ListFor { value, .. }, Step::Index(_)) => self.find(value, rest, depth + 1),
            (ExprKind::Text(_), _) => self.in_text(expr.span, path),
            _ => self.likeliest(expr, path, depth),
        }
    }

    /// Among all that a value may come from, the first in which the whole path is written.
    fn likeliest(&self, expr: &'a Expr, path: &[Step], depth: u32) -> Option<FoundField<'a>> {
        let mut partly = None;
        for inner in self.behind(expr) {
            match self.find(inner, path, depth + 1) {
                Some(found) if found.whole => return Some(found),
                found => partly = partly.or(found),
            }
        }
        partly
    }

    /// The last key of a path in a text that is written out: the first line that begins with it.
    fn in_text(&self, span: Span, path: &[Step]) -> Option<FoundField<'a>> {
        let key = path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        })?;
        let mut offset = 0;
        for line in self.model.program.sources.text(span).split_inclusive('\n') {
            let start = line.len() - line.trim_start_matches([' ', '\t', '-', '"']).len();
            let rest = line[start..].strip_prefix(key.as_str());
            if rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with([':', '=', ']'])) {
                let at = span.start + (offset + start) as u32;
                let key = Span::new(span.source, at, at + key.len() as u32);
                return Some(FoundField { key, quoted: false, value: None, whole: true });
            }
            offset += line.len();
        }
        None
    }

    fn element(&self, expr: &'a Expr, text: &str, depth: u32) -> Option<Span> {
        if depth > DEPTH {
            return None;
        }
        match &expr.kind {
            ExprKind::Text(written) => (written.plain().as_deref() == Some(text)).then_some(expr.span),
            ExprKind::List(list) => list.iter().find_map(|element| self.element(element, text, depth + 1)),
            ExprKind::Record { fields, .. } => {
                let field = fields.iter().find(|field| field.key.plain().as_deref() == Some(text))?;
                Some(field.key.span())
            }
            _ => self.behind(expr).into_iter().find_map(|inner| self.element(inner, text, depth + 1)),
        }
    }

    /// The expressions that a value may come from, the likeliest first.
    fn behind(&self, expr: &'a Expr) -> Vec<&'a Expr> {
        match &expr.kind {
            ExprKind::Paren(inner) => vec![inner],
            ExprKind::If { then, otherwise, .. } => std::iter::once(&**then).chain(otherwise.as_deref()).collect(),
            ExprKind::Binary { op: BinaryOp::Merge | BinaryOp::Default | BinaryOp::Add, left, right } => {
                vec![right, left]
            }
            ExprKind::Name(name) => self.named(&name.name).into_iter().collect(),
            ExprKind::Field { value, field, .. } => self.option(value, &field.name).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a `let`.
    fn named(&self, name: &str) -> Option<&'a Expr> {
        let model = self.model;
        if let Some(app) = self.writer.app
            && let Some(local) = model.component_of(app).local(name)
        {
            let Local::Let(index) = local else { return None };
            return Some(&model.component_of(app).lets[index as usize].value);
        }
        let symbol = model.program.lookup(self.writer.module, name)?;
        match model.program.statement(symbol) {
            Statement { kind: StatementKind::Let(binding), .. } => Some(&binding.value),
            _ => None,
        }
    }

    /// `option.NAME`: what the deployment gives, else the default.
    fn option(&self, root: &Expr, name: &str) -> Option<&'a Expr> {
        let ExprKind::Name(root) = &root.kind else { return None };
        let app = self.writer.app.filter(|_| &*root.name == "option")?;
        let model = self.model;
        let deployment = model.layers.deployments.iter().find(|known| known.name == model.app(app).name)?;
        let written = model.layers.field(&deployment.name, deployment.module, &deployment.ast.body, name);
        let default = || {
            let options = &model.component_of(app).options;
            options.iter().find(|option| &*option.name.name == name)?.default.as_ref()
        };
        written.map(|written| written.expr).or_else(default)
    }
}

fn of_field(field: &Field, whole: bool) -> FoundField<'_> {
    let quoted = matches!(field.key, Key::Text(_));
    FoundField { key: field.key.span(), quoted, value: Some(&field.value), whole }
}
