//! When what was issued is kept as it is: from its beginning until it ends, or is renewed before it does.

use std::io;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::pki::issued::{Issued, IssuedAuthority};
use crate::pki::spec::{CertificateSpec, Request};

/// From a time until before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Period {
    pub from: OffsetDateTime,
    pub until: OffsetDateTime,
}

impl Period {
    /// Whether a time is in it.
    pub fn has(self, now: OffsetDateTime) -> bool {
        (self.from..self.until).contains(&now)
    }

    /// When both are.
    fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    /// When a certificate for this, which holds in a period, is kept.
    pub(super) fn of((request, spec): (&Request, &CertificateSpec), held: Self, authority: &IssuedAuthority) -> Self {
        // What its authority's end cut short would only be cut short again.
        let early = held.until < authority.not_after;
        let renewed = || held.until - request.renewed_before_end(spec);
        Self { until: if early { renewed() } else { held.until }, ..held }
    }

    /// When all that was issued is kept, as a request that asks for the same would find it; `None` if nothing ends.
    ///
    /// # Errors
    /// When what is on the disk cannot be read.
    pub fn of_all(request: &Request, issued: &Issued) -> io::Result<Option<Self>> {
        let whole = |one: &IssuedAuthority| Ok(Self { from: one.not_before, until: one.not_after });
        let authorities = issued.authorities.iter().map(whole);
        let certificates = request.certificates.iter().enumerate().map(|(place, spec)| -> io::Result<Self> {
            let authority = issued.authority(spec.authority as usize);
            let row = issued.row(place)?;
            Ok(Self::of((request, spec), Self { from: row.not_before, until: row.not_after }, authority))
        });
        let mut all = None;
        for one in authorities.chain(certificates) {
            let one: Self = one?;
            all = Some(all.map_or(one, |all: Self| all.and(one)));
        }
        Ok(all)
    }
}
