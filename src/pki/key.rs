//! Private keys: made, read and recognised.

use getrandom::SysRng;
use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
};
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

/// A key that a certificate is for. It signs nothing here, so it is not made ready to: that takes as long as making it.
pub(super) struct Certified {
    algorithm: &'static SignatureAlgorithm,
    public: Vec<u8>,
    /// PKCS#8.
    private: Vec<u8>,
}

impl PublicKeyData for Certified {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl From<KeyPair> for Certified {
    fn from(key: KeyPair) -> Self {
        let (public, private) = (key.der_bytes().to_vec(), key.serialized_der().to_vec());
        Self { algorithm: key.algorithm(), public, private }
    }
}

impl Certified {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub(super) fn generate(kind: KeyKind) -> Result<Self, String> {
        match kind {
            KeyKind::EcdsaP256 => curve(&rcgen::PKCS_ECDSA_P256_SHA256, &ECDSA_P256_SHA256_ASN1_SIGNING, 32),
            KeyKind::EcdsaP384 => curve(&rcgen::PKCS_ECDSA_P384_SHA384, &ECDSA_P384_SHA384_ASN1_SIGNING, 48),
            KeyKind::Ed25519 | KeyKind::Rsa2048 | KeyKind::Rsa4096 => generate(kind).map(Self::from),
        }
    }

    /// As text.
    pub(super) fn private_pem(&self) -> String {
        pem::private_key(&self.private)
    }

    /// Whether it is an RSA key, which decides what it may be used for.
    pub(super) fn is_rsa(&self) -> bool {
        *self.algorithm == rcgen::PKCS_RSA_SHA256
    }
}

/// A new key on a curve with numbers of so many bytes. Its PKCS#8 ends with the public key, a point that is not compressed (SEC 1,
/// section 2.3.3).
fn curve(
    algorithm: &'static SignatureAlgorithm,
    signs: &'static EcdsaSigningAlgorithm,
    bytes: usize,
) -> Result<Certified, String> {
    let private = EcdsaKeyPair::generate_pkcs8(signs, &SystemRandom::new()).map_err(text)?.as_ref().to_vec();
    let public = private.split_at(private.len() - 2 * bytes - 1).1.to_vec();
    Ok(Certified { algorithm, public, private })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What reads the private key finds the public one that is certified.
    #[test]
    fn the_public_key_belongs_to_the_private_one() {
        for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Ed25519] {
            let made = Certified::generate(kind).unwrap();
            let read = read(&made.private_pem()).unwrap();
            assert_eq!(read.subject_public_key_info(), made.subject_public_key_info(), "{kind:?}");
            assert_eq!((read.algorithm(), is_rsa(&read)), (made.algorithm(), made.is_rsa()));
        }
    }
}
