//! Where a part of a document stands in its text: YAML with its lists and texts in texts, JSON, TOML and INI.
//!
//! It reads lines and how far they are indented, and no grammar: the text may be a literal of a model, with expressions in it.
//! What cannot be followed so far is looked for by its name.

use std::ops::Range;

use super::Step;

/// A line that says something.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// Where its first character is in the text.
    start: usize,
    indent: usize,
    body: &'t str,
}

/// The last key of a path, or the start of the element that it ends with.
pub(super) fn find(text: &str, path: &[Step]) -> Option<Range<usize>> {
    if let [Step::Line(number)] = path {
        return line(text, *number);
    }
    if let Some((Step::Line(number), way)) = path.split_last() {
        return below(text, find(text, way)?, *number);
    }
    // A document that begins on a line.
    if let Some(place) = path.iter().rposition(|step| matches!(step, Step::Line(_))) {
        let start = find(text, &path[..=place])?.start;
        let start = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let range = find(&text[start..], &path[place + 1..])?;
        return Some(start + range.start..start + range.end);
    }
    let key = |step: &Step| if let Step::Key(key) = step { Some(key.clone()) } else { None };
    if let Some(keys) = path.iter().map(key).collect::<Option<Vec<String>>>()
        && let Some(found) = super::toml::find(text, &keys.iter().map(String::as_str).collect::<Vec<_>>())
    {
        return Some(found);
    }
    let lines = lines(text);
    let documents: Vec<&[Line<'_>]> =
        lines.split(|line| line.body.trim_end() == "---").filter(|part| !part.is_empty()).collect();
    match (path.first(), documents.as_slice()) {
        (Some(Step::Index(index)), [_, _, ..]) => descend(text, documents.get(*index)?, &path[1..]),
        _ => descend(text, &lines, path),
    }
}

/// A line of a text; the first one of a literal follows its quotes.
fn line(text: &str, number: usize) -> Option<Range<usize>> {
    let skipped = usize::from(text.starts_with("\"\"\""));
    let start: usize = text.split_inclusive('\n').take(number + skipped - 1).map(str::len).sum();
    let body = text.get(start..)?.lines().next()?;
    let start = start + body.len() - body.trim_start().len();
    Some(start..start + body.trim().len()).filter(|range| !range.is_empty())
}

/// A line of the text that stands below a key.
fn below(text: &str, key: Range<usize>, number: usize) -> Option<Range<usize>> {
    let behind = text.get(key.end..)?.lines().next()?;
    // What stands behind the key on its own line is all of it, or says how the lines below are meant.
    if !behind.trim_end().ends_with(['|', '>', '-', '+', '=']) && !behind.trim_end().ends_with("\"\"\"") {
        return Some(key);
    }
    let before = text.get(..key.end)?.matches('\n').count();
    let start: usize = text.split_inclusive('\n').take(before + number).map(str::len).sum();
    let body = text.get(start..)?.lines().next()?;
    let start = start + body.len() - body.trim_start().len();
    Some(start..start + body.trim().len()).filter(|range| !range.is_empty())
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut offset = 0;
    let mut list = Vec::new();
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - body.len();
        // The quotes of a literal are none of its text.
        if !matches!(body.trim(), "" | "\"\"\"") && !body.starts_with(['#', ';']) {
            list.push(Line { start: offset + indent, indent, body: body.trim_end() });
        }
        offset += line.len();
    }
    list
}

fn descend(text: &str, block: &[Line<'_>], path: &[Step]) -> Option<Range<usize>> {
    let first = block.first()?;
    let Some((step, rest)) = path.split_first() else { return Some(first.start..first.start + first.body.len()) };
    let end = block.last().map_or(first.start, |line| line.start + line.body.len());
    let found = match step {
        Step::Key(key) => section(block, key).or_else(|| field(block, key)),
        Step::Index(index) => element(block, *index).map(|inner| (inner[0].start..inner[0].start, inner)),
        Step::Line(_) | Step::Template => None,
    };
    let Some((key, inner)) = found else { return by_name(text, first.start..end, path) };
    let is_below = rest.iter().any(|step| matches!(step, Step::Key(_))) || matches!(step, Step::Index(_));
    match is_below || is_record(&inner, rest) {
        true => descend(text, &inner, rest).or(Some(key)).filter(|range| !range.is_empty()),
        false => Some(key),
    }
}

/// Whether a path ends with an element of a list that has keys of its own.
fn is_record(block: &[Line<'_>], path: &[Step]) -> bool {
    let [Step::Index(index)] = path else { return false };
    let first = element(block, *index).and_then(|inner| inner.first().copied());
    first.is_some_and(|line| line.body.starts_with('{') || line.body.contains(": ") || line.body.ends_with(':'))
}

/// `[Service]`, and the lines up to the next section.
fn section<'t>(block: &[Line<'t>], name: &str) -> Option<(Range<usize>, Vec<Line<'t>>)> {
    let is_section = |line: &Line<'_>| line.body.starts_with('[') && line.body.ends_with(']');
    let place = block.iter().position(|line| is_section(line) && line.body[1..line.body.len() - 1] == *name)?;
    let inner = block[place + 1..].iter().take_while(|line| !is_section(line)).copied().collect();
    let start = block[place].start + 1;
    Some((start..start + name.len(), inner))
}

/// `key: ...` or `key = ...` on the first level of a block, and what is below it or behind it.
fn field<'t>(block: &[Line<'t>], key: &str) -> Option<(Range<usize>, Vec<Line<'t>>)> {
    let level = block.iter().map(|line| line.indent).min()?;
    let named = |line: &Line<'t>| {
        let quoted = usize::from(line.body.starts_with(['"', '\'']));
        let rest = line.body[quoted..].strip_prefix(key)?;
        let rest = if quoted == 1 { rest.strip_prefix(['"', '\''])? } else { rest };
        let behind = rest.trim_start().strip_prefix([':', '='])?;
        Some((line.start + quoted, behind.trim_start()))
    };
    let has_level = |line: &Line<'_>| line.indent == level || block[0].start == line.start;
    let (place, (start, behind)) =
        block.iter().enumerate().filter(|(_, line)| has_level(line)).find_map(|(i, line)| Some((i, named(line)?)))?;
    let below = |line: &&Line<'_>| line.indent > level || line.indent == level && line.body.starts_with("- ");
    let mut inner: Vec<Line<'t>> = block[place + 1..].iter().take_while(below).copied().collect();
    if behind.starts_with(['{', '[', '"']) {
        let at = block[place].start + block[place].body.len() - behind.len();
        let body = &block[place].body[block[place].body.len() - behind.len()..];
        inner.insert(0, Line { start: at, indent: usize::MAX, body });
    }
    Some((start..start + key.len(), inner))
}

/// An element of a list, with its first key at the level of the others.
fn element<'t>(block: &[Line<'t>], index: usize) -> Option<Vec<Line<'t>>> {
    let level = block.first()?.indent;
    let is_item = |line: &Line<'_>| line.indent == level && line.body.starts_with('-');
    let starts: Vec<usize> = block.iter().enumerate().filter(|(_, line)| is_item(line)).map(|(i, _)| i).collect();
    let start = *starts.get(index)?;
    let end = starts.get(index + 1).copied().unwrap_or(block.len());
    let mut inner = block[start..end].to_vec();
    let body = inner[0].body[1..].trim_start();
    let moved = inner[0].body.len() - body.len();
    inner[0] = Line { start: inner[0].start + moved, indent: level + moved, body };
    Some(inner)
}

/// The keys of a path one after the other, as words.
fn by_name(text: &str, range: Range<usize>, path: &[Step]) -> Option<Range<usize>> {
    let mut found: Option<Range<usize>> = None;
    let keys = path.iter().filter_map(|step| if let Step::Key(key) = step { Some(key) } else { None });
    for key in keys {
        let from = found.as_ref().map_or(range.start, |found| found.end);
        found = Some(word(text.get(..range.end)?, from, key)?);
    }
    found
}

/// A word from a place on, which is followed by what follows a key.
fn word(text: &str, from: usize, key: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let is_key = |at: usize| {
        let rest = text[at + key.len()..].trim_start_matches(['"', '\'', '\\', ' ', '\t']);
        // In a literal a line break is written `\n`.
        let before = text[..at].strip_suffix("\\n").unwrap_or(&text[..at]);
        let starts = before.len() != at || !before.ends_with(is_part);
        starts && (rest.is_empty() || rest.starts_with([':', '=', ']', '\n']))
    };
    let places = text.get(from..)?.match_indices(key).map(|(at, _)| from + at);
    places.filter(|_| !key.is_empty()).find(|at| is_key(*at)).map(|at| at..at + key.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "\
# a comment
apiVersion: v1
kind: ConfigMap
data:
  config.conf: |-
    kind: KubeProxyConfiguration
    mode: ipvs
    ipvs:
      scheduler: rr
---
kind: Pod
spec:
  containers:
  - name: a
    args: [\"--x\", \"--y\"]
  - name: b
    env:
    - name: POOL
      value: 10.0.0.0/8
";

    fn at(text: &str, path: &[Step]) -> Option<(usize, String)> {
        let range = find(text, path)?;
        Some((text[..range.start].matches('\n').count() + 1, text[range].to_owned()))
    }

    fn steps(path: &str) -> Vec<Step> {
        path.split('/').map(|step| step.parse().map_or_else(|_| step.into(), Step::Index)).collect()
    }

    #[test]
    fn keys_are_found_in_lists_in_texts_and_in_several_documents() {
        for (path, line, word) in [
            ("0/kind", 3, "kind"),
            ("0/data/config.conf/mode", 7, "mode"),
            ("0/data/config.conf/ipvs/scheduler", 9, "scheduler"),
            ("1/kind", 11, "kind"),
            ("1/spec/containers/1/name", 16, "name"),
            ("1/spec/containers/0/args/1", 15, "args"),
            ("1/spec/containers/1/env/0/value", 19, "value"),
            ("1/spec/containers/1", 16, "name: b"),
        ] {
            assert_eq!(at(YAML, &steps(path)), Some((line, word.to_owned())), "{path}");
        }
    }

    #[test]
    fn elements_in_braces_are_found_by_their_place() {
        let text =
            "a:\n  list:\n  - { name: x, value: /1 }\n  - { name: y, value: /2 }\n  - { name: z, value: /3 }\nb: {}\n";
        for (place, line) in [(0, 3), (1, 4), (2, 5)] {
            let path = format!("a/list/{place}/value");
            assert_eq!(at(text, &steps(&path)), Some((line, "value".to_owned())), "{path}");
        }
        let literal = format!("\"\"\"\n    {}\n    \"\"\"", text.trim_end().replace('\n', "\n    "));
        assert_eq!(at(&literal, &steps("a/list/2/value")), Some((6, "value".to_owned())));
    }

    #[test]
    fn other_forms_are_read_too() {
        let ini = "[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\n";
        assert_eq!(at(ini, &steps("Service/ExecStart")), Some((4, "ExecStart".to_owned())));
        let json = "{\n  \"kind\": \"X\",\n  \"a\": { \"b\": 1 }\n}\n";
        assert_eq!(at(json, &steps("a/b")), Some((3, "b".to_owned())));
        let literal = "\"kind: X\\nmode: ipvs\\n\"";
        assert_eq!(at(literal, &steps("mode")), Some((1, "mode".to_owned())));
        let toml = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n  sandbox_image = \"x\"\n";
        assert_eq!(at(toml, &steps("sandbox_image")), Some((3, "sandbox_image".to_owned())));
        assert_eq!(at(ini, &steps("Service/Nothing")), Some((3, "Service".to_owned())));
    }
}
