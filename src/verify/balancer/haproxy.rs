//! haproxy.cfg: its sections, and what its proxies bind, wait for and forward to.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (2.5 times, 4.1 proxy keywords matrix, 4.2).

use super::super::{Evidence, Sample};
use super::{File, files};
use crate::diag::Diagnostic;

mod bind;
mod condition;
mod health;
mod keyword;
mod limit;
mod member;
mod name;
mod option;
mod proxy;
mod quote;
mod server;
mod text;

use text::{Config, Section};

/// Whether a text is a configuration of haproxy, by its place or by what is in it.
pub(super) fn is_one(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let has = |kind: &str, keyword: &str| {
        text::sections(text).iter().any(|section| section.kind == kind && section.own(keyword).is_some())
    };
    let is_placed = name == "haproxy.cfg" || path.contains("/haproxy/") && name.ends_with(".cfg");
    is_placed
        || (name.ends_with(".cfg") || name.ends_with(".conf"))
            && (has("frontend", "bind") && has("backend", "server") || has("listen", "bind") && has("listen", "server"))
}

/// What is wrong with the load balancers of all machines.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let others = std::cell::OnceCell::new();
    evidence.on_each(|sample| of_machine(evidence, sample, &others))
}

/// All files of a machine are read as one.
fn of_machine<'p>(
    evidence: &Evidence<'_, 'p>,
    sample: &Sample<'p>,
    others: &std::cell::OnceCell<server::Others>,
) -> Vec<Diagnostic> {
    let files = files(sample, is_one);
    if files.is_empty() {
        return Vec::new();
    }
    let config = Config::of(files.iter().map(|file| file.text));
    let mut problems = name::verify(evidence.model, &files, &config);
    problems.extend(quote::verify(evidence.model, &files));
    problems.extend(keyword::verify(evidence.model, &files, &config));
    problems.extend(condition::verify(evidence.model, &files, &config));
    problems.extend(health::verify(evidence, &files, &config));
    if files.iter().all(|file| file.machine.is_some()) {
        let others = others.get_or_init(|| server::Others::of(evidence));
        problems.extend(bind::verify(evidence.model, &files, &config, (sample, others)));
        problems.extend(server::verify(evidence.model, &files, &config, others));
        problems.extend(member::verify(evidence.model, &files, &config));
        problems.extend(limit::verify(evidence.model, &files, &config));
        problems.extend(proxy::verify(evidence.model, &files, &config));
    }
    problems
}

/// The file that a section is in.
fn file_of<'f, 'a, 'p>(files: &'f [File<'a, 'p>], section: &Section<'_>) -> &'f File<'a, 'p> {
    &files[section.file]
}
