//! Keys and certificates as expressions see them.

/// What was issued, by the places of things in the plan's request. Before anything is issued, [`Absent`] is used instead, so
/// that every expression can be evaluated to see that it holds.
pub trait Material: Sync {
    /// PEM of a certificate, and of its private key.
    fn certificate(&self, unit: super::UnitId, cert: u32) -> (&str, &str);
    /// PEM of an authority's certificate.
    fn authority(&self, symbol: crate::check::Symbol) -> &str;
    /// PEM of an authority's private key; `None` when it is kept elsewhere.
    fn authority_key(&self, symbol: crate::check::Symbol) -> Option<&str>;
    /// PEM of a key pair: the private part, and the public one.
    fn keypair(&self, symbol: crate::check::Symbol) -> (&str, &str);
    /// The text of a random secret.
    fn secret(&self, symbol: crate::check::Symbol) -> &str;
}

/// Nothing has been issued.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

impl Material for Absent {
    fn certificate(&self, _: super::UnitId, _: u32) -> (&str, &str) {
        ("(certificate)", "(private key)")
    }

    fn authority(&self, _: crate::check::Symbol) -> &str {
        "(certificate)"
    }

    fn authority_key(&self, _: crate::check::Symbol) -> Option<&str> {
        Some("(private key)")
    }

    fn keypair(&self, _: crate::check::Symbol) -> (&str, &str) {
        ("(private key)", "(public key)")
    }

    fn secret(&self, _: crate::check::Symbol) -> &str {
        "(secret)"
    }
}
