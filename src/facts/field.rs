//! The fields of configuration files, by version: `tables/config/PROGRAM.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::embedded::Note;
use super::lifespan::{self, Codes, Lifespan};
use super::setting::Grammar;
use super::{Range, embedded};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::ast::Version;

/// All fields of one kind of configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub program: String,
    /// `KubeletConfiguration`.
    pub kind: String,
    /// `kubelet.config.k8s.io/v1beta1`.
    pub api_version: String,
    /// More versions of the API that it may be written in, each with the first version of the program that reads it.
    #[serde(default)]
    later: BTreeMap<String, String>,
    /// Those of them that a version of the program no longer reads, each with the first one.
    #[serde(default)]
    ended: BTreeMap<String, String>,
    /// The flag that names the file, where it is not the one that the program is configured with.
    given_by: Option<String>,
    /// Whether other APIs have a kind of this name, so that only an object of this API is meant.
    #[serde(default)]
    shared_name: bool,
    /// Whether only those fields have a row that rules are about, so that others are no mistake.
    #[serde(default)]
    pub partial: bool,
    #[serde(flatten)]
    pub range: Range,
    /// By path: `a.b`, and `a[].b` for elements of a list.
    #[serde(rename = "field")]
    pub fields: BTreeMap<String, Field>,
}

/// One field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[serde(rename = "type", deserialize_with = "shape")]
    pub shape: Shape,
    /// The set of `tables/values.toml` that its values are of.
    pub values: Option<String>,
    /// The form of its text, or of each element.
    #[serde(default, deserialize_with = "form")]
    pub form: Option<Grammar>,
    /// The field that no two records of the list have with the same value.
    pub distinct: Option<String>,
    /// Fields of the record, or of each of the list, that are not given together.
    #[serde(default)]
    pub apart: Vec<[String; 2]>,
    /// Fields of the record with the one that must be given beside each.
    #[serde(default)]
    pub beside: BTreeMap<String, String>,
    /// Lists of the record with the field that must be given beside more than one element.
    #[serde(default)]
    pub several: BTreeMap<String, String>,
    /// What comes of another form, where the program does not reject the file.
    pub what: Option<String>,
    #[serde(flatten)]
    pub life: Lifespan,
    #[serde(rename = "flag")]
    _flag: Note,
    #[serde(rename = "default")]
    _default: Note,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    Bool,
    /// A whole number of so many bits.
    Int(u32),
    Float,
    Text,
    /// That of Kubernetes, with or without `v`.
    Version,
    /// `1h30m`.
    Duration,
    /// The same, or a number of nanoseconds, as Kubernetes itself writes it.
    DurationOrNanoseconds,
    /// `100m`, `256Mi`, or a whole number.
    Quantity,
    Map(Box<Shape>),
    List(Box<Shape>),
    /// The fields below it are rows of their own; without any, all are taken.
    Object,
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| embedded::tables("tables/config"));

const CODES: Codes = Codes {
    not_yet: Code::ConfigFieldNotYet,
    removed: Code::ConfigFieldRemoved,
    deprecated: Code::ConfigFieldDeprecated,
};

/// The kinds of files in a version of an API.
pub fn kinds_of(api: &str) -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(move |table| !table.partial && table.apis().any(|own| own == api)).map(|table| &*table.kind)
}

/// All tables.
pub fn all() -> impl Iterator<Item = &'static Table> {
    TABLES.iter()
}

/// The name of the file that has the table of a kind: `kubelet.toml`.
pub fn file_of(kind: &str) -> Option<&'static str> {
    let line = format!("\"{kind}\"");
    let has = |text: &str| text.lines().any(|at| at.starts_with("kind ") && at.ends_with(&line));
    let mut files = stdlib::files(Path::new("tables/config")).into_iter();
    files.find(|(_, text)| has(text)).and_then(|(path, _)| path.file_name()?.to_str())
}

/// The table of a kind of file.
pub fn table(kind: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.kind == kind)
}

/// The table of the configuration file of a program.
pub fn of_program(program: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.program == program && table.given_by.is_none())
}

/// The table of the file that a flag of a program names.
pub fn of_flag(program: &str, flag: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.program == program && table.given_by.as_deref() == Some(flag))
}

/// The table of a file that says of what kind it is, in which version of an API.
pub fn of_written(api: Option<&str>, kind: &str) -> Option<&'static Table> {
    let group = |api: &str| api.split('/').next().map(str::to_owned);
    table(kind).filter(|table| !table.shared_name || api.and_then(group) == group(&table.api_version))
}

/// Whether an API comes after another one of its group: `v1` after `v1beta3`, `v2alpha1` after `v1`.
fn succeeds(api: &str, known: &str) -> bool {
    let [api, known] = [api, known].map(|api| api.split_once('/'));
    api.zip(known).is_some_and(|((group, api), (own, known))| group == own && order(api) > order(known))
}

/// `v1beta3` as its major, its stage and its number.
fn order(version: &str) -> Option<(u32, &str, u32)> {
    let rest = version.strip_prefix('v')?;
    let letters = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, rest) = rest.split_at(letters);
    let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (stage, number) = rest.split_at(digits);
    // Words in their order: a version without a stage is behind those with one.
    let stage = if stage.is_empty() { "stable" } else { stage };
    Some((major.parse().ok()?, stage, number.parse().unwrap_or(0)))
}

impl Table {
    fn apis(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.api_version).chain(self.later.keys().map(String::as_str))
    }

    /// The versions of the API in which a version of the program reads the file, the newest first.
    pub fn read_in(&self, version: Version) -> Vec<&str> {
        let reached = |since: &String| lifespan::parse(since).is_none_or(|since| version >= since);
        let later = self.later.iter().filter(|(_, since)| reached(since)).map(|(api, _)| &**api);
        let ended = |api: &&str| self.ended.get(*api).is_some_and(&reached);
        later.chain([&*self.api_version]).filter(|api| !ended(api)).collect()
    }

    /// Whether a version of the program reads the file in a version of the API, as far as is known: one that is later than the
    /// table may read later versions of the same API.
    pub fn may_read(&self, api: &str, version: Version) -> bool {
        let is_later = !self.range.knows(version) && version > self.range.known_through;
        self.read_in(version).contains(&api) || is_later && self.apis().all(|known| succeeds(api, known))
    }

    /// What is wrong with a field in a version.
    pub fn examine(&self, path: &str, version: Version, span: Span) -> Option<Diagnostic> {
        let life = &self.fields.get(path)?.life;
        if version < self.range.known_from {
            return None;
        }
        let names = (&*format!("`{}`", self.program), &*format!("field `{path}`"));
        let problem = life.examine(CODES, names, version, span)?;
        Some(problem.help(life.advice(version, CODES.deprecated, |name| self.fields.contains_key(name))))
    }

    /// The names that are allowed directly below a path (`""`, `a`, `a[]`), sorted.
    pub fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> + Clone {
        self.fields.keys().filter_map(move |name| {
            let rest = if path.is_empty() { name } else { name.strip_prefix(path)?.strip_prefix('.')? };
            (!rest.contains(['.', '['])).then_some(rest)
        })
    }
}

fn shape<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shape, D::Error> {
    let text = String::deserialize(deserializer)?;
    Shape::read(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a type of a field")))
}

fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Grammar>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Grammar::read(&text).map(Some).map_err(D::Error::custom)
}

impl Shape {
    fn read(text: &str) -> Option<Shape> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
        Some(match text {
            "bool" => Shape::Bool,
            "int32" => Shape::Int(32),
            "int64" => Shape::Int(64),
            "float" => Shape::Float,
            "string" | "enum" => Shape::Text,
            "version" => Shape::Version,
            "duration" => Shape::Duration,
            "duration-or-nanoseconds" => Shape::DurationOrNanoseconds,
            "quantity" => Shape::Quantity,
            _ if text.starts_with("object:") => Shape::Object,
            _ => match (inside("map"), inside("list")) {
                (Some(inner), _) => Shape::Map(Box::new(Shape::read(inner)?)),
                (_, Some(inner)) => Shape::List(Box::new(Shape::read(inner)?)),
                _ => return None,
            },
        })
    }

    /// For people.
    pub fn name(&self) -> String {
        match self {
            Shape::Bool => "true or false".to_owned(),
            Shape::Int(bits) => format!("a {bits}-bit integer"),
            Shape::Float => "a number".to_owned(),
            Shape::Text => "a string".to_owned(),
            Shape::Version => "a version, such as `v1.36.2`".to_owned(),
            Shape::Duration => "a duration, such as `30s`".to_owned(),
            Shape::DurationOrNanoseconds => "a duration, such as `30s`, or a number of nanoseconds".to_owned(),
            Shape::Quantity => "a quantity, such as `\"256Mi\"`".to_owned(),
            Shape::Map(inner) => format!("a map, each value {}", inner.name()),
            Shape::List(inner) => format!("a list, each element {}", inner.name()),
            Shape::Object => "a record".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_an_api_have_an_order() {
        let order = ["a/v1alpha1", "a/v1alpha2", "a/v1beta1", "a/v1beta3", "a/v1beta10", "a/v1", "a/v2alpha1", "a/v2"];
        for (place, known) in order.iter().enumerate() {
            for (other, api) in order.iter().enumerate() {
                assert_eq!(succeeds(api, known), other > place, "{api} after {known}");
            }
        }
        for (api, known) in [("b/v2", "a/v1"), ("v2", "a/v1"), ("a/x", "a/v1"), ("a/", "a/v1")] {
            assert!(!succeeds(api, known), "{api} after {known}");
        }
    }

    #[test]
    fn values_are_of_known_sets() {
        for table in &*TABLES {
            for (name, field) in &table.fields {
                assert!(field.values.as_deref().is_none_or(super::super::value::is_set), "{name}: no such set");
            }
        }
    }

    #[test]
    fn names_below_a_path_are_those_of_its_own_level() {
        let table = table("KubeletConfiguration").expect("a table");
        let below = |path| table.below(path).collect::<Vec<_>>();
        assert!(below("").contains(&"maxPods") && !below("").iter().any(|name| name.contains('.')));
        assert_eq!(below("authentication.webhook"), ["cacheTTL", "enabled"]);
        assert_eq!(below("reservedMemory[]"), ["limits", "numaNode"]);
    }
}
