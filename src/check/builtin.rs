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
    row("join", &[("list", "list<S>"), ("sep", "string")], "string", "Joins the elements with a separator."),
    row("split", &[("s", "string"), ("sep", "string")], "list<string>", "Splits a string at a separator."),
    row("lower", &[("s", "string")], "string", "Converts to lower case."),
    row("upper", &[("s", "string")], "string", "Converts to upper case."),
    row(
        "replace",
        &[("s", "string"), ("from", "string"), ("to", "string")],
        "string",
        "Replaces each `from` with `to`.",
    ),
    row("trim", &[("s", "string")], "string", "Removes white space at both ends."),
    row("indent", &[("s", "string"), ("n", "int")], "string", "Indents each line that is not empty by `n` spaces."),
    row("starts-with", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `s` starts with `p`."),
    row("ends-with", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `s` ends with `p`."),
    row("contains", &[("s", "string | path"), ("p", "string | path")], "bool", "Whether `s` contains `p`."),
    row("string", &[("x", "S")], "string", "Converts the value to a string."),
    row("int", &[("s", "string | float | int")], "int", "The integer in a string."),
    row("min", &[("a", "N"), ("b", "N")], "N", "The smaller value."),
    row("max", &[("a", "N"), ("b", "N")], "N", "The larger value."),
    row("sum", &[("list", "list<N>")], "N", "The sum of all elements."),
    row("range", &[("n", "int")], "list<int>", "The numbers from 0 to `n` - 1."),
    row("sort", &[("list", "list<N>")], "list<N>", "Sorts in ascending order."),
    row("unique", &[("list", "list<T>")], "list<T>", "Removes duplicates, keeping the first of each."),
    row("flatten", &[("list", "list<list<T>>")], "list<T>", "Concatenates the lists of a list."),
    row("first", &[("list", "list<T>")], "T?", "The first element, or `none` if the list is empty."),
    row("last", &[("list", "list<T>")], "T?", "The last element, or `none` if the list is empty."),
    row("keys", &[("m", "map<T>")], "list<string>", "The keys."),
    row("values", &[("m", "map<T>")], "list<T>", "The values."),
    row("get", &[("m", "map<T>"), ("key", "string")], "T?", "The value of a key, `none` when the key is missing."),
    row("all", &[("list", "list<bool>")], "bool", "Whether all are true."),
    row("any-of", &[("list", "list<bool>")], "bool", "Whether at least one is true."),
    row("host", &[("range", "cidr"), ("n", "int")], "ip", "The n-th address of a range."),
    row("network", &[("range", "cidr")], "ip", "The first address of a range."),
    row("prefix", &[("range", "cidr")], "int", "The prefix length of a range."),
    row("size-of", &[("range", "cidr")], "int", "The number of addresses of a range, at most 2^62."),
    row(
        "subnet",
        &[("range", "cidr"), ("bits", "int"), ("n", "int")],
        "cidr",
        "The n-th subnet of a range, with a prefix longer by `bits`.",
    ),
    row("is-ipv6", &[("x", "ip | cidr")], "bool", "Whether it is an IPv6 address or range."),
    row("ip", &[("s", "string")], "ip", "The address in a string."),
    row("number", &[("p", "port")], "int", "The port number, without the protocol."),
    row("major", &[("v", "version")], "int", "The first number of a version."),
    row("minor", &[("v", "version")], "int", "The second number of a version."),
    row("minor-of", &[("v", "version")], "string", "The first two numbers of a version: \"1.34\"."),
    row("base64", &[("s", "string")], "string", "Encodes the string in base64."),
    row("json", &[("x", "T")], "string", "Serializes the value to JSON."),
    row("yaml", &[("x", "T")], "string", "Serializes the value to YAML."),
    row("seconds", &[("d", "duration")], "int", "The whole seconds of a duration."),
    row("go-duration", &[("d", "duration")], "string", "The duration in the format of Go: \"1h30m0s\"."),
    row("mib", &[("s", "size")], "int", "The whole mebibytes of a size."),
    row("path", &[("s", "string")], "path", "Parses a path, which must be absolute."),
    row("read", &[("file", "string")], "string", "Reads a file next to the `.km` file."),
    row(
        "template",
        &[("file", "string"), ("vars", "map<T>")],
        "string",
        "Renders a minijinja template next to the `.km` file.",
    ),
    row("fail", &[("why", "string")], "never", "Fails with a message."),
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
