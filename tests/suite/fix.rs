//! `kmodel fix`: what it changes, what it leaves alone, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use kmodel::diag::edit::after;
use kmodel::diag::{Diagnostic, Fix, Phase};

use crate::support::plan::planned;

fn kmodel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(folder).env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const CLUSTER: &str =
    "cluster prod { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }\n";

/// A folder with one model.
fn model(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.km"), text).unwrap();
    folder
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("a.km")).unwrap()
}

#[test]
fn safe_fixes_are_applied_and_guesses_are_left() {
    let folder = model(&format!("{CLUSTER}# lab\nmachines cp {{ arch = arm64, coors = 2 }}\n"));
    let output = kmodel(folder.path(), &["fix", "a.km"]);
    assert_eq!(output.status.code(), Some(1), "an error is left: {}", err(&output));
    assert_eq!(text(&folder), format!("{CLUSTER}// lab\nmachines cp {{ arch = \"arm64\", coors = 2 }}\n"));
    assert!(out(&output).contains("fixed 2 problems in 1 file"), "{}", out(&output));
    assert!(err(&output).contains("1 more fix may be wrong"), "{}", err(&output));
    let output = kmodel(folder.path(), &["fix", "a.km", "--unsafe"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(text(&folder), format!("{CLUSTER}// lab\nmachines cp {{ arch = \"arm64\", cores = 2 }}\n"));
    let again = kmodel(folder.path(), &["fix", "a.km", "--unsafe"]);
    assert_eq!((out(&again).as_str(), again.status.code()), ("nothing to fix\n", Some(0)));
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let before = format!("{CLUSTER}# lab\nmachines cp\n");
    let folder = model(&before);
    for option in ["--dry-run", "--diff"] {
        let output = kmodel(folder.path(), &["fix", "a.km", option]);
        assert_eq!(output.status.code(), Some(0), "with the fix no error would be left: {}", err(&output));
        let shown = out(&output);
        assert!(shown.contains("\n-# lab\n+// lab\n") && shown.contains("would fix 1 problem"), "{shown}");
        assert_eq!(text(&folder), before);
    }
}

#[test]
fn rounds_go_on_until_nothing_changes() {
    // The type of the second field is looked at only when the first can be read.
    let folder = model(&format!(
        "{CLUSTER}machines cp {{ cores: 2\n  arch: arm64 }}\ndeploy etcd on cp\nallow single-member 'lab'\n"
    ));
    let output = kmodel(folder.path(), &["fix", "a.km"]);
    let fixed = text(&folder);
    assert!(
        fixed.contains("cores = 2\n  arch = \"arm64\"") && fixed.contains("allow single-member \"lab\""),
        "{fixed}"
    );
    assert!(fixed.contains("use std/etcd { etcd }"), "{fixed}");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

#[test]
fn files_of_the_model_are_fixed_and_no_others() {
    let folder = model(&format!("use ./lib\n{CLUSTER}machines cp\ndeploy thing on cp {{ }}\n"));
    let lib = folder.path().join("lib.km");
    fs::write(&lib, "# a part\ncomponent thing { }\n").unwrap();
    fs::set_permissions(&lib, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(folder.path().join("other.km"), "# not of the model\n").unwrap();
    assert_eq!(kmodel(folder.path(), &["fix", "./a.km"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&lib).unwrap(), "// a part\ncomponent thing { }\n");
    assert_eq!(fs::metadata(&lib).unwrap().permissions().mode() & 0o777, 0o640, "the mode stays");
    assert_eq!(fs::read_to_string(folder.path().join("other.km")).unwrap(), "# not of the model\n");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing is left beside the files: {names:?}");
}

#[test]
fn what_was_formatted_stays_so() {
    let folder = model(&format!("{CLUSTER}\nmachines cp {{\n  cores  = 2\n  memry  = 4GiB\n  labels = {{ }}\n}}\n"));
    assert_eq!(kmodel(folder.path(), &["fmt", "a.km"]).status.code(), Some(0));
    assert_eq!(kmodel(folder.path(), &["fix", "a.km", "--unsafe"]).status.code(), Some(0));
    assert!(text(&folder).contains("  memory = 4GiB\n"), "{}", text(&folder));
    assert_eq!(kmodel(folder.path(), &["fmt", "--check", "a.km"]).status.code(), Some(0));
}

#[test]
fn only_some_codes_can_be_fixed() {
    let folder = model(&format!("{CLUSTER}# lab\nmachines cp {{ arch = arm64 }}\n"));
    let output = kmodel(folder.path(), &["fix", "a.km", "--only", "unknown-name"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&folder), format!("{CLUSTER}# lab\nmachines cp {{ arch = \"arm64\" }}\n"));
    let output = kmodel(folder.path(), &["fix", "a.km", "--only", "unknown-nam"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("did you mean `unknown-name`?"), "{}", err(&output));
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_named() {
    let folder = model(&format!("{CLUSTER}# lab\n"));
    let output = kmodel(folder.path(), &["fix", "b.km"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(err(&output).contains("cannot read `b.km`"), "{}", err(&output));
}

#[test]
fn alternatives_are_left_to_a_person() {
    let parts = "interface page { version = 1, scheme = \"http\" }\ncomponent site { provides http: page { listen = 80/tcp } }\n\
                 component shop { provides http: page { listen = 81/tcp } }\ncomponent reader { requires page: page }\n";
    let before = format!("{parts}{CLUSTER}machines a[2]\ndeploy reader on a\n");
    let folder = model(&before);
    let output = kmodel(folder.path(), &["fix", "a.km", "--unsafe"]);
    assert_eq!((output.status.code(), text(&folder)), (Some(1), before));
    assert!(err(&output).contains("1 problem can be fixed in several ways"), "{}", err(&output));
    let one = parts.replace("component shop { provides http: page { listen = 81/tcp } }\n", "");
    let folder = model(&format!("{one}{CLUSTER}machines a[2]\ndeploy reader on a\n"));
    assert_eq!(kmodel(folder.path(), &["fix", "a.km", "--unsafe"]).status.code(), Some(0));
    assert!(text(&folder).ends_with("deploy reader on a\ndeploy site on a\n"), "{}", text(&folder));
}

#[test]
fn an_allow_without_a_use_is_removed() {
    let folder = model(&format!("{CLUSTER}machines cp\nallow even-quorum \"a lab\"\n"));
    let output = kmodel(folder.path(), &["fix", "a.km"]);
    assert_eq!(text(&folder), format!("{CLUSTER}machines cp\n"), "{}", err(&output));
    assert_eq!(output.status.code(), Some(0));
}

/// No fix writes what is refused then: of every fixture, each fix by itself leaves no error at the line that it changed which
/// was not there before. What only a later phase finds was hidden before, and is news.
#[test]
fn what_a_fix_writes_is_not_refused() {
    let (mut tried, mut refused) = (0, Vec::new());
    for path in fixtures() {
        let text = fs::read_to_string(&path).unwrap();
        let fixes = fixes(&text);
        let before = if fixes.is_empty() { Vec::new() } else { errors(&text) };
        for (fix, edited, phase) in fixes {
            tried += 1;
            let known = |error: &Found| before.iter().any(|other| other.message == error.message);
            let lines = changed(&text, &edited);
            let new = errors(&edited)
                .into_iter()
                .find(|error| error.phase <= phase && !known(error) && lines.contains(&error.line));
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            refused.extend(new.map(|error| format!("{name}: {}: {}", fix.title, error.message)));
        }
    }
    assert!(tried > 60, "{tried} fixes were tried");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// An error, and the line of the main file that it is at.
struct Found {
    message: String,
    phase: Phase,
    line: usize,
}

fn fixtures() -> Vec<std::path::PathBuf> {
    let folders = ["check", "model", "broken"].map(|kind| format!("{}/tests/cases/{kind}", env!("CARGO_MANIFEST_DIR")));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "km"));
    paths.sort();
    paths
}

fn errors(text: &str) -> Vec<Found> {
    planned(text, |sources, problems, _| {
        let found = |problem: &Diagnostic| Found {
            message: problem.message.clone(),
            phase: problem.code.phase(),
            line: sources.line_column(problem.labels[0].span).0,
        };
        problems.iter().filter(|problem| problem.is_error()).map(found).collect()
    })
}

/// The fixes of a text that change only its main file, each with what it makes and the last phase that said something.
fn fixes(text: &str) -> Vec<(Fix, String, Phase)> {
    let (main, others) = text.find("\n//# ").map_or((text, ""), |at| text.split_at(at + 1));
    planned(text, |sources, problems, _| {
        let own = |fix: &&Fix| fix.edits.iter().all(|edit| sources.get(edit.span.source).text.as_ref() == main);
        let made = |fix: &Fix| after(fix, fix.edits[0].span.source, main) + others;
        let Some(last) = problems.iter().map(|problem| problem.code.phase()).max() else { return Vec::new() };
        let all = problems.iter().flat_map(|problem| &problem.fixes).filter(own);
        all.map(|fix| (fix.clone(), made(fix), last)).collect()
    })
}

/// The lines of a text that another one does not have.
fn changed(before: &str, edited: &str) -> Vec<usize> {
    let old: Vec<&str> = before.lines().collect();
    let new = edited.lines().enumerate().filter(|(_, line)| !old.contains(line));
    new.map(|(index, _)| index + 1).collect()
}
