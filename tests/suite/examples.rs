//! Every example is whole and right: nothing is said against it, it renders, and its head tells how to use it.
//!
//! What real programs think of the output is tested in `tests/real`; how its plan reads, in `tests/suite/cli.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use kmodel::check;
use kmodel::compile::{self, RenderError};
use kmodel::diag::Diagnostic;
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::source::Sources;
use kmodel::world::Disk;
use time::OffsetDateTime;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).expect("there are examples").map(|entry| entry.expect("it can be read").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "km")).collect();
    files.sort();
    assert!(files.len() >= 13, "found only {}", files.len());
    files
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// The overlays that an example declares, each a cluster too.
fn overlays(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("overlay "));
    names.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

fn said(sources: &Sources, problems: &[Diagnostic]) -> Vec<String> {
    let place =
        |problem: &Diagnostic| problem.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
    problems.iter().map(|problem| format!("{} {}: {}", place(problem), problem.code, problem.message)).collect()
}

/// Neither an error nor a warning: a false alarm teaches people not to listen.
#[test]
fn nothing_is_said_against_an_example() {
    for path in examples() {
        let text = fs::read_to_string(&path).expect("an example is text");
        let checked = check::check(&Disk, &path);
        let sources = &checked.program.sources;
        assert_eq!(said(sources, &checked.diagnostics), [""; 0], "{}", name(&path));
        for layers in [Vec::new()].into_iter().chain(overlays(&text).into_iter().map(|overlay| vec![overlay])) {
            let input = Input { overlays: layers.clone(), ..Input::default() };
            let planned = compile::plan(&checked.program, &Disk, &input);
            assert_eq!(said(sources, &planned.problems), [""; 0], "{} {layers:?}", name(&path));
        }
    }
}

/// The smallest form of each is rendered with all its keys; where that is an overlay, the overlay is `trial`.
#[test]
fn every_example_renders() {
    for path in examples() {
        let text = fs::read_to_string(&path).expect("an example is text");
        let checked = check::check(&Disk, &path);
        let trial = overlays(&text).into_iter().filter(|overlay| overlay == "trial").collect();
        let planned = compile::plan(&checked.program, &Disk, &Input { overlays: trial, ..Input::default() });
        let plan = planned.plan.expect("an example has a plan");
        let folder = tempfile::tempdir().expect("there is room for keys");
        let mut store = Store::open(&folder.path().join("store")).expect("a new store");
        let june = OffsetDateTime::from_unix_timestamp(1_780_272_000).expect("it is a time");
        let rendered = compile::render(&plan, &mut store, june);
        let rendered = rendered.unwrap_or_else(|error| match error {
            RenderError::Problems(problems) => {
                panic!("{}: {:?}", name(&path), said(&checked.program.sources, &problems))
            }
            RenderError::Pki(error) => panic!("{}: {error}", name(&path)),
        });
        for machine in &plan.model.machines {
            let user_data = format!("machines/{}/user-data", machine.name);
            assert!(rendered.files.iter().any(|file| file.path == user_data), "{}: no {user_data}", name(&path));
        }
    }
}

#[test]
fn an_example_says_how_it_is_used() {
    for path in examples() {
        let text = fs::read_to_string(&path).expect("an example is text");
        let command = format!("//!     kmodel plan examples/{}.km", name(&path));
        assert!(text.starts_with("//! ") && text.contains(&command), "{} does not show `{command}`", name(&path));
    }
}
