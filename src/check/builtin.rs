//! The functions of the language.
//!
//! One row a function: its name, its signature as users read it, and what it does. In a signature `T` is any type, `N`
//! one whose values have an order, `S` one that can stand in a string, and `L` a list, a map or a string.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::ty::Ty;
use super::type_syntax::ty;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub name: &'static str,
    pub parameters: &'static [(&'static str, &'static str)],
    pub result: &'static str,
    pub doc: &'static str,
}

type Parameters = &'static [(&'static str, &'static str)];

const fn row(name: &'static str, parameters: Parameters, result: &'static str, doc: &'static str) -> Builtin {
    Builtin { name, parameters, result, doc }
}

/// All functions, in the order of the reference.
pub const ALL: &[Builtin] = &[
    row("len", &[("x", "L")], "int", "The number of elements, keys or characters."),
    row("join", &[("list", "list<S>"), ("sep", "string")], "string", "The elements with a separator between them."),
    row("split", &[("s", "string"), ("sep", "string")], "list<string>", "The parts between separators."),
    row("lower", &[("s", "string")], "string", "In lower case."),
    row("upper", &[("s", "string")], "string", "In upper case."),
    row("replace", &[("s", "string"), ("from", "string"), ("to", "string")], "string", "Each `from` replaced by `to`."),
    row("trim", &[("s", "string")], "string", "Without white space at both ends."),
    row("indent", &[("s", "string"), ("n", "int")], "string", "Each line after the first moved right by `n` spaces."),
    row("starts-with", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `s` starts with `p`."),
    row("ends-with", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `s` ends with `p`."),
    row("contains", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `p` is a part of `s`."),
    row("string", &[("x", "S")], "string", "The value as text."),
    row("int", &[("s", "string | float | int")], "int", "The whole number in a text."),
    row("min", &[("a", "N"), ("b", "N")], "N", "The smaller one."),
    row("max", &[("a", "N"), ("b", "N")], "N", "The larger one."),
    row("sum", &[("list", "list<N>")], "N", "All elements added."),
    row("range", &[("n", "int")], "list<int>", "The numbers from 0 to `n` - 1."),
    row("sort", &[("list", "list<N>")], "list<N>", "In ascending order."),
    row("unique", &[("list", "list<T>")], "list<T>", "Each element once, at its first place."),
    row("flatten", &[("list", "list<list<T>>")], "list<T>", "The lists of a list, one after the other."),
    row("first", &[("list", "list<T>")], "T?", "The first element, `none` of an empty list."),
    row("last", &[("list", "list<T>")], "T?", "The last element, `none` of an empty list."),
    row("keys", &[("m", "map<T>")], "list<string>", "The keys."),
    row("values", &[("m", "map<T>")], "list<T>", "The values."),
    row("get", &[("m", "map<T>"), ("key", "string")], "T?", "The value of a key, `none` when the key is missing."),
    row("all", &[("list", "list<bool>")], "bool", "Whether all are true."),
    row("any-of", &[("list", "list<bool>")], "bool", "Whether at least one is true."),
    row("host", &[("range", "cidr"), ("n", "int")], "ip", "The n-th address of a range."),
    row("network", &[("range", "cidr")], "ip", "The first address of a range."),
    row("prefix", &[("range", "cidr")], "int", "The length of a range's prefix."),
    row("size-of", &[("range", "cidr")], "int", "The number of addresses of a range, at most 2^62."),
    row(
        "subnet",
        &[("range", "cidr"), ("bits", "int"), ("n", "int")],
        "cidr",
        "The n-th part of a range, `bits` longer.",
    ),
    row("is-ipv6", &[("x", "ip | cidr")], "bool", "Whether it is of IP version 6."),
    row("ip", &[("s", "string")], "ip", "The address in a text."),
    row("number", &[("p", "port")], "int", "A port's number, without its protocol."),
    row("major", &[("v", "version")], "int", "The first number of a version."),
    row("minor", &[("v", "version")], "int", "The second number of a version."),
    row("minor-of", &[("v", "version")], "string", "The first two numbers of a version: \"1.34\"."),
    row("base64", &[("s", "string")], "string", "The text in base64."),
    row("json", &[("x", "T")], "string", "The value as JSON."),
    row("yaml", &[("x", "T")], "string", "The value as YAML."),
    row("seconds", &[("d", "duration")], "int", "A duration's whole seconds."),
    row("go-duration", &[("d", "duration")], "string", "A duration as Go writes it: \"1h30m0s\"."),
    row("mib", &[("s", "size")], "int", "A size's whole mebibytes."),
    row("path", &[("s", "string")], "path", "The text as a path, which must be absolute."),
    row("read", &[("file", "string")], "string", "The text of a file beside the `.km` file."),
    row("template", &[("file", "string"), ("vars", "map<T>")], "string", "A minijinja template beside the `.km` file."),
    row("fail", &[("why", "string")], "never", "Stops with a message."),
];

/// A function's types, read once.
pub struct Signature {
    pub builtin: &'static Builtin,
    pub parameters: Vec<Ty>,
    pub result: Ty,
}

static SIGNATURES: LazyLock<HashMap<&'static str, Signature>> = LazyLock::new(|| {
    let signature = |builtin: &'static Builtin| Signature {
        builtin,
        parameters: builtin.parameters.iter().map(|(_, text)| ty(text)).collect(),
        result: ty(builtin.result),
    };
    ALL.iter().map(|builtin| (builtin.name, signature(builtin))).collect()
});

/// The function with this name.
pub fn signature(name: &str) -> Option<&'static Signature> {
    SIGNATURES.get(name)
}

impl Builtin {
    /// `join(list: list<S>, sep: string) -> string`.
    pub fn signature(&self) -> String {
        let parameters: Vec<_> = self.parameters.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        format!("{}({}) -> {}", self.name, parameters.join(", "), self.result)
    }
}
