//! Words inside statements: types, what a machine may need, words of expressions.

use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::SyntaxToken;

/// A word, an example, and what it is.
type Term = (&'static str, &'static str, &'static str);

const TYPES: &[Term] = &[
    ("bool", "true", "`true` or `false`."),
    ("int", "3, -1, 1_000", "A 64-bit integer."),
    ("float", "0.5", "A floating-point number."),
    ("string", "\"a ${1 + 1} b\"", "A string; `${}` inserts a value."),
    ("size", "4GiB, 512MiB, 10KB", "A size in bytes, with one of the units KiB, MiB, GiB, TiB, KB, MB, GB, TB."),
    ("duration", "30d, 1h30m, 500ms", "A duration, with the units d, h, m, s, ms."),
    ("percent", "50%", "A percentage."),
    ("port", "6443/tcp, 53/udp", "A port with its protocol."),
    ("ip", "10.0.0.5, fd00::5", "An IPv4 or IPv6 address."),
    ("cidr", "10.0.0.0/16, fd00::/48", "An address range."),
    ("version", "1.34.2", "A version, compared number by number."),
    ("mode", "0644", "The mode of a file: a number with a leading zero."),
    ("path", "/etc/kubernetes", "An absolute path."),
    ("url", "\"https://example.org/a\"", "A `string` that is a URL."),
    ("host", "\"ntp.example.org\"", "A `string` that is a DNS name or an IP address."),
    ("interface-name", "\"eth0\"", "A `string` that names a network interface."),
    ("label-key", "\"example.org/team\"", "A `string` that can be the key of a Kubernetes label."),
    ("label-value", "\"a\"", "A `string` that can be the value of a Kubernetes label."),
    ("word", "\"main\"", "A `string` of letters, digits and `._:/@+~*-`."),
    ("line", "\"any text\"", "A `string` without newlines and other control characters."),
    ("any", "{ a = [1, \"b\"] }", "Structured data of any shape."),
    ("list", "list<int>", "An ordered list of values of one type."),
    ("map", "map<string>", "A map from keys to values of one type."),
    ("secret", "secret<string>", "A value that only private files can contain."),
    (
        "component",
        "component etcd-client",
        "A component, chosen by a `param`; with an interface: one that provides it.",
    ),
];

const NEEDS: &[Term] = &[
    ("module", "needs module br_netfilter", "A kernel module to load."),
    (
        "sysctl",
        "needs sysctl net.ipv4.ip_forward = 1",
        "A kernel parameter; two components cannot set different values.",
    ),
    ("package", "needs package \"conntrack\"", "A package of the distribution."),
    ("device", "needs device /dev/kmsg", "A device."),
    ("mount", "needs mount /sys/fs/bpf", "A mounted file system."),
    ("command", "needs command \"swapoff -a\"", "A command to run before its units start."),
    ("cores", "needs cores 0.25", "The minimum CPU cores; the needs of all applications on a machine are added up."),
    ("memory", "needs memory 600MiB", "The minimum memory; the needs of all applications on a machine are added up."),
    ("disk", "needs disk 8GiB", "The minimum disk; the needs of all applications on a machine are added up."),
];

const WORDS: &[Term] = &[
    ("then", "if a then b else c", "The value if the condition is true."),
    ("else", "if a then b else c", "The value if the condition is false; default `none`."),
    ("for", "[x + 1 for x in list if x > 0]", "One element for each element of a list."),
    ("in", "[x + 1 for x in list]", "The list to iterate over."),
    ("none", "none", "The value of a `T?` that is absent."),
    ("true", "true", "A `bool`."),
    ("false", "false", "A `bool`."),
];

/// The term that a token is, where it stands; its example and what it is.
pub(super) fn about(token: &SyntaxToken) -> Option<(&'static str, &'static str)> {
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
