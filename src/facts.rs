//! What is known of other programs, by version: flags, configuration fields, feature gates, values, releases, skew.
//!
//! In: the tables of the standard library (`tables/*.toml`), each of which names its source and how far it reaches. Out:
//! typed rows, and what a version makes of each. Nothing here knows a component, and nothing is guessed beyond a table's
//! last version.

use serde::Deserialize;

use crate::syntax::ast::Version;

pub mod api;
pub mod archive;
pub mod boot;
pub mod command;
pub mod document;
pub mod duration;
pub mod effect;
pub mod embedded;
pub mod family;
pub mod field;
pub mod flag;
pub mod folder;
pub mod former;
pub mod gate;
pub mod hash;
pub mod help;
pub mod label;
pub mod lifespan;
pub mod maker;
pub mod merge;
pub mod named;
pub mod network;
pub mod object;
pub mod object_rule;
pub mod packaged;
pub mod packet;
pub mod platform;
pub mod provider;
pub mod quantity;
pub mod range;
pub mod reference;
pub mod repository;
pub mod resource;
pub mod release;
pub mod repeated;
pub mod setting;
pub mod signer;
pub mod skew;
pub mod subject;
pub mod target;
pub mod tested;
pub mod update;
pub mod value;

pub use lifespan::{Lifespan, Status, short};

/// What a table covers.
#[derive(Clone, Debug, Deserialize)]
pub struct Range {
    /// Whose version decides: `kubernetes`, or `etcd`.
    pub versions_of: String,
    #[serde(deserialize_with = "lifespan::version")]
    pub known_from: Version,
    #[serde(deserialize_with = "lifespan::version")]
    pub known_through: Version,
    /// Where the facts were read.
    pub source: String,
}

impl Range {
    /// Whether the minor of `version` was read. Patch levels are not distinguished.
    pub fn knows(&self, version: Version) -> bool {
        let minor = |version: Version| (version.major, version.minor);
        minor(version) >= minor(self.known_from) && minor(version) <= minor(self.known_through)
    }
}
