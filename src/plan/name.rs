//! Names in certificates.

use crate::pki::spec::San;

/// Whether a name is among those of a certificate, which are in order; `*` stands for one label at the front (RFC 6125,
/// section 6.4.3).
pub fn has(sans: &[San], name: &San) -> bool {
    let wildcard = match name {
        San::Dns(name) => name.split_once('.').map(|(_, rest)| San::Dns(format!("*.{rest}").into())),
        San::Ip(_) => None,
    };
    [Some(name), wildcard.as_ref()].into_iter().flatten().any(|name| sans.binary_search(name).is_ok())
}

/// `` the certificates of `a-0` and `a-1` ``, up to three of them.
pub fn certificates(units: &[String]) -> String {
    match units {
        [one] => format!("the certificate of `{one}`"),
        [a, b] => format!("the certificates of `{a}` and `{b}`"),
        [a, b, c] => format!("the certificates of `{a}`, `{b}` and `{c}`"),
        [a, b, rest @ ..] => format!("the certificates of `{a}`, `{b}` and {} more", rest.len()),
        [] => "any certificate".to_owned(),
    }
}
