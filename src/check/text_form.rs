//! Texts of a known form: what stands in a file of another program's format as one word, whatever that format is.
//!
//! A type such as `host` is a `string` to the checker. Whether a text is one is known when it is evaluated.

use std::net::IpAddr;

use crate::syntax::ast::{Type, TypeKind};

/// The form of a text, by the name of its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextForm {
    /// `https://example.org/a`
    Url,
    /// A DNS name or an address.
    Host,
    /// A network interface of Linux.
    Interface,
    /// The key of a label of Kubernetes.
    LabelKey,
    /// The value of a label of Kubernetes.
    LabelValue,
    /// Letters, digits and a few marks that no format gives a meaning.
    Word,
    /// Anything but control characters.
    Line,
}

impl TextForm {
    /// All of them, with the names of their types.
    pub const ALL: [(&'static str, TextForm); 7] = [
        ("url", TextForm::Url),
        ("host", TextForm::Host),
        ("interface-name", TextForm::Interface),
        ("label-key", TextForm::LabelKey),
        ("label-value", TextForm::LabelValue),
        ("word", TextForm::Word),
        ("line", TextForm::Line),
    ];

    /// The form that a type with this name asks for.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, form)| form)
    }

    /// As in ``is not a valid `host`: ...``.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, form)| *form == self).map_or("string", |(name, _)| name)
    }

    /// What a text of it is.
    pub fn rule(self) -> &'static str {
        match self {
            TextForm::Url => "write `scheme://host/path`, with `%20` for a space and so on (RFC 3986)",
            TextForm::Host => "use a DNS name or an IP address",
            TextForm::Interface => "use up to 15 letters, digits and `._-@+`, as in `eth0` (`ip link` lists them)",
            TextForm::LabelKey => {
                "use up to 63 letters, digits and `-_.`, beginning and ending with a letter or digit; \
                 a DNS name and `/` may come first"
            }
            TextForm::LabelValue => {
                "use up to 63 letters, digits and `-_.`, beginning and ending with a letter or digit"
            }
            TextForm::Word => "use letters, digits and `._:/@+~*-`",
            TextForm::Line => "remove newlines and other control characters",
        }
    }

    /// Whether a text is one.
    pub fn admits(self, text: &str) -> bool {
        match self {
            TextForm::Url => is_url(text),
            TextForm::Host => is_host(text),
            TextForm::Interface => is_interface(text),
            TextForm::LabelKey => is_label_key(text),
            TextForm::LabelValue => text.is_empty() || is_label(text),
            TextForm::Word => {
                !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"._:/@+~*-".contains(&c))
            }
            TextForm::Line => !text.contains(char::is_control),
        }
    }
}

/// Whether a text of a type that a file declares has to be looked at.
pub fn is_formed(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Name(name) => TextForm::named(&name.name).is_some(),
        TypeKind::Generic(_, inner) | TypeKind::Optional(inner) => is_formed(inner),
        TypeKind::Union(members) => members.iter().any(is_formed),
        TypeKind::Record(fields) => fields.iter().any(|(_, _, ty)| is_formed(ty)),
        TypeKind::Error | TypeKind::Text(_) | TypeKind::Component(_) => false,
    }
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let scheme_ends = |c: u8| c.is_ascii_alphanumeric() || b"+-.".contains(&c);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(scheme_ends);
    let marks = b"-._~:/?#[]@!$&'()*+,;=%";
    let escapes = rest.split('%').skip(1);
    is_scheme
        && !rest.starts_with('/')
        && !rest.is_empty()
        && rest.bytes().all(|c| c.is_ascii_alphanumeric() || marks.contains(&c))
        && escapes.into_iter().all(|text| text.len() > 1 && text.bytes().take(2).all(|c| c.is_ascii_hexdigit()))
}

/// A DNS name as resolvers take them, `_` too, or an address.
pub fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || is_dns_name(text)
}

/// A DNS name: what ends in a number is taken for an address, and is none (RFC 3696).
pub fn is_dns_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let last_is_number = name.rsplit('.').next().is_some_and(|part| part.bytes().all(|c| c.is_ascii_digit()));
    name.len() <= 253 && name.split('.').all(is_part) && !last_is_number
}

/// Linux takes up to 15 bytes (`IFNAMSIZ`) of almost anything; programs take less.
fn is_interface(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && !matches!(text, "." | "..")
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-@+".contains(&c))
}

/// apimachinery/pkg/util/validation: `IsQualifiedName`.
fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| {
        let lower = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
        is_dns_name(prefix) && prefix.bytes().all(lower)
    };
    is_label(name) && prefix.is_none_or(is_prefix)
}

/// apimachinery/pkg/util/validation: `IsValidLabelValue`.
fn is_label(text: &str) -> bool {
    let ends = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (1..=63).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
        && ends(text.bytes().next())
        && ends(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::TextForm;

    #[test]
    fn what_is_one_and_what_is_not() {
        let long = "x".repeat(64);
        let cases: [(TextForm, &[&str], &[&str]); 7] = [
            (
                TextForm::Url,
                &["http://h:3128", "https://u:p%40x@[fd00::1]:3128/a?b=$c&d='e'", "http://10.0.0.1/k8s"],
                &[
                    "h:1",
                    "http://",
                    "http:///a",
                    "http://h\";x",
                    "http://h a",
                    "http://h\n",
                    "http://%4",
                    "http://é",
                    "1x://h",
                ],
            ),
            (
                TextForm::Host,
                &["0.debian.pool.ntp.org", "10.0.0.1", "fd00::1", "localhost", "a.b.", "_srv.example.org"],
                &["10.0.0.256", "", "a..b", "a b", "a\nb", "-a", "a,b", &long, "1.2.3"],
            ),
            (
                TextForm::Interface,
                &["eth0", "enp1s0f0np0", "bond0.100", "br-lan"],
                &["", "a b", "eth0}", "a/b", "..", &long],
            ),
            (TextForm::LabelKey, &["team", "example.org/team_a"], &["", "a b", "a/b/c", "A.org/x", "/x", "x/", &long]),
            (TextForm::LabelValue, &["", "a", "1.2", "a-b_c"], &["a,b=c", "a b", "-a", "a.", "a\nb", &long]),
            (
                TextForm::Word,
                &["trixie", ".example.org", "10.0.0.0/8", "kubeadm:cluster-admins"],
                &["", "a b", "a\"", "a'", "a=b", "$x", "a%"],
            ),
            (TextForm::Line, &["", "a \"b\" é"], &["a\nb", "\u{1b}[2J", "\0", "\u{9b}x"]),
        ];
        for (form, right, wrong) in cases {
            assert_eq!(TextForm::named(form.name()), Some(form));
            right.iter().for_each(|text| assert!(form.admits(text), "{form:?} {text:?}"));
            wrong.iter().for_each(|text| assert!(!form.admits(text), "{form:?} {text:?}"));
        }
    }
}
