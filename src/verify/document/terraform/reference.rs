//! What texts of a configuration refer to: `${aws_vpc.main.id}`, `${var.key}`.

use serde_json::Value as Json;

use super::{Row, problem, row, texts};
use crate::diag::{Code, Help, closest};
use crate::facts::provider::of_type;
use crate::verify::document::DocumentProblem;
use crate::verify::locate::Step;

/// What a file refers to and no file of its folder has.
pub(super) fn check(top: &Json, all: &[Json]) -> Vec<DocumentProblem> {
    let mut found: Vec<DocumentProblem> = Vec::new();
    texts(top, &mut Vec::new(), &mut |text, path| {
        let bare = path.iter().any(|step| matches!(step, Step::Key(key) if key == "depends_on"));
        let expressions = if bare { vec![text] } else { expressions(text) };
        let names = expressions.into_iter().flat_map(references);
        for one in names.filter_map(|name| missing(all, &name, path)) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    });
    found
}

/// The insides of `${ }` of a text.
fn expressions(text: &str) -> Vec<&str> {
    let (mut list, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find("${") {
        // `$${` is the text itself.
        let is_text = rest[..start].ends_with('$');
        let inside = &rest[start + 2..];
        let end = end_of(inside);
        if !is_text {
            list.push(&inside[..end]);
        }
        rest = &inside[end..];
    }
    list
}

/// Where the bracket that was opened before is closed.
fn end_of(text: &str) -> usize {
    let mut depth = 0;
    for (place, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return place,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The names of an expression that have parts: `["aws_vpc", "main", "id"]`. What stands in quotes is text.
fn references(expression: &str) -> Vec<Vec<String>> {
    let (mut list, mut name, mut in_text) = (Vec::new(), String::new(), false);
    let mut in_index = false;
    for letter in expression.chars().chain([' ']) {
        match letter {
            '"' => in_text = !in_text,
            _ if in_text => {}
            '[' if !name.is_empty() => in_index = true,
            ']' if in_index => in_index = false,
            _ if in_index => {}
            _ if letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.') => name.push(letter),
            _ => list.push(std::mem::take(&mut name)),
        }
    }
    let parts = |name: String| name.split('.').map(str::to_owned).collect::<Vec<_>>();
    list.into_iter().filter(|name| name.contains('.')).map(parts).collect()
}

/// That a name stands for nothing.
fn missing(all: &[Json], name: &[String], path: &[Step]) -> Option<DocumentProblem> {
    let words: Vec<&str> = name.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["var", variable, ..] => undeclared(all, &["variable"], &["var", variable], path),
        ["local", local, ..] => undeclared(all, &["locals"], &["local", local], path),
        ["module", module, ..] => undeclared(all, &["module"], &["module", module], path),
        ["data", kind, name, rest @ ..] if kind.contains('_') => resource(all, ("data", kind, name), rest, path),
        ["resource", kind, name, rest @ ..] | [kind, name, rest @ ..]
            if kind.contains('_') && of_type(kind).is_some() =>
        {
            resource(all, ("resource", kind, name), rest, path)
        }
        _ => None,
    }
}

fn undeclared(all: &[Json], block: &[&str], words: &[&str], path: &[Step]) -> Option<DocumentProblem> {
    let name = words.last()?;
    let blocks = || all.iter().filter_map(|top| block.iter().try_fold(top, |value, key| value.get(key))?.as_object());
    if blocks().any(|known| known.contains_key(*name)) {
        return None;
    }
    let near = closest(name, blocks().flat_map(serde_json::Map::keys).map(String::as_str));
    let help = near.map_or_else(|| "declare it in this folder".into(), Help::near);
    Some(problem(Code::UnknownName, path.to_vec(), format!("`{}` is not declared", words.join(".")), help, true))
}

fn resource(
    all: &[Json],
    (block, kind, name): (&str, &str, &str),
    rest: &[&str],
    path: &[Step],
) -> Option<DocumentProblem> {
    let words = if block == "data" { vec!["data", kind, name] } else { vec![kind, name] };
    let missing = undeclared(all, &[block, kind], &words, path);
    let Row::Known(row) = row(block, kind) else { return missing };
    let attribute = rest.first().filter(|attribute| !row.has(attribute));
    missing.or_else(|| {
        let attribute = attribute?;
        let known = row.takes.keys().chain(&row.gives).map(String::as_str).filter(|name| !name.contains('.'));
        let help = closest(attribute, known).map_or_else(|| "remove it".into(), Help::near);
        let message = format!("`{kind}` has no attribute `{attribute}`");
        Some(problem(Code::UnknownName, path.to_vec(), message, help, true))
    })
}
