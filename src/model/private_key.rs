//! Texts that hold a private key or a token, by the forms in which programs write them. Such a text is a secret wherever it
//! comes from: a file that is read, a template, a literal.
//!
//! PEM is RFC 7468, where every label of a private key ends in `PRIVATE KEY`; OpenPGP's is RFC 4880, section 6.2. The others
//! are those of age, PuTTY, RFC 7515 (tokens of service accounts), systemd.netdev(5), the bootstrap tokens of kubeadm, and what
//! the services write about the prefixes of their tokens.

use std::cell::LazyCell;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::Value;

mod place;

pub use place::places;

/// What no public text has in it.
const MARKS: &[&str] = &["AGE-SECRET-KEY-1", "AGE-PLUGIN-", "PuTTY-User-Key-File-", "\"private_key\": \"-----BEGIN"];

/// How tokens begin, and how many letters, digits, `-` and `_` follow at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("ghr_", 36),
    ("github_pat_", 50),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("hvs.", 24),
    ("dop_v1_", 64),
    ("glsa_", 32),
    ("npm_", 36),
    ("sk_live_", 24),
    ("xapp-", 20),
    ("hvb.", 24),
];

/// The shortest text that can hold a private key or a token.
const SHORTEST: usize = 20;

/// The shortest run of base64 on one line that is looked into.
const RUN: usize = 40;

/// How often a text may be in base64: a kubeconfig in a cloud-config has its key in twice.
const DEPTH: u32 = 3;

/// The value, which is a secret if its text holds a private key.
pub fn guarded(value: Value) -> Value {
    match &value {
        Value::Text(text) if is_in(text) => Value::Secret(value.into()),
        _ => value,
    }
}

/// Whether a private key or a token is in a text.
pub fn is_in(text: &str) -> bool {
    is_below(text, DEPTH)
}

fn is_below(text: &str, depth: u32) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    // Most texts lack what each form begins with, and every text that is computed comes by here.
    let known = Characters::of(text);
    known.has(b'B') && has_pem(text)
        || MARKS.iter().any(|mark| known.has(mark.as_bytes()[0]) && text.contains(mark))
        || known.word >= SHORTEST && known.has_any(b"_-.") && words(text).any(is_token)
        || known.has_any(b"=:") && has_secret_line(text)
        || known.has(b'"') && has_login(text)
        || depth > 0
            && (text.len() >= RUN || known.has(b'\n'))
            && decoded(text).any(|inner| is_below(&inner, depth - 1))
}

/// Which characters of ASCII a text has.
struct Characters {
    set: u128,
    /// The most bytes between two that end a word of ASCII: no word is longer.
    word: usize,
}

impl Characters {
    fn of(text: &str) -> Self {
        let (mut set, mut word, mut longest) = (0, 0, 0);
        for byte in text.bytes() {
            let bit = if byte.is_ascii() { 1_u128 << byte } else { 0 };
            set |= bit;
            word = if bit & ENDS == 0 { word + 1 } else { 0 };
            longest = longest.max(word);
        }
        Self { set, word: longest }
    }

    fn has(&self, character: u8) -> bool {
        self.set >> character & 1 == 1
    }

    fn has_any(&self, characters: &[u8]) -> bool {
        characters.iter().any(|character| self.has(*character))
    }
}

/// `-----BEGIN RSA PRIVATE KEY-----`, also of OpenSSH, of SSH2 and of OpenPGP.
fn has_pem(text: &str) -> bool {
    text.match_indices("-----BEGIN ").chain(text.match_indices("---- BEGIN ")).any(|(at, begin)| {
        let label = text[at + begin.len()..].split(['-', '\n']).next().unwrap_or_default().trim_end();
        // A sentence about keys has no data below it.
        (label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")) && has_data(&text[at + begin.len()..])
    })
}

/// Whether at least one line of base64 follows the line that begins a key; in JSON its line breaks are `\n`.
fn has_data(rest: &str) -> bool {
    let body = rest.split_once("---").map_or("", |(_, body)| body).trim_start_matches('-');
    let body = body.replace("\\n", "\n");
    let lines = body.lines().map(|line| line.trim().trim_matches('"')).filter(|line| !line.is_empty()).take(6);
    lines.take_while(|line| !line.starts_with("---")).any(|line| line.len() >= 16 && line.bytes().all(is_base64))
}

/// What ends a word, beside white space.
const PUNCTUATION: &str = "\"'`,;=:@/()[]{}<>";

/// What ends a word, as far as it is of ASCII.
const ENDS: u128 = {
    let (mut set, mut place) = (1_u128 << b' ' | 1 << b'\t' | 1 << b'\n' | 1 << 0xb | 1 << 0xc | 1 << b'\r', 0);
    while place < PUNCTUATION.len() {
        set |= 1 << PUNCTUATION.as_bytes()[place];
        place += 1;
    }
    set
};

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || PUNCTUATION.contains(c)).filter(|word| word.len() >= SHORTEST)
}

fn is_token(word: &str) -> bool {
    let of = |(begin, least): &(&str, usize)| {
        word.strip_prefix(begin).is_some_and(|rest| {
            rest.len() >= *least && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        })
    };
    TOKENS.iter().any(of) || is_web_token(word)
}

/// `eyJ....eyJ....`, and a signature.
fn is_web_token(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_object = |part: Option<&str>| part.is_some_and(|part| part.starts_with("eyJ") && part.len() > 8);
    is_object(parts.next()) && is_object(parts.next()) && parts.next().is_some_and(|part| part.len() > 20)
}

fn has_secret_line(text: &str) -> bool {
    // Few texts have a line for which it matters.
    let of_kubeconfig = LazyCell::new(|| is_kubeconfig(text));
    text.lines().any(|line| is_secret_line(line, || *of_kubeconfig))
}

fn is_kubeconfig(text: &str) -> bool {
    ["kind: Config\n", "\"kind\": \"Config\"", "\"kind\":\"Config\""].iter().any(|mark| text.contains(mark))
}

/// A key of WireGuard, of an encryption provider or of AWS, a bootstrap token, a login at a registry, or whatever a kubeconfig
/// authenticates with.
fn is_secret_line(line: &str, of_kubeconfig: impl Fn() -> bool) -> bool {
    let Some((name, value)) = line.split_once(['=', ':']) else { return false };
    let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
    let name = name.trim().trim_start_matches("export ").trim_start_matches(['-', ' ']).trim_matches(['"', '\'']);
    match name {
        "PrivateKey" | "PresharedKey" => value.len() == 44 && STANDARD.decode(value).is_ok_and(|key| key.len() == 32),
        "secret" => value.len() >= 24 && STANDARD.decode(value).is_ok_and(|key| matches!(key.len(), 16 | 24 | 32)),
        "aws_secret_access_key" | "AWS_SECRET_ACCESS_KEY" => value.len() == 40 && value.bytes().all(is_base64),
        "token" | "password" if of_kubeconfig() => !value.is_empty() && !value.starts_with(['/', '$', '<']),
        "token" => value.split_once('.').is_some_and(|(id, secret)| {
            let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            (id.len(), secret.len()) == (6, 16) && is_plain(id) && is_plain(secret)
        }),
        _ => false,
    }
}

/// `"auth": "dXNlcjpwYXNzd29yZA=="`, as files of logins at registries have it.
fn has_login(text: &str) -> bool {
    text.match_indices("\"auth\"").any(|(at, key)| {
        let value = text[at + key.len()..].trim_start().strip_prefix(':').map(str::trim_start);
        value.and_then(|value| value.strip_prefix('"')?.split('"').next()).is_some_and(is_login)
    })
}

/// `user:password` in base64.
fn is_login(value: &str) -> bool {
    let login = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    login.is_some_and(|login| {
        login.split_once(':').is_some_and(|(user, password)| !user.is_empty() && password.len() > 3)
    })
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

/// The texts that stand in base64 in a text, on one line or on several.
fn decoded(text: &str) -> impl Iterator<Item = String> {
    let wrapped = text.contains('\n').then(|| text.split_whitespace().collect::<String>()).filter(|whole| {
        // A text that is nothing but base64.
        whole.bytes().all(is_base64)
    });
    let runs = text.split(|c: char| !c.is_ascii() || !is_base64(c as u8)).filter(|run| run.len() >= RUN);
    let runs: Vec<String> = runs.map(str::to_owned).chain(wrapped).collect();
    runs.into_iter().filter_map(|run| String::from_utf8(decode(&run)?).ok())
}

/// As much of a run as is base64: `key=` may stand before it.
fn decode(run: &str) -> Option<Vec<u8>> {
    let data = run.trim_end_matches('=');
    let data = data.rsplit('=').next().unwrap_or(data);
    STANDARD_NO_PAD.decode(data).or_else(|_| STANDARD.decode(&data[..data.len() - data.len() % 4])).ok()
}

#[cfg(test)]
mod tests;
