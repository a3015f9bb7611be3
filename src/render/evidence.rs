//! What rendering meets, kept for the rules: files read as what they are, flags and needs, each with where it is written.
//!
//! Rendering verifies nothing. It records one machine of each kind, and what is on none; `verify` looks at that.

use crate::check::ModuleId;
use crate::model::{AppId, MachineId, UnitId, Value};
use crate::source::Span;
use crate::syntax::ast::{Expr, Ident, PathItem, Version};

use super::bundle::{Bundle, Unit};

/// One machine of each kind, or what is on none.
#[derive(Debug)]
pub struct Sample<'p> {
    pub machine: Option<MachineId>,
    pub units: Vec<UnitId>,
    pub bundle: Bundle,
    /// In the order of the items that they come from.
    pub entries: Vec<Entry<'p>>,
}

/// Something that an item of a component puts on a machine.
#[derive(Clone, Debug)]
pub enum Entry<'p> {
    Document(Document<'p>),
    Flags(Flags<'p>),
    Unit(UnitEntry<'p>),
    Sysctl(Owner, Ident),
    Command(Command),
}

/// Whose an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The file that declares its component.
    pub module: ModuleId,
    pub app: AppId,
    pub machine: Option<MachineId>,
}

/// The content of a file: as a value, where the component gives one, or as its text.
#[derive(Clone, Debug)]
pub enum Content {
    Value(Value),
    Text(String),
}

/// A file that a component writes.
#[derive(Clone, Debug)]
pub struct Document<'p> {
    pub path: String,
    pub content: Content,
    /// Where it is put together.
    pub written: &'p Expr,
    pub owner: Owner,
    /// Whether it follows from a relation, of which it is proved already what holds of the connection.
    pub derived: bool,
}

/// The flags of a program that has a table of them.
#[derive(Clone, Debug)]
pub struct Flags<'p> {
    pub program: &'p Ident,
    /// The version that runs, if it is known.
    pub version: Option<Version>,
    pub given: Vec<Flag<'p>>,
    pub owner: Owner,
}

/// A flag that is set.
#[derive(Clone, Debug)]
pub struct Flag<'p> {
    pub name: String,
    pub key: Span,
    pub value: Value,
    pub written: &'p Expr,
}

/// A systemd unit, and the item that declares it.
#[derive(Clone, Debug)]
pub struct UnitEntry<'p> {
    pub unit: Unit,
    pub item: &'p PathItem,
    pub owner: Owner,
}

/// A command that an application runs on a machine.
#[derive(Clone, Debug)]
pub struct Command {
    pub owner: Owner,
    pub span: Span,
    pub text: String,
}

impl<'p> Sample<'p> {
    /// The files that components write, in order.
    pub fn documents(&self) -> impl Iterator<Item = &Document<'p>> {
        self.entries
            .iter()
            .filter_map(|entry| if let Entry::Document(document) = entry { Some(document) } else { None })
    }
}
