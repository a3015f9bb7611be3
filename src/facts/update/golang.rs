//! What the Go sources of Kubernetes and etcd say: feature gates with their versions, and the types of configuration files.
//!
//! Not a parser of Go: only the forms in which these sources write them.

use std::collections::BTreeMap;

use super::gates::Era;

/// A type of a configuration file: its fields by their name in the file.
pub type Struct = Vec<GoField>;

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoField {
    /// `maxPods`; empty for one whose fields are those of the struct itself.
    pub name: String,
    /// `*metav1.Duration`.
    pub kind: String,
}

/// The names of gates: `Name featuregate.Feature = "Name"`, `Name = featuregate.Feature("Name")`, and `Name = "Name"`, which
/// counts only where the file says too what the gate is.
pub fn gate_names(text: &str) -> BTreeMap<String, String> {
    let name = |line: &str| {
        let (left, right) = line.trim().split_once(" = ")?;
        let (kind, right) = right.split_once('"').filter(|(kind, _)| kind.is_empty() || kind.ends_with("Feature("))?;
        let mut words = left.split_whitespace();
        let constant = words.next()?;
        let is_gate = match words.next() {
            Some(own) => kind.is_empty() && words.next().is_none() && (own == "Feature" || own.ends_with(".Feature")),
            None => true,
        };
        is_gate.then(|| (constant.to_owned(), right.split('"').next().unwrap_or_default().to_owned()))
    };
    text.lines().filter_map(name).collect()
}

/// The eras of the gates, by the names of their constants: blocks `Name: { {Version: ..., Default: ...}, }`, and lines
/// `Name: {Default: false, PreRelease: featuregate.Alpha},`, which are of the version that is read.
pub fn gate_eras(text: &str, minor: &str) -> BTreeMap<String, Vec<Era>> {
    let mut gates: BTreeMap<String, Vec<Era>> = BTreeMap::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_suffix(": {") {
            block = Some(constant(name));
        } else if line.starts_with("},") && !line.contains("Default:") {
            block = None;
        } else if let Some(name) = block.as_ref().filter(|_| line.starts_with('{')) {
            gates.entry(name.clone()).or_default().extend(era(line, minor));
        } else if let Some((name, rest)) = line.split_once(':').filter(|(_, rest)| rest.trim().starts_with("{Default:"))
        {
            gates.entry(constant(name)).or_default().extend(era(rest, minor));
        }
    }
    gates
}

/// `genericfeatures.Name` is `Name`.
fn constant(text: &str) -> String {
    text.trim().rsplit('.').next().unwrap_or_default().to_owned()
}

fn era(line: &str, minor: &str) -> Option<Era> {
    let (line, _) = line.split_once('}').unwrap_or((line, ""));
    let of = |key: &str| {
        let mut parts = line.trim_start_matches([' ', '{']).split(", ");
        parts.find_map(|part| part.trim().strip_prefix(key)).map(str::trim)
    };
    let version = of("Version:").and_then(|text| text.split('"').nth(1));
    let stage = of("PreRelease:").and_then(|text| text.rsplit('.').next()).unwrap_or("GA").to_lowercase();
    let from = version.unwrap_or(minor).to_owned();
    // A constant may be either.
    let on = of("Default:")?.parse().ok()?;
    Some(Era { from, stage, on, locked: of("LockToDefault:") == Some("true") })
}

/// The structs of a file whose fields have a name in JSON.
pub fn structs(text: &str) -> BTreeMap<String, Struct> {
    let mut found = BTreeMap::new();
    let mut inside: Option<(String, Struct)> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("type ").and_then(|rest| rest.strip_suffix(" struct {")) {
            inside = Some((name.trim().to_owned(), Vec::new()));
        } else if line == "}" {
            found.extend(inside.take().filter(|(_, fields)| !fields.is_empty()));
        } else if let Some((_, fields)) = &mut inside {
            fields.extend(field(line.trim()));
        }
    }
    found
}

/// `MaxPods int32 `json:"maxPods,omitempty"``, or an embedded type `TypeMeta `json:",inline"``, which may have a name too:
/// `metav1.ObjectMeta `json:"metadata"``.
fn field(line: &str) -> Option<GoField> {
    if line.starts_with("//") {
        return None;
    }
    let (left, tags) = line.split_once('`')?;
    let (_, json) = tags.split_once("json:\"")?;
    let name = json.split(['"', ',']).next()?;
    let mut words = left.split_whitespace();
    let first = words.next()?;
    let rest: Vec<&str> = words.collect();
    match (name, rest.is_empty()) {
        ("-", _) => None,
        (name, true) => Some(GoField { name: name.to_owned(), kind: first.to_owned() }),
        (name, false) => Some(GoField { name: name.to_owned(), kind: rest.join(" ") }),
    }
}
