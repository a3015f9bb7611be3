//! Fixtures of the check phase: each `snapshots/check/*.km` beside the problems found in it.
//!
//! A fixture may hold several files: a line `//# NAME` begins the next one. The first is `main.km`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kmodel::check::{self, Checked};
use kmodel::diag::{Code, Diagnostic};
use kmodel::source::Sources;
use kmodel::stdlib;
use kmodel::world::Memory;

/// Codes that a later phase raises; their pages are tested there.
const LATER: &[Code] = &[
    Code::FlagNotYet,
    Code::FlagRemoved,
    Code::FlagDeprecated,
    Code::VersionUnknown,
    Code::VersionUnsupported,
    Code::NoCluster,
    Code::BadCount,
    Code::NoSuchMachine,
    Code::EmptyPlacement,
    Code::PlacedTwice,
    Code::UnknownOverlay,
    Code::UnknownParam,
    Code::MissingParam,
    Code::EvaluationFailed,
    Code::NoProvider,
    Code::AmbiguousProvider,
    Code::AlreadyRelated,
    Code::StartCycle,
    Code::NameNotInCertificate,
    Code::AuthorityNotTrusted,
    Code::WrongUsage,
    Code::PlaintextMismatch,
    Code::OverlappingRanges,
    Code::RangeTooSmall,
    Code::AddressOutsideRange,
    Code::AddressTaken,
    Code::PortTaken,
    Code::EvenQuorum,
    Code::SingleMember,
    Code::CachingProxy,
    Code::CheckFailed,
    Code::WarnFailed,
    Code::UnusedAllow,
    Code::UnknownRelease,
    Code::FileTwice,
    Code::TemplateFailed,
    Code::UnknownTarget,
    Code::TargetLimit,
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

fn world(text: &str) -> Memory {
    let mut files = vec![(PathBuf::from("main.km"), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//# ") {
            Some(name) => files.push((name.trim().into(), String::new())),
            None => files.last_mut().unwrap().1.push_str(line),
        }
    }
    Memory::new(files)
}

fn checked(text: &str) -> Checked {
    check::check(&world(text), Path::new("main.km"))
}

fn shown(checked: &Checked) -> String {
    let sources = &checked.program.sources;
    checked.diagnostics.iter().map(|diagnostic| one(sources, diagnostic)).collect::<Vec<_>>().join("\n")
}

fn one(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let mut out = format!("{}[{}]: {}\n", word(diagnostic), diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let (line, column) = sources.line_column(label.span);
        let text = sources.get(label.span.source).text.lines().nth(line - 1).unwrap_or("");
        let width = sources.text(label.span).lines().next().unwrap_or("").chars().count().max(1);
        let _ = writeln!(out, "  --> {}", sources.place(label.span));
        let _ = writeln!(out, "{line:4} | {text}");
        let _ = writeln!(out, "     | {}{} {}", " ".repeat(column - 1), "^".repeat(width), label.text);
    }
    diagnostic.help.iter().for_each(|help| {
        let _ = writeln!(out, "  help: {help}");
    });
    for fix in &diagnostic.fixes {
        let _ = writeln!(out, "  fix: {}: `{}` at {}", fix.title, fix.replacement.escape_debug(), sources.place(fix.span));
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn word(diagnostic: &Diagnostic) -> &'static str {
    if diagnostic.is_error() { "error" } else { "warning" }
}

fn fixtures() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("snapshots/check")).unwrap();
    let mut list: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    list.retain(|path| path.extension().is_some_and(|extension| extension == "km"));
    list.sort();
    list
}

#[test]
fn fixtures_say_what_is_wrong() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/check"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for path in fixtures() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let checked = checked(&text);
        insta::assert_snapshot!(name.clone(), shown(&checked));
        let good = name.starts_with("ok-");
        let raised = checked.diagnostics.iter().any(|d| name.starts_with(d.code.name()));
        assert!(if good { checked.diagnostics.is_empty() } else { raised }, "{name} must raise its own code");
    }
}

#[test]
fn the_standard_library_has_no_problems() {
    for path in stdlib::modules() {
        let name = path.with_extension("").display().to_string();
        let name = name.split('/').next_back().unwrap();
        let checked = checked(&format!("use std/{name}\n"));
        assert!(checked.diagnostics.is_empty(), "std/{name}:\n{}", shown(&checked));
    }
}
