//! The documents of a manifest, and the patches that change them.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::EvalError;
use crate::source::Span;
use crate::text::List;

use super::patch::{Change, Patch, Target};
use super::path::PathStep;
use super::{merge, missed};

/// A document with its text as it is published.
struct Document<'t> {
    text: &'t str,
    object: Json,
    changed: bool,
}

/// A text with its patches applied, and the patches as its objects need them.
pub(super) fn patched(text: &str, patches: &[Patch], span: Span) -> Result<(String, Vec<Json>), EvalError> {
    let mut list = split(text).into_iter().map(|part| document(part, span)).collect::<Result<Vec<_>, EvalError>>()?;
    if let Some(other) = list.iter().find(|document| !document.is_object()) {
        let begin: String = other.text.trim().chars().take(40).collect();
        let problem = Diagnostic::new(
            Code::InvalidConfig,
            span,
            "the manifest contains a document that is not a Kubernetes object",
        );
        return Err(Box::new(
            problem.help(format!("it begins with {begin:?}; each document has `apiVersion` and `kind`")),
        ));
    }
    if patches.is_empty() {
        return Ok((text.to_owned(), Vec::new()));
    }
    let made = patches.iter().map(|patch| one(&mut list, patch)).collect::<Result<_, EvalError>>()?;
    let texts: Vec<String> = list.iter().map(Document::written).collect();
    Ok((texts.join("---\n"), made))
}

/// The documents of a text, which lines of dashes part.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(&text[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(&text[start..]);
    parts
}

fn document(text: &str, span: Span) -> Result<Document<'_>, EvalError> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // As kubectl and cloud-init read modes: `0644`.
        legacy_octal_numbers: true,
    };
    let object = serde_saphyr::from_str_with_options::<Option<Json>>(text, options).map_err(|error| {
        let why = error.to_string().lines().next().unwrap_or_default().to_lowercase();
        let why = why.trim_start_matches("error: ");
        Box::new(Diagnostic::new(Code::InvalidConfig, span, format!("the manifest is not YAML: {why}")))
    })?;
    Ok(Document { text, object: object.unwrap_or(Json::Null), changed: false })
}

impl Document<'_> {
    /// Whether it is empty, or an object.
    fn is_object(&self) -> bool {
        let has = |key: &str| self.object[key].is_string();
        self.object.is_null() || has("apiVersion") && has("kind")
    }

    fn written(&self) -> String {
        let text = if self.changed {
            serde_json::to_string_pretty(&self.object).unwrap_or_default()
        } else {
            self.text.to_owned()
        };
        if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
    }

    fn target(&self) -> Target {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        Target {
            api: text(&self.object["apiVersion"]),
            kind: text(&self.object["kind"]).unwrap_or_default(),
            namespace: text(&self.object["metadata"]["namespace"]),
            name: text(&self.object["metadata"]["name"]).unwrap_or_default(),
        }
    }
}

/// Applies one patch; gives it as it is applied.
fn one(list: &mut [Document<'_>], patch: &Patch) -> Result<Json, EvalError> {
    let is_meant = |document: &&mut Document<'_>| {
        let found = document.target();
        let api = patch.target.api.is_none() || patch.target.api == found.api;
        api && found == Target { api: found.api.clone(), ..patch.target.clone() }
    };
    let Some(document) = list.iter_mut().find(is_meant) else { return Err(no_object(list, patch)) };
    for change in &patch.changes {
        follow(&document.object, change, &patch.title)?;
    }
    let api = document.object["apiVersion"].as_str().unwrap_or_default().to_owned();
    let made = patch.for_api(&api)?;
    merge::apply(&mut document.object, &made);
    document.changed = true;
    Ok(made)
}

fn no_object(list: &[Document<'_>], patch: &Patch) -> EvalError {
    let titles: Vec<String> = list.iter().map(|document| title(&document.target())).filter(|t| t != "/").collect();
    let problem = missed(patch.span, format!("the manifest has no object `{}`", patch.title));
    let same = titles.iter().find(|title| title.rsplit('/').next() == patch.title.rsplit('/').next());
    let near = same.map(String::as_str).or_else(|| closest(&patch.title, titles.iter().map(String::as_str)));
    Box::new(match near {
        Some(near) => problem.help(Help::near(near)),
        None => problem.help(format!("it has {}", List::ticked(&titles).most(12))),
    })
}

fn title(target: &Target) -> String {
    let Target { kind, namespace, name, .. } = target;
    let namespace = namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    format!("{kind}/{namespace}{name}")
}

/// Follows a path to its end: only its last part may be new, or the list that this is an item of.
fn follow(object: &Json, change: &Change, title: &str) -> Result<(), EvalError> {
    let mut node = object;
    for (place, step) in change.steps.iter().enumerate() {
        let next = match step {
            PathStep::Key(key) => node.get(key),
            PathStep::Item { key, name } => {
                node.as_array().and_then(|list| list.iter().find(|one| one[*key] == **name))
            }
        };
        let rest = &change.steps[place + 1..];
        match next {
            Some(next) => node = next,
            None if matches!(rest, [] | [PathStep::Item { .. }]) => return Ok(()),
            None => return Err(no_part(node, step, change, title)),
        }
    }
    Ok(())
}

fn no_part(node: &Json, step: &PathStep, change: &Change, title: &str) -> EvalError {
    let known: Vec<&str> = match (step, node) {
        (PathStep::Key(_), Json::Object(map)) => map.keys().map(String::as_str).collect(),
        (PathStep::Item { key, .. }, Json::Array(list)) => list.iter().filter_map(|one| one[*key].as_str()).collect(),
        _ => Vec::new(),
    };
    let message = format!("`{title}` has no `{step}` on the way to `{}`", change.path);
    let problem = missed(change.span, message);
    let name = step.to_string();
    Box::new(match (closest(&name, known.iter().copied()), known.is_empty()) {
        (Some(near), _) => problem.help(Help::near(near)),
        (None, false) => problem.help(format!("it has {}", List::ticked(&known).most(12))),
        (None, true) => problem.help("set what is above it as a whole"),
    })
}
