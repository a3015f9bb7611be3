//! Keys of labels, selectors, tolerations and annotations that are nearly those of Kubernetes, in files and in flags.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::label::meant;
use crate::model::Model;
use crate::render::evidence::{Document, Entry, Flags, Sample};
use crate::source::Span;
use crate::verify::locate::{self, Word};

/// What is nearly a label of Kubernetes on one machine; what the machines themselves have is reported there.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, own: &HashSet<String>) -> Vec<Diagnostic> {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Document(document) => of_document(model, document, own),
        Entry::Flags(flags) => of_flags(model, flags, own),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}

/// The keys of the labels and taints of machines.
pub(super) fn of_machines(model: &Model<'_>) -> HashSet<String> {
    let mut keys = HashSet::new();
    for group in &model.groups {
        for value in [&group.labels, &group.taints] {
            locate::words(value, &mut Vec::new(), &mut |word, _| keys.extend([key_of(word.text()).to_owned()]));
        }
    }
    keys
}

/// The key in `KEY=VALUE:EFFECT`.
fn key_of(text: &str) -> &str {
    text.split(['=', ':', ',']).next().unwrap_or_default()
}

fn of_document(model: &Model<'_>, document: &Document<'_>, own: &HashSet<String>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let Some(value) = document.value().filter(|_| !document.derived) else { return list };
    locate::words(value, &mut Vec::new(), &mut |word, at| {
        let key = key_of(word.text());
        let Some(near) = meant(key).filter(|_| !own.contains(key)) else { return };
        let way = document.way(at);
        let span = match word {
            Word::Key(_) => locate::key(model, document.owner, document.written, &way),
            Word::Text(_) => locate::value(model, document.owner, document.written, &way),
        };
        list.push(problem(key, &near, span));
    });
    list
}

fn of_flags(model: &Model<'_>, flags: &Flags<'_>, own: &HashSet<String>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    for flag in &flags.given {
        locate::words(&flag.value, &mut Vec::new(), &mut |word, _| {
            for key in word.text().split(',').map(key_of) {
                let Some(near) = meant(key).filter(|_| !own.contains(key)) else { continue };
                list.push(problem(key, &near, locate::word::element(model, flags.owner, flag, key)));
            }
        });
    }
    list
}

/// What is wrong with a key.
fn problem(key: &str, near: &str, span: Span) -> Diagnostic {
    let message = format!("`{key}` is not a label of Kubernetes, but nearly one");
    Diagnostic::new(Code::LabelMisspelt, span, message).help(Help::near(near))
}
