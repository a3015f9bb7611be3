//! Authorities of the operator's own: `authorities/NAME.crt` in the store, and `authorities/NAME.key` if the key is here.

use std::path::Path;

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::pki::constraints::Constraints;
use crate::pki::error::PkiError;
use crate::pki::issued::{IssuedAuthority, Private};
use crate::pki::pem;

/// The authority in these texts. The first certificate is the one that signs; what follows it is passed on.
///
/// # Errors
/// When the certificate cannot be read or may not sign others. That the key belongs to it is seen when it signs.
pub(super) fn authority(path: &Path, text: &str, key: Option<String>) -> Result<IssuedAuthority, PkiError> {
    let (_, der) = pem::first(text, &["CERTIFICATE"])
        .ok_or_else(|| PkiError::external(path, "it contains no certificate (PEM, `BEGIN CERTIFICATE`)"))?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|error| PkiError::external(path, error))?;
    may_sign(&certificate)
        .and_then(|()| Constraints::read(&certificate).map(drop))
        .map_err(|reason| PkiError::external(path, reason))?;
    Ok(IssuedAuthority {
        serial: pem::hex(certificate.raw_serial()).into(),
        not_before: certificate.validity().not_before.to_datetime(),
        not_after: certificate.validity().not_after.to_datetime(),
        fingerprint_sha256: pem::fingerprint(&der).into(),
        cert_pem: text.into(),
        key_pem: key.map(Private::from),
    })
}

fn may_sign(certificate: &X509Certificate<'_>) -> Result<(), String> {
    let usage = certificate.key_usage().map_err(|error| error.to_string())?;
    if !certificate.is_ca() {
        Err("it is not the certificate of an authority (`CA:TRUE` is missing)".to_owned())
    } else if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        Err("its key usage does not allow it to sign certificates".to_owned())
    } else if certificate.subject().iter().next().is_none() {
        // RFC 5280, section 4.1.2.6: verifiers find an issuer by its subject.
        Err("its subject is empty, so no certificate can name it as its issuer".to_owned())
    } else {
        Ok(())
    }
}
