//! `kmodel why` and `kmodel why-not`: what they say of the examples, and that everything that has a name can be asked about.

use std::path::Path;
use std::process::{Command, Output};

use kmodel::check;
use kmodel::compile;
use kmodel::model::Input;
use kmodel::why::{self, Why};
use kmodel::world::Disk;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kmodel(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(root()).env("COLUMNS", "110");
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

/// Questions, and answers below them.
fn asked(command: &str, questions: &[&str]) -> String {
    let ask = |question: &&str| {
        let words: Vec<&str> = std::iter::once(command).chain(question.split(' ')).collect();
        format!("$ kmodel {command} {question}\n{}\n", said(&kmodel(&words)))
    };
    questions.iter().map(ask).collect()
}

/// The text without the numbers of lines, which change whenever the standard library does.
fn without_lines(text: &str) -> String {
    let mut parts = text.split(".km:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += ".km:_";
        out += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out
}

fn snapshot(name: &str, text: &str) {
    let text = &without_lines(text);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn values_show_each_layer() {
    let questions = [
        "examples/ha.km wrk.memory",
        "examples/ha.km cluster.domain",
        "examples/ha.km etcd.snapshot-every",
        "examples/ha.km kube-apiserver.port",
        "examples/ha.km cp-0.memory",
        "examples/lab.km wrk.count --overlay lab --set workers=7",
        "examples/lab.km workers --set workers=7",
        "examples/lab.km wrk.count --overlay lab --set wrk.count=4",
        "examples/lab.km workers",
    ];
    snapshot("why-values", &asked("why", &questions));
}

#[test]
fn outputs_show_what_they_come_from() {
    let questions = [
        "examples/ha.km cp-0:/etc/kubernetes/kubelet.conf",
        "examples/ha.km /etc/kubernetes/pki/etcd/server.key",
        "examples/ha.km cp-0:/etc/hosts",
        "examples/ha.km kube-apiserver.flags.etcd-servers",
        "examples/ha.km cp-0/kube-apiserver.service --service-cluster-ip-range",
        "examples/ha.km etcd.service",
        "examples/ha.km artifact etcd",
        "examples/ha.km sysctl net.ipv4.ip_forward",
    ];
    snapshot("why-outputs", &asked("why", &questions));
}

#[test]
fn connections_show_who_dials_whom() {
    let questions = [
        "examples/ha.km cert kube-apiserver.serving san 10.10.0.254",
        "examples/ha.km kube-apiserver.serving kubernetes.default",
        "examples/ha.km etcd.peer",
        "examples/ha.km kubelet.cluster-api -> haproxy.frontend",
        "examples/ha.km 10.10.0.254",
        "examples/ha.km firewall cp-0:2379",
        "tests/fixtures/firewall.km firewall lb-0:6443",
        "tests/fixtures/firewall.km wrk-0:/etc/nftables.d/kmodel.nft",
        "examples/ha.km flannel on wrk-1",
    ];
    snapshot("why-connections", &asked("why", &questions));
}

#[test]
fn what_is_not_there_has_a_reason() {
    let questions = [
        "examples/ha.km kubelet.cluster-api kube-apiserver.api",
        "examples/ha.km kubelet.cluster-api etcd.client",
        "examples/ha.km kube-apiserver.serving 10.10.0.14",
        "examples/ha.km flannel on lb-0",
        "examples/ha.km kube-apiserver --audit-log-path",
        "examples/ha.km kube-apiserver --tracing-config-file",
        "examples/ha.km kube-apiserver --etcd-servrs",
        "examples/ha.km lb-0:/etc/kubernetes/kubelet.conf",
        "examples/ha.km kube-apiserver --etcd-servers",
    ];
    snapshot("why-not", &asked("why-not", &questions));
}

#[test]
fn a_condition_that_is_false_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.km");
    let text = "use std/etcd\ncluster c { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = \
                10.10.0.0/24 }\nmachines small\nmachines big { cores = 8 }\ndeploy etcd on * where cores >= 4\n";
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    // The one model of the folder need not be named.
    let output = command.args(["why-not", "etcd", "on", "small-0"]).current_dir(folder.path()).output().unwrap();
    let text = said(&output);
    assert!(text.contains("`where cores >= 4` is false for `small-0`  a.km:5"), "{text}");
    assert!(text.contains("`cores` = 2") && text.contains("the default: 2"), "{text}");
}

#[test]
fn a_path_that_names_nothing_gets_the_nearest() {
    for (path, near) in [
        ("wkr.memory", "`wrk.memory`"),
        ("cp-0:/etc/kubernetes/kublet.conf", "`cp-0:/etc/kubernetes/kubelet.conf`"),
        ("kube-apiserver --etcd-server", "`kube-apiserver --etcd-servers`"),
        ("etdc", "`etcd`"),
    ] {
        let words: Vec<&str> = ["why", "examples/ha.km"].into_iter().chain(path.split(' ')).collect();
        let output = kmodel(&words);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(said(&output).contains(near), "{path}: {}", said(&output));
    }
    assert_eq!(kmodel(&["why", "nothing-here"]).status.code(), Some(2), "the project's folder has no model");
    assert_eq!(kmodel(&["why", "snapshots/cli/names.km", "cp"]).status.code(), Some(1), "there is no plan");
}

#[test]
fn answers_are_json_too() {
    let output = kmodel(&["why", "examples/ha.km", "--json", "wrk.memory"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["version"], &answer["value"]), (&1.into(), &"8GiB".into()));
    assert_eq!(answer["because"][0]["place"]["file"], "examples/ha.km");
}

#[test]
fn everything_that_has_a_name_has_an_answer() {
    for file in ["examples/ha.km", "examples/single.km", "examples/lab.km"] {
        let disk = Disk::beside(&root().join(file));
        let checked = check::check(&disk, &root().join(file));
        let input = Input::default();
        let planned = compile::plan_program(&checked.program, &disk, &input);
        let asked = Why { plan: planned.plan.as_ref().unwrap(), input: &input };
        let names = why::names(&asked);
        assert!(names.len() > 100, "{file} has only {}", names.len());
        let silent: Vec<_> = names
            .iter()
            .filter(|name| {
                let words = [(*name).clone()];
                // A flag whose condition is false is absent, and has its reason there.
                why::why(asked, &words).or_else(|_| why::why_not(asked, &words)).is_err()
            })
            .collect();
        assert!(silent.is_empty(), "{file}: {silent:?}");
    }
}

#[test]
fn no_secret_is_shown() {
    let text = asked("why", &["examples/ha.km /etc/kubernetes/pki/ca.key", "examples/ha.km kubernetes-ca"]);
    assert!(!text.contains("PRIVATE") && !text.contains("(private key)"), "{text}");
}
