//! Problems for other programs: SARIF against the schema of the standard, and what GitHub makes of annotations.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::tool;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sarif(file: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    let output = command.args(["check", file, "--message-format", "sarif"]).current_dir(root()).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

/// Every fixture that has problems, of every phase.
fn fixtures() -> Vec<String> {
    let mut list = vec!["examples/ha.km".to_owned()];
    for folder in ["snapshots/cli", "tests/cases/check", "tests/cases/model"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        list.extend(names.filter(|name| name.ends_with(".km")).map(|name| format!("{folder}/{name}")));
    }
    list.sort();
    list
}

/// Reads logs, one a line, and says which do not follow the schema.
const VALIDATOR: &str = "
import json, sys
from sarif_kit.validate import validation_errors
for number, line in enumerate(sys.stdin):
    for error in validation_errors(json.loads(line)):
        print(number, error)
";

#[test]
fn sarif_follows_the_schema_of_the_standard() {
    let fixtures = fixtures();
    let logs: Vec<Value> = fixtures.iter().map(|file| serde_json::from_str(&sarif(file)).unwrap()).collect();
    logs.iter().for_each(follows_what_the_schema_cannot_say);
    let python = root().join("target/test-venv/bin/python");
    if tool::find("sarif-kit").is_none() || !python.is_file() {
        return tool::skip("sarif-kit is not installed", "SARIF against its schema");
    }
    let mut child =
        Command::new(python).args(["-c", VALIDATOR]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text: String = logs.iter().map(|log| format!("{log}\n")).collect();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the validator ran");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{fixtures:#?}");
}

/// Rules exist, regions are in order, and places are relative to the folder or to the standard library.
fn follows_what_the_schema_cannot_say(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        for location in result["locations"].as_array().unwrap() {
            let place = &location["physicalLocation"];
            let number = |field: &str| place["region"][field].as_u64().unwrap();
            assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")));
            assert!(place["artifactLocation"]["uri"].as_str().is_some_and(|uri| !uri.starts_with("--")));
        }
        for fix in result.get("fixes").and_then(Value::as_array).into_iter().flatten() {
            assert!(!fix["artifactChanges"].as_array().unwrap().is_empty());
        }
    }
}

#[test]
fn a_model_without_problems_is_a_log_without_results() {
    let log: Value = serde_json::from_str(&sarif("examples/ha.km")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(0));
}
