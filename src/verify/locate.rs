//! Where a part of a document is written, whatever kind of document it is.
//!
//! In: the expression that a document comes from, and a path into the document. Out: the key or the value at that path, as
//! far as it can be followed: through records and lists, names, options and merges, and into texts that are written out.

use crate::check::ModuleId;
use crate::model::component::Local;
use crate::model::manifest;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value, private_key, resource};
use crate::render::evidence::Owner;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Definition, EndpointKind, Expr, ExprKind, Field, Key, Statement, StatementKind};

pub use crate::render::evidence::Step;
pub use given::or_given;

mod given;
mod text;
mod toml;
pub mod word;

/// A word of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'v> {
    Key(&'v str),
    Text(&'v str),
}

impl<'v> Word<'v> {
    pub fn text(self) -> &'v str {
        let (Self::Key(text) | Self::Text(text)) = self;
        text
    }
}

/// Every key and every text of a value, each with the way to it.
pub fn words(value: &Value, at: &mut Vec<Step>, take: &mut dyn FnMut(Word<'_>, &[Step])) {
    match value.reveal() {
        Value::Record(record) => {
            for (key, inner) in record.iter() {
                at.push((&**key).into());
                take(Word::Key(key), at);
                words(inner, at, take);
                at.pop();
            }
        }
        Value::List(list) => {
            for (place, inner) in list.iter().enumerate() {
                at.push(place.into());
                words(inner, at, take);
                at.pop();
            }
        }
        Value::Text(text) | Value::Path(text) => take(Word::Text(text), at),
        _ => {}
    }
}

/// In whose words a document is written: what its names stand for.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    pub module: ModuleId,
    pub app: Option<AppId>,
    /// The application of the unit that the item is repeated for.
    pub of: Option<AppId>,
}

impl From<Owner> for Writer {
    fn from(owner: Owner) -> Self {
        Self { module: owner.module, app: Some(owner.app), of: owner.of }
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
    /// Whether it is in a file that the model reads.
    pub pasted: bool,
}

/// The key at a path; beyond what is written out, what makes it.
pub fn place(model: &Model<'_>, writer: Writer, expr: &Expr, path: &[Step]) -> DocumentPlace {
    let pasted = |span| model.program.sources.pasted_by(span).is_some();
    let made = |span| DocumentPlace { span, exact: false, quoted: false, pasted: pasted(span) };
    match (Walk { model, writer }).find(expr, path, 0) {
        Some(found) if found.whole && !path.is_empty() => {
            DocumentPlace { span: found.key, exact: true, quoted: found.quoted, pasted: pasted(found.key) }
        }
        Some(found) => made(found.value.map_or(found.key, |value| value.span)),
        None => made(expr.span),
    }
}

/// The key at a path; else the nearest key above it that can be found.
pub fn key(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr, path: &[Step]) -> Span {
    Walk { model, writer: writer.into() }.find(expr, path, 0).map_or(expr.span, |found| found.key)
}

/// The same, with where the text ends that it is in, if it is in one.
pub fn key_in_text(model: &Model<'_>, writer: impl Into<Writer>, expr: &Expr, path: &[Step]) -> (Span, Option<u32>) {
    let found = Walk { model, writer: writer.into() }.find(expr, path, 0);
    found.map_or((expr.span, None), |found| (found.key, found.end))
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
    let mut walk = Walk { model, writer: writer.into() };
    let mut at = expr;
    for _ in 0..DEPTH {
        let is_name = matches!(at.kind, ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Paren(_));
        let Some((next_walk, next)) = walk.behind(at).into_iter().next().filter(|_| is_name) else { break };
        (walk, at) = (next_walk, next);
    }
    at.span
}

/// Names are followed so many times at most: evaluation has ended, so this is for the shape of the text only.
const DEPTH: u32 = 16;

/// What gives its value on as it is, or nearly so.
const GIVING_ON: &[&str] = &["replace", "trim", "string"];

#[derive(Clone, Copy)]
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
    /// Where the text ends that the key is in.
    end: Option<u32>,
}

impl<'a, 'p> Walk<'a, 'p> {
    fn find(&self, expr: &'a Expr, path: &[Step], depth: u32) -> Option<FoundField<'a>> {
        let Some((first, rest)) = path.split_first() else {
            return Some(FoundField { key: expr.span, quoted: false, value: Some(expr), whole: true, end: None });
        };
        if depth > DEPTH {
            return None;
        }
        if depth == 0
            && let Some(found) = self.in_settings(expr, path)
        {
            return Some(found);
        }
        match (&expr.kind, first) {
            (ExprKind::Record { fields, .. }, Step::Key(key)) => {
                let field = fields.iter().rev().find(|field| field.key.plain().as_deref() == Some(key))?;
                let inner = self.find(&field.value, rest, depth + 1).filter(|_| !rest.is_empty());
                Some(inner.unwrap_or_else(|| of_field(field, rest.is_empty())))
            }
            (ExprKind::List(list), Step::Index(index)) => self.find(list.get(*index)?, rest, depth + 1),
            (ExprKind::ListFor { value, .. }, Step::Index(_)) => self.find(value, rest, depth + 1),
            (ExprKind::Text(name), Step::Template) => {
                let whole = self.beside(&name.plain()?, expr.span)?;
                self.in_template(whole, rest)
            }
            (ExprKind::Field { value, field, .. }, _) if &*field.name == "text" && self.manifest(value).is_some() => {
                self.in_manifest(value, path, depth)
            }
            (ExprKind::Text(_), _) => self.in_text(expr.span, path),
            (ExprKind::Call { function, arguments }, _) if &*function.name == "read" => {
                self.in_text(self.pasted(expr, arguments)?, path)
            }
            _ => self.likeliest(expr, path, depth),
        }
    }

    /// A part of a file that a deployment sets, not the component.
    fn in_settings(&self, expr: &Expr, path: &[Step]) -> Option<FoundField<'a>> {
        let model = self.model;
        let app = self.writer.app.filter(|app| !model.settings[app.index()].config.is_empty())?;
        model.component_of(app).config.filter(|content| std::ptr::eq(*content, expr))?;
        model.settings[app.index()].config.iter().rev().find_map(|part| {
            let steps: Vec<Step> = part.path.iter().map(|key| Step::from(&**key)).collect();
            let writer = Writer { module: part.value.module, app: None, of: None };
            let found = Walk { model, writer }.find(part.value.expr, path.strip_prefix(&*steps)?, 1)?;
            found.whole.then_some(found)
        })
    }

    /// Among all that a value may come from, the first in which the whole path is written.
    fn likeliest(&self, expr: &'a Expr, path: &[Step], depth: u32) -> Option<FoundField<'a>> {
        let mut partly = None;
        for (walk, inner) in self.behind(expr) {
            match walk.find(inner, path, depth + 1) {
                Some(found) if found.whole => return Some(found),
                found => partly = partly.or(found),
            }
        }
        partly
    }

    /// A part of a text that is written out.
    fn in_text(&self, span: Span, path: &[Step]) -> Option<FoundField<'a>> {
        let found = text::find(self.model.program.sources.text(span), path)?;
        let key = Span::new(span.source, span.start + found.start as u32, span.start + found.end as u32);
        let is_last = |step: &Step| matches!(step, Step::Key(last) if *last == self.model.program.sources.text(key));
        let whole = path.iter().rev().find(|step| matches!(step, Step::Key(_))).is_some_and(is_last);
        Some(FoundField { key, quoted: false, value: None, whole, end: Some(span.end) })
    }

    /// A part of what a template makes, where the template has it as it is.
    fn in_template(&self, whole: Span, path: &[Step]) -> Option<FoundField<'a>> {
        let text = self.model.program.sources.text(whole);
        // Lines of what is made are those of the template only where it has no blocks.
        let counts = path.iter().any(|step| matches!(step, Step::Line(_)));
        (!counts || !text.contains("{%")).then(|| self.in_text(whole, path)).flatten()
    }

    /// The file that a `read` brings.
    fn pasted(&self, call: &Expr, arguments: &[Expr]) -> Option<Span> {
        let [Expr { kind: ExprKind::Text(name), .. }] = arguments else { return None };
        self.beside(&name.plain()?, call.span)
    }

    /// The release of manifests that a name stands for.
    fn manifest(&self, name: &Expr) -> Option<&'a Definition> {
        let ExprKind::Name(name) = &name.kind else { return None };
        let component = self.model.component_of(self.writer.app?);
        let Local::Manifest(place) = component.local(&name.name)? else { return None };
        component.manifests.get(place as usize).copied()
    }

    /// A part of a release: in the text that the component has of it, or in its copy beside the model.
    fn in_manifest(&self, name: &Expr, path: &[Step], depth: u32) -> Option<FoundField<'a>> {
        let item = self.manifest(name)?;
        let unit = self.model.units_of(self.writer.app?).next()?;
        let copy = manifest::copy(self.model, &mut Scope::unit(self.model, unit), item);
        match copy {
            Some((path_of_copy, text)) => {
                let kind = self.model.program.sources.get(item.name.span.source).kind;
                let pasted = self.model.program.sources.paste(kind, &path_of_copy, &text, item.name.span);
                self.in_text(pasted, path)
            }
            None => self.find(&item.body.field("text").or_else(|| item.body.field("url"))?.value, path, depth + 1),
        }
    }

    /// A file beside the module, which an expression brings.
    fn beside(&self, name: &str, by: Span) -> Option<Span> {
        let (path, text) = resource::beside_module(self.model, self.writer.module, name)?;
        let sources = &self.model.program.sources;
        // A private key is shown nowhere; a text is searched for one once, however many places are looked for in it.
        sources.pasted_before(&path, &text).or_else(|| {
            let kind = sources.get(by.source).kind;
            (!private_key::is_in(&text)).then(|| sources.paste(kind, &path, &text, by))
        })
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
            _ => self.behind(expr).into_iter().find_map(|(walk, inner)| walk.element(inner, text, depth + 1)),
        }
    }

    /// The expressions that a value may come from, the likeliest first, each with whose words it is in.
    fn behind(&self, expr: &'a Expr) -> Vec<(Walk<'a, 'p>, &'a Expr)> {
        let own = |expr: &'a Expr| (*self, expr);
        match &expr.kind {
            ExprKind::Paren(inner) => vec![own(inner)],
            ExprKind::If { then, otherwise, .. } => {
                std::iter::once(&**then).chain(otherwise.as_deref()).map(own).collect()
            }
            ExprKind::Binary { op: BinaryOp::Merge | BinaryOp::Add, left, right } => vec![own(right), own(left)],
            ExprKind::Binary { op: BinaryOp::Default, left, right } => vec![own(left), own(right)],
            ExprKind::Call { function, arguments } if GIVING_ON.contains(&&*function.name) => {
                arguments.first().map(own).into_iter().collect()
            }
            ExprKind::Name(name) => self.named(&name.name).map(own).into_iter().collect(),
            ExprKind::Field { value, field, .. } => {
                if let Some(item) = self.manifest(value) {
                    let field = item.body.field("text").or_else(|| item.body.field("url"));
                    return field.map(|field| own(&field.value)).into_iter().collect();
                }
                let option = self.option(value, &field.name);
                let found = option.or_else(|| self.provided(value, &field.name));
                found.map_or_else(|| self.inside(value, &field.name), |one| vec![one])
            }
            _ => Vec::new(),
        }
    }

    /// The field of a record that is written out: `option.image-gc.high`.
    fn inside(&self, record: &'a Expr, name: &str) -> Vec<(Walk<'a, 'p>, &'a Expr)> {
        let of = |(walk, one): (Walk<'a, 'p>, &'a Expr)| {
            let ExprKind::Record { fields, .. } = &one.kind else { return None };
            Some((walk, &fields.iter().find(|field| field.key.plain().as_deref() == Some(name))?.value))
        };
        self.behind(record).into_iter().filter_map(of).collect()
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
        let symbol = model.program.value(self.writer.module, name)?;
        match model.program.statement(symbol) {
            Statement { kind: StatementKind::Let(binding), .. } => Some(&binding.value),
            _ => None,
        }
    }

    /// `option.NAME`: what the deployment gives, else the default.
    fn option(&self, root: &Expr, name: &str) -> Option<(Walk<'a, 'p>, &'a Expr)> {
        let ExprKind::Name(root) = &root.kind else { return None };
        let app = self.writer.app.filter(|_| &*root.name == "option")?;
        let model = self.model;
        let deployment = model.layers.deployments.iter().find(|known| known.name == model.app(app).name)?;
        let written = model.layers.field(&deployment.name, deployment.module, &deployment.ast.body, name);
        let default = || {
            let options = &model.component_of(app).options;
            options.iter().find(|option| &*option.name.name == name)?.default.as_ref()
        };
        match written {
            // A deployment is written in its own file, where the component's names mean nothing.
            Some(written) => {
                let writer = Writer { module: written.module, app: None, of: None };
                Some((Walk { model, writer }, written.expr))
            }
            None => default().map(|expr| (*self, expr)),
        }
    }

    /// A field of an endpoint of the unit that an item is repeated for.
    fn provided(&self, root: &Expr, name: &str) -> Option<(Walk<'a, 'p>, &'a Expr)> {
        let ExprKind::Name(root) = &root.kind else { return None };
        let of = self.writer.of.filter(|_| self.named(&root.name).is_none())?;
        let model = self.model;
        let endpoints = model.component_of(of).endpoints.iter().filter(|one| one.ast.kind == EndpointKind::Provides);
        let field = endpoints.filter_map(|one| one.ast.body.field(name)).next()?;
        let writer = Writer { module: model.module_of(of), app: Some(of), of: None };
        Some((Walk { model, writer }, &field.value))
    }
}

fn of_field(field: &Field, whole: bool) -> FoundField<'_> {
    let quoted = matches!(field.key, Key::Text(_));
    FoundField { key: field.key.span(), quoted, value: Some(&field.value), whole, end: None }
}
