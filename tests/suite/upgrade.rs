//! What time does to a cluster. `kmodel plan --upgrade`: the hops, the edits before them, and the order inside; `--at`: what has
//! ended by a date, and what stops.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn kmodel(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(folder).env("COLUMNS", "100").env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
    command.output().expect("kmodel runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(file: &str, to: &str, folder: &Path) -> Value {
    let output = kmodel(&["plan", file, "--upgrade", to, "--json"], folder);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Writes an example of an earlier version, which can be upgraded.
fn earlier(example: &str, folder: &Path) -> String {
    let text = fs::read_to_string(root().join("examples").join(example)).unwrap();
    let older = text.replace("1.36.2", "1.34.8");
    assert_ne!(text, older);
    fs::write(folder.join(example), &older).unwrap();
    older
}

/// A control plane of an old configuration, with much that later versions refuse.
const OLD: &str = r#"
interface api { scheme = "http" }
component server {
  provides api: api { listen = 6443/tcp }
  unit kube-apiserver.service {
    exec  = /usr/bin/kube-apiserver
    flags = kube-apiserver { feature-gates = { UserNamespacesPodSecurityStandards = true } }
  }
}
component node {
  requires api: api
  unit kubelet.service {
    exec  = /usr/bin/kubelet
    flags = kubelet { pod-infra-container-image = "registry.k8s.io/pause:3.10" }
  }
  artifact kubernetes-node {
    release = "kubernetes-node"
    version = cluster.kubernetes
    install = { "kubernetes/node/bin/kubelet" = /usr/local/bin/kubelet }
  }
}
cluster old { kubernetes = 1.33.12, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }
machines cp { }
machines wrk[9] { }
deploy server on cp
deploy node on wrk
"#;

#[test]
fn the_way_of_the_example_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    earlier("ha.km", folder.path());
    let output = kmodel(&["plan", "ha.km", "--upgrade", "kubernetes=1.36"], folder.path());
    assert!(output.status.success(), "{}", said(&output));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("upgrade-ha", said(&output)));
}

#[test]
fn no_minor_is_skipped_and_the_newest_patch_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    earlier("ha.km", folder.path());
    let way = json("ha.km", "kubernetes=1.36", folder.path());
    let ends: Vec<_> = way["hops"].as_array().unwrap().iter().map(|hop| hop["to"].as_str().unwrap()).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends[0].starts_with("1.35.") && ends[1].starts_with("1.36."), "{ends:?}");
    // Every hop brings API servers before what is older than them by rule.
    for hop in way["hops"].as_array().unwrap() {
        let steps = hop["steps"].as_array().unwrap();
        let place =
            |app: &str| steps.iter().position(|step| step["applications"].as_array().unwrap().contains(&app.into()));
        assert!(place("kube-apiserver") < place("kube-controller-manager"), "{hop}");
        assert!(place("kube-scheduler") < place("kubelet"), "{hop}");
        assert_eq!(place("coredns"), Some(steps.len() - 1));
    }
}

#[test]
fn what_a_version_refuses_is_an_edit_before_its_hop() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.km"), OLD).unwrap();
    let way = json("old.km", "kubernetes=1.36", folder.path());
    let codes: Vec<Vec<_>> = way["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| {
            let edits = hop["edits"].as_array().unwrap().iter();
            let mut codes: Vec<_> = edits.map(|edit| edit["code"].as_str().unwrap().to_owned()).collect();
            codes.sort();
            codes
        })
        .collect();
    let none: Vec<String> = Vec::new();
    // What is wrong in one hop is reported once, before the first that has it.
    assert_eq!(codes, [none.clone(), vec!["flag-removed".to_owned(), "gate-removed".to_owned()], none], "{way:#}");
    let edit = &way["hops"][1]["edits"][0];
    assert_eq!(edit["place"].as_str().map(|place| place.starts_with("old.km:")), Some(true), "{edit}");
    let text = said(&kmodel(&["plan", "old.km", "--upgrade", "kubernetes=1.36"], folder.path()));
    assert!(text.contains("wrk-0 to wrk-8 (9), one after another"), "{text}");
    assert!(text.contains("wait until it is up again"), "{text}");
}

#[test]
fn rendering_records_versions_and_a_skipped_minor_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.km");
    let text = earlier("single.km", folder.path());
    fs::write(&file, &text).unwrap();
    let output = kmodel(&["render", "lab.km", "--out", "build"], folder.path());
    assert!(output.status.success(), "{}", said(&output));
    let lock = fs::read_to_string(folder.path().join("kmodel.lock")).unwrap();
    assert!(lock.contains("kube-apiserver = \"1.34.8\""), "{lock}");
    // Two minors in one edit.
    fs::write(&file, text.replace("1.34.8", "1.36.2")).unwrap();
    let output = kmodel(&["check", "lab.km"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("minor-skipped"), "{}", said(&output));
    assert!(said(&output).contains("1.34 → 1.35 → 1.36"), "{}", said(&output));
    let output = kmodel(&["render", "lab.km", "--out", "build"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    // The way is shown from what was rendered, whatever the model says by now.
    let way = json("lab.km", "kubernetes=1.36", folder.path());
    assert_eq!((way["from"].as_str(), way["hops"].as_array().map(Vec::len)), (Some("1.34.8"), Some(2)), "{way}");
    // One minor is taken, and going back is not.
    fs::write(&file, text.replace("1.34.8", "1.35.5")).unwrap();
    let output = kmodel(&["render", "lab.km", "--out", "build"], folder.path());
    assert!(output.status.success(), "{}", said(&output));
    fs::write(&file, &text).unwrap();
    let output = kmodel(&["check", "lab.km"], folder.path());
    assert!(said(&output).contains("version-downgrade"), "{}", said(&output));
}

#[test]
fn what_is_no_newer_version_is_refused() {
    for (to, words) in [
        ("kubernetes=1.34", "is not newer"),
        ("kubernetes=1.30", "unknown Kubernetes release 1.30"),
        ("kubernetes=1.99", "unknown Kubernetes release 1.36"),
        ("kubernetes=soon", "is not a version"),
        ("1.36", "expected `kubernetes=VERSION`"),
    ] {
        let output = kmodel(&["plan", "examples/ha.km", "--upgrade", to], root());
        assert_eq!(output.status.code(), Some(2), "{to}: {}", said(&output));
        let fits =
            said(&output).contains(words) || to.ends_with("99") && said(&output).contains("unknown Kubernetes release");
        assert!(fits, "{to}: {}", said(&output));
    }
}

#[test]
fn what_has_ended_by_a_date_is_told_with_what_stops() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("examples/single.km")).unwrap();
    fs::write(folder.path().join("lab.km"), &text).unwrap();
    let at = |date: &str| -> Value {
        let output = kmodel(&["plan", "lab.km", "--at", date, "--json"], folder.path());
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    // Long from now, whenever now is: what is not issued yet is taken as issued today.
    let far = at("2999-01-01");
    let names = |list: &Value| {
        list.as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(names(&far["certificates"]).contains(&"kube-apiserver/serving".to_owned()), "{far:#}");
    assert!(names(&far["authorities"]).contains(&"kubernetes-ca".to_owned()), "{far:#}");
    let serving =
        far["certificates"].as_array().unwrap().iter().find(|e| e["name"] == "kube-apiserver/serving").unwrap();
    assert!(
        serving["stops"].to_string().contains("no longer trusted by")
            && serving["stops"].to_string().contains("kubelet")
    );
    assert_eq!((&far["next"], serving["issued"].as_bool()), (&Value::Null, Some(false)));
    assert!(far["versions"].to_string().contains("1.36"), "{far:#}");
    // In the past nothing has ended, and the first render says when the next has to be.
    let past = at("2000-01-01");
    assert_eq!((past["certificates"].as_array().unwrap().len(), past["versions"].as_array().unwrap().len()), (0, 0));
    assert!(past["render_by"].is_string() && past["next"].is_array(), "{past:#}");
    assert!(kmodel(&["render", "lab.km", "--out", "build"], folder.path()).status.success());
    let issued = at("2999-01-01");
    assert_eq!(issued["certificates"][0]["issued"], true, "{issued:#}");
}

#[test]
fn without_a_rule_to_renew_there_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("examples/single.km")).unwrap();
    let plain: String =
        text.lines().filter(|line| !line.trim_start().starts_with("renew")).map(|line| format!("{line}\n")).collect();
    assert_ne!(text, plain);
    fs::write(folder.path().join("lab.km"), &plain).unwrap();
    let output = kmodel(&["check", "lab.km"], folder.path());
    assert!(output.status.success() && said(&output).contains("no-rotation"), "{}", said(&output));
    let output = kmodel(&["plan", "lab.km", "--at", "2999-01-01"], folder.path());
    assert!(said(&output).contains("set `renew = 30d`"), "{}", said(&output));
    // A certificate that is to be renewed earlier than it ends is issued anew by the next render, and only then.
    let render = |renew: &str| {
        fs::write(folder.path().join("lab.km"), text.replace("= 30d", renew)).unwrap();
        let output = kmodel(&["render", "lab.km", "--out", "build"], folder.path());
        assert!(output.status.success(), "{}", said(&output));
        fs::read_to_string(folder.path().join("build/pki/certificates.json")).unwrap()
    };
    let (first, second) = (render("= 30d"), render("= 30d"));
    assert_eq!(first, second);
    // At most a third of its life: a rule longer than that does not make every render another.
    assert_eq!(render("= 4000d"), first);
}

/// A minor that the tables cover in part: what is known of it is examined, and the rest is said.
#[test]
fn a_minor_that_is_known_in_part_is_planned() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("examples/ha.km")).unwrap().replace("1.36.2", "1.37.0");
    fs::write(folder.path().join("ha.km"), &text).unwrap();
    let output = kmodel(&["plan", "ha.km", "--json"], folder.path());
    let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = plan.to_string();
    assert!(text.contains("kube-apiserver 1.37.0") && text.contains("do not cover in full"), "{text}");
    let shown = said(&kmodel(&["plan", "ha.km"], folder.path()));
    assert!(
        shown.contains("3.7.1           belongs to Kubernetes 1.37") && !shown.contains("version-unsupported"),
        "{shown}"
    );
    assert!(shown.contains("kmodel pin") || shown.contains("unknown-release"), "{shown}");
}

/// A program of a minor of which little is known.
const NEXT: &str = "component n { unit kubelet.service { UNIT } }
cluster c { kubernetes = 1.38.0, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }
machines m { }
deploy n on m
";

/// Settings of 1.37 and 1.38, where a public source shows them.
#[test]
fn what_is_known_of_a_minor_is_examined() {
    let folder = tempfile::tempdir().unwrap();
    let model = |settings: &str| {
        let text = fs::read_to_string(root().join("examples/ha.km")).unwrap().replace("1.36.2", "1.37.0");
        fs::write(folder.path().join("ha.km"), format!("{text}\n{settings}\n")).unwrap();
        said(&kmodel(&["check", "ha.km", "--overlay", "x"], folder.path()))
    };
    let field =
        |name: &str| format!("overlay x {{ set kubelet.config.{name} = {{ \"net.core.somaxconn\" = \"1024\" }} }}");
    let known = model(&field("defaultPodSysctls"));
    assert!(!known.contains("defaultPodSysctls"), "{known}");
    let unknown = model(&field("defaultPodSysctl"));
    assert!(unknown.contains("unknown-config-field") && unknown.contains("defaultPodSysctls"), "{unknown}");
    let gone = model("overlay x { set kube-apiserver.feature-gates = { APIServerTracing = true } }");
    assert!(gone.contains("gate-removed") && gone.contains("1.37"), "{gone}");
    let gates = |gate: &str| format!("overlay x {{ set kube-apiserver.feature-gates = {{ {gate} }} }}");
    assert!(model(&gates("FromTheFuture = true")).contains("unknown-gate"), "all gates of 1.37 are known");
    let of_next = |gate: &str| {
        let unit = format!("exec = /usr/bin/kubelet, flags = kubelet {{ feature-gates = {{ {gate} }} }}");
        let text = NEXT.replace("UNIT", &unit);
        fs::write(folder.path().join("n.km"), text).unwrap();
        said(&kmodel(&["check", "n.km"], folder.path()))
    };
    let new = of_next("FromTheFuture = true");
    assert!(!new.contains("unknown-gate") && new.contains("version-unknown"), "{new}");
    let gone = of_next("KubeletTracing = true");
    assert!(gone.contains("gate-removed") && gone.contains("1.38"), "{gone}");
    let flags = model("overlay x { set kubelet.flags.machine-id-file = /etc/machine-id }");
    assert!(flags.contains("flag-removed") && flags.contains("machine-id-file"), "{flags}");
    assert_eq!(flags.matches("is not examined in full").count(), 1, "{flags}");
    let etcd = model("overlay x { set etcd.version = 3.7.1, set etcd.flags.experimental-memory-mlock = true }");
    assert!(etcd.contains("flag-removed") && etcd.contains("3.7"), "{etcd}");
}
