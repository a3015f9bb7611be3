//! How much of its limit the user-data of each kind of machine takes.

use serde::Serialize;

use crate::facts::platform::Measured;
use crate::syntax::ast::Name;

/// One machine of each kind; those that carry the same differ in names and addresses only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    pub group: Name,
    /// The first of its kind.
    pub machine: Name,
    /// As the platform counts it. Certificates that are still to be issued are in it with an estimate.
    pub counted_bytes: usize,
    pub max_bytes: usize,
    pub measured: Measured,
    pub compressed: bool,
    /// The text before it is compressed.
    pub text_bytes: usize,
}
