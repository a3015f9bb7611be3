//! The sections of a unit file, in the order in which they were first written to.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::is_packaged;
use crate::render::bundle::Unit;
use crate::render::{Problem, unit_check};

/// Lines of `KEY=VALUE`, by section. Every key is one that systemd knows.
pub struct Sections<'a> {
    unit: &'a Unit,
    list: IndexMap<String, String>,
}

impl<'a> Sections<'a> {
    pub fn new(unit: &'a Unit) -> Self {
        Self { unit, list: IndexMap::new() }
    }

    /// Adds a line, if there is a value.
    pub fn put(&mut self, section: &str, key: &str, value: Option<String>) -> Result<(), Problem> {
        let Some(value) = value else { return Ok(()) };
        unit_check::key(section, key).and_then(|()| unit_check::value(section, key, &value)).map_err(
            |(message, help)| Problem::new(&self.unit.origin, format!("unit `{}`: {message}", self.unit.name), help),
        )?;
        let lines = self.list.entry(section.to_owned()).or_default();
        let _ = writeln!(lines, "{key}={value}");
        Ok(())
    }

    /// Adds commands; in a drop-in they take the place of those that the package has.
    pub fn commands(&mut self, key: &str, lines: Vec<String>) -> Result<(), Problem> {
        if is_packaged(self.unit) && !lines.is_empty() {
            self.put("Service", key, Some(String::new()))?;
        }
        lines.into_iter().try_for_each(|line| self.put("Service", key, Some(line)))
    }

    pub fn text(&self) -> String {
        self.list.iter().fold(String::new(), |mut text, (name, lines)| {
            let _ = write!(text, "\n[{name}]\n{lines}");
            text
        })
    }
}
