//! The certificates on the machines, and when they expire.

use time::OffsetDateTime;
use x509_parser::parse_x509_certificate;

use crate::target::Machine;

use super::error::ApplyError;
use super::transport::Transport;

const SCRIPT: &str = include_str!("certificate.sh");

/// A certificate in a file of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MachineCertificate {
    pub machine: String,
    pub path: String,
    /// Absent when the file is missing, or holds no readable certificate.
    pub not_after: Option<OffsetDateTime>,
}

/// The certificates of a running machine, in the order of its files.
///
/// # Errors
/// When the machine cannot be entered.
pub(crate) fn certificates(
    transport: &dyn Transport,
    machine: &Machine,
) -> Result<Vec<MachineCertificate>, ApplyError> {
    let paths: String = paths(machine).map(|path| format!("{path}\n")).collect();
    let answer = transport.inside(machine.name(), SCRIPT, &[], paths.as_bytes())?;
    let text = String::from_utf8_lossy(&answer.out).into_owned();
    Ok(read(machine.name(), &text))
}

/// Files that hold a certificate, judging by their desired content.
fn paths(machine: &Machine) -> impl Iterator<Item = &str> {
    let holds = |content: &[u8]| {
        let text = String::from_utf8_lossy(content);
        text.contains("-----BEGIN CERTIFICATE-----") || text.contains("client-certificate-data:")
    };
    machine.files.iter().filter(move |file| holds(&file.content)).map(|file| file.path.as_str())
}

fn read(machine: &str, text: &str) -> Vec<MachineCertificate> {
    let parts = text.split("== ").skip(1).filter_map(|part| part.split_once('\n'));
    parts
        .map(|(path, pem)| MachineCertificate {
            machine: machine.to_owned(),
            path: path.to_owned(),
            not_after: not_after(pem),
        })
        .collect()
}

fn not_after(pem: &str) -> Option<OffsetDateTime> {
    let block = pem::parse(pem).ok()?;
    let (_, certificate) = parse_x509_certificate(block.contents()).ok()?;
    Some(certificate.validity().not_after.to_datetime())
}

impl MachineCertificate {
    /// Whole days until it expires; negative once it has.
    pub(crate) fn days(&self, now: OffsetDateTime) -> Option<i64> {
        self.not_after.map(|end| (end - now).whole_seconds().div_euclid(86_400))
    }
}
