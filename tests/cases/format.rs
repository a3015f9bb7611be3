//! The formatter, `tests/cases/format`: what it writes of each file, which stays so, and means the same.

use kmodel::source::SourceId;
use kmodel::syntax::{format, parse};

use crate::Fixture;
use crate::support::{outline, snapshot};

pub fn holds(fixture: &Fixture) {
    let Fixture { name, text, .. } = fixture;
    let once = format(text).expect("the fixture is valid");
    assert_eq!(format(&once).expect("what is formatted is valid"), once, "{name}: twice is once");
    assert_eq!(tree(&once), tree(text), "{name}: means the same");
    snapshot("tests/cases/format", name, &once);
}

fn tree(text: &str) -> String {
    outline::file(&parse(SourceId(0), text).file)
}
