//! Certificates that stay on the disk, since there may be many: in memory is only what is public and short.
//!
//! One is read when it is asked for: from its machine's file in the store, or from the file beside it that takes its place
//! when the store is saved.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

use crate::pki::error::PkiError;
use crate::pki::issued::IssuedCertificate;
use crate::pki::pem;
use crate::pki::spec::CertificateSpec;
use crate::pki::store::reread;
use crate::syntax::ast::Name;

/// What is said of a certificate in public.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub serial: Box<str>,
    /// SHA-256 of the certificate's DER.
    fingerprint: [u8; 32],
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
}

impl Row {
    /// In hexadecimal.
    pub fn fingerprint(&self) -> String {
        pem::hex(&self.fingerprint)
    }
}

impl From<&IssuedCertificate> for Row {
    fn from(issued: &IssuedCertificate) -> Self {
        let IssuedCertificate { serial, fingerprint, not_before, not_after, cert_pem: _, key_pem: _ } = issued;
        let (serial, fingerprint) = (serial.as_ref().into(), pem::unhex(fingerprint));
        Self { serial, fingerprint, not_before: *not_before, not_after: *not_after }
    }
}

/// Certificates on the disk, by the indices of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    pub dir: PathBuf,
    pub rows: Vec<Row>,
    /// The files that are to take the place of a machine's.
    pub staged: HashMap<Name, PathBuf>,
    /// The first that could not be read.
    pub failed: OnceLock<PkiError>,
}

impl Aside {
    /// The certificate at this index, if it can be read and is the one that its row tells of.
    pub(super) fn certificate(&self, index: usize, spec: &CertificateSpec) -> Option<Arc<IssuedCertificate>> {
        let staged = self.staged.get(spec.machine());
        let found = reread(&self.dir, staged.map(PathBuf::as_path), spec).and_then(|(path, found)| {
            let same = |found: &Arc<IssuedCertificate>| Row::from(&**found) == self.rows[index];
            found.filter(same).ok_or_else(|| PkiError::corrupt(&path, format!("`{}` has just changed", spec.id)))
        });
        found.map_err(|error| _ = self.failed.set(error)).ok()
    }
}
