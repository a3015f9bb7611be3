//! Material of the size that it will have, while nothing is issued.
//!
//! A certificate's size follows from its names and keys to some bytes. Its text is as hard to compress as a real one, so
//! that what is compressed has its size too.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::check::{Symbol, SymbolKind};
use crate::model::material::Material;
use crate::model::{Model, UnitId};
use crate::pki::spec::{AuthoritySpec, CertificateSpec, KeyKind, San};
use crate::plan::Pki;

/// All that is issued for some units, and the authorities of the model.
pub struct PlaceholderSizes {
    certificates: HashMap<(UnitId, u32), (String, String)>,
    others: HashMap<Symbol, (String, String)>,
    /// For what belongs to other units.
    any: (String, String),
}

impl PlaceholderSizes {
    /// For these units.
    pub fn new(model: &Model<'_>, pki: &Pki, units: &[UnitId]) -> Self {
        let mut certificates = HashMap::new();
        for unit in units {
            let count = model.component_of(model.unit(*unit).app).certs.len() as u32;
            for cert in 0..count {
                let Some(spec) = pki.spec(model, *unit, cert) else { continue };
                let signer = pki.request.authorities.get(spec.authority as usize);
                let size = certificate(spec, signer);
                certificates.insert((*unit, cert), (pem(&spec.id, "CERTIFICATE", size), key(&spec.id, spec.key)));
            }
        }
        let request = &pki.request;
        let authorities = pki.authorities.iter().zip(&request.authorities);
        let authorities = authorities
            .map(|(symbol, spec)| (*symbol, (pem(&spec.cn, "CERTIFICATE", authority(spec)), key(&spec.cn, spec.key))));
        let pairs = pki.keypairs.iter().zip(&request.keypairs).map(|(symbol, spec)| {
            let public = pem(&spec.name, "PUBLIC KEY", public_key(spec.key));
            (*symbol, (key(&spec.name, spec.key), public))
        });
        let secrets = pki.secrets.iter().zip(&request.secrets);
        let secrets =
            secrets.map(|(symbol, spec)| (*symbol, (noise(&spec.name, spec.bytes as usize * 2), String::new())));
        let any = (pem("any", "CERTIFICATE", 800), key("any", KeyKind::EcdsaP256));
        Self { certificates, others: authorities.chain(pairs).chain(secrets).collect(), any }
    }

    fn other(&self, symbol: Symbol) -> (&str, &str) {
        debug_assert!(symbol.kind != SymbolKind::Component);
        let (first, second) = self.others.get(&symbol).unwrap_or(&self.any);
        (first, second)
    }
}

impl Material for PlaceholderSizes {
    fn certificate(&self, unit: UnitId, cert: u32) -> (&str, &str) {
        let (certificate, key) = self.certificates.get(&(unit, cert)).unwrap_or(&self.any);
        (certificate, key)
    }

    fn authority(&self, symbol: Symbol) -> &str {
        self.other(symbol).0
    }

    fn authority_key(&self, symbol: Symbol) -> Option<&str> {
        Some(self.other(symbol).1)
    }

    fn keypair(&self, symbol: Symbol) -> (&str, &str) {
        self.other(symbol)
    }

    fn secret(&self, symbol: Symbol) -> &str {
        self.other(symbol).0
    }
}

/// Letters of a certificate that no other has.
const OWN: usize = 350;

/// Bytes of a certificate (RFC 5280, DER).
fn certificate(spec: &CertificateSpec, signer: Option<&AuthoritySpec>) -> usize {
    let issuer = signer.map_or(60, |signer| name(&signer.cn, &[]));
    let signature = signature(signer.map_or(KeyKind::EcdsaP256, |signer| signer.key));
    let names = spec.sans.iter().map(|san| match san {
        San::Ip(ip) => 2 + if ip.is_ipv6() { 16 } else { 4 },
        San::Dns(name) => tlv(name.len()),
    });
    let names: usize = names.sum();
    let names = if names == 0 { 0 } else { tlv(5 + tlv(tlv(names))) };
    // Key usage 16, extended key usage 11 and 10 a usage, no authority 14, authority's key 33.
    let extensions = 16 + 11 + 10 * (usize::from(spec.server) + usize::from(spec.client)) + 14 + 33 + names;
    body(issuer, name(&spec.cn, &spec.org), spec.key, extensions, signature)
}

fn authority(spec: &AuthoritySpec) -> usize {
    let own = name(&spec.cn, &[]);
    let names: usize = spec.names.iter().map(|name| tlv(name.len())).sum();
    let names = if names == 0 { 0 } else { tlv(5 + tlv(tlv(names))) };
    // Key usage 16, is an authority 17, its key's identifier 31, that of its signer 33.
    body(own, own, spec.key, 16 + 17 + 31 + 33 + names, signature(spec.key))
}

/// Version 5, serial number 22, algorithm 15, validity 32.
fn body(issuer: usize, subject: usize, key: KeyKind, extensions: usize, signature: usize) -> usize {
    let signed = tlv(5 + 22 + 15 + issuer + 32 + subject + public_key(key) + tlv(tlv(extensions)));
    tlv(signed + 15 + signature)
}

fn name(cn: &str, organizations: &[String]) -> usize {
    let part = |text: &str| tlv(tlv(5 + tlv(text.len())));
    tlv(part(cn) + organizations.iter().map(|text| part(text)).sum::<usize>())
}

/// A value with its tag and length.
fn tlv(length: usize) -> usize {
    let head = match length {
        0..128 => 2,
        128..256 => 3,
        256..65536 => 4,
        _ => 5,
    };
    head + length
}

fn public_key(kind: KeyKind) -> usize {
    match kind {
        KeyKind::EcdsaP256 => 91,
        KeyKind::EcdsaP384 => 120,
        KeyKind::Ed25519 => 44,
        KeyKind::Rsa2048 => 294,
        KeyKind::Rsa4096 => 550,
    }
}

fn signature(kind: KeyKind) -> usize {
    match kind {
        KeyKind::EcdsaP256 => 75,
        KeyKind::EcdsaP384 => 107,
        KeyKind::Ed25519 => 67,
        KeyKind::Rsa2048 => 261,
        KeyKind::Rsa4096 => 517,
    }
}

fn key(seed: &str, kind: KeyKind) -> String {
    let size = match kind {
        KeyKind::EcdsaP256 => 138,
        KeyKind::EcdsaP384 => 185,
        KeyKind::Ed25519 => 83,
        KeyKind::Rsa2048 => 1218,
        KeyKind::Rsa4096 => 2375,
    };
    pem(&format!("{seed} key"), "PRIVATE KEY", size)
}

/// A PEM text of so many bytes of content (RFC 7468). What differs between any two is in it from the seed: serial number,
/// public key and signature; the rest is alike in all.
fn pem(seed: &str, label: &str, bytes: usize) -> String {
    let length = bytes.div_ceil(3) * 4;
    let own = OWN.min(length);
    let base64 = noise(seed, own) + &noise("names and dates", length - own);
    let lines: String =
        base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}

/// Letters that no program can compress as other base64, always the same for one seed.
fn noise(seed: &str, length: usize) -> String {
    use base64::Engine as _;
    let blocks = (0..length.div_ceil(32) as u32).map(|block| Sha256::digest(format!("{seed} {block}")));
    let bytes: Vec<u8> = blocks.flatten().collect();
    let mut text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    text.truncate(length);
    text
}
