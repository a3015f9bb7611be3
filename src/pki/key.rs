//! Private keys: made, read and recognised.

use getrandom::SysRng;
use rcgen::{KeyPair, PublicKeyData};
use rsa::pkcs8::EncodePrivateKey;

use crate::pki::spec::KeyKind;
use crate::pki::{der, pem};

/// A new key.
///
/// # Errors
/// When the system has no randomness to give.
pub(super) fn generate(kind: KeyKind) -> Result<KeyPair, String> {
    match kind {
        KeyKind::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(text),
        KeyKind::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).map_err(text),
        KeyKind::Ed25519 => ed25519(),
        KeyKind::Rsa2048 => rsa(2048),
        KeyKind::Rsa4096 => rsa(4096),
    }
}

/// ring writes Ed25519 keys in the second version of PKCS#8, which OpenSSL 3.0 does not read; this is the first.
fn ed25519() -> Result<KeyPair, String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(text)?;
    KeyPair::try_from(der::pkcs8(der::ED25519, &der::octets(&seed))).map_err(text)
}

/// ring signs with RSA keys and cannot make them.
fn rsa(bits: usize) -> Result<KeyPair, String> {
    let key = rsa::PrivateKey::new(&mut SysRng, bits).map_err(text)?;
    let der = key.to_pkcs8_der().map_err(text)?;
    KeyPair::try_from(der.as_bytes()).map_err(text)
}

/// The key in a text, in any of the forms that openssl and kubeadm write.
///
/// # Errors
/// When there is none, it is encrypted, or of a kind that is not supported.
pub(super) fn read(text: &str) -> Result<KeyPair, String> {
    let labels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];
    let (label, bytes) = pem::first(text, &labels).ok_or("it contains no unencrypted private key")?;
    let candidates = match label {
        "RSA PRIVATE KEY" => vec![der::pkcs8(der::RSA, &bytes)],
        "EC PRIVATE KEY" => vec![der::pkcs8(der::P256, &bytes), der::pkcs8(der::P384, &bytes)],
        _ => vec![bytes],
    };
    let key = candidates.iter().find_map(|key| KeyPair::try_from(key.as_slice()).ok());
    key.ok_or_else(|| {
        "its key is damaged or of an unsupported type; supported are ECDSA P-256, P-384, Ed25519 and RSA".to_owned()
    })
}

/// A private key as text.
pub(super) fn private_pem(key: &KeyPair) -> String {
    pem::private_key(key.serialized_der())
}

/// Its public half as text.
pub(super) fn public_pem(key: &KeyPair) -> String {
    pem::public_key(&key.subject_public_key_info())
}

/// Whether it is an RSA key, which decides what it may be used for.
pub(super) fn is_rsa(key: &KeyPair) -> bool {
    key.is_compatible(&rcgen::PKCS_RSA_SHA256)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
