//! The client: `lxc` or `incus`, as a process.
//!
//! Everything that is asked of a server goes through here, so that another program of that name on the path stands for the
//! whole outside. No process is waited for without an end, and none reads what is typed.

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

/// For questions.
pub const SOON: Duration = Duration::from_secs(60);

/// For what moves data: an image that is unpacked, a machine that stops.
pub const LONG: Duration = Duration::from_secs(900);

/// What servers say of an instance that is being made, started or stopped.
const BUSY: &str = "busy running a";

/// Before it is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// The oldest LXD that has all that is asked for: `cloud-init.*` keys.
const OLDEST: u32 = 5;

/// A client and the project that it works in.
#[derive(Debug)]
pub struct Client {
    program: String,
    project: String,
    semaphore: Semaphore,
}

/// What a client answered.
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

    /// How a person would call it.
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
        let answer = self.call("ask the client for its version", &Call::plain(&["version"]))?;
        let text = String::from_utf8_lossy(&answer.out).into_owned();
        let server = text.lines().find_map(|line| line.strip_prefix("Server version:")).unwrap_or_default().trim();
        if !server.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.unreachable());
        }
        let major: u32 = server.split('.').next().and_then(|part| part.parse().ok()).unwrap_or_default();
        // Incus began at 0.1 with all that is needed.
        let incus = self.program.rsplit('/').next() == Some("incus");
        if !incus && major < OLDEST {
            return Err(ApplyError::new(format!("the server is LXD {server}, and {OLDEST}.0 or newer is needed"))
                .help("upgrade it: `snap refresh lxd --channel=5.21/stable`"));
        }
        Ok(server.to_owned())
    }

    /// `version` says only that there is no answer; any other question says why.
    fn unreachable(&self) -> ApplyError {
        let action = format!("reach the server of `{}`", self.program);
        match self.call(&action, &Call::plain(&["query", "/1.0"])) {
            Ok(answer) if answer.code == Some(0) => {
                ApplyError::new(format!("cannot {action}: it does not say its version"))
            }
            Ok(answer) => ApplyError::refused(&action, &answer.err),
            Err(error) => error,
        }
    }

    /// Does something outside of any project.
    ///
    /// # Errors
    /// What the client says; `action` is what it was to do: `create the project`.
    pub fn global(&self, action: &str, args: &[&str]) -> Result<String, ApplyError> {
        self.succeed(action, &Call::plain(args))
    }

    /// Does something in the project.
    ///
    /// # Errors
    /// What the client says.
    pub fn ask(&self, action: &str, args: &[&str]) -> Result<String, ApplyError> {
        self.succeed(action, &self.in_project(args, &[], SOON))
    }

    /// Does something in the project that takes its time, with a text to read.
    ///
    /// # Errors
    /// What the client says.
    pub fn give(&self, action: &str, args: &[&str], input: &[u8]) -> Result<String, ApplyError> {
        self.succeed(action, &self.in_project(args, input, LONG))
    }

    /// Does something, and tells what came of it.
    ///
    /// # Errors
    /// When there is no client, or no answer in time.
    pub fn attempt(&self, action: &str, args: &[&str], scope: Scope) -> Result<Answer, ApplyError> {
        match scope {
            Scope::Global => self.call(action, &Call::plain(args)),
            Scope::Project => self.call(action, &self.in_project(args, &[], SOON)),
        }
    }

    /// A list as the server has it.
    ///
    /// # Errors
    /// What the client says, or that it says something else than a list.
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
    /// When there is no client or no answer. What the script says and how it ends is in the answer; a machine that cannot
    /// be entered looks like a script that failed.
    pub fn inside(&self, machine: &str, script: &str, words: &[&str], input: &[u8]) -> Result<Answer, ApplyError> {
        let mut args = vec!["exec", machine, "-T", "--", "env", "LC_ALL=C", "sh", "-c", script, "sh"];
        args.extend(words);
        self.call(&format!("run a program on `{machine}`"), &self.in_project(&args, input, 3 * SOON))
    }

    /// As [`Client::inside`], for what takes its time.
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

    /// What an interrupted run has begun goes on in the server, which refuses everything else until it has ended.
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
        // In English, so that what it says is understood here.
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
        // One that does not read all of its input says why on its own.
        thread::spawn(move || input.map(|mut input| input.write_all(&text)));
        let ended = child.wait_timeout(call.patience).map_err(|error| ApplyError::no_client(&self.program, &error))?;
        let Some(status) = ended else {
            // It may be gone in this moment; then there is nothing left to end.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ApplyError::slow(action, call.patience));
        };
        let err = String::from_utf8_lossy(&err.recv().unwrap_or_default()).into_owned();
        Ok(Answer { code: status.code(), out: out.recv().unwrap_or_default(), err })
    }
}

/// Where a list is asked for.
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
    /// What was said on success.
    pub fn text(&self) -> Option<String> {
        (self.code == Some(0)).then(|| String::from_utf8_lossy(&self.out).into_owned())
    }

    /// The end of what was said on failure.
    pub fn reason(&self) -> &str {
        last_line(&self.err)
    }
}

/// Reads to the end on a thread of its own, so that a full pipe stops nobody.
fn reader(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until it broke is all that there is.
        let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}
