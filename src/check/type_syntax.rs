//! Types as the tables of this phase write them.
//!
//! The same notation as in the language, plus single capitals for the type variables of built-in functions. It is used
//! for constants only, so a text that cannot be read is a mistake of ours: it ends the program, and a test reads all.

use std::sync::Arc;

use indexmap::IndexMap;

use super::text_form::TextForm;
use super::ty::{Member, Record, Ty};

/// The type that a constant text stands for.
///
/// # Panics
/// When the text is not a type.
pub fn ty(text: &'static str) -> Ty {
    let mut reader = Reader { text, rest: text };
    let ty = reader.union();
    assert!(reader.rest.trim().is_empty(), "`{text}` is not a type: `{}` is left", reader.rest);
    ty
}

/// The named types of the language.
pub fn named(name: &str) -> Option<Ty> {
    Some(match name {
        "bool" => Ty::Bool,
        "int" => Ty::Int,
        "float" => Ty::Float,
        "string" => Ty::String,
        _ if TextForm::named(name).is_some() => Ty::String,
        "size" => Ty::Size,
        "duration" => Ty::Duration,
        "percent" => Ty::Percent,
        "port" => Ty::Port,
        "ip" => Ty::Ip,
        "cidr" => Ty::Cidr,
        "version" => Ty::Version,
        "mode" => Ty::Mode,
        "path" => Ty::Path,
        "any" => Ty::Any,
        _ => return None,
    })
}

/// The words that may stand for a type, for suggestions.
pub const WORDS: [&str; 25] = [
    "bool",
    "int",
    "float",
    "string",
    "size",
    "duration",
    "percent",
    "port",
    "ip",
    "cidr",
    "version",
    "mode",
    "path",
    "url",
    "host",
    "interface-name",
    "label-key",
    "label-value",
    "word",
    "line",
    "any",
    "list",
    "map",
    "secret",
    "component",
];

struct Reader {
    text: &'static str,
    rest: &'static str,
}

impl Reader {
    fn union(&mut self) -> Ty {
        let mut members = vec![self.postfix()];
        while self.take("|") {
            members.push(self.postfix());
        }
        match members.len() {
            1 => members.remove(0),
            _ => Ty::Union(members.into()),
        }
    }

    fn postfix(&mut self) -> Ty {
        let inner = self.atom();
        match self.take("?") {
            true => Ty::optional(inner),
            false => inner,
        }
    }

    fn atom(&mut self) -> Ty {
        if self.take("(") {
            let inner = self.union();
            self.need(")");
            return inner;
        }
        if self.take("\"") {
            let text = self.until('"');
            self.need("\"");
            return Ty::Text(text.into());
        }
        match self.take("{") {
            true => self.record(),
            false => self.named(),
        }
    }

    #[expect(clippy::panic, reason = "types of ours are written in the program, and tests read them all")]
    fn named(&mut self) -> Ty {
        let word = self.word();
        if self.take("<") {
            let inner = self.union();
            self.need(">");
            return match word {
                "list" => Ty::list(inner),
                "map" => Ty::map(inner),
                "secret" => Ty::secret(inner),
                _ => panic!("`{}` is not a type: `{word}` has no parameter", self.text),
            };
        }
        match word {
            "flags" => Ty::Flags,
            "none" => Ty::None,
            "never" => Ty::Never,
            _ if word.len() == 1 && word.bytes().all(|letter| letter.is_ascii_uppercase()) => Ty::Var(word),
            _ => named(word).unwrap_or_else(|| panic!("`{}` is not a type: unknown `{word}`", self.text)),
        }
    }

    fn record(&mut self) -> Ty {
        let mut fields = IndexMap::new();
        while !self.take("}") {
            let name = self.word();
            let optional = self.take("?");
            self.need(":");
            let ty = self.union();
            let ty = if optional { Ty::optional(ty) } else { ty };
            fields.insert(name.into(), Member { ty, optional });
            if !self.take(",") {
                self.need("}");
                break;
            }
        }
        Ty::Record(Arc::new(Record { name: None, fields, open: false }))
    }

    fn take(&mut self, mark: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, mark: &str) {
        assert!(self.take(mark), "`{}` is not a type: `{mark}` is missing before `{}`", self.text, self.rest);
    }

    fn until(&mut self, end: char) -> &'static str {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        text
    }

    fn word(&mut self) -> &'static str {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        assert!(end > 0, "`{}` is not a type: a word is missing before `{rest}`", self.text);
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{builtin, prelude, schema};

    #[test]
    fn every_table_can_be_read() {
        for name in builtin::ALL.iter().map(|builtin| builtin.name) {
            builtin::signature(name).unwrap_or_else(|| panic!("{name}"));
        }
        assert!(schema::all().all(|schema| schema.fields.len() == schema.rows.len()), "a field is there twice");
        for name in ["machine", "unit", "app", "cluster", "machines", "target"] {
            prelude::in_component(name).expect("a name of the language");
        }
    }

    #[test]
    fn a_slip_in_a_table_does_not_pass() {
        for text in
            ["strin", "list<int", "list<int> x", "set<int>", "(int", "\"a", "{ a: int", "{ a int }", "", "int |"]
        {
            std::panic::catch_unwind(|| ty(text)).expect_err(text);
        }
        assert_eq!(ty("{ a?: int, b: list<T>, }").to_string(), "{ a?: int, b: list<T> }");
    }
}
