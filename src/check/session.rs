//! What is kept between checks of the same models.

use std::collections::HashMap;

use super::ModulePlace;
use super::cache::Cache;
use super::incremental::Snapshot;

/// The files parsed so far, and what was found in the components of each model.
#[derive(Debug, Default)]
pub struct Session {
    pub cache: Cache,
    /// By the root of the model.
    pub(super) snapshots: HashMap<ModulePlace, Snapshot>,
}
