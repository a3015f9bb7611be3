//! `kmodel tables update`: tables of a new minor, made of what a double prints, of sources, and of what real etcd prints; and `--tables`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kmodel::facts::flag::{self, FlagKind};
use kmodel::facts::lifespan::{Status, parse};
use serde_json::Value;

use crate::support::tool::{said, write};

const MODEL: &str = "interface api { scheme = \"http\" }
component node {
  unit kubelet.service { exec = /usr/bin/kubelet, flags = kubelet { FLAG } }
}
cluster lab { kubernetes = 1.38.4, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }
machines m { }
deploy node on m
";

fn kmodel(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(folder).env("COLUMNS", "160").env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
    command.output().expect("kmodel runs")
}

/// The help that a kubelet of the table would print, without two flags and with a new one.
fn help() -> String {
    let version = parse("1.38").expect("a version");
    let mut text = "The kubelet.\n\nFlags:\n".to_owned();
    for (name, flag) in &flag::table("kubelet").expect("a table").flags {
        let status = flag.life.status(version);
        let is_shown = matches!(status, Status::Known | Status::Deprecated) && !flag.hidden;
        if !is_shown || ["max-pods", "root-dir", "feature-gates"].contains(&name.as_str()) {
            continue;
        }
        let kind = match flag.kind {
            FlagKind::Bool => "",
            FlagKind::Int => "int32",
            FlagKind::Float => "float",
            FlagKind::String => "string",
            FlagKind::StringList => "strings",
            FlagKind::Map => "mapStringString",
            FlagKind::Duration => "duration",
            FlagKind::Ip => "ip",
            FlagKind::PortRange => "portRange",
        };
        let note = if status == Status::Deprecated { "(DEPRECATED: it goes)" } else { "" };
        writeln!(text, "      --{name} {kind}   A text. {note}").expect("a text grows");
    }
    text + "      --brand-new duration   Something new.\n      --feature-gates mapStringBool   (DEPRECATED: it goes) Options are:\n        \
            kube:APIResponseCompression=true|false (BETA - default=false)\n        kube:BrandNewGate=true|false (ALPHA - default=false)\n"
}

/// A program that prints the help, its version, and refuses one flag.
fn double(folder: &Path) {
    let script = "#!/bin/sh\ncase \"$*\" in\n--version) echo 'Kubernetes v1.38.2' ;;\n*--max-pods=*) echo 'Error: unknown flag: --max-pods' >&2; exit 1 ;;\n\
                  *--help*) cat \"$0.help\" ;;\n*) touch \"$0.started\" ;;\nesac\n";
    write(&folder.join("bin/kubelet"), script.as_bytes(), 0o755);
    write(&folder.join("bin/kubelet.help"), help().as_bytes(), 0o644);
}

fn changes<'a>(updates: &'a Value, table: &str) -> Vec<(&'a str, &'a str)> {
    let update = updates.as_array().and_then(|list| list.iter().find(|one| one["table"] == table)).expect("the table");
    let list = update["changes"].as_array().expect("a list");
    list.iter().map(|one| (one["name"].as_str().expect("text"), one["kind"].as_str().expect("text"))).collect()
}

#[test]
fn a_program_gives_the_table_of_its_minor() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    double(at);
    let output = kmodel(&["tables", "update", "--from", "bin", "--out", "made", "--json"], at);
    assert!(output.status.success(), "{}", said(&output));
    let updates: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let flags = changes(&updates, "flags/kubelet.toml");
    assert_eq!(flags, [("brand-new", "added"), ("max-pods", "removed"), ("root-dir", "unclear")]);
    let gates = changes(&updates, "gates/kubernetes.toml");
    assert!(
        gates.contains(&("BrandNewGate", "added")) && gates.contains(&("APIResponseCompression", "changed")),
        "{gates:?}"
    );
    assert!(!at.join("bin/kubelet.started").exists(), "the program was only asked");

    let check = |flag: &str, tables: bool| {
        fs::write(at.join("m.km"), MODEL.replace("FLAG", flag)).expect("written");
        let arguments: &[&str] = if tables { &["check", "m.km", "--tables", "made"] } else { &["check", "m.km"] };
        said(&kmodel(arguments, at))
    };
    let unlisted = check("brand-new = 1s", false);
    assert!(
        unlisted.contains("version-unknown")
            && unlisted.contains("`--brand-new`")
            && !unlisted.contains("unknown-flag"),
        "{unlisted}"
    );
    let new = check("brand-new = 1s", true);
    assert!(!new.contains("unknown-flag") && !new.contains("version-unknown"), "{new}");
    assert!(check("brand-new = true", true).contains("type-mismatch"));
    assert!(check("max-pods = 5", true).contains("flag-removed"));
    assert!(check("max-pods = 5", false).contains("version-unknown"));
    assert!(check("feature-gates = { BrandNewGate = true }", true).contains("flag-deprecated"));

    // What was made can be compared and made again.
    let again = said(&kmodel(&["tables", "update", "--from", "bin", "--tables", "made"], at));
    assert!(again.contains("flags/kubelet.toml 1.38: left as it is, since it covers 1.38 already"), "{again}");
    let list = said(&kmodel(&["tables", "list", "--tables", "made"], at));
    assert!(list.lines().any(|line| line.starts_with("kubelet ") && line.contains("1.24 to 1.38")), "{list}");
}

const TYPES: &str = "package v1beta1

type TypeMeta struct {
\tKind string `json:\"kind\"`
}

type KubeletConfiguration struct {
\tmetav1.TypeMeta `json:\",inline\"`
\tKey []byte `json:\"key\"`
\t// A comment.
\tBrandNew *metav1.Duration `json:\"brandNew,omitempty\"`
\tNested []*Nested `json:\"nested\"`
\tHidden string `json:\"-\"`
\tElsewhere other.Type `json:\"elsewhere\"`
}

type Nested struct {
\tCount map[string]int32 `json:\"count,omitempty\"`
}
";

const GATES: &str = "package features

const (
\tBrandNewGate featuregate.Feature = \"BrandNewGate\"
\tEarlier featuregate.Feature = \"APIResponseCompression\"
\tSystemdWatchdog = featuregate.Feature(\"SystemdWatchdog\")
\tReloadKubeletClientCAFile = \"ReloadKubeletClientCAFile\"
\tContextualLogging featuregate.Feature = \"ContextualLogging\"
)

var defaults = map[featuregate.Feature]featuregate.VersionedSpecs{
\tgenericfeatures.Earlier: {
\t\t{Version: version.MustParse(\"1.8\"), Default: false, PreRelease: featuregate.Alpha},
\t\t{Version: version.MustParse(\"1.16\"), Default: true, PreRelease: featuregate.Beta},
\t\t{Version: version.MustParse(\"1.38\"), Default: true, PreRelease: featuregate.GA, LockToDefault: true}, // remove in 1.41
\t},

\tBrandNewGate: {
\t\t{Version: version.MustParse(\"1.38\"), Default: false, PreRelease: featuregate.Alpha},
\t},
\tSystemdWatchdog: {
\t\t{Version: version.MustParse(\"1.32\"), Default: true, PreRelease: featuregate.Beta},
\t\t{Version: version.MustParse(\"1.35\"), Default: true, PreRelease: featuregate.GA, LockToDefault: true},
\t},
\tReloadKubeletClientCAFile: {
\t\t{Version: version.MustParse(\"1.36\"), Default: true, PreRelease: featuregate.Beta},
\t},
\tContextualLogging: {Default: contextualLoggingDefault, PreRelease: featuregate.Beta},
}
";

/// Two objects of a version: one with a field more, and a kind that is new.
const OPENAPI: &str = r##"{ "definitions": {
  "io.k8s.api.core.v1.Pod": { "properties": { "apiVersion": { "type": "string" }, "metadata": { "$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
    "spec": { "$ref": "#/definitions/io.k8s.api.core.v1.PodSpec" } },
    "x-kubernetes-group-version-kind": [{ "group": "", "version": "v1", "kind": "Pod" }] },
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": { "properties": { "name": { "type": "string" } } },
  "io.k8s.api.core.v1.PodSpec": { "properties": { "nodeName": { "type": "string" }, "brandNew": { "type": "boolean" } } },
  "io.k8s.api.example.v1.Widget": { "properties": { "metadata": { "$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" } },
    "x-kubernetes-group-version-kind": [{ "group": "example.k8s.io", "version": "v1", "kind": "Widget" }] }
} }"##;

#[test]
fn sources_give_gates_and_fields() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(&at.join("src/config/v1beta1/types.go"), TYPES.as_bytes(), 0o644);
    write(&at.join("src/pkg/features/kube_features.go"), GATES.as_bytes(), 0o644);
    write(&at.join("src/api/openapi-spec/swagger.json"), OPENAPI.as_bytes(), 0o644);
    std::os::unix::fs::symlink("..", at.join("src/pkg/round")).expect("a link");
    let refused = kmodel(&["tables", "update", "--from", "src"], at);
    assert!(refused.status.code() == Some(2) && said(&refused).contains("--minor"), "{}", said(&refused));
    let output = kmodel(&["tables", "update", "--from", "src", "--minor", "1.38", "--out", "made", "--json"], at);
    assert!(output.status.success(), "{}", said(&output));
    let updates: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let fields = changes(&updates, "config/kubelet.toml");
    for (name, kind) in [
        ("brandNew", "added"),
        ("nested", "added"),
        ("nested[].count", "added"),
        ("maxPods", "removed"),
        ("elsewhere", "unclear"),
    ] {
        assert!(fields.contains(&(name, kind)), "{name}: {fields:?}");
    }
    assert!(!fields.iter().any(|(name, _)| *name == "kind"), "every object has it: {fields:?}");
    let objects = changes(&updates, "objects.toml");
    for name in ["core.v1.PodSpec.brandNew", "example.k8s.io/v1 Widget", "example.v1.Widget"] {
        assert!(objects.contains(&(name, "added")), "{name}: {objects:?}");
    }
    let gates = changes(&updates, "gates/kubernetes.toml");
    assert!(
        gates.contains(&("APIResponseCompression", "changed")) && gates.contains(&("LoggingBetaOptions", "removed")),
        "{gates:?}"
    );
    for name in ["SystemdWatchdog", "ReloadKubeletClientCAFile", "ContextualLogging"] {
        assert!(!gates.iter().any(|(gate, _)| *gate == name), "{name} is as it was, or not decided: {gates:?}");
    }
    let made = fs::read_to_string(at.join("made/config/kubelet.toml")).expect("a table");
    let made: toml::Table = toml::from_str(&made).expect("TOML");
    assert_eq!(made["field"]["brandNew"]["type"].as_str(), Some("duration"));
    assert_eq!(made["field"]["nested[].count"]["type"].as_str(), Some("map<int32>"));
    assert_eq!(made["field"]["key"]["type"].as_str(), Some("string"), "it is base64");
    assert_eq!(made["known_through"].as_str(), Some("1.37"), "a type was not found, so it is not covered");
    let model = "cluster c { kubernetes = 1.38.0, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }\n\
        component x { file /etc/kubernetes/manifests/p.yaml { format = \"yaml\", content = { apiVersion = \"v1\", kind = \"Pod\", \
        metadata = { name = \"p\" }, spec = { brandNew = true, brandOld = true, containers = [] } } } }\n\
        machines m { }\ndeploy x on m\ntarget lxd { image = \"debian/13\" }\n";
    write(&at.join("m.km"), model.as_bytes(), 0o644);
    let told = said(&kmodel(&["check", "m.km", "--tables", "made"], at));
    assert!(told.contains("brandOld") && !told.contains("field `brandNew`"), "{told}");
}

#[test]
fn a_table_that_would_break_others_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("m.km"), MODEL.replace("FLAG", "v = 2")).expect("written");
    let own = kmodel::stdlib::read(Path::new("tables/flags/kubelet.toml")).expect("a table");
    let cases = [
        ("flags/kubelet.toml", "x = ".to_owned(), "not a valid table"),
        ("flags/kubelet.toml", own.replace("[flag.max-pods]", "[flag.max-pod]"), "`max-pods`"),
        ("flags/kubelet.toml", own.replace("program = \"kubelet\"", "program = \"other\""), "`program`"),
        ("flags/kubelet.toml", own.replace("known_through = \"1.36\"", "known_through = \"x\""), "not a version"),
        ("flags/other.toml", own.to_owned(), "not a table of kmodel"),
    ];
    for (index, (name, text, why)) in cases.into_iter().enumerate() {
        let tables = format!("t{index}");
        write(&at.join(&tables).join(name), text.as_bytes(), 0o644);
        let output = kmodel(&["check", "m.km", "--tables", &tables], at);
        assert!(output.status.code() == Some(2) && said(&output).contains(why), "{name}: {}", said(&output));
    }
    let none = kmodel(&["check", "m.km", "--tables", "."], at);
    assert!(none.status.code() == Some(2) && said(&none).contains("no tables"), "{}", said(&none));
}

/// Real etcd is older than the table, and its flags are compared as if they were those of a new minor.
#[test]
fn real_etcd_is_read() {
    let etcd = Path::new("/usr/bin/etcd");
    if !etcd.exists() {
        eprintln!("skipped: etcd is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let own = said(&kmodel(&["tables", "update", "--from", "/usr/bin/etcd"], folder.path()));
    assert!(own.contains("flags/etcd.toml 3.") && own.contains("left as it is"), "{own}");
    let output = kmodel(&["tables", "update", "--from", "/usr/bin/etcd", "--minor", "3.9", "--json"], folder.path());
    let updates: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let changes = changes(&updates, "flags/etcd.toml");
    // 3.4 and 3.5 have no `--feature-gates`, and refuse it when asked.
    assert!(changes.contains(&("feature-gates", "removed")), "{changes:?}");
    assert!(!changes.iter().any(|(name, _)| ["name", "data-dir", "listen-peer-urls"].contains(name)), "{changes:?}");
}

/// A source file with the gates that the table has in a minor.
fn gates_of(minor: i64) -> String {
    let text = kmodel::stdlib::read(Path::new("tables/gates/kubernetes.toml")).expect("a table");
    let table: toml::Table = toml::from_str(text).expect("TOML");
    let number = |text: &str| text.rsplit('.').next().and_then(|minor| minor.parse::<i64>().ok()).expect("a minor");
    let at = |row: &toml::Value, key: &str| row.get(key).and_then(toml::Value::as_str).map(number);
    let (mut names, mut specs) = (String::new(), String::new());
    for (name, row) in table["gate"].as_table().expect("gates") {
        if at(row, "removed_in").is_some_and(|removed| minor >= removed)
            || at(row, "since").is_some_and(|since| minor < since)
        {
            continue;
        }
        writeln!(names, "\t{name} featuregate.Feature = \"{name}\"").expect("a text grows");
        writeln!(specs, "\t{name}: {{").expect("a text grows");
        let eras = row["history"].as_array().expect("eras").iter();
        for era in eras.filter(|era| number(era[0].as_str().expect("a minor")) <= minor) {
            let stage = match era[1].as_str().expect("a stage") {
                "ga" => "GA".to_owned(),
                stage => stage[..1].to_uppercase() + &stage[1..],
            };
            let lock = if era.get(3).is_some() { ", LockToDefault: true" } else { "" };
            let (from, on) = (era[0].as_str().expect("a minor"), era[2].as_bool().expect("a default"));
            writeln!(
                specs,
                "\t\t{{Version: version.MustParse(\"{from}\"), Default: {on}, PreRelease: featuregate.{stage}{lock}}},"
            )
            .expect("a text grows");
        }
        specs += "\t},\n";
    }
    format!(
        "package features\n\nconst (\n{names})\n\nvar d = map[featuregate.Feature]featuregate.VersionedSpecs{{\n{specs}}}\n"
    )
}

/// Sources of a minor that a table covers are compared with it, and nothing is written.
#[test]
fn a_table_is_compared_with_sources_of_its_minors() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let arguments = |minor: &'static str| ["tables", "update", "--check", "--from", "src", "--minor", minor];
    for (number, minor) in [(31, "1.31"), (34, "1.34"), (36, "1.36"), (37, "1.37")] {
        write(&at.join("src/pkg/features/kube_features.go"), gates_of(number).as_bytes(), 0o644);
        let same = kmodel(&arguments(minor), at);
        assert!(same.status.success() && said(&same).contains("nothing is new"), "{minor}: {}", said(&same));
    }
    let changed = gates_of(36)
        .replacen("\tAPIResponseCompression: {", "\tBrandNewGate: {", 1)
        .replacen("\"APIResponseCompression\"", "\"BrandNewGate\"", 1)
        .replacen("\tAPIResponseCompression featuregate", "\tBrandNewGate featuregate", 1);
    write(&at.join("src/pkg/features/kube_features.go"), changed.as_bytes(), 0o644);
    let other = kmodel(&arguments("1.36"), at);
    let told = said(&other);
    assert!(
        other.status.code() == Some(1) && told.contains("BrandNewGate") && told.contains("APIResponseCompression"),
        "{told}"
    );
    let kept = said(&kmodel(&["tables", "update", "--from", "src", "--minor", "1.36"], at));
    assert!(kept.contains("no program and no source") || kept.contains("covers"), "{kept}");
    let both = kmodel(&["tables", "update", "--check", "--from", "src", "--out", "made"], at);
    assert!(both.status.code() == Some(2) && !at.join("made").exists(), "{}", said(&both));
}
