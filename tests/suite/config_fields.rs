//! Each field of each table of configuration files, in each minor that the table covers: taken as the table says with a value of its type, and
//! refused with another one; in a file of a component's own, and through `config` of a `deploy`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kmodel::diag::Code;
use kmodel::facts::Status;
use kmodel::facts::field::{self, Shape, Table};
use kmodel::syntax::ast::Version;

use crate::support::plan;

const OF_FIELDS: [Code; 6] = [
    Code::UnknownConfigField,
    Code::SettingOwned,
    Code::ConfigFieldNotYet,
    Code::ConfigFieldRemoved,
    Code::ConfigFieldDeprecated,
    Code::TypeMismatch,
];

/// Components that take `config`, each with its kind of file.
const COMPONENTS: [(&str, &str); 3] = [
    ("kubelet", "KubeletConfiguration"),
    ("kube-proxy", "KubeProxyConfiguration"),
    ("kube-scheduler", "KubeSchedulerConfiguration"),
];

/// Fields as they nest: a value, a record, or a list of one record.
enum Node {
    Leaf(String),
    Record(BTreeMap<String, Node>),
    List(BTreeMap<String, Node>),
}

/// All fields below a path of the table, but those to leave out.
fn below(table: &Table, at: &str, right: bool, left_out: &[String]) -> BTreeMap<String, Node> {
    let full = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let names = table.below(at).filter(|name| !left_out.contains(&full(name)) && full(name) != "featureGates");
    let node = |name: &str| {
        let path = full(name);
        let inside = |at: &str| below(table, at, right, left_out);
        let elements = format!("{path}[]");
        if table.below(&path).next().is_some() {
            // What the component sets all of stays away.
            return Some(Node::Record(inside(&path))).filter(|node| !node.is_empty());
        }
        if table.below(&elements).next().is_some() {
            return Some(Node::List(inside(&elements))).filter(|node| !node.is_empty());
        }
        let shape = &table.fields[&path].shape;
        Some(Node::Leaf(if right { sample(shape) } else { wrong(shape) }))
    };
    names.filter_map(|name| Some((name.to_owned(), node(name)?))).collect()
}

impl Node {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Record(inside) | Self::List(inside) if inside.is_empty())
    }
}

fn sample(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "true".to_owned(),
        Shape::Int(_) => "7".to_owned(),
        Shape::Float => "0.5".to_owned(),
        Shape::Text => "\"x\"".to_owned(),
        Shape::Version => "\"v1.36.2\"".to_owned(),
        Shape::Duration | Shape::DurationOrNanoseconds => "\"7m\"".to_owned(),
        Shape::Quantity => "\"7Mi\"".to_owned(),
        Shape::Map(inner) => format!("{{ \"x\" = {} }}", sample(inner)),
        Shape::List(inner) => format!("[{}]", sample(inner)),
        Shape::Object => "{ \"x\" = \"y\" }".to_owned(),
    }
}

fn wrong(shape: &Shape) -> String {
    match shape {
        Shape::Text | Shape::Version | Shape::Duration | Shape::DurationOrNanoseconds | Shape::Quantity => {
            "{ \"x\" = 1 }".to_owned()
        }
        _ => "\"y\"".to_owned(),
    }
}

/// Writes fields, and notes the path of each by its line.
fn write(fields: &BTreeMap<String, Node>, at: &str, text: &mut String, lines: &mut BTreeMap<usize, String>) {
    for (name, node) in fields {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        lines.insert(text.matches('\n').count() + 1, path.clone());
        let _ = write!(text, "{name:?} = ");
        match node {
            Node::Leaf(value) => text.push_str(value),
            Node::Record(inside) => {
                text.push_str("{\n");
                write(inside, &path, text, lines);
                text.push('}');
            }
            Node::List(inside) => {
                text.push_str("[{\n");
                write(inside, &format!("{path}[]"), text, lines);
                text.push_str("}]");
            }
        }
        text.push('\n');
    }
}

/// What is said of each field, by its path.
fn told(head: &str, fields: &BTreeMap<String, Node>, tail: &str) -> BTreeMap<String, Vec<Code>> {
    let (mut text, mut lines) = (head.to_owned(), BTreeMap::new());
    write(fields, "", &mut text, &mut lines);
    text += tail;
    let mut found: BTreeMap<String, Vec<Code>> = lines.values().map(|path| (path.clone(), Vec::new())).collect();
    plan::planned(&text, |sources, problems, _| {
        for problem in problems.iter().filter(|problem| OF_FIELDS.contains(&problem.code)) {
            let line = sources.line_column(problem.labels[0].span).0;
            let path = lines.get(&line).unwrap_or_else(|| panic!("{} is at no field: {text}", problem.message));
            found.entry(path.clone()).or_default().push(problem.code);
        }
    });
    found
}

fn cluster(version: Version) -> String {
    format!(
        "cluster lab {{ kubernetes = {version}, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }}\n"
    )
}

/// In a file that a component writes.
fn in_a_file(table: &Table, version: Version, right: bool) -> BTreeMap<String, Vec<Code>> {
    let head = format!(
        "component p {{ file /etc/p.yaml {{ format = \"yaml\", content = {{\napiVersion = {:?}\nkind = {:?}\n",
        table.read_in(version)[0],
        table.kind
    );
    let tail = format!("}} }} }}\n{}machines m {{ }}\ndeploy p on m\n", cluster(version));
    told(&head, &below(table, "", right, &[]), &tail)
}

/// In `config` of a component of the library, but what it sets itself.
fn in_a_deploy(component: &str, table: &Table, version: Version, left_out: &[String]) -> BTreeMap<String, Vec<Code>> {
    let others = [
        "etcd",
        "containerd",
        "addons",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
    ];
    let others: Vec<_> = others.into_iter().filter(|other| *other != component).collect();
    let tail = format!(
        "}} }}\nuse std/kubernetes\n{}machines cp {{ cores = 2, memory = 4GiB }}\ndeploy {} on cp\n",
        cluster(version),
        others.join(", ")
    );
    told(&format!("deploy {component} on cp {{ config = {{\n"), &below(table, "", true, left_out), &tail)
}

fn expected(table: &Table, path: &str, version: Version) -> Vec<Code> {
    match table.fields.get(path).map(|field| field.life.status(version)) {
        Some(Status::NotYet(_)) => vec![Code::ConfigFieldNotYet],
        Some(Status::Removed(_)) => vec![Code::ConfigFieldRemoved],
        Some(Status::Deprecated) => vec![Code::ConfigFieldDeprecated],
        _ => Vec::new(),
    }
}

/// The minors from 1.31 on that a table covers.
fn minors(table: &Table) -> impl Iterator<Item = Version> {
    (table.range.known_from.minor.max(31)..=table.range.known_through.minor).map(|minor| Version {
        major: 1,
        minor,
        patch: 0,
    })
}

#[test]
fn every_field_is_taken_as_its_table_says() {
    for table in field::all().filter(|table| !table.partial) {
        for version in minors(table) {
            let found = in_a_file(table, version, true);
            assert!(found.len() > 1, "{}: {} fields", table.kind, found.len());
            for (path, codes) in found {
                assert_eq!(codes, expected(table, &path, version), "{path} of {} {version}", table.kind);
            }
        }
    }
}

#[test]
fn no_field_takes_a_value_of_another_type() {
    for table in field::all().filter(|table| !table.partial) {
        let version = minors(table).last().expect("a minor");
        for (path, codes) in in_a_file(table, version, false) {
            let is_inner = table.below(&path).next().is_some() || table.below(&format!("{path}[]")).next().is_some();
            assert!(is_inner || codes.contains(&Code::TypeMismatch), "{path} of {}: {codes:?}", table.kind);
        }
    }
}

#[test]
fn every_field_can_be_set_or_has_its_reason() {
    for (component, kind) in COMPONENTS {
        let table = field::table(kind).expect("a table");
        for version in minors(table) {
            let first = in_a_deploy(component, table, version, &[]);
            let owned: Vec<String> = first
                .into_iter()
                .filter(|(_, codes)| codes.contains(&Code::SettingOwned))
                .map(|(path, _)| path)
                .collect();
            assert!(!owned.is_empty() && owned.len() * 2 < table.fields.len(), "{component} sets {owned:?}");
            for (path, codes) in in_a_deploy(component, table, version, &owned) {
                assert_eq!(codes, expected(table, &path, version), "{path} of {component} {version}");
            }
        }
    }
}
