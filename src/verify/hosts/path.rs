//! Paths in flags and files that are nearly those of files that the model writes, and of which nothing writes the one that is named.

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::setting::{self as facts, Name};
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Entry, Flag, Flags, Sample, Step};
use crate::source::Span;
use crate::verify::locate::{self, Word};

use super::presence::{Presence, is_near};

/// What is wrong with the paths that the files and flags of one machine name.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let there = Presence::of(sample);
    let of = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => of_flags(model, flags, &there),
        Entry::Document(document) if !document.derived => of_document(model, document, &there),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}

/// Whether two names of units differ by a slip: `chronyd.service` is another name than `chrony.service`.
pub(super) fn is_slip(name: &str, known: &str) -> bool {
    let (Some((own, ending)), Some((other, wanted))) = (name.rsplit_once('.'), known.rsplit_once('.')) else {
        return false;
    };
    let is_longer = [own, other].map(|stem| stem.trim_end_matches(['d', 's']));
    ending == wanted && is_longer[0] != is_longer[1] && is_near(name, known)
}

fn of_flags(model: &Model<'_>, flags: &Flags<'_>, there: &Presence<'_>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let is_read = |flag: &&Flag<'_>| flags.unit.is_some() && facts::is_read(&Name::of_flag(&flags.program, &flag.name));
    // Of those that are read at the start it is said where settings are compared.
    for flag in flags.given.iter().filter(|flag| !is_read(flag)) {
        locate::words(&flag.value, &mut Vec::new(), &mut |word, _| {
            let Word::Text(path) = word else { return };
            let Some(near) = there.meant(path) else { return };
            let span = locate::word::element(model, flags.owner, flag, path);
            list.push(problem(&format!("`--{}` of `{}`", flag.name, flags.program), (path, near), span));
        });
    }
    list
}

fn of_document(model: &Model<'_>, document: &Document<'_>, there: &Presence<'_>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let Some(value) = document.value() else { return list };
    let kind = match value.reveal() {
        Value::Record(record) => record.get("kind").and_then(Value::scalar_text).unwrap_or_default(),
        _ => String::new(),
    };
    locate::words(value, &mut Vec::new(), &mut |word, at| {
        let Word::Text(path) = word else { return };
        let Some(near) = there.meant(path).filter(|_| !is_read_field(&kind, at)) else { return };
        let span = locate::value(model, document.owner, document.written, &document.way(at));
        list.push(problem(&format!("`{}`", document.path), (path, near), span));
    });
    list
}

/// Whether the field at this way is a file that is read at the start.
fn is_read_field(kind: &str, at: &[Step]) -> bool {
    let keys = at.iter().map(|step| if let Step::Key(key) = step { Some(&**key) } else { None });
    let path = keys.collect::<Option<Vec<&str>>>().map(|keys| keys.join("."));
    path.is_some_and(|path| facts::is_read(&Name::Field { kind: kind.to_owned(), path }))
}

fn problem(who: &str, (path, near): (&str, &str), span: Span) -> Diagnostic {
    let message = format!("{who} names `{path}`, which nothing puts on the machine");
    Diagnostic::new(Code::PathMisspelt, span, message).help(Help::near(near))
}
