//! The bodies of targets, by their name: the fields of `tables/targets.toml`. Unknown targets are reported when the model is
//! made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{FieldRow, Schema, field};
use crate::facts::platform::{Platform, platforms};
use crate::facts::target::fields;

/// Made once, when one is first asked for.
static SCHEMAS: LazyLock<BTreeMap<&'static str, Schema>> =
    LazyLock::new(|| platforms().map(|platform| (platform.name.as_str(), schema(platform))).collect());

fn schema(platform: &'static Platform) -> Schema {
    let rows: Vec<FieldRow> = fields(platform).map(|row| field(&row.name, &row.ty, &row.doc)).collect();
    Schema::new(String::leak(format!("target {}", platform.name)), Vec::leak(rows))
}

/// The schemas of all targets.
pub fn all() -> impl Iterator<Item = &'static Schema> {
    SCHEMAS.values()
}

/// The schema of a target, if there is one of this name.
pub fn of(name: &str) -> Option<&'static Schema> {
    SCHEMAS.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type that cannot be read would be `any`, and turn checking off.
    #[test]
    fn each_type_of_the_table_is_read() {
        for (name, schema) in &*SCHEMAS {
            for (field, spec) in schema.fields.iter().filter(|(field, _)| **field != "cloud-config") {
                assert!(!format!("{:?}", spec.takes).contains("Any"), "`{field}` of `{name}`: {:?}", spec.takes);
            }
        }
    }
}
