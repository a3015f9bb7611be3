//! Reading a file of checksums as publishers write them.
//!
//! Forms: the digits alone (`kubelet.sha256`), lines of `sha256sum` (`SHA256SUMS`), lines of BSD (`SHA256 (NAME) = DIGITS`);
//! a signature around or below them is passed over.

use std::fmt::{self, Display, Formatter};

use crate::facts::hash::{Algorithm, Hash};
use crate::text::List;

/// Why a text does not give the checksum of a file. Reads on after the name of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoChecksum {
    Empty,
    /// A web page, such as the login of a proxy.
    Page,
    /// No line is a checksum.
    Other,
    /// It lists other files.
    Lacks {
        name: String,
        names: Vec<String>,
    },
    /// The digits are those of another algorithm, or were cut off.
    Length {
        found: usize,
        expected: Vec<Algorithm>,
    },
    /// The file is listed twice with different checksums.
    Twice(String),
}

/// The checksum of the file at `url` in the text of a list, whose own URL is `list`.
pub(crate) fn checksum(text: &str, list: &str, url: &str) -> Result<Hash, NoChecksum> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(NoChecksum::Empty);
    }
    if text.starts_with('<') {
        return Err(NoChecksum::Page);
    }
    let name = file_name(url);
    let digits = digits(text, name)?;
    let expected = algorithms(file_name(list));
    let hash = Hash::of_digits(digits).filter(|hash| expected.contains(&hash.algorithm()));
    hash.ok_or(NoChecksum::Length { found: digits.len(), expected })
}

/// The digits that are listed for a file.
fn digits<'t>(text: &'t str, name: &str) -> Result<&'t str, NoChecksum> {
    if !text.contains(char::is_whitespace) && is_digits(text) {
        return Ok(text);
    }
    let lines: Vec<_> = text.lines().filter_map(line).collect();
    if lines.is_empty() {
        return Err(NoChecksum::Other);
    }
    let mut found = lines.iter().filter(|(_, listed)| file_name(listed) == name).map(|(digits, _)| *digits);
    let Some(first) = found.next() else {
        let names = lines.iter().map(|(_, listed)| (*listed).to_owned()).collect();
        return Err(NoChecksum::Lacks { name: name.to_owned(), names });
    };
    match found.all(|digits| digits.eq_ignore_ascii_case(first)) {
        true => Ok(first),
        false => Err(NoChecksum::Twice(name.to_owned())),
    }
}

/// The digits and the name of one line, if it is one of a list.
fn line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if let Some((before, digits)) = line.rsplit_once(") = ") {
        let (_, name) = before.split_once(" (")?;
        return is_digits(digits).then_some((digits, name));
    }
    let (digits, name) = line.split_once(char::is_whitespace)?;
    let name = name.trim_start().trim_start_matches('*');
    (is_digits(digits) && !name.is_empty()).then_some((digits, name))
}

/// Whether a word could be a checksum: the shortest that publishers list is MD5.
fn is_digits(word: &str) -> bool {
    word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The last part of a path or URL.
fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rsplit('/').next().unwrap_or(path)
}

/// The algorithms that a list can have: that of its name, or both.
fn algorithms(list: &str) -> Vec<Algorithm> {
    let name = list.to_ascii_lowercase();
    let all = vec![Algorithm::Sha256, Algorithm::Sha512];
    let named: Vec<_> = all.iter().copied().filter(|algorithm| name.contains(algorithm.name())).collect();
    if named.is_empty() { all } else { named }
}

impl NoChecksum {
    /// What to do about the list at a URL.
    pub(super) fn help(&self, list: &str) -> String {
        match self {
            Self::Page | Self::Other => {
                "open it in a browser: a proxy may have answered in place of the server; set HTTPS_PROXY, or pass \
                `--from` with a mirror"
                    .to_owned()
            }
            Self::Lacks { names, .. } => {
                format!("it lists {}; this version may not exist for this architecture", List::of(names).most(6))
            }
            Self::Empty | Self::Length { .. } => format!("download `{list}` again: it may have been cut off"),
            Self::Twice(_) => "ask its publisher which one holds".to_owned(),
        }
    }
}

impl Display for NoChecksum {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Page => f.write_str("is a web page, not a list of checksums"),
            Self::Other => f.write_str("is not a list of checksums"),
            Self::Lacks { name, .. } => write!(f, "does not list `{name}`"),
            Self::Twice(name) => write!(f, "lists `{name}` twice with different checksums"),
            Self::Length { found, expected } => {
                let one = |algorithm: &Algorithm| format!("{} (SHA-{})", algorithm.digits(), &algorithm.name()[3..]);
                let expected: Vec<_> = expected.iter().map(one).collect();
                write!(f, "has a checksum of {found} hexadecimal digits, expected {}", List::of(&expected).or())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.org/v1.2.3/tool-linux-amd64.tar.gz";

    fn short() -> String {
        "aB".repeat(32)
    }

    #[test]
    fn every_form_of_publishers_is_read() {
        let (short, long, other) = (short(), "c4".repeat(64), "0".repeat(64));
        for text in [
            short.clone(),
            format!("{short}\n"),
            format!("\u{feff}{short}\r\n"),
            format!("{short}  tool-linux-amd64.tar.gz\n"),
            format!("{other}  tool-linux-arm64.tar.gz\r\n{short} *tool-linux-amd64.tar.gz\r\n"),
            format!("{short}\ttool-linux-amd64.tar.gz"),
            format!("{short}  ./release/tool-linux-amd64.tar.gz"),
            format!("SHA256 (tool-linux-amd64.tar.gz) = {short}\nSHA256 (b) = {other}"),
            format!("{short}  tool-linux-amd64.tar.gz\n{short}  tool-linux-amd64.tar.gz"),
            format!(
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{short}  tool-linux-amd64.tar.gz\n\
                 -----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----"
            ),
        ] {
            let hash = checksum(&text, "https://example.org/SHA256SUMS", URL);
            assert_eq!(hash.map(String::from), Ok(format!("sha256:{}", short.to_lowercase())), "{text}");
        }
        let hash = checksum(&long, "https://example.org/tool.sha512", URL).map(String::from);
        assert_eq!(hash, Ok(format!("sha512:{long}")));
        assert!(checksum(&long, "https://example.org/checksums.txt", URL).is_ok());
    }

    #[test]
    fn what_is_not_a_checksum_of_the_file_is_told_apart() {
        let short = short();
        let said = |text: &str, list: &str| checksum(text, list, URL).expect_err(text).to_string();
        for (text, list, why) in [
            (" \n", "a.sha256", "is empty"),
            ("<!DOCTYPE html><p>Sign in", "a.sha256", "is a web page, not a list of checksums"),
            ("404: not found", "a.sha256", "is not a list of checksums"),
            (&short[1..], "a.sha256", "has a checksum of 63 hexadecimal digits, expected 64 (SHA-256)"),
            (&short, "a.sha512", "has a checksum of 64 hexadecimal digits, expected 128 (SHA-512)"),
            (
                &"0".repeat(40),
                "sums.txt",
                "has a checksum of 40 hexadecimal digits, expected 64 (SHA-256) or 128 (SHA-512)",
            ),
            (&format!("{short}  tool"), "SHA256SUMS", "does not list `tool-linux-amd64.tar.gz`"),
            (&format!("{short}  xtool-linux-amd64.tar.gz"), "SHA256SUMS", "does not list `tool-linux-amd64.tar.gz`"),
            (
                &format!("{short}  tool-linux-amd64.tar.gz\n{}  tool-linux-amd64.tar.gz", "1".repeat(64)),
                "SHA256SUMS",
                "lists `tool-linux-amd64.tar.gz` twice with different checksums",
            ),
            (
                &format!("{}  tool-linux-amd64.tar.gz", &short[..50]),
                "SHA256SUMS",
                "has a checksum of 50 hexadecimal digits, expected 64 (SHA-256)",
            ),
        ] {
            assert_eq!(said(text, list), why, "{text}");
        }
    }
}
