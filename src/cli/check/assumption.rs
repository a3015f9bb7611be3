//! The assumptions of `--if`: machines that are down, and overridden values.

use std::collections::HashSet;
use std::ffi::OsString;

use crate::check::schema::statement::{CLUSTER, MACHINES};
use crate::diag::did_you_mean;
use crate::model::{MachineId, Model};
use crate::text::List;

use super::super::exit::CliError;

/// One `--if`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Assumption {
    /// `machine=cp-1 down`.
    Down(FailureDomain, String),
    /// `kubernetes=1.36`, `wrk=500`, `cluster.pods=10.0.0.0/12`: a path as in `set`, and its value.
    Value(String, String),
}

/// A set of machines that fails together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureDomain {
    Machine,
    Zone,
    Rack,
    Group,
}

impl FailureDomain {
    const ALL: [(FailureDomain, &'static str); 4] = [
        (FailureDomain::Machine, "machine"),
        (FailureDomain::Zone, "zone"),
        (FailureDomain::Rack, "rack"),
        (FailureDomain::Group, "group"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(domain, _)| *domain == self).map_or("machine", |(_, word)| word)
    }
}

/// Joins `--if machine=cp-1 down` into one argument when it was typed without quotes.
pub fn join(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut list: Vec<OsString> = Vec::new();
    for argument in arguments {
        let value = match list.as_slice() {
            [.., flag, value] if flag == "--if" && !value.to_string_lossy().ends_with(" down") => Some(value),
            [.., value] if value.to_string_lossy().starts_with("--if=") => Some(value),
            _ => None,
        };
        let fits = value.is_some_and(|value| value.to_string_lossy().contains('='));
        match list.last_mut().filter(|_| fits && argument == "down") {
            Some(value) => value.push(" down"),
            None => list.push(argument),
        }
    }
    list
}

/// Reads one `--if`.
pub fn parse(text: &str) -> Result<Assumption, String> {
    const EXPECTED: &str = "expected `machine=NAME down`, `zone=NAME down`, `rack=NAME down`, `group=NAME down`, `kubernetes=VERSION`, \
                         `GROUP=COUNT` or `PATH=VALUE`";
    let (name, value) = text.split_once('=').ok_or(EXPECTED)?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() {
        return Err(EXPECTED.to_owned());
    }
    let domain = FailureDomain::ALL.iter().find(|(_, word)| *word == name).map(|(domain, _)| *domain);
    let down = value.strip_suffix("down").filter(|rest| rest.ends_with(char::is_whitespace)).map(str::trim);
    match (domain, down) {
        (Some(domain), Some(one)) => Ok(Assumption::Down(domain, one.to_owned())),
        (Some(domain), None) if value == "down" => Err(format!("expected a name, as in `{}=NAME down`", domain.word())),
        (Some(domain), None) => Err(format!("expected `{}={value} down`", domain.word())),
        (None, Some(one)) => Err(format!(
            "`{name}` cannot be down; expected `machine={one} down`, `zone={one} down`, `rack={one} down` or `group={one} down`"
        )),
        (None, None) => Ok(Assumption::Value(name.to_owned(), value.to_owned())),
    }
}

impl std::fmt::Display for Assumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Assumption::Down(domain, name) => write!(f, "{}={name} down", domain.word()),
            Assumption::Value(path, value) => write!(f, "{path}={value}"),
        }
    }
}

/// The path as in `set`: `kubernetes` is a field of the cluster, and a group alone is its count.
///
/// # Errors
/// When the model has nothing of that name.
pub fn path(model: &Model<'_>, written: &str) -> Result<String, CliError> {
    let groups = || model.groups.iter().map(|group| &*group.name);
    let Some((owner, field)) = written.split_once('.') else {
        if CLUSTER.fields.contains_key(written) {
            return Ok(format!("cluster.{written}"));
        }
        if groups().any(|group| group == written) {
            return Ok(format!("{written}.count"));
        }
        let known = groups().chain(CLUSTER.names());
        let fallback = format!("the groups are {}", List::ticked(groups()));
        return Err(CliError::usage(
            format!("nothing in the model is named `{written}`"),
            did_you_mean(written, known, &fallback),
        ));
    };
    let unknown = |what: String, name: &str, known: Vec<&str>| {
        let fallback = format!("there are {}", List::ticked(known.iter().copied()));
        CliError::usage(what, did_you_mean(name, known, &fallback))
    };
    if owner == "cluster" {
        return match CLUSTER.fields.contains_key(field) {
            true => Ok(written.to_owned()),
            false => Err(unknown(format!("`cluster` has no field `{field}`"), field, CLUSTER.names().collect())),
        };
    }
    if groups().any(|group| group == owner) {
        let known: Vec<&str> = MACHINES.names().chain(["count"]).collect();
        return match known.contains(&field) {
            true => Ok(written.to_owned()),
            false => Err(unknown(format!("machines have no field `{field}`"), field, known)),
        };
    }
    let Some((app, _)) = model.apps().find(|(_, app)| *app.name == *owner) else {
        let known = model.apps.iter().map(|app| &*app.name).chain(groups()).chain(["cluster"]).collect();
        return Err(unknown(format!("nothing in the model is named `{owner}`"), owner, known));
    };
    let options: Vec<&str> = model.component_of(app).options.iter().map(|option| &*option.name.name).collect();
    match options.contains(&field) {
        true => Ok(written.to_owned()),
        false => Err(unknown(format!("`{owner}` has no option `{field}`"), field, options)),
    }
}

/// The machines that are down.
///
/// # Errors
/// When the model has no machine, zone, rack or group of a name.
pub fn down(model: &Model<'_>, list: &[Assumption]) -> Result<HashSet<MachineId>, CliError> {
    let mut down = HashSet::new();
    for assumption in list {
        let Assumption::Down(domain, names) = assumption else { continue };
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let before = down.len();
            let known = down.clone();
            down.extend((0..model.machines.len() as u32).map(MachineId).filter(|id| is(model, *id, *domain, name)));
            if down.len() == before && !known.iter().any(|id| is(model, *id, *domain, name)) {
                return Err(unknown(model, *domain, name));
            }
        }
    }
    Ok(down)
}

fn is(model: &Model<'_>, id: MachineId, domain: FailureDomain, name: &str) -> bool {
    of(model, id, domain).is_some_and(|own| own == name)
}

fn of<'a>(model: &'a Model<'_>, id: MachineId, domain: FailureDomain) -> Option<&'a str> {
    let machine = model.machine(id);
    match domain {
        FailureDomain::Machine => Some(&machine.name),
        FailureDomain::Zone => machine.zone.as_deref(),
        FailureDomain::Rack => machine.rack.as_deref(),
        FailureDomain::Group => Some(&model.group_of(id).name),
    }
}

fn unknown(model: &Model<'_>, domain: FailureDomain, name: &str) -> CliError {
    let word = domain.word();
    let group = model.groups.iter().find(|group| *group.name == *name && !group.machines.is_empty());
    if let Some(group) = group.filter(|_| domain == FailureDomain::Machine) {
        let first = &model.machine(MachineId(group.machines.start)).name;
        return CliError::usage(
            format!("`{name}` is a machine group, not a machine"),
            format!("write `group={name} down`, or one of its machines: `machine={first} down`"),
        );
    }
    let mut known: Vec<&str> =
        (0..model.machines.len() as u32).filter_map(|id| of(model, MachineId(id), domain)).collect();
    known.sort_unstable();
    known.dedup();
    let fallback = match known.len() {
        0 => format!("no machine of the model has a {word}: set `{word} = \"...\"` in its `machines`"),
        1..=12 => format!("the {word}s are {}", List::ticked(known.iter().copied())),
        more => format!("there are {more} {word}s, from `{}` to `{}`", known[0], known[more - 1]),
    };
    let help = did_you_mean(name, known.iter().copied(), &fallback);
    CliError::usage(format!("the model has no {word} named `{name}`"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[&str]) -> Vec<String> {
        join(words.iter().map(OsString::from)).iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn two_words_are_one() {
        assert_eq!(
            joined(&["check", "--if", "machine=cp-1", "down", "a.km"]),
            ["check", "--if", "machine=cp-1 down", "a.km"]
        );
        assert_eq!(joined(&["--if=zone=a", "down"]), ["--if=zone=a down"]);
        assert_eq!(joined(&["--if", "machine=cp-1 down", "down"]), ["--if", "machine=cp-1 down", "down"]);
        assert_eq!(joined(&["check", "down"]), ["check", "down"]);
        assert_eq!(joined(&["--if", "down"]), ["--if", "down"]);
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(parse("machine=cp-1 down"), Ok(Assumption::Down(FailureDomain::Machine, "cp-1".to_owned())));
        assert_eq!(parse("kubernetes = 1.36"), Ok(Assumption::Value("kubernetes".to_owned(), "1.36".to_owned())));
        assert!(parse("zone= down").is_err_and(|why| why.contains("`zone=NAME down`")));
        assert!(parse("machine=cp-1").is_err_and(|why| why.contains("`machine=cp-1 down`")));
        assert!(parse("node=cp-1 down").is_err_and(|why| why.contains("machine=cp-1 down")));
        assert!(parse("down").is_err());
    }
}
