//! What a plan says of a model: what is let in, what ends when, what breaks, what is issued and what is remembered.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;

use kmodel::model::MachineId;
use kmodel::plan::Plan;
use kmodel::plan::firewall::{firewalls, openings, ruleset};
use kmodel::plan::impact::impact;
use kmodel::plan::issue_status::issue_status;
use kmodel::plan::lifetime::lifetimes;
use kmodel::plan::version::{recorded, remembered};
use time::macros::{date, datetime};

use crate::support::{plan::planned, root, snapshot};

/// The plan of a text without problems.
fn plan<T>(text: &str, look: impl FnOnce(&Plan<'_>) -> T) -> T {
    planned(text, |_, problems, plan| look(plan.unwrap_or_else(|| panic!("{problems:#?}"))))
}

fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn what_packet_filters_let_in_is_listed_once_for_each_service() {
    let walled = file("tests/fixtures/firewall.km");
    let open = walled.replace("node-ports = [10.10.0.200/32]", "node-ports = [0.0.0.0/0, fd00::/8]");
    let opener = walled.replace("node-ports = [10.10.0.200/32]", "node-ports = [0.0.0.0/0, ::/0]");
    let mut shown = String::new();
    for (name, text) in [
        ("walled", &walled),
        ("IPv4 open", &open),
        ("open", &opener),
        ("IPv6", &format!("// args: --overlay ipv6\n{walled}")),
    ] {
        let _ = writeln!(shown, "{name}");
        plan(text, |plan| {
            for opening in openings(&plan.model) {
                let _ = writeln!(shown, "  {} {} from {}", opening.service, opening.port, opening.from.join(", "));
            }
            let firewall = &firewalls(&plan.model, &mut Vec::new())[0];
            for machine in [0, 3, 5].map(MachineId) {
                for (what, who) in ruleset(&plan.model, firewall, machine).given_out {
                    let _ = writeln!(shown, "  {} gives out {what} to {who:?}", plan.model.machine(machine).name);
                }
            }
        });
    }
    snapshot("snapshots/cli", "openings", &shown);
}

/// Members of a quorum, a client that holds one address, and one that needs nobody.
const FIRST_ONLY: &str = r#"
use std/kubernetes
use std/cni { flannel }
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24, renew = 30d }
machines cp[2] { cores = 2, memory = 4GiB, disk = 40GiB }
machines db[5] { cores = 2, memory = 4GiB, disk = 40GiB }
machines wrk[2] { cores = 4, memory = 8GiB, disk = 60GiB }
deploy etcd on db { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler, addons on cp
deploy containerd, kubelet, kube-proxy, flannel on cp, wrk
deploy rbac, coredns, admin
target lxd { image = "debian/13" }
"#;

#[test]
fn what_a_loss_breaks_and_leaves_is_said_of_everything() {
    let mut shown = String::new();
    let ha = file("examples/ha.km");
    for (text, losses) in [
        (ha.as_str(), &[&["wrk-1"][..], &["cp-1"], &["cp-0", "cp-1"], &["lb-0"], &["lb-0", "lb-1"]][..]),
        (FIRST_ONLY, &[&["cp-0"][..], &["cp-1"], &["db-0", "db-1"], &["db-0", "db-1", "db-2"], &["wrk-0"]]),
    ] {
        planned(text, |_, problems, plan| {
            let model = &plan.unwrap_or_else(|| panic!("{problems:#?}")).model;
            for names in losses {
                let all = (0..model.machines.len() as u32).map(MachineId);
                let down: HashSet<_> = all.filter(|id| names.contains(&&*model.machine(*id).name)).collect();
                let _ = writeln!(shown, "without {}", names.join(", "));
                let impact = impact(model, &down);
                for left in &impact.groups {
                    let memory = left.memory >> 20;
                    let _ = writeln!(
                        shown,
                        "  {}: {} of {}, {} cores, {memory} MiB",
                        left.group, left.alive, left.machines, left.cores
                    );
                }
                for app in &impact.applications {
                    let _ = writeln!(shown, "  {}: {:?}, {}", app.application, app.state, app.why);
                }
            }
        });
    }
    snapshot("snapshots/cli", "impacts", &shown);
}

#[test]
fn what_has_ended_by_a_day_is_listed_with_what_stops() {
    let now = datetime!(2026-01-01 12:00 UTC);
    let ends = |text: &str, at| {
        plan(text, |plan| {
            let status = issue_status(&plan.pki.request, None, now).unwrap();
            serde_json::to_string_pretty(&lifetimes(plan, &status, now, at)).unwrap()
        })
    };
    let ha = file("examples/ha.km");
    let days = [
        date!(2026 - 01 - 01),
        date!(2026 - 12 - 31),
        date!(2027 - 01 - 01),
        date!(2035 - 12 - 30),
        date!(2036 - 06 - 01),
    ];
    let shown: Vec<String> = days.iter().map(|day| ends(&ha, *day)).collect();
    snapshot("snapshots/cli", "lifetimes", &shown.join("\n"));
    let never = ends(&ha.replace("renew", "// renew"), date!(2026 - 06 - 01));
    assert!(never.contains("\"render_by\": null"), "{never}");
}

const MATERIAL: &str = r#"
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24, renew = 45d }
machines a { }
authority ca { cn = "ca", lifetime = 100d, key = "ed25519", file = /etc/ca.crt }
authority plain { cn = "plain", file = /etc/plain.crt }
keypair tokens { key = "rsa-2048", file = /etc/tokens.key, public = /etc/tokens.pub }
keypair other { key = "ecdsa-p384", file = /etc/other.key, public = /etc/other.pub }
secret short { bytes = 16, encoding = "hex" }
secret word { bytes = 20, encoding = "alnum" }
secret long { }
component c {
  cert own { authority = ca, cn = "own", org = ["people"], usage = ["client"], lifetime = 10d, key = "rsa-4096" }
  cert serving { authority = plain, cn = "serving", usage = ["server"], names = ["a.example.org", "10.10.0.9"] }
  file /etc/short { mode = 0600, text = short.value }
  file /etc/word { mode = 0600, text = word.value }
  file /etc/long { mode = 0600, text = long.value }
  unit c.service { exec = /usr/bin/c, environment = { TOKENS = "${tokens.key}", OTHER = "${other.public}" } }
}
deploy c on a
"#;

#[test]
fn what_is_issued_is_what_the_model_asks_for() {
    let shown = plan(MATERIAL, |plan| serde_json::to_string_pretty(&plan.pki.request).unwrap());
    snapshot("snapshots/cli", "request", &shown);
}

#[test]
fn versions_that_a_rule_is_about_are_remembered() {
    let (versions, lock) = plan(&file("examples/ha.km"), |plan| (recorded(&plan.model), remembered(&plan.model)));
    assert_eq!(lock.kmodel.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(lock.versions, versions);
    snapshot("snapshots/cli", "versions", &serde_json::to_string_pretty(&versions).unwrap());
}

/// What follows from the machine alone is not evaluated for each: it says what evaluation says, whatever stands beside it.
#[test]
fn names_of_certificates_are_those_that_evaluation_gives() {
    let certificates = |cn: &str, names: &str| {
        let text = format!(
            r#"authority ca {{ cn = "ca", file = /etc/web/ca.crt }}
component web {{
  let of = "${{machine.group}}"
  cert serving {{
    authority = ca
    cn        = {cn}
    usage     = if machine.index == 0 then ["server", "client"] else ["server"]
    names     = {names}
    lifetime  = if machine.index == 1 then 30d else 60d
    file      = /etc/web/web.crt
  }}
}}
cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines m[3] {{ }}
machines own {{ }}
deploy web on *
"#
        );
        plan(&text, |plan| plan.pki.request.certificates.clone())
    };
    for (known, evaluated) in [
        ("machine.name", "lower(machine.name)"),
        (r#""node:${machine.name}""#, r#"join(["node", machine.name], ":")"#),
        (r#""${machine.address}""#, "string(machine.address)"),
        (
            r#""a ${machine.name} at ${string(machine.address)}.""#,
            r#"join(["a", machine.name, "at", "${machine.address}."], " ")"#,
        ),
    ] {
        let of = |cn: &str| certificates(cn, "[machine.name]");
        assert_eq!(of(known), of(evaluated), "{known}");
    }
    for (known, evaluated) in [
        ("[]", "[name for name in [machine.name] if false]"),
        ("[machine.name, string(machine.address)]", "[string(machine.address), lower(machine.name)]"),
        (
            r#"[machine.name, "${machine.name}.lab", "x", machine.name]"#,
            r#"["x", join([machine.name, "lab"], "."), lower(machine.name)]"#,
        ),
        (r#"["10.10.0.7", "${machine.address}"]"#, r#"[lower("10.10.0.7"), lower(string(machine.address))]"#),
        ("[machine.name, of]", "[of, lower(machine.name)]"),
    ] {
        let of = |names: &str| certificates("machine.name", names);
        assert_eq!(of(known), of(evaluated), "{known}");
    }
}
