//! Errors of a client and its server, explained.

use std::io;
use std::time::Duration;

/// Why something could not be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplyError {
    /// One lowercase sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Known error texts, and their help. The texts are those of LXD 5.0 to 6, Incus, OpenSSH
/// 8 to 10, sudo and doas.
const KNOWN_ERRORS: &[(&[&str], &str)] = &[
    (
        &["has changed and you have requested strict checking", "differs from the key for the ip address"],
        "the host shows another key than the one that is known: if its system was installed anew, correct `host-key` or remove \
         the old key with `ssh-keygen -R HOST`; otherwise find out who answers there",
    ),
    (
        &["host key is known for"],
        "compare the host's key with what its console shows (`ssh-keyscan HOST | ssh-keygen -lf -`), then pin it with \
         `host-key` in `target ssh { hosts = { ... } }`, or add it to known_hosts; `first-use = true` trusts the first key",
    ),
    (
        &["permission denied (", "too many authentication failures", "no supported authentication methods"],
        "check `user` and `key` in `target ssh`, and that the agent holds the key: `ssh-add -l`; kmodel never asks for \
         passwords of SSH",
    ),
    (
        &[
            "could not resolve hostname",
            "connect to host",
            "connection timed out",
            "no route to host",
            "stdio forwarding failed",
        ],
        "check `address`, `port` and `jump` in `target ssh`, and that the machine runs its SSH server",
    ),
    (
        &["connection closed by", "connection reset by", "broken pipe", "lost connection", "timeout, server"],
        "the connection broke: run the same command again, which continues where it stopped",
    ),
    (
        &["a password is required", "no password was provided", "incorrect password attempt", "sorry, try again"],
        "pass `--become-password FILE` (`-` asks on the terminal), or let the user run sudo without a password",
    ),
    (
        &[
            "is not in the sudoers file",
            "is not allowed to execute",
            "sudo: command not found",
            "doas: operation not permitted",
            "the user cannot become root",
        ],
        "let the user become root with sudo or doas on that machine, or log in as root: `become` in `target ssh`",
    ),
    (&["connect: permission denied", "socket not accessible", "don't have the needed permissions"], NO_PERMISSION),
    (
        &[
            "connect: no such file or directory",
            "connect: connection refused",
            "unix socket not found",
            "doesn't appear to be started",
            "daemon is not running",
        ],
        NO_DAEMON,
    ),
    (
        &["no space left on device", "disk quota exceeded"],
        "free some disk space, then run the same command again: it continues where it stopped",
    ),
    (
        &[
            "image not found",
            "couldn't be found",
            "failed getting image",
            "failed getting remote image",
            "image doesn't exist",
            "no such image",
        ],
        "set another image with `target lxd { image = \"...\" }`, or import one under that name (docs/lxd.md)",
    ),
    (
        &["failed to load kernel module"],
        "load the module on the host, or use a host whose kernel has it: a container cannot load modules",
    ),
    (
        &["dnsmasq is required", "\"dnsmasq\": executable file not found"],
        "install dnsmasq on the server, which serves DHCP on its bridges: `apt install dnsmasq-base`, then run the same command \
         again",
    ),
    (
        &["not authorized", "forbidden", "restricted"],
        "your user lacks permission for this on the server: request it, or use another project",
    ),
];

const NO_PERMISSION: &str = "run as root, or as a member of the daemon's group: `sudo usermod -aG lxd $USER` (of Incus: \
                             incus-admin), then log in again";

const NO_DAEMON: &str = "start the daemon and set it up: `lxd init --minimal` (of Incus: `incus admin init --minimal`)";

impl ApplyError {
    /// An error without a help.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Adds what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The client could not be started.
    pub fn no_client(program: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::new(format!("`{program}` is not installed")).help(
                "install LXD 5.0 or newer (`snap install lxd`, `apt install lxd`), or Incus, with `target lxd { command = \
                 \"incus\" }`; KMODEL_LXC names another client",
            ),
            io::ErrorKind::PermissionDenied => Self::new(format!("cannot run `{program}`: permission denied")),
            _ => Self::new(format!("cannot run `{program}`: {error}")),
        }
    }

    /// The client of OpenSSH could not be started.
    pub fn no_ssh(program: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::new(format!("`{program}` is not installed"))
                .help("install the client of OpenSSH: `apt install openssh-client`; KMODEL_SSH names another one"),
            _ => Self::new(format!("cannot run `{program}`: {error}")),
        }
    }

    /// The client reported an error.
    pub fn refused(action: &str, said: &str) -> Self {
        // A known line is more useful than the last, in which `tar` only refers to an error above.
        let known = said.lines().rev().find_map(|line| known(line).map(|help| (line, help)));
        let line = last_line(known.map_or(said, |(line, _)| line));
        let error = Self::new(format!(
            "cannot {action}: {}",
            if line.is_empty() { "the client reported no reason" } else { line }
        ));
        match known {
            Some((_, help)) => error.help(help),
            None => error,
        }
    }

    /// The client timed out.
    pub fn slow(action: &str, patience: Duration) -> Self {
        Self::new(format!("cannot {action}: no answer within {} s", patience.as_secs()))
            .help("check the daemon's log, then run the same command again: it continues where it stopped")
    }

    /// The output of the client could not be parsed.
    pub fn answer(action: &str, error: impl std::fmt::Display) -> Self {
        Self::new(format!("cannot {action}: unexpected output of the client: {error}"))
    }
}

/// The help for a known line.
fn known(line: &str) -> Option<&'static str> {
    let low = line.to_lowercase();
    KNOWN_ERRORS.iter().find(|(words, _)| words.iter().any(|word| low.contains(word))).map(|(_, help)| *help)
}

/// The last line of the client's error, without `Error:` before it. Usage texts and warnings come first.
pub(crate) fn last_line(said: &str) -> &str {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.strip_prefix("Error: ").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_cannot_be_run_is_told_from_one_that_is_missing() {
        let of = |code| ApplyError::no_client("lxc", &io::Error::from_raw_os_error(code));
        let (missing, denied, other) = (of(2), of(13), of(8));
        assert_eq!(missing.message, "`lxc` is not installed");
        assert!(missing.help.is_some_and(|help| help.contains("KMODEL_LXC")));
        assert_eq!(denied, ApplyError::new("cannot run `lxc`: permission denied"));
        assert_eq!(other, ApplyError::new("cannot run `lxc`: Exec format error (os error 8)"));
    }

    #[test]
    fn known_words_get_their_help() {
        let said =
            "Error: Get \"http://unix.socket/1.0\": dial unix /var/lib/lxd/unix.socket: connect: permission denied\n";
        let error = ApplyError::refused("reach the server", said);
        assert!(error.message.starts_with("cannot reach the server: Get "));
        assert_eq!(error.help.as_deref(), Some(NO_PERMISSION));
        let said = "Error: Get \"http://unix.socket/1.0\": dial unix /x: connect: no such file or directory";
        assert_eq!(ApplyError::refused("x", said).help.as_deref(), Some(NO_DAEMON));
        for other in ["what is that?", "mv: cannot stat 'x': No such file or directory", "sh: x: Permission denied"] {
            assert_eq!(ApplyError::refused("x", other).help, None, "{other}");
        }
        let said = "tar: etc/a: Cannot write: No space left on device\ntar: Exiting with failure status\n";
        let error = ApplyError::refused("upload a file", said);
        assert_eq!(error.message, "cannot upload a file: tar: etc/a: Cannot write: No space left on device");
        assert!(error.help.is_some_and(|help| help.starts_with("free some disk space")));
        let error = ApplyError::refused("create the network", "Error: dnsmasq is required for LXD managed bridges\n");
        assert!(error.help.is_some_and(|help| help.contains("apt install dnsmasq-base")));
    }

    #[test]
    fn a_client_that_is_missing_is_named() {
        let error = ApplyError::no_client("lxc", &io::Error::from(io::ErrorKind::NotFound));
        assert!(error.message.contains("`lxc`") && error.help.is_some_and(|help| help.contains("install LXD 5.0")));
    }
}
