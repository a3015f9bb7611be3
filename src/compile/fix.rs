//! Fixes applied to the files of a model, round after round, until nothing changes.
//!
//! In: a way to ask for the problems of the files as they would be. Out: the files' new texts. Nothing is written here.
//! Only files of the model are touched, never the standard library.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::place::normal;
use crate::check::{ModulePlace, Program};
use crate::diag::edit::Edits;
use crate::diag::{Diagnostic, Fix, Safety};
use crate::source::SourceId;
use crate::syntax;
use crate::world::World;

/// Each round can uncover what the one before it hid; after this many there is no progress.
const ROUNDS: usize = 20;

/// Files as they would be, before the world's own.
pub struct Edited<'w> {
    world: &'w dyn World,
    texts: BTreeMap<PathBuf, String>,
}

impl<'w> Edited<'w> {
    /// A world with these changes made.
    pub fn with(world: &'w dyn World, changes: &[Change]) -> Self {
        let texts = changes.iter().map(|change| (change.path.clone(), change.new.clone())).collect();
        Self { world, texts }
    }
}

impl World for Edited<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.texts.get(&normal(path)).map_or_else(|| self.world.read(path), |text| Ok(text.clone()))
    }

    fn now(&self) -> time::OffsetDateTime {
        self.world.now()
    }
}

/// Which fixes are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The least safe that may be applied.
    pub safety: Safety,
    /// Only problems with these codes; empty is all.
    pub codes: &'a [String],
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub code: String,
    pub title: String,
    /// `cluster.km:3:7`, in the file as it was in its round.
    pub place: String,
    pub safety: Safety,
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: PathBuf,
    pub old: String,
    pub new: String,
}

/// What comes of it.
#[derive(Debug, Default)]
pub struct Fixed {
    pub changes: Vec<Change>,
    pub applied: Vec<Applied>,
    pub rounds: usize,
}

/// What a round starts with: the files as they would be, and what is wrong with them.
pub type Round = (Program, Vec<Diagnostic>);

/// Applies fixes until no more can be applied.
///
/// A problem with several fixes of the wanted safety is left alone: a person has to choose. A round that leaves a file
/// with more errors of syntax than before is taken back, and is the last.
///
/// # Errors
/// What `ask` says.
pub fn fix<E>(world: &dyn World, wanted: Wanted<'_>, ask: impl Fn(&dyn World) -> Result<Round, E>) -> Result<Fixed, E> {
    let mut edited = Edited { world, texts: BTreeMap::new() };
    let mut fixed = Fixed::default();
    let mut olds: BTreeMap<PathBuf, String> = BTreeMap::new();
    while fixed.rounds < ROUNDS {
        let (program, problems) = ask(&edited)?;
        let (edits, applied) = choose(&program, &problems, wanted);
        let changes = change(&program, &edits);
        if changes.is_empty() || changes.iter().any(breaks) {
            break;
        }
        for change in changes {
            olds.entry(change.path.clone()).or_insert(change.old);
            edited.texts.insert(change.path, change.new);
        }
        fixed.applied.extend(applied);
        fixed.rounds += 1;
    }
    let pairs = olds.into_iter().map(|(path, old)| Change { new: edited.texts[&path].clone(), path, old });
    fixed.changes = pairs.map(in_form).filter(|change| change.old != change.new).collect();
    Ok(fixed)
}

/// The fixes of one round.
fn choose(program: &Program, problems: &[Diagnostic], wanted: Wanted<'_>) -> (Edits, Vec<Applied>) {
    let mut edits = Edits::default();
    let mut applied = Vec::new();
    let named =
        |problem: &&Diagnostic| wanted.codes.is_empty() || wanted.codes.iter().any(|c| *c == problem.code_name());
    for problem in problems.iter().filter(named) {
        let Some(fix) = only(problem, wanted.safety).filter(|fix| is_own(program, fix)) else { continue };
        let before = edits.len();
        if edits.take(fix) && edits.len() > before {
            let place = fix.span().map_or_else(String::new, |span| program.sources.place(span));
            let (code, title) = (problem.code_name().to_owned(), fix.title.clone());
            applied.push(Applied { code, title, place, safety: fix.safety });
        }
    }
    (edits, applied)
}

/// The one fix of a problem that may be applied: the safe one, or the only one.
pub fn only(problem: &Diagnostic, safety: Safety) -> Option<&Fix> {
    let mut safe = problem.fixes.iter().filter(|fix| fix.safety == Safety::Safe);
    match (safe.next(), safe.next(), problem.fixes.as_slice()) {
        (Some(fix), None, _) => Some(fix),
        (None, _, [fix]) if safety == Safety::Unsafe => Some(fix),
        _ => None,
    }
}

/// Whether a fix edits only files of the model itself.
fn is_own(program: &Program, fix: &Fix) -> bool {
    !fix.edits.is_empty() && fix.edits.iter().all(|edit| path_of(program, edit.span.source).is_some())
}

fn path_of(program: &Program, source: SourceId) -> Option<&Path> {
    let module = program.modules.iter().find(|module| module.source == source)?;
    match &module.place {
        ModulePlace::File(path) => Some(path),
        ModulePlace::Standard(_) => None,
    }
}

fn change(program: &Program, edits: &Edits) -> Vec<Change> {
    let sources = edits.sources().into_iter();
    sources
        .filter_map(|source| {
            let old = program.sources.get(source).text.to_string();
            let new = edits.apply(source, &old);
            let path = path_of(program, source)?.to_owned();
            (old != new).then_some(Change { path, old, new })
        })
        .collect()
}

/// Whether a change makes the syntax of a file worse.
fn breaks(change: &Change) -> bool {
    let errors = |text: &str| syntax::parse(SourceId::default(), text).diagnostics.len();
    errors(&change.new) > errors(&change.old)
}

/// A file that was in the one form stays in it.
fn in_form(change: Change) -> Change {
    let was = |text: &str| syntax::format(text).is_ok_and(|formatted| formatted == *text);
    match syntax::format(&change.new) {
        Ok(new) if was(&change.old) => Change { new, ..change },
        _ => change,
    }
}
