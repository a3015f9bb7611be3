//! A machine in one line: only what differs from the first machine of its group, since machines of a group are much alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::machine::{FileRecord, Given, MachineRecord, UnitRecord};

/// A line of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub machine: String,
    group: String,
    pub print: String,
    /// The machine that the rest is told from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    like: Option<String>,
    #[serde(default, skip_serializing_if = "Different::is_empty")]
    fields: Different<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Vec<UnitRecord>>,
    #[serde(default, skip_serializing_if = "Different::is_empty")]
    files: Different<FileRecord>,
    #[serde(default, skip_serializing_if = "Different::is_empty")]
    given: Different<String>,
}

/// What a map has otherwise, or more, than another, and what it lacks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Different<T> {
    #[serde(flatten)]
    has: BTreeMap<String, T>,
    #[serde(default, rename = "-", skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<String>,
}

impl<T> Default for Different<T> {
    fn default() -> Self {
        Self { has: BTreeMap::new(), lacks: Vec::new() }
    }
}

impl<T: Clone + PartialEq> Different<T> {
    fn of(own: &BTreeMap<String, T>, base: &BTreeMap<String, T>) -> Self {
        let has = own.iter().filter(|(name, value)| base.get(*name) != Some(value));
        let lacks = base.keys().filter(|name| !own.contains_key(*name));
        Self { has: has.map(|(name, value)| (name.clone(), value.clone())).collect(), lacks: lacks.cloned().collect() }
    }

    fn over(self, base: &BTreeMap<String, T>) -> BTreeMap<String, T> {
        let mut all: BTreeMap<String, T> = base.clone();
        all.retain(|name, _| !self.lacks.contains(name));
        all.extend(self.has);
        all
    }

    fn is_empty(&self) -> bool {
        self.has.is_empty() && self.lacks.is_empty()
    }
}

/// The first machine of each group, by the group.
pub(super) type Bases = BTreeMap<String, MachineRecord>;

impl Line {
    /// The line of a machine; it becomes the first of its group if there is none yet.
    pub(super) fn of(machine: &MachineRecord, bases: &mut Bases) -> Self {
        let known = bases.get(&machine.group);
        let line = Self::like(machine, known);
        if known.is_none() {
            bases.insert(machine.group.clone(), machine.clone());
        }
        line
    }

    fn like(machine: &MachineRecord, known: Option<&MachineRecord>) -> Self {
        let (none, empty) = (MachineRecord::default(), Given::new());
        let base = known.unwrap_or(&none);
        debug_assert!(known.is_some() || base.given == empty, "nothing is known of the first");
        let MachineRecord { name, group, print, fields, units, files, given } = machine;
        Self {
            machine: name.clone(),
            group: group.clone(),
            print: print.clone(),
            like: known.map(|base| base.name.clone()),
            fields: Different::of(fields, &base.fields),
            units: (*units != base.units).then(|| units.clone()),
            files: Different::of(files, &base.files),
            given: Different::of(given, &base.given),
        }
    }

    /// The machine of a line; none if the one that it is like is not known.
    pub(super) fn machine(self, bases: &Bases) -> Option<MachineRecord> {
        let none = MachineRecord::default();
        let base = match &self.like {
            Some(name) => bases.get(&self.group).filter(|base| base.name == *name)?,
            None => &none,
        };
        let Self { machine: name, group, print, like: _, fields, units, files, given } = self;
        let units = units.unwrap_or_else(|| base.units.clone());
        let (fields, files) = (fields.over(&base.fields), files.over(&base.files));
        Some(MachineRecord { name, group, print, fields, units, files, given: given.over(&base.given) })
    }

    /// Whether others are told from it.
    pub(super) fn is_base(&self) -> bool {
        self.like.is_none()
    }
}
