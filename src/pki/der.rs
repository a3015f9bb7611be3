//! The little of DER that is needed beside rcgen.
//!
//! rcgen's names hold one value for each type. A subject with several organisations, and the subject of an operator's
//! authority (which must come back byte for byte, for verifiers compare names as bytes), are therefore written here and put
//! in the place of rcgen's.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;

/// 2.5.4.3 and 2.5.4.10, with tag and length (RFC 5280, appendix A.1).
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x06, 3, 0x55, 4, 10];

/// `version INTEGER 0`, with which a PKCS#8 key begins (RFC 5208).
const VERSION_0: &[u8] = &[0x02, 1, 0];

/// The algorithms of keys: `rsaEncryption NULL`, `ecPublicKey` with its curve, `id-Ed25519` (RFC 8410).
pub(super) const ED25519: &[u8] = &[0x30, 5, 0x06, 3, 0x2b, 101, 112];
pub(super) const RSA: &[u8] = &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0];
pub(super) const P256: &[u8] =
    &[0x30, 19, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
pub(super) const P384: &[u8] = &[0x30, 16, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 5, 0x2b, 0x81, 4, 0, 34];

/// Names that take the place of those in a certificate.
#[derive(Clone, Copy, Default)]
pub(super) struct Names<'a> {
    pub issuer: Option<&'a [u8]>,
    pub subject: Option<&'a [u8]>,
}

/// A subject: the organisations in their order, then the common name, each a part of its own.
pub(super) fn subject(org: &[String], cn: &str) -> Vec<u8> {
    let organizations = org.iter().map(|value| attribute(ORGANIZATION, value));
    let parts: Vec<_> = organizations.chain([attribute(COMMON_NAME, cn)]).collect();
    wrap(SEQUENCE, &[&parts.concat()])
}

fn attribute(kind: &[u8], value: &str) -> Vec<u8> {
    wrap(SET, &[&wrap(SEQUENCE, &[kind, &wrap(UTF8_STRING, &[value.as_bytes()])])])
}

/// A PKCS#8 key around what its algorithm calls a key: PKCS#1, SEC1, or an octet string.
pub(super) fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[VERSION_0, algorithm, &wrap(OCTET_STRING, &[key])])
}

/// The part of a certificate that is signed, with other names in it, and the signature's algorithm.
///
/// `None` if it is not a certificate of version 3.
pub(super) fn renamed<'a>(certificate: &'a [u8], names: Names<'_>) -> Option<(Vec<u8>, &'a [u8])> {
    let (signed, after) = split(content(certificate)?)?;
    let (algorithm, _) = split(after)?;
    let mut fields = parts(content(signed)?)?;
    // version, serial, algorithm, issuer, validity, subject (RFC 5280, section 4.1)
    put(&mut fields, 3, names.issuer)?;
    put(&mut fields, 5, names.subject)?;
    Some((wrap(SEQUENCE, &fields), algorithm))
}

fn put<'a>(fields: &mut [&'a [u8]], at: usize, name: Option<&'a [u8]>) -> Option<()> {
    let field = fields.get_mut(at)?;
    *field = name.unwrap_or(field);
    Some(())
}

/// A certificate of its signed part, the algorithm and the signature.
pub(super) fn certificate(signed: &[u8], algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[signed, algorithm, &wrap(BIT_STRING, &[&[0], signature])])
}

/// Bytes as an octet string, which is what an Ed25519 key is inside PKCS#8.
pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    wrap(OCTET_STRING, &[bytes])
}

fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut all = vec![tag];
    match content.len() {
        short @ 0..=0x7f => all.push(short as u8),
        long => {
            let bytes = long.to_be_bytes();
            let bytes = &bytes[long.leading_zeros() as usize / 8..];
            all.push(0x80 | bytes.len() as u8);
            all.extend(bytes);
        }
    }
    all.extend(content);
    all
}

/// The first value with its tag and length, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (start, length) = header(bytes)?;
    bytes.split_at_checked(start.checked_add(length)?)
}

fn content(value: &[u8]) -> Option<&[u8]> {
    let (start, length) = header(value)?;
    value.get(start..start.checked_add(length)?)
}

fn parts(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (first, rest) = split(bytes)?;
        all.push(first);
        bytes = rest;
    }
    Some(all)
}

/// Where the content begins and how long it is.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.get(1)? {
        short @ 0..=0x7f => Some((2, usize::from(short))),
        long => {
            let end = 2 + usize::from(long & 0x7f);
            let digits = bytes.get(2..end).filter(|digits| digits.len() <= 4)?;
            Some((end, digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lengths_come_back() {
        for length in [0, 127, 128, 255, 256, 70_000] {
            let value = wrap(OCTET_STRING, &[&vec![7; length]]);
            assert_eq!(content(&value).unwrap().len(), length);
            assert_eq!(split(&value).unwrap(), (&value[..], &[][..]));
        }
    }

    #[test]
    fn cut_text_is_no_certificate() {
        let value = wrap(SEQUENCE, &[&wrap(SEQUENCE, &[&[2, 1, 0]])]);
        for end in 0..=value.len() {
            assert!(renamed(&value[..end], Names::default()).is_none());
        }
    }
}
