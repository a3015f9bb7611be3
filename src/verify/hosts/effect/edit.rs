//! Files that a command changes in place, and programs in other languages: what comes of them is not examined.

use super::{Act, Host, is_unknown, not_read};
use crate::diag::{Code, Diagnostic};
use crate::render::evidence::Word;

/// The files of the model that a command changes.
pub(super) fn edits(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Vec<Diagnostic> {
    let files = &host.sample.bundle.files;
    let is_written = |path: &str| {
        let is_taken = |file: &str| super::removal::is_taken(path, file, false);
        files.iter().any(|file| is_taken(&file.path))
            || host.sample.documents().any(|document| is_taken(&document.path))
    };
    let of = |word: &Word<'_>| match () {
        () if is_unknown(word) && !word.text.to_ascii_lowercase().contains("tmp") => {
            Some(not_read(host.model, act, word, "changes there"))
        }
        () if is_written(&word.text) => Some(changed(host, act, word)),
        () => None,
    };
    act.operands().filter_map(of).collect()
}

fn changed(host: &Host<'_, '_>, act: &Act<'_, '_>, word: &Word<'_>) -> Diagnostic {
    let message = format!(
        "`{}` is not examined as it is on the machine: `{}` changes what the model writes",
        word.text,
        act.program()
    );
    let help = "write the setting into the model, or `allow not-read \"...\"` with the reason";
    Diagnostic::new(Code::NotRead, act.span(host.model, word), message).help(help)
}

/// A program in another language.
pub(super) fn runs(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Diagnostic {
    let message = format!("what `{}` runs here is not examined: it is not shell", act.program());
    let help = "let the model write what it makes, or `allow not-read \"...\"` with the reason";
    let span = act.first(host.model);
    Diagnostic::new(Code::NotRead, span, message).help(help)
}
