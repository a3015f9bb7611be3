//! Authorities at work: certificates signed.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, Issuer, KeyIdMethod, KeyPair, PublicKeyData, SerialNumber, SigningKey};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

use crate::pki::der::{self, Names};
use crate::pki::issued::IssuedCertificate;
use crate::pki::key::Certified;
use crate::pki::profile::{self, Validity};
use crate::pki::spec::{AuthoritySpec, CertificateSpec};
use crate::pki::{key, pem};

/// An authority with its key.
pub(super) struct Signer {
    issuer: Issuer<'static, KeyPair>,
    /// The subject of the authority's certificate, byte for byte, where rcgen would write it otherwise.
    subject: Option<Vec<u8>>,
    /// The authority has a key identifier that certificates can point at.
    identified: bool,
}

impl Signer {
    /// An authority of its certificate and key, as text.
    ///
    /// # Errors
    /// When either cannot be read, or they do not belong together.
    pub(super) fn new(certificate: &str, key: &str) -> Result<Self, String> {
        let (_, der) = pem::first(certificate, &["CERTIFICATE"]).ok_or("it contains no certificate")?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|error| error.to_string())?;
        let key = key::read(key)?;
        if certificate.public_key().raw != key.subject_public_key_info() {
            return Err("its key belongs to another certificate".to_owned());
        }
        let subject = certificate.subject().as_raw();
        let cn = certificate.subject().iter_common_name().find_map(|name| name.as_str().ok()).unwrap_or_default();
        let subject = (subject != der::subject(&[], cn)).then(|| subject.to_vec());
        let identifier = key_identifier(&certificate);
        Ok(Self { identified: identifier.is_some(), issuer: issuer(cn, identifier, key), subject })
    }

    /// Signs a certificate for this key.
    ///
    /// # Errors
    /// When the request holds something that a certificate cannot.
    pub(super) fn sign(
        &self,
        spec: &CertificateSpec,
        key: &Certified,
        validity: Validity,
    ) -> Result<IssuedCertificate, String> {
        let mut params = profile::leaf(spec, key.is_rsa(), validity).map_err(text)?;
        params.use_authority_key_identifier_extension = self.identified;
        let serial = numbered(&mut params)?;
        let certificate = params.signed_by(key, &self.issuer).map_err(text)?;
        let subject = (spec.org.len() > 1).then(|| der::subject(&spec.org, &spec.cn));
        let names = Names { issuer: self.subject.as_deref(), subject: subject.as_deref() };
        match names {
            Names { issuer: None, subject: None } => {
                Ok(issued(certificate.der(), key.private_pem(), &serial, validity))
            }
            names => Ok(issued(&self.renamed(certificate.der(), names)?, key.private_pem(), &serial, validity)),
        }
    }

    /// The same certificate with names that rcgen cannot write, signed once more.
    fn renamed(&self, certificate: &[u8], names: Names<'_>) -> Result<Vec<u8>, String> {
        let (signed, algorithm) = der::renamed(certificate, names).ok_or("its names are too long")?;
        let signature = self.issuer.key().sign(&signed).map_err(text)?;
        Ok(der::certificate(&signed, algorithm, &signature))
    }
}

/// Signs the certificate of an authority with its own key.
///
/// # Errors
/// When the request holds something that a certificate cannot.
pub(super) fn sign_itself(
    spec: &AuthoritySpec,
    key: &KeyPair,
    validity: Validity,
) -> Result<IssuedCertificate, String> {
    let mut params = profile::authority(spec, key::is_rsa(key), validity).map_err(text)?;
    let serial = numbered(&mut params)?;
    let certificate = params.self_signed(key).map_err(text)?;
    Ok(issued(certificate.der(), key::private_pem(key), &serial, validity))
}

fn numbered(params: &mut CertificateParams) -> Result<SerialNumber, String> {
    let serial = profile::serial().map_err(text)?;
    params.serial_number = Some(serial.clone());
    Ok(serial)
}

fn issued(der: &[u8], key_pem: String, serial: &SerialNumber, validity: Validity) -> IssuedCertificate {
    IssuedCertificate {
        serial: pem::hex(serial.as_ref()).into(),
        not_before: validity.not_before,
        not_after: validity.not_after,
        fingerprint: pem::fingerprint(der).into(),
        cert_pem: Arc::from(pem::certificate(der)),
        key_pem: key_pem.into(),
    }
}

fn key_identifier(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
        _ => None,
    })
}

fn issuer(cn: &str, identifier: Option<Vec<u8>>, key: KeyPair) -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, cn);
    if let Some(identifier) = identifier {
        params.key_identifier_method = KeyIdMethod::PreSpecified(identifier);
    }
    Issuer::new(params, key)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
