//! What went wrong with a server, and what to do.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::PinError;
use super::place::{LIST_LIMIT, MANIFEST_LIMIT};
use crate::text::Count;

/// A server that answered, but not with the file.
pub(super) fn at_status(url: &str, status: u16) -> PinError {
    let message = format!("`{url}` cannot be read: the server answered {status}");
    let help = match status {
        404 | 410 => {
            "check that this version was released for this architecture; versions are listed on the page of its releases"
        }
        401 | 403 | 407 => {
            "a proxy or mirror asks for a login: set HTTPS_PROXY with a user, or pass `--from` with another mirror"
        }
        _ => "try again later, or pass `--from` with a mirror",
    };
    PinError::new(message, help)
}

/// A request that failed, or a body that could not be read to its end.
pub(super) fn failed(url: &str, error: &ureq::Error, timeout: Duration) -> PinError {
    let (why, help) = reason(error, timeout);
    PinError::new(format!("`{url}` cannot be read: {why}"), help)
}

/// Pass another place, where nothing is wrong with the command.
const ELSEWHERE: &str = "try again, set HTTPS_PROXY if there is a proxy, or pass `--from` with a mirror or folder";

fn reason(error: &ureq::Error, timeout: Duration) -> (String, String) {
    match error {
        ureq::Error::Timeout(_) => {
            let waited = Count(timeout.as_secs(), "second");
            (format!("the server took longer than {waited}"), format!("pass `--timeout`, or {ELSEWHERE}"))
        }
        ureq::Error::HostNotFound => ("its host was not found".to_owned(), ELSEWHERE.to_owned()),
        ureq::Error::ConnectionFailed => ("its host accepts no connection".to_owned(), ELSEWHERE.to_owned()),
        ureq::Error::ConnectProxyFailed(why) => {
            (format!("the proxy refused: {why}"), "check HTTPS_PROXY and NO_PROXY".to_owned())
        }
        ureq::Error::InvalidProxyUrl => ("the proxy has an invalid URL".to_owned(), "check HTTPS_PROXY".to_owned()),
        ureq::Error::RequireHttpsOnly(to) => (
            format!("the server redirects to `{to}`, which is not HTTPS"),
            "pass `--from` with a mirror that stays with HTTPS".to_owned(),
        ),
        ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => {
            ("the server redirects too often".to_owned(), ELSEWHERE.to_owned())
        }
        ureq::Error::BodyExceedsLimit(limit) => {
            let (size, kind) = match *limit {
                LIST_LIMIT => ("1 MiB", "list of checksums"),
                MANIFEST_LIMIT => ("4 MiB", "registry"),
                _ => ("4 GiB", "release"),
            };
            (format!("it is larger than {size}"), format!("check that it is a {kind}"))
        }
        ureq::Error::Rustls(inner) => certificate(inner),
        ureq::Error::Io(error) => broken(error),
        other => (other.to_string(), ELSEWHERE.to_owned()),
    }
}

/// A failure of the connection; that of TLS is inside one.
fn broken(error: &io::Error) -> (String, String) {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.kind()) {
        (Some(inner), _) => certificate(inner),
        (None, io::ErrorKind::UnexpectedEof) => {
            ("the connection ended before all of it was there".to_owned(), ELSEWHERE.to_owned())
        }
        (None, io::ErrorKind::ConnectionRefused) => {
            ("its host refused the connection".to_owned(), ELSEWHERE.to_owned())
        }
        _ => (error.source().map_or_else(|| error.to_string(), ToString::to_string), ELSEWHERE.to_owned()),
    }
}

fn certificate(error: &rustls::Error) -> (String, String) {
    match error {
        rustls::Error::InvalidCertificate(why) => (
            format!("the certificate of its host is not trusted: {why}"),
            "if a proxy or mirror has an authority of its own, pass its certificate: `--ca FILE`".to_owned(),
        ),
        other => (format!("TLS failed: {other}"), ELSEWHERE.to_owned()),
    }
}
