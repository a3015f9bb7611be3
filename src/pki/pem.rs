//! Keys and certificates as text.

use ::pem::{EncodeConfig, LineEnding, Pem};
use sha2::{Digest, Sha256};

/// A certificate as text, with the line ends of Unix everywhere.
pub(super) fn certificate(der: &[u8]) -> String {
    encode("CERTIFICATE", der)
}

/// A private key in PKCS#8 as text.
pub(super) fn private_key(der: &[u8]) -> String {
    encode("PRIVATE KEY", der)
}

/// A public key (SubjectPublicKeyInfo) as text.
pub(super) fn public_key(der: &[u8]) -> String {
    encode("PUBLIC KEY", der)
}

fn encode(label: &str, der: &[u8]) -> String {
    ::pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The first block with one of these labels: its label and its bytes.
pub(super) fn first<'l>(text: &str, labels: &[&'l str]) -> Option<(&'l str, Vec<u8>)> {
    let blocks = ::pem::parse_many(text).ok()?;
    blocks.into_iter().find_map(|block| {
        let label = labels.iter().find(|label| **label == block.tag())?;
        Some((*label, block.into_contents()))
    })
}

/// SHA-256 in hexadecimal.
pub(super) fn fingerprint(der: &[u8]) -> String {
    hex(&Sha256::digest(der))
}

/// The number of a [`fingerprint`]; of what is none, as far as it is one.
pub(super) fn unhex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        *place = digit(digits[0]) << 4 | digit(digits[1]);
    }
    bytes
}

pub(super) use crate::text::hex;
