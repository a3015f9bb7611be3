//! Types as the tables of this phase write them.
//!
//! The same notation as in the language, plus single capitals for the type variables of built-in functions. It is used
//! for constants only, so a text that cannot be read is a mistake of ours and reads as `any`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::ty::{Member, Record, Ty};

/// The type that a constant text stands for.
pub fn ty(text: &'static str) -> Ty {
    Reader { rest: text }.union()
}

/// The named types of the language.
pub fn named(name: &str) -> Option<Ty> {
    Some(match name {
        "bool" => Ty::Bool,
        "int" => Ty::Int,
        "float" => Ty::Float,
        "string" => Ty::String,
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
pub const WORDS: [&str; 18] = [
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
    "any",
    "list",
    "map",
    "secret",
    "component",
];

struct Reader {
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
            self.take(")");
            return inner;
        }
        if self.take("\"") {
            let text = self.until('"');
            self.take("\"");
            return Ty::Text(text.into());
        }
        match self.take("{") {
            true => self.record(),
            false => self.named(),
        }
    }

    fn named(&mut self) -> Ty {
        let word = self.word();
        if self.take("<") {
            let inner = self.union();
            self.take(">");
            return match word {
                "list" => Ty::list(inner),
                "map" => Ty::map(inner),
                _ => Ty::secret(inner),
            };
        }
        match word {
            "flags" => Ty::Flags,
            "none" => Ty::None,
            "never" => Ty::Never,
            _ if word.len() == 1 => Ty::Var(word),
            _ => named(word).unwrap_or(Ty::Any),
        }
    }

    fn record(&mut self) -> Ty {
        let mut fields = IndexMap::new();
        while !self.take("}") && !self.rest.is_empty() {
            let name = self.word();
            let optional = self.take("?");
            self.take(":");
            let ty = self.union();
            let ty = if optional { Ty::optional(ty) } else { ty };
            fields.insert(name.into(), Member { ty, optional });
            self.take(",");
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

    fn until(&mut self, end: char) -> &'static str {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        text
    }

    fn word(&mut self) -> &'static str {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        // At least one character is taken, so that a mistake in a table cannot make an endless loop.
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        word
    }
}
