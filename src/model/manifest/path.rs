//! The path of a patch: `spec.template.spec.containers[calico-node].env[IP]`.

use std::fmt::{self, Display, Formatter};

use crate::facts::merge;

/// A step from an object to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathStep {
    Key(String),
    /// The item of a list that this key gives this name.
    Item {
        key: &'static str,
        name: String,
    },
}

impl Display for PathStep {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) | Self::Item { name, .. } => f.write_str(name),
        }
    }
}

/// Reads a path. `[NAME]` is an item of a list whose items have names, or a key that has dots.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<PathStep>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        if word.is_empty() {
            return Err(format!("`{text}` has a part without a name"));
        }
        steps.push(PathStep::Key(word.to_owned()));
        rest = bracketed(more, &mut steps).ok_or_else(|| format!("`{text}` has a `[` without a name and `]`"))?;
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Ok(steps),
            None => return Err(format!("`{text}` needs a `.` before `{rest}`")),
        }
    }
}

/// What stands in brackets; gives what is left.
fn bracketed<'t>(mut rest: &'t str, steps: &mut Vec<PathStep>) -> Option<&'t str> {
    while let Some(more) = rest.strip_prefix('[') {
        let (name, after) = more.split_once(']').filter(|(name, _)| !name.is_empty())?;
        let list = match steps.last() {
            Some(PathStep::Key(field)) => merge::key(field),
            _ => None,
        };
        let name = name.to_owned();
        steps.push(list.map_or_else(|| PathStep::Key(name.clone()), |key| PathStep::Item { key, name: name.clone() }));
        rest = after;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_keys_and_items() {
        let key = |name: &str| PathStep::Key(name.to_owned());
        let item = |key, name: &str| PathStep::Item { key, name: name.to_owned() };
        for (text, wanted) in [
            ("spec.replicas", vec![key("spec"), key("replicas")]),
            ("data[a.conf]", vec![key("data"), key("a.conf")]),
            ("containers[a].env[B_C]", vec![key("containers"), item("name", "a"), key("env"), item("name", "B_C")]),
            ("volumeMounts[/run/x]", vec![key("volumeMounts"), item("mountPath", "/run/x")]),
        ] {
            assert_eq!(read(text), Ok(wanted), "{text}");
        }
        for text in ["", ".a", "a.", "a[", "a[]", "a[b]c", "a..b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
