//! How OpenSSH is called, whichever machines it enters.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::apply::error::ApplyError;
use crate::target::ssh::{Host, HostKeys};

use super::client::SshClient;

/// How OpenSSH is called.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub program: String,
    /// The folder that the model's paths are relative to.
    pub base: PathBuf,
    pub password: Option<String>,
    /// How many machines are entered at once, if the user says so.
    pub parallel: Option<NonZeroUsize>,
}

impl Login {
    /// A client for these machines.
    ///
    /// # Errors
    /// When the folder for its sockets cannot be made.
    pub(crate) fn client(&self, hosts: Vec<Host>, keys: &HostKeys) -> Result<SshClient, ApplyError> {
        let client = SshClient::new(&self.program, (hosts, keys), &self.base, self.password.clone())?;
        Ok(match self.parallel {
            Some(places) => client.with_parallel(places),
            None => client,
        })
    }
}
