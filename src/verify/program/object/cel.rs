//! Expressions of CEL: whether they can be read at all, and whether the names that they begin with are there.
//!
//! Types and functions are not examined. Source: google/cel-spec doc/langdef.md (Syntax), kubernetes.io/docs/reference/using-api/cel,
//! cel-go parser (optional syntax: `.?`, `[?`).

use std::collections::BTreeSet;

mod token;

use token::Token;

/// What cannot be the name of a variable.
const RESERVED: [&str; 18] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Functions that give a name to each element, or to a value.
const BINDING: [&str; 10] =
    ["all", "exists", "exists_one", "existsOne", "filter", "map", "transformList", "transformMap", "bind", "sortBy"];

/// Types and namespaces of functions that every expression has.
const GENERAL: [&str; 32] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "dyn",
    "google",
    "kubernetes",
    "k8s",
    "net",
    "optional",
    "math",
    "sets",
    "strings",
    "base64",
    "lists",
    "regex",
    "cel",
    "ip",
    "cidr",
    "semver",
    "format",
    "url",
    "quantity",
    "Object",
    "JSONPatch",
    "jsonpatch",
];

/// Deeper than people write; what is so deep is not examined.
const DEEPEST: usize = 120;

/// Why an expression is refused; `names` are the variables that it has, if that is known.
pub(super) fn refused(text: &str, names: &[String]) -> Option<String> {
    let tokens = match token::tokens(text) {
        Ok(tokens) => tokens,
        Err(why) => return Some(why),
    };
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0, used: BTreeSet::new(), bound: BTreeSet::new() };
    let read = reader.expression().and_then(|()| reader.end());
    match read {
        Err(Stop::Refused(why)) => Some(why),
        Err(Stop::TooDeep) => None,
        Ok(()) => reader.unknown(names),
    }
}

/// Why reading ends before the end.
enum Stop {
    Refused(String),
    TooDeep,
}

type Read = Result<(), Stop>;

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    /// The names that values begin with.
    used: BTreeSet<String>,
    /// Names that the expression gives to elements.
    bound: BTreeSet<String>,
}

impl Reader<'_> {
    fn is(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Sign(own)) if *own == sign)
    }

    /// Takes a sign, if it is there.
    fn take(&mut self, sign: &str) -> bool {
        let is_there = self.is(sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, sign: &str) -> Read {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> Stop {
        let found = match self.tokens.get(self.at) {
            None => "the end".to_owned(),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
            Some(Token::Name(name)) => format!("`{name}`"),
            Some(Token::Literal | Token::Field) => "a value".to_owned(),
        };
        Stop::Refused(format!("expected {wanted}, found {found}"))
    }

    fn end(&self) -> Read {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected("the end or an operator")) }
    }

    fn expression(&mut self) -> Read {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::TooDeep);
        }
        self.binary()?;
        if self.take("?") {
            self.binary()?;
            self.expect(":")?;
            self.expression()?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Operands with operators between them: what binds more does not matter here.
    fn binary(&mut self) -> Read {
        self.unary()?;
        while self.operator() {
            self.unary()?;
        }
        Ok(())
    }

    fn operator(&mut self) -> bool {
        const OPERATORS: [&str; 13] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%"];
        if matches!(self.tokens.get(self.at), Some(Token::Name(name)) if name == "in") {
            self.at += 1;
            return true;
        }
        OPERATORS.iter().any(|sign| self.take(sign))
    }

    fn unary(&mut self) -> Read {
        while self.take("!") || self.take("-") {}
        self.primary()?;
        loop {
            match () {
                () if self.take(".") => self.member()?,
                () if self.take("[") => self.index()?,
                () if self.is("{") => self.fields()?,
                () => return Ok(()),
            }
        }
    }

    fn primary(&mut self) -> Read {
        match self.tokens.get(self.at).cloned() {
            Some(Token::Literal) => self.at += 1,
            Some(Token::Name(name)) => return self.name(name),
            _ if self.take("(") => {
                self.expression()?;
                return self.expect(")");
            }
            _ if self.take("[") => return self.elements("]"),
            _ if self.is("{") => return self.fields(),
            _ => return Err(self.unexpected("a value")),
        }
        Ok(())
    }

    /// A variable or a function.
    fn name(&mut self, name: String) -> Read {
        if RESERVED.contains(&&*name) {
            return Err(self.unexpected("a value"));
        }
        self.at += 1;
        if self.take("(") {
            return self.elements(")");
        }
        if !matches!(&*name, "true" | "false" | "null") {
            self.used.insert(name);
        }
        Ok(())
    }

    /// A field or a call behind a point.
    fn member(&mut self) -> Read {
        self.take("?");
        let name = match self.tokens.get(self.at) {
            Some(Token::Name(name)) => name.clone(),
            Some(Token::Field) => String::new(),
            _ => return Err(self.unexpected("the name of a field")),
        };
        self.at += 1;
        if self.take("(") {
            self.bind(&name);
            return self.elements(")");
        }
        Ok(())
    }

    /// Notes the names that a function gives to elements.
    fn bind(&mut self, function: &str) {
        let Some(rest) = self.tokens.get(self.at..).filter(|_| BINDING.contains(&function)) else { return };
        for pair in rest.chunks(2).take(2) {
            let [Token::Name(name), Token::Sign(",")] = pair else { return };
            self.bound.insert(name.clone());
        }
    }

    fn index(&mut self) -> Read {
        self.take("?");
        self.expression()?;
        self.expect("]")
    }

    /// Expressions with commas between them, up to a sign.
    fn elements(&mut self, end: &str) -> Read {
        while !self.take(end) {
            self.take("?");
            self.expression()?;
            if !self.take(",") {
                return self.expect(end);
            }
        }
        Ok(())
    }

    /// A map, or the fields of an object.
    fn fields(&mut self) -> Read {
        self.expect("{")?;
        while !self.take("}") {
            self.take("?");
            self.key()?;
            self.expect(":")?;
            self.expression()?;
            if !self.take(",") {
                return self.expect("}");
            }
        }
        Ok(())
    }

    /// The key of a map, or the name of a field: that is not a variable.
    fn key(&mut self) -> Read {
        let is_field = matches!(self.tokens.get(self.at), Some(Token::Name(_) | Token::Field));
        if is_field && matches!(self.tokens.get(self.at + 1), Some(Token::Sign(":"))) {
            self.at += 1;
            return Ok(());
        }
        self.expression()
    }

    /// The first name that is none of the variables.
    fn unknown(&self, names: &[String]) -> Option<String> {
        let is_known =
            |name: &&String| names.contains(name) || self.bound.contains(*name) || GENERAL.contains(&name.as_str());
        let name = self.used.iter().filter(|_| !names.is_empty()).find(|name| !is_known(name))?;
        Some(format!("it has no variable `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    fn refused(text: &str) -> Option<String> {
        super::refused(text, &["object", "self", "variables", "params", "request"].map(str::to_owned))
    }

    #[test]
    fn expressions_of_kubernetes_are_read() {
        for text in [
            "object.spec.replicas <= 5",
            "has(self.a) && self.a.all(x, x in ['b', \"c\"]) ? size(self.a) > 0x1f : !self.d",
            "self.m.map(k, v, k + string(v)).exists_one(e, e.matches(r'^\\d+$'))",
            "object.?spec.replicas.orValue(1) > -1 && self[?0].hasValue()",
            "Object{spec: Object.spec{replicas: 3, ?x: optional.of(1)}}",
            "[JSONPatch{op: \"add\", path: \"/a~1b\", value: {\"a\": 1.5e-3, 'b': [1u, .5,]}}]",
            "self.`foo-bar` == b'\\xff' || quantity(self.q).isGreaterThan(quantity('1Gi'))",
            "variables.a.filter(i, i.name.startsWith('x')).size() == 0 // a comment",
            "cel.bind(a, self.a, a + a) == '''x\ny'''",
            "request.namespace == 'a' && !(request.operation in ['DELETE'])",
            "self == oldSelf || true",
        ] {
            assert_eq!(super::refused(text, &[]), None, "{text}");
        }
        assert_eq!(refused("self.x.all(i, i > 0) && params.max > 1"), None);
    }

    #[test]
    fn what_is_not_cel_is_refused() {
        for text in [
            "",
            "a &&",
            "(a",
            "a)",
            "a.",
            "a b",
            "a ? b",
            "a = b",
            "'a",
            "{a: }",
            "[1, 2",
            "a and b",
            "'\\d'",
            "self.x.all(i, )&& ",
            "if a",
            "a == == b",
            "a | b",
        ] {
            assert!(super::refused(text, &[]).is_some(), "{text}");
        }
        assert!(refused("obj.spec.replicas <= 5").is_some_and(|why| why.contains("`obj`")));
        assert_eq!(super::refused(&"(".repeat(5000), &[]), None, "deep ones are left alone");
    }
}
