//! What certificates say, as kubeadm writes them.
//!
//! Version 3; key usage and basic constraints critical; an authority signs certificates and revocation lists; both carry
//! the authority key identifier. kubeadm gives every key `keyEncipherment`; here only RSA keys have it, for RFC 8813
//! (section 3) forbids it for keys on elliptic curves, and no program that uses them asks for it.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::pki::spec::{AuthoritySpec, CertificateSpec, San};

/// How far back a validity begins, for clocks that differ (kubeadm's `CertificateBackdate`).
pub(super) const BACKDATE: Duration = Duration::minutes(5);

/// From when until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Validity {
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// The authority ends earlier than was asked for.
    pub shortened: bool,
}

impl Validity {
    /// From five minutes before `now`, to whole seconds; `None` if it cannot be written or would be over already.
    pub(super) fn new(now: OffsetDateTime, seconds: u64, limit: Option<OffsetDateTime>) -> Option<Self> {
        let not_before = now.replace_nanosecond(0).ok()?.checked_sub(BACKDATE)?;
        let lifetime = Duration::seconds(i64::try_from(seconds).ok()?);
        let wanted = not_before.checked_add(lifetime).filter(|end| *end > now && end.year() < 10_000)?;
        let not_after = limit.map_or(wanted, |limit| limit.min(wanted));
        Some(Self { not_before, not_after, shortened: not_after < wanted })
    }
}

/// The self-signed certificate of an authority.
///
/// # Errors
/// When a name is not ASCII.
pub(super) fn authority(
    spec: &AuthoritySpec,
    rsa: bool,
    validity: Validity,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(validity);
    params.distinguished_name.push(DnType::CommonName, spec.cn.as_str());
    params.subject_alt_names =
        spec.names.iter().map(|name| alternative(&San::parse(name))).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = usages(rsa);
    params.key_usages.extend([KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]);
    Ok(params)
}

/// A certificate of a machine or a person. Of several organisations it holds the last, see [`super::der`].
///
/// # Errors
/// When a name is not ASCII.
pub(super) fn leaf(spec: &CertificateSpec, rsa: bool, validity: Validity) -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(validity);
    spec.org.iter().for_each(|org| params.distinguished_name.push(DnType::OrganizationName, org.as_str()));
    params.distinguished_name.push(DnType::CommonName, spec.cn.as_str());
    params.subject_alt_names = spec.sans.iter().map(alternative).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = usages(rsa);
    let server = spec.server.then_some(ExtendedKeyUsagePurpose::ServerAuth);
    let client = spec.client.then_some(ExtendedKeyUsagePurpose::ClientAuth);
    params.extended_key_usages = server.into_iter().chain(client).collect();
    Ok(params)
}

/// A random serial number of 127 bits, as bytes: positive, and never a function of the key (RFC 5280, section 4.1.2.2).
///
/// # Errors
/// When the system has no randomness to give.
pub(super) fn serial() -> Result<SerialNumber, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    // Not zero, not negative, and always of one length.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from(bytes.to_vec()))
}

fn dated(validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = validity.not_before;
    params.not_after = validity.not_after;
    params.use_authority_key_identifier_extension = true;
    params
}

fn usages(rsa: bool) -> Vec<KeyUsagePurpose> {
    let enciphers = rsa.then_some(KeyUsagePurpose::KeyEncipherment);
    [KeyUsagePurpose::DigitalSignature].into_iter().chain(enciphers).collect()
}

fn alternative(name: &San) -> Result<SanType, rcgen::Error> {
    Ok(match name {
        San::Ip(address) => SanType::IpAddress(*address),
        San::Dns(name) => SanType::DnsName(name.to_string().try_into()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn a_validity_begins_five_minutes_back_on_a_whole_second() {
        let now = at(1_000_000) + Duration::milliseconds(700);
        let validity = Validity::new(now, 3600, None).unwrap();
        assert_eq!((validity.not_before, validity.not_after), (at(999_700), at(1_003_300)));
    }

    #[test]
    fn a_validity_ends_with_its_authority() {
        let validity = Validity::new(at(1_000_000), 3600, Some(at(1_000_001))).unwrap();
        assert!(validity.shortened && validity.not_after == at(1_000_001));
    }

    #[test]
    fn a_validity_that_cannot_be_is_refused() {
        assert_eq!([0, 300, u64::MAX, 1 << 40].map(|seconds| Validity::new(at(1_000_000), seconds, None)), [None; 4]);
    }
}
