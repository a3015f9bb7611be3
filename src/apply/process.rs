//! A process of another program, with input, a timeout, and no terminal.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt;

use super::error::last_line;

/// How long what a process has written may take to read once it has ended: a program that it started may hold its output open.
pub(crate) const DRAIN: Duration = Duration::from_secs(5);

/// No answer is longer. Beyond it the output is closed, which ends the process.
const LONGEST: u64 = 512 << 20;

/// What a program said.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
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

/// Runs a command to its end; `None` if that takes too long.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(command: &mut Command, input: &[u8], patience: Duration) -> io::Result<Option<Answer>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let out = reader(child.stdout.take());
    let err = reader(child.stderr.take());
    let text = input.to_vec();
    // A process that does not read all of its input reports an error itself.
    thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&text)));
    let Some(status) = child.wait_timeout(patience)? else {
        // It may have just ended; then there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
        return Ok(None);
    };
    let err = String::from_utf8_lossy(&err.recv_timeout(DRAIN).unwrap_or_default()).into_owned();
    Ok(Some(Answer { code: status.code(), out: out.recv_timeout(DRAIN).unwrap_or_default(), err }))
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
