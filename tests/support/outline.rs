//! The typed tree as text without places, so that two trees can be compared and read.

use kmodel::syntax::ast::{File, StatementKind};

/// One line a statement, and one an item of a component.
pub fn file(file: &File) -> String {
    let mut lines = vec![format!("docs {:?}", file.docs)];
    for statement in &file.statements {
        match &statement.kind {
            StatementKind::Component(component) => {
                lines.push(format!("component {} docs {:?}", component.name.name, statement.docs));
                lines.extend(component.items.iter().map(|item| plain(&format!("  {item:?}"))));
            }
            _ => lines.push(plain(&format!("{statement:?}"))),
        }
    }
    lines.join("\n")
}

/// A debug text without spans, and with names as they are.
fn plain(debug: &str) -> String {
    let mut text = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(at) = rest.find("span: Span {") {
        text.push_str(rest[..at].trim_end_matches([',', ' ']));
        rest = rest[at..].split_once('}').map_or("", |(_, after)| after);
        rest = if text.ends_with('{') { rest.strip_prefix(',').unwrap_or(rest) } else { rest };
    }
    text.push_str(rest);
    text
}
