//! Signatures of cosign without keys of its own: a certificate that Sigstore's authority gave for some minutes to whom an OpenID
//! Connect issuer vouched for, and a signature of its key.
//!
//! Verified: that the certificate leads to a root of the operator's, was valid when it was issued, is for signing code and for
//! the identity and issuer that the publisher has; that the file is what its key signed. Not verified: that the signature was
//! made while the certificate was valid, and is in the transparency log: neither file tells.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::PinError;
use crate::text::List;

mod root;

pub(crate) use root::Roots;

/// Who a certificate has to be for.
pub(super) struct Signer {
    pub identity: String,
    pub issuer: String,
}

/// A certificate that is trusted, and a signature of its key.
pub(super) struct Blob {
    signer: Signer,
    issued: String,
    key: VerifyingKey,
    signature: Signature,
    /// The file of the signature, for messages.
    shown: String,
}

/// The extension with the issuer as plain text, and the later one as a UTF8String (sigstore/fulcio, docs/oid-info.md).
const ISSUERS: [&str; 2] = ["1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"];

impl Roots {
    /// Reads a certificate and a signature, each with how its place is shown; the certificate has to be trusted.
    pub(super) fn begin(
        &self,
        signer: Signer,
        certificate: &(String, String),
        signature: &(String, String),
    ) -> Result<Blob, PinError> {
        let (text, place) = certificate;
        let der = certificate_of(text).ok_or_else(|| unreadable(place, "a certificate"))?;
        let (_, read) = X509Certificate::from_der(&der).map_err(|_| unreadable(place, "a certificate"))?;
        let begin = read.validity().not_before;
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(begin.timestamp().max(0).cast_unsigned()));
        self.verify(&CertificateDer::from_slice(&der), at).map_err(|why| {
            PinError::new(
                format!("the certificate {place} is not trusted: {why}"),
                "check that the file of `--sigstore-root` has the roots of the authority that issued it, with the \
                certificates between",
            )
        })?;
        is_for(&read, &signer, place)?;
        let key = VerifyingKey::from_sec1_bytes(&read.public_key().subject_public_key.data).map_err(|_| {
            PinError::new(
                format!("the certificate {place} has a key that is not on the curve P-256"),
                "kmodel verifies what cosign makes by default; use `cosign verify-blob`",
            )
        })?;
        let (text, place) = signature;
        let signature = signature_of(text).ok_or_else(|| unreadable(place, "a signature of cosign"))?;
        let issued = begin.to_datetime().date().to_string();
        Ok(Blob { signer, issued, key, signature, shown: place.clone() })
    }
}

impl Blob {
    /// Whose the file with this SHA-256 is.
    pub(super) fn verify(&self, file: &str, sha256: &[u8; 32]) -> Result<String, PinError> {
        let Signer { identity, issuer } = &self.signer;
        match self.key.verify_prehash(sha256, &self.signature) {
            Ok(()) => Ok(format!(
                "signed by {identity} ({issuer}) with a certificate of {}; the transparency log was not asked",
                self.issued
            )),
            Err(_) => Err(wrong(file, &self.shown)),
        }
    }
}

/// A file that its signature is not of.
pub(super) fn wrong(file: &str, signature: &str) -> PinError {
    PinError::new(
        format!("{file} is not the file that {signature} is a signature of"),
        "do not use the file: download both again; if they still differ, tell its publisher",
    )
}

/// Whether a certificate is for the identity and the issuer that the publisher has.
fn is_for(certificate: &X509Certificate<'_>, signer: &Signer, place: &str) -> Result<(), PinError> {
    let names = names(certificate);
    let issuers = issuers(certificate);
    let wanted = [(&names, &signer.identity, "for"), (&issuers, &signer.issuer, "vouched for by")];
    for (found, wanted, what) in wanted {
        if found.is_empty() || found.iter().any(|one| one != wanted) {
            let found =
                if found.is_empty() { "an unnamed one".to_owned() } else { List::ticked(found).and().to_string() };
            let message = format!("the certificate {place} is {what} {found}, expected `{wanted}`");
            return Err(PinError::new(
                message,
                "do not use the file: the identity that signed it is not its publisher's",
            ));
        }
    }
    Ok(())
}

/// Whom a certificate names: an address of mail, or a URL.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::RFC822Name(text) | GeneralName::URI(text) => (*text).to_owned(),
        other => format!("{other}"),
    };
    names.map(text).collect()
}

/// Who vouched for the identity, in each form that is there.
fn issuers(certificate: &X509Certificate<'_>) -> Vec<String> {
    let of = |oid: &str| certificate.extensions().iter().find(|extension| extension.oid.to_id_string() == oid);
    let plain = of(ISSUERS[0]).map(|extension| extension.value);
    let later = of(ISSUERS[1]).map(|extension| match extension.value {
        [0x0c, length, text @ ..] if usize::from(*length) == text.len() && text.len() < 128 => text,
        other => other,
    });
    plain.into_iter().chain(later).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

/// The certificate in a file: PEM, or that in base64, as cosign writes it.
fn certificate_of(text: &str) -> Option<Vec<u8>> {
    let decoded = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pem = pem::parse(decoded.as_deref().unwrap_or(text)).ok()?;
    (pem.tag() == "CERTIFICATE").then(|| pem.into_contents())
}

/// The signature in a file: base64 of an ECDSA signature in DER.
fn signature_of(text: &str) -> Option<Signature> {
    Signature::from_der(&STANDARD.decode(text.trim()).ok()?).ok()
}

fn unreadable(place: &str, what: &str) -> PinError {
    PinError::new(format!("{place} is not {what}"), "download it again: it may have been cut off")
}
