//! The same syntax at another place of the same file.

use super::ast::*;
use crate::diag::{Diagnostic, Edit, Fix, Label};
use crate::source::Span;

/// What has places in it.
pub trait Rebase: Sized {
    /// Moves every place by so many bytes, modulo 2^32.
    fn shift(&mut self, by: u32);

    /// The same, moved.
    fn rebased(mut self, by: u32) -> Self {
        self.shift(by);
        self
    }
}

impl Rebase for Span {
    fn shift(&mut self, by: u32) {
        (self.start, self.end) = (self.start.wrapping_add(by), self.end.wrapping_add(by));
    }
}

impl<T: Rebase> Rebase for Vec<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|one| one.shift(by));
    }
}

impl<T: Rebase> Rebase for Option<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|one| one.shift(by));
    }
}

impl<T: Rebase> Rebase for Box<T> {
    fn shift(&mut self, by: u32) {
        self.as_mut().shift(by);
    }
}

impl<A: Rebase, B: Rebase> Rebase for (A, B) {
    fn shift(&mut self, by: u32) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

impl Rebase for BinaryOp {
    fn shift(&mut self, _: u32) {}
}

/// Which fields of a record have places in them.
macro_rules! fields {
    ($($ty:ident: $($field:ident)*;)*) => {
        $(impl Rebase for $ty {
            fn shift(&mut self, by: u32) {
                $(self.$field.shift(by);)*
            }
        })*
    };
}

fields! {
    Ident: span;
    Statement: span kind;
    Use: path names;
    UseName: name alias;
    Param: name ty default;
    Let: name ty value;
    Cluster: name body;
    Machines: name count body;
    Deploy: components alias on condition body;
    DeployName: name;
    Selector: span kind;
    Relate: from to body;
    Moved: from to;
    EndpointRef: app endpoint span;
    Target: name body;
    Overlay: name changes;
    Change: span kind;
    Check: condition message body;
    Allow: code reason;
    Definition: name body;
    Interface: name body fields;
    InterfaceField: name ty default;
    Component: name items;
    Item: span kind;
    ForVersion: subject bounds;
    OptionItem: name ty default;
    Endpoint: name interface body;
    PathItem: path each body;
    Each: key name list;
    Needs: kind condition;
    Body: fields span;
    Field: key value span;
    Text: parts span;
    Expr: span kind;
    Type: span kind;
    Diagnostic: labels fixes;
    Label: span;
    Fix: edits;
    Edit: span;
}

impl Rebase for StatementKind {
    fn shift(&mut self, by: u32) {
        match self {
            StatementKind::Use(one) => one.shift(by),
            StatementKind::Param(one) => one.shift(by),
            StatementKind::Let(one) => one.shift(by),
            StatementKind::Cluster(one) => one.shift(by),
            StatementKind::Machines(one) => one.shift(by),
            StatementKind::Deploy(one) => one.shift(by),
            StatementKind::Relate(one) => one.shift(by),
            StatementKind::Moved(one) => one.shift(by),
            StatementKind::Target(one) => one.shift(by),
            StatementKind::Overlay(one) => one.shift(by),
            StatementKind::Check(one) => one.shift(by),
            StatementKind::Allow(one) => one.shift(by),
            StatementKind::Interface(one) => one.shift(by),
            StatementKind::Component(one) => one.shift(by),
            StatementKind::Authority(one) | StatementKind::Keypair(one) | StatementKind::Secret(one) => one.shift(by),
        }
    }
}

impl Rebase for SelectorKind {
    fn shift(&mut self, by: u32) {
        match self {
            SelectorKind::All => {}
            SelectorKind::Group(name) => name.shift(by),
            SelectorKind::Index(name, index) => {
                name.shift(by);
                index.shift(by);
            }
            SelectorKind::Range(name, start, end) => {
                name.shift(by);
                start.shift(by);
                end.shift(by);
            }
        }
    }
}

impl Rebase for ChangeKind {
    fn shift(&mut self, by: u32) {
        match self {
            ChangeKind::Set { path, value } => {
                path.shift(by);
                value.shift(by);
            }
            ChangeKind::Add(statement) => statement.shift(by),
            ChangeKind::Drop(names) => names.shift(by),
            ChangeKind::DropRelation(relate) => relate.shift(by),
        }
    }
}

impl Rebase for ItemKind {
    fn shift(&mut self, by: u32) {
        match self {
            ItemKind::For(one) => one.shift(by),
            ItemKind::Option(one) => one.shift(by),
            ItemKind::Let(one) => one.shift(by),
            ItemKind::Endpoint(one) => one.shift(by),
            ItemKind::Holds(one) => one.shift(by),
            ItemKind::Needs(one) => one.shift(by),
            ItemKind::Check(one) => one.shift(by),
            ItemKind::Kubeconfig(one)
            | ItemKind::Unit(one)
            | ItemKind::File(one)
            | ItemKind::Dir(one)
            | ItemKind::Firewall(one) => one.shift(by),
            ItemKind::Cert(one)
            | ItemKind::Artifact(one)
            | ItemKind::Manifest(one)
            | ItemKind::Image(one)
            | ItemKind::Listen(one)
            | ItemKind::Address(one)
            | ItemKind::Range(one)
            | ItemKind::Immutable(one) => one.shift(by),
        }
    }
}

impl Rebase for NeedsKind {
    fn shift(&mut self, by: u32) {
        match self {
            NeedsKind::Module(name) => name.shift(by),
            NeedsKind::Sysctl(name, value) => {
                name.shift(by);
                value.shift(by);
            }
            NeedsKind::Package(value)
            | NeedsKind::Device(value)
            | NeedsKind::Mount(value)
            | NeedsKind::Command(value)
            | NeedsKind::Cores(value)
            | NeedsKind::Memory(value)
            | NeedsKind::Disk(value) => value.shift(by),
        }
    }
}

impl Rebase for Key {
    fn shift(&mut self, by: u32) {
        match self {
            Key::Name(name) => name.shift(by),
            Key::Text(text) => text.shift(by),
        }
    }
}

impl Rebase for TextPart {
    fn shift(&mut self, by: u32) {
        match self {
            TextPart::Text(_) => {}
            TextPart::Expr(expr) => expr.shift(by),
        }
    }
}

impl Rebase for ExprKind {
    fn shift(&mut self, by: u32) {
        match self {
            ExprKind::Error | ExprKind::Literal(_) => {}
            ExprKind::Text(text) => text.shift(by),
            ExprKind::Name(name) | ExprKind::Cert(name) => name.shift(by),
            ExprKind::Field { value, field, optional: _ } => {
                value.shift(by);
                field.shift(by);
            }
            ExprKind::Index { value, index } => {
                value.shift(by);
                index.shift(by);
            }
            ExprKind::Call { function, arguments } => {
                function.shift(by);
                arguments.shift(by);
            }
            ExprKind::List(items) => items.shift(by),
            ExprKind::Record { table, fields } => {
                table.shift(by);
                fields.shift(by);
            }
            ExprKind::ListFor { value, each, condition } => {
                value.shift(by);
                each.shift(by);
                condition.shift(by);
            }
            ExprKind::MapFor { key, value, each, condition } => {
                key.shift(by);
                value.shift(by);
                each.shift(by);
                condition.shift(by);
            }
            ExprKind::If { condition, then, otherwise } => {
                condition.shift(by);
                then.shift(by);
                otherwise.shift(by);
            }
            ExprKind::Unary { op: _, value } | ExprKind::Paren(value) => value.shift(by),
            ExprKind::Binary { op: _, left, right } => {
                left.shift(by);
                right.shift(by);
            }
        }
    }
}

impl Rebase for TypeKind {
    fn shift(&mut self, by: u32) {
        match self {
            TypeKind::Error | TypeKind::Text(_) => {}
            TypeKind::Name(name) => name.shift(by),
            TypeKind::Generic(name, inner) => {
                name.shift(by);
                inner.shift(by);
            }
            TypeKind::Optional(inner) => inner.shift(by),
            TypeKind::Union(members) => members.shift(by),
            TypeKind::Record(fields) => fields.iter_mut().for_each(|(name, _, ty)| {
                name.shift(by);
                ty.shift(by);
            }),
            TypeKind::Component(interface) => interface.shift(by),
        }
    }
}
