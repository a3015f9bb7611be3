//! What keeps a target from taking a machine, or a field of its own.

use crate::diag::{Code, closest};
use crate::render::origin::What;
use crate::render::{self, Origin};

/// One reason why a target cannot take what a model gives it.
///
/// The message is one lowercase sentence without a period, names in backticks; the help says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub message: String,
    pub help: String,
    pub origin: Origin,
    /// The field of the target that is meant, if one is.
    pub field: Option<&'static str>,
    /// What the value of the field should probably be.
    pub near: Option<String>,
}

impl Problem {
    /// A problem of something that comes from `origin`.
    pub fn new(code: Code, origin: impl Into<Origin>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into(), origin: origin.into(), field: None, near: None }
    }

    /// A problem of a field of the target.
    pub fn of_field(code: Code, field: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(code, What::TheTarget, message, help) }
    }

    /// With the value that is nearest to what was written.
    pub fn near<'a>(self, value: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self { near: closest(value, known).map(str::to_owned), ..self }
    }
}

impl From<render::Problem> for Problem {
    fn from(problem: render::Problem) -> Self {
        let render::Problem { code, message, help, origin, .. } = problem;
        Self { code, message, help, origin, field: None, near: None }
    }
}

/// The problems of a bundle, as a target reports them.
pub(super) fn of_bundle(problems: Vec<render::Problem>) -> Vec<Problem> {
    problems.into_iter().map(Problem::from).collect()
}
