//! What Terraform's providers take: `tables/providers/NAME.toml`, each from the schema that the provider prints.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::embedded::{self, Note};

pub mod schema;

/// The table of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// `hashicorp/aws`.
    pub provider: String,
    /// The version that it was read from.
    pub known_through: String,
    #[serde(rename = "source")]
    _source: Note,
    /// The types that the provider has and that the table says nothing more of.
    #[serde(default)]
    pub other_resources: Vec<String>,
    #[serde(default)]
    pub other_data: Vec<String>,
    #[serde(default)]
    pub resource: BTreeMap<String, ResourceType>,
    #[serde(default)]
    pub data: BTreeMap<String, ResourceType>,
}

/// A type of resources, or of data sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceType {
    /// What it has besides its arguments, once it is made.
    #[serde(default)]
    pub gives: Vec<String>,
    /// Its arguments; those of a block have the names of the blocks before them: `root_block_device.volume_size`.
    #[serde(default)]
    pub takes: BTreeMap<String, Argument>,
}

/// An argument, or a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub form: Form,
    pub required: bool,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    String,
    Number,
    Bool,
    Any,
    List(Box<Form>),
    Map(Box<Form>),
    /// Arguments of its own; whether it may be there more than once.
    Block {
        many: bool,
    },
}

impl Form {
    /// `list<string>`, `block 1`.
    fn read(text: &str) -> Option<Self> {
        let inner = |name: &str| text.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
        Some(match text {
            "string" => Form::String,
            "number" => Form::Number,
            "bool" => Form::Bool,
            "any" => Form::Any,
            "block" => Form::Block { many: true },
            "block 1" => Form::Block { many: false },
            _ => match (inner("list"), inner("map")) {
                (Some(of), _) => Form::List(Box::new(Self::read(of)?)),
                (_, Some(of)) => Form::Map(Box::new(Self::read(of)?)),
                _ => return None,
            },
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::String => f.write_str("string"),
            Form::Number => f.write_str("number"),
            Form::Bool => f.write_str("bool"),
            Form::Any => f.write_str("any"),
            Form::List(of) => write!(f, "list<{of}>"),
            Form::Map(of) => write!(f, "map<{of}>"),
            Form::Block { many: true } => f.write_str("block"),
            Form::Block { many: false } => f.write_str("block 1"),
        }
    }
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (written, required) = text.strip_suffix('!').map_or((&*text, false), |text| (text, true));
        let form =
            Form::read(written).ok_or_else(|| D::Error::custom(format!("`{text}` is not a form of an argument")))?;
        Ok(Self { form, required })
    }
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| embedded::tables("tables/providers"));

/// The names of the providers that have a table, as types begin with them.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter_map(|table| table.provider.rsplit('/').next())
}

/// The table of a provider by that name.
pub fn named(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.provider.rsplit('/').next() == Some(name))
}

/// The table of the provider whose types begin with a word: `aws` of `aws_vpc`.
pub fn of_type(name: &str) -> Option<&'static Table> {
    named(name.split('_').next()?)
}

impl ResourceType {
    /// An argument by the blocks that it is in and its name.
    pub fn argument(&self, path: &str) -> Option<&Argument> {
        self.takes.get(path)
    }

    /// The names in a block, or at the top.
    pub fn names<'a>(&'a self, block: &'a str) -> impl Iterator<Item = (&'a str, &'a Argument)> {
        let inside = move |path: &'a String| {
            let name = if block.is_empty() { path } else { path.strip_prefix(block)?.strip_prefix('.')? };
            (!name.contains('.')).then_some(name)
        };
        self.takes.iter().filter_map(move |(path, argument)| Some((inside(path)?, argument)))
    }

    /// Whether something of it can be named: an argument, or what it has when it is made.
    pub fn has(&self, attribute: &str) -> bool {
        attribute == "id" || self.takes.contains_key(attribute) || self.gives.iter().any(|name| name == attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_found_by_their_blocks() {
        let instance = &of_type("aws_instance").unwrap().resource["aws_instance"];
        let size = instance.argument("root_block_device.volume_size").unwrap();
        assert_eq!((&size.form, size.required), (&Form::Number, false));
        assert_eq!(instance.argument("root_block_device").unwrap().form, Form::Block { many: false });
        assert!(instance.names("root_block_device").any(|(name, _)| name == "volume_size"));
        assert!(!instance.names("").any(|(name, _)| name.contains('.') || name == "volume_size"));
        assert!(instance.has("id") && instance.has("public_ip") && !instance.has("ip"));
        assert!(of_type("nowhere_thing").is_none());
    }

    #[test]
    fn each_block_of_an_argument_is_a_row() {
        for table in TABLES.iter() {
            for (name, kind) in table.resource.iter().chain(&table.data) {
                for path in kind.takes.keys().filter(|path| path.contains('.')) {
                    let block = path.rsplit_once('.').map(|(block, _)| block).and_then(|block| kind.argument(block));
                    assert!(matches!(block.map(|row| &row.form), Some(Form::Block { .. })), "{name}.{path}");
                }
            }
        }
    }

    #[test]
    fn a_form_is_written_in_one_way() {
        assert_eq!(Form::read("list<map<string>>"), Some(Form::List(Box::new(Form::Map(Box::new(Form::String))))));
        assert_eq!((Form::read("text"), Form::read("list<text>"), Form::read("block 2")), (None, None, None));
    }
}
