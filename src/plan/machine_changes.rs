//! The machines that are new since the last render, that left the model, and that get another address.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::model::{Lock, Model};
use crate::text::{Count, List};

/// In the order of the model; those that left in the order of their names.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct MachineChanges<'a> {
    pub new: Vec<&'a str>,
    pub departed: Vec<Departed<'a>>,
    pub moved: Vec<Moved<'a>>,
    /// By `moved OLD -> NEW`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Renamed<'a>>,
}

/// A machine that had another name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Renamed<'a> {
    pub from: String,
    pub to: &'a str,
}

/// A machine that is not in the model any more, and keeps its address until it is known to be gone.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Departed<'a> {
    pub name: &'a str,
    pub address: IpAddr,
}

/// A machine whose address the model changes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Moved<'a> {
    pub name: &'a str,
    pub from: IpAddr,
    pub to: IpAddr,
}

impl<'a> MachineChanges<'a> {
    /// What a model changes of what was rendered last; `None` if nothing was.
    pub fn of(before: &Lock, model: &'a Model<'_>) -> Option<Self> {
        if before.addresses.is_empty() {
            return None;
        }
        let known = |name: &str| before.addresses.get(name).copied();
        let (mut new, mut moved, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
        for (name, to) in model.machines.iter().map(|machine| (&*machine.name, machine.address)) {
            if let Some(from) = known(name) {
                moved.extend((from != to).then_some(Moved { name, from, to }));
                continue;
            }
            match model.former.machine(name).into_iter().find(|old| known(old).is_some()) {
                Some(from) => renamed.push(Renamed { from, to: name }),
                None => new.push(name),
            }
        }
        Some(Self { new, departed: departed(model), moved, renamed })
    }
}

/// The machines that have an address and are not in the model.
fn departed<'a>(model: &'a Model<'_>) -> Vec<Departed<'a>> {
    let names: HashSet<&str> = model.machines.iter().map(|machine| &*machine.name).collect();
    let departed = model.lock.departed(|name| names.contains(name));
    departed.map(|(name, address)| Departed { name, address }).collect()
}

/// A group that probably has another name now.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<'a> {
    pub old: &'a str,
    pub new: &'a str,
    pub size: usize,
}

/// Groups whose machines left, each with a new one of the same size, if there is but one.
pub fn likely_renames<'a>(departed: &[&'a str], new: &[&'a str]) -> Vec<Group<'a>> {
    let (departed, new) = (sizes(departed), sizes(new));
    let one = |groups: &BTreeMap<&str, usize>, size: usize| groups.values().filter(|of| **of == size).count() == 1;
    let pair = |(old, size): (&&'a str, &usize)| {
        let name = new.iter().find(|(name, of)| *of == size && !departed.contains_key(**name))?.0;
        (one(&departed, *size) && one(&new, *size)).then_some(Group { old, new: name, size: *size })
    };
    departed.iter().filter_map(pair).collect()
}

/// Groups that left and new ones of the same size, of which any may be any.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous<'a> {
    pub old: Vec<&'a str>,
    pub new: Vec<&'a str>,
    pub size: usize,
}

/// Sizes of which several groups left or are new: which was renamed to which cannot be known.
pub fn ambiguous_renames<'a>(departed: &[&'a str], new: &[&'a str]) -> Vec<Ambiguous<'a>> {
    let (departed, new) = (sizes(departed), sizes(new));
    let of = |groups: &BTreeMap<&'a str, usize>, size: usize| -> Vec<&'a str> {
        groups.iter().filter(|(_, of)| **of == size).map(|(name, _)| *name).collect()
    };
    let all: BTreeSet<usize> = departed.values().copied().collect();
    let groups = all.into_iter().map(|size| Ambiguous { old: of(&departed, size), new: of(&new, size), size });
    groups.filter(|one| !one.new.is_empty() && one.old.len() + one.new.len() > 2).collect()
}

impl fmt::Display for Ambiguous<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (List::ticked(&self.old).and(), List::ticked(&self.new).and());
        let left = if self.old.len() == 1 { "has left" } else { "have left" };
        let is = if self.new.len() == 1 { "is" } else { "are" };
        let size = Count(self.size, "machine");
        write!(f, "{old} {left} and {new} {is} new, each with {size}: kmodel cannot know which was renamed to which")
    }
}

/// How many machines of each group there are among these.
fn sizes<'a>(machines: &[&'a str]) -> BTreeMap<&'a str, usize> {
    let mut sizes: BTreeMap<&'a str, usize> = BTreeMap::new();
    let is_numbered = |(_, index): &(&str, &str)| index.bytes().all(|byte| byte.is_ascii_digit());
    let groups = machines.iter().filter_map(|name| name.rsplit_once('-').filter(is_numbered));
    groups.for_each(|(group, _)| *sizes.entry(group).or_default() += 1);
    sizes
}
