//! What is written of the PKI for people and their tools: the authorities' certificates, and a table of all.

use std::sync::Arc;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::pki::issued::{Issued, IssuedCertificate};
use crate::pki::spec::CertificateSpec;
use crate::plan::Plan;
use crate::render::origin::{Origin, What};
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
    serial: &'a str,
    fingerprint_sha256: &'a str,
}

/// The files below `pki/`. No private key is among them.
pub fn files(plan: &Plan<'_>, issued: &Issued) -> Vec<OutputFile> {
    let request = &plan.pki.request;
    let origin = What::Certificates.into();
    let mut files = Vec::new();
    for (place, spec) in request.authorities.iter().enumerate() {
        let pem = issued.authority(place).cert_pem.as_bytes();
        files.push(public(format!("pki/{}.crt", spec.name), pem.into(), &origin));
    }
    let rows: Vec<CertificateRow<'_>> = request
        .certificates
        .iter()
        .enumerate()
        .map(|(place, spec)| row(&request.authorities[spec.authority as usize].name, spec, issued.certificate(place)))
        .collect();
    let mut text = serde_json::to_vec_pretty(&rows).expect("rows are plain data");
    text.push(b'\n');
    files.push(public("pki/certificates.json".into(), text.into(), &origin));
    files
}

fn public(path: String, content: Arc<[u8]>, origin: &Origin) -> OutputFile {
    OutputFile { path, mode: 0o644, content, secret: false, origin: origin.clone() }
}

fn row<'a>(authority: &'a str, spec: &'a CertificateSpec, issued: &'a IssuedCertificate) -> CertificateRow<'a> {
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
        serial: &issued.serial,
        fingerprint_sha256: &issued.fingerprint,
    }
}

fn date(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a year with four digits")
}
