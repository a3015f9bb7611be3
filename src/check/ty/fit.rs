//! Which type may stand for which, and what two have in common.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Member, Record, Ty};

impl Ty {
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

#[cfg(test)]
mod tests {
    use crate::check::ty::Ty;
    use crate::check::type_syntax::ty;

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
