//! Checksums and digests that `kmodel pin` wrote to `kmodel.lock`.
//!
//! What is at an address does not depend on the cluster that downloads it, so all models beside one lock share them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::hash::Hash;

/// The table `pin` of the lock.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// The checksum of each file, by its URL.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Hash>,
    /// The digest of each image, by its reference as the model has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, Hash>,
    /// A file without a checksum is not an error: `kmodel pin` plans the model to see which ones there are.
    #[serde(skip)]
    pub lookup: bool,
}

impl Pins {
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.images.is_empty()
    }
}
