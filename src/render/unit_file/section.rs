//! The lines of a unit file, and what they look like by section.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::is_packaged;
use crate::render::Problem;
use crate::render::bundle::Unit;

/// `KEY=VALUE` in a section, and the field of the model that makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub section: &'a str,
    pub key: &'a str,
    pub value: String,
    pub field: &'a str,
}

/// All lines of a unit, and the fields that none can be made of.
#[derive(Debug)]
pub struct Lines<'a> {
    unit: &'a Unit,
    pub list: Vec<Line<'a>>,
    pub problems: Vec<Problem>,
}

impl<'a> Lines<'a> {
    pub fn new(unit: &'a Unit) -> Self {
        Self { unit, list: Vec::new(), problems: Vec::new() }
    }

    /// Keeps a value, or says what stands in its way.
    pub fn keep<T>(&mut self, value: Result<T, Problem>) -> Option<T> {
        let problem = match value {
            Ok(value) => return Some(value),
            Err(problem) => problem,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        None
    }

    /// Adds a line, if there is a value.
    pub fn put(&mut self, (section, key): (&'a str, &'a str), field: &'a str, value: Result<Option<String>, Problem>) {
        let value = self.keep(value).flatten();
        self.list.extend(value.map(|value| Line { section, key, value, field }));
    }

    /// Adds commands; in a drop-in they take the place of those that the package has.
    pub fn commands(&mut self, key: &'a str, field: &'a str, lines: Result<Vec<String>, Problem>) {
        let Some(lines) = self.keep(lines) else { return };
        let reset = (is_packaged(self.unit) && !lines.is_empty()).then(String::new);
        for value in reset.into_iter().chain(lines) {
            self.list.push(Line { section: "Service", key, value, field });
        }
    }

    /// The sections in the order in which they were first written to.
    pub fn text(&self) -> String {
        let mut sections: IndexMap<&str, String> = IndexMap::new();
        for Line { section, key, value, .. } in &self.list {
            let _ = writeln!(sections.entry(section).or_default(), "{key}={value}");
        }
        sections.iter().fold(String::new(), |mut text, (name, lines)| {
            let _ = write!(text, "\n[{name}]\n{lines}");
            text
        })
    }
}
