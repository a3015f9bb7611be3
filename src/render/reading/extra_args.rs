//! Arguments that kubeadm adds to those of its own: `extraArgs` of its configuration, as flags of the programs that get them.
//!
//! Source: kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4 (a list of names and values) and
//! kubeadm-config.v1beta3 (a map).

use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Flag, Flags, Step, Written};
use crate::render::flag;

use super::argument;
use super::pod::release;

/// Whose arguments stand where in a kind of kubeadm's configuration.
pub const PLACES: [(&str, &[&str], &str); 6] = [
    ("ClusterConfiguration", &["apiServer", "extraArgs"], "kube-apiserver"),
    ("ClusterConfiguration", &["controllerManager", "extraArgs"], "kube-controller-manager"),
    ("ClusterConfiguration", &["scheduler", "extraArgs"], "kube-scheduler"),
    ("ClusterConfiguration", &["etcd", "local", "extraArgs"], "etcd"),
    ("InitConfiguration", &["nodeRegistration", "kubeletExtraArgs"], "kubelet"),
    ("JoinConfiguration", &["nodeRegistration", "kubeletExtraArgs"], "kubelet"),
];

/// The flags in a document, if it is kubeadm's.
pub(super) fn flags<'p>(model: &Model<'_>, document: &Document<'p>) -> Vec<Flags<'p>> {
    if document.derived {
        return Vec::new();
    }
    match document.value().map(Value::reveal) {
        Some(Value::List(parts)) => {
            let parts = parts.iter().enumerate();
            parts.flat_map(|(place, part)| of_part(model, document, &[place.into()], part)).collect()
        }
        Some(part) => of_part(model, document, &[], part),
        None => Vec::new(),
    }
}

fn of_part<'p>(model: &Model<'_>, document: &Document<'p>, at: &[Step], part: &Value) -> Vec<Flags<'p>> {
    let Value::Record(record) = part.reveal() else { return Vec::new() };
    let text = |name: &str| record.get(name).and_then(Value::scalar_text).unwrap_or_default();
    if !text("apiVersion").starts_with("kubeadm.k8s.io/") {
        return Vec::new();
    }
    let kind = text("kind");
    let named = PLACES.iter().filter(|(own, ..)| *own == kind);
    named.filter_map(|(_, path, program)| of_program(model, document, (at, path), (record, program))).collect()
}

fn of_program<'p>(
    model: &Model<'_>,
    document: &Document<'p>,
    (at, path): (&[Step], &[&str]),
    (record, program): (&Record, &str),
) -> Option<Flags<'p>> {
    let (first, rest) = path.split_first()?;
    let list = rest.iter().try_fold(record.get(*first)?.reveal(), |value, key| match value {
        Value::Record(record) => Some(record.get(*key)?.reveal()),
        _ => None,
    })?;
    let way: Vec<Step> = at.iter().cloned().chain(path.iter().map(|key| Step::from(*key))).collect();
    let word = |steps: &[Step], text: &str| {
        let at = document.way(&[&*way, steps].concat());
        Written::Word { expr: document.written, at, text: text.to_owned() }
    };
    let own = || record.get("kubernetesVersion").and_then(Value::scalar_text).and_then(|text| release(&text));
    let owner = document.owner;
    let version = match program {
        // Its version follows from that of kubeadm.
        "etcd" => None,
        program => own().or_else(|| flag::version(model, Some(owner.provider()), program)),
    };
    // kubeadm hands over a name that is there twice as the flag twice.
    let given = arguments(list).into_iter().map(|(steps, name, value)| {
        let written = word(&steps, &value);
        (Flag { written, value: Value::None, name }, value)
    });
    let given = argument::merged(program, given);
    let named = word(&[], path.last().copied().unwrap_or_default());
    Some(Flags { version, given, partial: true, ..Flags::on_host(program.into(), named, owner) })
}

/// The arguments, each with the way to its value.
fn arguments(list: &Value) -> Vec<(Vec<Step>, String, String)> {
    let of_element = |(place, element): (usize, &Value)| {
        let Value::Record(element) = element.reveal() else { return None };
        let text = |name: &str| element.get(name).and_then(Value::scalar_text);
        Some((vec![place.into(), "value".into()], text("name")?, text("value")?))
    };
    match list {
        Value::List(list) => list.iter().enumerate().filter_map(of_element).collect(),
        Value::Record(map) => {
            let pairs = map.iter().map(|(key, value)| (key.to_string(), value));
            pairs.filter_map(|(key, value)| Some((vec![Step::from(&*key)], key, value.scalar_text()?))).collect()
        }
        _ => Vec::new(),
    }
}
