//! Every number that an option of the library takes has a range, and is reported where the user set it.

use std::path::Path;

use kmodel::check;
use kmodel::compile;
use kmodel::diag::Diagnostic;
use kmodel::model::input::Input;
use kmodel::syntax::ast::{Ident, ItemKind, Type, TypeKind};

use crate::support::hostile::{GROUPS, HEAD, components};
use crate::support::plan::world;

/// Numbers that no program takes.
const WRONG: [&str; 2] = ["-1", "4000000000"];

/// Numbers out of these that are right all the same: sysctls have numbers of all sizes, as `kernel.sched_rt_runtime_us = -1` and
/// `kernel.shmmax = 18446744073692774399` (Documentation/admin-guide/sysctl/kernel.rst).
const TAKEN: [(&str, &str, &str); 2] = [("sysctls", "settings", "-1"), ("sysctls", "settings", "4000000000")];

#[test]
fn every_number_of_an_option_has_a_range() {
    let (mut silent, mut tried) = (Vec::new(), 0);
    for (name, component) in &components() {
        for item in &component.items {
            let ItemKind::Option(option) = &item.kind else { continue };
            let (ty, option) = (&option.ty, &*option.name.name);
            for number in WRONG
                .into_iter()
                .filter(|number| !TAKEN.iter().any(|row| (row.0, row.1, row.2) == (name, option, number)))
            {
                for value in with(ty, number) {
                    tried += 1;
                    let (found, sources) = problems(name, &format!("{option} = {value}"));
                    let is_there = |p: &&Diagnostic| {
                        p.is_error()
                            && p.labels.iter().any(|label| [number, &value].contains(&sources.text(label.span)))
                    };
                    if !found.iter().any(|p| is_there(&p)) {
                        silent.push(format!(
                            "`{option} = {value}` of `{name}`: {:?}",
                            found.iter().map(|p| &p.message).collect::<Vec<_>>()
                        ));
                    }
                }
            }
        }
    }
    assert!(tried >= 2 * 14, "only {tried} numbers were tried");
    assert!(silent.is_empty(), "not reported where it is set:\n{}", silent.join("\n"));
}

/// Values of a type in which one number is this: a number itself, and each number in records, lists and maps.
fn with(ty: &Type, number: &str) -> Vec<String> {
    match &ty.kind {
        TypeKind::Name(name) if &*name.name == "int" => vec![number.to_owned()],
        TypeKind::Optional(inner) => with(inner, number),
        TypeKind::Union(types) => types.iter().flat_map(|one| with(one, number)).collect(),
        TypeKind::Generic(name, inner) => {
            let around = |value: String| match &*name.name {
                "map" => format!("{{ \"a.b\" = {value} }}"),
                _ => format!("[{value}]"),
            };
            with(inner, number).into_iter().map(around).collect()
        }
        TypeKind::Record(fields) => {
            fields.iter().flat_map(|(name, _, ty)| in_record(fields, &name.name, ty, number)).collect()
        }
        _ => Vec::new(),
    }
}

/// The same of one field, with harmless values of those that have to be there.
fn in_record(fields: &[(Ident, bool, Type)], name: &str, ty: &Type, number: &str) -> Vec<String> {
    let others = fields.iter().filter(|(other, optional, _)| !optional && &*other.name != name);
    let others: String = others.map(|(other, _, ty)| format!("{} = {}, ", other.name, harmless(ty))).collect();
    with(ty, number).into_iter().map(|value| format!("{{ {others}{name} = {value} }}")).collect()
}

fn harmless(ty: &Type) -> &'static str {
    match &ty.kind {
        TypeKind::Name(name) if &*name.name == "int" => "1",
        TypeKind::Name(name) if &*name.name == "path" => "/run/a",
        TypeKind::Name(name) if &*name.name == "port" => "80/tcp",
        TypeKind::Name(name) if &*name.name == "duration" => "1m",
        TypeKind::Generic(..) => "[]",
        _ => "\"1Gi\"",
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
