//! How a type is shown: as its user would write it.

use std::fmt;

use super::{Member, Record, Ty};
use crate::syntax::ast::Name;

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Text(text) => write!(f, "\"{text}\""),
            Ty::List(t) => write!(f, "list<{t}>"),
            Ty::Map(t) => write!(f, "map<{t}>"),
            Ty::Secret(t) => write!(f, "secret<{t}>"),
            Ty::Optional(t) => match &**t {
                Ty::Union(_) => write!(f, "({t})?"),
                _ => write!(f, "{t}?"),
            },
            Ty::Union(members) => {
                let members: Vec<_> = members.iter().map(|m| m.to_string()).collect();
                f.write_str(&members.join(" | "))
            }
            Ty::Record(record) => record.fmt(f),
            Ty::Component(Some(interface)) => write!(f, "component provides {interface}"),
            Ty::Var(name) => f.write_str(name),
            other => f.write_str(other.word()),
        }
    }
}

impl Ty {
    fn word(&self) -> &'static str {
        match self {
            Ty::None => "none",
            Ty::Bool => "bool",
            Ty::Int => "int",
            Ty::Float => "float",
            Ty::String => "string",
            Ty::Size => "size",
            Ty::Duration => "duration",
            Ty::Percent => "percent",
            Ty::Port => "port",
            Ty::Ip => "ip",
            Ty::Cidr => "cidr",
            Ty::Version => "version",
            Ty::Mode => "mode",
            Ty::Path => "path",
            Ty::Flags => "flags",
            Ty::Component(_) => "component",
            _ => "any",
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 6;
        if let Some(name) = self.name {
            return f.write_str(name);
        }
        let field = |(key, member): (&Name, &Member)| match member.optional {
            true => format!("{key}?: {}", member.ty.present()),
            false => format!("{key}: {}", member.ty),
        };
        let shown: Vec<_> = self.fields.iter().take(SHOWN).map(field).collect();
        match (shown.is_empty(), self.fields.len() > SHOWN) {
            (true, _) => f.write_str("{ }"),
            (_, true) => write!(f, "{{ {}, ... }}", shown.join(", ")),
            (_, false) => write!(f, "{{ {} }}", shown.join(", ")),
        }
    }
}
