//! Hashes of files as `sha256sum` and `sha512sum` print them.
//!
//! An operator who builds releases, or checks them some other way, gives their hashes with the model: they are trusted
//! because they are part of it, and never because they lie beside the files.

use std::collections::BTreeMap;

/// The hash of each file, by its path in the mirror: `dl.k8s.io/v1.34.8/kubernetes-server-linux-amd64.tar.gz`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums(BTreeMap<String, String>);

/// Why a text is not a list of checksums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Counted from 1.
    pub line: usize,
    pub why: String,
}

impl Checksums {
    /// Reads lines of a hash in hexadecimal digits, two spaces (or a space and `*`), and a path. Empty lines and those
    /// that begin with `#` are comments; a leading `./` is not part of a path.
    ///
    /// # Errors
    /// The first line that is not a checksum, or that lists a path again with another one.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut hashes = BTreeMap::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let malformed = |why: String| Malformed { line: place + 1, why };
            let (hash, path) = entry(line).map_err(malformed)?;
            if hashes.get(path).is_some_and(|known| *known != hash) {
                return Err(malformed(format!("`{path}` is listed twice with different checksums")));
            }
            hashes.insert(path.to_owned(), hash);
        }
        Ok(Self(hashes))
    }

    /// The hash of a file, as `sha256:...` or `sha512:...`.
    pub fn of(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }
}

fn entry(line: &str) -> Result<(String, &str), String> {
    let (hex, rest) = line.split_once(' ').ok_or("expected a path after the checksum")?;
    let kind = match hex.len() {
        64 => "sha256",
        128 => "sha512",
        digits => return Err(format!("expected 64 hexadecimal digits (SHA-256) or 128 (SHA-512), found {digits}")),
    };
    if !hex.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err("expected hexadecimal digits".to_owned());
    }
    let path = rest.strip_prefix([' ', '*']).ok_or("expected two spaces between the checksum and the path")?;
    let path = path.strip_prefix("./").unwrap_or(path);
    if path.is_empty() {
        return Err("expected a path after the checksum".to_owned());
    }
    Ok((format!("{kind}:{}", hex.to_ascii_lowercase()), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tools_print_is_read() {
        let (short, long) = ("A1".repeat(32), "b2".repeat(64));
        let text = format!("# ours\n{short}  ./dl.k8s.io/a.tar.gz\r\n\n{long} *dl.k8s.io/b c\n");
        let hashes = Checksums::parse(&text).unwrap();
        assert_eq!(hashes.of("dl.k8s.io/a.tar.gz"), Some(&*format!("sha256:{}", "a1".repeat(32))));
        assert_eq!(hashes.of("dl.k8s.io/b c"), Some(&*format!("sha512:{long}")));
        assert_eq!(hashes.of("dl.k8s.io/c"), None);
    }

    #[test]
    fn what_is_no_hash_is_refused_with_its_line() {
        let hash = "0".repeat(64);
        let other = "1".repeat(64);
        for (text, line) in [
            ("abc  file".to_owned(), 1),
            (format!("{}  file", "x".repeat(64)), 1),
            (format!("\n{hash} file"), 2),
            (hash.clone(), 1),
            (format!("{hash}  "), 1),
            (format!("{hash}  ./"), 1),
            (format!("{hash}  file\n{other}  file"), 2),
        ] {
            assert_eq!(Checksums::parse(&text).expect_err(&text).line, line, "{text}");
        }
    }
}
