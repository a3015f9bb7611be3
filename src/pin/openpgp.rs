//! Detached signatures of OpenPGP, verified by `gpgv` with the operator's keys: libraries of OpenPGP bring a hundred crates for
//! the one publisher that signs so.

#![expect(clippy::disallowed_methods, reason = "it runs gpgv")]

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::PinError;
use super::sigstore::wrong;
use crate::world::replace::replace;

/// Keys, in the form that gpgv reads.
pub(crate) struct Keyring(Vec<u8>);

/// A gpgv that waits for the file.
pub(super) struct Running {
    child: Child,
    /// The keys and the signature, as long as it runs.
    _folder: TempDir,
    shown: String,
}

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

impl Keyring {
    /// Reads a file of keys in text form (`gpg --armor --export`).
    pub(crate) fn read(text: &str) -> Result<Self, PinError> {
        let blocks = text.split(BEGIN).skip(1).map(|rest| rest.split_once(END).map(|(block, _)| block));
        let keys: Option<Vec<Vec<u8>>> = blocks.map(|block| decoded(block?)).collect();
        keys.filter(|keys| !keys.is_empty()).map(|keys| Self(keys.concat())).ok_or_else(|| {
            PinError::new(
                "the file of `--keyring` has no OpenPGP key in text form",
                format!("pass the keys as the publisher lists them, or as `gpg --armor --export` does: `{BEGIN}`"),
            )
        })
    }

    /// Starts gpgv with a signature.
    pub(super) fn begin(&self, signature: &str, shown: String) -> Result<Running, PinError> {
        self.start(signature, &shown).map_err(|error| {
            let (why, help) = match error.kind() {
                io::ErrorKind::NotFound => ("gpgv is not installed".to_owned(), "install the package `gpgv`"),
                _ => (format!("gpgv cannot be run: {error}"), "or leave out `--keyring`"),
            };
            PinError::new(format!("{shown} cannot be verified: {why}"), help)
        })
    }

    fn start(&self, signature: &str, shown: &str) -> io::Result<Running> {
        let folder = tempfile::tempdir()?;
        let [keys, file] = ["keys.gpg", "file.asc"].map(|name| folder.path().join(name));
        replace(&keys, &self.0, 0o600)?;
        replace(&file, signature.as_bytes(), 0o600)?;
        let mut command = Command::new("gpgv");
        command.arg("--homedir").arg(folder.path()).arg("--keyring").arg(keys);
        command.args(["--status-fd", "1"]).arg(file).arg("-").env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Running { child: command.spawn()?, _folder: folder, shown: shown.to_owned() })
    }
}

impl Running {
    /// Where the file goes.
    pub(super) fn input(&mut self) -> Option<Box<dyn Write>> {
        self.child.stdin.take().map(|input| Box::new(input) as Box<dyn Write>)
    }

    /// Whose the file is that went in.
    pub(super) fn finish(mut self, file: &str) -> Result<String, PinError> {
        drop(self.child.stdin.take());
        let mut status = String::new();
        let out = self.child.stdout.take();
        let read = out.map_or(Ok(0), |mut out| out.read_to_string(&mut status));
        let ended = read.and_then(|_| self.child.wait());
        let ended = ended.map_err(|error| PinError::new(format!("gpgv failed: {error}"), "try again"))?;
        let fields = |keyword: &str| {
            status.lines().find_map(|line| line.strip_prefix("[GNUPG:] ")?.strip_prefix(keyword)?.strip_prefix(' '))
        };
        match (fields("GOODSIG"), fields("VALIDSIG")) {
            (Some(good), Some(valid)) if ended.success() => {
                let name = good.split_once(' ').map_or(good, |(_, name)| name);
                let key = valid.split(' ').next_back().unwrap_or_default();
                Ok(format!("signed by {name} with the OpenPGP key {key}"))
            }
            _ => Err(self.refused(file, |keyword| fields(keyword).is_some())),
        }
    }

    /// What gpgv says of a signature that is not good.
    fn refused(&self, file: &str, said: impl Fn(&str) -> bool) -> PinError {
        let shown = &self.shown;
        let (message, help) = if said("BADSIG") {
            return wrong(file, shown);
        } else if said("NO_PUBKEY") {
            ("is of a key that the file of `--keyring` does not have", "compare the key with those of its publisher")
        } else if said("EXPKEYSIG") || said("KEYEXPIRED") {
            ("is of a key that has expired", "pass a newer file of its publisher's keys")
        } else if said("REVKEYSIG") {
            ("is of a key that was revoked", "do not use the file, and ask its publisher")
        } else {
            ("is not a signature of OpenPGP", "download it again: it may have been cut off")
        };
        PinError::new(format!("{shown} {message}"), help)
    }
}

impl Drop for Running {
    /// Ends a gpgv whose file could not be read.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What stands between the lines of a block: base64, behind headers, before a checksum of its own.
fn decoded(block: &str) -> Option<Vec<u8>> {
    let lines = block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains(": "));
    let text: String = lines.take_while(|line| !line.starts_with('=')).collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
