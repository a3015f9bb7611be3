//! What is added is listed where people look for it: functions in the reference and a fixture, targets and components on their pages.

use std::fs;
use std::path::Path;

use kmodel::check::builtin;
use kmodel::facts::platform::{PlatformKind, platforms};
use kmodel::stdlib;

use crate::support::root;

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a page")
}

#[test]
fn every_function_is_in_the_reference() {
    let text = page("docs/language.md");
    let missing: Vec<_> =
        builtin::ALL.iter().filter(|function| !text.contains(&format!("`{}(", function.name))).collect();
    assert!(missing.is_empty(), "docs/language.md does not list {missing:#?}");
}

#[test]
fn every_function_has_a_fixture() {
    let text = page("tests/cases/model/ok-functions.km");
    let called = |name: &str| {
        text.lines().any(|line| line.contains(&format!(" {name}(")) || line.contains(&format!(" ({name}(")))
    };
    let missing: Vec<_> = builtin::ALL.iter().map(|function| function.name).filter(|name| !called(name)).collect();
    assert!(missing.is_empty(), "tests/cases/model/ok-functions.km calls none of {missing:?}");
}

#[test]
fn every_target_is_on_its_pages() {
    for platform in platforms().filter(|platform| platform.kind != PlatformKind::Lxd) {
        let name = &platform.name;
        let listed = page("docs/language.md")
            .lines()
            .any(|line| line.starts_with("* **target**") && line.split([' ', '`']).any(|word| word == name));
        assert!(listed, "docs/language.md does not list the target `{name}`");
        assert!(page("docs/commands.md").contains(&format!("`{name}`")), "docs/commands.md does not list `{name}`");
        assert!(
            page("docs/clouds.md").contains(&format!("`{name}"))
                || page("docs/clouds.md").contains(&format!("`target {name} ")),
            "docs/clouds.md does not list `{name}`"
        );
    }
}

#[test]
fn every_component_is_on_the_page_of_the_library() {
    let readme = page("stdlib/README.md");
    let rows: String = readme.lines().filter(|line| line.starts_with("| `")).collect();
    for path in stdlib::modules() {
        for name in components(path) {
            assert!(rows.contains(&format!("`{name}`")), "stdlib/README.md has no row of the component `{name}`");
        }
    }
}

/// The components that a file of the library declares.
fn components(path: &Path) -> Vec<String> {
    let text = stdlib::read(path).expect("a file of the library");
    let named = text.lines().filter_map(|line| line.strip_prefix("component "));
    named.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
}
