//! Certificates that stay on the disk, since there may be many, and what is said of them in public: nothing of them is in
//! memory.
//!
//! One is read when it is asked for, from its line in the store's file, which may not count yet.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::pki::error::PkiError;
use crate::pki::issued::IssuedCertificate;
use crate::pki::pem;
use crate::pki::spec::CertificateSpec;
use crate::pki::store::line::Record;
use crate::pki::store::log;
use crate::pki::store::table::Place;
use crate::world::spool::nameless;

/// What is said of a certificate in public.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub serial: Box<str>,
    /// SHA-256 of the certificate's DER.
    fingerprint: [u8; 32],
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// SHA-256 of what is written of it: the texts of the certificate and of its key.
    pub texts: [u8; 32],
}

impl Row {
    /// In hexadecimal.
    pub fn fingerprint(&self) -> String {
        pem::hex(&self.fingerprint)
    }
}

impl From<&IssuedCertificate> for Row {
    fn from(issued: &IssuedCertificate) -> Self {
        let IssuedCertificate { serial, fingerprint, not_before, not_after, cert_pem, key_pem } = issued;
        let (serial, fingerprint) = (serial.as_ref().into(), pem::unhex(fingerprint));
        let texts = hash(cert_pem, key_pem.as_str());
        Self { serial, fingerprint, not_before: *not_before, not_after: *not_after, texts }
    }
}

/// The length of the first tells where the second begins.
fn hash(cert: &str, key: &str) -> [u8; 32] {
    let hash = Sha256::new().chain_update((cert.len() as u64).to_le_bytes());
    hash.chain_update(cert).chain_update(key).finalize().into()
}

/// A row on the disk: the length of its serial, that, the fingerprint, the two times, and the texts. Behind it is where the
/// certificate stands.
pub(super) type RowBytes = [u8; ROW];

const SERIAL: usize = 47;
const HASH: usize = 1 + SERIAL;
const TIMES: usize = HASH + 32;
const TEXTS: usize = TIMES + 2 * 8;
const ROW: usize = TEXTS + 32;
const PLACED: usize = ROW + 2 * 8;

impl Row {
    /// `None` of a serial that is longer than any may be (RFC 5280: 20 bytes).
    pub(super) fn bytes(&self) -> Option<RowBytes> {
        let mut bytes = [0; ROW];
        bytes[0] = u8::try_from(self.serial.len()).ok().filter(|length| usize::from(*length) <= SERIAL)?;
        bytes[1..=self.serial.len()].copy_from_slice(self.serial.as_bytes());
        bytes[HASH..TIMES].copy_from_slice(&self.fingerprint);
        let times = [self.not_before, self.not_after].map(|time| time.unix_timestamp().to_le_bytes());
        bytes[TIMES..TEXTS].copy_from_slice(&times.concat());
        bytes[TEXTS..].copy_from_slice(&self.texts);
        Some(bytes)
    }

    fn read(bytes: &RowBytes) -> Option<Self> {
        let serial = std::str::from_utf8(bytes.get(1..=usize::from(bytes[0]))?).ok()?.into();
        let fingerprint = bytes[HASH..TIMES].try_into().ok()?;
        let texts = bytes[TEXTS..].try_into().ok()?;
        let time = |place: usize| {
            let seconds = bytes[place..place + 8].try_into().map(i64::from_le_bytes).ok()?;
            OffsetDateTime::from_unix_timestamp(seconds).ok()
        };
        Some(Self { serial, fingerprint, not_before: time(TIMES)?, not_after: time(TIMES + 8)?, texts })
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

    /// Puts those from this index on, each with where its certificate stands.
    pub(super) fn put(&self, first: usize, rows: impl Iterator<Item = (RowBytes, Place)>) -> io::Result<()> {
        let bytes: Vec<u8> = rows.flat_map(|(row, place)| row.into_iter().chain(numbers(place))).collect();
        self.0.write_all_at(&bytes, (first * PLACED) as u64)
    }

    /// The row of the certificate at this index, and where it stands.
    fn placed(&self, index: usize) -> io::Result<(RowBytes, Place)> {
        let mut bytes = [0; PLACED];
        self.0.read_exact_at(&mut bytes, (index * PLACED) as u64)?;
        let number = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default();
        let place = Place { offset: number(ROW), length: number(ROW + 8) };
        Ok((bytes[..ROW].try_into().unwrap_or([0; ROW]), place))
    }

    pub(super) fn get(&self, index: usize) -> io::Result<Row> {
        Row::read(&self.placed(index)?.0).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

fn numbers(place: Place) -> impl Iterator<Item = u8> {
    [place.offset, place.length].map(u64::to_le_bytes).into_iter().flatten()
}

/// Certificates on the disk, by the indices of the request.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub dir: PathBuf,
    pub rows: Rows,
    /// The file that they are in; none if there are none.
    pub file: Option<Arc<File>>,
    /// The first that could not be read.
    pub failed: OnceLock<PkiError>,
}

impl Aside {
    /// The certificate at this index, if it can be read and is the one that its row tells of.
    pub(super) fn certificate(&self, index: usize, spec: &CertificateSpec) -> Option<Arc<IssuedCertificate>> {
        let path = || log::path(&self.dir);
        let found = self.read(index).map_err(|error| log::failed(&path(), &error));
        let found = found.and_then(|(row, record)| {
            let issued = record.leaf.issued;
            let same = record.id == spec.id && Row::from(&*issued).bytes() == Some(row);
            let changed = || PkiError::corrupt(&path(), format!("`{}` has just changed", spec.id));
            if same { Ok(issued) } else { Err(changed()) }
        });
        found.map_err(|error| _ = self.failed.set(error)).ok()
    }

    fn read(&self, index: usize) -> io::Result<(RowBytes, Record)> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let (row, place) = self.rows.placed(index)?;
        Ok((row, log::record(file, place)?))
    }
}
