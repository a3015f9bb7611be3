//! What an expression's value comes from: each name in it, and what that comes from in turn.

use crate::check::{Symbol, SymbolKind};
use crate::model::component::Local;
use crate::model::scope::Scope;
use crate::model::{EndpointId, Value};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Each, Expr, ExprKind, Field, Ident, Key, Name, StatementKind, Text, TextPart};

use super::{Link, Why, address, certificate, layer, relation, show};

/// Deeper chains are cut: what they come from can be asked for by its own name.
const DEEPEST: usize = 6;

/// Walks an expression and collects what it comes from.
pub(super) struct Tracer<'w, 'a, 'p> {
    why: &'w Why<'a, 'p>,
    depth: usize,
    /// Loop variables, which have no one value.
    bound: Vec<Name>,
}

impl<'w, 'a, 'p> Tracer<'w, 'a, 'p> {
    pub(super) fn new(why: &'w Why<'a, 'p>) -> Self {
        Self { why, depth: 0, bound: Vec::new() }
    }

    /// A link for what is written at a place, with what its value comes from.
    pub(super) fn written(&mut self, scope: &mut Scope<'_>, span: Span, expr: &Expr) -> Link {
        let text = format!("`{}`", self.why.text(span.to(expr.span)));
        Link::at(span, text).because(self.links(scope, expr))
    }

    /// What an expression comes from, each thing once.
    pub(super) fn links(&mut self, scope: &mut Scope<'_>, expr: &Expr) -> Vec<Link> {
        if self.depth >= DEEPEST {
            return Vec::new();
        }
        self.depth += 1;
        let mut list = Vec::new();
        self.walk(scope, expr, &mut list);
        self.depth -= 1;
        let mut once: Vec<Link> = Vec::new();
        list.into_iter().for_each(|link| {
            if !once.iter().any(|known| known.text == link.text) {
                once.push(link);
            }
        });
        once
    }

    fn walk(&mut self, scope: &mut Scope<'_>, expr: &Expr, list: &mut Vec<Link>) {
        match &expr.kind {
            ExprKind::Error | ExprKind::Literal(_) => {}
            ExprKind::Text(text) => self.text(scope, text, list),
            ExprKind::Name(ident) | ExprKind::Cert(ident) => list.extend(self.name(scope, ident, expr)),
            ExprKind::Field { value, field, .. } => match &value.kind {
                ExprKind::Name(root) if !self.bound.contains(&root.name) => {
                    list.extend(self.field(scope, root, field, expr));
                }
                _ => self.walk(scope, value, list),
            },
            ExprKind::Index { value, index } => [value, index].into_iter().for_each(|e| self.walk(scope, e, list)),
            ExprKind::Call { function, arguments } => self.call(scope, function, arguments, list),
            ExprKind::List(values) => values.iter().for_each(|value| self.walk(scope, value, list)),
            ExprKind::Record { fields, .. } => fields.iter().for_each(|field| self.record_field(scope, field, list)),
            ExprKind::ListFor { value, each, condition } => {
                let parts = [Some(&**value), condition.as_deref()];
                self.each(scope, each, &parts, list);
            }
            ExprKind::MapFor { key, value, each, condition } => {
                let parts = [Some(&**value), condition.as_deref()];
                self.each(scope, each, &parts, list);
                if let Key::Text(text) = &**key {
                    self.bound.extend(each.key.iter().chain([&each.name]).map(|ident| ident.name.clone()));
                    self.text(scope, text, list);
                    self.bound.truncate(self.bound.len() - 1 - usize::from(each.key.is_some()));
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.choice(scope, condition, (then, otherwise.as_deref()), list);
            }
            ExprKind::Unary { value, .. } | ExprKind::Paren(value) => self.walk(scope, value, list),
            ExprKind::Binary { op: BinaryOp::Default, left, right } => self.default(scope, (left, right), list),
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| self.walk(scope, e, list)),
        }
    }

    fn text(&mut self, scope: &mut Scope<'_>, text: &Text, list: &mut Vec<Link>) {
        for part in &text.parts {
            if let TextPart::Expr(expr) = part {
                self.walk(scope, expr, list);
            }
        }
    }

    fn record_field(&mut self, scope: &mut Scope<'_>, field: &Field, list: &mut Vec<Link>) {
        if let Key::Text(text) = &field.key {
            self.text(scope, text, list);
        }
        self.walk(scope, &field.value, list);
    }

    fn call(&mut self, scope: &mut Scope<'_>, function: &Ident, arguments: &[Expr], list: &mut Vec<Link>) {
        if let ("read" | "template", Some(first)) = (&*function.name, arguments.first()) {
            list.push(Link::at(first.span, format!("the file {} beside it", self.why.text(first.span))));
        }
        arguments.iter().for_each(|argument| self.walk(scope, argument, list));
    }

    fn each(&mut self, scope: &mut Scope<'_>, each: &Each, parts: &[Option<&Expr>], list: &mut Vec<Link>) {
        self.walk(scope, &each.list, list);
        let names: Vec<Name> = each.key.iter().chain([&each.name]).map(|ident| ident.name.clone()).collect();
        let before = self.bound.len();
        self.bound.extend(names);
        parts.iter().flatten().for_each(|part| self.walk(scope, part, list));
        self.bound.truncate(before);
    }

    /// The condition and its truth; then what the branch that was taken comes from.
    fn choice(
        &mut self,
        scope: &mut Scope<'_>,
        condition: &Expr,
        (then, otherwise): (&Expr, Option<&Expr>),
        list: &mut Vec<Link>,
    ) {
        let truth = self.why.model().eval_bool(scope, condition).ok();
        let Some(truth) = truth else {
            // It depends on a loop's variable.
            return [Some(then), otherwise].into_iter().flatten().for_each(|branch| self.walk(scope, branch, list));
        };
        let text = format!("`{}` is {truth}", self.why.text(condition.span));
        list.push(Link::at(condition.span, text).because(self.links(scope, condition)));
        if let Some(branch) = if truth { Some(then) } else { otherwise } {
            self.walk(scope, branch, list);
        }
    }

    fn default(&mut self, scope: &mut Scope<'_>, (left, right): (&Expr, &Expr), list: &mut Vec<Link>) {
        let value = self.why.model().eval(scope, left).ok();
        if !value.as_ref().is_some_and(layer::is_none) {
            return self.walk(scope, left, list);
        }
        let text = format!("`{}` is none, so `{}` holds", self.why.text(left.span), self.why.text(right.span));
        list.push(Link::at(left.span, text).because(self.links(scope, left)));
        self.walk(scope, right, list);
    }

    fn value_of(&self, scope: &mut Scope<'_>, expr: &Expr) -> Option<Value> {
        self.why.model().eval(scope, expr).ok()
    }

    /// `text = value`, where it has one.
    fn link(&self, scope: &mut Scope<'_>, expr: &Expr, span: Span) -> Link {
        let text = self.why.text(expr.span);
        match self.value_of(scope, expr).filter(|value| !matches!(value, Value::Record(_))) {
            Some(value) => Link::at(span, format!("`{text}` = {}", show::value(&value))),
            None => Link::at(span, format!("`{text}`")),
        }
    }

    fn name(&mut self, scope: &mut Scope<'_>, ident: &Ident, expr: &Expr) -> Option<Link> {
        if self.bound.contains(&ident.name) {
            return None;
        }
        let model = self.why.model();
        if let Some(app) = scope.app
            && let Some(local) = model.component_of(app).local(&ident.name)
        {
            return Some(self.local(scope, local, expr));
        }
        if let Some(machine) = scope.machine.filter(|_| scope.bare_machine) {
            let links = layer::group_links(self.why, &model.group_of(machine).name, &ident.name);
            return Some(self.link(scope, expr, ident.span).because(links.unwrap_or_default()));
        }
        let symbol = model.program.value(scope.module, &ident.name);
        Some(match symbol {
            Some(symbol) => self.symbol(scope, symbol, expr),
            None => self.link(scope, expr, ident.span),
        })
    }

    /// A name of the component.
    fn local(&mut self, scope: &mut Scope<'_>, local: Local, expr: &Expr) -> Link {
        let model = self.why.model();
        let app = scope.app.expect("a component's names are seen only inside an application");
        let component = model.component_of(app);
        match local {
            Local::Let(place) => {
                let binding = component.lets[place as usize];
                let bound = std::mem::take(&mut self.bound);
                let links = self.links(scope, &binding.value);
                self.bound = bound;
                self.link(scope, expr, binding.name.span).because(links)
            }
            Local::Endpoint(endpoint) => {
                let links = relation::links(self.why, EndpointId { app, endpoint });
                self.link(scope, expr, component.endpoints[endpoint as usize].ast.name.span).because(links)
            }
            Local::Cert(cert) => {
                let ast = component.certs[cert as usize].ast;
                self.link(scope, expr, ast.name.span).because(certificate::path(self.why, scope, ast, expr))
            }
            Local::Manifest(place) => {
                let item = component.manifests[place as usize];
                let written = ["text", "url", "patch"].iter().filter_map(|name| item.body.field(name));
                let links: Vec<_> = written.flat_map(|field| self.links(scope, &field.value)).collect();
                self.link(scope, expr, item.name.span).because(links)
            }
            Local::Immutable(place) => {
                let item = component.immutables[place as usize];
                let links = item.body.field("value").map(|field| self.links(scope, &field.value)).unwrap_or_default();
                self.link(scope, expr, item.name.span).because(links)
            }
            Local::Address(place) => {
                self.link(scope, expr, expr.span).because(address::of_item(self.why, app, place as usize))
            }
        }
    }

    fn symbol(&mut self, scope: &mut Scope<'_>, symbol: Symbol, expr: &Expr) -> Link {
        let program = self.why.model().program;
        let link = self.link(scope, expr, symbol.span);
        match (symbol.kind, &program.statement(symbol).kind) {
            (SymbolKind::Param, _) => link.because(layer::param(self.why, symbol)),
            (SymbolKind::Let, StatementKind::Let(binding)) => {
                let bound = std::mem::take(&mut self.bound);
                let links = self.links(&mut Scope::file(symbol.module), &binding.value);
                self.bound = bound;
                link.because(links)
            }
            _ => link,
        }
    }

    /// `root.field`, where the root is no loop's variable.
    fn field(&mut self, scope: &mut Scope<'_>, root: &Ident, field: &Ident, expr: &Expr) -> Option<Link> {
        let model = self.why.model();
        let local = scope.app.and_then(|app| model.component_of(app).local(&root.name));
        if let Some(local) = local {
            return Some(self.local(scope, local, expr));
        }
        let link = self.link(scope, expr, expr.span);
        Some(match (&*root.name, scope.app) {
            ("cluster", _) => link.because(layer::cluster_links(self.why, &field.name).unwrap_or_default()),
            ("option", Some(app)) => link.because(layer::option_links(self.why, app, &field.name).unwrap_or_default()),
            ("machine", _) => {
                let group = scope.machine.map(|machine| model.group_of(machine).name.clone());
                let links = group.and_then(|group| layer::group_links(self.why, &group, &field.name));
                link.because(links.unwrap_or_default())
            }
            ("unit" | "app" | "target" | "machines", _) => link,
            _ => match model.program.value(scope.module, &root.name) {
                Some(symbol) if symbol.kind == SymbolKind::Machines => {
                    link.because(layer::group_links(self.why, &root.name, &field.name).unwrap_or_default())
                }
                Some(symbol) => self.symbol(scope, symbol, expr),
                None => link.because(layer::group_links(self.why, &root.name, &field.name).unwrap_or_default()),
            },
        })
    }
}
