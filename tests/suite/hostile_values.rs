//! No value of an option becomes a command, another line or another key of a file.

use serde_json::Value as Tree;

use crate::safety::Site;
use crate::support::hostile::{Files, Group, has_place};

#[test]
fn no_text_in_an_option_of_the_library_changes_the_form_of_a_file() {
    let mut told = Vec::new();
    for group in Group::all() {
        let harmless = group.files(None).unwrap_or_else(|why| panic!("{why:#?}"));
        let mut taken = 0;
        group.each(|param, plain, text, result| match result {
            Err(problems) => {
                let whole = !problems.is_empty() && problems.iter().all(has_place);
                told.extend((!whole).then(|| format!("{param}: {text:?} is refused without a place: {problems:?}")));
            }
            Ok(files) => {
                taken += 1;
                told.extend(
                    differences(&harmless, &files, plain, text)
                        .into_iter()
                        .map(|why| format!("{param}: {text:?}: {why}")),
                );
            }
        });
        assert!(taken > 0 || group.params.is_empty(), "every text is refused, so nothing is tested");
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Where files differ in more than the text that is theirs.
fn differences(before: &Files, after: &Files, plain: &str, text: &str) -> Vec<String> {
    let mut list = Vec::new();
    let path = |(machine, path): &(String, String)| (machine.clone(), path.replace(text, plain));
    let renamed: Files = after.iter().map(|(key, content)| (path(key), content.clone())).collect();
    if !before.keys().eq(renamed.keys()) {
        list.push("other files are written".to_owned());
    }
    for (key, new) in &renamed {
        let Some(old) = before.get(key) else { continue };
        if new != old && !same_form(&key.1, old, new) {
            list.push(format!("{} has another form:\n{new}", key.1));
        }
        if new.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            list.push(format!("{} has control characters", key.1));
        }
    }
    list
}

/// Whether two texts have the same keys, or the same lines.
fn same_form(path: &str, old: &str, new: &str) -> bool {
    let trees = match path.rsplit('.').next() {
        Some("json" | "conflist") => (serde_json::from_str::<Tree>(old).ok(), serde_json::from_str(new).ok()),
        Some("yaml" | "yml" | "conf") if old.contains("apiVersion:") => {
            (serde_saphyr::from_str::<Tree>(old).ok(), serde_saphyr::from_str(new).ok())
        }
        Some("toml") => (toml::from_str::<Tree>(old).ok(), toml::from_str(new).ok()),
        _ => (None, None),
    };
    match trees {
        (Some(old), new) => new.is_some_and(|new: Tree| keys(&old) == keys(&new)),
        (None, _) => old.lines().count() == new.lines().count(),
    }
}

/// The number of keys and elements; hosts of a file of containerd are keys too.
fn keys(tree: &Tree) -> usize {
    match tree {
        Tree::Object(map) => map.len() + map.values().map(keys).sum::<usize>(),
        Tree::Array(list) => list.len() + list.iter().map(keys).sum::<usize>(),
        _ => 0,
    }
}

#[test]
fn a_problem_of_a_pasted_file_shows_none_of_its_secrets() {
    let site = Site::new(
        "component app { file /etc/app/kubeconfig { mode = 0600, text = read(\"./kubeconfig\") } }\n\
         cluster c { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }\n\
         machines m { }\ndeploy app on m\ntarget lxd { }\n",
    );
    let text = "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    tokn: hunter2-hunter2\n    token: hunter2-hunter2\n\
                contexts: []\nclusters: []\n";
    std::fs::write(site.path("kubeconfig"), text).unwrap();
    for format in ["human", "json", "sarif", "github"] {
        let told = site.refuses(&["check", "lab.km", "--message-format", format], "tokn");
        assert!(!told.contains("hunter2"), "{format}: {told}");
    }
}
