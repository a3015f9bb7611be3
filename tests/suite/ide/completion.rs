//! Completion: what fits, and nothing that does not.

use kmodel::ide::completion::{Item, complete};

use super::support::{Fixture, files, fixture, model};

fn offered(mut at: Fixture) -> Vec<Item> {
    complete(&at.world, &mut at.project, &at.file, at.offset).items
}

fn labels(text: &str) -> Vec<String> {
    offered(fixture(text)).into_iter().map(|item| item.label).collect()
}

#[track_caller]
fn offers(text: &str, wanted: &[&str], unwanted: &[&str]) {
    let labels = labels(text);
    for label in wanted {
        assert!(labels.iter().any(|known| known == label), "no {label} among {labels:?}");
    }
    for label in unwanted {
        assert!(!labels.iter().any(|known| known == label), "{label} among {labels:?}");
    }
}

/// The labels of the best rank.
fn best(text: &str) -> Vec<String> {
    let items = offered(fixture(text));
    let rank = items.first().map(|item| item.rank);
    items.into_iter().filter(|item| Some(item.rank) == rank).map(|item| item.label).collect()
}

#[test]
fn statements_where_one_begins() {
    offers("$0", &["machines", "deploy", "cluster"], &["option", "set"]);
    offers("let a = 1\nmach$0", &["machines"], &["provides"]);
    offers("component x {\n  $0\n}", &["option", "provides", "unit"], &["cluster"]);
    offers("overlay x {\n  $0\n}", &["set", "add", "drop"], &["machines"]);
}

#[test]
fn fields_that_are_not_there_yet() {
    offers("cluster c { nodes = 10.0.0.0/24, $0 }", &["pods", "kubernetes"], &["nodes", "cores"]);
    offers("machines cp[1] {\n  cores = 1\n  $0\n}", &["memory", "arch"], &["cores", "pods"]);
}

#[test]
fn options_of_the_component() {
    offers(&model("").replace("{ snapshot-every = 6h }", "{ snap$0 }"), &["snapshot-every", "quota"], &["cores"]);
}

#[test]
fn settings_of_a_deploy() {
    let with = |body: &str| model("").replace("{ snapshot-every = 6h }", body);
    offers(&with("{ $0 }"), &["flags", "config", "unit", "override", "quota"], &["cores"]);
    offers(&with("{ flags = { $0 } }"), &["quota-backend-bytes", "auto-compaction-mode"], &["v", "event-ttl"]);
    offers(&with("{ unit = { $0 } }"), &["environment", "limit-nofile"], &["flags", "cores"]);
}

#[test]
fn values_of_the_expected_type_first() {
    assert_eq!(
        best("machines cp[1] { arch = $0 }"),
        ["\"amd64\"", "\"arm64\"", "\"ppc64le\"", "\"riscv64\"", "\"s390x\""]
    );
    assert_eq!(best("machines cp[1] { arch = \"$0\" }"), ["amd64", "arm64", "ppc64le", "riscv64", "s390x"]);
    offers("machines cp[1] { memory = 4$0 }", &["4GiB", "4MiB"], &["4s", "4/tcp"]);
    offers("component x { option every: duration = 5$0 }", &["5s", "5h"], &["5GiB"]);
    assert_eq!(best("let on = true\nlet size = 4GiB\ncomponent x { option y: bool = $0 }"), ["false", "true"]);
    offers("let big = 8GiB\nmachines cp[1] { memory = $0 }", &["big", "4GiB"], &[]);
}

#[test]
fn names_that_can_be_seen() {
    offers("let zzz = 1\nlet b = [x for x in [1] if $0]", &["x", "zzz", "len"], &[]);
    offers("component x { let a = machine.$0 }", &["address", "name", "labels"], &["count"]);
    offers("component x { requires s: etcd-client { }\n let a = s.$0 }\nuse std/interfaces", &["urls", "units"], &[]);
    offers("machines cp[1] { }\ncheck cp.$0 > 1, \"x\"", &["count", "memory"], &[]);
}

#[test]
fn machine_groups_after_on() {
    offers(&model("deploy admin as a on $0"), &["cp", "*"], &["etcd"]);
    offers("machines a[1] { }\nmachines b[1] { }\ndeploy x on a, $0", &["a", "b"], &[]);
}

#[test]
fn components_after_deploy() {
    offers("use std/kubernetes\ndeploy $0", &["etcd", "kubelet"], &["kube-api"]);
    let items = offered(fixture("use std/kubernetes\ndeploy hap$0"));
    let haproxy = items.iter().find(|item| item.label == "haproxy").expect("of the library");
    assert_eq!(haproxy.import.as_ref().map(|(_, text)| text.as_str()), Some("\nuse std/haproxy { haproxy }"));
}

#[test]
fn endpoints_that_fit() {
    assert_eq!(best(&model("relate kube-apiserver.store -> $0")), ["etcd.client"]);
    assert_eq!(best(&model("relate kube-apiserver.store -> etcd.$0")), ["client"]);
    offers(&model("relate kube-apiserver.$0"), &["store"], &["api"]);
}

#[test]
fn flags_of_the_version() {
    let text = |version: &str| {
        format!(
            "cluster c {{ kubernetes = {version} }}\ncomponent x {{ unit x.service {{ exec = /x, flags = kube-apiserver {{ $0 }} }} }}"
        )
    };
    offers(&text("1.34.8"), &["etcd-servers", "audit-log-path"], &["insecure-port", "cloud-provider"]);
    offers(&text("1.31.0"), &["cloud-provider"], &[]);
}

#[test]
fn codes_after_allow() {
    offers("allow $0", &["even-quorum", "single-member"], &["type-mismatch"]);
}

#[test]
fn paths_and_names_after_use() {
    let at = files(&[("main.km", "use $0"), ("network.km", "let a = 1"), ("lib/x.km", "let b = 1")]);
    let labels: Vec<_> = offered(at).into_iter().map(|item| item.label).collect();
    for path in ["std/etcd", "std/cni", "./network", "./lib/x"] {
        assert!(labels.iter().any(|known| known == path), "no {path} in {labels:?}");
    }
    offers("use std/cni { $0 }", &["flannel"], &["etcd"]);
}

#[test]
fn what_set_can_set() {
    offers(&model("overlay x { set cp.$0 }"), &["count", "memory"], &[]);
    offers(&model("overlay x { set etcd.$0 }"), &["quota"], &["count"]);
    offers(&model("overlay x { set $0 }"), &["cp", "etcd", "cluster"], &[]);
    offers(&model("overlay x { drop $0 }"), &["cp", "etcd"], &[]);
    offers(&model("moved old -> $0"), &["cp", "etcd"], &["machines"]);
}

#[test]
fn types_and_interfaces() {
    offers("param x: $0", &["int", "cidr", "list"], &["cluster"]);
    offers("use std/interfaces\ncomponent x { requires s: $0 }", &["etcd-client", "kube-api"], &["int"]);
}

#[test]
fn nothing_in_a_comment() {
    assert!(labels("// $0").is_empty());
    assert!(labels("let a = 1 // so $0").is_empty());
}

/// What is put into the text for a label.
fn inserted(text: &str, label: &str) -> String {
    let items = offered(fixture(text));
    let item = items.into_iter().find(|item| item.label == label);
    item.unwrap_or_else(|| panic!("no {label} at {text}")).insert
}

#[test]
fn versions_of_what_the_option_installs() {
    let etcd = best(&model("").replace("{ snapshot-every = 6h }", "{ version = $0 }"));
    assert!(etcd[0].starts_with("3.6.") && etcd.iter().all(|version| version.starts_with("3.")), "{etcd:?}");
    assert_eq!(best(&model("overlay x { set etcd.version = $0 }")), etcd);
    assert_eq!(best("component x { artifact a { release = \"etcd\", version = $0 } }"), etcd);
    assert_eq!(
        best("component x { option v: version = $0\nartifact a { release = \"etcd\", version = option.v } }"),
        etcd
    );
    let kubernetes = best("cluster c { kubernetes = $0 }");
    assert_eq!((kubernetes[0].as_str(), kubernetes.last().map(String::as_str)), ("1.36.2", Some("1.31.13")));
    assert_eq!(best("cluster c { kubernetes = 1.34.$0 }"), ["1.34.8"]);
    assert_eq!(best("param v: version = 1.3$0"), kubernetes);
    offers("component x { artifact a { release = \"$0\" } }", &["etcd", "containerd"], &["unit"]);
}

#[test]
fn units_stand_in_their_usual_order() {
    assert_eq!(best("machines cp[1] { memory = 4$0 }")[..3], ["4GiB", "4MiB", "4TiB"]);
    assert_eq!(best(&model("overlay x { set etcd.snapshot-every = 5$0 }"))[..4], ["5s", "5m", "5h", "5d"]);
}

#[test]
fn values_of_flags_by_version() {
    let text = |version: &str, inside: &str| {
        format!(
            "cluster c {{ kubernetes = {version} }}\ncomponent x {{ unit x.service {{ exec = /x, flags = kube-apiserver {{ {inside} }} }} }}"
        )
    };
    offers(&text("1.34.8", "enable-admission-plugins = [\"$0\"]"), &["NodeRestriction"], &["PodSecurityPolicy"]);
    offers(&text("1.34.8", "enable-admission-plugins = [$0]"), &["\"NodeRestriction\""], &[]);
    offers(&text("1.34.8", "feature-gates = { $0 }"), &["APIServerIdentity"], &["APIListChunking"]);
    offers(&text("1.31.0", "feature-gates = { APIServerIdentity = true, $0 }"), &[], &["APIServerIdentity"]);
}

#[test]
fn a_flag_says_its_versions_in_the_list() {
    let text =
        "cluster c { kubernetes = 1.34.8 }\ncomponent x { unit x.service { exec = /x, flags = kubelet { $0 } } }";
    let items = offered(fixture(text));
    let flag = items.iter().find(|item| item.label == "anonymous-auth").expect("a flag");
    assert!(flag.docs.contains("known through 1.36") && flag.is_deprecated, "{}", flag.docs);
}

#[test]
fn paths_of_templates_and_texts() {
    let list = [("main.km", ""), ("x.j2", ""), ("y.txt", ""), ("lib/z.j2", ""), ("lib/w.km", "")];
    let labels = |text: &str| {
        let mut list = list;
        list[0].1 = text;
        offered(files(&list)).into_iter().map(|item| item.label).collect::<Vec<_>>()
    };
    assert_eq!(labels("component x { file /x { template = \"./$0\" } }"), ["x.j2", "lib/", "y.txt"]);
    assert_eq!(labels("component x { file /x { template = \"$0\" } }")[..2], ["./x.j2", "./lib/"]);
    assert_eq!(labels("let a = read(\"./$0\")"), ["y.txt", "lib/", "x.j2"]);
    assert_eq!(labels("let a = template(\"./lib/$0\", { })"), ["z.j2"]);
    assert_eq!(labels("let a = read(\"./$0"), ["y.txt", "lib/", "x.j2"], "a text that is not closed yet");
}

#[test]
fn what_stands_there_is_not_written_again() {
    assert_eq!(inserted("machines cp[1] { co$0 = 3 }", "cores"), "cores");
    assert_eq!(inserted("machines cp[1] { co$0 }", "cores"), "cores = $1");
    assert_eq!(inserted("let a = jo$0([\"a\"], \",\")", "join"), "join");
    assert_eq!(inserted("mach$0ines cp[1] { }", "machines"), "machines");
    assert_eq!(inserted("allow $0 \"why\"", "even-quorum"), "even-quorum");
    offers(&model("").replace("snapshot-every", "qu$0\n  snapshot-every"), &["quota"], &["snapshot-every"]);
}

#[test]
fn needs_of_a_machine() {
    for text in
        ["component x { needs $0 }", "component x {\n  needs mod$0\n}", "component x {\n  needs $0\n  option a: int\n}"]
    {
        offers(text, &["module", "sysctl", "package", "memory"], &["option", "unit"]);
    }
}

#[test]
fn interfaces_bring_their_import() {
    let items = offered(fixture("component x { requires s: etcd$0 }"));
    let item = items.iter().find(|item| item.label == "etcd-client").expect("an interface");
    assert!(item.import.as_ref().is_some_and(|(_, text)| text.contains("use std/interfaces { etcd-client }")));
}

#[test]
fn targets_and_their_options() {
    offers("target $0", &["lxd"], &["cores"]);
    offers("target lxd { $0 }", &["image", "network"], &["cores"]);
    offers("target lxd { image = \"debian/13\", $0 }", &["network"], &["image"]);
    offers("component x {\n  range r { $0 }\n}", &["cidr", "share-ipv4"], &["cores"]);
    offers("component x {\n  firewall /etc/x { $0 }\n}", &["operators"], &["cores"]);
}

#[test]
fn variables_of_a_template() {
    let template = "{% for peer in peers %}{{ peer.name }} {{ port }}{% endfor %}{{ port }}";
    let labels = |text: &str| {
        let at = files(&[("main.km", text), ("x.j2", template)]);
        offered(at).into_iter().map(|item| item.label).collect::<Vec<_>>()
    };
    assert_eq!(labels("component x { file /x { template = \"./x.j2\", vars = { $0 } } }"), ["peers", "port"]);
    assert_eq!(labels("component x { file /x { template = \"./x.j2\", vars = { port = 1, $0 } } }"), ["peers"]);
    assert_eq!(labels("let a = template(\"./x.j2\", { p$0 })"), ["peers", "port"]);
    assert!(labels("component x { file /x { template = \"./none.j2\", vars = { $0 } } }").is_empty());
}
