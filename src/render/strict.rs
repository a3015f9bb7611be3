//! Strict checkers of what is written: files that say what they are.
//!
//! The usual programs let a key pass that they do not know: cloud-init and kubectl drop it, kubeadm warns. So a file that is
//! a cloud-config, a network-config, a kubeconfig, a kubeadm configuration or a systemd unit, by its place or by what it says
//! of itself, is compared with the keys that there are before anything is written.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Fix};
use crate::model::{MachineId, Model, Value};
use crate::syntax::ast::Expr;

mod kubeconfig;
mod place;
mod table;
mod trust;
mod unit;

pub use trust::Known;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    CloudConfig,
    NetworkConfig,
    /// The same as network-config, below `network`.
    Netplan,
    Kubeconfig,
    Kubeadm,
    Unit,
}

/// The content of a file: as a value, where the component gives one, or as its text.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    Value(&'a Value),
    Text(&'a str),
}

/// A step from the top of a document to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Something that is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: Code,
    /// To the key or the value that is meant.
    pub path: Vec<Step>,
    pub message: String,
    pub help: String,
    /// What the last key of the path should probably be.
    pub near: Option<String>,
}

/// A file that a component writes.
pub struct File<'a> {
    pub path: &'a str,
    pub content: Content<'a>,
    /// Where it is put together.
    pub written: &'a Expr,
    pub machine: Option<MachineId>,
    /// Whether it follows from a relation, of which it is proved already what holds of the connection.
    pub derived: bool,
}

/// What is wrong with a file of a component, shown where the component writes it.
pub fn file<'a>(model: &'a Model<'_>, known: Known<'a>, file: &File<'a>) -> Vec<Diagnostic> {
    let findings = judge(file.path, file.content);
    let mut list: Vec<_> =
        findings.into_iter().map(|finding| diagnostic(model, file.path, finding, file.written)).collect();
    if list.is_empty() {
        let (machine, written, derived) = (file.machine, Some(file.written), file.derived);
        let config = trust::Kubeconfig { model, known, machine, written, derived };
        list.extend(kubeconfigs(file).iter().flat_map(|value| config.judge(value)));
    }
    list
}

/// What is wrong with a kubeconfig as it will be written, of a machine or of none.
pub fn issued(
    model: &Model<'_>,
    known: Known<'_>,
    path: &str,
    text: &str,
    machine: Option<MachineId>,
) -> Vec<Diagnostic> {
    let config = trust::Kubeconfig { model, known, machine, written: None, derived: false };
    if !text.contains("kind: Config") && !text.contains("\"Config\"") {
        return Vec::new();
    }
    let documents = serde_saphyr::from_multiple::<Json>(text).unwrap_or_default();
    let claimed = documents.iter().filter(|value| claim(path, value, "") == Some(Claim::Kubeconfig));
    claimed.flat_map(|value| config.judge(value)).collect()
}

/// The kubeconfigs in a file, with what they hold as it is: what is issued has not been yet.
fn kubeconfigs(file: &File<'_>) -> Vec<Json> {
    let list = match file.content {
        Content::Value(value) => vec![json(value, Secrets::Seen)],
        Content::Text(text) if text.contains("kind:") || claim(file.path, &Json::Null, text).is_some() => {
            serde_saphyr::from_multiple::<Json>(text).unwrap_or_default()
        }
        Content::Text(_) => Vec::new(),
    };
    list.into_iter().filter(|value| claim(file.path, value, "") == Some(Claim::Kubeconfig)).collect()
}

/// What is wrong with a value that goes into a file, shown where it is written.
pub fn part(model: &Model<'_>, path: &str, value: &Value, written: &Expr) -> Vec<Diagnostic> {
    let findings = judge(path, Content::Value(value)).into_iter();
    findings.map(|finding| diagnostic(model, path, finding, written)).collect()
}

/// What is wrong with the content of a file.
pub fn judge(path: &str, content: Content<'_>) -> Vec<Finding> {
    match content {
        Content::Value(value) => document(path, &json(value, Secrets::Hidden), ""),
        Content::Text(text) if claim(path, &Json::Null, text) == Some(Claim::Unit) => unit::judge(path, text),
        Content::Text(text) => documents(path, text),
    }
}

/// A YAML text may hold several documents.
fn documents(path: &str, text: &str) -> Vec<Finding> {
    let may_claim = text.contains("kind:") || claim(path, &Json::Null, text).is_some();
    if !may_claim {
        return Vec::new();
    }
    match serde_saphyr::from_multiple::<Json>(text) {
        Ok(list) => list.iter().flat_map(|value| document(path, value, text)).collect(),
        Err(error) if claim(path, &Json::Null, text).is_some() => {
            let message = error.to_string().lines().next().unwrap_or_default().to_lowercase();
            vec![Finding {
                code: Code::InvalidConfig,
                path: Vec::new(),
                message: format!("`{path}` is no YAML: {message}"),
                help: "give it as `content`, which kmodel writes".to_owned(),
                near: None,
            }]
        }
        Err(_) => Vec::new(),
    }
}

fn document(path: &str, value: &Json, text: &str) -> Vec<Finding> {
    let Some(claim) = claim(path, value, text) else { return Vec::new() };
    match claim {
        Claim::CloudConfig => table::judge(&table::CLOUD_CONFIG, "", value),
        Claim::NetworkConfig => table::judge(&table::NETWORK_CONFIG, "", value.get("network").unwrap_or(value)),
        Claim::Netplan => match value.get("network") {
            Some(network) => below("network", table::judge(&table::NETWORK_CONFIG, "", network)),
            None => vec![no_network(value)],
        },
        Claim::Kubeconfig => {
            let mut list = table::judge(&table::KUBECONFIG, "", value);
            list.extend(kubeconfig::judge(value));
            list
        }
        Claim::Kubeadm => match value.get("kind").and_then(Json::as_str) {
            Some(kind) if table::KUBEADM.body.contains_key(kind) => table::judge(&table::KUBEADM, kind, value),
            _ => Vec::new(),
        },
        Claim::Unit => Vec::new(),
    }
}

fn below(key: &str, findings: Vec<Finding>) -> Vec<Finding> {
    let under = |mut finding: Finding| {
        finding.path.insert(0, Step::Key(key.to_owned()));
        finding
    };
    findings.into_iter().map(under).collect()
}

fn no_network(value: &Json) -> Finding {
    let first = value.as_object().and_then(|map| map.keys().next().cloned());
    Finding {
        code: Code::UnknownKey,
        path: first.map(Step::Key).into_iter().collect(),
        message: "netplan reads nothing but `network`".to_owned(),
        help: "put everything below `network`".to_owned(),
        near: None,
    }
}

/// What a file says that it is: by what is in it, or by where it lies.
fn claim(path: &str, value: &Json, text: &str) -> Option<Claim> {
    let field = |name: &str| value.get(name).and_then(Json::as_str).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default();
    let is_unit = path.starts_with("/etc/systemd/system/") || path.starts_with("/usr/lib/systemd/system/");
    match () {
        () if text.starts_with("#cloud-config") => Some(Claim::CloudConfig),
        () if path.starts_with("/etc/cloud/cloud.cfg") || matches!(name, "user-data" | "vendor-data") => {
            // A script may be user-data too.
            (!text.starts_with("#!")).then_some(Claim::CloudConfig)
        }
        () if name == "network-config" => Some(Claim::NetworkConfig),
        () if path.starts_with("/etc/netplan/") && matches!(ending, "yaml" | "yml") => Some(Claim::Netplan),
        () if field("apiVersion").starts_with("kubeadm.k8s.io/v1beta") => Some(Claim::Kubeadm),
        () if field("apiVersion") == "v1" && field("kind") == "Config" => Some(Claim::Kubeconfig),
        () if name.ends_with(".kubeconfig") => Some(Claim::Kubeconfig),
        () if is_unit && (unit::ENDINGS.contains(&ending) || path.contains(".d/") && ending == "conf") => {
            Some(Claim::Unit)
        }
        () => None,
    }
}

/// Whether secrets are looked into. What is told of them may not show them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Hidden,
    Seen,
}

/// A value as its document has it.
fn json(value: &Value, secrets: Secrets) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Size(bytes) => (*bytes).into(),
        Value::List(list) => Json::Array(list.iter().map(|value| json(value, secrets)).collect()),
        Value::Record(record) => record.iter().map(|(name, value)| (name.to_string(), json(value, secrets))).collect(),
        Value::Secret(inner) if secrets == Secrets::Seen => json(inner, secrets),
        Value::Secret(_) => Json::String(table::SECRET.to_owned()),
        Value::Port(port) => port.number.into(),
        scalar => Json::String(scalar.scalar_text().unwrap_or_default()),
    }
}

/// A value on one line, to be compared.
pub fn plain(value: &Value) -> String {
    json(value, Secrets::Seen).to_string()
}

/// A finding, shown where the document is put together.
pub fn diagnostic(model: &Model<'_>, path: &str, finding: Finding, written: &Expr) -> Diagnostic {
    let place = place::find(model, written, &finding.path);
    let here = if place.exact { String::new() } else { format!("`{path}` is made here") };
    let diagnostic = Diagnostic::new(finding.code, place.span, finding.message).here(here).help(finding.help);
    match finding.near.filter(|_| place.exact) {
        Some(near) => {
            let text = if place.quoted { format!("\"{near}\"") } else { near.clone() };
            diagnostic.with_fix(Fix::guess(format!("write `{near}`")).edit(place.span, text))
        }
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests;
