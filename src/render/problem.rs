//! What keeps a bundle from being written.

use std::fmt;
use std::sync::Arc;

/// One reason why a file, a unit or a machine's output cannot be written.
///
/// The message is one lowercase sentence without a period, names in backticks; the help says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub help: String,
    /// The place in the model that it comes from.
    pub origin: Arc<str>,
}

impl Problem {
    /// A problem of something that comes from `origin`.
    pub fn new(origin: &Arc<str>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), origin: origin.clone() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.origin)
    }
}

impl std::error::Error for Problem {}
