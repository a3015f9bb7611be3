//! The client: `lxc` or `incus`, as a process.
//!
//! Every request to a server goes through here, so that a test replaces the whole outside by a program of that name. Every
//! process has a timeout, and none reads the terminal.

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::apply::error::ApplyError;
use crate::apply::process::{self, Answer};
use crate::apply::semaphore::Semaphore;
use crate::apply::transport::{LONG, SOON, Script, Transport};

/// The error of servers for an instance that is being created, started or stopped.
const BUSY: &str = "busy running a";

/// The pause before a retry.
const PAUSE: Duration = Duration::from_secs(2);

/// The oldest supported LXD: it has the `cloud-init.*` keys.
const OLDEST: u32 = 5;

/// A client and the project that it works in.
#[derive(Debug)]
pub struct Client {
    program: String,
    project: String,
    semaphore: Semaphore,
}

/// One call.
struct Call<'a> {
    project: Option<&'a str>,
    args: &'a [&'a str],
    input: &'a [u8],
    patience: Duration,
}

impl Client {
    /// A client for a project. `program` is a name on the path, or a path.
    pub fn new(program: &str, project: &str) -> Self {
        // Each call waits for the server most of the time; a server has little use for more at once.
        let places = thread::available_parallelism().map_or(4, NonZeroUsize::get).clamp(4, 16);
        let semaphore = Semaphore::new(NonZeroUsize::new(places).expect("a number of four or more"));
        Self { program: program.to_owned(), project: project.to_owned(), semaphore }
    }

    /// The same, with so many calls at once.
    pub fn with_parallel(self, places: NonZeroUsize) -> Self {
        Self { semaphore: Semaphore::new(places), ..self }
    }

    /// The command as a user would type it.
    pub fn shown(&self) -> String {
        format!("{} --project {}", self.program, self.project)
    }

    /// The project it works in.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Whether the client is there, reaches its server, and the server is not too old. Returns the server's version.
    ///
    /// # Errors
    /// Which of these fails, and what to do.
    pub fn check(&self) -> Result<String, ApplyError> {
        let answer = self.call("read the version of the client", &Call::plain(&["version"]))?;
        let text = String::from_utf8_lossy(&answer.out).into_owned();
        let server = text.lines().find_map(|line| line.strip_prefix("Server version:")).unwrap_or_default().trim();
        if !server.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.unreachable());
        }
        let major: u32 = server.split('.').next().and_then(|part| part.parse().ok()).unwrap_or_default();
        // Incus has had everything required since 0.1.
        let incus = self.program.rsplit('/').next() == Some("incus");
        if !incus && major < OLDEST {
            return Err(ApplyError::new(format!("the server runs LXD {server}, but {OLDEST}.0 or newer is required"))
                .help("upgrade it: `snap refresh lxd --channel=5.21/stable`"));
        }
        Ok(server.to_owned())
    }

    /// `version` only shows that there is no answer; any other query shows why.
    fn unreachable(&self) -> ApplyError {
        let action = format!("reach the server of `{}`", self.program);
        match self.call(&action, &Call::plain(&["query", "/1.0"])) {
            Ok(answer) if answer.code == Some(0) => {
                ApplyError::new(format!("cannot {action}: it does not report its version"))
            }
            Ok(answer) => ApplyError::refused(&action, &answer.err),
            Err(error) => error,
        }
    }

    /// Runs a command outside of any project.
    ///
    /// # Errors
    /// An error of the client; `action` describes the command: `create the project`.
    pub fn global(&self, action: &str, args: &[&str]) -> Result<String, ApplyError> {
        self.succeed(action, &Call::plain(args))
    }

    /// Runs a command in the project.
    ///
    /// # Errors
    /// An error of the client.
    pub fn ask(&self, action: &str, args: &[&str]) -> Result<String, ApplyError> {
        self.succeed(action, &self.in_project(args, &[], SOON))
    }

    /// Runs a long command in the project, with a text on stdin.
    ///
    /// # Errors
    /// An error of the client.
    pub fn give(&self, action: &str, args: &[&str], input: &[u8]) -> Result<String, ApplyError> {
        self.succeed(action, &self.in_project(args, input, LONG))
    }

    /// Runs a command, and returns its result even if it fails.
    ///
    /// # Errors
    /// When the client is missing or times out.
    pub fn attempt(&self, action: &str, args: &[&str], scope: Scope) -> Result<Answer, ApplyError> {
        match scope {
            Scope::Global => self.call(action, &Call::plain(args)),
            Scope::Project => self.call(action, &self.in_project(args, &[], SOON)),
        }
    }

    /// A list as the server has it.
    ///
    /// # Errors
    /// An error of the client, or output that is not a list.
    pub fn list<T: DeserializeOwned>(&self, action: &str, args: &[&str], scope: Scope) -> Result<Vec<T>, ApplyError> {
        let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
        let text = match scope {
            Scope::Global => self.global(action, &args)?,
            Scope::Project => self.ask(action, &args)?,
        };
        serde_json::from_str(&text).map_err(|error| ApplyError::answer(action, error))
    }

    fn in_project<'a>(&'a self, args: &'a [&'a str], input: &'a [u8], patience: Duration) -> Call<'a> {
        Call { project: Some(&self.project), args, input, patience }
    }

    /// Retries while the server is busy with an operation that an interrupted run has begun.
    fn succeed(&self, action: &str, call: &Call<'_>) -> Result<String, ApplyError> {
        let begin = Instant::now();
        loop {
            let answer = self.call(action, call)?;
            match answer.code {
                Some(0) => return Ok(String::from_utf8_lossy(&answer.out).into_owned()),
                _ if answer.err.contains(BUSY) && begin.elapsed() < LONG => thread::sleep(PAUSE),
                _ => return Err(ApplyError::refused(action, &answer.err)),
            }
        }
    }

    fn call(&self, action: &str, call: &Call<'_>) -> Result<Answer, ApplyError> {
        let _permit = self.semaphore.acquire();
        let mut command = Command::new(&self.program);
        if let Some(project) = call.project {
            command.args(["--project", project]);
        }
        // In English, so that its errors can be parsed.
        command.args(call.args).env("LC_ALL", "C.UTF-8").env("LANGUAGE", "en");
        let answer = process::run(&mut command, call.input, call.patience);
        let answer = answer.map_err(|error| ApplyError::no_client(&self.program, &error))?;
        answer.ok_or_else(|| ApplyError::slow(action, call.patience))
    }
}

impl Transport for Arc<Client> {
    fn run(&self, machine: &str, script: &Script<'_>) -> Result<Answer, ApplyError> {
        let mut args = vec!["exec", machine, "-T", "--", "env", "LC_ALL=C", "sh", "-c", script.text, "sh"];
        args.extend(script.words);
        self.call(&format!("run a program on `{machine}`"), &self.in_project(&args, script.input, script.patience))
    }
}

/// Where a command runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Global,
    Project,
}

impl<'a> Call<'a> {
    fn plain(args: &'a [&'a str]) -> Self {
        Self { project: None, args, input: &[], patience: SOON }
    }
}

#[cfg(test)]
mod tests;
