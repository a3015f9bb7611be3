//! Every number that an option of the library takes has a range, and is reported where the user set it.

use std::path::Path;

use kmodel::check;
use kmodel::compile;
use kmodel::diag::Diagnostic;
use kmodel::model::input::Input;
use kmodel::syntax::ast::{ItemKind, Type, TypeKind};

use crate::support::hostile::{GROUPS, HEAD, components};
use crate::support::plan::world;

/// Numbers that no program takes.
const WRONG: [&str; 2] = ["-1", "4000000000"];

/// Numbers out of these that are right all the same, each with why.
const TAKEN: [(&str, &str, &str); 0] = [];

#[test]
fn every_number_of_an_option_has_a_range() {
    let (mut silent, mut tried) = (Vec::new(), 0);
    for (name, component) in &components() {
        for item in &component.items {
            let ItemKind::Option(option) = &item.kind else { continue };
            if !is_int(&option.ty) {
                continue;
            }
            let option = &*option.name.name;
            for number in WRONG
                .into_iter()
                .filter(|number| !TAKEN.iter().any(|row| (row.0, row.1, row.2) == (name, option, number)))
            {
                tried += 1;
                let (found, sources) = problems(name, &format!("{option} = {number}"));
                let is_there =
                    |p: &&Diagnostic| p.is_error() && p.labels.iter().any(|label| sources.text(label.span) == number);
                if !found.iter().any(|p| is_there(&p)) {
                    silent.push(format!(
                        "`{option} = {number}` of `{name}`: {:?}",
                        found.iter().map(|p| &p.message).collect::<Vec<_>>()
                    ));
                }
            }
        }
    }
    assert!(tried >= 2 * 7, "only {tried} numbers were tried");
    assert!(silent.is_empty(), "not reported where it is set:\n{}", silent.join("\n"));
}

fn is_int(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Name(name) => &*name.name == "int",
        TypeKind::Optional(inner) => is_int(inner),
        _ => false,
    }
}

/// What is said of a cluster in which one option of a component is set.
fn problems(component: &str, option: &str) -> (Vec<Diagnostic>, kmodel::source::Sources) {
    let is_of = |deploy: &&str| deploy.split(' ').next() == Some(component);
    let group = GROUPS.iter().find(|group| group.iter().any(&is_of)).expect("a group has each component");
    let deploys = group.iter().map(|deploy| match (is_of(deploy), deploy.strip_suffix(" }")) {
        (false, _) => format!("deploy {deploy}\n"),
        (true, Some(given)) => format!("deploy {given}, {option} }}\n"),
        (true, None) => format!("deploy {deploy} {{ {option} }}\n"),
    });
    let text = format!("{HEAD}{}", deploys.collect::<String>());
    let world = world(&text);
    let checked = check::check(&world, Path::new("main.km"));
    assert!(!checked.diagnostics.iter().any(Diagnostic::is_error), "{:?}", checked.diagnostics);
    let planned = compile::plan_program(&checked.program, &world, &Input::default());
    (planned.problems, checked.program.sources)
}
