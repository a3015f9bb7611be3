//! Keys and secrets taken out of texts that others will read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pki::issued::Issued;

/// What is put in their place.
const LEFT_OUT: &str = "[left out by kmodel]";

/// Secrets shorter than this would be found in words that are none.
const LEAST: usize = 8;

/// Texts that may stand nowhere.
pub struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Knows all that was issued, and private keys of any kind.
    pub fn new(issued: &Issued) -> Self {
        let plain = issued.secrets().filter(|secret| secret.len() >= LEAST);
        let both = plain.flat_map(|secret| [secret.to_owned(), STANDARD.encode(secret)]);
        let mut secrets: Vec<String> = both.collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        let text = encoded_keys(&keys(text));
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), LEFT_OUT))
    }
}

/// Without PEM blocks of private keys, however they are broken into lines. One without an end takes the rest with it.
fn keys(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(mark) = rest.find("PRIVATE KEY-----") {
        let start = rest[..mark].rfind("-----BEGIN").unwrap_or(mark);
        out.push_str(&rest[..start]);
        out.push_str(LEFT_OUT);
        let after = &rest[mark + "PRIVATE KEY-----".len()..];
        rest = match after.find("PRIVATE KEY-----") {
            Some(end) => &after[end + "PRIVATE KEY-----".len()..],
            None => "",
        };
    }
    out + rest
}

/// Without keys in base64, as in kubeconfigs.
fn encoded_keys(text: &str) -> String {
    const BEGIN: &str = "LS0tLS1CRUdJTi"; // -----BEGIN
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(BEGIN) {
        let token = &rest[start..];
        let end = token.find(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c))).unwrap_or(token.len());
        out.push_str(&rest[..start]);
        out.push_str(if is_key(&token[..end]) { LEFT_OUT } else { &token[..end] });
        rest = &token[end..];
    }
    out + rest
}

/// By its first line: a text that was cut off is one too.
fn is_key(token: &str) -> bool {
    let head = &token[..token.len().min(64) / 4 * 4];
    STANDARD.decode(head).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        Redactor { secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect() }
    }

    #[test]
    fn private_keys_are_left_out_and_certificates_are_not() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n";
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let text = format!("a\n{key}b\n{certificate}");
        assert_eq!(redactor(&[]).clean(&text), format!("a\n{LEFT_OUT}\nb\n{certificate}"));
        assert_eq!(redactor(&[]).clean("x -----BEGIN PRIVATE KEY-----\nMHc="), format!("x {LEFT_OUT}"));
        let (key, certificate) = (STANDARD.encode(key), STANDARD.encode(certificate));
        let text = format!("client-key-data: {key}\nclient-certificate-data: {certificate}\n");
        let clean = format!("client-key-data: {LEFT_OUT}\nclient-certificate-data: {certificate}\n");
        assert_eq!(redactor(&[]).clean(&text), clean);
    }

    #[test]
    fn secrets_of_the_cluster_are_left_out() {
        assert_eq!(redactor(&["hunter2hunter2"]).clean("pass hunter2hunter2!"), format!("pass {LEFT_OUT}!"));
    }
}
