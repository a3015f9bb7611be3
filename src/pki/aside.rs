//! Certificates that stay on the disk, since there may be many, and what is said of them in public: nothing of them is in
//! memory.
//!
//! One is read when it is asked for: from its machine's file in the store, or from the file beside it that takes its place
//! when the store is saved.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

use crate::pki::error::PkiError;
use crate::pki::issued::IssuedCertificate;
use crate::pki::pem;
use crate::pki::spec::CertificateSpec;
use crate::pki::store::reread;
use crate::world::replace::Beside;
use crate::world::spool::nameless;

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

/// A row on the disk: the length of its serial, that, the fingerprint, and the two times.
type RowBytes = [u8; ROW];

const SERIAL: usize = 47;
const HASH: usize = 1 + SERIAL;
const TIMES: usize = HASH + 32;
const ROW: usize = TIMES + 2 * 8;

impl Row {
    /// `None` of a serial that is longer than any may be (RFC 5280: 20 bytes).
    fn bytes(&self) -> Option<RowBytes> {
        let mut bytes = [0; ROW];
        bytes[0] = u8::try_from(self.serial.len()).ok().filter(|length| usize::from(*length) <= SERIAL)?;
        bytes[1..=self.serial.len()].copy_from_slice(self.serial.as_bytes());
        bytes[HASH..TIMES].copy_from_slice(&self.fingerprint);
        let times = [self.not_before, self.not_after].map(|time| time.unix_timestamp().to_le_bytes());
        bytes[TIMES..].copy_from_slice(&times.concat());
        Some(bytes)
    }

    fn read(bytes: &RowBytes) -> Option<Self> {
        let serial = std::str::from_utf8(bytes.get(1..=usize::from(bytes[0]))?).ok()?.into();
        let fingerprint = bytes[HASH..TIMES].try_into().ok()?;
        let time = |place: usize| {
            let seconds = bytes[place..place + 8].try_into().map(i64::from_le_bytes).ok()?;
            OffsetDateTime::from_unix_timestamp(seconds).ok()
        };
        Some(Self { serial, fingerprint, not_before: time(TIMES)?, not_after: time(TIMES + 8)? })
    }
}

/// The rows of certificates, by the indices of the request, in a file without a name.
#[derive(Clone, Debug)]
pub(super) struct Rows(Arc<File>);

impl Rows {
    /// None yet, in the folder of the store.
    pub(super) fn new(dir: &Path) -> Result<Self, PkiError> {
        let file = nameless(dir).map_err(|error| PkiError::file(dir, "write to", &error))?;
        Ok(Self(Arc::new(file)))
    }

    /// Any thread may put one.
    pub(super) fn put(&self, index: usize, spec: &CertificateSpec, issued: &IssuedCertificate) -> Result<(), PkiError> {
        let bytes = Row::from(issued).bytes();
        let bytes = bytes.ok_or_else(|| PkiError::making(&spec.id, "its serial number is too long".to_owned()))?;
        let written = self.0.write_all_at(&bytes, (index * ROW) as u64);
        written.map_err(|error| PkiError::making(&spec.id, error.to_string()))
    }

    /// Whether the row at this index is that of a certificate.
    fn is(&self, index: usize, issued: &IssuedCertificate) -> bool {
        self.bytes(index).is_ok_and(|bytes| Row::from(issued).bytes() == Some(bytes))
    }

    pub(super) fn get(&self, index: usize) -> io::Result<Row> {
        Row::read(&self.bytes(index)?).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn bytes(&self, index: usize) -> io::Result<RowBytes> {
        let mut bytes = [0; ROW];
        self.0.read_exact_at(&mut bytes, (index * ROW) as u64)?;
        Ok(bytes)
    }
}

/// Certificates on the disk, by the indices of the request.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub dir: PathBuf,
    pub rows: Rows,
    /// Of the files that are to take the place of those of machines.
    pub names: Beside,
    /// The first that could not be read.
    pub failed: OnceLock<PkiError>,
}

impl Aside {
    /// The certificate at this index, if it can be read and is the one that its row tells of.
    pub(super) fn certificate(&self, index: usize, spec: &CertificateSpec) -> Option<Arc<IssuedCertificate>> {
        let found = reread(&self.dir, self.names, spec).and_then(|(path, found)| {
            let same = |found: &Arc<IssuedCertificate>| self.rows.is(index, found);
            found.filter(same).ok_or_else(|| PkiError::corrupt(&path, format!("`{}` has just changed", spec.id)))
        });
        found.map_err(|error| _ = self.failed.set(error)).ok()
    }
}
