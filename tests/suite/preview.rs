//! What `render --dry-run` says would change is what a render changes, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::{kmodel, root};

fn run(words: &[&str]) -> Output {
    kmodel(words.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// All files of an output but its manifest, which lists the others.
fn tree(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), all) } else { all.push(entry.path()) }
        }
    }
    let mut all = Vec::new();
    walk(folder, &mut all);
    let of = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        (name, (fs::metadata(&path).unwrap().permissions().mode(), fs::read(&path).unwrap()))
    };
    all.into_iter().map(of).filter(|(name, _)| name != "manifest.json").collect()
}

/// The changes that are announced, by path in the output.
fn announced(preview: &Value) -> BTreeSet<(String, String)> {
    let change = |file: &Value| file["change"].as_str().unwrap().to_owned();
    let machines = preview["machines"].as_array().unwrap().iter().flat_map(|machine| {
        machine["files"].as_array().unwrap().iter().map(move |file| {
            let path = file["path"].as_str().unwrap();
            let inside = if path.starts_with('/') { format!("root{path}") } else { path.to_owned() };
            (format!("machines/{}/{inside}", machine["name"].as_str().unwrap()), change(file))
        })
    });
    let shared = preview["shared"].as_array().unwrap().iter();
    machines.chain(shared.map(|file| (file["path"].as_str().unwrap().to_owned(), change(file)))).collect()
}

/// The changes that were made.
fn made(
    before: &BTreeMap<String, (u32, Vec<u8>)>,
    after: &BTreeMap<String, (u32, Vec<u8>)>,
) -> BTreeSet<(String, String)> {
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let change = |path: &String| match (before.get(path), after.get(path)) {
        (None, _) => Some("new"),
        (_, None) => Some("gone"),
        (Some((_, old)), Some((_, new))) if old != new => Some("changed"),
        (old, new) => (old != new).then_some("mode"),
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), change(path)?.to_owned()))).collect()
}

#[test]
fn what_is_announced_is_what_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (model, build) = (folder.path().join("ha.km"), folder.path().join("build"));
    let first = fs::read_to_string(root().join("examples/ha.km")).unwrap();
    let (file, out) = (model.to_str().unwrap(), build.to_str().unwrap());
    let versions = [
        first.clone(),
        first.replace("machines wrk[3]", "machines wrk[4]"),
        first.replace(
            "deploy haproxy, keepalived on lb",
            "deploy haproxy on lb { connections = 3000 }\ndeploy keepalived on lb",
        ),
        first.replace("machines wrk[3]", "machines wrk[2]"),
    ];
    for target in ["lxd", "nocloud"] {
        for text in &versions {
            fs::write(&model, text).unwrap();
            let before = tree(&build);
            let words = ["render", file, "--target", target, "--out", out, "--change", "all"];
            let dry = run(&[&words[..], &["--dry-run", "--json", "--exit-code"]].concat());
            assert_eq!(tree(&build), before, "nothing is written");
            let preview: Value = serde_json::from_slice(&dry.stdout).unwrap_or_else(|_| panic!("{}", said(&dry)));
            let rendered = run(&words);
            assert!(rendered.status.success(), "{}", said(&rendered));
            let made = made(&before, &tree(&build));
            let announced: BTreeSet<_> = announced(&preview);
            // What is issued in memory is not what is issued then, but it is for the same files.
            assert_eq!(announced, made, "{target}");
            assert_eq!(dry.status.code(), Some(if made.is_empty() { 0 } else { 4 }), "{}", said(&dry));
        }
    }
}

#[test]
fn units_that_read_what_changes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (model, build) = (folder.path().join("ha.km"), folder.path().join("build"));
    let first = fs::read_to_string(root().join("examples/ha.km")).unwrap();
    let (file, out) = (model.to_str().unwrap(), build.to_str().unwrap());
    fs::write(&model, &first).unwrap();
    let words = ["render", file, "--target", "lxd", "--out", out];
    assert!(run(&words).status.success());
    let changed = first.replace(
        "deploy haproxy, keepalived on lb",
        "deploy haproxy on lb { connections = 3000 }\ndeploy keepalived on lb",
    );
    fs::write(&model, changed).unwrap();
    let text = said(&run(&[&words[..], &["--dry-run"]].concat()));
    assert!(text.contains("~ lb-0, lb-1:") && text.contains("restarts haproxy.service\n"), "{text}");
    assert!(!text.contains("cp-0"), "{text}");
    let text = said(&run(&[&words[..], &["--dry-run", "--diff"]].concat()));
    assert!(text.contains("-    maxconn") || text.contains("-  maxconn") || text.contains("maxconn 3000"), "{text}");
    assert!(!text.contains("PRIVATE KEY"), "{text}");
    // A file that was changed by hand is made again, and it is said.
    fs::write(&model, &first).unwrap();
    let edited = build.join("machines/lb-0/root/etc/haproxy/haproxy.cfg");
    fs::write(&edited, "other").unwrap();
    let text = said(&run(&[&words[..], &["--dry-run", "--diff"]].concat()));
    assert!(text.contains("changed by another program"), "{text}");
    assert!(!text.contains("other\n"), "{text}");
    fs::remove_file(&edited).unwrap();
    let text = said(&run(&[&words[..], &["--dry-run"]].concat()));
    assert!(text.contains("+ /etc/haproxy/haproxy.cfg (it was removed"), "{text}");
    // What kmodel did not write stops a dry run as it stops a render.
    fs::write(build.join("notes.txt"), "mine").unwrap();
    let text = said(&run(&[&words[..], &["--dry-run"]].concat()));
    assert!(text.contains("notes.txt"), "{text}");
}
