//! Each field of each type takes the values of its type, and none of the others.

use super::*;
use crate::facts::object::{self, Below, Scalar};

/// A value of each form that YAML has, and of those that are read further.
fn samples() -> Vec<(&'static str, Value)> {
    vec![
        ("word", Value::text("word!")),
        ("time", Value::text("2026-01-31T12:00:00Z")),
        ("quantity", Value::text("128Mi")),
        ("base64", Value::text("YQ==")),
        ("int", Value::Int(7)),
        ("long", Value::Int(1 << 40)),
        ("part", Value::Float(0.5)),
        ("bool", Value::Bool(true)),
        ("list", Value::list([])),
        ("map", Value::record::<&str>([])),
    ]
}

/// The forms that a type takes.
fn taken(below: Below) -> &'static [&'static str] {
    const TEXTS: [&str; 4] = ["word", "time", "quantity", "base64"];
    match below {
        Below::Any => &["word", "time", "quantity", "base64", "int", "long", "part", "bool", "list", "map"],
        Below::Object(_) | Below::Map | Below::MapOf(_) => &["map"],
        Below::List(_) => &["list"],
        Below::Scalar(Scalar::Text) | Below::Values(_) => &TEXTS,
        Below::Scalar(Scalar::Int(32)) => &["int"],
        Below::Scalar(Scalar::Int(_)) => &["int", "long"],
        Below::Scalar(Scalar::Bool) => &["bool"],
        Below::Scalar(Scalar::Number) => &["int", "long", "part"],
        Below::Scalar(Scalar::IntOrText) => &["word", "time", "quantity", "base64", "int"],
        Below::Scalar(Scalar::Quantity) => &["quantity", "int", "long", "part"],
        Below::Scalar(Scalar::Bytes) => &["base64"],
        Below::Scalar(Scalar::Time) => &["time"],
    }
}

/// What is wrong with a value of a field.
fn problems(of: &str, field: &str, value: Value) -> Vec<Diagnostic> {
    let Value::Record(record) = Value::record([(field, value)]) else { unreachable!() };
    let sources = Sources::default();
    let place = Place { sources: &sources, key: &|_| Span::default(), whole: true };
    let mut walk = Walk::of("Thing", &[], place);
    walk.record(&record, of);
    walk.problems
}

fn is_refused(of: &str, field: &str, value: Value) -> bool {
    problems(of, field, value).iter().any(|problem| problem.code == Code::TypeMismatch)
}

#[test]
fn every_field_takes_values_of_its_type_only() {
    let mut count = 0;
    for of in object::types() {
        for (field, known) in object::fields(of).expect("it has fields") {
            for (name, value) in samples() {
                let wanted = taken(known.below).contains(&name);
                assert_eq!(!is_refused(of, field, value), wanted, "{of}.{field} is {:?}: {name}", known.below);
                count += 1;
            }
            // What is inside a list or a map has its type too.
            let (Below::List(inner) | Below::MapOf(inner)) = known.below else { continue };
            for (name, value) in samples() {
                let wanted = taken(object::below(inner)).contains(&name);
                let outer = match known.below {
                    Below::List(_) => Value::list([value]),
                    _ => Value::record([("key", value)]),
                };
                assert_eq!(!is_refused(of, field, outer), wanted, "{of}.{field} is {:?}: {name}", known.below);
            }
        }
    }
    assert!(count > 10_000, "only {count}");
}

#[test]
fn every_required_field_is_missed() {
    let mut count = 0;
    for of in object::types() {
        let fields = object::fields(of).expect("it has fields");
        let wanted = fields.iter().filter(|(_, field)| field.required).map(|(name, _)| format!("has no `{name}`"));
        let said = problems(of, "none", Value::None);
        for wanted in wanted {
            assert!(said.iter().any(|problem| problem.message.contains(&wanted)), "{of}: {wanted}");
            count += 1;
        }
    }
    assert!(count > 200, "only {count}");
}

#[test]
fn every_enumerated_field_takes_its_values_only() {
    let mut count = 0;
    for of in object::types() {
        for (field, known) in object::fields(of).expect("it has fields") {
            let Below::Values(set) = known.below else { continue };
            let is_unknown = |text: &str| {
                let said = problems(of, field, Value::text(text));
                said.iter().any(|problem| problem.code == Code::UnknownValue)
            };
            // What is below the status of a kind is not read.
            if field.contains("status") {
                continue;
            }
            assert!(is_unknown("nothing-of-it"), "{of}.{field}");
            assert!(object::values(set).all(|value| !is_unknown(value)), "{of}.{field}");
            count += 1;
        }
    }
    assert!(count > 90, "only {count}");
}
