//! Keys that are there twice in one map of a text: most programs take the last and pass over the others, strict ones refuse the file.

use std::collections::HashMap;

use granit_parser::{Event, Parser};

use super::DocumentProblem;
use crate::diag::Code;
use crate::facts::repeated;
use crate::model::Value;
use crate::render::evidence::{Content, Document};
use crate::verify::locate::Step;

/// Longer texts are manifests that programs write, and would be read twice.
const LONGEST: usize = 1 << 18;

/// How the names of files end that are YAML; JSON is a part of it.
const ENDINGS: [&str; 6] = [".yaml", ".yml", ".json", ".conflist", ".kubeconfig", "-data"];

/// Every key of a text that is there a second time.
pub(super) fn check(document: &Document<'_>) -> Vec<DocumentProblem> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    let is_yaml = ENDINGS.iter().any(|ending| document.path.ends_with(ending)) || text.starts_with("#cloud-config");
    if text.len() > LONGEST || !is_yaml && document.value().is_none() || document.path.ends_with(".toml") {
        return Vec::new();
    }
    let kind = document.value().and_then(kind);
    let strict = repeated::refused_by(&document.path, kind.as_deref());
    keys(text).unwrap_or_default().into_iter().map(|key| problem(&document.path, &key, strict)).collect()
}

fn kind(value: &Value) -> Option<String> {
    match value.reveal() {
        Value::Record(record) => record.get("kind")?.scalar_text(),
        _ => None,
    }
}

fn problem(path: &str, Repeated { key, first, line }: &Repeated, strict: Option<&str>) -> DocumentProblem {
    let place = if first == line { "on one line".to_owned() } else { format!("first on its line {first}") };
    let (code, what) = match strict {
        Some(what) => (Code::InvalidConfig, what),
        None => (Code::UnwiseSetting, "the last one wins"),
    };
    DocumentProblem {
        code,
        path: vec![Step::Line(*line)],
        message: format!("`{key}` appears twice in one map of `{path}`, {place}: {what}"),
        help: "remove one of them".into(),
        is_value: true,
    }
}

/// A key, the line where it is first, and the one where it is again.
#[derive(Debug, PartialEq, Eq)]
struct Repeated {
    key: String,
    first: usize,
    line: usize,
}

/// What the nodes at hand are inside of.
enum Inside {
    List,
    /// The keys of a map with their lines, and whether one comes next.
    Map(HashMap<String, usize>, bool),
}

/// The keys that are there again; `None` of a text that is not YAML.
fn keys(text: &str) -> Option<Vec<Repeated>> {
    let (mut found, mut stack) = (Vec::new(), Vec::new());
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let is_key = match &event {
            Event::Scalar(..) | Event::Alias(_) | Event::MappingStart(..) | Event::SequenceStart(..) => {
                node(&mut stack)
            }
            _ => false,
        };
        match event {
            Event::Scalar(key, ..) if is_key => found.extend(again(&mut stack, &key, span.start.line())),
            Event::MappingStart(..) => stack.push(Inside::Map(HashMap::new(), true)),
            Event::SequenceStart(..) => stack.push(Inside::List),
            Event::MappingEnd | Event::SequenceEnd => drop(stack.pop()),
            _ => {}
        }
    }
    Some(found)
}

/// Whether the node that comes is a key; behind it comes a value, and the other way round.
fn node(stack: &mut [Inside]) -> bool {
    match stack.last_mut() {
        Some(Inside::Map(_, is_key)) => std::mem::replace(is_key, !*is_key),
        _ => false,
    }
}

/// A key that the map at hand has already. Several may be merged into one.
fn again(stack: &mut [Inside], key: &str, line: usize) -> Option<Repeated> {
    let Some(Inside::Map(known, _)) = stack.last_mut() else { return None };
    let first = known.insert(key.to_owned(), line).filter(|_| key != "<<")?;
    Some(Repeated { key: key.to_owned(), first, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, usize)> {
        let all = keys(text).expect("YAML").into_iter();
        all.map(|one| (one.key, one.first, one.line)).collect()
    }

    #[test]
    fn each_key_that_is_there_again_is_found_on_its_line() {
        let text = "a: 1\nb: { c: 1, c: 2 }\na:\n- { d: 1 }\n- { d: 1 }\nb: [e, e]\n---\na: 1\n";
        let wanted = [("c", 2, 2), ("a", 1, 3), ("b", 2, 6)].map(|(key, first, line)| (key.to_owned(), first, line));
        assert_eq!(found(text), wanted);
        assert_eq!(found("{\"a\": {\"a\": 1}, \"b\": 1, \"b\": 2}").len(), 1);
    }

    #[test]
    fn merges_and_values_are_not_keys() {
        assert_eq!(found("x: &x { a: 1 }\ny: &y { b: 1 }\nz:\n  <<: *x\n  <<: *y\nw: z\nv: z\n"), []);
        assert_eq!(found("? [a, a]\n: a\n? { a: a }\n: a\n"), []);
        assert!(keys("a: {{ x }}: [").is_none());
    }
}
