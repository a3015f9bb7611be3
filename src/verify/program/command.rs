//! Commands of machines that fail wherever they run.

use crate::diag::{Code, Diagnostic};
use crate::facts::command;
use crate::model::Model;
use crate::render::evidence::Command;
use crate::verify::locate;

/// Why a command fails.
pub(super) fn verify(model: &Model<'_>, command: &Command<'_>) -> Option<Diagnostic> {
    let (failing, word) = command::failing(&command.text)?;
    let span = locate::word::span(model, command.owner, &command.written);
    let message = format!("`{word}` makes this command fail: {}", failing.what);
    Some(Diagnostic::new(Code::RefusedSetting, span, message).help(&*failing.help))
}
