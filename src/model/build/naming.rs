//! What the machines of a group are called: by the group and a number, or by names of their own.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::hash::{HashMap, HashSet};
use crate::model::endpoint::ip;
use crate::model::value::Record;
use crate::model::{Group, Value};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::text::Count;

use super::Fields;

/// How the machines of a group are called.
pub enum Naming {
    /// `GROUP-0`, `GROUP-1` and so on: so many.
    Numbered(u32),
    /// By names of their own, in source order.
    Own(Vec<Own>),
}

/// A machine with a name of its own.
pub struct Own {
    pub name: Name,
    /// Where the name is written.
    pub span: Span,
    /// What is said of this machine alone.
    settings: Record,
}

/// Reads the names of a group whose statement has this count.
pub(super) fn naming(fields: &mut Fields<'_, '_>, count: Option<(u32, Span)>) -> Naming {
    let Some(value) = fields.value("names") else { return Naming::Numbered(count.map_or(1, |(count, _)| count)) };
    let written = fields.written("names").map(|written| written.expr);
    let own: Vec<Own> = entries(&value)
        .into_iter()
        .enumerate()
        .map(|(index, (name, settings))| Own { span: place(written, index, fields.span("names")), name, settings })
        .collect();
    let wrong = own.iter().filter(|own| !is_host_name(&own.name)).map(no_host_name);
    fields.problems.extend(wrong);
    if let Some((count, span)) = count.filter(|(count, _)| *count as usize != own.len()) {
        fields.problems.push(other_count(fields.owner, (count, span), own.len(), fields.span("names")));
    }
    Naming::Own(own)
}

/// The names of a value, each with what is said of it.
fn entries(value: &Value) -> Vec<(Name, Record)> {
    match value {
        Value::List(list) => {
            list.iter().filter_map(|name| Some((name.scalar_text()?.into(), Record::default()))).collect()
        }
        Value::Record(map) => map
            .iter()
            .map(|(name, settings)| match settings {
                Value::Record(settings) => (name.clone(), (**settings).clone()),
                _ => (name.clone(), Record::default()),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Where the name at a place is written: in a list or a map that is written out, else the whole of it.
fn place(written: Option<&Expr>, index: usize, whole: Span) -> Span {
    let found = match written.map(|expr| &expr.kind) {
        Some(ExprKind::List(list)) => list.get(index).map(|one| one.span),
        Some(ExprKind::Record { fields, .. }) if fields.iter().all(|field| !field.optional) => {
            fields.get(index).map(|field| field.key.span())
        }
        _ => None,
    };
    found.unwrap_or(whole)
}

/// A label of RFC 1123 in lower case, as Kubernetes has it for nodes; a number alone would be taken for an address.
fn is_host_name(name: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.bytes().all(|c| c.is_ascii_digit())
        && name != "localhost"
}

fn no_host_name(own: &Own) -> Diagnostic {
    let message = format!("`{}` is not a valid host name for a machine", own.name.escape_debug());
    let help = "use at most 63 lower-case letters, digits and `-`, with a letter or a digit at both ends (RFC 1123)";
    let lower = own.name.to_lowercase();
    Diagnostic::new(Code::InvalidName, own.span, message).help(match is_host_name(&lower) {
        true => format!("did you mean `{lower}`? {help}"),
        false => help.to_owned(),
    })
}

fn other_count(group: &str, (count, span): (u32, Span), names: usize, list: Span) -> Diagnostic {
    let message = format!("`{group}` has {} and a count of {count}", Count(names, "name"));
    Diagnostic::new(Code::BadCount, span, message)
        .label(list, "the names")
        .help("remove the count: each name is a machine; an overlay can set `names`")
}

/// Machines of the model that have the same name.
pub(super) fn same_names<'a>(groups: impl Iterator<Item = (&'a Group, &'a Naming)> + Clone) -> Vec<Diagnostic> {
    let numbered: HashMap<&str, (u32, Span)> = groups
        .clone()
        .filter(|(_, naming)| matches!(naming, Naming::Numbered(_)))
        .map(|(group, naming)| (&*group.name, (naming.count(), group.span)))
        .collect();
    let mut known: HashMap<&str, Span> = HashMap::default();
    let mut problems = Vec::new();
    for own in groups.flat_map(|(_, naming)| naming.own()) {
        let of_group = numbered_in(&own.name, |group| numbered.get(group).copied());
        match known.get(&*own.name).copied().or(of_group) {
            Some(first) => problems.push(twice(own, first)),
            None => drop(known.insert(&own.name, own.span)),
        }
    }
    problems
}

/// What a group with numbers says of a name, if it has a machine of that name.
fn numbered_in<T>(name: &str, count: impl Fn(&str) -> Option<(u32, T)>) -> Option<T> {
    let (group, index) = name.rsplit_once('-')?;
    let (count, found) = count(group)?;
    let number: u32 = index.parse().ok()?;
    (number < count && number.to_string() == index).then_some(found)
}

fn twice(own: &Own, first: Span) -> Diagnostic {
    let message = format!("two machines are named `{}`", own.name);
    let problem = Diagnostic::new(Code::DuplicateName, own.span, message);
    let problem = if first == own.span { problem } else { problem.label(first, "the first one") };
    problem.help("give each machine of the cluster a name of its own")
}

impl Own {
    /// What is said of it alone.
    pub(super) fn setting(&self, field: &str) -> Option<&Value> {
        self.settings.get(field)
    }
}

impl Naming {
    /// How many machines there are.
    pub fn count(&self) -> u32 {
        match self {
            Self::Numbered(count) => *count,
            Self::Own(own) => u32::try_from(own.len()).unwrap_or(u32::MAX),
        }
    }

    /// The machines with names of their own.
    pub fn own(&self) -> &[Own] {
        match self {
            Self::Numbered(_) => &[],
            Self::Own(own) => own,
        }
    }

    /// The name of the machine at a place of the group.
    pub fn name(&self, group: &str, index: u32) -> Name {
        match self {
            Self::Numbered(_) => format!("{group}-{index}").into(),
            Self::Own(own) => own[index as usize].name.clone(),
        }
    }

    /// A text that is said of one machine alone.
    pub(super) fn text(&self, index: u32, field: &str) -> Option<Name> {
        let value = self.own().get(index as usize)?.setting(field)?;
        value.scalar_text().map(Name::from)
    }

    /// The addresses of machines alone, each with its place in the group and in the source.
    pub(super) fn addresses(&self) -> Vec<(u32, IpAddr, Span)> {
        let address = |own: &Own| own.setting("address").and_then(ip);
        (0..).zip(self.own()).filter_map(|(index, own)| Some((index, address(own)?, own.span))).collect()
    }
}

/// Which machines a model has, by their names.
pub struct Known<'a> {
    counts: HashMap<&'a str, (u32, ())>,
    own: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    /// Of these groups.
    pub fn new(groups: impl Iterator<Item = (&'a Name, &'a Naming)> + Clone) -> Self {
        let numbered = groups.clone().filter(|(_, naming)| matches!(naming, Naming::Numbered(_)));
        Self {
            counts: numbered.map(|(group, naming)| (&**group, (naming.count(), ()))).collect(),
            own: groups.flat_map(|(_, naming)| naming.own()).map(|own| &*own.name).collect(),
        }
    }

    /// Whether there is a machine of this name.
    pub fn has(&self, name: &str) -> bool {
        self.is_own(name) || numbered_in(name, |group| self.counts.get(group).copied()).is_some()
    }

    /// Whether it is a name of its own.
    pub fn is_own(&self, name: &str) -> bool {
        self.own.contains(name)
    }

    /// The names that are not made of a group and a number.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        self.own.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::is_host_name;

    #[test]
    fn host_names_are_labels_in_lower_case() {
        for name in ["helios", "a", "r1-u07", "3com", &"a".repeat(63)] {
            assert!(is_host_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "Helios", "a.b", "a_b", "12", "localhost", "é", &"a".repeat(64)] {
            assert!(!is_host_name(name), "{name}");
        }
    }
}
