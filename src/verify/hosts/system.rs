//! The operating system of a machine against what runs there: files and cloud-config that keep the cluster from working.
//!
//! What its own readers refuse of these files is found in `document::host`; here it is what they do to the cluster.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help};
use crate::model::Model;
use crate::render::evidence::{Content, Document, Entry, Sample, Step};
use crate::render::format::{Secrets, tree};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::verify::locate::{self, Writer};

mod interface;
mod module;
mod name;
mod repository;
mod resolver;
mod seed;
mod volume;

/// All that is wrong on one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let host = Host { model, sample, configs: configs(model, sample) };
    let rules = [
        interface::verify,
        module::verify,
        name::verify,
        repository::verify,
        resolver::verify,
        seed::verify,
        volume::verify,
    ];
    rules.iter().flat_map(|rule| rule(&host)).collect()
}

/// A machine, and all that the rules ask of it.
struct Host<'a, 'p> {
    model: &'a Model<'p>,
    sample: &'a Sample<'p>,
    configs: Vec<Config<'a>>,
}

/// A cloud-config of the machine.
pub(super) struct Config<'a> {
    pub(super) value: Json,
    written: &'a Expr,
    writer: Writer,
    at: Vec<Step>,
}

impl Config<'_> {
    pub(super) fn span(&self, model: &Model<'_>, way: &[Step]) -> Span {
        locate::value(model, self.writer, self.written, &Step::beyond(&self.at, way))
    }
}

/// Those in files, and what the operator adds to the user-data.
pub(super) fn configs<'a>(model: &'a Model<'_>, sample: &'a Sample<'_>) -> Vec<Config<'a>> {
    let mut list = Vec::new();
    for document in sample.documents().filter(|document| is_cloud_config(document)) {
        if let Some(value) = document.value().and_then(|value| tree(value, Secrets::Hidden).ok()) {
            let writer = document.owner.into();
            list.push(Config { value, written: document.written, writer, at: document.at.clone() });
        }
    }
    let own = model.targets.first().and_then(|target| {
        let value = tree(target.options.get("cloud-config")?, Secrets::Hidden).ok()?;
        let (writer, written) = crate::verify::target::written(model, &target.name, "cloud-config")?;
        Some(Config { value, written, writer, at: Vec::new() })
    });
    list.extend(own);
    list
}

fn is_cloud_config(document: &Document<'_>) -> bool {
    let name = document.path.rsplit('/').next().unwrap_or_default();
    let is_named = document.path.starts_with("/etc/cloud/cloud.cfg") || matches!(name, "user-data" | "vendor-data");
    match &document.content {
        Content::Text(text) => text.starts_with("#cloud-config"),
        Content::Value(_) => is_named,
    }
}

impl<'a, 'p> Host<'a, 'p> {
    /// The texts of files that are not the library's.
    fn texts(&self) -> impl Iterator<Item = (&'a Document<'p>, &'a str)> {
        let (model, sample) = (self.model, self.sample);
        sample.documents().filter_map(move |document| match &document.content {
            Content::Text(text) if !model.program.is_library(document.owner.module) => Some((document, &**text)),
            _ => None,
        })
    }

    /// Whether a kubelet runs on the machine.
    fn runs_pods(&self) -> bool {
        let is_kubelet = |entry: &Entry<'_>| matches!(entry, Entry::Flags(flags) if &*flags.program == "kubelet");
        self.sample.entries.iter().any(is_kubelet)
    }

    /// Whether something of the machine has a word in it: a command, a file.
    fn says(&self, word: &str) -> bool {
        let in_entry = |entry: &Entry<'_>| match entry {
            Entry::Command(command) => command.text.contains(word),
            Entry::Document(Document { content: Content::Text(text), path, .. }) => {
                path.starts_with('/') && text.contains(word)
            }
            _ => false,
        };
        self.sample.bundle.commands.iter().any(|command| command.contains(word))
            || self.sample.entries.iter().any(in_entry)
    }

    fn line(&self, document: &Document<'_>, line: usize) -> Span {
        locate::value(self.model, document.owner, document.written, &document.way(&[Step::Line(line)]))
    }
}

fn problem(code: Code, span: Span, message: String, help: impl Into<Help>) -> Diagnostic {
    Diagnostic::new(code, span, message).help(help)
}
