//! Every row of every table names its source, or stands below something that does.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Value;

fn tables(folder: &Path, list: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the tables") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => tables(&path, list),
            false if path.extension().is_some_and(|ending| ending == "toml") => list.push(path),
            false => {}
        }
    }
}

/// The rows without a source: tables that hold no other table.
fn unsourced(value: &Value, way: &str, below: bool, found: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            let own = below || table.keys().any(|key| key == "source" || key.ends_with("_source"));
            let holds = |value: &Value| {
                value.is_table() || value.as_array().is_some_and(|list| list.iter().any(Value::is_table))
            };
            if !own && !table.values().any(holds) {
                found.push(way.to_owned());
            }
            table.iter().for_each(|(key, value)| unsourced(value, &format!("{way}/{key}"), own, found));
        }
        Value::Array(list) => list.iter().for_each(|value| unsourced(value, way, below, found)),
        _ => {}
    }
}

#[test]
fn every_row_of_a_table_has_a_source() {
    let (mut files, mut found) = (Vec::new(), Vec::new());
    tables(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib/tables"), &mut files);
    assert!(files.len() > 40, "{} tables", files.len());
    for path in files {
        let text = fs::read_to_string(&path).expect("a table");
        let table: toml::Table = toml::from_str(&text).expect("TOML");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        unsourced(&Value::Table(table), &name, false, &mut found);
    }
    assert!(found.is_empty(), "rows without a source:\n{}", found.join("\n"));
}
