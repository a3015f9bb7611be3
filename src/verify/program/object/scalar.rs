//! Single values of objects: what the decoder of the API server takes, and what to write where it refuses one.
//!
//! Source: encoding/json into the Go types of k8s.io/api, as sigs.k8s.io/json decodes them; `UnmarshalJSON` of `intstr.IntOrString`,
//! `resource.Quantity` and `metav1.Time` in kubernetes/apimachinery.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::diag::Help;
use crate::facts::object::{Below, Scalar};
use crate::facts::quantity::quantity;
use crate::model::Value;

/// Whether a field of a type takes a value.
pub(super) fn takes(scalar: Scalar, value: &Value) -> bool {
    let is_secret = matches!(value, Value::Secret(_));
    match scalar {
        Scalar::Text => is_text(value),
        Scalar::Int(bits) => int(value).is_some_and(|number| fits(number, bits)),
        Scalar::Bool => matches!(value.reveal(), Value::Bool(_)),
        Scalar::Number => int(value).is_some() || matches!(value.reveal(), Value::Float(_)),
        Scalar::IntOrText => is_text(value) || int(value).is_some_and(|number| fits(number, 32)),
        Scalar::Quantity => match text(value) {
            Some(text) => quantity(&text).is_some(),
            None => int(value).is_some() || matches!(value.reveal(), Value::Float(_)),
        },
        // What is secret may stand for something that is made later.
        Scalar::Bytes => text(value).is_some_and(|text| is_secret || is_base64(&text)),
        Scalar::Time => text(value).is_some_and(|text| OffsetDateTime::parse(&text, &Rfc3339).is_ok()),
    }
}

/// What is written as a text.
pub(super) fn text(value: &Value) -> Option<String> {
    is_text(value).then(|| value.scalar_text()).flatten()
}

fn is_text(value: &Value) -> bool {
    let is_other = matches!(
        value.reveal(),
        Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Size(_)
            | Value::Port(_)
            | Value::List(_)
            | Value::Record(_)
    );
    !is_other
}

/// What is written as a number without a part behind the point; `1.0` is one.
pub(super) fn int(value: &Value) -> Option<i128> {
    match value.reveal() {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Size(number) => Some((*number).into()),
        Value::Port(port) => Some(port.number.into()),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e18 => Some(*number as i128),
        _ => None,
    }
}

fn fits(number: i128, bits: u8) -> bool {
    let most = 1_i128 << (bits - 1);
    (-most..most).contains(&number)
}

/// Go's decoder passes over ends of lines.
fn is_base64(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(text).is_ok()
}

/// What a field takes, for people.
pub(super) fn wanted(below: Below) -> &'static str {
    match below {
        Below::Scalar(scalar) => match scalar {
            Scalar::Text => "a string",
            Scalar::Int(32) => "a 32-bit integer",
            Scalar::Int(_) => "an integer",
            Scalar::Bool => "`true` or `false`",
            Scalar::Number => "a number",
            Scalar::IntOrText => "an integer or a string",
            Scalar::Quantity => "a quantity",
            Scalar::Bytes => "a string in base64",
            Scalar::Time => "a time",
        },
        Below::Values(_) => "a string",
        Below::List(_) => "a list",
        Below::Any | Below::Object(_) | Below::Map | Below::MapOf(_) => "a map",
    }
}

/// What is there, for people; secrets are not shown.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Secret(_) => "a secret".to_owned(),
        Value::Record(_) => "a map".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        _ => {
            let kind = if is_text(value) { "string" } else { "number" };
            format!("the {kind} `{}`", short(&value.scalar_text().unwrap_or_default()))
        }
    }
}

/// The beginning of a text, in one line.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// What to write instead.
pub(super) fn help(below: Below, value: &Value) -> Help {
    let written = short(&value.scalar_text().unwrap_or_default());
    if matches!(value, Value::Secret(_)) {
        return format!("set it to {}", wanted(below)).into();
    }
    match (below, value) {
        (Below::Scalar(Scalar::Text | Scalar::IntOrText) | Below::Values(_), Value::Bool(_)) => {
            format!("put it in quotes, as it is meant: YAML 1.1 reads `yes`, `no`, `on`, `off`, `y` and `n` without quotes as `{written}` too").into()
        }
        (Below::Scalar(Scalar::Text | Scalar::IntOrText) | Below::Values(_), Value::Int(_) | Value::Float(_)) => {
            format!("put it in quotes: `\"{written}\"`").into()
        }
        (Below::Scalar(Scalar::Text | Scalar::IntOrText) | Below::Values(_), Value::Size(_) | Value::Port(_)) => {
            format!("put it in quotes: `\"{written}\"`").into()
        }
        (Below::Scalar(Scalar::Int(_)), Value::Mode(mode)) => {
            format!("write `{mode}`, which is that mode as a decimal number").into()
        }
        (Below::Scalar(Scalar::Int(_) | Scalar::Number), Value::Text(text)) if text.parse::<i64>().is_ok() => {
            format!("write `{written}` without quotes").into()
        }
        (Below::Scalar(Scalar::Bool), Value::Text(text)) if ["true", "false"].contains(&&**text) => {
            format!("write `{written}` without quotes").into()
        }
        (Below::Scalar(Scalar::Quantity), Value::Text(_)) => {
            "write a number with a unit, such as `500m`, `128Mi` or `1.5Gi`".into()
        }
        (Below::Scalar(Scalar::Bytes), Value::Text(_)) => {
            "encode it in base64; a Secret takes plain text in `stringData`, a ConfigMap in `data`".into()
        }
        (Below::Scalar(Scalar::Time), Value::Text(_)) => "write it as RFC 3339 does: `2026-01-31T12:00:00Z`".into(),
        (Below::List(_), _) => "put it into a list: `- ` before each element".into(),
        _ => format!("set it to {}", wanted(below)).into(),
    }
}
