//! What is kept of earlier renders, what a person lets go of it, and which machines come and go.

use std::collections::HashSet;
use std::io::{self, Write};

use crate::diag::did_you_mean;
use crate::model::{Input, Lock, Model};
use crate::plan::machine_changes::{MachineChanges, Moved};

use super::exit::CliError;
use super::look::Look;
use super::table::labelled;
use crate::text::Count;

/// How many machines a line names.
const NAMED: usize = 12;

/// All machines that are not in the model.
const ALL: &str = "all";

/// What a person lets go.
#[derive(clap::Args)]
pub struct KeepArgs {
    /// Make new keys in place of those that kmodel.lock records and the key store lacks; what runs with the old ones breaks
    #[arg(long)]
    new_keys: bool,
    /// Say that a machine which left the model is gone, so that its address may be given to another: its name, or `all`; can be repeated
    #[arg(long, value_name = "MACHINE")]
    forget: Vec<String>,
}

impl KeepArgs {
    /// Lets go before the model is planned.
    ///
    /// # Errors
    /// When nothing is remembered of a machine that is to be forgotten.
    pub fn let_go(&self, input: &mut Input) -> Result<(), CliError> {
        if self.new_keys {
            input.lock.keys.clear();
        }
        for name in &self.forget {
            if name == ALL {
                input.forget.all = true;
            } else if input.lock.addresses.contains_key(name) {
                input.forget.names.insert(name.clone());
            } else {
                let known = input.lock.addresses.keys().map(String::as_str);
                let help = did_you_mean(name, known, "the names are in kmodel.lock, under `addresses`");
                return Err(CliError::usage(format!("kmodel.lock has no address for `{name}`"), help));
            }
        }
        Ok(())
    }

    /// Refuses to forget what the model has.
    ///
    /// # Errors
    /// When one of the names is there.
    pub fn is_gone(&self, model: &Model<'_>) -> Result<(), CliError> {
        let machines = machines(model);
        let app = |name: &str| name.split_once('/').map(|(app, _)| app.to_owned());
        let has = |name: &str| {
            machines.contains(name) || app(name).is_some_and(|app| model.apps.iter().any(|known| *known.name == *app))
        };
        match self.forget.iter().find(|name| has(name)) {
            None => Ok(()),
            Some(name) => Err(CliError::usage(
                format!("`{name}` is in the model, so its address is not forgotten"),
                "`--forget` takes machines that left the model and are gone",
            )),
        }
    }
}

fn machines<'a>(model: &'a Model<'_>) -> HashSet<&'a str> {
    model.machines.iter().map(|machine| &*machine.name).collect()
}

/// Lists the machines that are new since the last render, that left the model, and that get another address.
///
/// # Errors
/// When it cannot be written.
pub fn moves(out: &mut dyn Write, look: &Look, (lock, model): (&Lock, &Model<'_>)) -> io::Result<()> {
    let Some(changes) = MachineChanges::of(lock, model) else { return Ok(()) };
    if !changes.new.is_empty() {
        labelled(out, look, 0, "new machines:", &names(&changes.new))?;
    }
    let departed: Vec<&str> = changes.departed.iter().map(|machine| machine.name).collect();
    if !departed.is_empty() {
        let rest = match departed.len() {
            1 => "its address stays taken until `apply` removes it or `--forget` says that it is gone",
            _ => "their addresses stay taken until `apply` removes them or `--forget` says that they are gone",
        };
        labelled(out, look, 0, "not in the model any more:", &format!("{}; {rest}", names(&departed)))?;
    }
    let moved: Vec<String> =
        changes.moved.iter().map(|Moved { name, from, to }| format!("{name} (from {from} to {to})")).collect();
    if !moved.is_empty() {
        labelled(out, look, 0, "other addresses:", &names(&moved))?;
    }
    Ok(())
}

fn names(list: &[impl AsRef<str>]) -> String {
    let named = list.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match list.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {}", Count(more, "more machine")),
    }
}
