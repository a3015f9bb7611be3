//! Whether a run would do what was planned: what moved since.
//!
//! In: the steps of a plan, and the changes that a run found. Out: for each machine that is not to be changed as planned, how.

use std::collections::{BTreeMap, BTreeSet};

use super::agenda::{AgendaStep, AgendaTurn};
use super::change::Step;
use super::diff::Delta;
use super::effect::Class;

/// What is done to a machine in all of its turns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Deed {
    class: Option<Class>,
    files: BTreeSet<String>,
    restarts: BTreeSet<String>,
}

impl Deed {
    fn add(&mut self, class: Class) {
        self.class = self.class.max(Some(class));
    }

    /// `restart of etcd.service, 2 files`, for people.
    fn shown(&self) -> String {
        let Some(class) = self.class else { return "nothing".to_owned() };
        let mut text = class.to_string();
        if !self.restarts.is_empty() {
            let names: Vec<&str> = self.restarts.iter().map(String::as_str).collect();
            text = format!("{text} of {}", names.join(", "));
        }
        if !self.files.is_empty() {
            let names: Vec<&str> = self.files.iter().map(String::as_str).collect();
            text = format!("{text}, with {}", names.join(", "));
        }
        text
    }
}

type Deeds = BTreeMap<String, Deed>;

/// What is not as it was planned, one line for each machine.
pub(crate) fn moved(planned: &[AgendaStep], delta: &Delta) -> Vec<String> {
    let (planned, found) = (of_plan(planned), of_run(delta));
    let names: BTreeSet<&String> = planned.keys().chain(found.keys()).collect();
    let none = Deed::default();
    let line = |name: &String| {
        let (before, now) = (planned.get(name).unwrap_or(&none), found.get(name).unwrap_or(&none));
        (before != now).then(|| format!("`{name}`: planned {}, now {}", before.shown(), now.shown()))
    };
    names.into_iter().filter_map(line).collect()
}

fn of_plan(steps: &[AgendaStep]) -> Deeds {
    let mut deeds = Deeds::new();
    for step in steps.iter().filter(|step| step.turn != AgendaTurn::Platform) {
        let brought = step.files.iter().filter(|file| file.path.starts_with('/') && !file.is_gone());
        for machine in &step.machines {
            let deed = deeds.entry(machine.clone()).or_default();
            deed.add(step.class);
            deed.restarts.extend(step.restarts.iter().cloned());
            deed.files.extend(brought.clone().map(|file| file.path.clone()));
        }
    }
    deeds.into_iter().filter_map(without_nothing).collect()
}

fn of_run(delta: &Delta) -> Deeds {
    let mut deeds = Deeds::new();
    for change in delta.machines.iter().chain(&delta.removed) {
        let deed = deeds.entry(change.name.clone()).or_default();
        deed.add(change.class());
        for step in &change.steps {
            if let Step::Files { paths, restarts } = step {
                deed.files.extend(paths.iter().cloned());
                deed.restarts.extend(restarts.iter().cloned());
            }
        }
    }
    deeds.into_iter().filter_map(without_nothing).collect()
}

/// A machine that is made or removed is so as a whole; one of which nothing is brought and nothing notices is not changed.
fn without_nothing((name, deed): (String, Deed)) -> Option<(String, Deed)> {
    match deed.class {
        Some(Class::Create | Class::Remove | Class::Recreate) => {
            Some((name, Deed { class: deed.class, ..Deed::default() }))
        }
        Some(Class::Nothing) if deed.files.is_empty() => None,
        _ => Some((name, deed)),
    }
}
