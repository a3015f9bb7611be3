//! Calls of a client that is a script.

use super::*;
use crate::apply::process::DRAIN;
use crate::apply::sample;

fn with<T>(script: &str, act: impl FnOnce(&Arc<Client>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    act(&sample::client(folder.path(), script))
}

fn inside(client: &Arc<Client>, words: &[&str]) -> Answer {
    let transport: &dyn Transport = client;
    transport.inside("cp-0", "true", words, b"").unwrap()
}

/// Fails with a message, twice; `$0` is a file in a folder of its own.
fn fails_twice(message: &str) -> String {
    format!(
        "echo >>\"$0.calls\"; [ \"$(wc -l <\"$0.calls\")\" -gt 2 ] && echo done && exit; echo '{message}' >&2; exit 1"
    )
}

#[test]
fn a_call_names_the_project_and_is_in_english() {
    with("echo \"$@ $LC_ALL\"; cat", |client| {
        assert_eq!(client.give("x", &["config", "show"], b"text").unwrap(), "--project lab config show C.UTF-8\ntext");
        assert_eq!(client.global("x", &["version"]).unwrap(), "version C.UTF-8\n");
        assert_eq!(client.project(), "lab");
        assert!(client.shown().ends_with("/lxc --project lab"), "{}", client.shown());
    });
}

#[test]
fn only_an_operation_of_a_busy_server_is_tried_again() {
    with(&fails_twice("Error: Instance is busy running a \"start\" operation"), |client| {
        assert_eq!(client.ask("start `cp-0`", &["start", "cp-0"]).unwrap(), "done\n");
    });
    with(&fails_twice("Error: Instance not found"), |client| {
        let error = client.ask("start `cp-0`", &["start", "cp-0"]).unwrap_err();
        assert_eq!(error.message, "cannot start `cp-0`: Instance not found");
    });
}

#[test]
fn the_answer_has_text_only_on_success() {
    let answer = |script: &str| with(script, |client| inside(client, &["a"]));
    let good = answer("echo out; echo usage >&2");
    assert_eq!((good.text().as_deref(), good.code), (Some("out\n"), Some(0)));
    let bad = answer("echo out; echo Error: wrong >&2; exit 3");
    assert_eq!((bad.text(), bad.reason(), bad.code), (None, "wrong", Some(3)));
}

#[test]
fn a_program_that_holds_the_output_open_is_not_waited_for() {
    let begin = Instant::now();
    with("sleep 60 & echo done", |client| assert_eq!(inside(client, &[]).code, Some(0)));
    assert!(begin.elapsed() < 3 * DRAIN, "{:?}", begin.elapsed());
}

#[test]
fn a_server_that_does_not_report_its_version_is_not_used() {
    let check = |script: &str| with(script, |client| client.check()).map_err(|error| error.message);
    assert_eq!(check("echo 'Server version: 5.21.3 LTS'"), Ok("5.21.3 LTS".to_owned()));
    let error = check("[ $1 = query ] || echo 'Server version: unreachable'").unwrap_err();
    assert!(error.ends_with("/lxc`: it does not report its version"), "{error}");
    let error = check("[ $1 = query ] && echo 'Error: no socket' >&2; exit 1").unwrap_err();
    assert!(error.ends_with("/lxc`: no socket"), "{error}");
}
