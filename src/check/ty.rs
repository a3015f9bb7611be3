//! Types.
//!
//! A type is shown as its user would write it. `secret` and `?` are kept in a normal form: the secret inside, the `?`
//! outside, and both pushed into lists, maps and records, so that a part of a secret is a secret.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::syntax::ast::Name;

mod fit;
mod show;

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
            Ty::Record(record) => record.fields.values().any(|field| field.ty.is_secret()),
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
}

impl Record {
    fn map(&self, change: impl Fn(Ty) -> Ty) -> Record {
        let member = |field: &Member| Member { ty: change(field.ty.clone()), optional: field.optional };
        let fields = self.fields.iter().map(|(key, field)| (key.clone(), member(field))).collect();
        Record { name: self.name, fields, open: self.open }
    }
}
