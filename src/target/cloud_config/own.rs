//! What the operator adds to every machine's user-data: `cloud-config = { }` of a target.

use crate::diag::Code;
use crate::model::Value;
use crate::model::value::Record;
use crate::render::bundle::BundleFile;
use crate::target::{Problem, Site};

/// The field of a target.
pub const FIELD: &str = "cloud-config";

/// Keys that are different on each machine, or that the others depend on.
pub const OWNED: [(&str, &str); 7] = [
    ("hostname", "each machine has its own name"),
    ("fqdn", "each machine has its own name"),
    ("prefer_fqdn_over_hostname", "each machine has its own name"),
    ("preserve_hostname", "a machine sets its name at its first boot"),
    ("manage_etc_hosts", "kmodel writes `/etc/hosts`, with the machine's own address"),
    ("merge_how", "kmodel merges the lists"),
    ("merge_type", "kmodel merges the lists"),
];

/// Adds it: lists come after kmodel's own, everything else in its place.
pub fn add(config: &mut Record, site: &Site) {
    let Some(Value::Record(own)) = site.options.get(FIELD) else { return };
    for (key, value) in own.iter() {
        let joined = match (config.get(key), value) {
            (Some(Value::List(first)), Value::List(then)) => Value::list(first.iter().chain(then.iter()).cloned()),
            _ => value.clone(),
        };
        config.insert(key.clone(), joined);
    }
}

/// The files that it writes where kmodel writes one too.
pub fn twice(site: &Site, files: &[BundleFile]) -> Vec<Problem> {
    let Some(Value::Record(own)) = site.options.get(FIELD) else { return Vec::new() };
    let Some(Value::List(list)) = own.get("write_files") else { return Vec::new() };
    let path = |entry: &Value| match entry {
        Value::Record(entry) => entry.get("path").and_then(Value::scalar_text),
        _ => None,
    };
    let written = |path: String| files.iter().find(|file| file.path == path);
    let problem = |file: &BundleFile| {
        let message = format!("`{}` is already written by {}", file.path, file.origin.shown(&site.sources));
        Problem::of_field(Code::FileTwice, FIELD, message, "use another path, or change the file of the component")
    };
    list.iter().filter_map(path).filter_map(written).map(problem).collect()
}
