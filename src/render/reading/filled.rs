//! What a cloud-config brings to a machine without naming each file: mounts, packages, agents of configuration.

use crate::facts::maker;
use crate::model::Value;
use crate::model::value::Record;
use crate::render::evidence::Filled;

/// What a cloud-config brings.
pub(super) fn of_cloud_config(record: &Record) -> Vec<Filled> {
    let keys = record.iter().filter(|(_, value)| is_set(value));
    let mut list: Vec<Filled> = keys.flat_map(|(key, _)| of_key(key)).collect();
    list.extend(elements(record, "mounts").filter_map(mounted).map(Filled::Folder));
    list.extend(elements(record, "packages").filter_map(package).map(Filled::Package));
    list
}

fn of_key(key: &str) -> Vec<Filled> {
    match maker::of_cloud_config(key) {
        Some([]) => vec![Filled::Anything(key.to_owned())],
        Some(folders) => folders.iter().cloned().map(Filled::Folder).collect(),
        None => Vec::new(),
    }
}

fn is_set(value: &Value) -> bool {
    match value.reveal() {
        Value::Record(record) => !record.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::None => false,
        _ => true,
    }
}

fn elements<'v>(record: &'v Record, key: &str) -> impl Iterator<Item = &'v Value> {
    match record.get(key).map(Value::reveal) {
        Some(Value::List(list)) => list.iter(),
        _ => [].iter(),
    }
}

/// Where `[DEVICE, FOLDER, ...]` is mounted; one without a folder, or with `none`, is not (module mounts of cloud-init).
fn mounted(value: &Value) -> Option<String> {
    let Value::List(words) = value.reveal() else { return None };
    words.get(1)?.scalar_text().filter(|folder| folder.starts_with('/'))
}

/// A name, or a name and a version, or the packages of one package manager.
fn package(value: &Value) -> Option<String> {
    match value.reveal() {
        Value::List(words) => words.first()?.scalar_text(),
        other => other.scalar_text(),
    }
}
