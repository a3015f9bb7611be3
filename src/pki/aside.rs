//! Certificates that stay on the disk, since there may be many: in memory is only what is public and short.
//!
//! A machine's are read from its file in the store when they are asked for, or from the file beside it that takes its place
//! when the store is saved.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

use crate::pki::entry::Machine;
use crate::pki::error::PkiError;
use crate::pki::issued::IssuedCertificate;
use crate::pki::spec::{CertificateSpec, machine};
use crate::pki::store::Place;
use crate::syntax::ast::Name;

/// What is said of a certificate in public.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub serial: Box<str>,
    pub fingerprint: Box<str>,
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
}

impl From<&IssuedCertificate> for Row {
    fn from(issued: &IssuedCertificate) -> Self {
        let IssuedCertificate { serial, fingerprint, not_before, not_after, cert_pem: _, key_pem: _ } = issued;
        let (serial, fingerprint) = (serial.as_ref().into(), fingerprint.as_ref().into());
        Self { serial, fingerprint, not_before: *not_before, not_after: *not_after }
    }
}

/// Certificates on the disk, by the indices of the request.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub rows: Vec<Row>,
    pub place: Place,
    /// Files that are to take the place of a machine's.
    pub staged: HashMap<Name, PathBuf>,
    /// The first that could not be read.
    pub failed: OnceLock<PkiError>,
}

impl Aside {
    /// The certificate at this index, which is the one that a row tells of.
    pub(super) fn certificate(&self, index: usize, spec: &CertificateSpec) -> Option<Arc<IssuedCertificate>> {
        let read = self.read(machine(&spec.id)).and_then(|mut machine| {
            let found = machine.certificates.remove(&spec.id).map(|leaf| leaf.issued);
            let same = |found: &Arc<IssuedCertificate>| *found.fingerprint == *self.rows[index].fingerprint;
            found.filter(same).ok_or_else(|| self.place.changed(machine_of(spec)))
        });
        read.map_err(|error| self.failed.get_or_init(|| error)).ok()
    }

    fn read(&self, name: &str) -> Result<Machine, PkiError> {
        match self.staged.get(name).map(|path| self.place.reread(path)) {
            Some(Ok(Some(machine))) => Ok(machine),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Ok(self.place.reread(&self.place.machine(name))?.unwrap_or_default()),
        }
    }
}
