//! What was issued: the material of keys, certificates and secrets, by the indices of the request.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::pki::aside::{Aside, Row};
use crate::pki::error::PkiError;
use crate::pki::spec::CertificateSpec;
use crate::syntax::ast::Name;
use crate::text::Count;

/// Text that must not get into a log: it shows as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(Arc<str>);

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// In hexadecimal, positive, unique for its authority.
    pub serial: Arc<str>,
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// SHA-256 of the certificate's DER, in hexadecimal.
    pub fingerprint: Arc<str>,
    pub cert_pem: Arc<str>,
    /// PKCS#8, `PRIVATE KEY`.
    pub key_pem: Private,
}

/// An authority: ours with its key, or the operator's, whose key may be elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedAuthority {
    pub serial: Arc<str>,
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// SHA-256 of the certificate's DER, in hexadecimal.
    pub fingerprint_sha256: Arc<str>,
    /// The authority's certificate; of the operator's own authority the whole file, with what follows it.
    pub cert_pem: Arc<str>,
    /// Absent when only the certificate of the operator's authority is here.
    pub key_pem: Option<Private>,
}

/// A key pair without a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IssuedKeypair {
    /// SubjectPublicKeyInfo, `PUBLIC KEY`.
    pub public_pem: Arc<str>,
    /// PKCS#8, `PRIVATE KEY`.
    pub private_pem: Private,
}

/// Everything a request asked for.
#[derive(Clone, Debug, Default)]
pub struct Issued {
    pub(super) authorities: Vec<IssuedAuthority>,
    pub(super) keypairs: Vec<Arc<IssuedKeypair>>,
    pub(super) secrets: Vec<Private>,
    pub(super) certificates: Certificates,
    /// How many things were made in this run.
    pub issued: usize,
    /// How many things were in the store already.
    pub reused: usize,
    /// What a person should know of it.
    pub notes: Vec<Note>,
}

/// Where certificates are.
#[derive(Clone, Debug)]
pub(super) enum Certificates {
    Here(Vec<Arc<IssuedCertificate>>),
    Aside(Aside),
}

impl Default for Certificates {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

/// Something that was done otherwise than asked, or that has wide effects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// Certificates would have outlived their authority, and end with it.
    Shortened { authority: Name, certificates: usize, not_after: OffsetDateTime },
    /// An authority has a new certificate for its old key, so its certificates were issued anew as well.
    Reissued { authority: Name, why: &'static str },
    /// The operator's own authority is used.
    External { authority: Name },
}

impl Private {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself, shared.
    pub fn share(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The methods take an index into the list of the request of the same name, and panic beyond its end.
impl Issued {
    /// The authority at this index of [`Request::authorities`](super::spec::Request::authorities).
    pub fn authority(&self, index: usize) -> &IssuedAuthority {
        &self.authorities[index]
    }

    /// The key pair at this index of [`Request::keypairs`](super::spec::Request::keypairs).
    pub fn keypair(&self, index: usize) -> &IssuedKeypair {
        &self.keypairs[index]
    }

    /// The secret at this index of [`Request::secrets`](super::spec::Request::secrets).
    pub fn secret(&self, index: usize) -> &str {
        self.secrets[index].as_str()
    }

    /// All secrets, so that they can be kept out of a text.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(Private::as_str)
    }

    /// The certificate at this index of [`Request::certificates`](super::spec::Request::certificates), if all are in memory.
    pub fn certificate(&self, index: usize) -> &IssuedCertificate {
        self.here(index).expect("what was not issued aside is here")
    }

    /// The same; `None` if they stay on the disk.
    pub fn here(&self, index: usize) -> Option<&IssuedCertificate> {
        match &self.certificates {
            Certificates::Here(list) => Some(&list[index]),
            Certificates::Aside(_) => None,
        }
    }

    /// The same for a certificate that stays on the disk, if it can be read; else [`Issued::failure`] says why.
    pub fn read(&self, index: usize, spec: &CertificateSpec) -> Option<Arc<IssuedCertificate>> {
        match &self.certificates {
            Certificates::Here(list) => Some(Arc::clone(&list[index])),
            Certificates::Aside(aside) => aside.certificate(index, spec),
        }
    }

    /// What is said of it in public.
    ///
    /// # Errors
    /// When what is on the disk cannot be read.
    pub fn row(&self, index: usize) -> io::Result<Row> {
        match &self.certificates {
            Certificates::Here(list) => Ok(Row::from(&*list[index])),
            Certificates::Aside(aside) => aside.rows.get(index),
        }
    }

    /// Why a certificate could not be read: what was made since may lack it.
    pub fn failure(&self) -> Option<&PkiError> {
        match &self.certificates {
            Certificates::Here(_) => None,
            Certificates::Aside(aside) => aside.failed.get(),
        }
    }

    pub(super) fn push(&mut self, certificate: Arc<IssuedCertificate>) {
        if let Certificates::Here(list) = &mut self.certificates {
            list.push(certificate);
        }
    }

    pub(super) fn count(&mut self, made: Made) {
        match made {
            Made::New => self.issued += 1,
            Made::Kept => self.reused += 1,
        }
    }

    /// One note for an authority, however many of its certificates were shortened.
    pub(super) fn note_shortened(&mut self, shortened: BTreeMap<u32, usize>, names: impl Fn(u32) -> Name) {
        for (index, certificates) in shortened {
            let not_after = self.authorities[index as usize].not_after;
            self.notes.push(Note::Shortened { authority: names(index), certificates, not_after });
        }
    }
}

/// Whether a thing was made in this run or was in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Made {
    New,
    Kept,
}

impl From<&IssuedCertificate> for IssuedAuthority {
    fn from(own: &IssuedCertificate) -> Self {
        Self {
            serial: Arc::clone(&own.serial),
            not_before: own.not_before,
            not_after: own.not_after,
            fingerprint_sha256: Arc::clone(&own.fingerprint),
            cert_pem: Arc::clone(&own.cert_pem),
            key_pem: Some(own.key_pem.clone()),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shortened { authority, certificates, not_after } => {
                let date = not_after.date();
                let (certificates, ends) =
                    (Count(*certificates, "certificate"), if *certificates == 1 { "ends" } else { "end" });
                write!(f, "{certificates} of authority `{authority}` {ends} with it on {date}")
            }
            Self::Reissued { authority, why } => {
                write!(f, "authority `{authority}` has a new certificate for its existing key: {why}")
            }
            Self::External { authority } => write!(f, "authority `{authority}` is managed by the operator"),
        }
    }
}
