//! Diagnostics: what is wrong, where, and what to do.
//!
//! Every phase returns its problems as values. How they look (terminal, JSON, SARIF) is the command line's concern.

use std::collections::HashSet;
use std::sync::Arc;

use crate::source::Span;

pub mod code;
pub mod edit;
mod help;

pub use code::{Code, Phase};
pub use help::{Help, closest, did_you_mean};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// A text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// Whether a fix may be applied without a person looking at it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Safety {
    /// It is what was meant: there is one way to write it, or nothing changes but the form.
    Safe,
    /// It is a guess, or it changes what is built.
    Unsafe,
}

/// A text that takes the place of another. An empty span is a place to insert at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

/// A way to mend a problem: edits that belong together, in one file or several, none over another.
///
/// Where a problem has several, they are alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as one says it to a person: `write `cp``.
    pub title: String,
    pub edits: Vec<Edit>,
    pub safety: Safety,
}

impl Fix {
    /// A fix that may be applied unseen; its edits are still to be added.
    pub fn safe(title: impl Into<String>) -> Self {
        Self { title: title.into(), edits: Vec::new(), safety: Safety::Safe }
    }

    /// A fix that a person should look at; its edits are still to be added.
    pub fn guess(title: impl Into<String>) -> Self {
        Self { title: title.into(), edits: Vec::new(), safety: Safety::Unsafe }
    }

    /// Puts a text in the place of another.
    pub fn edit(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit { span, replacement: replacement.into() });
        self
    }

    /// The place to show it at: that of its first edit.
    pub fn span(&self) -> Option<Span> {
        self.edits.first().map(|edit| edit.span)
    }
}

/// One problem.
///
/// The message is one lowercase sentence without a period, names in backticks; the first label is the place to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    /// The code that a component brought, which is shown in the place of `code`.
    pub own_code: Option<Arc<str>>,
    pub severity: Severity,
    pub message: String,
    pub labels: Vec<Label>,
    pub help: Option<Help>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A problem with the severity of its code, at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            own_code: None,
            severity: code.severity(),
            message: on_one_line(message.into()),
            labels: vec![Label { span, text: String::new() }],
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Says what the first place shows.
    pub fn here(mut self, text: impl Into<String>) -> Self {
        self.labels[0].text = text.into();
        self
    }

    /// Adds another place that matters.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<Help>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The name that was probably meant.
    pub fn near(&self) -> Option<&str> {
        self.help.as_ref()?.near.as_deref()
    }

    /// Adds the edit that puts the name that was probably meant at a place, if there is one.
    pub fn fix_near(self, span: Span) -> Self {
        match self.near().map(str::to_owned) {
            Some(near) => self.fix(span, near.clone(), format!("write `{near}`")),
            None => self,
        }
    }

    /// Adds an edit that would probably mend it: a guess, for a person to look at.
    pub fn fix(self, span: Span, replacement: impl Into<String>, title: impl Into<String>) -> Self {
        self.with_fix(Fix::guess(title).edit(span, replacement))
    }

    /// Adds an edit that mends it for certain, and may be applied unseen.
    pub fn safe_fix(self, span: Span, replacement: impl Into<String>, title: impl Into<String>) -> Self {
        self.with_fix(Fix::safe(title).edit(span, replacement))
    }

    /// Adds a way to mend it, of one edit or several.
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The code as `explain` and `allow` take it.
    pub fn code_name(&self) -> &str {
        self.own_code.as_deref().unwrap_or(self.code.name())
    }

    /// Whether nothing may be written because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A message on one line: line breaks and other control characters of a value are escaped.
fn on_one_line(message: String) -> String {
    match message.contains(char::is_control) {
        false => message,
        true => message
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect(),
    }
}

/// Puts problems in the order of files and places, each once. The same said of the same place counts as once.
pub fn tidy(list: &mut Vec<Diagnostic>) {
    let place = |problem: &Diagnostic| problem.labels.first().map(|label| label.span);
    list.sort_by(|a, b| {
        let key = |problem: &Diagnostic| (place(problem), problem.severity);
        key(a).cmp(&key(b)).then_with(|| (a.code_name(), &a.message).cmp(&(b.code_name(), &b.message)))
    });
    list.dedup_by(|a, b| place(a) == place(b) && a.code_name() == b.code_name() && a.message == b.message);
    of_a_release_once(list);
}

/// Components that install the same release repeat what is wrong with its version: said once where the user's place is the same.
fn of_a_release_once(list: &mut Vec<Diagnostic>) {
    let mut known = HashSet::new();
    list.retain(|problem| {
        let place = problem.labels.get(1..).and_then(|rest| rest.last()).map(|label| label.span);
        let is_of_release = problem.code == Code::UnknownRelease && place.is_some();
        !is_of_release || known.insert((problem.message.clone(), place))
    });
}

/// Whether any of them is an error.
pub fn any_error(list: &[Diagnostic]) -> bool {
    list.iter().any(Diagnostic::is_error)
}
