//! Random secrets.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::pki::entry::Secret;
use crate::pki::error::PkiError;
use crate::pki::issued::{Issued, Made, Private};
use crate::pki::pem;
use crate::pki::spec::{Encoding, Request, SecretSpec};
use crate::pki::store::Store;
use crate::text::Count;

/// A longer one is a mistake.
const MOST: u32 = 1 << 20;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Has all secrets.
pub(super) fn issue(request: &Request, store: &mut Store, issued: &mut Issued) -> Result<(), PkiError> {
    for spec in &request.secrets {
        let (value, made) = secret(spec, store)?;
        if made == Made::New {
            store.put_secret(Secret { spec: spec.clone(), value: value.clone() });
        }
        issued.count(made);
        issued.secrets.push(value);
    }
    Ok(())
}

fn secret(spec: &SecretSpec, store: &Store) -> Result<(Private, Made), PkiError> {
    match store.secret(&spec.name) {
        Some(held) if held.spec == *spec => Ok((held.value.clone(), Made::Kept)),
        Some(held) => Err(changed(spec, &held.spec, store)),
        None => {
            make(spec).map(|value| (value.into(), Made::New)).map_err(|reason| PkiError::making(&spec.name, reason))
        }
    }
}

/// Data may be encrypted with it: another value would lose that.
fn changed(spec: &SecretSpec, held: &SecretSpec, store: &Store) -> PkiError {
    let [held, wanted] =
        [held, spec].map(|spec| format!("{} as {:?}", Count(spec.bytes, "byte"), spec.encoding).to_lowercase());
    PkiError::Rotation { path: store.secrets_path(), what: "secret", name: spec.name.to_string(), held, wanted }
}

fn make(spec: &SecretSpec) -> Result<String, String> {
    if spec.bytes > MOST {
        return Err(format!("a secret can have at most {MOST} bytes"));
    }
    let text = match spec.encoding {
        Encoding::Base64 => random(spec.bytes as usize).map(|bytes| BASE64_STANDARD.encode(bytes)),
        Encoding::Hex => random(spec.bytes as usize).map(|bytes| pem::hex(&bytes)),
        Encoding::Alnum => letters(spec.bytes as usize),
    };
    text.map_err(|error| error.to_string())
}

fn random(count: usize) -> Result<Vec<u8>, getrandom::Error> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn letters(count: usize) -> Result<String, getrandom::Error> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        // Bytes from 248 on are thrown away, so that each of the 62 letters is equally likely.
        let fair = random(count)?.into_iter().filter(|byte| *byte < 248);
        text.extend(fair.take(count - text.len()).map(|byte| char::from(LETTERS[usize::from(byte) % 62])));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoding: Encoding) -> String {
        make(&SecretSpec { name: "s".into(), bytes: 33, encoding }).unwrap()
    }

    #[test]
    fn secrets_have_the_length_asked_for() {
        assert_eq!(
            [Encoding::Base64, Encoding::Hex, Encoding::Alnum].map(|encoding| text(encoding).len()),
            [44, 66, 33]
        );
    }

    #[test]
    fn letters_are_letters_and_digits() {
        assert!(letters(5000).unwrap().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(letters(0).unwrap(), "");
    }

    #[test]
    fn a_secret_without_end_is_refused() {
        assert!(make(&SecretSpec { name: "s".into(), bytes: u32::MAX, encoding: Encoding::Hex }).is_err());
    }
}
