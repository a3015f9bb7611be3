//! Configurations that went wrong in real life, each as a user would write it, and what is said of it.
//!
//! `tests/broken/NN-name.km`; in its head `// says: CODE` is what has to be said, `// seen: ISSUES` where it was met, and
//! `// run: ARGUMENTS` how kmodel is called (default `check FILE`). What it prints lies in `snapshots/broken`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Case {
    name: String,
    path: PathBuf,
    says: String,
    seen: Vec<String>,
    run: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<Case> {
    let folder = fs::read_dir(root().join("tests/broken")).expect("there are cases").map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = folder.filter(|path| path.extension().is_some_and(|extension| extension == "km")).collect();
    paths.sort();
    paths.into_iter().map(case).collect()
}

fn case(path: PathBuf) -> Case {
    let text = fs::read_to_string(&path).expect("a case is text");
    let told = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!("// {key}: "))).map(str::trim);
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let says = told("says").unwrap_or_else(|| panic!("{name} does not say which code it raises")).to_owned();
    let seen = told("seen").map(|list| list.split(", ").map(str::to_owned).collect()).unwrap_or_default();
    let run = told("run").unwrap_or("check FILE").split_whitespace().map(str::to_owned).collect();
    Case { name, path, says, seen, run }
}

impl Case {
    fn file(&self) -> &str {
        self.path.strip_prefix(root()).expect("a case is of the project").to_str().expect("its name is text")
    }

    fn said(&self, more: &[&str]) -> String {
        let arguments = self.run.iter().map(|word| if word == "FILE" { self.file() } else { word });
        text(&kmodel(arguments.chain(more.iter().copied())).stderr)
    }
}

/// Without the excerpts of the standard library, whose lines move with every change of it, and without sizes, which do too.
fn own_excerpts(said: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for line in said.lines() {
        let begins = line.trim_start().strip_prefix("╭─[std/").and_then(|rest| rest.split(':').next());
        if let Some(file) = begins {
            (inside, out) = (true, out + "    ... std/" + file + "\n");
        }
        if !inside {
            out += &without_sizes(line);
            out.push('\n');
        }
        inside &= !line.trim_start().starts_with("╰────");
    }
    out
}

/// Bytes that are counted, without their digits.
fn without_sizes(line: &str) -> String {
    let words = line.split(' ').map(|word| word.trim_end_matches([';', ',']));
    let counted = words.clone().zip(words.skip(1)).filter(|(_, unit)| ["bytes", "compressed"].contains(unit));
    let numbers = counted.map(|(number, _)| number).filter(|word| word.contains(',') || word.len() == 3);
    numbers
        .filter(|word| word.chars().all(|c| c.is_ascii_digit() || c == ','))
        .fold(line.to_owned(), |line, number| line.replace(&format!(" {number} "), " N "))
}

fn kmodel<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(root()).env("COLUMNS", "100").env("NO_COLOR", "1").stdin(Stdio::null());
    for name in ["LC_ALL", "LC_CTYPE", "LANG", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.output().expect("kmodel runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("what is printed is text")
}

#[test]
fn every_case_is_told() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/broken");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let cases = cases();
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    settings.bind(|| {
        insta::allow_duplicates! {
            for case in &cases {
                insta::assert_snapshot!(case.name.clone(), own_excerpts(&case.said(&[])));
            }
        }
    });
}

#[test]
fn every_case_raises_its_code() {
    let mut silent = Vec::new();
    for case in cases() {
        let said = case.said(&["--message-format", "json"]);
        let code = format!("\"code\":\"{}\"", case.says);
        silent.extend((!said.contains(&code)).then(|| format!("{}: no {}, but\n{said}", case.name, case.says)));
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// Where something was seen stands in what `explain` prints, of the language's own codes and of components'.
#[test]
fn the_pages_name_where_it_was_seen() {
    let mut silent = Vec::new();
    for case in cases() {
        let page = text(&kmodel(["explain", case.says.as_str()]).stdout);
        let words: Vec<&str> = page.split_whitespace().collect();
        let names = |issue: &str| words.iter().any(|word| word.contains(issue));
        let missing = case.seen.iter().filter(|issue| !names(issue));
        silent.extend(missing.map(|issue| format!("{}: the page of {} does not name {issue}", case.name, case.says)));
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// `tests/compare/compare.py --write` makes the rows.
#[test]
fn the_comparison_has_every_case() {
    let page = fs::read_to_string(root().join("docs/comparison.md")).expect("the page is part of the project");
    for case in cases() {
        let link = format!("../tests/broken/{}.km)", case.name);
        let row = page.lines().find(|line| line.contains(&link));
        let row = row.unwrap_or_else(|| panic!("{}: no row: run tests/compare/compare.py --write", case.name));
        assert!(row.contains(&format!("`{}`", case.says)), "{}: the row does not say {}", case.name, case.says);
    }
}
