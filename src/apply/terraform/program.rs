//! OpenTofu or Terraform, as a process in a folder.
//!
//! What it prints goes into a file, which is read as it grows: where kmodel is killed, Terraform goes on and keeps its state.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

use super::folder::{Folder, Lasting, registry};
use super::message::{Diagnostic, Message, error_of};
use super::proposal::Proposal;
use super::running::Running;
use crate::apply::error::{ApplyError, last_line};
use crate::apply::process::{self, Answer};
use crate::apply::redactor::Redactor;
use crate::apply::transport::{LONG, SOON};

/// In the order in which they are looked for.
const PROGRAMS: [&str; 2] = ["tofu", "terraform"];

/// The plan that is made.
const PLAN: &str = "kmodel.plan";

/// What a command prints, while it runs.
const LOG: &str = "kmodel.log";

/// How often the output of a command is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a command waits for another one that changes the same state.
const LOCK_TIMEOUT: &str = "-lock-timeout=300s";

/// One that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub name: String,
    pub version: String,
}

impl Found {
    /// The one that is asked for; otherwise the one whose providers are in the key store; otherwise the first that is installed.
    ///
    /// # Errors
    /// When none is installed.
    pub(crate) fn find(named: Option<&str>, store: &Path) -> Result<Self, ApplyError> {
        if let Some(name) = named {
            return Self::read(name).ok_or_else(|| missing(&format!("`{name}` (KMODEL_TERRAFORM)")));
        }
        let names = registry(store).into_iter().chain(PROGRAMS);
        names.into_iter().find_map(Self::read).ok_or_else(|| missing("neither `tofu` nor `terraform`"))
    }

    fn read(name: &str) -> Option<Self> {
        let answer =
            process::run(Command::new(name).args(["version", "-json"]).env("CHECKPOINT_DISABLE", "1"), &[], SOON);
        let answer = answer.ok()??;
        let json: Json = serde_json::from_slice(&answer.out).ok()?;
        Some(Self { name: name.to_owned(), version: json["terraform_version"].as_str()?.to_owned() })
    }

    /// What people call it: a path has its name at its end.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.name.rsplit('/').next().unwrap_or(&self.name), self.version)
    }
}

fn missing(what: &str) -> ApplyError {
    let message = match what.starts_with("neither") {
        true => format!("{what} is installed"),
        false => format!("{what} is not installed, or does not tell its version"),
    };
    ApplyError::new(message).help(
        "install OpenTofu 1.6 or newer (https://opentofu.org/docs/intro/install) or Terraform 1.6 or newer \
         (https://developer.hashicorp.com/terraform/install); KMODEL_TERRAFORM names another program",
    )
}

/// A program in its folder.
pub(super) struct Program {
    found: Found,
    folder: Folder,
    lasting: Lasting,
    redactor: Redactor,
}

impl Drop for Program {
    /// A plan may hold what is secret.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.terraform().join(PLAN));
    }
}

/// What a command is for, and what it is given besides.
struct Work<'a> {
    action: &'a str,
    words: &'a [&'a str],
    targets: &'a [String],
}

impl Program {
    /// Prepares the folder: its providers and its state.
    ///
    /// # Errors
    /// What Terraform says.
    pub(super) fn new(
        found: Found,
        (folder, lasting): (Folder, Lasting),
        redactor: Redactor,
    ) -> Result<Self, ApplyError> {
        let program = Self { found, folder, lasting, redactor };
        let answer = program.ask("prepare its folder", &["init", "-input=false", "-no-color"])?;
        match answer.code {
            Some(0) => Ok(program),
            _ => Err(program.refused("prepare its folder", &answer)),
        }
    }

    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What it would change: all, or only these resources and what they need.
    ///
    /// # Errors
    /// What Terraform says, and what of it cannot be read.
    pub(super) fn propose(&self, more: &[&str], targets: &[String]) -> Result<Proposal, ApplyError> {
        let lock = if self.lasting == Lasting::Yes { LOCK_TIMEOUT } else { "-lock=false" };
        let out = format!("-out={PLAN}");
        let words = [&["plan", "-json", "-input=false", lock, &out], more].concat();
        self.stream(&Work { action: "plan", words: &words, targets }, &mut |_| {})?;
        let answer = self.ask("read its plan", &["show", "-json", PLAN])?;
        let text = answer.text().ok_or_else(|| self.refused("read its plan", &answer))?;
        Proposal::read(&text).map_err(|error| ApplyError::answer("read Terraform's plan", error))
    }

    /// Makes what was proposed last.
    ///
    /// # Errors
    /// What Terraform says; what was made until then is in its state.
    pub(super) fn make(&self, each: &mut dyn FnMut(&Message)) -> Result<(), ApplyError> {
        let words = ["apply", "-json", "-input=false", LOCK_TIMEOUT, PLAN];
        self.stream(&Work { action: "make its changes", words: &words, targets: &[] }, each)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.found.name);
        command.current_dir(self.folder.terraform()).args(words);
        command.env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0").env("CHECKPOINT_DISABLE", "1");
        command.env("LC_ALL", "C.UTF-8");
        if let Some(data) = self.folder.data() {
            command.env("TF_DATA_DIR", data);
        }
        command
    }

    fn ask(&self, action: &str, words: &[&str]) -> Result<Answer, ApplyError> {
        let answer = process::run(&mut self.command(words), &[], LONG);
        let answer = answer.map_err(|error| self.cannot_run(&error))?;
        answer.ok_or_else(|| ApplyError::slow(&format!("let Terraform {action}"), LONG))
    }

    fn cannot_run(&self, error: &io::Error) -> ApplyError {
        ApplyError::new(format!("cannot run `{}`: {error}", self.found.name))
    }

    /// Runs a command to its end, however long that takes.
    fn stream(&self, work: &Work<'_>, each: &mut dyn FnMut(&Message)) -> Result<(), ApplyError> {
        let failed = |error: io::Error| self.cannot_run(&error);
        let path = self.folder.terraform().join(LOG);
        let (out, mut log) = (self.log(&path).map_err(failed)?, File::open(&path).map_err(failed)?);
        let targets: Vec<String> = work.targets.iter().map(|target| format!("-target={target}")).collect();
        let mut command = self.command(work.words);
        command.args(targets).process_group(0).stdin(Stdio::null());
        command.stderr(out.try_clone().map_err(failed)?).stdout(out);
        let mut child = command.spawn().map_err(failed)?;
        let running = Running::new(child.id());
        let mut reading = Reading::default();
        let status = loop {
            let status = child.try_wait().map_err(failed)?;
            reading.on(&mut log, each).map_err(failed)?;
            match status {
                Some(status) => break status,
                None => thread::sleep(PAUSE),
            }
        };
        drop(running);
        let _ = fs::remove_file(&path);
        match status.code() {
            Some(0) => Ok(()),
            code => Err(self.failed(work.action, code, &reading)),
        }
    }

    fn log(&self, path: &Path) -> io::Result<File> {
        // Another run that was killed may still write to the old one.
        let _ = fs::remove_file(path);
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
    }

    fn failed(&self, action: &str, code: Option<i32>, reading: &Reading) -> ApplyError {
        let first = match reading.errors.first() {
            Some(error) => error.text(),
            None if code.is_none() => "it was interrupted".to_owned(),
            None => error_of(&reading.rest).unwrap_or_else(|| last_line(&reading.rest).to_owned()),
        };
        let more = match reading.errors.len() {
            0 | 1 => String::new(),
            more => format!(" (and {} more)", more - 1),
        };
        self.error(action, &format!("{first}{more}"))
    }

    fn refused(&self, action: &str, answer: &Answer) -> ApplyError {
        let both = format!("{}\n{}", answer.err, String::from_utf8_lossy(&answer.out));
        self.error(action, &error_of(&both).unwrap_or_else(|| last_line(&answer.err).to_owned()))
    }

    fn error(&self, action: &str, why: &str) -> ApplyError {
        let why = if why.is_empty() { "it gave no reason" } else { why };
        let program = self.found.shown();
        let error = ApplyError::new(format!("{program} cannot {action}: {}", self.redactor.clean(why)));
        match help(&why.to_lowercase()) {
            Some(help) => error.help(help.replace("FOLDER", &self.folder.shown())),
            None => error.help("fix the cause and run the same command again: it continues with what Terraform made"),
        }
    }
}

/// What to do about known errors. The texts are those of Terraform 1.11 and OpenTofu 1.9.
fn help(why: &str) -> Option<&'static str> {
    let known: [(&[&str], &str); 4] = [
        (
            &["error acquiring the state lock"],
            "wait until the other run has ended; if none runs, `terraform force-unlock ID` in FOLDER frees it",
        ),
        (
            &["backend configuration changed", "backend initialization required"],
            "move the state once: `terraform init -migrate-state` in FOLDER, then run the same command again",
        ),
        (
            &["failed to query available provider packages", "could not retrieve the list of available versions"],
            "check the network and its proxy: Terraform downloads the provider once, or takes it from a mirror (`terraform providers mirror`)",
        ),
        (
            &["no valid credential sources", "failed to refresh cached credentials", "expiredtoken"],
            "log in to the cloud in this shell, as its provider for Terraform documents it",
        ),
    ];
    known.into_iter().find(|(words, _)| words.iter().any(|word| why.contains(word))).map(|(_, help)| help)
}

/// What a command has printed so far.
#[derive(Default)]
struct Reading {
    /// Of a line that has no end yet.
    begun: Vec<u8>,
    errors: Vec<Diagnostic>,
    /// What is not a message.
    rest: String,
}

impl Reading {
    fn on(&mut self, log: &mut File, each: &mut dyn FnMut(&Message)) -> io::Result<()> {
        log.read_to_end(&mut self.begun)?;
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end(), each);
        }
        Ok(())
    }

    fn line(&mut self, line: &str, each: &mut dyn FnMut(&Message)) {
        match Message::read(line) {
            Some(message) => {
                self.errors.extend(message.error().cloned());
                each(&message);
            }
            None => {
                self.rest.push_str(line);
                self.rest.push('\n');
            }
        }
    }
}
