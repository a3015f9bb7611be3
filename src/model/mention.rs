//! The names that an item mentions, by a walk over its expressions.

use crate::source::Span;
use crate::syntax::ast::{
    Body, Expr, ExprKind, Field, Item, ItemKind, Key, Needs, NeedsKind, PathItem, Text, TextPart,
};

/// What stands in place of a field where a name is written as `cert NAME`: no field has this name.
pub const CERT: &str = "cert NAME";

/// Called with a name, the field that is taken of it or [`CERT`], and where it stands.
pub type OnMention<'a> = dyn FnMut(&str, Option<&str>, Span) + 'a;

/// All names in an item.
pub fn in_item(item: &Item, found: &mut OnMention<'_>) {
    match &item.kind {
        ItemKind::Holds(ident) => found(&ident.name, Some("key"), ident.span),
        _ => of_item(item, &mut |expr| in_expr(expr, found)),
    }
}

/// All names in the fields of a body.
pub fn in_body(body: &Body, found: &mut OnMention<'_>) {
    of_body(body, &mut |expr| in_expr(expr, found));
}

/// All names in an expression.
pub fn in_expr(expr: &Expr, found: &mut OnMention<'_>) {
    match &expr.kind {
        ExprKind::Name(ident) => found(&ident.name, None, ident.span),
        ExprKind::Cert(ident) => found(&ident.name, Some(CERT), ident.span),
        ExprKind::Field { value, field, .. } => match &value.kind {
            ExprKind::Name(ident) => found(&ident.name, Some(&field.name), ident.span),
            _ => in_expr(value, found),
        },
        _ => parts(expr, &mut |part| in_expr(part, found)),
    }
}

/// Called with an expression.
pub type OnExpr<'a> = dyn FnMut(&Expr) + 'a;

/// The expressions that an item has, each as a whole.
pub fn of_item(item: &Item, each: &mut OnExpr<'_>) {
    match &item.kind {
        ItemKind::For(_) | ItemKind::Holds(_) => {}
        ItemKind::Option(option) => option.default.iter().for_each(each),
        ItemKind::Let(binding) => each(&binding.value),
        ItemKind::Endpoint(endpoint) => of_body(&endpoint.body, each),
        ItemKind::Cert(d)
        | ItemKind::Artifact(d)
        | ItemKind::Manifest(d)
        | ItemKind::Image(d)
        | ItemKind::Listen(d)
        | ItemKind::Address(d)
        | ItemKind::Range(d)
        | ItemKind::Immutable(d) => of_body(&d.body, each),
        ItemKind::Kubeconfig(item)
        | ItemKind::Unit(item)
        | ItemKind::File(item)
        | ItemKind::Dir(item)
        | ItemKind::Firewall(item) => of_path_item(item, each),
        ItemKind::Needs(needs) => of_needs(needs, each),
        ItemKind::Check(check) => {
            each(&check.condition);
            check.message.iter().for_each(&mut *each);
            of_body(&check.body, each);
        }
    }
}

fn of_path_item(item: &PathItem, each: &mut OnExpr<'_>) {
    each(&item.path);
    item.each.iter().for_each(|of| each(&of.list));
    of_body(&item.body, each);
}

fn of_needs(needs: &Needs, each: &mut OnExpr<'_>) {
    needs.condition.iter().for_each(&mut *each);
    match &needs.kind {
        NeedsKind::Module(_) => {}
        NeedsKind::Sysctl(_, value) => each(value),
        NeedsKind::Package(e) | NeedsKind::Device(e) | NeedsKind::Mount(e) | NeedsKind::Command(e) => each(e),
        NeedsKind::Cores(e) | NeedsKind::Memory(e) | NeedsKind::Disk(e) => each(e),
    }
}

fn of_body(body: &Body, each: &mut OnExpr<'_>) {
    of_fields(&body.fields, each);
}

fn of_fields(fields: &[Field], each: &mut OnExpr<'_>) {
    for field in fields {
        of_key(&field.key, each);
        each(&field.value);
    }
}

fn of_key(key: &Key, each: &mut OnExpr<'_>) {
    if let Key::Text(text) = key {
        of_text(text, each);
    }
}

fn of_text(text: &Text, each: &mut OnExpr<'_>) {
    for part in &text.parts {
        if let TextPart::Expr(expr) = part {
            each(expr);
        }
    }
}

/// The expressions right inside another one.
pub fn parts(expr: &Expr, each: &mut OnExpr<'_>) {
    match &expr.kind {
        ExprKind::Error | ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Cert(_) => {}
        ExprKind::Text(text) => of_text(text, each),
        ExprKind::Field { value, .. } | ExprKind::Unary { value, .. } | ExprKind::Paren(value) => each(value),
        ExprKind::Index { value, index } => [value, index].into_iter().for_each(|e| each(e)),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(each),
        ExprKind::List(list) => list.iter().for_each(each),
        ExprKind::Record { fields, .. } => of_fields(fields, each),
        ExprKind::ListFor { value, each: of, condition } => {
            each(value);
            each(&of.list);
            condition.iter().for_each(|e| each(e));
        }
        ExprKind::MapFor { key, value, each: of, condition } => {
            of_key(key, each);
            each(value);
            each(&of.list);
            condition.iter().for_each(|e| each(e));
        }
        ExprKind::If { condition, then, otherwise } => {
            each(condition);
            each(then);
            otherwise.iter().for_each(|e| each(e));
        }
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| each(e)),
    }
}
