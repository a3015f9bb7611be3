//! Values as the language writes them.

use crate::model::Value;
use crate::text::size;

/// A value's text; a secret shows nothing of itself.
pub fn show(value: &Value) -> String {
    match value {
        Value::Secret(_) => "secret".to_owned(),
        Value::None => "none".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Size(bytes) => size(*bytes),
        Value::Duration(milliseconds) => duration(*milliseconds),
        Value::Port(port) => port.to_string(),
        Value::List(list) => format!("[{}]", cut(list.iter().map(show).collect())),
        Value::Record(record) => {
            format!("{{ {} }}", cut(record.iter().map(|(key, value)| format!("{key} = {}", show(value))).collect()))
        }
        other => other.scalar_text().unwrap_or_default(),
    }
}

/// Joined by commas; a long list is cut.
fn cut(mut parts: Vec<String>) -> String {
    const SHOWN: usize = 12;
    let more = parts.len().saturating_sub(SHOWN);
    parts.truncate(SHOWN);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    parts.join(", ")
}

fn duration(milliseconds: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = milliseconds;
    let mut text = String::new();
    for (unit, length) in units {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_they_are_written() {
        let cases = [
            (Value::Size(4 << 30), "4GiB"),
            (Value::Duration(5_400_000), "1h30m"),
            (Value::text("a"), "\"a\""),
            (Value::list([Value::Int(1), Value::None]), "[1, none]"),
            (Value::Secret(std::sync::Arc::new(Value::text("x"))), "secret"),
        ];
        for (value, text) in cases {
            assert_eq!(show(&value), text);
        }
    }
}
