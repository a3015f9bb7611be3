//! What there is, by a plan of Terraform's: machines, and what is not one.

use std::collections::BTreeSet;

use serde_json::json;

use super::proposal::{Action, Proposal, Resource};
use crate::apply::error::ApplyError;
use crate::apply::ssh::Existing;
use crate::render::origin::What;
use crate::target::cloud::FOLDER;
use crate::target::{Desired, Machine, OutputFile};

/// A plan, with its machines.
#[derive(Default)]
pub(super) struct View {
    proposal: Proposal,
    /// The addresses of resources that are machines.
    machines: BTreeSet<String>,
    /// Machines whose creation failed, and that were never entered: they are as good as none.
    unborn: BTreeSet<String>,
    /// The machines that there are, as they say themselves.
    pub existing: Option<Existing>,
}

impl View {
    /// Of a whole plan. A resource is a machine if the output of machines names its type for one, and it has the name of a machine of the
    /// model, or of one that leaves: others of that type are none, such as a jump host.
    ///
    /// # Errors
    /// When the configuration does not tell which resources are the machines of the model.
    pub(super) fn new(
        proposal: Proposal,
        is_machine: impl Fn(&str) -> bool,
        has_left: impl Fn(&str) -> bool,
    ) -> Result<Self, ApplyError> {
        let kinds = proposal.machine_kinds(&is_machine);
        let has_any = proposal.resources.iter().any(|one| one.action != Action::Delete);
        if kinds.is_empty() && has_any {
            return Err(ApplyError::new("the output `machines` of Terraform's configuration names no resource of a machine")
                .help(
                    "write `output = { machines = { value = { NAME = { private_ip = \"${TYPE.NAME.private_ip}\" } } } }`, where NAME is \
                     the name of the machine and of its resource (docs/clouds.md)",
                ));
        }
        let leaves = |one: &Resource| {
            one.action == Action::Delete && (has_left(&one.key) || proposal.output(&one.key).is_some())
        };
        let machines = proposal.resources.iter().filter(|one| kinds.contains(&one.kind));
        let machines =
            machines.filter(|one| is_machine(&one.key) || leaves(one)).map(|one| one.address.clone()).collect();
        Ok(Self { proposal, machines, unborn: BTreeSet::new(), existing: None })
    }

    /// The same, where machines whose creation failed are none unless they were entered before.
    pub(super) fn without_unborn(mut self, was_entered: impl Fn(&Self, &str) -> bool) -> Self {
        let failed = self.proposal.resources.iter().filter(|one| self.is_machine(one) && one.is_tainted);
        let failed = failed.filter(|one| !was_entered(&self, &one.key)).map(|one| one.key.clone()).collect();
        self.unborn = failed;
        self
    }

    /// Of a plan of some resources, which may not have outputs.
    pub(super) fn of_part(proposal: Proposal, whole: &Self) -> Self {
        Self { proposal, machines: whole.machines.clone(), unborn: whole.unborn.clone(), existing: None }
    }

    pub(super) fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    pub(super) fn existing(&self) -> &Existing {
        self.existing.as_ref().expect("the view that is kept has asked the machines")
    }

    fn is_machine(&self, resource: &Resource) -> bool {
        self.machines.contains(&resource.address)
    }

    /// Whether it is a machine that is there.
    fn stands(&self, resource: &Resource) -> bool {
        self.is_machine(resource) && resource.action != Action::Create && !self.unborn.contains(&resource.key)
    }

    fn of<'a>(&'a self, machine: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.proposal.resources.iter().filter(move |one| self.is_machine(one) && one.key == machine)
    }

    /// The machines that there are, by their names.
    pub(super) fn there(&self) -> impl Iterator<Item = &str> {
        let all = self.proposal.resources.iter().filter(|one| self.stands(one));
        all.map(|one| one.key.as_str()).collect::<BTreeSet<_>>().into_iter()
    }

    pub(super) fn is_there(&self, machine: &str) -> bool {
        self.of(machine).any(|one| self.stands(one))
    }

    /// What a machine is: the type of its resource.
    pub(super) fn kind(&self, machine: &str) -> String {
        self.of(machine).next().map_or_else(|| "by Terraform".to_owned(), |one| format!("{} by Terraform", one.kind))
    }

    /// What would be done to a machine that is there, the worst first.
    pub(super) fn pending(&self, machine: &str) -> Option<(Action, String)> {
        let rank =
            |action: Action| [Action::Replace, Action::Delete, Action::Update].iter().position(|one| *one == action);
        let all = self.of(machine).filter_map(|one| Some((rank(one.action)?, one)));
        all.min_by_key(|(rank, _)| *rank).map(|(_, one)| (one.action, one.what.clone()))
    }

    pub(super) fn addresses(&self, machine: &str) -> Vec<String> {
        self.of(machine).map(|one| one.address.clone()).collect()
    }

    /// The machine that a resource is.
    pub(super) fn machine_at(&self, address: &str) -> Option<&str> {
        let found = self.proposal.resources.iter().find(|one| one.address == address)?;
        self.is_machine(found).then_some(&*found.key)
    }

    /// What is not a machine.
    pub(super) fn shared(&self) -> impl Iterator<Item = &Resource> {
        self.proposal.resources.iter().filter(|one| !self.is_machine(one))
    }

    /// The machines that are there and would be changed.
    pub(super) fn changed(&self) -> impl Iterator<Item = &str> {
        let changed = |one: &&Resource| matches!(one.action, Action::Update | Action::Replace | Action::Delete);
        self.proposal.resources.iter().filter(|one| self.stands(one)).filter(changed).map(|one| one.key.as_str())
    }

    /// Whether the configuration itself tells the keys of hosts.
    pub(super) fn has_host_keys(&self) -> bool {
        self.proposal.has_field("host_key")
    }

    /// The resources that can be changed before any machine that is there: none of them needs one that has its turn later. `None` when
    /// that is all.
    pub(super) fn free(&self, left_out: &BTreeSet<String>) -> Option<Vec<String>> {
        let is_later = |one: &&Resource| {
            let is_left = self.is_machine(one) && !self.stands(one) && left_out.contains(&one.key);
            self.stands(one) && one.action != Action::None || is_left
        };
        let later: BTreeSet<&str> =
            self.proposal.resources.iter().filter(is_later).map(|one| one.base.as_str()).collect();
        if later.is_empty() {
            return None;
        }
        let changes = self.proposal.resources.iter().filter(|one| one.action != Action::None && !is_later(one));
        let held = self.held(&later);
        let is_free = |one: &&Resource| match one.action {
            Action::Delete => !held.contains(one.base.as_str()),
            _ => !self.proposal.needs(&one.base, &later),
        };
        Some(changes.filter(is_free).map(|one| one.address.clone()).collect())
    }

    /// What is removed no sooner than a machine that has its turn later: what that machine needs, and what ties it to something that is
    /// removed too, as the attachment of a volume does.
    fn held(&self, later: &BTreeSet<&str>) -> BTreeSet<&str> {
        let gone =
            self.proposal.resources.iter().filter(|one| one.action == Action::Delete).map(|one| one.base.as_str());
        let gone: BTreeSet<&str> = gone.filter(|base| !later.contains(base)).collect();
        let need = |one: &str, other: &str| self.proposal.needs(one, &BTreeSet::from([other]));
        let any_needs = |many: &BTreeSet<&str>, other: &str| many.iter().any(|one| need(one, other));
        let (before, others): (BTreeSet<&str>, BTreeSet<&str>) = gone.iter().partition(|base| any_needs(later, base));
        let ties = |one: &&str| self.proposal.needs(one, later) && others.iter().any(|other| need(one, other));
        let ties: BTreeSet<&str> = others.iter().copied().filter(ties).collect();
        let tied: BTreeSet<&str> = others.iter().copied().filter(|base| any_needs(&ties, base)).collect();
        [before, ties, tied].into_iter().flatten().collect()
    }
}

/// Tells Terraform the new names of machines, so that it does not make them anew. A name that a machine has now moves nothing.
pub(super) fn moved(desired: &Desired, files: &[OutputFile]) -> Option<OutputFile> {
    let texts: Vec<_> = files.iter().map(|file| String::from_utf8_lossy(&file.content)).collect();
    let renamed = desired.machines.iter().filter(|machine| !machine.former.is_empty());
    let each: Vec<_> = renamed
        .flat_map(|machine| {
            let kind = texts.iter().find_map(|text| kind_of(text, machine.name()));
            let parts: Vec<_> = texts.iter().flat_map(|text| parts(text, machine.name())).collect();
            let step = |(from, to): (&str, &str)| {
                let kind = kind.as_deref().filter(|_| desired.machine(from).is_none())?;
                let own = json!({ "from": format!("{kind}.{from}"), "to": format!("{kind}.{to}") });
                let part = |(kind, rest): &(String, String)| {
                    json!({ "from": format!("{kind}.{from}_{rest}"), "to": format!("{kind}.{to}_{rest}") })
                };
                Some([own].into_iter().chain(parts.iter().map(part)).collect::<Vec<_>>())
            };
            steps(machine).filter_map(step).flatten().collect::<Vec<_>>()
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "moved": each })).expect("texts are plain data");
    (!each.is_empty()).then(|| moved_file(&text))
}

fn moved_file(text: &str) -> OutputFile {
    OutputFile {
        path: format!("{FOLDER}moved.tf.json"),
        mode: 0o600,
        content: text.as_bytes().into(),
        secret: false,
        origin: What::Kmodel.into(),
    }
}

/// The names of a machine, each with the one after it; the latest first.
pub(super) fn steps(machine: &Machine) -> impl Iterator<Item = (&str, &str)> {
    let later = [machine.name()].into_iter().chain(machine.former.iter().map(String::as_str));
    machine.former.iter().map(String::as_str).zip(later)
}

/// The type of the resource that the output of a machine refers to.
fn kind_of(text: &str, machine: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let fields = json["output"]["machines"]["value"][machine].as_object()?;
    let references = fields.values().filter_map(serde_json::Value::as_str);
    references
        .filter_map(|text| text.strip_prefix("${")?.split_once(&format!(".{machine}.")))
        .map(|(kind, _)| kind.to_owned())
        .next()
}

/// The resources that are parts of a machine, such as its volumes: their types, and what follows its name and `_`, which no machine has in
/// its name.
fn parts(text: &str, machine: &str) -> Vec<(String, String)> {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let kinds = json["resource"].as_object().into_iter().flatten();
    let of_kind = |(kind, named): (&String, &serde_json::Value)| {
        let names = named.as_object().into_iter().flatten();
        let rest = names.filter_map(|(name, _)| name.strip_prefix(machine)?.strip_prefix('_'));
        rest.map(|rest| (kind.clone(), rest.to_owned())).collect::<Vec<_>>()
    };
    kinds.flat_map(of_kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::sample;

    fn view(resources: &[(&str, &str)], refers: &[(&str, &str)]) -> View {
        let kinds = |actions: &str| actions.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let changes: Vec<_> = resources
            .iter()
            .map(|(address, actions)| {
                let (kind, name) = address.split_once('.').unwrap();
                json!({ "address": address, "mode": "managed", "type": kind, "name": name, "change": { "actions": kinds(actions) } })
            })
            .collect();
        let each: Vec<_> = refers
            .iter()
            .map(|(from, to)| json!({ "address": from, "expressions": { "x": { "references": [to] } } }))
            .collect();
        let outputs = json!({ "machines": { "expression": { "references": ["vm.a", "vm.b", "vm.c"] } } });
        let root = json!({ "resources": each, "outputs": outputs });
        let text = json!({ "resource_changes": changes, "configuration": { "root_module": root } }).to_string();
        View::new(Proposal::read(&text).unwrap(), |name| ["a", "b", "c"].contains(&name), |name| name == "z").unwrap()
    }

    #[test]
    fn what_needs_a_machine_that_changes_waits_for_it() {
        let free = |resources: &[(&str, &str)], refers: &[(&str, &str)], left: &[&str]| {
            let left = left.iter().map(|name| (*name).to_owned()).collect();
            view(resources, refers).free(&left)
        };
        assert_eq!(free(&[("vm.a", "create"), ("net.x", "update")], &[], &[]), None, "all of it");
        let all = [
            ("vm.a", "delete create"),
            ("vm.b", "create"),
            ("lb.a", "create"),
            ("lb.b", "create"),
            ("net.old", "delete"),
        ];
        let found = free(&all, &[("lb.a", "vm.a"), ("lb.b", "vm.b")], &[]).unwrap();
        assert_eq!(found, ["vm.b", "lb.b", "net.old"]);
        let left = free(&[("vm.a", "create"), ("vm.b", "create"), ("lb.b", "create")], &[("lb.b", "vm.b")], &["b"]);
        assert_eq!(left.unwrap(), ["vm.a"]);
        assert_eq!(free(&[("vm.a", "no-op"), ("vm.z", "delete")], &[], &[]).unwrap(), Vec::<String>::new());
    }

    /// `db-1` leaves with its volume, and the balancer forgets it; `a` stays.
    #[test]
    fn a_volume_is_not_removed_before_its_machine() {
        let change = |address: &str| {
            let (kind, name) = address.split_once('.').unwrap();
            json!({ "address": address, "mode": "managed", "type": kind, "name": name, "change": { "actions": ["delete"] } })
        };
        let state = |address: &str, on: &[&str]| json!({ "address": address, "depends_on": on });
        let changes =
            ["vm.z", "volume.z_etcd", "attachment.z_etcd", "lb_attachment.z", "group.old", "net.old"].map(change);
        let resources = [
            state("vm.z", &["group.old", "net.x"]),
            state("attachment.z_etcd", &["vm.z", "volume.z_etcd", "net.x"]),
            state("lb_attachment.z", &["vm.z", "lb.main"]),
            state("volume.z_etcd", &["net.x"]),
        ];
        let outputs = json!({ "machines": { "expression": { "references": ["vm.a"] } } });
        let mut all = changes.to_vec();
        let standing = json!({ "address": "vm.a", "mode": "managed", "type": "vm", "name": "a", "change": { "actions": ["no-op"] } });
        all.push(standing);
        let text = json!({
            "resource_changes": all,
            "prior_state": { "values": { "root_module": { "resources": resources } } },
            "configuration": { "root_module": { "outputs": outputs } },
        });
        let view =
            View::new(Proposal::read(&text.to_string()).unwrap(), |name| name == "a", |name| name == "z").unwrap();
        assert_eq!(view.free(&BTreeSet::new()).unwrap(), ["lb_attachment.z", "net.old"]);
    }

    #[test]
    fn the_volumes_of_a_machine_are_moved_with_it() {
        let text = r#"{"resource":{"aws_ebs_volume":{"cp-0_etcd":{},"cp-00_etcd":{}},"aws_instance":{"cp-0":{}}},
            "output":{"machines":{"value":{"cp-0":{"public_ip":"${aws_instance.cp-0.public_ip}"}}}}}"#;
        let mut machine = sample::machine("cp-0", vec![], vec![]);
        machine.former = vec!["a".to_owned()];
        let file = OutputFile { content: text.as_bytes().into(), ..moved_file("") };
        let found = moved(&sample::desired(vec![machine]), &[file]).unwrap();
        let found: serde_json::Value = serde_json::from_slice(&found.content).unwrap();
        let step = |from: &str, to: &str| json!({ "from": from, "to": to });
        let own = step("aws_instance.a", "aws_instance.cp-0");
        assert_eq!(found, json!({ "moved": [own, step("aws_ebs_volume.a_etcd", "aws_ebs_volume.cp-0_etcd")] }));
    }

    #[test]
    fn a_machine_whose_creation_failed_is_none_unless_it_was_entered() {
        let text = r#"{"resource_changes":[
            {"address":"vm.a","mode":"managed","type":"vm","name":"a","action_reason":"replace_because_tainted","change":{"actions":["delete","create"]}},
            {"address":"vm.b","mode":"managed","type":"vm","name":"b","change":{"actions":["delete","create"]}}],
            "configuration":{"root_module":{"outputs":{"machines":{"expression":{"references":["vm.a","vm.b"]}}}}}}"#;
        let view = || View::new(Proposal::read(text).unwrap(), |_| true, |_| false).unwrap();
        let unborn = view().without_unborn(|_, _| false);
        assert_eq!((unborn.is_there("a"), unborn.is_there("b")), (false, true));
        assert_eq!(unborn.free(&BTreeSet::new()).unwrap(), ["vm.a"]);
        let entered = view().without_unborn(|_, name| name == "a");
        assert!(entered.is_there("a") && entered.free(&BTreeSet::new()).unwrap().is_empty());
    }

    #[test]
    fn machines_are_told_from_the_rest() {
        let all =
            [("vm.a", "no-op"), ("vm.b", "create"), ("vm.z", "delete"), ("net.a", "update"), ("vm.jump", "update")];
        let view = view(&all, &[]);
        assert_eq!(view.there().collect::<Vec<_>>(), ["a", "z"]);
        assert!(view.is_there("a") && !view.is_there("b") && !view.is_there("net.a"));
        assert_eq!(view.changed().collect::<Vec<_>>(), ["z"], "`net.a` is not a machine");
        assert_eq!((view.machine_at("vm.b"), view.machine_at("net.a")), (Some("b"), None));
        assert_eq!(view.shared().map(|one| &*one.address).collect::<Vec<_>>(), ["net.a", "vm.jump"]);
        assert_eq!((view.pending("a"), view.pending("z").unwrap().0), (None, Action::Delete));
    }

    #[test]
    fn a_configuration_without_machines_is_refused() {
        let text = r#"{"resource_changes":[{"address":"net.x","mode":"managed","type":"net","name":"x","change":{"actions":["create"]}}]}"#;
        assert!(View::new(Proposal::read(text).unwrap(), |_| true, |_| false).is_err());
        assert!(View::new(Proposal::default(), |_| true, |_| false).is_ok(), "all of it is gone");
    }

    #[test]
    fn a_machine_with_a_new_name_is_moved() {
        let text = r#"{"output":{"machines":{"value":{"cp-0":{"public_ip":"${aws_instance.cp-0.public_ip}"}}}}}"#;
        assert_eq!(kind_of(text, "cp-0").as_deref(), Some("aws_instance"));
        assert_eq!((kind_of(text, "cp-1"), kind_of("{}", "cp-0")), (None, None));
        let file = |content: &str| OutputFile { content: content.as_bytes().into(), ..moved_file("") };
        let moved = |former: &[&str]| {
            let mut machine = sample::machine("cp-0", vec![], vec![]);
            machine.former = former.iter().map(|name| (*name).to_owned()).collect();
            let found = moved(&sample::desired(vec![machine]), &[file(text)])?;
            serde_json::from_slice::<serde_json::Value>(&found.content).ok()
        };
        let step = |from: &str, to: &str| json!({ "from": format!("aws_instance.{from}"), "to": format!("aws_instance.{to}") });
        assert_eq!(moved(&["b", "a"]).unwrap(), json!({ "moved": [step("b", "cp-0"), step("a", "b")] }));
        assert_eq!((moved(&[]), moved(&["cp-0"])), (None, None), "it has that name");
    }
}
