//! Where private keys, tokens and passwords are in a text.

use std::ops::Range;

use super::{DEPTH, MARKS, RUN, SHORTEST, decode, is_base64, is_below, is_kubeconfig, is_secret_line, is_token, words};

/// The last words of setting names whose values are secret.
const NAMES: [&str; 7] = ["password", "passwd", "passphrase", "token", "secret", "pass", "apikey"];

/// The range of each; none is longer than its line.
pub fn places(text: &str) -> Vec<Range<usize>> {
    let (of_kubeconfig, mut in_pem, mut at) = (is_kubeconfig(text), false, 0);
    let mut list = Vec::new();
    for line in text.split_inclusive('\n') {
        let (own, key) = (line.trim_end(), in_pem);
        let begins = pem(own);
        in_pem = (in_pem || begins.is_some()) && !own.contains("-----END ") && !own.contains("---- END ");
        let found = match begins {
            Some(begin) => whole(begin, own),
            None if key => whole(0, own),
            None => in_line(own, of_kubeconfig),
        };
        list.extend(found.into_iter().filter(|range| !range.is_empty()).map(|range| at + range.start..at + range.end));
        at += line.len();
    }
    if list.is_empty() && wraps_a_key(text) { whole(0, text) } else { list }
}

/// All of a text from a place on.
fn whole(from: usize, text: &str) -> Vec<Range<usize>> {
    std::iter::once(from..text.len()).collect()
}

/// Where the data of a private key begins that begins on this line.
fn pem(line: &str) -> Option<usize> {
    let begin = line.find("-----BEGIN ").or_else(|| line.find("---- BEGIN "))?;
    let label = &line[begin..];
    let end = label.find("PRIVATE KEY")?;
    let dashes = label[end..].find("----").map_or(label.len(), |dashes| end + dashes);
    Some(begin + dashes + label[dashes..].bytes().take_while(|byte| *byte == b'-').count())
}

fn in_line(line: &str, of_kubeconfig: bool) -> Vec<Range<usize>> {
    let range = |part: &str| {
        let start = part.as_ptr() as usize - line.as_ptr() as usize;
        start..start + part.len()
    };
    let marks = MARKS.iter().filter_map(|mark| line.find(mark).map(|at| at..line.len()));
    let tokens = words(line).filter(|word| is_token(word)).map(range);
    let runs = line.split(|c: char| !c.is_ascii() || !is_base64(c as u8)).filter(|run| run.len() >= RUN);
    let hides = |run: &&str| {
        let inner = decode(run).and_then(|bytes| String::from_utf8(bytes).ok());
        inner.is_some_and(|inner| is_below(&inner, DEPTH - 1))
    };
    let values = values(line).enumerate();
    let secret =
        values.filter(|(place, (name, _))| is_named(name) || *place == 0 && is_secret_line(line, || of_kubeconfig));
    marks.chain(tokens).chain(runs.filter(hides).map(range)).chain(secret.map(|(_, (_, value))| range(value))).collect()
}

/// Whether a key says that its value is a secret.
fn is_named(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(['-', '_', '.']).next().unwrap_or_default();
    NAMES.contains(&last) || NAMES.iter().take(3).any(|word| lower.ends_with(word))
}

/// Each key of a line with its value, if it is a literal one. What every value ends in is looked for once: a line may have as many of them
/// as it has characters.
fn values(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let line = line.trim_end();
    let last_break = line.rfind([' ', '(']).unwrap_or_default();
    let bare_end = line.trim_end_matches([',', '}']).len();
    line.match_indices(['=', ':']).filter_map(move |(at, _)| {
        let name = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let name = name.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).next().unwrap_or_default();
        let value = line[at + 1..].trim_start();
        let start = line.len() - value.len();
        let bare = if last_break > start { None } else { Some(line.get(start..bare_end).unwrap_or_default()) };
        Some((name.trim_start_matches('-'), literal(value, bare)?))
    })
}

/// The text inside quotes, or a bare word that is not an expression.
fn literal<'l>(value: &'l str, bare: Option<&'l str>) -> Option<&'l str> {
    let inside = match value.chars().next()? {
        quote @ ('"' | '\'') => {
            let mut escaped = false;
            let end = value[1..].find(|c: char| {
                let ends = c == quote && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            &value[1..end.map_or(value.len(), |end| end + 1)]
        }
        _ if value == "true" || value == "false" => return None,
        _ => bare?,
    };
    (inside.len() > 3 && !inside.starts_with(['/', '$', '<', '{', '[', '(', '&', '*', '|'])).then_some(inside)
}

/// Whether a text is nothing but a private key in base64, on several lines.
fn wraps_a_key(text: &str) -> bool {
    let whole: String = text.split_whitespace().collect();
    whole.len() >= SHORTEST
        && whole.bytes().all(is_base64)
        && decode(&whole)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|inner| is_below(&inner, DEPTH - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        places(text).into_iter().for_each(|range| bytes[range].fill(b'*'));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn keys_tokens_and_passwords_are_found() {
        let pem = "a\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFakeFakeFake\n-----END EC PRIVATE KEY-----\nb\n";
        let hidden = shown(pem);
        assert!(
            hidden.starts_with("a\n-----BEGIN EC PRIVATE KEY-----\n*****") && hidden.ends_with("*\nb\n"),
            "{hidden}"
        );
        assert!(!hidden.contains("MHcC"), "{hidden}");
        for (line, expected) in [
            ("DB_PASSWORD=hunter22", "DB_PASSWORD=********"),
            ("  auth_pass: \"hunter22\"", "  auth_pass: \"********\""),
            ("  adminPassword: hunter22", "  adminPassword: ********"),
            ("Authorization: Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJlc2lnbmF0dXJl", "Authorization: Bearer "),
            ("x ghp_0123456789abcdefghijklmnopqrstuvwxyzAB", "x *****"),
            ("tokenFile: /etc/token", "tokenFile: /etc/token"),
            ("token-auth-file=/etc/tokens.csv", "token-auth-file=/etc/tokens.csv"),
            ("password = pass.value(x)", "password = pass.value(x)"),
            ("secret:", "secret:"),
            (
                "{ name = \"shown\", token = \"a\\\"bcd\", other = \"shown\" }",
                "{ name = \"shown\", token = \"******\", other = \"shown\" }",
            ),
            ("--password=hunter22", "--password=********"),
            ("cluster: secret-cluster", "cluster: secret-cluster"),
        ] {
            assert!(shown(line).starts_with(expected), "{}", shown(line));
        }
        assert!(!shown("Authorization: Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJlc2lnbmF0dXJl").contains("eyJ"));
        let inner = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem);
        assert!(shown(&format!("client-key-data: {inner}")).starts_with("client-key-data: ***"));
    }
}
