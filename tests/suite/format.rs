//! What comes with kmodel is in the form that `kmodel fmt` writes.

use std::fs;
use std::path::{Path, PathBuf};

use kmodel::syntax::format;
use proptest::prelude::*;

#[test]
fn all_files_are_in_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("stdlib"), &mut files);
    collect(&root.join("examples"), &mut files);
    assert!(files.len() > 20, "found only {}", files.len());
    let other = files.iter().filter(|file| {
        let text = fs::read_to_string(file).expect("a `.km` file is text");
        format(&text).expect("the file has no syntax errors") != text
    });
    let other: Vec<_> = other.collect();
    assert!(other.is_empty(), "`kmodel fmt` would change {other:#?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is part of the project") {
        let path = entry.expect("the folder can be read").path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|e| e == "km") => files.push(path),
            false => {}
        }
    }
}

proptest! {
    /// Fields near the width: alignment may break a list, which changes what is aligned.
    #[test]
    fn aligning_twice_is_aligning_once(fields in prop::collection::vec((1usize..90, 0usize..12, 0..4), 1..12)) {
        let fields: Vec<String> = fields.iter().map(|&(key, items, kind)| field(key, items, kind)).collect();
        let text = format!("let x = {{\n{}\n}}\n", fields.join("\n"));
        let once = format(&text).unwrap();
        prop_assert_eq!(format(&once).unwrap(), once.clone(), "{}", once);
        let code = once.lines().map(|line| line.split("  //").next().unwrap_or_default().trim_end());
        let long: Vec<&str> = code.filter(|line| line.contains('[') && line.chars().count() > 120).collect();
        prop_assert!(long.is_empty(), "{:?}", long);
    }
}

fn field(key: usize, items: usize, kind: i32) -> String {
    let (key, items) = ("k".repeat(key), vec!["12345678"; items + 1].join(", "));
    match kind {
        0 => format!("{key} = [{items}]"),
        1 => format!("{key}? = if a then [{items}] else [b] + [c] // why"),
        2 => format!("{key} = f(1, [{{ a = [{items}] }}])\n\n"),
        _ => format!("{key} = {items:?} // text"),
    }
}
