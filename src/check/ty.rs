//! Types.
//!
//! A type is shown as its user would write it. `secret` and `?` are kept in a normal form: the secret inside, the `?`
//! outside, and both pushed into lists, maps and records, so that a part of a secret is a secret.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::syntax::ast::Name;

#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// A problem was reported; nothing more is said about it.
    Error,
    /// The value of `fail(..)`: none at all.
    Never,
    Any,
    None,
    Bool,
    Int,
    Float,
    String,
    Size,
    Duration,
    Percent,
    Port,
    Ip,
    Cidr,
    Version,
    Mode,
    Path,
    /// One known text.
    Text(Name),
    List(Arc<Ty>),
    Map(Arc<Ty>),
    Record(Arc<Record>),
    Union(Arc<[Ty]>),
    Optional(Arc<Ty>),
    Secret(Arc<Ty>),
    /// A set of flags of a program.
    Flags,
    /// A component, perhaps one that provides an interface.
    Component(Option<Name>),
    /// A type variable of a built-in function.
    Var(&'static str),
}

/// The fields of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// How it is called in messages, when it is not an ordinary record.
    pub name: Option<&'static str>,
    pub fields: IndexMap<Name, Member>,
    /// It may have more fields, of any type.
    pub open: bool,
}

/// One field of a record type.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub ty: Ty,
    /// It may be left out.
    pub optional: bool,
}

impl Ty {
    pub fn list(item: Ty) -> Ty {
        Ty::List(Arc::new(item))
    }

    pub fn map(item: Ty) -> Ty {
        Ty::Map(Arc::new(item))
    }

    /// `T?`, flattened.
    pub fn optional(inner: Ty) -> Ty {
        match inner {
            Ty::Optional(_) | Ty::Any | Ty::Error | Ty::None => inner,
            Ty::Never => Ty::None,
            other => Ty::Optional(Arc::new(other)),
        }
    }

    /// `secret<T>`, pushed inwards.
    pub fn secret(inner: Ty) -> Ty {
        match inner {
            Ty::Secret(_) | Ty::Error | Ty::None | Ty::Never => inner,
            Ty::Optional(t) => Ty::optional(Ty::secret((*t).clone())),
            Ty::List(t) => Ty::list(Ty::secret((*t).clone())),
            Ty::Map(t) => Ty::map(Ty::secret((*t).clone())),
            Ty::Record(record) => Ty::Record(Arc::new(record.map(Ty::secret))),
            other => Ty::Secret(Arc::new(other)),
        }
    }

    /// A record of these fields, none of which may be left out.
    pub fn record<N: Into<Name>>(name: &'static str, fields: impl IntoIterator<Item = (N, Ty)>) -> Ty {
        let fields = fields.into_iter().map(|(key, ty)| (key.into(), Member { ty, optional: false })).collect();
        Ty::Record(Arc::new(Record { name: Some(name), fields, open: false }))
    }

    /// The type, or `any` when it is too large to go on with: lets that hold lets twice double at each step.
    pub fn bounded(self) -> Ty {
        const PARTS: usize = 4_000;
        const DEPTH: usize = 64;
        let mut left = PARTS;
        match self.within(&mut left, DEPTH) {
            true => self,
            false if self.is_secret() => Ty::secret(Ty::Any),
            false => Ty::Any,
        }
    }

    fn within(&self, left: &mut usize, depth: usize) -> bool {
        if *left == 0 || depth == 0 {
            return false;
        }
        *left -= 1;
        match self {
            Ty::List(t) | Ty::Map(t) | Ty::Optional(t) | Ty::Secret(t) => t.within(left, depth - 1),
            Ty::Record(record) => record.fields.values().all(|field| field.ty.within(left, depth - 1)),
            Ty::Union(members) => members.iter().all(|member| member.within(left, depth - 1)),
            _ => true,
        }
    }

    /// Whether any part is secret.
    pub fn is_secret(&self) -> bool {
        match self {
            Ty::Secret(_) => true,
            Ty::List(t) | Ty::Map(t) | Ty::Optional(t) => t.is_secret(),
            // A named record is one of the language's own; its secret parts count when they are taken out of it.
            Ty::Record(record) => record.name.is_none() && record.fields.values().any(|field| field.ty.is_secret()),
            Ty::Union(members) => members.iter().any(Ty::is_secret),
            _ => false,
        }
    }

    /// The type with nothing secret.
    pub fn reveal(&self) -> Ty {
        match self {
            Ty::Secret(t) => t.reveal(),
            Ty::List(t) => Ty::list(t.reveal()),
            Ty::Map(t) => Ty::map(t.reveal()),
            Ty::Optional(t) => Ty::optional(t.reveal()),
            Ty::Record(record) if self.is_secret() => Ty::Record(Arc::new(record.map(|t| t.reveal()))),
            other => other.clone(),
        }
    }

    /// `T` for `T?`.
    pub fn present(&self) -> Ty {
        match self {
            Ty::Optional(t) => (**t).clone(),
            other => other.clone(),
        }
    }

    /// Whether nothing can be said about it.
    pub fn is_silent(&self) -> bool {
        matches!(self, Ty::Error | Ty::Never | Ty::Any)
    }

    /// Whether a value of it can stand in a string.
    pub fn is_scalar(&self) -> bool {
        match self {
            Ty::Secret(t) => t.is_scalar(),
            Ty::Union(members) => members.iter().all(Ty::is_scalar),
            Ty::None | Ty::List(_) | Ty::Map(_) | Ty::Record(_) | Ty::Optional(_) | Ty::Flags | Ty::Component(_) => {
                false
            }
            _ => true,
        }
    }

    /// Whether values of it have an order.
    pub fn is_ordered(&self) -> bool {
        match self {
            Ty::Int | Ty::Float | Ty::Size | Ty::Duration | Ty::Percent | Ty::Version | Ty::String | Ty::Text(_) => {
                true
            }
            Ty::Ip | Ty::Cidr | Ty::Port | Ty::Mode | Ty::Path => true,
            Ty::Union(members) => members.iter().all(Ty::is_ordered),
            other => other.is_silent(),
        }
    }

    /// The texts of an enum, when it is one.
    pub fn texts(&self) -> Option<Vec<Name>> {
        match self {
            Ty::Text(text) => Some(vec![text.clone()]),
            Ty::Union(members) => members.iter().map(|m| m.texts()).collect::<Option<Vec<_>>>().map(|l| l.concat()),
            Ty::Optional(t) | Ty::Secret(t) => t.texts(),
            _ => None,
        }
    }

    /// The type as a message names what was found: one known text is a `string`.
    pub fn widen(&self) -> Ty {
        match self {
            Ty::Text(_) => Ty::String,
            Ty::Union(_) if self.texts().is_some() => Ty::String,
            Ty::List(t) => Ty::list(t.widen()),
            Ty::Map(t) => Ty::map(t.widen()),
            Ty::Optional(t) => Ty::optional(t.widen()),
            Ty::Secret(t) => Ty::secret(t.widen()),
            other => other.clone(),
        }
    }

    /// Whether a value of this type may stand where `expected` is.
    pub fn fits(&self, expected: &Ty) -> bool {
        if self.is_silent() || expected.is_silent() {
            return true;
        }
        match (self, expected) {
            (Ty::None, Ty::Optional(_)) => true,
            (Ty::Optional(a), Ty::Optional(e)) => a.fits(e),
            (Ty::Optional(_), _) => false,
            (_, Ty::Optional(e)) => self.fits(e),
            (Ty::Secret(a), Ty::Secret(e)) => a.fits(e),
            (Ty::Secret(_), _) => false,
            (_, Ty::Secret(e)) => self.fits(e),
            (Ty::Union(members), _) => members.iter().all(|m| m.fits(expected)),
            (_, Ty::Union(members)) => members.iter().any(|m| self.fits(m)),
            (Ty::Int, Ty::Float) | (Ty::Text(_), Ty::String) | (Ty::String, Ty::Path) => true,
            (Ty::Text(text), Ty::Path) => text.starts_with('/'),
            (Ty::List(a), Ty::List(e)) | (Ty::Map(a), Ty::Map(e)) => a.fits(e),
            (Ty::Record(a), Ty::Map(e)) => !a.open && a.fields.values().all(|field| field.ty.fits(e)),
            (Ty::Record(a), Ty::Record(e)) => a.fits(e),
            (Ty::Component(_), Ty::Component(None)) => true,
            _ => self == expected,
        }
    }

    /// The smallest type that both fit; `any` when they have nothing in common.
    pub fn join(self, other: Ty) -> Ty {
        match (self, other) {
            (Ty::Error, _) | (_, Ty::Error) => Ty::Error,
            (Ty::Never, t) | (t, Ty::Never) => t,
            (Ty::Secret(a), b) | (b, Ty::Secret(a)) => Ty::secret((*a).clone().join(b.reveal())),
            (Ty::Any, b) | (b, Ty::Any) if b.is_secret() => Ty::secret(Ty::Any),
            (Ty::Any, _) | (_, Ty::Any) => Ty::Any,
            (Ty::None, t) | (t, Ty::None) => Ty::optional(t),
            (Ty::Optional(a), b) => Ty::optional((*a).clone().join(b.present())),
            (a, Ty::Optional(b)) => Ty::optional(a.join((*b).clone())),
            (Ty::List(a), Ty::List(b)) => Ty::list((*a).clone().join((*b).clone())),
            (Ty::Record(a), Ty::Record(b)) => a.join(&b),
            (a, b) if a.fits(&b) => b,
            (a, b) if b.fits(&a) => a,
            (a, b) => union_of_texts(a, b),
        }
    }
}

fn union_of_texts(a: Ty, b: Ty) -> Ty {
    const MOST: usize = 16;
    match (a.texts(), b.texts()) {
        (Some(a), Some(b)) if a.len() + b.len() <= MOST => {
            let mut texts = a;
            b.into_iter().for_each(|text| {
                if !texts.contains(&text) {
                    texts.push(text)
                }
            });
            Ty::Union(texts.into_iter().map(Ty::Text).collect())
        }
        (Some(_), Some(_)) => Ty::String,
        _ if a.is_secret() || b.is_secret() => Ty::secret(Ty::Any),
        _ => Ty::Any,
    }
}

impl Record {
    fn map(&self, change: impl Fn(Ty) -> Ty) -> Record {
        let member = |field: &Member| Member { ty: change(field.ty.clone()), optional: field.optional };
        let fields = self.fields.iter().map(|(key, field)| (key.clone(), member(field))).collect();
        Record { name: self.name, fields, open: self.open }
    }

    fn fits(&self, expected: &Record) -> bool {
        if expected.name.is_some() && self.name.is_some() && self.name != expected.name {
            return false;
        }
        expected.fields.iter().all(|(key, wanted)| match self.fields.get(key) {
            Some(found) => found.ty.fits(&wanted.ty) || wanted.optional && found.ty.present().fits(&wanted.ty),
            None => wanted.optional || self.open,
        })
    }

    fn join(&self, other: &Record) -> Ty {
        if self == other {
            return Ty::Record(Arc::new(self.clone()));
        }
        let mut fields = IndexMap::new();
        for (key, mine) in &self.fields {
            let member = match other.fields.get(key) {
                Some(theirs) => mine.join(theirs),
                None => Member { ty: Ty::optional(mine.ty.clone()), optional: true },
            };
            fields.insert(key.clone(), member);
        }
        for (key, theirs) in &other.fields {
            let absent = Member { ty: Ty::optional(theirs.ty.clone()), optional: true };
            fields.entry(key.clone()).or_insert(absent);
        }
        Ty::Record(Arc::new(Record { name: None, fields, open: self.open || other.open }))
    }
}

impl Member {
    fn join(&self, other: &Member) -> Member {
        Member { ty: self.ty.clone().join(other.ty.clone()), optional: self.optional || other.optional }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::notation::ty;

    #[test]
    fn types_are_shown_as_written() {
        for text in [
            "list<int>",
            "map<string>?",
            "\"a\" | \"b\"",
            "secret<string>",
            "{ a: int, b?: string }",
            "cidr | list<cidr>",
        ] {
            assert_eq!(ty(text).to_string(), text);
        }
    }

    #[test]
    fn what_fits_what() {
        let fits = |a: &'static str, b: &'static str| ty(a).fits(&ty(b));
        assert!(fits("int", "float") && !fits("float", "int"));
        assert!(fits("int", "int?") && !fits("int?", "int"));
        assert!(fits("\"a\"", "\"a\" | \"b\"") && !fits("string", "\"a\" | \"b\""));
        assert!(fits("{ a: int, b: int }", "map<int>") && fits("{ a: int }", "{ a: int, b?: int }"));
        assert!(fits("string", "secret<string>") && !fits("secret<string>", "string"));
    }

    #[test]
    fn a_type_that_doubles_becomes_any() {
        let doubled = (0..60).fold(Ty::Int, |ty, _| Ty::record("r", [("a", ty.clone()), ("b", ty)]).bounded());
        assert!(doubled == Ty::Any || doubled.to_string() == "r");
        assert_eq!((0..80).fold(Ty::Int, |ty, _| Ty::list(ty)).bounded(), Ty::Any);
    }

    #[test]
    fn a_part_of_a_secret_is_a_secret() {
        assert_eq!(Ty::secret(ty("list<string?>")), ty("list<secret<string>?>"));
        assert_eq!(ty("secret<string>").join(ty("int")), ty("secret<any>"));
    }
}
