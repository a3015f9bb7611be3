//! Fixtures of the check phase: each `snapshots/check/*.km` beside the problems found in it.
//!
//! A fixture may hold several files: a line `//# NAME` begins the next one. The first is `main.km`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kmodel::check::{self, Checked};
use kmodel::diag::{Code, Diagnostic, Safety};
use kmodel::source::Sources;
use kmodel::stdlib;
use kmodel::world::Memory;
use proptest::prelude::*;

/// Codes that a later phase raises; their pages are tested there.
const LATER: &[Code] = &[
    Code::FlagNotYet,
    Code::FlagRemoved,
    Code::FlagDeprecated,
    Code::UnknownValue,
    Code::ValueNotYet,
    Code::ValueRemoved,
    Code::ValueDeprecated,
    Code::UnknownGate,
    Code::GateNotYet,
    Code::GateRemoved,
    Code::GateLocked,
    Code::GateSettled,
    Code::UnknownConfigField,
    Code::ConfigFieldNotYet,
    Code::ConfigFieldRemoved,
    Code::ConfigFieldDeprecated,
    Code::ApiRemoved,
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
    Code::PlaintextConnection,
    Code::CertificateWithoutNames,
    Code::DifferentKeys,
    Code::NoRotation,
    Code::OverlappingRanges,
    Code::WellKnownRange,
    Code::RangeTooSmall,
    Code::RangeTooLarge,
    Code::RangeFamilies,
    Code::RangeOrder,
    Code::AddressOutsideRange,
    Code::AddressTaken,
    Code::PortTaken,
    Code::PortGivenOut,
    Code::RelationClosed,
    Code::FilterUnread,
    Code::OpensNothing,
    Code::OpenTooWide,
    Code::EvenQuorum,
    Code::SingleMember,
    Code::SingleZone,
    Code::SinglePoint,
    Code::MachineTooSmall,
    Code::CachingProxy,
    Code::TlsTerminated,
    Code::ClonedIdentity,
    Code::LastingCommand,
    Code::ProxyInside,
    Code::SharedAuthority,
    Code::SettingsDiffer,
    Code::UnsafeSetting,
    Code::UnwiseSetting,
    Code::RefusedSetting,
    Code::VersionSkew,
    Code::VersionUntested,
    Code::MinorSkipped,
    Code::VersionDowngrade,
    Code::MadeByAnother,
    Code::CheckFailed,
    Code::WarnFailed,
    Code::UnusedAllow,
    Code::UnknownRelease,
    Code::FileTwice,
    Code::TemplateFailed,
    Code::UnknownKey,
    Code::InvalidConfig,
    Code::InvalidKubeconfig,
    Code::InvalidUnit,
    Code::UnknownTarget,
    Code::InvalidHashes,
    Code::TargetLacks,
    Code::TargetLimit,
    Code::UserDataTooLong,
    Code::UserDataCompressed,
    Code::UserDataTwice,
    Code::SecretInUserData,
    Code::OwnedKey,
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
        let safety = if fix.safety == Safety::Safe { "safe fix" } else { "fix" };
        for edit in &fix.edits {
            let (text, place) = (edit.replacement.escape_debug(), sources.place(edit.span));
            let _ = writeln!(out, "  {safety}: {}: `{text}` at {place}", fix.title);
        }
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

/// The files of the fenced blocks below a heading: `km` is `main.km`, `km NAME` another file.
fn blocks(page: &str, heading: &str) -> Memory {
    let section = page.split("\n## ").find_map(|section| section.strip_prefix(heading)).unwrap_or("```km\n```");
    let blocks = section.split("```km").skip(1).filter_map(|block| block.split("```").next());
    let file = |block: &str| {
        let (name, text) = block.split_once('\n').unwrap();
        let name = if name.trim().is_empty() { "main.km" } else { name.trim() };
        (name.to_owned(), text.to_owned())
    };
    Memory::new(blocks.map(file))
}

fn codes(world: &Memory) -> Vec<Code> {
    let checked = check::check(world, Path::new("main.km"));
    checked.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn pages_show_what_they_say() {
    for code in Code::ALL.iter().filter(|code| !LATER.contains(code)) {
        assert_eq!(codes(&blocks(code.page(), "Wrong")), [*code], "the wrong block of {code}");
        assert_eq!(codes(&blocks(code.page(), "Right")), [], "the right block of {code}");
    }
    // Before the later phases there is nothing to say about the others.
    for code in LATER {
        for heading in ["Wrong", "Right"] {
            assert_eq!(codes(&blocks(code.page(), heading)), [], "the {heading} block of {code}");
        }
    }
}

#[test]
fn examples_have_no_problems() {
    let Ok(folder) = fs::read_dir(root().join("examples")) else { return };
    let files = folder.map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "km")) {
        let checked = check::check(&kmodel::world::Disk, &path);
        assert!(checked.diagnostics.is_empty(), "{}:\n{}", path.display(), shown(&checked));
    }
}

#[test]
fn every_code_has_a_fixture() {
    let names: Vec<_> = fixtures().iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let syntax =
        [Code::UnclosedDelimiter, Code::UnterminatedString, Code::InvalidLiteral, Code::InvalidEscape, Code::TooDeep];
    for code in Code::ALL.iter().filter(|code| !LATER.contains(code) && !syntax.contains(code)) {
        assert!(names.iter().any(|name| name.starts_with(code.name())), "no fixture raises {code}");
    }
}

/// Pieces of the language, and what does not belong there.
fn mutated() -> impl Strategy<Value = String> {
    let fixtures: Vec<String> = fixtures().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let text = prop::sample::select(fixtures);
    let junk = prop::sample::select(vec![
        "{",
        "}",
        "(",
        "[",
        "]",
        "=",
        "->",
        "none",
        "?",
        "??",
        "let x = x",
        "$",
        "\"",
        "${",
        "component a {",
        "use std/kubernetes\n",
        "deploy * on *",
        "for x in",
        "if",
        "secret s { }",
        "s.value",
        "overlay o { add ",
        "cluster",
        ".",
        ",",
        "1.2",
        "cert x",
        "é",
    ]);
    (text, prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, junk), 1..6)).prop_map(
        |(mut text, edits)| {
            for (at, length, junk) in edits {
                let places: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
                if places.is_empty() {
                    break;
                }
                let start = at.index(places.len());
                let end = (start + length).min(places.len() - 1);
                text.replace_range(places[start]..places[end], junk);
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn checking_never_panics(text in mutated()) {
        shown(&checked(&text));
    }
}

#[test]
fn equal_input_gives_equal_problems() {
    for path in fixtures() {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(shown(&checked(&text)), shown(&checked(&text)), "{}", path.display());
    }
}
