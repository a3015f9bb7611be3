//! The client: `lxc` or `incus`, as a process.
//!
//! Every request to a server goes through here, so that a test replaces the whole outside by a program of that name. Every
//! process has a timeout, and none reads the terminal.

use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use wait_timeout::ChildExt;

use super::error::{ApplyError, last_line};
use super::semaphore::Semaphore;

/// The timeout of queries.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// The timeout of operations that move data: an image is unpacked, a machine stops.
pub(crate) const LONG: Duration = Duration::from_secs(900);

/// The error of servers for an instance that is being created, started or stopped.
const BUSY: &str = "busy running a";

/// The pause before a retry.
const PAUSE: Duration = Duration::from_secs(2);

/// How long what a process has written may take to read once it has ended: a program that it started may hold its output open.
const DRAIN: Duration = Duration::from_secs(5);

/// No answer is longer. Beyond it the output is closed, which ends the process.
const LONGEST: u64 = 512 << 20;

/// The oldest supported LXD: it has the `cloud-init.*` keys.
const OLDEST: u32 = 5;

/// A client and the project that it works in.
#[derive(Debug)]
pub struct Client {
    program: String,
    project: String,
    semaphore: Semaphore,
}

/// The result of a call.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
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

    /// Runs a shell script inside a machine. `$1` and so on are `words`.
    ///
    /// # Errors
    /// When the client is missing or times out. The output and exit code of the script are in the answer; a machine that
    /// cannot be entered looks like a script that failed.
    pub fn inside(&self, machine: &str, script: &str, words: &[&str], input: &[u8]) -> Result<Answer, ApplyError> {
        let mut args = vec!["exec", machine, "-T", "--", "env", "LC_ALL=C", "sh", "-c", script, "sh"];
        args.extend(words);
        self.call(&format!("run a program on `{machine}`"), &self.in_project(&args, input, 3 * SOON))
    }

    /// As [`Client::inside`], with the long timeout.
    ///
    /// # Errors
    /// As there.
    pub fn work(&self, machine: &str, script: &str, words: &[&str]) -> Result<Answer, ApplyError> {
        let mut args = vec!["exec", machine, "-T", "--", "env", "LC_ALL=C", "sh", "-c", script, "sh"];
        args.extend(words);
        self.call(&format!("run a program on `{machine}`"), &self.in_project(&args, &[], LONG))
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
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| ApplyError::no_client(&self.program, &error))?;
        let input = child.stdin.take();
        let out = reader(child.stdout.take());
        let err = reader(child.stderr.take());
        let text = call.input.to_vec();
        // A process that does not read all of its input reports an error itself.
        thread::spawn(move || input.map(|mut input| input.write_all(&text)));
        let ended = child.wait_timeout(call.patience).map_err(|error| ApplyError::no_client(&self.program, &error))?;
        let Some(status) = ended else {
            // It may have just ended; then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ApplyError::slow(action, call.patience));
        };
        let err = String::from_utf8_lossy(&err.recv_timeout(DRAIN).unwrap_or_default()).into_owned();
        Ok(Answer { code: status.code(), out: out.recv_timeout(DRAIN).unwrap_or_default(), err })
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

impl Answer {
    /// The output on success.
    pub fn text(&self) -> Option<String> {
        (self.code == Some(0)).then(|| String::from_utf8_lossy(&self.out).into_owned())
    }

    /// The last line of the error on failure.
    pub fn reason(&self) -> &str {
        last_line(&self.err)
    }
}

/// Reads to the end on a thread of its own, so that a full pipe blocks no process.
fn reader(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Output up to an error is kept.
        let _ = stream.map(|stream| stream.take(LONGEST).read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

#[cfg(test)]
mod tests;
