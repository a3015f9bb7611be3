//! Words inside statements: types, what a machine may need, words of expressions.

use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::SyntaxToken;

/// A word, an example, and what it is.
type Term = (&'static str, &'static str, &'static str);

const TYPES: &[Term] = &[
    ("bool", "true", "Yes or no."),
    ("int", "3, -1, 1_000", "A whole number of 64 bits."),
    ("float", "0.5", "A number with a fraction."),
    ("string", "\"a ${1 + 1} b\"", "A text; what stands in `${}` is put into it."),
    ("size", "4GiB, 512MiB, 10KB", "Bytes, with one of the units KiB, MiB, GiB, TiB, KB, MB, GB, TB."),
    ("duration", "30d, 1h30m, 500ms", "A time, with the units d, h, m, s, ms."),
    ("percent", "50%", "A share of a hundred."),
    ("port", "6443/tcp, 53/udp", "A port with its protocol."),
    ("ip", "10.0.0.5, fd00::5", "An address, of IPv4 or IPv6."),
    ("cidr", "10.0.0.0/16, fd00::/48", "A range of addresses."),
    ("version", "1.34.2", "A version, compared number by number."),
    ("mode", "0644", "The mode of a file: a number with a leading zero."),
    ("path", "/etc/kubernetes", "An absolute path."),
    ("any", "{ a = [1, \"b\"] }", "Structured data of any shape."),
    ("list", "list<int>", "Values of one type, in an order."),
    ("map", "map<string>", "Values of one type by their keys."),
    ("secret", "secret<string>", "A value that only private files may hold."),
    (
        "component",
        "component etcd-client",
        "A component, chosen by a `param`; with an interface: one that provides it.",
    ),
];

const NEEDS: &[Term] = &[
    ("module", "needs module br_netfilter", "A kernel module that is loaded."),
    (
        "sysctl",
        "needs sysctl net.ipv4.ip_forward = 1",
        "A kernel setting; two components cannot need two values of it.",
    ),
    ("package", "needs package \"conntrack\"", "A package of the distribution."),
    ("device", "needs device /dev/kmsg", "A device."),
    ("mount", "needs mount /sys/fs/bpf", "A file system that is mounted."),
    ("command", "needs command \"swapoff -a\"", "A command that has run before its units start."),
    ("cores", "needs cores 0.25", "Cores at least; what a machine carries is added up."),
    ("memory", "needs memory 600MiB", "Memory at least; what a machine carries is added up."),
    ("disk", "needs disk 8GiB", "Disk at least; what a machine carries is added up."),
];

const WORDS: &[Term] = &[
    ("then", "if a then b else c", "What holds when the condition is true."),
    ("else", "if a then b else c", "What holds when the condition is false; without it that is `none`."),
    ("for", "[x + 1 for x in list if x > 0]", "One element for each of a list."),
    ("in", "[x + 1 for x in list]", "The list whose elements are taken one by one."),
    ("none", "none", "The value of a `T?` that is absent."),
    ("true", "true", "A `bool`."),
    ("false", "false", "A `bool`."),
];

/// The term that a token is, where it stands; its example and what it is.
pub fn about(token: &SyntaxToken) -> Option<(&'static str, &'static str)> {
    let parent = token.parent()?.kind();
    let list = match parent {
        S::NameType | S::GenericType | S::ComponentType => TYPES,
        S::NeedsItem => NEEDS,
        S::Field | S::UnitItem => return None,
        _ => WORDS,
    };
    let own = list.iter().chain(WORDS.iter().filter(|_| parent == S::NeedsItem));
    own.into_iter().find(|(word, ..)| *word == token.text()).map(|(_, example, doc)| (*example, *doc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::type_syntax;
    use crate::syntax::parser;

    #[test]
    fn every_type_and_need_is_explained() {
        let names = |list: &[Term]| list.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
        assert_eq!(names(TYPES), type_syntax::WORDS);
        assert_eq!(names(NEEDS), parser::NEEDS);
    }
}
