//! Plans as Terraform writes them, shortened.

use super::*;

const TEXT: &str = r#"{
  "format_version": "1.2",
  "resource_changes": [
    {"address": "aws_instance.cp-0", "mode": "managed", "type": "aws_instance", "name": "cp-0",
     "change": {"actions": ["update"], "before": {"type": "a", "tags": {"x": "1"}, "key": "old", "id": "i"},
      "after": {"type": "b", "tags": {"x": "1"}, "key": "new", "id": "i"}, "after_unknown": {"arn": true},
      "before_sensitive": {"key": true}, "after_sensitive": {"key": true}}},
    {"address": "aws_instance.wrk[\"wrk-1\"]", "mode": "managed", "type": "aws_instance", "name": "wrk", "index": "wrk-1",
     "action_reason": "replace_because_cannot_update",
     "change": {"actions": ["delete", "create"], "before": {}, "after": {}, "replace_paths": [["disk", 0, "size"]]}},
    {"address": "aws_instance.cp-1", "mode": "managed", "type": "aws_instance", "name": "cp-1", "action_reason": "replace_because_tainted",
     "change": {"actions": ["create", "delete"]}},
    {"address": "aws_eip.nat", "mode": "managed", "type": "aws_eip", "name": "nat", "change": {"actions": ["no-op"]}},
    {"address": "data.aws_ami.amd64", "mode": "data", "type": "aws_ami", "name": "amd64", "change": {"actions": ["read"]}},
    {"address": "aws_lb.api", "mode": "managed", "type": "aws_lb", "name": "api", "change": {"actions": ["create"]}}
  ],
  "output_changes": {"machines": {"actions": ["update"], "before": {}, "after": {"cp-0": {"public_ip": null, "private_ip": "10.0.0.2"}}}},
  "prior_state": {"values": {"outputs": {"machines": {"value": {"cp-0": {"public_ip": "192.0.2.1", "private_ip": "10.0.0.1"}, "cp-9": {"public_ip": "192.0.2.9"}}}}}},
  "configuration": {"root_module": {
    "outputs": {"machines": {"expression": {"references": ["aws_instance.cp-0.private_ip", "aws_instance.cp-0", "aws_instance.wrk"]}}},
    "resources": [
      {"address": "aws_instance.cp-0", "expressions": {"ami": {"references": ["data.aws_ami.amd64.id", "data.aws_ami.amd64"]}}},
      {"address": "aws_lb_target.cp-0", "expressions": {"target": {"references": ["aws_instance.cp-0.id"]}}},
      {"address": "aws_lb.api", "depends_on": ["aws_lb_target.cp-0"], "expressions": {"map": [{"subnet": {"references": ["aws_subnet.a.id"]}}]}}
    ]}}
}"#;

fn one(proposal: &Proposal, address: &str) -> (Action, String) {
    let found = proposal.resources.iter().find(|one| one.address == address).unwrap();
    (found.action, found.what.clone())
}

#[test]
fn changes_say_what_and_why() {
    let proposal = Proposal::read(TEXT).unwrap();
    assert_eq!(proposal.resources.len(), 5, "data is only read");
    assert_eq!(one(&proposal, "aws_instance.cp-0"), (Action::Update, "arn, key, type a -> b".to_owned()));
    let why = "disk.0.size cannot be changed in place".to_owned();
    assert_eq!(one(&proposal, "aws_instance.wrk[\"wrk-1\"]"), (Action::Replace, why));
    assert_eq!(one(&proposal, "aws_instance.cp-1"), (Action::Replace, "it was not made whole".to_owned()));
    assert_eq!(one(&proposal, "aws_eip.nat").0, Action::None);
    assert!(!proposal.is_empty());
}

#[test]
fn machines_are_what_the_output_names() {
    let proposal = Proposal::read(TEXT).unwrap();
    let kinds = proposal.machine_kinds(|name| ["cp-0", "wrk-1"].contains(&name));
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["aws_instance"]);
    assert!(proposal.machine_kinds(|name| name == "nat").is_empty(), "no output names it");
    let field = |machine: &str, field: &str| proposal.output(machine).unwrap().get(field).and_then(Json::as_str);
    assert_eq!((field("cp-0", "private_ip"), field("cp-0", "public_ip")), (Some("10.0.0.2"), Some("192.0.2.1")));
    assert_eq!(field("cp-9", "public_ip"), Some("192.0.2.9"), "one that leaves is where it was");
}

#[test]
fn what_needs_a_machine_is_known_through_others() {
    let proposal = Proposal::read(TEXT).unwrap();
    let needs = |base: &str, other: &str| proposal.needs(base, &[other].into_iter().collect());
    assert!(needs("aws_lb.api", "aws_instance.cp-0") && needs("aws_lb.api", "data.aws_ami.amd64"));
    assert!(!needs("aws_instance.cp-0", "aws_lb.api") && !needs("aws_instance.cp-0", "aws_instance.cp-0"));
}

#[test]
fn what_is_not_a_plan_is_an_error() {
    assert!(Proposal::read("{").is_err() && Proposal::read("1").is_err());
    assert_eq!(Proposal::read("{}").unwrap(), Proposal::default());
}
