//! What is written of the PKI for people and their tools: the authorities' certificates, and a table of all.

use std::io::{self, Write};
use std::sync::Arc;

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::pki::Row;
use crate::pki::issued::Issued;
use crate::pki::spec::{AuthoritySpec, CertificateSpec};
use crate::plan::Plan;
use crate::render::origin::What;
use crate::target::OutputFile;

/// One row of `pki/certificates.json`.
#[derive(Serialize)]
struct CertificateRow<'a> {
    id: &'a str,
    authority: &'a str,
    cn: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    org: &'a [String],
    names: Vec<String>,
    usage: Vec<&'static str>,
    not_before: String,
    not_after: String,
    serial: Box<str>,
    fingerprint_sha256: String,
}

/// The certificates of the authorities, below `pki/`.
pub fn authorities(plan: &Plan<'_>, issued: &Issued) -> Vec<OutputFile> {
    let specs = plan.pki.request.authorities.iter().enumerate();
    let file = |(place, spec): (usize, &AuthoritySpec)| {
        public(format!("pki/{}.crt", spec.name), issued.authority(place).cert_pem.as_bytes().into())
    };
    specs.map(file).collect()
}

/// `pki/certificates.json`, without its content.
pub fn table() -> OutputFile {
    public("pki/certificates.json".into(), [].into())
}

/// The content of [`table`], row by row. No private key is in it.
///
/// # Errors
/// What the writer says.
pub fn write_table(plan: &Plan<'_>, issued: &Issued, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Rows { plan, issued })?;
    out.write_all(b"\n")
}

/// All rows, each made when it is written.
struct Rows<'a, 'p> {
    plan: &'a Plan<'p>,
    issued: &'a Issued,
}

impl Serialize for Rows<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = &self.plan.pki.request;
        let mut rows = serializer.serialize_seq(Some(request.certificates.len()))?;
        for (place, spec) in request.certificates.iter().enumerate() {
            let issued = self.issued.row(place).map_err(S::Error::custom)?;
            rows.serialize_element(&row(&request.authorities[spec.authority as usize].name, spec, issued))?;
        }
        rows.end()
    }
}

fn public(path: String, content: Arc<[u8]>) -> OutputFile {
    OutputFile { path, mode: 0o644, content, secret: false, origin: What::Certificates.into() }
}

fn row<'a>(authority: &'a str, spec: &'a CertificateSpec, issued: Row) -> CertificateRow<'a> {
    let usage = [("server", spec.server), ("client", spec.client)];
    CertificateRow {
        id: &spec.id,
        authority,
        cn: &spec.cn,
        org: &spec.org,
        names: spec.sans.iter().map(ToString::to_string).collect(),
        usage: usage.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name).collect(),
        not_before: date(issued.not_before),
        not_after: date(issued.not_after),
        fingerprint_sha256: issued.fingerprint(),
        serial: issued.serial,
    }
}

fn date(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a year with four digits")
}
