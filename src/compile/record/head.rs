//! What a record says of the run that it is of: who made it, when, and from what.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::check::Program;
use crate::compile::fingerprint::BUILD;
use crate::compile::render::head;
use crate::model::Input;
use crate::plan::{Plan, StepKind};
use crate::source::SourceKind;
use crate::syntax::lexer::lex;
use crate::target::Tree;
use crate::text::hex;
use crate::world::watched::Answer;

use super::machine::hash;

/// Raised when a reader of the old format would be misled.
pub(super) const FORMAT: &str = "kmodel record 1";

/// What wrote a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Render,
    Apply,
}

impl By {
    /// `rendered` or `applied`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Render => "rendered",
            Self::Apply => "applied",
        }
    }
}

/// The first line of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    pub format: String,
    /// The version of kmodel, and the number of its build.
    pub kmodel: String,
    pub build: String,
    pub cluster: String,
    pub target: String,
    pub by: By,
    /// When, in RFC 3339.
    pub at: String,
    /// The folder that was written, if one was.
    pub folder: Option<String>,
    /// Whether machines had their files as a tree too.
    pub tree: bool,
    /// Overlays and parameters, each with a hash of its value.
    pub settings: BTreeMap<String, String>,
    /// The applications of each step in which units start, in order.
    pub order: Vec<Vec<String>>,
    /// The files of the model.
    pub texts: Vec<TextRecord>,
    /// Other files that it read, with what came of it.
    pub read: BTreeMap<String, String>,
}

/// A file of a model: each of its statements by its first words, with a hash of its tokens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TextRecord {
    pub name: String,
    pub statements: Vec<(String, String)>,
}

/// What paths were answered.
pub type Read = BTreeMap<PathBuf, Answer>;

/// What only the caller knows of a run.
#[derive(Clone, Debug)]
pub struct Seed<'a> {
    pub by: By,
    pub at: OffsetDateTime,
    pub folder: Option<String>,
    pub tree: Tree,
    pub input: &'a Input,
    pub read: &'a Read,
}

impl Head {
    /// The head of a run on this plan.
    pub fn new(plan: &Plan<'_>, seed: &Seed<'_>) -> Self {
        let (cluster, target) = head(plan);
        let started = plan.steps.iter().filter(|step| step.kind == StepKind::Start);
        let names = |step: &crate::plan::Step| step.applications.iter().map(ToString::to_string).collect();
        Self {
            format: FORMAT.to_owned(),
            kmodel: env!("CARGO_PKG_VERSION").to_owned(),
            build: BUILD.to_owned(),
            cluster: cluster.to_owned(),
            target: target.to_owned(),
            by: seed.by,
            at: seed.at.replace_nanosecond(0).unwrap_or(seed.at).format(&Rfc3339).unwrap_or_default(),
            folder: seed.folder.clone(),
            tree: seed.tree == Tree::Written,
            settings: settings(seed.input),
            order: started.map(names).collect(),
            texts: texts(plan.model.program),
            read: read(plan.model.program, seed.read),
        }
    }
}

fn settings(input: &Input) -> BTreeMap<String, String> {
    let overlays = input.overlays.iter().map(|name| (format!("--overlay {name}"), String::new()));
    let sets = input.sets.iter().map(|set| (format!("--set {}", set.name), hash(set.text.as_bytes())));
    overlays.chain(sets).collect()
}

fn texts(program: &Program) -> Vec<TextRecord> {
    let modules = program.own_modules().map(|(_, module)| {
        let statements = module.file.statements.iter().map(|statement| {
            let text = program.sources.text(statement.span);
            (first_words(text), tokens(text))
        });
        let name = program.sources.get(module.source).name.to_string();
        TextRecord { name, statements: statements.collect() }
    });
    modules.collect()
}

/// `machines wrk` of `machines wrk[3] { ... }`.
pub(super) fn first_words(text: &str) -> String {
    let code = text.lines().find(|line| !is_comment(line)).unwrap_or_default();
    let end = code.find(['{', '[', '=', '(', ':', ',']).unwrap_or(code.len());
    code[..end].split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with("//") || line.starts_with('#')
}

/// A hash of a text without its comments and spaces.
pub(super) fn tokens(text: &str) -> String {
    let (mut at, mut bare) = (0, String::new());
    for lexeme in lex(text) {
        let end = lexeme.end as usize;
        if !lexeme.kind.is_trivia() {
            bare.push_str(&text[at..end]);
            bare.push(' ');
        }
        at = end;
    }
    hash(bare.as_bytes())[..16].to_owned()
}

fn read(program: &Program, answers: &Read) -> BTreeMap<String, String> {
    let is_text = |path: &str| {
        let mut own = program.sources.iter().filter(|(_, source)| source.kind == SourceKind::File);
        own.any(|(_, source)| *source.name == *path)
    };
    let shown = answers.iter().map(|(path, answer)| (path.display().to_string(), hex(answer)));
    shown.filter(|(path, _)| !is_text(path)).collect()
}
