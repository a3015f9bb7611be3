//! `moved old -> new`: what was given out under an earlier name goes on under the new one.
//!
//! In: the statements, and the names of the groups, machines and applications that there are. Out: the names that each had before, and
//! a lock that has everything under the names of now.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::syntax::ast::{Ident, Moved, Name};

use super::Lock;
use super::build::naming::Known;
use super::layer::Layers;

/// The earlier names of groups, of machines with names of their own and of applications, by the name that each has now; the latest
/// first.
#[derive(Clone, Debug, Default)]
pub struct Former {
    groups: BTreeMap<Name, Vec<Name>>,
    machines: BTreeMap<Name, Vec<Name>>,
    apps: BTreeMap<Name, Vec<Name>>,
    /// The names of machines that do not follow from their groups, if a group was renamed.
    own: BTreeSet<Name>,
}

impl Former {
    /// Reads the statements.
    pub fn read(layers: &Layers<'_>, known: &Known<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let groups: BTreeSet<&Name> = layers.machines.iter().map(|(_, ast)| &ast.name.name).collect();
        let apps: BTreeSet<&Name> = layers.deployments.iter().map(|deployment| &deployment.name).collect();
        let moves: BTreeMap<&Name, &Ident> = layers.moves.iter().map(|moved| (&moved.from.name, &moved.to)).collect();
        let is_there = |name: &Name| groups.contains(name) || apps.contains(name) || known.has(name);
        let mut found = Vec::new();
        for (place, moved) in layers.moves.iter().enumerate() {
            match wrong(layers, (place, moved), &is_there) {
                Some(problem) => problems.push(problem),
                None => found.extend(end(&moved.from.name, &moves).map(|(end, steps)| (steps, end, &moved.from.name))),
            }
        }
        found.sort_by_key(|(steps, ..)| *steps);
        let mut former = Self::default();
        for (_, end, from) in found {
            if groups.contains(end) {
                former.groups.entry(end.clone()).or_default().push(from.clone());
            }
            if known.is_own(end) {
                former.machines.entry(end.clone()).or_default().push(from.clone());
            }
            if apps.contains(end) {
                former.apps.entry(end.clone()).or_default().push(from.clone());
            }
        }
        if !former.groups.is_empty() {
            former.own = known.names().map(Name::from).collect();
        }
        former
    }

    /// Puts everything in a lock under the names of now. What is there under such a name already stays.
    pub fn rename(&self, lock: &mut Lock) {
        for (new, old) in self.groups.iter().flat_map(|(new, old)| old.iter().map(move |old| (new, old))) {
            rename(&mut lock.addresses, |key| {
                let (group, index) = key.rsplit_once('-')?;
                (group == &**old && index.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("{new}-{index}"))
            });
        }
        for (new, old) in self.machines.iter().flat_map(|(new, old)| old.iter().map(move |old| (new, old))) {
            rename(&mut lock.addresses, |key| (key == &**old).then(|| new.to_string()));
        }
        for (new, old) in self.apps.iter().flat_map(|(new, old)| old.iter().map(move |old| (new, old))) {
            let own = |key: &str| {
                let (app, rest) = key.split_once('/')?;
                (app == &**old).then(|| format!("{new}/{rest}"))
            };
            rename(&mut lock.addresses, own);
            rename(&mut lock.immutable, own);
            rename(&mut lock.earlier, own);
            rename(&mut lock.versions, |key| (key == &**old).then(|| new.to_string()));
        }
    }

    /// The names that a machine had before, the latest first.
    pub fn machine(&self, name: &str) -> Vec<String> {
        let own = self.machines.get(name).into_iter().flatten().map(ToString::to_string);
        let parts = name.rsplit_once('-').filter(|_| !self.own.contains(name));
        let of_group = parts.into_iter().flat_map(|(group, index)| {
            self.groups.get(group).into_iter().flatten().map(move |old| format!("{old}-{index}"))
        });
        own.chain(of_group).collect()
    }

    /// The names that an application had before, the latest first.
    pub fn app(&self, name: &str) -> &[Name] {
        self.apps.get(name).map_or(&[], Vec::as_slice)
    }
}

fn rename<T>(map: &mut BTreeMap<String, T>, new: impl Fn(&str) -> Option<String>) {
    let moves: Vec<_> = map.keys().filter_map(|key| Some((key.clone(), new(key)?))).collect();
    for (old, new) in moves {
        if !map.contains_key(&new)
            && let Some(value) = map.remove(&old)
        {
            map.insert(new, value);
        }
    }
}

/// The name at the end of a chain, if it has one, and how many steps away it is.
fn end<'a>(from: &'a Name, moves: &BTreeMap<&'a Name, &'a Ident>) -> Option<(&'a Name, usize)> {
    let (mut name, mut steps) = (from, 0);
    while let Some(next) = moves.get(name) {
        (name, steps) = (&next.name, steps + 1);
        if steps > moves.len() {
            return None;
        }
    }
    Some((name, steps))
}

/// What is wrong with a statement.
fn wrong(layers: &Layers<'_>, (place, moved): (usize, &Moved), is_there: &dyn Fn(&Name) -> bool) -> Option<Diagnostic> {
    let (from, to) = (&moved.from, &moved.to);
    let problem = |at: &Ident, message: String| Some(Diagnostic::new(Code::InvalidMove, at.span, message));
    let others = || layers.moves.iter().enumerate().filter(move |(other, _)| *other < place).map(|(_, moved)| moved);
    if from.name == to.name {
        return problem(to, format!("`{}` is moved to itself", to.name)).map(|p| p.help("remove the statement"));
    }
    if is_there(&from.name) {
        let message = format!("`{}` is still in the model, so it was not moved", from.name);
        return problem(from, message).map(|p| p.help("rename it, or remove this statement"));
    }
    if let Some(first) = others().find(|other| other.from.name == from.name) {
        let message = format!("`{}` is moved twice", from.name);
        let problem = problem(from, message)?.label(first.from.span, "moved here already");
        return Some(problem.help("keep one of the statements"));
    }
    if let Some(first) = others().find(|other| other.to.name == to.name) {
        let message = format!("`{}` and `{}` are both moved to `{}`", first.from.name, from.name, to.name);
        let problem = problem(to, message)?.label(first.to.span, "moved here already");
        return Some(problem.help("a group or an application takes the place of one other"));
    }
    let next = |name: &Name| layers.moves.iter().find(|other| other.from.name == *name);
    let mut at = to;
    for _ in 0..layers.moves.len() {
        let Some(moved) = next(&at.name) else { break };
        at = &moved.to;
        if at.name == to.name {
            let message = format!("`{}` is moved in a circle", from.name);
            return problem(from, message).map(|p| p.help("remove the statement that does not belong"));
        }
    }
    if is_there(&at.name) || layers.dropped.contains(&at.name) {
        return None;
    }
    let groups = layers.machines.iter().map(|(_, ast)| &*ast.name.name);
    let known = groups.chain(layers.deployments.iter().map(|deployment| &*deployment.name));
    let message = format!("no machine group and no application is named `{}`", at.name);
    let help = did_you_mean(&at.name, known, "the statement is `moved OLD -> NEW`, where NEW is the name of now");
    problem(at, message).map(|p| p.help(help))
}
