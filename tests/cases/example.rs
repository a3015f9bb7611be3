//! The examples, `examples`: each is whole and right. Nothing is said against it, it renders, and its head tells how to use it.
//!
//! What real programs think of the output is tested in `tests/real`; how its plan reads, in `tests/suite/cli.rs`.

use kmodel::check::{self, Checked};
use kmodel::compile::{self, RenderError};
use kmodel::diag::Diagnostic;
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::source::Sources;
use kmodel::syntax::format;
use kmodel::world::Disk;
use time::OffsetDateTime;

use crate::Fixture;
use crate::support::root;

pub fn holds(fixture: &Fixture) {
    assert_eq!(format(&fixture.text).expect("it has no syntax errors"), fixture.text, "`kmodel fmt` would change it");
    says_how_it_is_used(fixture);
    let checked = check::check(&Disk::beside(&root().join(&fixture.path)), &root().join(&fixture.path));
    assert_eq!(said(&checked.program.sources, &checked.diagnostics), [""; 0]);
    let overlays = overlays(&fixture.text);
    raises_nothing(&checked, &[]);
    overlays.iter().for_each(|overlay| raises_nothing(&checked, std::slice::from_ref(overlay)));
    renders(&checked, overlays.into_iter().filter(|overlay| overlay == "trial").collect());
}

fn says_how_it_is_used(fixture: &Fixture) {
    let command = format!("//!     kmodel plan {}", fixture.path);
    assert!(fixture.text.starts_with("//! ") && fixture.text.contains(&command), "it does not show `{command}`");
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
fn raises_nothing(checked: &Checked, layers: &[String]) {
    let input = Input { overlays: layers.to_vec(), ..Input::default() };
    let disk = Disk::beside(&root().join("examples/ha.km"));
    let planned = compile::plan_program(&checked.program, &disk, &input);
    assert_eq!(said(&checked.program.sources, &planned.problems), [""; 0], "{layers:?}");
}

/// The smallest form is rendered with all its keys; where that is an overlay, the overlay is `trial`.
fn renders(checked: &Checked, trial: Vec<String>) {
    let disk = Disk::beside(&root().join("examples/ha.km"));
    let planned = compile::plan_program(&checked.program, &disk, &Input { overlays: trial, ..Input::default() });
    let plan = planned.plan.expect("an example has a plan");
    let folder = tempfile::tempdir().expect("there is room for keys");
    let mut store = Store::open(&folder.path().join("store")).expect("a new store");
    let june = OffsetDateTime::from_unix_timestamp(1_780_272_000).expect("it is a time");
    let rendered = compile::render(&plan, &mut store, june);
    let rendered = rendered.unwrap_or_else(|error| match error {
        RenderError::Problems(problems) => panic!("{:?}", said(&checked.program.sources, &problems)),
        RenderError::Pki(error) => panic!("{error}"),
    });
    for machine in &plan.model.machines {
        // What exists already is given no user-data.
        let mut given = ["user-data", "files.tar.gz"].iter().map(|name| format!("machines/{}/{name}", machine.name));
        let has = |path: String| rendered.files.iter().any(|file| file.path == path);
        assert!(given.any(has), "nothing for {}", machine.name);
    }
}
