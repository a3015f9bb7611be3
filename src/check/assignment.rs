//! `--set PATH=VALUE`: the changes of a command line, as an overlay of the model that comes after all others.
//!
//! A name without dots is a parameter, which is bound when the model is built; a path is one that `set` of an overlay takes, so that
//! the same checks hold for it.

use std::sync::Arc;

use super::Program;
use crate::diag::{Code, Diagnostic};
use crate::source::{SourceId, SourceKind, Sources, Span};
use crate::syntax;
use crate::syntax::ast::{
    Change, ChangeKind, Expr, ExprKind, Ident, Overlay, Statement, StatementKind, Text, TextPart,
};
use crate::syntax::located::Located;

/// Whether a name is a path into the model: `kubelet.config.maxPods`.
pub fn is_path(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    name.contains('.') && name.split('.').all(is_part)
}

/// Adds what a command line sets to the root of a program, and says what of it cannot be read.
pub(super) fn add(program: &mut Program, sets: &[(String, String)]) -> Vec<Diagnostic> {
    let paths = sets.iter().filter(|(name, _)| is_path(name));
    let read: Vec<_> = paths.map(|(path, value)| change(&mut program.sources, path, value)).collect();
    let (changes, problems): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    let changes: Vec<Change> = changes.into_iter().flatten().collect();
    if let (Some(first), Some(root)) = (changes.first(), program.modules.first_mut()) {
        let span = first.span;
        let name = Ident { name: Overlay::COMMAND_LINE.into(), span };
        let statement = Statement { docs: None, span, kind: StatementKind::Overlay(Overlay { name, changes }) };
        Arc::make_mut(&mut root.file).statements.push(Arc::new(Located::new(Arc::new(statement), 0)));
    }
    problems.into_iter().filter_map(Result::err).collect()
}

/// One change; a value that is not a literal of the language is the text that it is.
fn change(sources: &mut Sources, path: &str, value: &str) -> Result<Change, Diagnostic> {
    // The same length as the parsed text, without the words that the user did not write.
    let shown = format!("{:width$}{path} = {value}", "", width = HEAD.len());
    let source = sources.add(SourceKind::CommandLine("--set"), "--set", shown);
    let change = match read(source, path, value).filter(|change| !is_word(change)) {
        Some(change) => change,
        None => read(source, path, "\"\"").map(|change| with_text(change, value)).ok_or_else(|| no_path(path))?,
    };
    match computed(&change) {
        Some(span) => {
            Err(Diagnostic::new(Code::InvalidLiteral, span, format!("the value of `{path}` is not a literal")).help(
                "a value on the command line has no calls, operators or `${...}`: set it in an overlay of the model",
            ))
        }
        None => Ok(change),
    }
}

const HEAD: &str = "overlay a { set ";

/// The one change that a text is; whatever ends it early makes it something else.
fn read(source: SourceId, path: &str, value: &str) -> Option<Change> {
    let parsed = syntax::parse(source, &format!("{HEAD}{path} = {value} }}"));
    let [statement] = parsed.file.statements.as_slice() else { return None };
    let StatementKind::Overlay(overlay) = &statement.kind else { return None };
    match overlay.changes.as_slice() {
        [change] if parsed.diagnostics.is_empty() && matches!(change.kind, ChangeKind::Set { .. }) => {
            Some(change.clone())
        }
        _ => None,
    }
}

fn value(change: &Change) -> Option<&Expr> {
    match &change.kind {
        ChangeKind::Set { value, .. } => Some(value),
        _ => None,
    }
}

/// Whether a value is made of words, which name nothing of the model: `debug`, `api.example.org`, `quay.io/team/image`.
fn is_word(change: &Change) -> bool {
    value(change).is_some_and(has_only_words)
}

fn has_only_words(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field { value, optional: false, .. } => has_only_words(value),
        ExprKind::Binary { left, right, .. } => has_only_words(left) && has_only_words(right),
        _ => false,
    }
}

fn computed(change: &Change) -> Option<Span> {
    value(change).and_then(Expr::computed).map(|part| part.span)
}

fn with_text(change: Change, text: &str) -> Change {
    let ChangeKind::Set { path, value } = change.kind else { return change };
    let mut span = value.span;
    span.end = span.start + text.len() as u32;
    let parts = if text.is_empty() { Vec::new() } else { vec![TextPart::Text(text.into())] };
    let value = Expr { span, kind: ExprKind::Text(Text { parts, span }) };
    Change { kind: ChangeKind::Set { path, value }, ..change }
}

/// Leaves out what cannot be done to a command line: fixes, and to remove quotes that a bare word does not have.
pub fn leave_out_fixes(sources: &Sources, problems: &mut [Diagnostic]) {
    let is_given = |span: Span| matches!(sources.get(span.source).kind, SourceKind::CommandLine(_));
    for problem in problems {
        problem.fixes.retain(|fix| fix.edits.iter().all(|edit| !is_given(edit.span)));
        let place =
            problem.labels.first().map(|label| label.span).filter(|span| *span != Span::default() && is_given(*span));
        let is_bare = place.is_some_and(|span| !sources.text(span).starts_with('"'));
        problem.help = problem.help.take().filter(|help| !(is_bare && help.to_string().ends_with("without quotes")));
    }
}

fn no_path(path: &str) -> Diagnostic {
    let message = format!("`{path}` is not a path that can be set");
    let help =
        "write it as `set` of an overlay has it: `APP.OPTION`, `APP.flags.FLAG`, `APP.config.FIELD`, `GROUP.count`";
    Diagnostic::new(Code::UnknownParam, Span::default(), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a value is read as.
    fn kind(text: &str) -> String {
        let mut sources = Sources::default();
        match change(&mut sources, "a.b", text) {
            Ok(change) => match value(&change).map(|value| &value.kind) {
                Some(ExprKind::Text(text)) => format!("text {}", text.plain().unwrap_or_default()),
                Some(ExprKind::Literal(_)) => "literal".to_owned(),
                Some(ExprKind::List(_)) => "list".to_owned(),
                Some(ExprKind::Record { .. }) => "record".to_owned(),
                _ => "other".to_owned(),
            },
            Err(problem) => problem.code.name().to_owned(),
        }
    }

    #[test]
    fn a_value_is_a_literal_or_the_text_that_it_is() {
        for literal in ["1", "true", "none", "6h", "1.36.2", "10.0.0.0/8", "/etc/x"] {
            assert_eq!(kind(literal), "literal", "{literal}");
        }
        assert_eq!((kind("[1, 2]"), kind("{ a = 1 }")), ("list".to_owned(), "record".to_owned()));
        for text in [
            "word",
            "https://id.example.org",
            "a b",
            "500Mi",
            "registry.k8s.io/pause:3.10",
            "-x=y",
            "api.example.org",
            "quay.io/team/image",
            "a + b",
            "\u{1f980}",
        ] {
            assert_eq!(kind(text), format!("text {text}"));
        }
        assert_eq!(kind("\"a\""), "text a");
        assert_eq!(kind(""), "text ");
    }

    #[test]
    fn a_value_ends_nothing_and_computes_nothing() {
        for text in ["1 } deploy x on y {", "1, drop etcd", "1\nset c.d = 2", "1 // ", "1 /* ", "\"", "}"] {
            assert_eq!(kind(text), format!("text {text}"), "{text}");
        }
        for text in ["len([1])", "read(\"./x\")", "1 + 2", "\"${x}\"", "[a.b]", "if true then 1 else 2"] {
            assert_eq!(kind(text), "invalid-literal", "{text}");
        }
    }

    #[test]
    fn a_path_has_words_between_dots() {
        assert!(["a.b", "kubelet-gpu.config.maxPods", "a.b.c_d"].iter().all(|path| is_path(path)));
        assert!(["a", "a.", ".a", "a..b", "a b.c", "a.1", "a.b\n"].iter().all(|path| !is_path(path)));
    }
}
