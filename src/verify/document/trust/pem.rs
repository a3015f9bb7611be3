//! What a piece of PEM is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use x509_parser::x509::X509Name;

use crate::check::Symbol;
use crate::model::AppId;
use crate::render::placeholder::{Identified, Names};

/// What stands in a field, or in the file that it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// The field is not there.
    Nothing,
    /// Something that says nothing of itself while planning.
    Unknown,
    Authority(Symbol),
    Certificate(AppId, u32),
    /// The key of one of the model's certificates.
    Key,
    /// A certificate that is issued externally.
    Foreign(Foreign),
}

/// What a certificate says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Foreign {
    pub cn: String,
    /// It may sign others.
    pub signs: bool,
    /// It may be shown by clients.
    pub client: bool,
    /// The CN of who signed it.
    pub issuer: String,
}

/// What data in base64 is.
pub(super) fn content(named: &dyn Names, text: &str) -> Content {
    let Some(pem) = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Content::Unknown;
    };
    match named.identify(&pem) {
        Some(Identified::Authority(symbol)) => Content::Authority(symbol),
        Some(Identified::Certificate(app, cert)) => Content::Certificate(app, cert),
        Some(Identified::Key(..)) => Content::Key,
        None => foreign(&pem).map_or(Content::Unknown, Content::Foreign),
    }
}

fn foreign(pem: &str) -> Option<Foreign> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let cn = |name: &X509Name<'_>| {
        name.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or("?").to_owned()
    };
    let usage = certificate.extended_key_usage().ok().flatten();
    Some(Foreign {
        cn: cn(certificate.subject()),
        issuer: cn(certificate.issuer()),
        signs: certificate.is_ca(),
        client: usage.is_none_or(|usage| usage.value.client_auth || usage.value.any),
    })
}
