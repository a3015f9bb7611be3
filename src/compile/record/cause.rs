//! Why something changes: what is not as it was in the model, in what it reads, in the command line, or in kmodel itself.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::check::Program;
use crate::emit::compare::Sort;

use super::head::{Head, first_words, tokens};

/// One cause.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Cause {
    pub kind: CauseKind,
    /// `cluster.km:12:1`, or the path of a file; empty where it has no place.
    pub place: String,
    /// `machines wrk`, `--set workers`, `kmodel 0.9.1 -> 0.9.2`.
    pub what: String,
    pub change: Sort,
}

/// What sort of cause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// A statement of the model.
    Statement,
    /// A file that the model reads.
    File,
    /// An overlay or a parameter of the command line.
    Setting,
    /// Another build of kmodel, with another library.
    Kmodel,
}

/// What is not as it was when a record was made.
pub fn causes(program: &Program, old: &Head, new: &Head) -> Vec<Cause> {
    let mut causes = statements(program, old);
    causes.extend(maps(CauseKind::File, &old.read, &new.read));
    causes.extend(maps(CauseKind::Setting, &old.settings, &new.settings));
    if old.build != new.build {
        let what = match old.kmodel == new.kmodel {
            true => format!("another build of kmodel {}, with its library", new.kmodel),
            false => format!("kmodel {} -> {}, with its library", old.kmodel, new.kmodel),
        };
        causes.push(Cause { kind: CauseKind::Kmodel, place: String::new(), what, change: Sort::Changed });
    }
    causes
}

fn maps(kind: CauseKind, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Cause> {
    let changes = super::difference::shared(old, new);
    let (place, what) = (|path: &str| path.to_owned(), |path: String| path);
    let one = |path: String| match kind {
        CauseKind::File => (place(&path), "read by the model".to_owned()),
        _ => (String::new(), what(path)),
    };
    changes
        .into_iter()
        .map(|change| {
            let (place, what) = one(change.path);
            Cause { kind, place, what, change: change.change }
        })
        .collect()
}

/// Statements by their file and first words, each with the hashes that it has: there may be several alike.
type Statements = HashMap<(String, String), Vec<String>>;

fn statements(program: &Program, old: &Head) -> Vec<Cause> {
    let mut left: Statements = HashMap::new();
    for text in &old.texts {
        for (words, hash) in &text.statements {
            left.entry((text.name.clone(), words.clone())).or_default().push(hash.clone());
        }
    }
    let mut open = Vec::new();
    for (_, module) in program.own_modules() {
        let name = program.sources.get(module.source).name.to_string();
        for statement in &module.file.statements {
            let text = program.sources.text(statement.span);
            let key = (name.clone(), first_words(text));
            let known = left.get_mut(&key);
            let same = known.and_then(|known| Some(known.remove(known.iter().position(|hash| *hash == tokens(text))?)));
            if same.is_none() {
                open.push((key, program.sources.place(statement.span)));
            }
        }
    }
    let mut causes: Vec<Cause> = open.into_iter().map(|(key, place)| cause(&mut left, key, place)).collect();
    causes.extend(gone(old, &mut left));
    causes
}

/// A statement that is new or another: it takes the place of one with the same words.
fn cause(left: &mut Statements, key: (String, String), place: String) -> Cause {
    let change = match left.get_mut(&key).and_then(Vec::pop) {
        Some(_) => Sort::Changed,
        None => Sort::New,
    };
    Cause { kind: CauseKind::Statement, place, what: key.1, change }
}

/// Statements that are not there any more.
fn gone(old: &Head, left: &mut Statements) -> Vec<Cause> {
    let mut causes = Vec::new();
    for text in &old.texts {
        for (words, _) in &text.statements {
            let key = (text.name.clone(), words.clone());
            if left.get_mut(&key).and_then(Vec::pop).is_some() {
                let (place, what) = (text.name.clone(), words.clone());
                causes.push(Cause { kind: CauseKind::Statement, place, what, change: Sort::Gone });
            }
        }
    }
    causes
}
