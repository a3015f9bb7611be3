//! What rendering meets, kept for the rules: files read as what they are, flags and needs, each with where it is written.
//!
//! Rendering verifies nothing. It records one machine of each kind, and what is on none; `verify` looks at that.

use crate::check::ModuleId;
use crate::model::{AppId, MachineId, UnitId, Value};
use crate::source::Span;
use crate::syntax::ast::{Definition, Expr, Ident, Name, PathItem, Version};

pub use super::reading::{
    KUBEADM_ARGUMENTS, KnownStaticPods, Part, Service, StaticPods, Word, grammar, ini, toml, yaml,
};

pub use super::branch::Branch;
use super::bundle::{Artifact, Bundle, Unit};

/// One machine of each kind, or what is on none.
#[derive(Debug)]
pub struct Sample<'p> {
    pub machine: Option<MachineId>,
    pub units: Vec<UnitId>,
    pub bundle: Bundle,
    /// In the order of the items that they come from.
    pub entries: Vec<Entry<'p>>,
    /// Its systemd units, each as all that is written of it makes it.
    pub services: Vec<Service<'p>>,
    pub static_pods: StaticPods,
    /// Whether everything could be evaluated; else what is not in the bundle may be missing for that reason.
    pub whole: bool,
    /// What a second machine of its kind has of components outside the library.
    pub second: Vec<Entry<'p>>,
}

/// Something that an item of a component puts on a machine.
#[derive(Clone, Debug)]
pub enum Entry<'p> {
    Document(Document<'p>),
    Flags(Flags<'p>),
    Unit(UnitEntry<'p>),
    Artifact(ArtifactEntry<'p>),
    Unlisted(Unlisted),
    Sysctl(Owner, Ident),
    Command(Command<'p>),
    Unread(Unread<'p>),
    Opaque(Opaque<'p>),
    Filled(Filled),
}

/// Whose an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The file that declares its component.
    pub module: ModuleId,
    pub app: AppId,
    pub machine: Option<MachineId>,
    /// The application of the unit that the item is repeated for.
    pub of: Option<AppId>,
    /// Whether the operator's `cloud-config` has it: the application only stands for whose versions hold there.
    pub is_operators: bool,
}

impl Owner {
    /// Whose settings they are: what one application provides and another one writes is the first one's.
    pub fn provider(self) -> AppId {
        self.of.unwrap_or(self.app)
    }
}

/// The content of a file: as a value, where the component gives one, or as its text.
#[derive(Clone, Debug)]
pub enum Content {
    Value(Value),
    Text(String),
}

/// A step from the top of a document to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
    /// A line of a text that cannot be read further, from 1.
    Line(usize),
    /// Into the template that a path names.
    Template,
}

impl Step {
    /// A way, and another one from its end: the lines of a text inside a text are lines of that.
    pub fn beyond(way: &[Self], rest: &[Self]) -> Vec<Self> {
        match (way, rest) {
            ([begin @ .., Self::Line(line)], [Self::Line(more), end @ ..]) => {
                [begin, &[Self::Line(line + more - 1)], end].concat()
            }
            _ => [way, rest].concat(),
        }
    }
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// A file that a component writes, or one that stands inside another: in a ConfigMap, in `write_files` of a cloud-config.
#[derive(Clone, Debug)]
pub struct Document<'p> {
    pub path: String,
    pub content: Content,
    /// The value of a text that could be read; several documents are a list.
    pub read: Option<Value>,
    /// Where it is put together.
    pub written: &'p Expr,
    /// The way into what is put together there.
    pub at: Vec<Step>,
    pub owner: Owner,
    /// Whether it follows from a relation, of which it is proved already what holds of the connection.
    pub derived: bool,
    /// Of a script: the arms that it is written in.
    pub branch: Branch,
}

/// The flags of a program that has a table of them.
#[derive(Clone, Debug)]
pub struct Flags<'p> {
    pub program: Name,
    /// Where the program is named.
    pub named: Written<'p>,
    /// The version that runs, if it is known.
    pub version: Option<Version>,
    pub given: Vec<Flag<'p>>,
    /// Those that its environment sets too.
    pub shadowed: Vec<Flag<'p>>,
    /// Those that its environment names and the program does not have, so it passes over them.
    pub ignored: Vec<Flag<'p>>,
    pub owner: Owner,
    /// The systemd unit that runs it.
    pub unit: Option<Name>,
    /// Whether it uses the network of the machine: it runs outside of pods, or in one with `hostNetwork`.
    pub on_host: bool,
    /// Whether it is given more than is known here: kubeadm adds arguments to its own.
    pub partial: bool,
    /// Of a script: the arms that it is started in.
    pub branch: Branch,
    /// Of a script that nothing of the model runs: people may.
    pub is_idle: bool,
}

impl<'p> Flags<'p> {
    /// A program of the machine itself that is given nothing so far.
    pub(super) fn on_host(program: Name, named: Written<'p>, owner: Owner) -> Self {
        let (given, shadowed, ignored) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            program,
            named,
            version: None,
            given,
            shadowed,
            ignored,
            owner,
            unit: None,
            on_host: true,
            partial: false,
            branch: Branch::default(),
            is_idle: false,
        }
    }
}

/// A flag that is set.
#[derive(Clone, Debug)]
pub struct Flag<'p> {
    pub name: String,
    pub value: Value,
    pub written: Written<'p>,
}

/// Where a word of a command line is written.
#[derive(Clone, Debug)]
pub enum Written<'p> {
    /// A flag as a field of a set: its key and its value.
    Field(Span, &'p Expr),
    /// An argument: what it is put together in, the way into that, and its text.
    Word { expr: &'p Expr, at: Vec<Step>, text: String },
    /// The name of a program.
    Name(Span),
}

/// A systemd unit, and the item that declares it.
#[derive(Clone, Debug)]
pub struct UnitEntry<'p> {
    pub unit: Unit,
    pub item: &'p PathItem,
    pub owner: Owner,
}

/// What is downloaded, and the item that declares it.
#[derive(Clone, Debug)]
pub struct ArtifactEntry<'p> {
    pub artifact: Artifact,
    pub item: &'p Definition,
    pub owner: Owner,
}

/// A program of a unit or a pod that has no table of flags.
#[derive(Clone, Debug)]
pub struct Unlisted {
    /// By the name of its file, or of its image.
    pub program: String,
    /// Whether the library runs it, which declares where it listens.
    pub is_declared: bool,
}

/// A file inside another one whose content cannot be read.
#[derive(Clone, Debug)]
pub struct Unread<'p> {
    pub path: String,
    pub written: &'p Expr,
    pub at: Vec<Step>,
    pub owner: Owner,
    pub why: &'static str,
}

/// Why a download without a copy at hand is not read.
pub const DOWNLOADED: &str = "the machine downloads it";

/// What brings files to a machine without naming each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// All in a folder may be there: what is mounted, or what a key of a cloud-config fills.
    Folder(String),
    Package(String),
    /// Anything may be there: this runs what the model does not hold.
    Anything(String),
}

/// A command that an application runs on a machine.
#[derive(Clone, Debug)]
pub struct Command<'p> {
    pub owner: Owner,
    pub written: Written<'p>,
    pub text: String,
    /// From the program that it starts in the end; none of those of the library.
    pub words: Vec<Word<'p>>,
    /// The unit that runs it, if that is known.
    pub unit: Option<Name>,
}

/// Why nothing is known of what a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Only the machine knows the word, which stands for more than a value: `kubelet $ARGS`, `eval "$LINE"`.
    Computed,
    /// It is fetched when the script runs: `curl URL | sh`, `kubectl apply -f URL`.
    Fetched,
    /// It begins with a quote or a parenthesis that does not end.
    Unclosed,
    /// It is a file, which may be on the machine.
    File,
}

/// A word of a script that stands for commands, settings or objects that cannot be read.
#[derive(Clone, Debug)]
pub struct Opaque<'p> {
    pub program: String,
    pub word: String,
    pub why: Hidden,
    pub written: Written<'p>,
    pub owner: Owner,
}

/// What a command that runs once is called as a document: of a cloud-config, of `needs command`.
pub const SCRIPT: &str = "runcmd";

/// What `sysctl -w` sets in a script is called as a document.
pub const SYSCTL: &str = "sysctl -w";

impl Document<'_> {
    /// What is in it, as a value.
    pub fn value(&self) -> Option<&Value> {
        match &self.content {
            Content::Value(value) => Some(value),
            Content::Text(_) => self.read.as_ref(),
        }
    }

    /// The way to a part of it, from where it is put together.
    pub fn way(&self, path: &[Step]) -> Vec<Step> {
        Step::beyond(&self.at, path)
    }
}

impl<'p> Sample<'p> {
    /// The files that components write, in order.
    pub fn documents(&self) -> impl Iterator<Item = &Document<'p>> {
        self.entries
            .iter()
            .filter_map(|entry| if let Entry::Document(document) = entry { Some(document) } else { None })
    }
}
