//! Good clusters, `tests/cases/good`: of many shapes and sources. Nothing is said against any of them, and it renders.
//!
//! The mutation test breaks them one fact at a time (`tests/suite/broken_facts.rs`).

use kmodel::compile::{self, RenderError};
use kmodel::pki::Store;
use kmodel::syntax::format;
use time::OffsetDateTime;

use crate::Fixture;
use crate::support::plan::planned;

pub fn holds(fixture: &Fixture) {
    assert_eq!(format(&fixture.text).expect("it has no syntax errors"), fixture.text, "`kmodel fmt` would change it");
    planned(&fixture.text, |sources, problems, plan| {
        let place = |span| sources.place(span);
        let said: Vec<String> = problems
            .iter()
            .map(|problem| format!("{} {}: {}", place(problem.labels[0].span), problem.code, problem.message))
            .collect();
        assert_eq!(said, [""; 0], "a good cluster raises no error and no warning");
        let folder = tempfile::tempdir().expect("there is room for keys");
        let mut store = Store::open(&folder.path().join("store")).expect("a new store");
        let june = OffsetDateTime::from_unix_timestamp(1_780_272_000).expect("it is a time");
        match compile::render(plan.expect("it has a plan"), &mut store, june) {
            Ok(rendered) => assert!(!rendered.files.is_empty()),
            Err(RenderError::Problems(problems)) => panic!("{problems:#?}"),
            Err(RenderError::Pki(error)) => panic!("{error}"),
        }
    });
}
