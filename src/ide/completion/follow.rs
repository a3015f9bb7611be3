//! What stands behind the cursor already, and is not to be written twice.

use super::{Item, Sort};

/// Takes from each item what follows the cursor on its line: `=` after a key, `(` after a function, the rest of a statement.
pub(super) fn fit(items: &mut [Item], after: &str) {
    let line = after.split(['\n', '\r']).next().unwrap_or_default().trim_start();
    let assigned = line.starts_with('=') && !line.starts_with("==");
    let more = !line.is_empty() && !line.starts_with(['}', ')', ']', ',']) && !line.starts_with("//");
    for item in items.iter_mut().filter(|item| item.is_snippet) {
        let is_there = match item.sort {
            Sort::Field | Sort::Flag => assigned,
            Sort::Function => line.starts_with('('),
            Sort::Snippet | Sort::Code => more && item.insert.starts_with(&format!("{} ", item.label)),
            _ => false,
        };
        if is_there {
            item.insert = item.label.clone();
            item.is_snippet = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(item: Item, after: &str) -> String {
        let mut items = [item];
        fit(&mut items, after);
        items[0].insert.clone()
    }

    #[test]
    fn nothing_is_written_twice() {
        let field = || Item::new("cores", Sort::Field).snippet("cores = $1");
        assert_eq!(inserted(field(), " = 3 }"), "cores");
        assert_eq!(inserted(field(), " }"), "cores = $1");
        let function = || Item::new("join", Sort::Function).snippet("join($1)");
        assert_eq!(inserted(function(), "([], \"\")"), "join");
        assert_eq!(inserted(function(), "\n(x)"), "join($1)");
        let statement = || Item::new("let", Sort::Snippet).snippet("let ${1:name} = $0");
        assert_eq!(inserted(statement(), " a = 1"), "let");
        assert_eq!(inserted(statement(), " // more"), "let ${1:name} = $0");
    }
}
