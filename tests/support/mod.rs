//! What the tests of the syntax share.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::Path;

pub mod ebnf;
pub mod outline;

/// Compares with the snapshot beside the fixture.
pub fn snapshot(folder: &str, name: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
