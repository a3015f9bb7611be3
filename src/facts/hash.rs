//! A checksum with its algorithm: `sha256:` or `sha512:`, and its digits.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};

/// SHA-256 or SHA-512. Weaker algorithms are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    /// As it is written before the digits.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits its checksums have.
    pub const fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// `sha256:` and 64 hexadecimal digits, or `sha512:` and 128; in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(String);

impl Hash {
    /// The checksum with these digits, if an algorithm has as many.
    pub fn of_digits(digits: &str) -> Option<Self> {
        let all = [Algorithm::Sha256, Algorithm::Sha512];
        let algorithm = all.into_iter().find(|algorithm| algorithm.digits() == digits.len())?;
        format!("{}:{digits}", algorithm.name()).parse().ok()
    }

    /// The checksum of all that a reader gives, of which nothing is kept.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of(reader: impl Read, algorithm: Algorithm) -> io::Result<Self> {
        let digits = match algorithm {
            Algorithm::Sha256 => digits::<Sha256>(reader)?,
            Algorithm::Sha512 => digits::<Sha512>(reader)?,
        };
        Ok(Self(format!("{}:{digits}", algorithm.name())))
    }

    pub fn algorithm(&self) -> Algorithm {
        if self.0.starts_with("sha512:") { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digits<D: Digest>(mut reader: impl Read) -> io::Result<String> {
    let (mut digest, mut buffer) = (D::new(), vec![0; 1 << 16]);
    loop {
        match reader.read(&mut buffer)? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_hex = |digits: &str, length| digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match text.split_once(':') {
            Some(("sha256", digits)) if is_hex(digits, 64) => Ok(Self(text.to_ascii_lowercase())),
            Some(("sha512", digits)) if is_hex(digits, 128) => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(format!("`{}` is not a SHA-256 or SHA-512 checksum", text.escape_debug())),
        }
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_has_its_algorithm_and_all_its_digits() {
        let (short, long) = ("aF09".repeat(16), "0".repeat(128));
        for text in [format!("sha256:{short}"), format!("sha512:{long}")] {
            let hash: Hash = text.parse().expect("a checksum");
            assert_eq!(hash.as_str(), text.to_lowercase());
            let (name, digits) = (hash.algorithm().name(), hash.algorithm().digits());
            assert_eq!((name.len(), digits), (text.find(':').unwrap(), text.len() - 7));
        }
        let wrong = format!("md5:{}", "0".repeat(32));
        let others =
            [format!("sha256:{long}"), format!("sha256:{}é", &short[2..]), format!("sha256:{}", "x".repeat(64))];
        let plain = ["", "xyz", "sha256:1111", "../../etc/passwd", &wrong, &short];
        for text in plain.into_iter().chain(others.iter().map(|s| &**s)) {
            assert!(text.parse::<Hash>().is_err(), "{text}");
        }
    }

    #[test]
    fn digits_alone_tell_the_algorithm() {
        assert_eq!(Hash::of_digits(&"A".repeat(64)).map(String::from), Some(format!("sha256:{}", "a".repeat(64))));
        assert_eq!(Hash::of_digits(&"0".repeat(128)).map(|hash| hash.algorithm()), Some(Algorithm::Sha512));
        for length in [0, 32, 40, 63, 65, 127] {
            assert_eq!(Hash::of_digits(&"0".repeat(length)), None, "{length}");
        }
        assert_eq!(Hash::of_digits(&"x".repeat(64)), None);
    }
}
