//! The user's own OpenSSH client, as a process.
//!
//! What it is configured for holds: agent, hardware keys, `~/.ssh/config`. It never asks on the terminal, and an unknown or changed
//! host key is refused. All calls to a machine share one connection (`ControlMaster`), which ends with the run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::apply::error::ApplyError;
use crate::apply::process::{self, Answer};
use crate::apply::semaphore::Semaphore;
use crate::apply::transport::{Script, Transport};
use crate::syntax::ast::Name;
use crate::target::ssh::{Become, Host, HostKeys, known_host};

use super::command::{BEGIN, command};

/// How many clients run at once: each waits for its machine most of the time.
const PLACES: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// More machines than this are not all kept connected: each connection is a process that waits, of about 3 MiB.
const MANY: usize = 256;

/// The seconds for which they are kept: as long as what is done to one machine in a row pauses (`rollout::PAUSE`), with some to spare.
const SHORT: u32 = 15;

/// The code of `ssh` for its own errors.
const OWN_ERROR: i32 = 255;

/// A server, or the jump host before it, has too many connections that are not logged in yet (`MaxStartups`).
const CROWDED: [&str; 2] = ["kex_exchange_identification", "Connection reset by peer"];

/// The pauses before another try at a crowded server.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// Ways into machines by OpenSSH.
#[derive(Debug)]
pub(crate) struct SshClient {
    program: String,
    hosts: BTreeMap<Name, Host>,
    keys: HostKeys,
    /// The folder that the model's paths are relative to.
    base: PathBuf,
    password: Option<String>,
    /// Sockets of connections, and pinned host keys: only the user enters it.
    folder: TempDir,
    semaphore: Semaphore,
}

impl SshClient {
    /// A client for these machines. `program` is a name on the path, or a path; `base` the folder of the model; `password` what
    /// sudo asks for.
    ///
    /// # Errors
    /// When the folder for its sockets cannot be made.
    pub(crate) fn new(
        program: &str,
        (hosts, keys): (Vec<Host>, &HostKeys),
        base: &Path,
        password: Option<String>,
    ) -> Result<Self, ApplyError> {
        let failed =
            |error: io::Error| ApplyError::new(format!("cannot make a folder for the sockets of ssh: {error}"));
        // Short: the path of a socket may have 104 characters, of which OpenSSH needs 57.
        let folder = tempfile::Builder::new()
            .prefix("km-")
            .tempdir_in("/tmp")
            .or_else(|_| tempfile::tempdir())
            .map_err(failed)?;
        let pinned: String = hosts.iter().filter_map(known_host).collect();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options
            .open(folder.path().join("known_hosts"))
            .and_then(|mut file| io::Write::write_all(&mut file, pinned.as_bytes()));
        written.map_err(failed)?;
        Ok(Self {
            program: program.to_owned(),
            hosts: hosts.into_iter().map(|host| (host.machine.clone(), host)).collect(),
            keys: keys.clone(),
            base: base.to_owned(),
            password,
            folder,
            semaphore: Semaphore::new(PLACES),
        })
    }

    /// The same, with so many clients at once.
    pub(crate) fn with_parallel(mut self, places: NonZeroUsize) -> Self {
        self.semaphore = Semaphore::new(places);
        self
    }

    /// For how many seconds a connection that nothing uses stays open.
    fn persist(&self) -> u32 {
        if self.hosts.len() > MANY { SHORT } else { 120 }
    }

    fn ssh(&self, host: &Host) -> Command {
        let mut ssh = Command::new(&self.program);
        for option in [
            "BatchMode=yes",
            "ConnectTimeout=15",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=4",
            "ControlMaster=auto",
            "PermitLocalCommand=no",
            "RemoteCommand=none",
            "RequestTTY=no",
            "ForwardAgent=no",
            "ForwardX11=no",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.args(["-o", &format!("ControlPersist={}", self.persist())]);
        ssh.args(["-o", &format!("ControlPath={}/%C", self.folder.path().display())]);
        for option in self.host_key_options(host) {
            ssh.args(["-o", &option]);
        }
        if let Some(user) = &host.user {
            ssh.args(["-l", user]);
        }
        if let Some(port) = host.port {
            ssh.args(["-p", &port.to_string()]);
        }
        if let Some(key) = &host.key {
            ssh.args(["-o", "IdentitiesOnly=yes", "-i", &self.path(key)]);
        }
        if let Some(jump) = &host.jump {
            ssh.args(["-J", jump]);
        }
        // In English, so that its errors can be parsed.
        ssh.env("LC_ALL", "C.UTF-8").env("LANGUAGE", "en").args(["--", &host.address]);
        ssh
    }

    fn host_key_options(&self, host: &Host) -> Vec<String> {
        let strict = |how: &str| format!("StrictHostKeyChecking={how}");
        match (&host.host_key, &self.keys.known_hosts) {
            (Some(_), _) => vec![
                strict("yes"),
                format!("HostKeyAlias={}", host.machine),
                format!("UserKnownHostsFile={}/known_hosts", self.folder.path().display()),
                "GlobalKnownHostsFile=/dev/null".to_owned(),
                "UpdateHostKeys=no".to_owned(),
            ],
            (None, file) => {
                let how = strict(if self.keys.first_use { "accept-new" } else { "yes" });
                let file = file.as_ref().map(|file| format!("UserKnownHostsFile=\"{}\"", self.path(file)));
                let named = [format!("HostKeyAlias={}", host.machine), "HashKnownHosts=no".to_owned()];
                let named = named.into_iter().filter(|_| self.keys.by_name);
                [how].into_iter().chain(file).chain(named).collect()
            }
        }
    }

    /// `ssh` itself knows `~`.
    fn path(&self, path: &str) -> String {
        match path.starts_with(['~', '/']) {
            true => path.to_owned(),
            false => self.base.join(path).display().to_string(),
        }
    }

    fn call(&self, host: &Host, script: &Script<'_>) -> Result<Answer, ApplyError> {
        let has_password = self.password.is_some() && host.r#become == Become::Sudo;
        let command = command(script, host.r#become, has_password);
        let input = match &self.password {
            Some(password) if has_password => [format!("{password}\n{BEGIN}\n").as_bytes(), script.input].concat(),
            _ => script.input.to_vec(),
        };
        let _permit = self.semaphore.acquire();
        let answer = process::run(self.ssh(host).arg(&command), &input, script.patience);
        let answer = answer.map_err(|error| ApplyError::no_ssh(&self.program, &error))?;
        answer.ok_or_else(|| {
            let seconds = script.patience.as_secs();
            let message = format!("cannot run a program on `{}`: no answer within {seconds} s", host.machine);
            ApplyError::new(message).help("see what keeps the machine busy, then run the same command again")
        })
    }
}

impl Transport for std::sync::Arc<SshClient> {
    fn run(&self, machine: &str, script: &Script<'_>) -> Result<Answer, ApplyError> {
        let unknown = || ApplyError::new(format!("no address of `{machine}` is known"));
        let host = self.hosts.get(machine).ok_or_else(unknown)?;
        let mut pauses = PAUSES.into_iter();
        loop {
            let answer = self.call(host, script)?;
            if answer.code != Some(OWN_ERROR) {
                return Ok(answer);
            }
            let is_crowded = CROWDED.iter().any(|text| answer.err.contains(text));
            match pauses.next().filter(|_| is_crowded) {
                Some(pause) => thread::sleep(pause),
                None => {
                    return Err(ApplyError::refused(&format!("enter `{machine}` at {}", host.address), &answer.err));
                }
            }
        }
    }
}

impl Drop for SshClient {
    /// Ends the connections.
    fn drop(&mut self) {
        let sockets = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        for socket in sockets.filter(|entry| entry.file_name() != "known_hosts") {
            let mut ssh = Command::new(&self.program);
            ssh.args(["-O", "exit", "-o", &format!("ControlPath={}", socket.path().display()), "--", "kmodel"]);
            // A connection that is gone already says so.
            let _ = ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn host(name: &str) -> Host {
        Host {
            machine: name.into(),
            address: "192.0.2.5".to_owned(),
            user: None,
            port: None,
            key: None,
            jump: None,
            r#become: Become::None,
            host_key: None,
        }
    }

    /// The arguments that `ssh` is given, one a line.
    fn args(host: Host, keys: &HostKeys) -> String {
        let client = SshClient::new("true", (vec![host.clone()], keys), Path::new("/model"), None).unwrap();
        client.ssh(&host).get_args().map(|arg| format!("{}\n", arg.to_string_lossy())).collect()
    }

    #[test]
    fn an_unknown_host_is_refused_unless_the_model_says_otherwise() {
        let keys = HostKeys::default();
        assert!(args(host("cp-0"), &keys).contains("StrictHostKeyChecking=yes\n"));
        let first = HostKeys { first_use: true, ..HostKeys::default() };
        assert!(args(host("cp-0"), &first).contains("StrictHostKeyChecking=accept-new\n"));
        let pinned = Host { host_key: Some("ssh-ed25519 AAAA".into()), ..host("cp-0") };
        let said = args(pinned, &first);
        assert!(said.contains("StrictHostKeyChecking=yes\n") && said.contains("HostKeyAlias=cp-0\n"), "{said}");
        let file = HostKeys { known_hosts: Some("hosts/known".into()), first_use: false, by_name: false };
        assert!(args(host("cp-0"), &file).contains("UserKnownHostsFile=\"/model/hosts/known\"\n"));
    }

    #[test]
    fn what_the_model_does_not_say_is_left_to_the_configuration_of_ssh() {
        let said = args(host("cp-0"), &HostKeys::default());
        assert!(["-l", "-p", "-i", "-J"].iter().all(|option| !said.contains(&format!("{option}\n"))), "{said}");
        let full = Host {
            user: Some("ops".into()),
            port: Some(2222),
            key: Some("~/.ssh/k".into()),
            jump: Some("b".into()),
            ..host("cp-0")
        };
        let said = args(full, &HostKeys::default());
        assert!(said.contains("-l\nops\n-p\n2222\n") && said.contains("-i\n~/.ssh/k\n-J\nb\n"), "{said}");
    }

    #[test]
    fn an_error_of_ssh_is_not_one_of_the_script() {
        let run = |code: &str| {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("ssh").display().to_string();
            let write = "printf '#!/bin/sh\\necho why >&2; exit %s\\n' \"$1\" >\"$0\" && chmod +x \"$0\"";
            assert!(Command::new("sh").args(["-c", write, &program, code]).status().unwrap().success());
            let client = SshClient::new(&program, (vec![host("cp-0")], &HostKeys::default()), Path::new("/"), None);
            let client: Arc<SshClient> = client.unwrap().into();
            (&client as &dyn Transport)
                .inside("cp-0", "true", &[], &[])
                .map(|answer| answer.code)
                .map_err(|e| e.message)
        };
        assert_eq!(run("3"), Ok(Some(3)));
        assert_eq!(run("255"), Err("cannot enter `cp-0` at 192.0.2.5: why".to_owned()));
    }
}
