//! Values and texts as one line for people.

use crate::model::Value;
use crate::model::value::go_duration;

/// Longer texts are cut.
const LONGEST: usize = 100;

/// A value as one would write it; a secret is only named as one.
pub fn value(value: &Value) -> String {
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

/// In the largest unit that has no remainder.
fn size(bytes: u64) -> String {
    let units = [(1u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size));
    unit.map_or_else(|| format!("{bytes} bytes"), |(size, name)| format!("{}{name}", bytes / size))
}

/// A text on one line, cut where it is long.
pub fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line,
    }
}

/// `a, b and 3 more`.
pub fn some<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 4;
    let shown: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_they_are_written() {
        assert_eq!(value(&Value::Size(4 << 30)), "4GiB");
        assert_eq!(value(&Value::Size(1000)), "1000 bytes");
        assert_eq!(value(&Value::Secret(std::sync::Arc::new(Value::text("x")))), "(secret)");
        assert_eq!(value(&Value::record([("a", Value::list([Value::Int(1), Value::None]))])), "{ a = [1, none] }");
        assert_eq!(short(&"é ".repeat(200)).chars().count(), 103);
    }
}
