//! How scripts run on a machine, and how bytes reach it: one of the two seams of `apply`.
//!
//! Everything that happens inside a machine (probes, uploads, its boot, tests of connections, logs) is a script with standard
//! input that a transport runs there as root.

use std::time::Duration;

use super::error::ApplyError;
use super::process::Answer;

/// The timeout of queries.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// The timeout of operations that move data: an image is unpacked, a machine stops.
pub(crate) const LONG: Duration = Duration::from_secs(900);

/// A way into machines.
pub(crate) trait Transport: Sync {
    /// Runs a shell script as root on a machine. `$1` and so on are `words`.
    ///
    /// # Errors
    /// When the machine cannot be entered or times out. The output and exit code of the script are in the answer; some
    /// transports cannot tell a machine that cannot be entered from a script that failed.
    fn run(&self, machine: &str, script: &Script<'_>) -> Result<Answer, ApplyError>;
}

/// A script, with what it is given.
#[derive(Clone, Copy)]
pub(crate) struct Script<'a> {
    pub text: &'a str,
    pub words: &'a [&'a str],
    pub input: &'a [u8],
    pub patience: Duration,
}

impl dyn Transport + '_ {
    /// Runs a script with standard input.
    ///
    /// # Errors
    /// As [`Transport::run`].
    pub(crate) fn inside(&self, machine: &str, text: &str, words: &[&str], input: &[u8]) -> Result<Answer, ApplyError> {
        self.run(machine, &Script { text, words, input, patience: 3 * SOON })
    }

    /// As `inside`, with the long timeout and no input.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn work(&self, machine: &str, text: &str, words: &[&str]) -> Result<Answer, ApplyError> {
        self.run(machine, &Script { text, words, input: &[], patience: LONG })
    }
}
