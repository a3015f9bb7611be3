//! Which hash holds for a download, and what to do where there is none.

use crate::diag::{Code, Diagnostic};
use crate::facts::hash::Hash;
use crate::model::{EvalError, Model};
use crate::render::boot::mirror_path;
use crate::source::Span;
use crate::text::List;

/// The hash of a file: by the operator's own list, else by what the model or a table states, else by the lock. Empty where
/// `kmodel pin` asks what has none.
///
/// # Errors
/// When the lock and what is stated differ.
pub(super) fn of(model: &Model<'_>, url: &str, stated: Option<&Hash>, span: Span) -> Result<Option<String>, EvalError> {
    let own = model.targets.first().and_then(|target| target.hashes.of(mirror_path(url)));
    if let Some(own) = own {
        return Ok(Some(own.to_owned()));
    }
    let pins = &model.lock.pins;
    match (stated, pins.files.get(url)) {
        (Some(stated), Some(pinned)) if stated.algorithm() == pinned.algorithm() && stated != pinned => {
            Err(differs(url, stated, pinned, span))
        }
        (Some(hash), _) | (None, Some(hash)) => Ok(Some(hash.to_string())),
        (None, None) => Ok(pins.lookup.then(String::new)),
    }
}

/// A checksum that was read at another time is not the one that is known now: one of both files was exchanged.
fn differs(url: &str, stated: &Hash, pinned: &Hash, span: Span) -> EvalError {
    let message = format!("kmodel.lock pins `{url}` to `{pinned}`, but its known hash is `{stated}`");
    let problem = Diagnostic::new(Code::PinDiffers, span, message);
    let help = "download the file and compare; if the known hash is right, remove the line from `kmodel.lock`";
    Box::new(problem.help(help))
}

/// What to do about a release without a hash, and the versions that have one.
pub(super) fn advice(model: &Model<'_>, known: &[String], arch: &str) -> String {
    let known = match known {
        [] => String::new(),
        _ => format!(", or use a version whose hash for {arch} is known: {}", List::of(known)),
    };
    format!("run `{}` to look up its published checksum{known}", command(model))
}

/// `kmodel pin cluster.km --overlay lab`.
pub(super) fn command(model: &Model<'_>) -> String {
    let first = model.program.modules.first();
    let file = first.map_or("FILE", |module| &model.program.sources.get(module.source).name);
    let given = model.layers.arguments.iter().map(|argument| format!(" {argument}"));
    format!("kmodel pin {file}{}", given.collect::<String>())
}
