//! Keys, certificates and random secrets.
//!
//! In: a [`spec::Request`], a store and the time. Out: what was issued, and what to write back to the store.

pub mod error;
pub mod issue;
pub mod issued;
pub mod period;
pub mod recorded;
pub mod rotation;
pub mod spec;
pub mod status;
pub mod store;

mod aside;
mod constraints;
mod der;
mod entry;
mod external;
mod key;
mod pem;
mod profile;
mod signer;

pub use aside::Row;
pub use error::PkiError;
pub use issue::{issue, issue_aside, issue_once};
pub use issued::{Issued, IssuedAuthority, IssuedCertificate, IssuedKeypair, Note, Private};
pub use status::Status;
pub use store::Store;
