//! `--only`: the machines that a command is for.

use std::collections::BTreeSet;

use crate::apply::{Delta, OutOfOrder};
use crate::diag::did_you_mean;
use crate::model::Model;

use super::exit::CliError;

/// Which machines a run changes.
#[derive(clap::Args, Clone)]
pub(super) struct OnlyArgs {
    /// Change only some machines: `machine=NAME`, `group=NAME` or `zone=NAME`; can be repeated
    #[arg(long, value_name = "KIND=NAME")]
    only: Vec<String>,
}

/// The machines that are meant, by name.
pub(super) struct Only {
    names: Option<BTreeSet<String>>,
}

impl OnlyArgs {
    /// Whether all machines are meant.
    pub(super) fn is_empty(&self) -> bool {
        self.only.is_empty()
    }

    /// # Errors
    /// When one of these is not there.
    pub(super) fn read(&self, model: &Model<'_>, departed: &[String]) -> Result<Only, CliError> {
        if self.only.is_empty() {
            return Ok(Only { names: None });
        }
        let lists = self.only.iter().map(|text| named(text, model, departed));
        let names = lists.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        Ok(Only { names: Some(names) })
    }
}

fn named(text: &str, model: &Model<'_>, departed: &[String]) -> Result<Vec<String>, CliError> {
    let Some((kind, name)) = text.split_once('=') else {
        let help = format!("write `--only machine={text}`, `--only group={text}` or `--only zone={text}`");
        return Err(CliError::usage(format!("`{text}` does not say what it is"), help));
    };
    let machines = model.machines.iter();
    let all: Vec<(&str, &str)> = match kind {
        "machine" => {
            let here = machines.map(|machine| (&*machine.name, &*machine.name));
            here.chain(departed.iter().map(|name| (&**name, &**name))).collect()
        }
        "group" => machines.map(|one| (&*model.groups[one.group as usize].name, &*one.name)).collect(),
        "zone" => machines.filter_map(|one| Some((one.zone.as_deref()?, &*one.name))).collect(),
        _ => {
            let help = "write `machine=NAME`, `group=NAME` or `zone=NAME`";
            return Err(CliError::usage(format!("`--only` does not know `{kind}`"), help));
        }
    };
    let found: Vec<_> =
        all.iter().filter(|(known, _)| *known == name).map(|(_, machine)| (*machine).to_owned()).collect();
    if found.is_empty() {
        let fallback = format!("`kmodel plan` shows each {kind}");
        let help = String::from(did_you_mean(name, all.iter().map(|(known, _)| *known), &fallback));
        return Err(CliError::usage(format!("the model has no {kind} `{name}`"), help));
    }
    Ok(found)
}

impl Only {
    /// Leaves the other machines out of the changes.
    ///
    /// # Errors
    /// When something else has to be changed first.
    pub(super) fn keep(&self, delta: &mut Delta) -> Result<(), CliError> {
        let Some(names) = &self.names else { return Ok(()) };
        delta.only(&|name| names.contains(name)).map_err(|OutOfOrder { machine, before, program }| {
            CliError::usage(
                format!("`{machine}` would get new programs before `{program}` is new on `{before}`"),
                format!(
                    "add `--only machine={before}`, or leave `--only` out: an upgrade goes in the order of its programs"
                ),
            )
        })
    }
}
