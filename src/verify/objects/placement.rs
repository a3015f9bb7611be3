//! The machines that pods may run on, as far as the model tells: by their selectors, and by the taints of machines.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::{MachineId, Model, Value};
use crate::verify::Evidence;

use super::pods::{Number, Pods};
use super::toleration;

/// Whether a pod runs on a machine. All of several conditions hold as the least of them does, one of them as the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runs {
    No,
    /// It depends on a label that the model does not set, but that may be set elsewhere.
    Unknown,
    Yes,
}

impl From<bool> for Runs {
    fn from(holds: bool) -> Self {
        if holds { Runs::Yes } else { Runs::No }
    }
}

/// What the machines are like that Kubernetes knows as nodes.
pub struct Nodes<'a, 'p> {
    model: &'a Model<'p>,
    groups: BTreeSet<u32>,
}

/// The label with the name of the machine.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// A label of a machine.
enum Label<'m> {
    Is(Cow<'m, str>),
    Absent,
    Unknown,
}

impl<'a, 'p> Nodes<'a, 'p> {
    pub fn of(evidence: &Evidence<'a, 'p>) -> Self {
        Self { model: evidence.model, groups: super::nodes(evidence) }
    }

    /// All of them.
    pub fn machines(&self) -> impl Iterator<Item = MachineId> + '_ {
        self.groups.iter().flat_map(|group| self.model.groups[*group as usize].machines.clone()).map(MachineId)
    }

    /// Whether one of these pods runs on a machine.
    pub fn runs(&self, pods: &Pods<'_>, machine: MachineId) -> Runs {
        let group = self.model.machine(machine).group;
        match pods.number {
            Number::Static(own) => (own == machine).into(),
            _ if !self.groups.contains(&group) => Runs::No,
            _ if toleration::untolerated(self.model, &pods.spec, group).is_some() => Runs::No,
            _ => self.chosen(&pods.spec, machine),
        }
    }

    /// The machines that the scheduler may put pods with this `spec` on. One of a group is asked for all where its name does not
    /// matter.
    pub(super) fn takers(&self, spec: &Json) -> Vec<MachineId> {
        let of_group = |group: &u32| {
            let all = self.model.groups[*group as usize].machines.clone().map(MachineId);
            let asked = all.clone().take(if names_a_machine(spec) { usize::MAX } else { 1 });
            let taken: Vec<MachineId> = asked.filter(|machine| self.takes(spec, *machine) != Runs::No).collect();
            if names_a_machine(spec) || taken.is_empty() { taken } else { all.collect() }
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    /// Whether the scheduler may put pods with this `spec` on a machine.
    fn takes(&self, spec: &Json, machine: MachineId) -> Runs {
        let group = self.model.machine(machine).group;
        match toleration::untolerated(self.model, spec, group).is_some() {
            true => Runs::No,
            false => self.chosen(spec, machine),
        }
    }

    /// Whether no machine of the model has a label, and no kubelet sets it.
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.machines().next().is_some_and(|machine| matches!(self.label(machine, key), Label::Unknown))
    }

    /// By the name of the node, the labels that are selected, and the affinity that is required.
    fn chosen(&self, spec: &Json, machine: MachineId) -> Runs {
        let name = &*self.model.machine(machine).name;
        let named = spec["nodeName"].as_str().is_none_or(|wanted| wanted == name).into();
        let selected = spec["nodeSelector"].as_object().into_iter().flatten().map(|(key, value)| {
            let wanted = value.as_str().unwrap_or_default();
            self.holds(machine, key, |label| label == Some(wanted))
        });
        let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        let terms = required["nodeSelectorTerms"].as_array();
        let affine = terms.map(|terms| terms.iter().map(|term| self.matches(machine, term)).max().unwrap_or(Runs::No));
        selected.chain(affine).fold(named, Runs::min)
    }

    /// All expressions of a term; `NodeSelectorTerm` of k8s.io/api core/v1. A term without any matches nothing.
    fn matches(&self, machine: MachineId, term: &Json) -> Runs {
        let list = |name: &str| term[name].as_array().into_iter().flatten();
        let labels = list("matchExpressions")
            .map(|one| self.holds(machine, one["key"].as_str().unwrap_or_default(), |label| is_met(one, label)));
        let name = &*self.model.machine(machine).name;
        let fields = list("matchFields").map(|one| is_met(one, Some(name)).into());
        labels.chain(fields).min().unwrap_or(Runs::No)
    }

    fn holds(&self, machine: MachineId, key: &str, test: impl Fn(Option<&str>) -> bool) -> Runs {
        match self.label(machine, key) {
            Label::Is(value) => test(Some(&value)).into(),
            Label::Absent => test(None).into(),
            Label::Unknown => Runs::Unknown,
        }
    }

    /// A label that the kubelet sets itself, or the model. One that the model sets on other machines is not on this one.
    fn label(&self, machine: MachineId, key: &str) -> Label<'a> {
        let model: &'a Model<'p> = self.model;
        let known = model.machine(machine);
        let of = |group: u32| of_group(&self.model.groups[group as usize].labels, key);
        match key {
            HOSTNAME => Label::Is((&*known.name).into()),
            "kubernetes.io/os" => Label::Is("linux".into()),
            "kubernetes.io/arch" => Label::Is((&*model.groups[known.group as usize].arch).into()),
            _ => match of(known.group) {
                Some(value) => Label::Is(value.into()),
                None if (0..self.model.groups.len() as u32).any(|group| of(group).is_some()) => Label::Absent,
                None => Label::Unknown,
            },
        }
    }
}

/// Whether the name of a machine may decide where pods go: no other label differs within a group.
fn names_a_machine(spec: &Json) -> bool {
    let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    !spec["nodeName"].is_null() || !required.is_null() || !spec["nodeSelector"][HOSTNAME].is_null()
}

fn of_group(labels: &Value, key: &str) -> Option<String> {
    let Value::Record(record) = labels.reveal() else { return None };
    record.get(key)?.scalar_text()
}

/// `NodeSelectorRequirement` of k8s.io/api core/v1.
fn is_met(one: &Json, label: Option<&str>) -> bool {
    let values = || one["values"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = || values().next().and_then(number);
    match one["operator"].as_str().unwrap_or_default() {
        "In" => label.is_some_and(|label| values().any(|value| value == label)),
        "NotIn" => label.is_none_or(|label| values().all(|value| value != label)),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        "Gt" => label.and_then(number).zip(bound()).is_some_and(|(label, bound)| label > bound),
        "Lt" => label.and_then(number).zip(bound()).is_some_and(|(label, bound)| label < bound),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_kubernetes_does() {
        let met = |operator: &str, values: &[&str], label| {
            is_met(&serde_json::json!({ "operator": operator, "values": values }), label)
        };
        assert!(met("In", &["a", "b"], Some("b")) && !met("In", &["a"], Some("b")) && !met("In", &["a"], None));
        assert!(met("NotIn", &["a"], Some("b")) && !met("NotIn", &["a"], Some("a")) && met("NotIn", &["a"], None));
        assert!(met("Exists", &[], Some("")) && !met("Exists", &[], None));
        assert!(met("DoesNotExist", &[], None) && !met("DoesNotExist", &[], Some("")));
        assert!(met("Gt", &["3"], Some("4")) && !met("Gt", &["3"], Some("3")) && !met("Gt", &["3"], None));
        assert!(met("Lt", &["3"], Some("2")) && !met("Lt", &["3"], Some("x")) && !met("Near", &[], Some("")));
    }
}
