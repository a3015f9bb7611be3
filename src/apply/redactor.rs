//! Redaction of keys and secrets from texts that are shared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pki::issued::Issued;

/// The replacement.
const REDACTED: &str = "[redacted by kmodel]";

/// Shorter secrets would match in ordinary words.
const LEAST: usize = 8;

/// The texts to redact.
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Redacts all issued keys and secrets, and private keys of any kind.
    pub(crate) fn new(issued: &Issued) -> Self {
        Self::of(issued.secrets())
    }

    /// Knows each of these texts, as it is and in base64, as Kubernetes shows Secrets.
    fn of<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let plain = secrets.filter(|secret| secret.len() >= LEAST);
        let both = plain.flat_map(|secret| [secret.to_owned(), STANDARD.encode(secret)]);
        let mut secrets: Vec<String> = both.collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The redacted text.
    pub(crate) fn clean(&self, text: &str) -> String {
        let text = encoded_keys(&keys(text));
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), REDACTED))
    }
}

/// Redacts PEM blocks of private keys, however they are wrapped. An unterminated block extends to the end.
fn keys(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(mark) = rest.find("PRIVATE KEY-----") {
        let start = rest[..mark].rfind("-----BEGIN").unwrap_or(mark);
        out.push_str(&rest[..start]);
        out.push_str(REDACTED);
        let after = &rest[mark + "PRIVATE KEY-----".len()..];
        rest = match after.find("PRIVATE KEY-----") {
            Some(end) => &after[end + "PRIVATE KEY-----".len()..],
            None => "",
        };
    }
    out + rest
}

/// Redacts keys in base64, as in kubeconfigs.
fn encoded_keys(text: &str) -> String {
    const BEGIN: &str = "LS0tLS1CRUdJTi"; // -----BEGIN
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(BEGIN) {
        let token = &rest[start..];
        let end = token.find(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c))).unwrap_or(token.len());
        out.push_str(&rest[..start]);
        out.push_str(if is_key(&token[..end]) { REDACTED } else { &token[..end] });
        rest = &token[end..];
    }
    out + rest
}

/// Known by its first line, so that a truncated key counts too.
fn is_key(token: &str) -> bool {
    let head = &token[..token.len().min(64) / 4 * 4];
    STANDARD.decode(head).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        Redactor::of(secrets.iter().copied())
    }

    #[test]
    fn private_keys_are_left_out_and_certificates_are_not() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n";
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let text = format!("a\n{key}b\n{certificate}");
        assert_eq!(redactor(&[]).clean(&text), format!("a\n{REDACTED}\nb\n{certificate}"));
        assert_eq!(redactor(&[]).clean("x -----BEGIN PRIVATE KEY-----\nMHc="), format!("x {REDACTED}"));
        let (key, certificate) = (STANDARD.encode(key), STANDARD.encode(certificate));
        let text = format!("client-key-data: {key}\nclient-certificate-data: {certificate}\n");
        let clean = format!("client-key-data: {REDACTED}\nclient-certificate-data: {certificate}\n");
        assert_eq!(redactor(&[]).clean(&text), clean);
    }

    #[test]
    fn secrets_of_the_cluster_are_left_out() {
        assert_eq!(redactor(&["hunter2hunter2"]).clean("pass hunter2hunter2!"), format!("pass {REDACTED}!"));
    }

    #[test]
    fn secrets_in_base64_are_left_out() {
        let text = format!("data: {{ token: {} }}", STANDARD.encode("hunter2hunter2"));
        assert_eq!(redactor(&["hunter2hunter2"]).clean(&text), format!("data: {{ token: {REDACTED} }}"));
    }

    #[test]
    fn the_longer_of_two_secrets_is_left_out_as_a_whole() {
        let both = redactor(&["hunter2hunter2", "hunter2hunter2-and-more"]);
        assert_eq!(both.clean("hunter2hunter2-and-more"), REDACTED);
    }

    #[test]
    fn short_words_stay() {
        assert_eq!(redactor(&["running"]).clean("it is running"), "it is running");
        assert_eq!(redactor(&["12345678"]).clean("12345678"), REDACTED);
    }
}
