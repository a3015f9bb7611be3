//! Secrets that are written in a model are not shown in snippets of it.
//!
//! A snippet shows lines beside the one that is meant, also of a text that cannot be parsed, so the texts are searched for
//! names that a declaration gives a secret type, and for the strings that such names are given.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::source::{Source, SourceKind, Sources};

/// The names that are declared secret in any text of a compile.
pub(super) fn names(sources: &Sources) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, source) in sources.iter() {
        for (at, _) in source.text.match_indices("secret<") {
            let line = source.text[..at].rsplit('\n').next().unwrap_or_default();
            // `param pw: secret<string>`, `option x: map<secret<string>>`, `{ a: int, key?: secret<string> }`
            let name = line.rsplit_once(':').map(|(name, _)| name.trim_end().trim_end_matches('?'));
            let name = name.and_then(|name| name.rsplit(|c: char| !is_part(c)).next());
            names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}

/// A text with `*` for each byte of a string that a secret name is given, so that places stay as they are.
pub(super) fn masked(source: &Source, names: &BTreeSet<String>) -> Option<String> {
    let whole =
        matches!(source.kind, SourceKind::CommandLine(_)) && names.iter().any(|name| source.name.ends_with(&**name));
    let text = &*source.text;
    let mut bytes = text.as_bytes().to_vec();
    let mut found = false;
    let ranges =
        if whole { text.find('=').map(|at| at + 1..text.len()).into_iter().collect() } else { strings(text, names) };
    for range in ranges {
        found = true;
        bytes[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
    }
    found.then(|| String::from_utf8(bytes).ok()).flatten()
}

/// The inside of each string that stands behind `NAME =`, or behind `NAME: type =`.
fn strings(text: &str, names: &BTreeSet<String>) -> Vec<Range<usize>> {
    let mut list = Vec::new();
    for name in names {
        for (at, _) in text.match_indices(name.as_str()) {
            let end = at + name.len();
            let is_whole = !text[..at].ends_with(is_part) && !text[end..].starts_with(is_part);
            let line = text[end..].split(['\n', ',']).next().unwrap_or_default();
            let value = if is_whole { line.find('=').map(|sign| end + sign + 1) } else { None };
            list.extend(value.and_then(|value| string(text, value)));
        }
    }
    list
}

/// The inside of the string that begins behind spaces.
fn string(text: &str, at: usize) -> Option<Range<usize>> {
    let begin = at + text[at..].find(|c: char| c != ' ')?;
    let quote = ["\"\"\"", "\""].into_iter().find(|quote| text[begin..].starts_with(quote))?;
    let inside = begin + quote.len();
    let mut escaped = false;
    for (offset, c) in text[inside..].char_indices() {
        if !escaped && text[inside + offset..].starts_with(quote) || c == '\n' && quote.len() == 1 {
            return Some(inside..inside + offset);
        }
        escaped = c == '\\' && !escaped;
    }
    Some(inside..text.len())
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_secret_name_is_given_is_not_shown() {
        let mut sources = Sources::default();
        let text = "param pw: secret<string> = \"hunter2\"\nparam other: string = \"shown\"\n\
                    deploy app on m { token = \"a\\\"b\", name = \"x\" }\nlet pw-hint = \"shown\"\n";
        sources.add(SourceKind::File, "main.km", text);
        sources.add(
            SourceKind::File,
            "app.km",
            "component app { option token: secret<string>?, option name: string }\n",
        );
        sources.add(SourceKind::CommandLine("--set"), "--set pw", "let x = hunter2\n");
        let names = names(&sources);
        let mut shown =
            sources.iter().map(|(_, source)| masked(source, &names).unwrap_or_else(|| source.text.to_string()));
        let first = shown.next().unwrap();
        assert_eq!(first.len(), text.len());
        assert!(
            !first.contains("hunter2") && !first.contains("a\\\"b") && first.matches("shown").count() == 2,
            "{first}"
        );
        assert!(first.contains("name = \"x\""), "{first}");
        assert!(shown.next().unwrap().contains("option name"));
        assert!(!shown.next().unwrap().contains("hunter2"));
    }
}
