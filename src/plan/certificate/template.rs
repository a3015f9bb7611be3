//! Fields of certificates that follow from the machine alone, as most do: texts with its name, and its address. They are recognised
//! once for all units of an application, so that nothing is evaluated for each.

use std::net::IpAddr;

use crate::model::{Component, Machine};
use crate::pki::spec::San;
use crate::syntax::ast::{Expr, ExprKind, Name, Text, TextPart};

/// A text, or a list of texts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Vec<Part>>);

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(Name),
    Name,
    Address,
}

impl Template {
    /// The template of an expression of a component; none if anything else is in it.
    pub(super) fn of(component: &Component<'_>, expr: &Expr) -> Option<Self> {
        // A name of the component's own may stand for something else.
        if component.local("machine").is_some() {
            return None;
        }
        match &expr.kind {
            ExprKind::List(items) => items.iter().map(parts).collect::<Option<_>>().map(Self),
            _ => Some(Self(vec![parts(expr)?])),
        }
    }

    /// The texts for a machine.
    pub(super) fn texts(&self, machine: &Machine) -> Vec<String> {
        self.0.iter().map(|parts| text(parts, machine)).collect()
    }

    /// The same as names in a certificate.
    pub(super) fn names(&self, machine: &Machine) -> impl Iterator<Item = San> {
        self.0.iter().map(|parts| match parts.as_slice() {
            [Part::Address] => San::Ip(machine.address),
            [Part::Name] => {
                let address = machine.name.parse::<IpAddr>();
                address.map_or_else(|_| San::Dns(machine.name.clone()), San::Ip)
            }
            parts => San::parse(&text(parts, machine)),
        })
    }
}

fn text(parts: &[Part], machine: &Machine) -> String {
    let mut text = String::with_capacity(64);
    for part in parts {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Name => text.push_str(&machine.name),
            Part::Address => text.push_str(&machine.address.to_string()),
        }
    }
    // It is kept for each certificate of the cluster.
    text.shrink_to_fit();
    text
}

fn parts(expr: &Expr) -> Option<Vec<Part>> {
    match &expr.kind {
        ExprKind::Text(Text { parts, .. }) => parts.iter().map(part).collect(),
        _ => field(expr).map(|part| vec![part]),
    }
}

fn part(part: &TextPart) -> Option<Part> {
    match part {
        TextPart::Text(piece) => Some(Part::Text(piece.clone())),
        TextPart::Expr(expr) => field(expr),
    }
}

/// `machine.name`, `machine.address`, or either inside `string(...)`.
fn field(expr: &Expr) -> Option<Part> {
    match &expr.kind {
        ExprKind::Call { function, arguments } if &*function.name == "string" => match arguments.as_slice() {
            [only] => field(only),
            _ => None,
        },
        ExprKind::Field { value, field, .. } if matches!(&value.kind, ExprKind::Name(name) if &*name.name == "machine") => {
            match &*field.name {
                "name" => Some(Part::Name),
                "address" => Some(Part::Address),
                _ => None,
            }
        }
        _ => None,
    }
}
