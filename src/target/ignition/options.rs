//! The fields of `target NAME { }` for machines that Ignition sets up.

use crate::model::Value;
use crate::render::boot::Apart;
use crate::target::cloud::options::{interface_problem, mirror_problem};
use crate::target::{Problem, Site};

/// What the model says of the target, with defaults.
#[derive(Clone, Debug)]
pub struct Options {
    pub mirror: Option<String>,
    pub apart: Apart,
    /// The interface that gets the machine's address; without one, the platform gives the address.
    pub interface: Option<String>,
    /// Who may log in as `core`.
    pub ssh_keys: Vec<String>,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// Every field with a value that cannot be used.
    pub fn read(site: &Site) -> Result<Self, Vec<Problem>> {
        let ssh_keys = match site.options.get("ssh-keys") {
            Some(Value::List(keys)) => keys.iter().filter_map(Value::scalar_text).collect(),
            _ => Vec::new(),
        };
        let apart = match site.text("files").as_deref() {
            Some("apart") => Apart::Files,
            _ => Apart::Secrets,
        };
        let options = Options { mirror: site.text("mirror"), apart, interface: site.text("interface"), ssh_keys };
        let wrong = options.mirror.as_deref().and_then(mirror_problem);
        let problems: Vec<_> =
            wrong.into_iter().chain(options.interface.as_deref().and_then(interface_problem)).collect();
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }
}
