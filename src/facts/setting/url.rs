//! URLs of settings, read into their parts.

use std::net::{IpAddr, SocketAddr};

/// A URL: `https://10.0.0.5:2379`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// In lowercase; nothing where the text has none.
    pub scheme: String,
    pub host: Host,
    pub port: Option<u16>,
    /// Without the slash at its end.
    pub path: String,
}

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Address(IpAddr),
    /// In lowercase.
    Name(String),
}

impl Url {
    /// The parts of a text; `None` where no host can be read.
    pub fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.strip_prefix('[') {
            Some(inner) => inner.split_once(']')?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if port.is_empty() => None,
            None => return None,
        };
        let host = Host::read(host)?;
        Some(Self { scheme: scheme.to_ascii_lowercase(), host, port, path: path.trim_end_matches('/').to_owned() })
    }

    /// Whether what is sent there can be read on the way: HTTP that leaves the machine.
    pub fn is_plain_text(&self) -> bool {
        self.scheme == "http" && !self.host.is_loopback()
    }

    /// Where it is dialled, if its host is an address.
    pub fn socket(&self) -> Option<SocketAddr> {
        let Host::Address(address) = self.host else { return None };
        let usual = if self.scheme == "http" { 80 } else { 443 };
        Some(SocketAddr::new(address, self.port.unwrap_or(usual)))
    }
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        is_name.then(|| Self::Name(text.trim_end_matches('.').to_ascii_lowercase()))
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_may_be_plain() {
        let plain = |text: &str| Url::read(text).expect("a URL").is_plain_text();
        for text in [
            "https://10.0.0.5:2379",
            "http://127.0.0.1:2379",
            "http://[::1]:2379",
            "http://localhost",
            "http://LOCALHOST.:80/x",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[::ffff:127.0.0.1]:2379",
            "10.0.0.5:2379",
        ] {
            assert!(!plain(text), "{text}");
        }
        for text in [
            "http://10.0.0.5:2379",
            "HTTP://10.0.0.5",
            "http://[fd00::5]:2379",
            "http://localhost.example",
            "http://a@b/",
        ] {
            assert!(plain(text), "{text}");
        }
    }

    #[test]
    fn urls_are_compared_by_their_parts() {
        let same = |a: &str, b: &str| Url::read(a).expect("a URL") == Url::read(b).expect("a URL");
        assert!(same("https://[fd00:0::5]:2379/", "HTTPS://[fd00::5]:2379"));
        assert!(!same("https://10.96.0.10", "https://10.96.0.105"));
        assert!(!same("https://a:2379", "https://a:2380"));
    }

    #[test]
    fn other_texts_are_not_urls() {
        for text in ["", "https://", "https://a:b", "https://[fd00::5", "https://[::1]x", "a b"] {
            assert_eq!(Url::read(text), None, "{text}");
        }
    }
}
