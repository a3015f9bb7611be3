//! Signatures, hints, lenses, calls.

use kmodel::ide::hierarchy::{incoming, outgoing, prepare};
use kmodel::ide::hint::hints;
use kmodel::ide::lens::{Action, lenses, units};
use kmodel::ide::signature::signature;
use kmodel::source::Span;

use super::support::{Fixture, fixture, model};

fn called(text: &str) -> Option<(&'static str, u32)> {
    let at = fixture(text);
    signature(&at.file, at.offset).map(|found| (found.builtin.name, found.active))
}

#[test]
fn the_function_whose_arguments_are_written() {
    assert_eq!(called("let a = join($0"), Some(("join", 0)));
    assert_eq!(called("let a = join([\"a\", \"b\"], $0"), Some(("join", 1)));
    assert_eq!(called("let a = join([\"a\", $0"), Some(("join", 0)));
    assert_eq!(called("let a = join(split(\"a\", $0), \",\")"), Some(("split", 1)));
    assert_eq!(called("let a = join(split(\"a\", \"b\"), $0)"), Some(("join", 1)));
    assert_eq!(called("let a = join([], \"\")$0"), None);
    assert_eq!(called("let a = (1 + $0"), None);
}

fn labels(at: &Fixture) -> Vec<String> {
    let all = Span::new(at.file.source(), 0, at.file.text().len() as u32);
    let facts = at.facts();
    hints(&at.file, all, Some(&facts)).into_iter().map(|hint| hint.label).collect()
}

#[track_caller]
fn has(labels: &[String], part: &str) {
    assert!(labels.iter().any(|label| label.contains(part)), "no {part:?} in {labels:#?}");
}

#[test]
fn the_model_is_shown_beside_the_text() {
    let list = labels(&fixture(&model("let n = cp.count")));
    has(&list, ": int");
    has(&list, "10.10.0.10 to 10.10.0.12");
    has(&list, "memory = 4GiB, disk = 20GiB, arch = \"amd64\"");
    has(&list, "gateway = 10.10.0.1");
    has(&list, "×3");
    has(&list, "store → etcd.client");
}

#[test]
fn a_relation_that_is_written_is_no_hint() {
    let list = labels(&fixture(&model("relate kube-apiserver.store -> etcd.client")));
    assert!(!list.iter().any(|label| label.contains("store → etcd.client")), "{list:#?}");
}

#[test]
fn types_are_shown_without_a_model() {
    let at = fixture("let a = [1]\nlet b: int = 1\nlet c = nothing");
    let all = Span::new(at.file.source(), 0, at.file.text().len() as u32);
    let list: Vec<_> = hints(&at.file, all, None).into_iter().map(|hint| hint.label).collect();
    assert_eq!(list, [": list<int>"]);
}

#[test]
fn lenses_stand_above_the_cluster_and_its_machines() {
    let at = fixture(&model(""));
    let facts = at.facts();
    let list: Vec<_> = lenses(&at.file, Some(&facts)).into_iter().map(|lens| (lens.title, lens.action)).collect();
    assert_eq!(list[0], ("plan".to_owned(), Action::Plan));
    assert_eq!(list[1], ("render".to_owned(), Action::Render));
    assert_eq!(list[2].1, Action::Units("cp".to_owned()));
    assert!(list[2].0.ends_with("units on 3 machines"), "{}", list[2].0);
    let text = units(&facts, "cp").expect("a group");
    assert!(text.starts_with("cp-0  10.10.0.10  etcd-0 "), "{text}");
    assert_eq!(lenses(&at.file, None).len(), 2);
}

#[test]
fn calls_are_relations() {
    let at = fixture(&model("").replace("deploy etcd", "deploy et$0cd"));
    let facts = at.facts();
    let nodes: Vec<_> = prepare(&at.file, at.offset, &facts).into_iter().map(|node| node.name).collect();
    assert_eq!(nodes, ["etcd"]);
    let callers: Vec<_> = incoming(&facts, "etcd").into_iter().map(|call| call.node.name).collect();
    assert_eq!(callers, ["etcd", "kube-apiserver"]);
    let called = outgoing(&facts, "kube-apiserver");
    assert!(
        called.iter().any(
            |call| call.node.name == "etcd" && call.relations[0].written() == "kube-apiserver.store -> etcd.client"
        )
    );
}
