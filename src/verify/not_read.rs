//! What is pasted and cannot be read, so that nothing is known of it: said, and not passed over.

use crate::diag::{Code, Diagnostic};
use crate::facts::{flag, setting};
use crate::model::Model;
use crate::plan::Gap;
use crate::render::evidence::{DOWNLOADED, Document, Entry, Flags, Hidden, Opaque, Sample, Service, Unread};

use super::{Evidence, Verdict, balancer, document, locate, packet_filter, program};

mod include;

/// Every file that programs of the cluster read can be read here too.
pub(super) fn readings(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let of = |sample: &Sample<'_>| {
        let files = sample.entries.iter().filter_map(|entry| match entry {
            Entry::Unread(unread) if is_configuration(&unread.path) => Some(of_file(model, unread)),
            Entry::Opaque(opaque) => of_script(model, sample, opaque),
            _ => None,
        });
        let files = files.chain(include::verify(model, sample));
        files.chain(sample.services.iter().filter_map(|service| environment(model, sample, service))).collect()
    };
    Verdict { problems: evidence.on_each(of), gaps: gaps(evidence), ..Verdict::default() }
}

/// The programs whose flags, and the files whose content, are in no table.
fn gaps(evidence: &Evidence<'_, '_>) -> Vec<Gap> {
    let entries = || evidence.samples.iter().flat_map(|sample| &sample.entries);
    let programs = entries().filter_map(|entry| match entry {
        Entry::Unlisted(unlisted) => Some(unlisted.program.clone()),
        _ => None,
    });
    let unversioned = entries().filter_map(|entry| match entry {
        Entry::Flags(flags) if flags.version.is_none() && !flags.given.is_empty() => Some(flags.program.to_string()),
        _ => None,
    });
    let beyond = entries().filter_map(|entry| match entry {
        Entry::Flags(flags) if !flags.given.is_empty() => beyond(flags),
        _ => None,
    });
    let variables = document::variables(evidence);
    let is_examined = |document: &Document<'_>| {
        document.derived
            || packet_filter::is_read(evidence.model, document)
            || balancer::is_read(document)
            || document::is_read(document, &variables)
            || program::is_read(evidence.model, document)
    };
    let files = entries().filter_map(|entry| match entry {
        Entry::Document(document) if is_configuration(&document.path) && !is_examined(document) => {
            Some(document.path.clone())
        }
        _ => None,
    });
    let gaps = [
        super::gap("flags", "program", "whose flags no table lists", programs.collect()),
        super::gap("flags", "program", "whose version nothing tells", unversioned.collect()),
        super::gap("versions", "program", "of a version that the tables do not cover in full", beyond.collect()),
        super::gap("configuration", "file", "whose keys no table lists", files.collect()),
    ];
    gaps.into_iter().flatten().collect()
}

/// A program in a version that the table of its flags, or that of what it refuses, does not cover: `kubelet 1.37.0`.
fn beyond(flags: &Flags<'_>) -> Option<String> {
    let (program, version) = (&*flags.program, flags.version?);
    let knows_flags = flag::table(program).is_none_or(|table| table.range.knows(version));
    let mut refused = setting::refusals().iter().filter(|table| table.program == program);
    let knows_refused = refused.all(|table| table.range.knows(version));
    (!knows_flags || !knows_refused).then(|| format!("{program} {version}"))
}

/// Whether a file may hold settings: what lies elsewhere may well be binary.
fn is_configuration(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    path.starts_with("/etc/") && ending != "sh"
        || path.contains("/systemd/")
        || path.ends_with("user-data")
        || path.ends_with("vendor-data")
        || matches!(ending, "yaml" | "yml" | "json" | "toml" | "conf" | "cfg" | "ini" | "service" | "env")
}

const HELP: &str = "compare its settings with the version that runs, then `allow not-read \"...\"` with the reason";

fn of_file(model: &Model<'_>, unread: &Unread<'_>) -> Diagnostic {
    if unread.why == DOWNLOADED {
        return of_download(model, unread);
    }
    let span = locate::value(model, unread.owner, unread.written, &unread.at);
    let message = format!("`{}` is not examined: {}", unread.path, unread.why);
    Diagnostic::new(Code::NotRead, span, message).help(HELP)
}

/// A manifest that only the control plane will see.
fn of_download(model: &Model<'_>, unread: &Unread<'_>) -> Diagnostic {
    let span = locate::origin(model, unread.owner, unread.written);
    let app = model.app(unread.owner.provider());
    let message = format!("the manifest of `{}` is not examined: the control plane downloads it", app.name);
    let problem =
        Diagnostic::new(Code::NotRead, span, message).label(app.span, format!("`{}` is deployed here", app.name));
    problem.help("run `kmodel pin`, which keeps a copy beside the model, or `allow not-read \"...\"` with the reason")
}

/// A word of a script that may be any flags or commands.
fn of_script(model: &Model<'_>, sample: &Sample<'_>, opaque: &Opaque<'_>) -> Option<Diagnostic> {
    let span = locate::word::span(model, opaque.owner, &opaque.written);
    let (program, word) = (&opaque.program, &opaque.word);
    let message = match opaque.why {
        Hidden::File if is_written(sample, word) => return None,
        Hidden::File => format!("`{word}`, which a script reads, is not examined: no component writes that file"),
        Hidden::Unclosed => {
            format!("a script is not examined from `{word}` on: this quote or parenthesis does not end")
        }
        Hidden::Fetched => {
            format!("what `{program}` gets from `{word}` is not examined: it is fetched when the script runs")
        }
        Hidden::Computed if flag::table(program).is_some() => {
            format!("the flags of `{program}` in `{word}` are not examined: only the machine knows them")
        }
        Hidden::Computed => format!("what `{program}` runs in `{word}` is not examined: only the machine knows it"),
    };
    let help = match opaque.why {
        Hidden::Fetched => {
            "download it as an `artifact`, or write it into the model; or `allow not-read \"...\"` with the reason"
        }
        Hidden::Unclosed => "close it; a shell refuses the script, or reads the rest of it as this word",
        _ => "write it out, or `allow not-read \"...\"` with the reason",
    };
    Some(Diagnostic::new(Code::NotRead, span, message).help(help))
}

/// Whether a component puts a file there.
fn is_written(sample: &Sample<'_>, path: &str) -> bool {
    sample.documents().any(|document| document.path == path) || sample.bundle.files.iter().any(|file| file.path == path)
}

/// Flags that come from a file of the machine that nothing writes.
fn environment(model: &Model<'_>, sample: &Sample<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let mut commands = service.values("Service", "ExecStart");
    let is_known = |word: &str| word.rsplit('/').next().is_some_and(|name| flag::table(name).is_some());
    let program = commands.find_map(|(_, line, _)| {
        let program = line.split_whitespace().find(|word| is_known(word))?;
        line.contains(" $").then(|| program.rsplit('/').next().unwrap_or(program).to_owned())
    })?;
    // Of a pattern, the files that a component writes are read.
    let is_written = |path: &str| path.contains(['%', '*']) || is_written(sample, path);
    // A dash says that it may be missing, as those of packages are.
    let mut files =
        service.values("Service", "EnvironmentFile").filter(|(_, path, _)| !path.starts_with('-') && !path.is_empty());
    let (part, path, written) = files.find(|(_, path, _)| !is_written(path))?;
    let span = locate::word::span(model, part.owner, written);
    let message = format!("the flags of `{program}` in `{path}` are not examined: no component writes that file");
    Some(Diagnostic::new(Code::NotRead, span, message).help(HELP))
}
