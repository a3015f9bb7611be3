//! Secrets that are written in a model or in a file that it reads are not shown with problems.
//!
//! A snippet shows lines beside the one that is meant, also of a text that cannot be parsed, so the texts are searched for
//! names that a declaration gives a secret type, for the strings that such names are given, and for keys, tokens and passwords.
//! What was found is not in a message either.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diag::Diagnostic;
use crate::model::private_key;
use crate::source::{Source, SourceKind, Sources};

/// What is not shown of the texts of a compile.
#[derive(Default)]
pub(super) struct Mask {
    names: BTreeSet<String>,
    /// What is written where a secret is; longer ones first.
    secrets: Vec<String>,
}

/// Shorter secrets are parts of other words.
const SHORTEST: usize = 6;

impl Mask {
    pub(super) fn new(sources: &Sources) -> Self {
        let names = names(sources);
        // A secret of only lower-case letters may also be an ordinary word elsewhere.
        let is_name = |secret: &str| secret.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte));
        let mut secrets: Vec<String> = Vec::new();
        for source in sources.iter().map(|(_, source)| source).chain(sources.pasted()) {
            let text = |range: Range<usize>| source.text[range].to_owned();
            secrets.extend(declared(source, &names).into_iter().map(text));
            secrets.extend(found(source).into_iter().map(text).filter(|secret| !is_name(secret)));
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { names, secrets }
    }

    /// A text with `*` for each byte of a secret, so that places stay as they are; `None` where there is none.
    pub(super) fn text(&self, source: &Source) -> Option<String> {
        let written = self.secrets.iter().flat_map(|secret| {
            let places = source.text.match_indices(&**secret);
            places.map(|(at, text)| at..at + text.len()).collect::<Vec<_>>()
        });
        masked(source, declared(source, &self.names).into_iter().chain(found(source)).chain(written).collect())
    }

    /// The problems, without secrets in what is said of them.
    pub(super) fn problems(&self, problems: &[Diagnostic]) -> Vec<Diagnostic> {
        let mut problems = problems.to_vec();
        if self.secrets.is_empty() {
            return problems;
        }
        for problem in &mut problems {
            self.hide(&mut problem.message);
            problem.labels.iter_mut().for_each(|label| self.hide(&mut label.text));
            // A fix writes what there is; what shows a secret is not shown.
            problem
                .fixes
                .retain(|fix| !self.is_in(&fix.title) && !fix.edits.iter().any(|edit| self.is_in(&edit.replacement)));
            if let Some(help) = problem.help.take() {
                problem.help = Some(if self.is_in(help.text()) { self.hidden(help.text()).into() } else { help });
            }
        }
        problems
    }

    fn is_in(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(&**secret))
    }

    fn hide(&self, text: &mut String) {
        if self.is_in(text) {
            *text = self.hidden(text);
        }
    }

    fn hidden(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(&**secret, "***"))
    }
}

/// The names that are declared secret in any text of a compile.
fn names(sources: &Sources) -> BTreeSet<String> {
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

/// Where a secret name is given its value.
fn declared(source: &Source, names: &BTreeSet<String>) -> Vec<Range<usize>> {
    let text = &*source.text;
    match source.kind {
        SourceKind::CommandLine(_) if names.iter().any(|name| gives(source, name)) => {
            text.find('=').map(|at| at + 1..text.len()).into_iter().collect()
        }
        SourceKind::Library => Vec::new(),
        _ => strings(text, names),
    }
}

/// Whether an option of the command line gives a name its value: `--set pw=...`, `--set app.pw=...`.
fn gives(source: &Source, name: &str) -> bool {
    let given = source.text.split('=').next().unwrap_or_default();
    source.name.ends_with(name) || given.trim().rsplit('.').next() == Some(name)
}

/// Where keys, tokens and passwords are.
fn found(source: &Source) -> Vec<Range<usize>> {
    if source.kind == SourceKind::Library { Vec::new() } else { private_key::places(&source.text) }
}

fn masked(source: &Source, ranges: Vec<Range<usize>>) -> Option<String> {
    if ranges.is_empty() {
        return None;
    }
    let mut bytes = source.text.as_bytes().to_vec();
    for range in ranges {
        bytes[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
    }
    String::from_utf8(bytes).ok()
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
        let mask = Mask::new(&sources);
        let mut shown = sources.iter().map(|(_, source)| mask.text(source).unwrap_or_else(|| source.text.to_string()));
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
