//! Hover, definition, type definition.

use kmodel::ide::definition::{definition, type_definition};
use kmodel::ide::hover::hover;

use super::support::{Fixture, files, fixture, model};

fn said(text: &str) -> String {
    let at = fixture(text);
    hover(&at.file, at.offset, None).map_or_else(|| "nothing".to_owned(), |hover| hover.text)
}

fn valued(text: &str) -> String {
    let at = fixture(text);
    let facts = at.facts();
    hover(&at.file, at.offset, Some(&facts)).map_or_else(|| "nothing".to_owned(), |hover| hover.text)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn an_option_says_its_type_default_and_docs() {
    let text = said(&model("overlay x { set etcd.snap$0shot-every = 1h }"));
    has(
        &text,
        &["option snapshot-every: duration? = none", "Option of `etcd`", "The interval at which each member saves"],
    );
}

#[test]
fn an_option_says_its_value_and_where_it_comes_from() {
    let text = model("").replace("snapshot-every", "snapshot-$0every");
    has(&valued(&text), &["Value: `6h` in `etcd`, set here"]);
}

#[test]
fn a_let_says_its_type_and_value() {
    has(&said("let a$0 = [1, 2]"), &["let a: list<int>"]);
    has(
        &valued(&model("let size = 4GiB + 4GiB\ncheck si$0ze > 1GiB, \"x\"")),
        &["let size: size", "Value: `8GiB`, from main.km:10:5"],
    );
}

#[test]
fn a_machine_group_says_its_size_and_addresses() {
    let text = model("check c$0p.count > 0, \"x\"");
    has(&valued(&text), &["machines cp[3]", "3 machines with 2 cores", "10.10.0.10 to 10.10.0.12"]);
}

#[test]
fn a_flag_says_its_versions() {
    let text = "use std/kubernetes\ncluster c { kubernetes = 1.34.8 }\ncomponent x { unit x.service { exec = /x, flags = kube-apiserver { anonymous-a$0uth = true } } }";
    has(
        &said(text),
        &["anonymous-auth: bool", "Flag `--anonymous-auth` of `kube-apiserver`: known in 1.34.8", "known through 1.36"],
    );
}

#[test]
fn a_field_of_a_body_says_what_it_is() {
    has(&said("cluster c { no$0des = 10.0.0.0/24 }"), &["nodes: cidr", "Field of `cluster`", "Required."]);
}

#[test]
fn what_the_language_brings_is_explained() {
    has(&said("component x { let a = machine.addr$0ess }"), &["machine.address: ip", "Its address inside"]);
    has(&said("let a = jo$0in([\"a\"], \",\")"), &["join(list: list<S>, sep: string) -> string"]);
    has(&said("mach$0ines cp[1] { }"), &["A group of identical machines"]);
    has(&said("let a = 4Gi$0B"), &["`size`: 4,294,967,296 bytes"]);
}

#[test]
fn words_inside_statements_are_explained() {
    has(&said("component x { option every: dura$0tion = 5s }"), &["30d, 1h30m, 500ms", "A duration"]);
    has(&said("component x { option every: li$0st<int> = [] }"), &["An ordered list of values"]);
    has(&said("component x {\n  needs pack$0age \"x\"\n}"), &["A package of the distribution"]);
    has(&said("let a = if true th$0en 1 else 2"), &["The value if the condition is true"]);
    has(&said("let a = [x for x i$0n [1]]"), &["to iterate over"]);
    has(&said("let a = no$0ne"), &["absent"]);
}

#[test]
fn hover_works_in_a_file_that_is_half_typed() {
    has(&said("let a = 1\nlet b = a$0 +\nmachines cp[ { cores = "), &["let a: int"]);
}

fn goals(at: &Fixture) -> Vec<String> {
    definition(&at.file, at.offset).iter().map(|goal| at.shown(goal.name)).collect()
}

fn types(at: &Fixture) -> Vec<String> {
    type_definition(&at.file, at.offset).iter().map(|goal| at.shown(goal.name)).collect()
}

#[test]
fn a_name_leads_to_its_declaration() {
    assert_eq!(goals(&fixture("let a = 1\nlet b = $0a")), ["main.km:1:5 a"]);
    assert_eq!(goals(&fixture("let b = [x for x in [1] if $0x > 0]")), ["main.km:1:16 x"]);
    assert_eq!(goals(&fixture(&model("check cp$0.count > 0, \"x\""))), ["main.km:4:10 cp"]);
    assert_eq!(goals(&fixture(&model("check 1 > 0, \"${cluster.no$0des}\""))), ["main.km:3:81 nodes"]);
}

#[test]
fn a_component_leads_into_the_standard_library() {
    assert_eq!(goals(&fixture(&model("").replace("deploy etcd", "deploy et$0cd"))), ["std/etcd/etcd.km etcd"]);
    let option = model("").replace("snapshot-every", "snap$0shot-every");
    assert_eq!(goals(&fixture(&option)), ["std/etcd/etcd.km snapshot-every"]);
}

#[test]
fn an_import_leads_to_its_file() {
    let at = files(&[("main.km", "use ./net$0work"), ("network.km", "let a = 1")]);
    assert_eq!(goals(&at), ["network.km:1:1 "]);
    let at = files(&[("main.km", "use ./network { $0a }"), ("network.km", "let a = 1")]);
    assert_eq!(goals(&at), ["network.km:1:5 a"]);
}

#[test]
fn a_relation_leads_to_its_ends_and_their_interface() {
    let text = model("relate kube-apiserver.store -> etcd.cli$0ent");
    assert_eq!(goals(&fixture(&text)), ["std/etcd/etcd.km client"]);
    assert_eq!(types(&fixture(&text)), ["std/interfaces.km etcd-client"]);
    let app = model("relate kube-apiserver.store -> et$0cd.client");
    assert_eq!(goals(&fixture(&app)), ["main.km:5:8 etcd"]);
    assert_eq!(types(&fixture(&app)), ["std/etcd/etcd.km etcd"]);
}
