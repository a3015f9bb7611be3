//! Versions that come after those that a table covers: what no table has may be in them, so it is no mistake; in the last version
//! of the table it is. Each table of flags and of fields of configuration files, one minor past its end.

use kmodel::diag::Code;
use kmodel::facts::field::{self, Table};
use kmodel::facts::flag;
use kmodel::syntax::ast::Version;

use crate::support::plan;

const RANGES: &str = "pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24";

/// A model with a component of this text, whose cluster and program have a version.
fn model(item: &str, family: &str, version: Version, rest: &str) -> String {
    let kubernetes = if family == "kubernetes" { version.to_string() } else { "1.36.2".to_owned() };
    let own = if family == "etcd" { version.to_string() } else { "3.6.14".to_owned() };
    format!(
        "component tool {{\n  option version: version = {own}\n  {item}\n}}\n\
         cluster lab {{ kubernetes = {kubernetes}, {RANGES} }}\nmachines m {{ }}\ndeploy tool on m\n{rest}"
    )
}

fn next(version: Version) -> Version {
    Version { minor: version.minor + 1, patch: 0, ..version }
}

/// A flag of the future in each form that a flag can be written in.
fn forms(program: &str) -> Vec<String> {
    let words: Vec<&str> = program.split(' ').collect();
    let (name, more) = (words[0], words[1..].iter().map(|word| format!("\"{word}\", ")).collect::<String>());
    let argument = format!("unit tool.service {{ exec = /usr/bin/{name}, args = [{more}\"--from-the-future=true\"] }}");
    let set = format!("unit tool.service {{ exec = /usr/bin/{name}, flags = {name} {{ from-the-future = true }} }}");
    if words.len() == 1 { vec![argument, set] } else { vec![argument] }
}

#[test]
fn a_flag_that_no_table_has_is_unknown_only_where_the_table_reaches() {
    for program in flag::programs() {
        let range = &flag::table(program).expect("a table").range;
        for item in forms(program) {
            let of = |version| plan::codes(&model(&item, &range.versions_of, version, ""));
            let (last, later) = (of(range.known_through), of(next(range.known_through)));
            assert!(last.contains(&Code::UnknownFlag), "{program} {item}: {last:?}");
            assert!(!later.contains(&Code::UnknownFlag), "{program} {item}: {later:?}");
            let told = later.iter().filter(|code| **code == Code::VersionUnknown).count();
            assert_eq!(told, 1, "{program} {item}: {later:?}");
        }
    }
}

/// A version that is written and does not run takes nothing away.
#[test]
fn the_version_that_runs_decides() {
    let item = "unit tool.service { exec = /usr/bin/kubelet, flags = kubelet { from-the-future = true } }";
    let version = |minor| Version { major: 1, minor, patch: 0 };
    let overlay = |minor| format!("overlay next {{ set cluster.kubernetes = {} }}\n", version(minor));
    let known = model(item, "kubernetes", version(36), &overlay(60));
    let later = model(item, "kubernetes", version(60), &overlay(36));
    for (text, overlay, is_unknown) in
        [(&known, false, true), (&known, true, false), (&later, false, false), (&later, true, true)]
    {
        let text = if overlay { format!("// args: --overlay next\n{text}") } else { text.clone() };
        let codes = plan::codes(&text);
        assert_eq!(codes.contains(&Code::UnknownFlag), is_unknown, "{codes:?}: {text}");
    }
}

fn document(table: &Table, api: &str, inside: &str) -> String {
    let kind = &table.kind;
    format!(
        "file /etc/site/tool.yaml {{ format = \"yaml\", content = {{ apiVersion = \"{api}\", kind = \"{kind}\"{inside} }} }}"
    )
}

#[test]
fn a_field_that_no_table_has_is_unknown_only_where_the_table_reaches() {
    for table in field::all().filter(|table| !table.partial) {
        let through = table.range.known_through;
        let of = |version: Version, inside: &str| {
            let api = table.read_in(version)[0];
            plan::codes(&model(&document(table, api, inside), &table.range.versions_of, version, ""))
        };
        for (inside, code) in [
            (", fromTheFuture = true", Code::UnknownConfigField),
            (", featureGates = { FromTheFuture = true }", Code::UnknownGate),
        ] {
            if code == Code::UnknownGate && !table.fields.contains_key("featureGates") {
                continue;
            }
            let later = of(Version { minor: 90, ..through }, inside);
            assert!(!later.contains(&code), "{} {inside}: {later:?}", table.kind);
            assert!(later.contains(&Code::VersionUnknown), "{} {inside}: {later:?}", table.kind);
            assert!(of(through, inside).contains(&code), "{} {inside}", table.kind);
        }
    }
}

#[test]
fn a_later_version_of_an_api_is_wrong_only_where_the_table_reaches() {
    for table in field::all().filter(|table| !table.partial) {
        let api = format!("{}/v77", table.api_version.split('/').next().expect("a group"));
        let of = |version| plan::codes(&model(&document(table, &api, ""), &table.range.versions_of, version, ""));
        let (through, later) = (table.range.known_through, Version { minor: 90, ..table.range.known_through });
        assert!(of(through).contains(&Code::UnknownValue), "{}", table.kind);
        assert!(!of(later).contains(&Code::UnknownValue), "{}", table.kind);
        // What is known to be gone stays gone.
        for gone in ["kubeadm.k8s.io/v1beta3", "kubescheduler.config.k8s.io/v1beta3"] {
            if gone.split('/').next() == api.split('/').next() {
                let codes = plan::codes(&model(&document(table, gone, ""), "kubernetes", later, ""));
                let told = codes.contains(&Code::UnknownValue) || codes.contains(&Code::ApiRemoved);
                assert!(told, "{} {gone}: {codes:?}", table.kind);
            }
        }
    }
}

/// What the library runs a whole cluster with.
fn cluster(kubernetes: &str, rest: &str) -> String {
    format!(
        "use std/kubernetes\nuse std/cni {{ flannel }}\ncluster lab {{ kubernetes = {kubernetes}, {RANGES}, renew = 30d }}\n\
         machines cp[3] {{ cores = 4, memory = 8GiB, disk = 60GiB }}\ndeploy etcd on cp {{ snapshot-every = 6h }}\n\
         deploy kube-apiserver, kube-controller-manager, kube-scheduler, addons, containerd, flannel, kubelet on cp\n\
         deploy kube-proxy on cp\ndeploy rbac, coredns, admin\n{rest}"
    )
}

#[test]
fn a_minor_that_the_library_does_not_know_is_no_wall() {
    plan::planned(&cluster("1.77.0", ""), |_, problems, _| {
        let wrong = problems.iter().filter(|problem| problem.is_error() && problem.code != Code::UnknownRelease);
        assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&kmodel::diag::Diagnostic>::new());
        let told: Vec<_> = problems.iter().filter(|problem| problem.code == Code::VersionUnknown).collect();
        // The library, the flags and fields of that version, and no more.
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told.iter().any(|problem| problem.message.starts_with("the library is not known to run")), "{told:#?}");
    });
    assert!(!plan::codes(&cluster("1.36.2", "")).contains(&Code::VersionUnknown));
    assert!(plan::codes(&cluster("1.30.0", "")).contains(&Code::VersionUnsupported), "it is known to be too old");
}

#[test]
fn a_component_of_ones_own_is_taken_at_its_word() {
    let own = "component own { for kubernetes >= 1.31, < 1.40\n  file /etc/own { text = \"x\" } }\ndeploy own on cp\n";
    assert!(plan::codes(&cluster("1.77.0", own)).contains(&Code::VersionUnsupported));
    assert!(!plan::codes(&cluster("1.36.2", own)).contains(&Code::VersionUnsupported));
}
