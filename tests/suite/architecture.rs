//! Modules use only those before them in `src/lib.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, list: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, list);
        } else if path.extension().is_some_and(|e| e == "rs") {
            list.push(path);
        }
    }
}

/// The modules in reading order.
fn order() -> Vec<String> {
    let text = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let name = |line: &str| Some(line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')?.to_owned());
    text.lines().filter_map(name).collect()
}

/// The names after `crate::` in a text.
fn used(text: &str) -> BTreeSet<&str> {
    let rest = text.split("crate::").skip(1);
    rest.flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect::<Vec<_>>(),
        None => vec![rest],
    })
    .map(|name| name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
    .collect()
}

#[test]
fn each_module_uses_only_those_before_it() {
    let order = order();
    assert!(order.len() > 10, "src/lib.rs lists the modules");
    let place = |name: &str| order.iter().position(|known| known == name);
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix("src").expect("below src").to_owned();
        let first = inside.iter().next().expect("a name").to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some(own) = place(&first) else { continue };
        let text = fs::read_to_string(&file).expect("a source file");
        for name in used(&text) {
            if place(name).is_some_and(|other| other > own) {
                wrong.push(format!("{} uses `{name}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_source_file_says_what_it_is() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let silent: Vec<_> =
        files.iter().filter(|f| !fs::read_to_string(f).expect("a source file").starts_with("//!")).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// The files of some modules whose text has a word in it, beside those of `own`.
fn naming(word: &str, own: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let of = |file: &PathBuf| file.starts_with(format!("src/{own}")) || *file == Path::new(&format!("src/{own}.rs"));
    files.retain(|file| !of(file) && fs::read_to_string(file).expect("a source file").contains(word));
    files
}

#[test]
fn only_the_command_line_names_clap_and_only_the_server_its_protocol() {
    assert_eq!(naming("clap::", "cli"), Vec::<PathBuf>::new());
    assert_eq!(naming("lsp_types", "lsp"), Vec::<PathBuf>::new());
}

#[test]
fn only_one_room_speaks_http() {
    for word in ["ureq::", "rustls"] {
        assert_eq!(naming(word, "pin"), Vec::<PathBuf>::new());
    }
}

/// What may stand in the way of a value while a model is planned or rendered; whether the values are right, `verify` says.
const VALUE_CODES: [&str; 14] = [
    "EvaluationFailed",
    "FileTwice",
    "InvalidHashes",
    "InvalidName",
    "InvalidText",
    "MissingField",
    "NotPlaced",
    "PinDiffers",
    "SecretExposed",
    "StartCycle",
    "TargetLimit",
    "TypeMismatch",
    "UnknownRelease",
    "WrongKind",
];

#[test]
fn planning_and_rendering_verify_nothing() {
    let mut files = vec![PathBuf::from("src/plan.rs"), PathBuf::from("src/render.rs")];
    ["src/plan", "src/render"].iter().for_each(|folder| sources(Path::new(folder), &mut files));
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let codes = text.split("Code::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
        let verdicts: Vec<_> = codes.flatten().filter(|code| !VALUE_CODES.contains(code)).collect();
        assert!(verdicts.is_empty(), "{} raises {verdicts:?}, which a rule of `verify` should", file.display());
    }
}

/// A rule in no list would be compiled, and never run.
#[test]
fn every_rule_is_in_the_list() {
    let text = fs::read_to_string("src/verify.rs").expect("src/verify.rs");
    let list = text.split("const RULES").nth(1).and_then(|rest| rest.split("];").next()).expect("the list");
    let mut files = Vec::new();
    sources(Path::new("src/verify"), &mut files);
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let pieces: Vec<_> = text.split("(evidence: &Evidence<'_, '_>) -> Verdict {").collect();
        for before in &pieces[..pieces.len() - 1] {
            let name = before.rsplit("fn ").next().expect("a function has a name");
            assert!(list.contains(&format!("::{name},")), "`{name}` of {} is not in `RULES`", file.display());
            count += 1;
        }
    }
    assert_eq!(count, list.matches("::").count(), "a rule of `RULES` is a function of src/verify");
}

#[test]
fn rules_render_nothing() {
    let mut files = vec![PathBuf::from("src/verify.rs")];
    sources(Path::new("src/verify"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for call in ["render::machine(", "render::unit(", "render::cluster(", "render::sample(", "Filler"] {
            assert!(!text.contains(call), "{} renders: `{call}`", file.display());
        }
    }
}
