//! How the plan's certificates stand in the key store.
//!
//! In: what is to be issued, and the store if there is one. Out: for each authority and certificate whether it is there
//! already, and until when. Nothing is issued.

use rayon::prelude::*;

use time::{Duration, OffsetDateTime};

use crate::pki::spec::Request;
use crate::pki::{PkiError, Status, Store};

/// So many certificates are looked up by one thread: each takes less than a microsecond.
const TOGETHER: usize = 256;

/// In the order of the request.
#[derive(Debug)]
pub struct IssueStatus {
    pub authorities: Vec<Status>,
    pub certificates: Vec<Status>,
}

/// Looks everything up. Without a store all of it is missing.
///
/// # Errors
/// When a file of the store cannot be read.
pub fn issue_status(request: &Request, store: Option<&Store>, now: OffsetDateTime) -> Result<IssueStatus, PkiError> {
    let Some(store) = store else {
        let missing = |count| vec![Status::Missing; count];
        return Ok(IssueStatus {
            authorities: missing(request.authorities.len()),
            certificates: missing(request.certificates.len()),
        });
    };
    let authorities: Vec<_> = request.authorities.iter().map(|spec| alive(store.authority_status(spec), now)).collect();
    let look = store.look(request);
    let certificates = request.certificates.par_iter().with_min_len(TOGETHER).map(|spec| {
        let status = alive(look.certificate(spec)?, now);
        Ok(match (&status, authorities.get(spec.authority as usize)) {
            (Status::Current { not_after, .. }, Some(Status::Current { not_after: authority, .. }))
                if is_due(*not_after, request.renewed_before_end(spec), now) && not_after < authority =>
            {
                Status::Stale { why: "it expires soon" }
            }
            _ => status,
        })
    });
    let certificates = certificates.collect::<Result<_, _>>()?;
    Ok(IssueStatus { authorities, certificates })
}

/// What has expired does not stay as it is.
fn alive(status: Status, now: OffsetDateTime) -> Status {
    match status {
        Status::Current { not_after, .. } if not_after <= now => Status::Stale { why: "it has expired" },
        Status::Current { not_before, .. } if not_before > now => Status::Stale { why: "it begins in the future" },
        other => other,
    }
}

/// Whether a certificate has so little left, or less, that it is renewed.
fn is_due(not_after: OffsetDateTime, before_end: Duration, now: OffsetDateTime) -> bool {
    not_after - before_end <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const SECOND: Duration = Duration::SECOND;

    #[test]
    fn a_certificate_is_due_from_its_day_on() {
        let month = Duration::days(30);
        assert!(!is_due(NOW + month + SECOND, month, NOW));
        assert!(is_due(NOW + month, month, NOW), "to the second");
        assert!(is_due(NOW + month - SECOND, month, NOW));
    }

    #[test]
    fn what_ends_now_has_expired() {
        let current = |not_after| Status::Current { not_before: NOW, not_after };
        let at = |not_after| alive(current(not_after), NOW);
        assert_eq!(at(NOW), Status::Stale { why: "it has expired" });
        assert_eq!(at(NOW - SECOND), Status::Stale { why: "it has expired" });
        assert_eq!(at(NOW + SECOND), current(NOW + SECOND));
        assert_eq!(alive(Status::Missing, NOW), Status::Missing);
    }

    #[test]
    fn what_begins_later_is_outdated() {
        let at = |not_before| alive(Status::Current { not_before, not_after: NOW + SECOND * 9 }, NOW);
        assert_eq!(at(NOW + SECOND), Status::Stale { why: "it begins in the future" });
        assert!(matches!(at(NOW), Status::Current { .. }));
    }
}
