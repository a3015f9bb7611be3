//! The domain of services, by the grammar that Kubernetes has for it.

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Grammar;
use crate::source::Span;

/// A domain that no host name can end with.
pub(super) fn check(text: &str, span: Span) -> Option<Diagnostic> {
    if Grammar::Subdomain.fits(text) {
        return None;
    }
    let message = format!("`{}` is not a valid DNS domain", text.escape_debug());
    Some(Diagnostic::new(Code::InvalidName, span, message).help(format!("use {}", Grammar::Subdomain.example())))
}
