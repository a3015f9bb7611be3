//! The authorities that the operator trusts, in PEM or as Sigstore lists them (`trusted_root.json`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use serde_json::Value;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::pin::PinError;

/// `codeSigning` (RFC 5280, section 4.2.1.12).
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

/// Roots, and certificates between them and those that sign.
pub(crate) struct Roots {
    roots: Vec<CertificateDer<'static>>,
    between: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Reads the file of an operator.
    pub(crate) fn read(text: &str) -> Result<Self, PinError> {
        let all = if text.trim_start().starts_with('{') { of_json(text) } else { of_pem(text) };
        let all = all.filter(|all| !all.is_empty()).ok_or_else(|| no_root("has no certificate"))?;
        let all: Vec<_> = all.into_iter().map(CertificateDer::from).collect();
        let (roots, between): (Vec<_>, Vec<_>) = all.into_iter().partition(|der| is_root(der));
        if roots.is_empty() {
            return Err(no_root("has no root: each certificate in it is issued by another one"));
        }
        Ok(Self { roots, between })
    }

    /// Whether a certificate for signing code leads to a root, all of them valid at a time.
    pub(super) fn verify(&self, certificate: &CertificateDer<'_>, at: UnixTime) -> Result<(), String> {
        let leaf = EndEntityCert::try_from(certificate).map_err(|error| said(&error))?;
        let valid = self.roots.iter().filter(|root| is_valid(root, at));
        let anchors: Vec<_> = valid.filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
        let algorithms = ring::default_provider().signature_verification_algorithms.all;
        let usage = KeyUsage::required(CODE_SIGNING);
        let verified = leaf.verify_for_usage(algorithms, &anchors, &self.between, at, usage, None, None);
        verified.map(|_| ()).map_err(|error| said(&error))
    }
}

/// What an operator understands of it.
fn said(error: &Error) -> String {
    match error {
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            "no root in the file of `--sigstore-root` leads to it".to_owned()
        }
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => {
            "it was issued at a time at which its authority was not valid".to_owned()
        }
        Error::RequiredEkuNotFoundContext(_) => "it is not for signing code".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Whether a certificate is issued by its own subject.
fn is_root(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, read)| read.subject().as_raw() == read.issuer().as_raw())
}

fn is_valid(der: &CertificateDer<'_>, at: UnixTime) -> bool {
    let Ok((_, read)) = X509Certificate::from_der(der) else { return false };
    let at = at.as_secs().cast_signed();
    (read.validity().not_before.timestamp()..=read.validity().not_after.timestamp()).contains(&at)
}

fn of_pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let all = pem::parse_many(text).ok()?;
    Some(all.into_iter().filter(|pem| pem.tag() == "CERTIFICATE").map(pem::Pem::into_contents).collect())
}

/// The chains of `certificateAuthorities` (sigstore/protobuf-specs, sigstore_trustroot.proto).
fn of_json(text: &str) -> Option<Vec<Vec<u8>>> {
    let root: Value = serde_json::from_str(text).ok()?;
    let chains = root.get("certificateAuthorities")?.as_array()?.iter();
    let certificates = chains.filter_map(|one| one.get("certChain")?.get("certificates")?.as_array());
    let bytes = |one: &Value| STANDARD.decode(one.get("rawBytes")?.as_str()?).ok();
    certificates.flatten().map(bytes).collect()
}

fn no_root(why: &str) -> PinError {
    let help = "pass Sigstore's `trusted_root.json`, or a PEM file with the root and the certificates below it";
    PinError::new(format!("the file of `--sigstore-root` {why}"), help)
}
