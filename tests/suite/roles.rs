//! What files of the output are told of roles is what the packet filters of their machines let in, for any placement.

use kmodel::model::{MachineId, Model};
use kmodel::plan::firewall::{Addresses, Firewall, firewalls, ruleset};
use kmodel::plan::listener::What;
use kmodel::plan::role::{Ingress, Role, Source, roles};
use proptest::prelude::*;

use crate::support::plan::planned;

/// A cluster whose applications are where the numbers say.
fn model(groups: [u8; 3], apps: &[(u8, u8)], walls: (&str, &str)) -> String {
    let [a, b, c] = groups.map(|count| count % 3 + 1);
    let place = |group: u8, part: u8| match (["ga", "gb", "gc"][usize::from(group % 3)], part % 3) {
        (group, 0) => group.to_owned(),
        (group, 1) => format!("{group}[0]"),
        (group, _) => format!("{group}[0..1]"),
    };
    let deploys: String = ["web", "store", "agent", "gauge"]
        .iter()
        .zip(apps)
        .map(|(name, (group, part))| format!("deploy {name} on {}\n", place(*group, *part)))
        .collect();
    let (operators, node_ports) = walls;
    format!(
        r#"
use std/firewall
interface store {{ version = 1 }}
interface gauge {{ version = 1 }}
component web {{
  requires data: store
  listen page {{ port = 80/tcp, from = ["anyone"] }}
  listen admin {{ port = 8081/tcp, from = ["operators"] }}
  listen ports {{ ports = "30000-30100" }}
}}
component store {{
  provides data: store {{ listen = 5432/tcp }}
  listen sync {{ port = 5433/udp, from = ["peers", "203.0.113.0/24"] }}
  listen own {{ port = 5434/tcp, address = 127.0.0.1 }}
}}
component agent {{
  requires scraped*: gauge
  listen probe {{ port = 9000/tcp, from = ["nodes", "pods"] }}
}}
component gauge {{ provides numbers: gauge {{ listen = 9100/tcp }} }}
component list {{ file "list/a.json" {{ format = "json", content = [r.name for r in cluster.roles] }} }}
cluster lab {{ kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }}
machines ga[{a}]
machines gb[{b}]
machines gc[{c}]
{deploys}deploy firewall on * {{ operators = {operators}, node-ports = {node_ports} }}
deploy list
"#
    )
}

fn addresses(model: &Model<'_>, roles: &[Role], ingress: &[&Ingress]) -> Addresses {
    let of = |source: &Source| match source {
        Source::Role(name) => {
            let role = roles.iter().find(|role| role.name == *name).expect("a source is a role");
            let address = |machine: &MachineId| model.machine(*machine).address;
            let runs: Vec<_> = role.machines.iter().map(address).map(|address| (address, address)).collect();
            Addresses::of_runs(&runs)
        }
        Source::Range(range) => Addresses::of_ranges(&[*range]),
        Source::Operators => panic!("the filter knows where operators are"),
    };
    ingress.iter().fold(Addresses::default(), |sum, one| sum.and(&of(&one.source)))
}

/// The rules of a role for what a filter admits.
fn matching<'r>(role: &'r Role, what: What, protocol: &str) -> Vec<&'r Ingress> {
    let ports = match what {
        What::Port(port) => (port.number, port.number),
        What::Ports { first, last, .. } => (first, last),
        What::Other(_) => (0, 0),
    };
    role.ingress.iter().filter(|one| one.ports == ports && one.protocol == protocol).collect()
}

fn protocols(what: What) -> Vec<String> {
    match what {
        What::Port(port) => vec![port.protocol.to_string()],
        What::Ports { protocol: Some(protocol), .. } => vec![protocol.to_string()],
        What::Ports { protocol: None, .. } => vec!["tcp".to_owned(), "udp".to_owned()],
        What::Other(number) => vec![number.to_string()],
    }
}

/// What a filter admits to each thing that it lets in.
fn admitted(model: &Model<'_>, firewall: &Firewall, machine: MachineId) -> Vec<(What, Addresses)> {
    let set = ruleset(model, firewall, machine);
    let mut list: Vec<(What, Addresses)> = Vec::new();
    for rule in &set.rules {
        if !list.iter().any(|(what, _)| *what == rule.what) {
            list.push((rule.what, set.admits(model, firewall, rule.what)));
        }
    }
    list.extend(set.given_out.iter().map(|(what, who)| {
        (*what, who.iter().fold(Addresses::default(), |sum, party| sum.and(&party.addresses(model, firewall))))
    }));
    list
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn roles_let_in_what_packet_filters_do(
        groups: [u8; 3],
        apps in proptest::collection::vec((0u8..3, 0u8..3), 4),
        wide: bool,
    ) {
        let walls = if wide { ("[0.0.0.0/0]", "[0.0.0.0/0, ::/0]") } else { ("[198.51.100.0/24, 2001:db8::/32]", "[192.0.2.0/24]") };
        planned(&model(groups, &apps, walls), |_, problems, plan| {
            let plan = plan.unwrap_or_else(|| panic!("{problems:#?}"));
            let model = &plan.model;
            let (roles, firewall) = (roles(model), &firewalls(model, &mut Vec::new())[0]);
            let machines: usize = roles.iter().map(|role| role.machines.len()).sum();
            assert_eq!(machines, model.machines.len(), "each machine has one role");
            for role in &roles {
                for machine in &role.machines {
                    let admitted = admitted(model, firewall, *machine);
                    let mut rules = 0;
                    for (what, wanted) in &admitted {
                        for protocol in protocols(*what) {
                            let ingress = matching(role, *what, &protocol);
                            rules += ingress.len();
                            assert_eq!(addresses(model, &roles, &ingress), *wanted, "{} {what}: {ingress:?}", role.name);
                        }
                    }
                    let open = role.ingress.iter().filter(|one| one.ports.0 == 30000).count();
                    let known = admitted.iter().any(|(what, _)| matches!(what, What::Ports { .. }));
                    assert_eq!(rules + if known { 0 } else { open }, role.ingress.len(), "{} lets in more", role.name);
                }
            }
        });
    }
}

#[test]
fn a_balancer_without_a_machine_is_a_role() {
    let text = std::fs::read_to_string(crate::support::root().join("tests/cases/model/ok-aws.km")).unwrap();
    planned(&text, |_, problems, plan| {
        let plan = plan.unwrap_or_else(|| panic!("{problems:#?}"));
        let roles = roles(&plan.model);
        let balancer = roles.iter().find(|role| role.group.is_none()).expect("the balancer is a role");
        assert_eq!((&*balancer.name, balancer.machines.len()), ("cloud-balancer", 0));
        assert!(balancer.ingress.iter().any(|one| one.source == Source::Operators), "people dial it");
        let api = |role: &&Role| {
            role.ingress.iter().any(|one| one.source == Source::Role("cloud-balancer".into()) && one.ports.0 == 6443)
        };
        assert_eq!(roles.iter().filter(api).count(), 3, "it dials each API server");
    });
}
