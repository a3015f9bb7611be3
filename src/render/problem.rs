//! What keeps a bundle from being written.

use crate::diag::Code;

use super::Origin;

/// One reason why a file, a unit or a machine's output cannot be written.
///
/// The message is one lowercase sentence without a period, names in backticks; the help says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub message: String,
    pub help: String,
    pub origin: Origin,
    /// The field of the unit that is meant, if one is.
    pub field: Option<String>,
}

impl Problem {
    /// A problem of something that comes from `origin`.
    pub fn new(origin: &Origin, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (code, message, help) = (Code::TargetLimit, message.into(), help.into());
        Self { code, message, help, origin: origin.clone(), field: None }
    }
}
