//! The script that drains a node, with a stand-in for kubectl that writes down what is changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::tool::{succeed, write};

/// Answers what is asked of nodes from its environment, and writes down everything else.
const KUBECTL: &str = r#"#!/bin/sh
case "$*" in
  "get node wrk-0 --ignore-not-found --output=name") echo "$NODE" ;;
  *kubeletVersion*) echo "$VERSION" ;;
  *Ready*) echo "$READY" ;;
  *annotations*) echo "$MARK" ;;
  *spec.unschedulable}*) echo "$CORDONED" ;;
  "get nodes --field-selector=spec.unschedulable=false --no-headers") printf "wrk-0 $OTHER\n" ;;
  *) echo "$1" >>"$CALLS" ;;
esac
"#;

/// A ready node of 1.35 beside another one.
const NODE: [(&str, &str); 6] = [
    ("NODE", "node/wrk-0"),
    ("VERSION", "v1.35.5"),
    ("READY", "True"),
    ("MARK", ""),
    ("CORDONED", ""),
    ("OTHER", "Ready\\nwrk-1 Ready"),
];

/// What is changed, in order.
fn calls(folder: &Path, words: &[&str], other: &[(&str, &str)]) -> String {
    let script = fs::read_to_string("stdlib/addons/drain.sh").unwrap();
    let path = format!("PATH={}:/usr/bin:/bin", folder.display());
    write(&folder.join("drain"), script.replace("PATH=/usr/local/bin:/usr/bin:/bin", &path).as_bytes(), 0o755);
    write(&folder.join("kubectl"), KUBECTL.as_bytes(), 0o755);
    let record = folder.join("calls");
    let _ = fs::remove_file(&record);
    let mut drain = Command::new("sh");
    drain.arg(folder.join("drain")).args(words).envs(NODE).envs(other.iter().copied()).env("CALLS", &record);
    succeed(&mut drain);
    fs::read_to_string(&record).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_node_is_drained_where_that_is_needed_and_helps() {
    let folder = tempfile::tempdir().unwrap();
    let upgrade = ["away", "wrk-0", "upgrade", "1.36.2"];
    let patch = ["away", "wrk-0", "upgrade", "1.35.6"];
    let restart = ["away", "wrk-0", "restart", "1.35.5"];
    for (words, other, expected) in [
        (&upgrade[..], ("MARK", ""), "annotate cordon drain"),
        (&restart, ("MARK", ""), "annotate cordon drain"),
        (&patch, ("MARK", ""), ""),
        (&upgrade, ("CORDONED", "true"), "drain"),
        (&upgrade, ("NODE", ""), ""),
        (&upgrade, ("READY", "Unknown"), ""),
        (&upgrade, ("OTHER", "Ready"), ""),
        (&upgrade, ("OTHER", "Ready\\nwrk-1 NotReady"), ""),
        (&["back", "wrk-0"], ("MARK", "upgrade"), "uncordon annotate"),
        (&["back", "wrk-0"], ("MARK", ""), ""),
    ] {
        assert_eq!(calls(folder.path(), words, &[other]), expected, "{words:?} with {other:?}");
    }
}
