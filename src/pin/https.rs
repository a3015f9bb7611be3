//! A client that speaks HTTPS and nothing else, bounded in size and time.
//!
//! It trusts the certificates of the system and those that are given, and follows a few redirects. The proxy is that of the
//! environment: `ALL_PROXY`, `HTTPS_PROXY`, and `NO_PROXY` for what goes past it.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

use super::PinError;
use super::failure::{at_status, failed};
use super::place::{FILE_LIMIT, LIST_LIMIT, MANIFEST_LIMIT};

/// How often a server may send elsewhere: a release of GitHub does it once.
const REDIRECTS: u32 = 5;

/// How long a file may take, for each second that a list may: it is larger.
const FILE_TIMES: u32 = 60;

pub(crate) struct Client {
    agent: Agent,
    timeout: Duration,
}

/// What a server answered, with any status.
pub(super) struct Reply {
    pub status: u16,
    headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Client {
    /// A client with the system's roots and those of a PEM text, that waits this long for an answer.
    ///
    /// # Errors
    /// When the text has no certificate, or there is none to trust.
    pub(crate) fn new(own: Option<&str>, timeout: Duration) -> Result<Self, PinError> {
        let mut roots = own.map(certificates).transpose()?.unwrap_or_default();
        let system = rustls_native_certs::load_native_certs();
        roots.extend(system.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()));
        if roots.is_empty() {
            let message = "the system has no trusted certificates";
            return Err(PinError::new(message, "install the package `ca-certificates`, or pass `--ca FILE`"));
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(REDIRECTS)
            .timeout_connect(Some(timeout))
            .user_agent(concat!("kmodel/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        Ok(Self { agent: config.build().new_agent(), timeout })
    }

    /// The text at a URL, up to a mebibyte.
    pub(super) fn text(&self, url: &str) -> Result<String, PinError> {
        self.text_of(url, LIST_LIMIT)
    }

    /// The text at a URL, up to so many bytes.
    pub(super) fn text_of(&self, url: &str, limit: u64) -> Result<String, PinError> {
        let mut response = self.get(url, self.timeout)?;
        let body = response.body_mut().with_config().limit(limit).lossy_utf8(true);
        body.read_to_string().map_err(|error| failed(url, &error, self.timeout))
    }

    /// What a server answers to a request with headers.
    pub(super) fn ask(&self, url: &str, headers: &[(&str, &str)]) -> Result<Reply, PinError> {
        let failed = |error: ureq::Error| failed(url, &error, self.timeout);
        let request = self.agent.get(url).config().timeout_global(Some(self.timeout)).build();
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = request.call().map_err(failed)?;
        let body = response.body_mut().with_config().limit(MANIFEST_LIMIT).read_to_vec().map_err(failed)?;
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// What is made of the file at a URL as it comes.
    pub(super) fn stream<T>(
        &self,
        url: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, PinError> {
        let timeout = self.timeout * FILE_TIMES;
        let mut response = self.get(url, timeout)?;
        let mut reader = response.body_mut().with_config().limit(FILE_LIMIT).reader();
        read(&mut reader).map_err(|error| failed(url, &error.into(), timeout))
    }

    fn get(&self, url: &str, timeout: Duration) -> Result<http::Response<Body>, PinError> {
        let request = self.agent.get(url).config().timeout_global(Some(timeout)).build();
        let response = request.call().map_err(|error| failed(url, &error, timeout))?;
        match response.status().as_u16() {
            200 => Ok(response),
            status => Err(at_status(url, status)),
        }
    }
}

/// The certificates of a PEM text.
fn certificates(text: &str) -> Result<Vec<Certificate<'static>>, PinError> {
    let mut list = Vec::new();
    for item in parse_pem(text.as_bytes()) {
        match item {
            Ok(PemItem::Certificate(certificate)) => list.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(PinError::new(format!("the file of `--ca` is not valid PEM: {error}"), CA_HELP)),
        }
    }
    if list.is_empty() { Err(PinError::new("the file of `--ca` has no certificate", CA_HELP)) } else { Ok(list) }
}

const CA_HELP: &str = "pass a file with `-----BEGIN CERTIFICATE-----`";
