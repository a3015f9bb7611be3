//! `kmodel check --if`: what is assumed, and what is said of it.

use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(["check"]).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("COLUMNS", "120").env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
    command.output().expect("kmodel runs")
}

/// What `--json` prints, and the exit code.
fn json(arguments: &[&str]) -> (Value, i32) {
    let output = run(&[arguments, &["--json"]].concat());
    let value = serde_json::from_slice(&output.stdout);
    let value = value.unwrap_or_else(|error| panic!("{error}: {}", crate::support::tool::said(&output)));
    (value, output.status.code().expect("it ends by itself"))
}

fn state<'a>(value: &'a Value, application: &str) -> &'a str {
    let list = value["outage"]["applications"].as_array().expect("a list");
    let one = list.iter().find(|one| one["application"] == application).expect("the application");
    one["state"].as_str().expect("a state")
}

#[test]
fn a_machine_less_is_survived_and_two_are_not() {
    // Two words as they are typed, and one in quotes.
    let (one, code) = json(&["--if", "machine=cp-1", "down", "examples/ha.km"]);
    assert_eq!((code, &one["holds"]), (0, &Value::Bool(true)));
    assert_eq!(["etcd", "kube-apiserver", "kubelet"].map(|app| state(&one, app)), ["weaker", "works", "works"]);
    let (two, code) = json(&["examples/ha.km", "--if", "machine=cp-0 down", "--if", "machine=cp-1 down"]);
    assert_eq!((code, &two["holds"]), (1, &Value::Bool(false)));
    // Without a majority etcd takes no writes, so nobody who needs the API works, however many live.
    let broken = ["etcd", "kube-apiserver", "haproxy", "kubelet", "admin"];
    assert_eq!(broken.map(|app| state(&two, app)), ["broken"; 5]);
    assert_eq!(state(&two, "flannel"), "works");
    let (listed, _) = json(&["examples/ha.km", "--if", "machine=cp-0,cp-1 down"]);
    assert_eq!(listed["outage"], two["outage"]);
}

#[test]
fn the_way_in_is_lost_with_its_machines() {
    let (value, code) = json(&["examples/ha.km", "--if", "group=lb down"]);
    assert_eq!(code, 1);
    assert_eq!(["kube-apiserver", "haproxy", "kubelet"].map(|app| state(&value, app)), ["works", "broken", "broken"]);
    let (value, code) = json(&["examples/ha.km", "--if", "machine=lb-0 down"]);
    assert_eq!((code, state(&value, "haproxy")), (0, "weaker"));
}

#[test]
fn a_zone_takes_its_machines() {
    let (value, code) = json(&["examples/zones.km", "--if=zone=east", "down"]);
    assert_eq!((code, state(&value, "etcd")), (0, "weaker"));
    let down = value["outage"]["down"].as_array().expect("a list");
    assert!(down.len() > 1, "{down:?}");
}

#[test]
fn other_values_are_planned() {
    let (value, code) = json(&["examples/ha.km", "--if", "wrk=5"]);
    assert_eq!((code, &value["changes"][0]["to"]), (0, &Value::from("10")));
    let (value, code) = json(&["examples/ha.km", "--if", "wrk=500"]);
    assert_eq!((code, &value["problems"][0]["code"]), (1, &Value::from("range-too-small")));
    let folder = tempfile::tempdir().expect("a folder");
    let older = folder.path().join("older.km");
    let text = std::fs::read_to_string(crate::support::root().join("examples/ha.km")).expect("the example");
    std::fs::write(&older, text.replace("1.36.2", "1.34.8")).expect("written");
    let (value, _) = json(&[older.to_str().expect("text"), "--if", "kubernetes=1.36"]);
    let to = value["changes"][0]["to"].as_str().expect("a version");
    assert!(to.starts_with("1.36.") && to != "1.36.0", "the newest release of the minor, not {to}");
    let (value, code) = json(&["examples/ha.km", "--if", "etcd.quota=900GiB", "--if", "machine=wrk-0 down"]);
    assert_eq!((code, &value["problems"][0]["code"]), (1, &Value::from("machine-too-small")));
    assert_eq!(value["outage"]["groups"][2]["alive"], 2);
}

#[test]
fn what_is_not_there_is_said() {
    for (words, message) in [
        ("machine=cp-9 down", "did you mean `cp-0`?"),
        ("machine=cp down", "`group=cp down`"),
        ("zone=a down", "no machine of the model has a zone"),
        ("wkr=5", "did you mean `wrk`?"),
        ("wrk.memori=1GiB", "did you mean `memory`?"),
        ("machine=cp-1", "`machine=cp-1 down`"),
        ("node=cp-1 down", "`machine=cp-1 down`"),
        ("wrk=", "`GROUP=COUNT`"),
        ("wrk=)", "`)` is not a valid value"),
    ] {
        let output = run(&["examples/ha.km", "--if", words]);
        let said = crate::support::tool::said(&output);
        assert!(output.status.code() == Some(2) && said.contains(message), "--if {words}: {said}");
    }
}

#[test]
fn a_value_of_another_type_is_one_problem() {
    for value in ["wrk=abc", "wrk=4GiB", "wrk=-1", "kubernetes=new"] {
        let (found, code) = json(&["examples/ha.km", "--if", value]);
        let problems = found["problems"].as_array().expect("a list");
        assert_eq!((code, problems.len()), (1, 1), "{value}: {problems:?}");
    }
}

#[test]
fn text_says_what_breaks_first() {
    let output = run(&["examples/ha.km", "--if", "group=lb down"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
    assert!(at("If group=lb down") < at("Machines (2 down)") && at("Machines") < at("Breaks (5)"), "{text}");
    assert!(
        at("Breaks (5)") < at("Works (9)") && at("Works") < at("broken: 5 applications no longer working"),
        "{text}"
    );
}
