//! The names that an item mentions, by a walk over its expressions.

use crate::source::Span;
use crate::syntax::ast::{Body, Each, Expr, ExprKind, Item, ItemKind, Key, Needs, NeedsKind, PathItem, Text, TextPart};

/// What stands in place of a field where a name is written as `cert NAME`: no field has this name.
pub const CERT: &str = "cert NAME";

/// Called with a name, the field that is taken of it or [`CERT`], and where it stands.
pub type OnMention<'a> = dyn FnMut(&str, Option<&str>, Span) + 'a;

/// All names in an item.
pub fn in_item(item: &Item, found: &mut OnMention<'_>) {
    match &item.kind {
        ItemKind::For(_) => {}
        ItemKind::Option(option) => option.default.iter().for_each(|e| in_expr(e, found)),
        ItemKind::Let(binding) => in_expr(&binding.value, found),
        ItemKind::Endpoint(endpoint) => in_body(&endpoint.body, found),
        ItemKind::Cert(d)
        | ItemKind::Artifact(d)
        | ItemKind::Manifest(d)
        | ItemKind::Image(d)
        | ItemKind::Listen(d)
        | ItemKind::Address(d)
        | ItemKind::Range(d)
        | ItemKind::Immutable(d) => in_body(&d.body, found),
        ItemKind::Kubeconfig(item)
        | ItemKind::Unit(item)
        | ItemKind::File(item)
        | ItemKind::Dir(item)
        | ItemKind::Firewall(item) => in_path_item(item, found),
        ItemKind::Holds(ident) => found(&ident.name, Some("key"), ident.span),
        ItemKind::Needs(needs) => in_needs(needs, found),
        ItemKind::Check(check) => {
            in_expr(&check.condition, found);
            check.message.iter().for_each(|e| in_expr(e, found));
            in_body(&check.body, found);
        }
    }
}

fn in_path_item(item: &PathItem, found: &mut OnMention<'_>) {
    in_expr(&item.path, found);
    item.each.iter().for_each(|each| in_each(each, found));
    in_body(&item.body, found);
}

fn in_each(each: &Each, found: &mut OnMention<'_>) {
    in_expr(&each.list, found);
}

fn in_needs(needs: &Needs, found: &mut OnMention<'_>) {
    needs.condition.iter().for_each(|e| in_expr(e, found));
    match &needs.kind {
        NeedsKind::Module(_) => {}
        NeedsKind::Sysctl(_, value) => in_expr(value, found),
        NeedsKind::Package(e) | NeedsKind::Device(e) | NeedsKind::Mount(e) | NeedsKind::Command(e) => in_expr(e, found),
        NeedsKind::Cores(e) | NeedsKind::Memory(e) | NeedsKind::Disk(e) => in_expr(e, found),
    }
}

/// All names in the fields of a body.
pub fn in_body(body: &Body, found: &mut OnMention<'_>) {
    for field in &body.fields {
        in_key(&field.key, found);
        in_expr(&field.value, found);
    }
}

fn in_key(key: &Key, found: &mut OnMention<'_>) {
    if let Key::Text(text) = key {
        in_text(text, found);
    }
}

fn in_text(text: &Text, found: &mut OnMention<'_>) {
    for part in &text.parts {
        if let TextPart::Expr(expr) = part {
            in_expr(expr, found);
        }
    }
}

/// All names in an expression.
pub fn in_expr(expr: &Expr, found: &mut OnMention<'_>) {
    match &expr.kind {
        ExprKind::Error | ExprKind::Literal(_) => {}
        ExprKind::Text(text) => in_text(text, found),
        ExprKind::Name(ident) => found(&ident.name, None, ident.span),
        ExprKind::Cert(ident) => found(&ident.name, Some(CERT), ident.span),
        ExprKind::Field { value, field, .. } => match &value.kind {
            ExprKind::Name(ident) => found(&ident.name, Some(&field.name), ident.span),
            _ => in_expr(value, found),
        },
        ExprKind::Index { value, index } => [value, index].into_iter().for_each(|e| in_expr(e, found)),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|e| in_expr(e, found)),
        ExprKind::List(list) => list.iter().for_each(|e| in_expr(e, found)),
        ExprKind::Record { fields, .. } => {
            for field in fields {
                in_key(&field.key, found);
                in_expr(&field.value, found);
            }
        }
        ExprKind::ListFor { value, each, condition } => {
            in_expr(value, found);
            in_each(each, found);
            condition.iter().for_each(|e| in_expr(e, found));
        }
        ExprKind::MapFor { key, value, each, condition } => {
            in_key(key, found);
            in_expr(value, found);
            in_each(each, found);
            condition.iter().for_each(|e| in_expr(e, found));
        }
        ExprKind::If { condition, then, otherwise } => {
            in_expr(condition, found);
            in_expr(then, found);
            otherwise.iter().for_each(|e| in_expr(e, found));
        }
        ExprKind::Unary { value, .. } => in_expr(value, found),
        ExprKind::Paren(value) => in_expr(value, found),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| in_expr(e, found)),
    }
}
