//! A law of the formatter besides its fixtures (`tests/cases/format`).

use kmodel::syntax::format;
use proptest::prelude::*;

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
