//! Which flags and fields were compared with the tables: those of versions that a table covers.

use std::collections::BTreeSet;

use crate::facts::{field, flag};
use crate::model::{AppId, Model, Value};
use crate::plan::Proof;
use crate::render::evidence::{Document, Entry, Flags};
use crate::text::Count;
use crate::verify::{Evidence, counted};

use super::field::table_of;

/// A flag or a field of a program, of an application.
type Name<'a> = (AppId, &'a str, String);

#[derive(Default)]
struct Examined<'a> {
    flags: BTreeSet<Name<'a>>,
    fields: BTreeSet<Name<'a>>,
}

/// That all of them are known.
pub(super) fn proof(evidence: &Evidence<'_, '_>) -> Proof {
    let mut examined = Examined::default();
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match entry {
            Entry::Flags(flags) => examined.flags(flags),
            Entry::Document(document) if !document.derived => examined.document(evidence.model, document),
            _ => {}
        }
    }
    let count = examined.flags.len() + examined.fields.len();
    Proof { name: "flags", statement: examined.statement(), count }
}

impl<'a> Examined<'a> {
    /// `143 flags and 12 fields of 9 programs: ...`.
    fn statement(&self) -> String {
        let programs: BTreeSet<&str> = self.flags.iter().chain(&self.fields).map(|(_, program, _)| *program).collect();
        let said = counted(&[(self.flags.len(), "flag"), (self.fields.len(), "field")]);
        match said.is_empty() {
            true => said,
            false => format!("{said} of {}: all known to the version that runs", Count(programs.len(), "program")),
        }
    }

    fn flags(&mut self, flags: &'a Flags<'_>) {
        let program = &*flags.program;
        let known =
            flag::table(program).filter(|table| flags.version.is_some_and(|version| table.range.knows(version)));
        let Some(table) = known else { return };
        let given = flags.given.iter().filter(|flag| table.flags.contains_key(&flag.name));
        self.flags.extend(given.map(|flag| (flags.owner.app, program, flag.name.clone())));
    }

    fn document(&mut self, model: &Model<'_>, document: &Document<'_>) {
        let Some(value) = document.value() else { return };
        let Value::List(list) = value.reveal() else { return self.file(model, document.owner.app, value) };
        list.iter().for_each(|one| self.file(model, document.owner.app, one));
    }

    fn file(&mut self, model: &Model<'_>, app: AppId, value: &Value) {
        let Value::Record(record) = value.reveal() else { return };
        let Some(table) = table_of(record).filter(|table| table.range.knows(model.app(app).kubernetes)) else { return };
        self.below((app, table), "", value);
    }

    /// Fields with a row in the table; what is below one without a row is taken as it is.
    fn below(&mut self, of: (AppId, &'static field::Table), at: &str, value: &Value) {
        match value.reveal() {
            Value::Record(record) => {
                for (name, value) in record.iter().filter(|(_, value)| **value != Value::None) {
                    let full = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
                    if of.1.fields.contains_key(&full) {
                        self.fields.insert((of.0, &of.1.program, format!("{}.{full}", of.1.kind)));
                        self.below(of, &full, value);
                    }
                }
            }
            Value::List(list) => list.iter().for_each(|one| self.below(of, &format!("{at}[]"), one)),
            _ => {}
        }
    }
}
