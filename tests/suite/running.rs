//! What a running cluster cannot change, and what it migrates.

use crate::safety::Site;

const HA: &str = include_str!("../../examples/ha.km");

const RENDER: [&str; 4] = ["render", "lab.km", "--out", "build"];

/// A cluster that was rendered.
fn rendered() -> Site {
    let site = Site::new(HA);
    site.ok(&RENDER);
    site
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RENDER[..], more].concat()
}

/// The providers of the encryption of Secrets, in their order.
fn providers(site: &Site) -> Vec<String> {
    let path = "build/machines/cp-0/root/etc/kubernetes/encryption.yaml";
    if !site.path(path).exists() {
        return Vec::new();
    }
    let text = site.read(path);
    let name = |line: &str| Some(line.strip_prefix("  - ")?.split_once(':')?.0.to_owned());
    text.lines().filter_map(name).collect()
}

#[test]
fn what_a_running_cluster_cannot_change_is_refused() {
    let changes = [
        (
            "pods       = 10.244.0.0/16",
            "pods       = 10.200.0.0/16",
            "`pods` cannot change from 10.244.0.0/16 to 10.200.0.0/16",
        ),
        ("services   = 10.96.0.0/16", "services   = 10.97.0.0/16", "`services` cannot change"),
        ("services   = 10.96.0.0/16", "services   = 10.96.0.0/16\n  domain = \"x.example\"", "`domain` cannot change"),
        (
            "deploy rbac, coredns, admin",
            "deploy rbac, admin\ndeploy coredns { address = 10.96.0.20 }",
            "`dns-address` cannot change",
        ),
        (
            "use std/cni { flannel }",
            "use std/cni { cilium as flannel }",
            "`pod-network` cannot change from flannel to cilium",
        ),
        (
            "deploy containerd, kubelet",
            "deploy containerd on cp, wrk { cgroup-driver = \"cgroupfs\" }\ndeploy kubelet",
            "`cgroup-driver` of `containerd` cannot change from systemd to cgroupfs",
        ),
    ];
    let site = rendered();
    let lock = site.read("kmodel.lock");
    for (old, new, refusal) in changes {
        assert!(HA.contains(old), "{old}");
        site.model(&HA.replace(old, new));
        for arguments in [&["check", "lab.km"][..], &["plan", "lab.km"], &RENDER] {
            let said = site.refuses(arguments, "immutable-changed");
            assert!(said.replace("\n  │ ", " ").contains(refusal), "{said}");
            assert!(said.contains("lab.km:"), "the place is told: {said}");
        }
        assert_eq!(site.read("kmodel.lock"), lock);
        site.ok(&with(&["--change", "all"]));
        site.ok(&["check", "lab.km"]);
        site.model(HA);
        site.ok(&with(&["--change", "all"]));
        assert_eq!(site.read("kmodel.lock"), lock);
    }
}

#[test]
fn ranges_may_grow_and_gain_a_family() {
    let site = rendered();
    let grown = HA.replace("10.244.0.0/16", "10.244.0.0/15").replace("10.96.0.0/16", "[10.96.0.0/16, fd00:96::/112]");
    site.model(&grown);
    let said = site.run(&["check", "lab.km"]);
    let said = crate::support::tool::said(&said);
    assert!(!said.contains("immutable-changed"), "{said}");
}

#[test]
fn old_encryption_is_read_until_it_is_forgotten() {
    let encryption = |value: &str| {
        let own = format!("deploy kube-apiserver on cp {{ encryption = \"{value}\" }}\ndeploy kube-controller-manager");
        HA.replace("deploy kube-apiserver, kube-controller-manager", &own)
    };
    let site = rendered();
    assert_eq!(providers(&site), ["secretbox", "identity"]);
    site.model(&encryption("aescbc"));
    // What the last render had is in use, whatever is forgotten before the next one.
    site.refuses(&with(&["--forget", "encryption"]), "no earlier value of `encryption`");
    let said = site.ok(&RENDER);
    assert!(said.contains("migration-pending") && said.contains("kubectl get secrets -A"), "{said}");
    assert_eq!(providers(&site), ["aescbc", "secretbox", "identity"]);
    let lock = site.read("kmodel.lock");
    site.ok(&RENDER);
    assert_eq!(site.read("kmodel.lock"), lock, "the same again");
    let plan = site.ok(&["plan", "lab.km", "--full"]);
    assert!(plan.contains("migration-pending"), "{plan}");
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, step) = plan.split_once(" migrate after ").expect("a step of the plan");
    let (step, _) = step.split_once(" Proved").unwrap();
    assert!(step.contains("`encryption`: ") && step.contains("kubectl get secrets"), "{step}");
    assert!(step.contains("then `kmodel render --forget encryption`"), "{step}");
    site.model(&encryption("none"));
    site.ok(&RENDER);
    assert_eq!(providers(&site), ["identity", "aescbc", "secretbox"]);
    let said = site.ok(&with(&["--forget", "encryption"]));
    assert!(!said.contains("migration-pending") && providers(&site).is_empty(), "{said}");
    site.model(&encryption("secretbox"));
    let said = site.ok(&RENDER);
    assert!(said.contains("the earlier `none` stays in use"), "what is in plain text is rewritten too: {said}");
    site.ok(&with(&["--change", "encryption"]));
    assert!(!site.read("kmodel.lock").contains("earlier"));
    site.refuses(&with(&["--change", "encrytion"]), "did you mean `encryption`?");
}

#[test]
fn old_issuers_are_accepted_until_they_are_forgotten() {
    let site = rendered();
    site.model(&HA.replace("services   = 10.96.0.0/16", "services   = 10.96.0.0/16\n  domain     = \"x.example\""));
    site.ok(&with(&["--change", "domain"]));
    let unit = site.read("build/machines/cp-0/root/etc/systemd/system/kube-apiserver.service");
    let issuers = "--service-account-issuer=https://kubernetes.default.svc.x.example";
    assert!(unit.contains(issuers) && unit.contains("https://kubernetes.default.svc.cluster.local"), "{unit}");
}

#[test]
fn a_kubelet_loses_the_state_of_another_policy() {
    let cpu = "cpu-manager-policy = \"static\", system-reserved = { cpu = \"500m\" }";
    let memory = "memory-manager-policy = \"Static\", system-reserved = { memory = \"924Mi\" }, \
                  reserved-memory = [{ node = 0, memory = \"1Gi\" }]";
    for (kind, set, value) in [("cpu", cpu, "static"), ("memory", memory, "Static")] {
        let site = rendered();
        let unit =
            |machine: &str| site.read(&format!("build/machines/{machine}/root/etc/systemd/system/kubelet.service"));
        assert!(!unit("wrk-0").contains("manager_state"));
        let own = format!("deploy containerd, kube-proxy, flannel on cp, wrk\ndeploy kubelet on cp, wrk {{ {set} }}");
        let old = "deploy containerd, kubelet, kube-proxy, flannel on cp, wrk";
        assert!(HA.contains(old), "{HA}");
        site.model(&HA.replace(old, &own));
        let policy = format!("{kind}-manager-policy");
        assert!(site.ok(&RENDER).contains(&format!("`{policy}` of `kubelet` is now `{value}`")));
        let removes = format!("ExecStartPre=-/usr/bin/rm -f /var/lib/kubelet/{kind}_manager_state\n");
        assert!(unit("wrk-0").contains(&removes), "{}", unit("wrk-0"));
        let forget = format!("kubelet/{policy}");
        assert!(site.ok(&["plan", "lab.km"]).contains(&format!("kmodel render --forget {forget}")));
        site.ok(&with(&["--forget", &forget]));
        assert!(!unit("wrk-0").contains("manager_state"));
    }
}

#[test]
fn a_cluster_keeps_its_name() {
    let site = rendered();
    site.model(&HA.replace("cluster ha {", "cluster prod {"));
    let said = site.refuses(&["check", "lab.km"], "cannot be renamed from `ha` to `prod`");
    assert!(said.contains("--change cluster"), "{said}");
    site.refuses(&RENDER, "cannot be renamed");
    site.ok(&with(&["--change", "cluster"]));
    let lock = site.read("kmodel.lock");
    assert!(lock.contains("[cluster.ha]") && lock.contains("[cluster.prod]"), "{lock}");
    site.ok(&["check", "lab.km"]);
    // Another model beside it is another cluster.
    std::fs::write(site.path("other.km"), HA.replace("cluster ha {", "cluster other {")).unwrap();
    site.ok(&["check", "other.km"]);
}

#[test]
fn members_of_a_quorum_keep_their_addresses() {
    let site = rendered();
    site.model(&HA.replace("nodes      = 10.10.0.0/24", "nodes      = 10.11.0.0/24"));
    let said = site.refuses(&RENDER, "cannot change its address from 10.10.0.10");
    assert!(said.contains("--change cp-0"), "{said}");
    let workers = HA.replace("machines wrk[3] {", "machines wrk[3] { first-address = 10.10.0.100,");
    assert_ne!(workers, HA);
    site.model(&workers);
    let said = site.ok(&RENDER);
    assert!(said.contains("other addresses: wrk-0 (from 10.10.0.15 to 10.10.0.100), wrk-1"), "{said}");
    site.model(&HA.replace("nodes      = 10.10.0.0/24", "nodes      = 10.11.0.0/24"));
    site.ok(&with(&["--change", "all"]));
}

#[test]
fn members_of_a_quorum_are_not_all_replaced() {
    let site = rendered();
    let renamed = HA.replace("machines cp[3]", "machines ctl[3]").replace(" on cp", " on ctl");
    site.model(&renamed);
    let said = site.refuses(&RENDER, "all members of `etcd` are on new machines");
    assert!(said.contains("moved OLD -> NEW") && said.contains("--change etcd/data"), "{said}");
    let fixed = site.ok(&["fix", "lab.km", "--unsafe"]);
    assert!(fixed.contains("fixed 1 problem"), "{fixed}");
    assert_eq!(site.read("lab.km"), format!("{renamed}\nmoved cp -> ctl\n"));
    let said = site.ok(&RENDER);
    assert!(
        said.contains("renamed: cp-0 to ctl-0, cp-1 to ctl-1, cp-2 to ctl-2\n") && !said.contains("new machines"),
        "{said}"
    );
    let lock = site.read("kmodel.lock");
    assert!(lock.contains("ctl-0 = \"10.10.0.10\"") && !lock.contains("cp-0"), "{lock}");
}

#[test]
fn groups_that_may_be_each_other_are_named_and_not_proposed() {
    let site = rendered();
    let renamed = HA.replace("machines cp[3]", "machines ctl[3]").replace("machines wrk[3]", "machines worker[3]");
    let renamed = renamed.replace(" on cp, wrk", " on ctl, worker").replace(" on cp", " on ctl");
    site.model(&renamed);
    let said = site.refuses(&["check", "lab.km"], "all members of `etcd` are on new machines");
    let said = said.replace("\n        ", " ");
    assert!(said.contains("`cp` and `wrk` have left and `ctl` and `worker` are new, each with 3 machines"), "{said}");
    site.run(&["fix", "lab.km", "--unsafe"]);
    assert_eq!(site.read("lab.km"), renamed);
}

#[test]
fn an_application_under_another_name_is_moved() {
    let site = rendered();
    let renamed = HA.replace("deploy etcd on cp", "deploy etcd as store on cp");
    assert_ne!(renamed, HA);
    site.model(&renamed);
    site.refuses(&["check", "lab.km"], "`store` may be `etcd` of the last render");
    site.ok(&["fix", "lab.km", "--unsafe"]);
    assert_eq!(site.read("lab.km"), format!("{renamed}\nmoved etcd -> store\n"));
    assert!(site.ok(&RENDER).contains("0 issued"));
}

#[test]
fn a_moved_application_keeps_its_addresses_and_keys() {
    let site = rendered();
    let shared = "\"keepalived/vip\" = \"10.10.0.254\"";
    let lock = site.read("kmodel.lock");
    assert!(lock.contains(shared), "{lock}");
    let keys = |machine: &str| {
        let key = |leaf: &serde_json::Value| (leaf["id"].to_string(), leaf["leaf"]["issued"]["key_pem"].to_string());
        certificates(&site, machine).iter().map(key).collect::<Vec<_>>()
    };
    let renamed =
        HA.replace("deploy haproxy, keepalived on lb", "deploy haproxy on lb\ndeploy keepalived as shared on lb");
    site.model(&format!("{renamed}\nmoved keepalived -> shared\n"));
    let said = site.ok(&RENDER);
    assert!(said.contains("0 issued"), "{said}");
    assert!(site.read("kmodel.lock").contains("\"shared/vip\" = \"10.10.0.254\""));
    let before = keys("wrk-0");
    site.model(&format!(
        "{}\nmoved wrk -> worker\n",
        HA.replace("machines wrk[3]", "machines worker[3]").replace(", wrk", ", worker")
    ));
    site.ok(&RENDER);
    let after = keys("worker-0");
    assert!(!before.is_empty() && before.len() == after.len());
    assert!(
        before.iter().zip(&after).all(|(before, after)| before.1 == after.1 && before.0 != after.0),
        "the same keys"
    );
    // Without the statement they are kept under the new name.
    site.model(&HA.replace("machines wrk[3]", "machines worker[3]").replace(", wrk", ", worker"));
    assert!(site.ok(&RENDER).contains("0 issued"));
}

/// The certificates of a machine in the key store, in the order of their ids.
fn certificates(site: &Site, machine: &str) -> Vec<serde_json::Value> {
    let text = site.read(".kmodel/ha/certificates.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let own = lines.filter_map(|line| {
        let id = line["id"].as_str().filter(|id| id.starts_with(&format!("{machine}/")))?.to_owned();
        Some((id, line))
    });
    own.collect::<std::collections::BTreeMap<_, _>>().into_values().collect()
}

#[test]
fn a_machine_that_comes_back_gets_keys_of_its_own() {
    let site = rendered();
    let before = certificates(&site, "wrk-2");
    site.model(&HA.replace("machines wrk[3]", "machines wrk[2]"));
    site.ok(&RENDER);
    site.model(HA);
    site.ok(&RENDER);
    assert_eq!(certificates(&site, "wrk-2"), before, "it may be the same machine, as long as it is not gone");
    site.model(&HA.replace("machines wrk[3]", "machines wrk[2]"));
    site.ok(&with(&["--forget", "wrk-2"]));
    site.model(HA);
    assert!(site.ok(&["plan", "lab.km", "--all"]).contains("its machine is new"));
    site.ok(&RENDER);
    let after = certificates(&site, "wrk-2");
    assert_ne!(after, before);
    site.ok(&RENDER);
    assert_eq!(certificates(&site, "wrk-2"), after);
}

#[test]
fn an_application_has_values_of_its_own() {
    let model = |value: &str| {
        format!(
            "component store {{\n  option cipher: string\n  immutable cipher {{ value = option.cipher, scope = \"application\", migrates = \
             true, because = \"data was written with it\" }}\n  file /etc/store {{ text = join([option.cipher] + cipher.earlier, \"\\n\") }}\n}}\n\
             cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}\nmachines m {{ }}\n\
             deploy store as a on m {{ cipher = \"{value}\" }}\ntarget lxd {{ }}\n"
        )
    };
    let site = Site::new(&model("old"));
    site.ok(&RENDER);
    assert!(site.read("kmodel.lock").contains("\"a/cipher\" = [\"old\"]"));
    site.model(&model("new"));
    site.ok(&RENDER);
    assert_eq!(site.read("build/machines/m-0/root/etc/store"), "new\nold\n");
    site.ok(&with(&["--forget", "a/cipher"]));
    assert_eq!(site.read("build/machines/m-0/root/etc/store"), "new\n");
}
