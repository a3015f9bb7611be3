//! Each format as it looks, and laws: what is written reads back the same.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::write;
use crate::model::Value;
use crate::render::bundle::Format;
use crate::render::snapshot::snapshot;
use crate::syntax::ast::{Port, Protocol, Version};

fn sample() -> Value {
    Value::record([
        ("name", Value::text("yes")),
        ("none", Value::None),
        ("size", Value::Size(4 << 30)),
        ("wait", Value::Duration(5_400_000)),
        ("port", Value::Port(Port { number: 6443, protocol: Protocol::Tcp })),
        ("version", Value::Version(Version { major: 1, minor: 34, patch: 2 })),
        ("mode", Value::Mode(0o600)),
        ("ip", Value::Ip("10.0.0.5".parse().unwrap())),
        ("secret", Value::Secret(Value::text("a\nb\n").into())),
        ("part", Value::record([("list", Value::list([Value::Int(1), Value::Int(2)]))])),
    ])
}

#[test]
fn yaml_keeps_order_and_quotes_what_looks_like_something_else() {
    snapshot("format-yaml", &write(Format::Yaml, &sample()).unwrap());
}

#[test]
fn toml_puts_tables_last() {
    snapshot("format-toml", &write(Format::Toml, &sample()).unwrap());
}

#[test]
fn json_is_indented() {
    let value = Value::record([("a", Value::list([Value::Float(0.5)]))]);
    assert_eq!(write(Format::Json, &value).unwrap(), "{\n  \"a\": [\n    0.5\n  ]\n}\n");
}

#[test]
fn ini_repeats_the_key_of_a_list() {
    let part = Value::record([("k", Value::list([Value::Int(1), Value::text("x")]))]);
    let value = Value::record([("Section", part), ("top", Value::Bool(true))]);
    assert_eq!(write(Format::Ini, &value).unwrap(), "top = true\n\n[Section]\nk = 1\nk = x\n");
}

#[test]
fn a_list_at_the_top_is_several_yaml_documents() {
    let value = Value::list([Value::record([("a", Value::Int(1))]), Value::record([("b", Value::Int(2))])]);
    assert_eq!(write(Format::Yaml, &value).unwrap(), "a: 1\n---\nb: 2\n");
}

#[test]
fn an_error_says_where() {
    let value = Value::record([("a", Value::record([("b", Value::list([Value::Int(1), Value::Float(f64::NAN)]))]))]);
    assert_eq!(write(Format::Json, &value).unwrap_err().to_string(), "`a.b[1]`: NaN is not a number");
    let value = Value::record([("a", Value::list([Value::None]))]);
    assert_eq!(write(Format::Toml, &value).unwrap_err().path, "a[0]");
    assert_eq!(write(Format::Ini, &value).unwrap_err().path, "a[0]");
    assert!(write(Format::Toml, &Value::list([])).is_err());
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1.0e9..1.0e9).prop_map(Value::Float),
        any::<String>().prop_map(Value::text),
        "[ \n\t:#'\"a|>-]{0,12}".prop_map(Value::text),
        "[0-9:._+eExo-]{1,8}".prop_map(Value::text),
        prop_oneof![Just("on"), Just("NO"), Just("~"), Just("null"), Just("0755"), Just("1_0"), Just("=")]
            .prop_map(Value::text),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let keys = prop_oneof!["[a-z]{1,4}", any::<String>(), Just("y".to_owned()), Just("1.5".to_owned())];
    let inner = scalars().prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
            prop::collection::vec((keys.clone(), inner), 0..5).prop_map(Value::record),
        ]
    });
    prop::collection::vec(("[a-z]{1,3}", inner), 0..5).prop_map(Value::record)
}

fn json(value: &Value) -> serde_json::Value {
    super::tree(value, super::Secrets::Seen).unwrap()
}

proptest! {
    #[test]
    fn yaml_reads_back_the_same(value in values()) {
        let text = write(Format::Yaml, &value).unwrap();
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
        prop_assert_eq!(read, json(&value), "{}", text);
    }

    #[test]
    fn toml_reads_back_the_same(value in values()) {
        let text = write(Format::Toml, &value).unwrap();
        let read: serde_json::Value = ::toml::from_str(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
        prop_assert_eq!(read, json(&value), "{}", text);
    }
}

/// PyYAML is what cloud-init reads with, and it knows YAML 1.1.
#[test]
fn python_reads_the_same() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let list: Vec<Value> = (0..300).map(|_| values().new_tree(&mut runner).unwrap().current()).collect();
    let cases: Vec<_> = list.iter().map(|v| (write(Format::Yaml, v).unwrap(), json(v))).collect();
    let program = "import json,sys,yaml\nfor t,v in json.load(sys.stdin):\n r=yaml.safe_load(t)\n if r!=v: sys.exit(t+repr(r)+repr(v))";
    let Ok(mut child) = Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).spawn() else {
        return eprintln!("SKIPPED: python3 is not installed");
    };
    child.stdin.take().unwrap().write_all(serde_json::to_string(&cases).unwrap().as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}
