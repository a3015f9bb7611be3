//! Rules, alerts and load balancers by the programs that read them: promtool, amtool, nginx.

use std::fs;
use std::process::Command;

use crate::host::{Output, Tool, case, tool};

fn succeeds(mut command: Command) {
    let result = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&[result.stdout, result.stderr].concat()).into_owned();
    assert!(result.status.success() && !said.contains("[warn]"), "{command:?}: {said}");
}

fn check(program: &Tool, arguments: &[&str], output: &Output, (machine, path): (&str, &str)) {
    let mut command = program.command();
    command.args(arguments).arg(output.tree(machine).join(path));
    succeeds(command);
}

#[test]
fn prometheus_takes_its_configuration_and_rules() {
    let Some(promtool) = tool("promtool", "rules and alerts of Prometheus") else { return };
    let output = case("history");
    let file = |name| ("mon-0", name);
    check(&promtool, &["check", "config", "--syntax-only"], output, file("etc/prometheus/prometheus.yml"));
    check(&promtool, &["check", "rules"], output, file("etc/prometheus/rules/kmodel.yaml"));
    // Fields that a deployment gives.
    let given = case("debian-12");
    let text = given.on("wrk-0", "/etc/prometheus/prometheus.yml").expect("it runs Prometheus");
    assert!(text.contains("scrape_timeout: 8s") && text.contains("cluster: packaged"), "{text}");
    check(&promtool, &["check", "config", "--syntax-only"], given, ("wrk-0", "etc/prometheus/prometheus.yml"));
}

/// Each alert is raised by what it is for, and by nothing else.
#[test]
fn alerts_mean_something() {
    let Some(promtool) = tool("promtool", "rules and alerts of Prometheus") else { return };
    let folder = tempfile::tempdir().expect("there is room for small files");
    let rules = case("history").tree("mon-0").join("etc/prometheus/rules/kmodel.yaml");
    fs::copy(rules, folder.path().join("kmodel.yaml")).expect("the rules are there");
    let tests = folder.path().join("tests.yaml");
    fs::write(&tests, include_str!("host/alerts.yaml")).expect("there is room");
    let mut command = promtool.command();
    command.args(["test", "rules"]).arg(tests);
    succeeds(command);
}

#[test]
fn alertmanager_takes_its_configuration() {
    let Some(amtool) = tool("amtool", "the configuration of Alertmanager") else { return };
    check(&amtool, &["check-config"], case("history"), ("mon-0", "etc/prometheus/alertmanager.yml"));
}

#[test]
fn nginx_takes_its_configuration() {
    let Some(nginx) = tool("nginx", "nginx as a load balancer") else { return };
    let modules = std::path::Path::new("/etc/nginx/modules-enabled/50-mod-stream.conf");
    if !modules.exists() {
        eprintln!("skipped: nginx has no module for streams");
        return;
    }
    let output = case("nginx");
    check(&nginx, &["-t", "-q", "-c"], output, ("lb-0", "etc/nginx/nginx.conf"));
    let path = output.tree("lb-0").join("etc/nginx/nginx.conf");
    let text = fs::read_to_string(path).expect("it is there");
    assert_eq!(text.matches(":6443 max_fails=1").count(), 3, "both versions are behind it:\n{text}");
}
