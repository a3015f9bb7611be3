//! Values and texts on one line, for people.

use crate::model::Value;
use crate::model::value::go_duration;
use crate::text::{List, size};

/// Longer texts are cut.
const LONGEST: usize = 100;

/// A value as one would write it; a secret is only named as one.
pub(super) fn value(value: &Value) -> String {
    short(&whole(value))
}

fn whole(value: &Value) -> String {
    match value {
        Value::Secret(_) => "(secret)".to_owned(),
        Value::None => "none".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Size(bytes) => size(*bytes),
        Value::Duration(milliseconds) => go_duration(*milliseconds),
        Value::Port(port) => port.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(whole).collect::<Vec<_>>().join(", ")),
        Value::Record(record) => {
            let fields: Vec<String> = record.iter().map(|(name, value)| format!("{name} = {}", whole(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        scalar => scalar.scalar_text().unwrap_or_default(),
    }
}

/// A text on one line, cut where it is long.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line,
    }
}

/// `a, b and 3 more`.
pub(super) fn some<T: AsRef<str>>(names: &[T]) -> String {
    List::of(names.iter().map(AsRef::as_ref)).most(4).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_they_are_written() {
        assert_eq!(value(&Value::Size(4 << 30)), "4GiB");
        assert_eq!(value(&Value::Size(1000)), "1KB");
        assert_eq!(value(&Value::Secret(std::sync::Arc::new(Value::text("x")))), "(secret)");
        assert_eq!(value(&Value::record([("a", Value::list([Value::Int(1), Value::None]))])), "{ a = [1, none] }");
        assert_eq!(short(&"é ".repeat(200)).chars().count(), 103);
    }
}
