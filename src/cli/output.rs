//! Writing to stdout.

use std::io::{self, BufWriter, StdoutLock, Write, stdout};

use super::exit::{CliError, Exit};
use super::visible::Visible;

type Stdout = BufWriter<StdoutLock<'static>>;

/// Writes a result for people and for programs: control characters are shown. A closed pipe (`| head`) ends the run silently.
///
/// # Errors
/// When stdout cannot be written for another reason.
pub fn print(write: impl FnOnce(&mut Visible<&mut Stdout>) -> io::Result<()>) -> Result<Exit, CliError> {
    print_raw(|out| {
        let mut visible = Visible(out);
        write(&mut visible)
    })
}

/// Writes a file, as it is.
///
/// # Errors
/// As [`print()`].
pub fn print_raw(write: impl FnOnce(&mut Stdout) -> io::Result<()>) -> Result<Exit, CliError> {
    let mut out = BufWriter::with_capacity(1 << 16, stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    // What is left in the buffer has nowhere to go, and must not be tried again on drop.
    let _ = out.into_parts();
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Ok),
    }
}
