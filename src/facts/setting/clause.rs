//! What a rule of `tables/refused/PROGRAM.toml` says of a setting: `healthzPort outside 0..65535`.

use super::grammar::Grammar;
use super::name::Name;
use super::typed::{Form, Typed};

/// One condition; a rule holds where all of its conditions do.
#[derive(Clone, Debug, PartialEq)]
pub enum Clause {
    Setting(Name, Test),
    /// A feature gate is on, or off.
    Gate(String, bool),
    /// A sysctl of the machine is known not to have this value.
    Sysctl(String, String),
    /// The program runs on more machines than this.
    Units(usize),
    /// A load balancer or a kubelet asks it for its health without a credential.
    Probed,
    /// No DNS of the platform has the names of machines, and no file of the machine names them.
    NamesUnresolved,
    /// A network of pods gives each pod an address of the range that its node was given.
    NodeRanges,
    /// An object of this API group and kind is in the cluster.
    Object {
        group: String,
        kind: String,
    },
    /// A setting of another program has this value on some machine.
    Anywhere(Name, Typed),
    /// A setting of another program is given on no machine.
    Nowhere(Name),
}

/// A condition of a setting; one that is not given has the program's default, if the table knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Set,
    Unset,
    Is(Typed),
    IsNot(Typed),
    Compare(Order, Operand),
    /// Below the first, or above the second.
    Outside(Typed, Typed),
    /// Has one of these.
    Has(Vec<Typed>),
    /// The first element is this one.
    Begins(Typed),
    /// Has none of these.
    Lacks(Vec<Typed>),
    MoreThan(usize),
    Repeats,
    /// An element is one of that one too.
    Meets(Name),
    /// A list of records whose `limits.memory` add up to another sum than that of these.
    SumsUnlike(Vec<Name>),
    /// A list of records with a limit that is none of these.
    LimitsOther(Vec<String>),
    /// An element is none of these.
    Other(Vec<Typed>),
    /// An element is not of this form.
    Malformed(Grammar),
    /// A key of the map is none of these.
    KeysOther(Vec<String>),
    /// A key of the map is not a key of that one.
    KeysBeyond(Name),
    /// A key of the map is not of this form.
    Keys(Grammar),
    /// A value of the map is not of this form.
    Entries(Grammar),
    /// A list of records of which one has a text in this field that is not of this form.
    Each(String, Grammar),
    /// A key of the map is one of these.
    KeysAmong(Vec<String>),
    /// A port that is not in the range of ports that this one has.
    NotIn(Name),
    /// A set of processors of which the machine does not have one.
    BeyondCores,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a number is compared with: so many times another setting, or a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Value(Typed),
    Times(f64, Name),
}

const ORDERS: [(&str, Order); 4] =
    [("<", Order::Less), ("<=", Order::LessOrEqual), (">", Order::Greater), (">=", Order::GreaterOrEqual)];

impl Order {
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Clause {
    /// Reads a condition; `name` finds the setting that a word names.
    pub fn read(text: &str, name: &dyn Fn(&str) -> Result<Name, String>) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a condition");
        if text == "probed" {
            return Ok(Self::Probed);
        }
        if text == "machine names unresolved" {
            return Ok(Self::NamesUnresolved);
        }
        if text == "node ranges needed" {
            return Ok(Self::NodeRanges);
        }
        let (subject, rest) = text.split_once(' ').ok_or_else(bad)?;
        match subject {
            "gate" => match rest.split_once(" is ") {
                Some((gate, on @ ("on" | "off"))) => Ok(Self::Gate(gate.to_owned(), on == "on")),
                _ => Err(bad()),
            },
            "sysctl" => {
                let (key, value) = rest.split_once(" is not ").ok_or_else(bad)?;
                Ok(Self::Sysctl(key.to_owned(), value.to_owned()))
            }
            "object" => {
                let (group, kind) = rest.split_once('/').ok_or_else(bad)?;
                Ok(Self::Object { group: group.to_owned(), kind: kind.to_owned() })
            }
            "anywhere" => {
                let (setting, value) = rest.split_once(" is ").ok_or_else(bad)?;
                let setting = Name::read(setting)?;
                let value = setting.form().read_known(value).ok_or_else(bad)?;
                Ok(Self::Anywhere(setting, value))
            }
            "nowhere" => Name::read(rest).map(Self::Nowhere),
            "units" => Ok(Self::Units(rest.strip_prefix("> ").and_then(|n| n.parse().ok()).ok_or_else(bad)?)),
            subject => {
                let subject = name(subject)?;
                let test = Test::read(rest, subject.form(), name)?.ok_or_else(bad)?;
                Ok(Self::Setting(subject, test))
            }
        }
    }

    /// The setting of another program that it is about.
    pub fn elsewhere(&self) -> Option<&Name> {
        match self {
            Self::Anywhere(name, _) | Self::Nowhere(name) => Some(name),
            _ => None,
        }
    }

    /// The settings of the program that it is about.
    pub fn names(&self) -> Vec<&Name> {
        match self {
            Self::Setting(
                name,
                Test::Compare(_, Operand::Times(_, other))
                | Test::KeysBeyond(other)
                | Test::Meets(other)
                | Test::NotIn(other),
            ) => vec![name, other],
            Self::Setting(name, Test::SumsUnlike(others)) => std::iter::once(name).chain(others).collect(),
            Self::Setting(name, _) => vec![name],
            Self::Gate(..)
            | Self::Sysctl(..)
            | Self::Units(_)
            | Self::Probed
            | Self::NamesUnresolved
            | Self::NodeRanges
            | Self::Object { .. }
            | Self::Anywhere(..)
            | Self::Nowhere(_) => Vec::new(),
        }
    }
}

impl Test {
    fn read(text: &str, form: Form, name: &dyn Fn(&str) -> Result<Name, String>) -> Result<Option<Self>, String> {
        let value = |text: &str| form.read_known(text).ok_or_else(|| format!("`{text}` is not a value of it"));
        let values = |text: &str| text.split('|').map(value).collect::<Result<Vec<_>, _>>();
        let keys = |text: &str| text.split('|').map(str::to_owned).collect();
        if let Some(test) = [("set", Self::Set), ("unset", Self::Unset), ("repeats", Self::Repeats)]
            .into_iter()
            .find_map(|(word, test)| (word == text).then_some(test))
        {
            return Ok(Some(test));
        }
        let after = |words: &str| text.strip_prefix(words)?.strip_prefix(' ');
        if let Some(rest) = after("is not a").or_else(|| after("is not an")) {
            return Grammar::read(rest).map(|grammar| Some(Self::Malformed(grammar)));
        }
        if let Some(rest) = after("entries are not a") {
            return Grammar::read(rest).map(|grammar| Some(Self::Entries(grammar)));
        }
        if let Some(rest) = after("keys are not a") {
            return Grammar::read(rest).map(|grammar| Some(Self::Keys(grammar)));
        }
        if let Some((field, form)) = after("each").and_then(|rest| rest.split_once(" is not a ")) {
            return Grammar::read(form).map(|grammar| Some(Self::Each(field.to_owned(), grammar)));
        }
        if text == "beyond the processors" {
            return Ok(Some(Self::BeyondCores));
        }
        if let Some(rest) = after("keys among") {
            return Ok(Some(Self::KeysAmong(keys(rest))));
        }
        if let Some(rest) = after("not in") {
            return Ok(Some(Self::NotIn(name(rest)?)));
        }
        if let Some(rest) = after("keys other than") {
            return Ok(Some(Self::KeysOther(keys(rest))));
        }
        if let Some(rest) = after("limits other than") {
            return Ok(Some(Self::LimitsOther(keys(rest))));
        }
        if let Some(rest) = after("sums unlike") {
            return rest.split(" + ").map(name).collect::<Result<_, _>>().map(|names| Some(Self::SumsUnlike(names)));
        }
        if let Some(rest) = after("meets") {
            return Ok(Some(Self::Meets(name(rest)?)));
        }
        if let Some(rest) = after("keys beyond") {
            return Ok(Some(Self::KeysBeyond(name(rest)?)));
        }
        if let Some(rest) = after("count >") {
            return Ok(rest.parse().ok().map(Self::MoreThan));
        }
        if let Some(rest) = after("begins with") {
            return Ok(Some(Self::Begins(value(rest)?)));
        }
        let Some((word, rest)) = text.split_once(' ') else { return Ok(None) };
        if let Some((_, order)) = ORDERS.iter().find(|(sign, _)| *sign == word) {
            return Ok(Some(Self::Compare(*order, Operand::read(rest, form, name)?)));
        }
        Ok(Some(match word {
            "is" => match rest.strip_prefix("not ") {
                Some(rest) => Self::IsNot(value(rest)?),
                None => Self::Is(value(rest)?),
            },
            "has" => Self::Has(values(rest)?),
            "lacks" => Self::Lacks(values(rest)?),
            "outside" => match rest.split_once("..") {
                Some((low, high)) => Self::Outside(value(low)?, value(high)?),
                None => return Ok(None),
            },
            "other" => Self::Other(values(rest.strip_prefix("than ").unwrap_or(rest))?),
            _ => return Ok(None),
        }))
    }
}

impl Operand {
    fn read(text: &str, form: Form, name: &dyn Fn(&str) -> Result<Name, String>) -> Result<Self, String> {
        if let Some(value) = form.read_known(text).filter(|value| value.number().is_some()) {
            return Ok(Self::Value(value));
        }
        let (factor, setting) = text.split_once(" * ").unwrap_or(("1", text));
        let factor = factor.parse().map_err(|_| format!("`{factor}` is not a number"))?;
        Ok(Self::Times(factor, name(setting)?))
    }
}
