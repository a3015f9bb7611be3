//! What a check is for, which says how much is looked at.

use std::collections::HashSet;

use super::incremental::{Incremental, Snapshot};
use super::probe::Probe;
use super::{ModulePlace, Program};
use crate::source::SourceId;

/// What a check is for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a check")]
pub enum Mode {
    /// Every problem of every file, those of the standard library too.
    Everything,
    /// An editor, which asks again and again.
    Editor(Editor),
    /// What fits at one place.
    Probe(Probe),
}

/// A check for an editor.
#[derive(Debug)]
pub struct Editor {
    /// What the check before found.
    pub incremental: Incremental,
    /// The files of the standard library, which are taken to be right, as its own tests say they are.
    pub trusted: HashSet<SourceId>,
}

impl Mode {
    /// A check for an editor, after one that left a snapshot.
    pub fn after(program: &Program, before: Snapshot) -> Self {
        // The file that is looked at may be one of the library itself.
        let modules = program.modules.iter().skip(1);
        let trusted = modules.filter(|module| matches!(module.place, ModulePlace::Standard(_)));
        let trusted = trusted.map(|module| module.source).collect();
        Mode::Editor(Editor { incremental: Incremental::new(before), trusted })
    }

    /// Whether the standard library is taken to be right.
    pub fn trusts_library(&self) -> bool {
        !matches!(self, Mode::Everything)
    }

    /// Whether nothing of a file is kept.
    pub fn hides(&self, source: SourceId) -> bool {
        matches!(self, Mode::Editor(editor) if editor.trusted.contains(&source))
    }

    /// What the check before found, for an editor.
    pub fn incremental(&self) -> Option<&Incremental> {
        match self {
            Mode::Editor(editor) => Some(&editor.incremental),
            Mode::Everything | Mode::Probe(_) => None,
        }
    }

    /// As [`Mode::incremental`].
    pub fn incremental_mut(&mut self) -> Option<&mut Incremental> {
        match self {
            Mode::Editor(editor) => Some(&mut editor.incremental),
            Mode::Everything | Mode::Probe(_) => None,
        }
    }

    /// The probe, unless it is paused.
    pub fn probe(&self) -> Option<&Probe> {
        match self {
            Mode::Probe(probe) if !probe.paused => Some(probe),
            _ => None,
        }
    }
}
