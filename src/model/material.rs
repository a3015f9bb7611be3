//! Keys and certificates as expressions see them.

/// What was issued, by the places of things in the plan's request. Before anything is issued, [`Absent`] stands in, so
/// that every expression can be evaluated to see that it holds.
pub trait Material: Sync {
    /// PEM of a certificate, and of its private key.
    fn certificate(&self, unit: super::UnitId, cert: u32) -> (&str, &str);
    /// PEM of an authority's certificate.
    fn authority(&self, symbol: crate::check::Symbol) -> &str;
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

    fn secret(&self, _: crate::check::Symbol) -> &str {
        "(secret)"
    }
}
