//! What is kept of earlier renders, what a person lets go of it, and which machines come and go.

use std::collections::HashSet;
use std::io::{self, Write};

use crate::diag::did_you_mean;
use crate::model::{Input, Lock, Model, immutable};
use crate::plan::machine_changes::{Group, MachineChanges, Moved, Renamed, ambiguous_renames, likely_renames};

use super::exit::CliError;
use super::look::Look;
use super::table::labelled;
use crate::text::Count;

/// How many machines a line names.
const NAMED: usize = 12;

/// All machines that are not in the model.
const ALL: &str = "all";

/// What a person lets go.
#[derive(clap::Args, Clone)]
pub struct KeepArgs {
    /// Make new keys in place of those that kmodel.lock records and the key store lacks; what runs with the old ones breaks
    #[arg(long)]
    new_keys: bool,
    /// Say that a machine which left the model is gone, so that its address may be given to another, or that an earlier value is not in use any more: its name, or `all` machines; can be repeated
    #[arg(long, value_name = "NAME")]
    forget: Vec<String>,
    /// Change what a running cluster cannot change, because nothing runs yet or you rebuild it: its name under `immutable` in kmodel.lock, `cluster`, a machine whose address changes, or `all`; can be repeated
    #[arg(long, value_name = "NAME")]
    change: Vec<String>,
}

impl KeepArgs {
    /// Whether nothing is let go.
    pub fn is_empty(&self) -> bool {
        !self.new_keys && self.forget.is_empty() && self.change.is_empty()
    }

    /// Lets go before the model is planned.
    ///
    /// # Errors
    /// When nothing is remembered of a machine that is to be forgotten.
    pub fn let_go(&self, input: &mut Input) -> Result<(), CliError> {
        if self.new_keys {
            input.lock.keys.clear();
        }
        self.forget.iter().try_for_each(|name| forget(name, input))?;
        self.change.iter().try_for_each(|name| change(name, &mut input.lock))
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
        match self.forget.iter().find(|name| model.lock.addresses.contains_key(*name) && has(name)) {
            None => Ok(()),
            Some(name) => Err(CliError::usage(
                format!("`{name}` is in the model, so its address is not forgotten"),
                "`--forget` takes machines that left the model and are gone",
            )),
        }
    }
}

/// Lets go of an address or of an earlier value.
fn forget(name: &str, input: &mut Input) -> Result<(), CliError> {
    let lock = &mut input.lock;
    if name == ALL {
        input.forget.all = true;
    } else if lock.earlier.remove(name).is_none() && !lock.addresses.contains_key(name) {
        let known = lock.addresses.keys().chain(lock.earlier.keys()).map(String::as_str);
        let help = did_you_mean(name, known, "the names are in kmodel.lock, under `addresses` and `earlier`");
        let message = match lock.immutable.contains_key(name) {
            true => format!("kmodel.lock has no earlier value of `{name}`"),
            false => format!("kmodel.lock has no address for `{name}`"),
        };
        return Err(CliError::usage(message, help));
    } else {
        input.forget.names.insert(name.to_owned());
    }
    Ok(())
}

/// Lets go of what the last render had.
fn change(name: &str, lock: &mut Lock) -> Result<(), CliError> {
    let renamed = if name == ALL || name == immutable::CLUSTER { lock.renamed.take() } else { None };
    if name == ALL {
        lock.immutable.clear();
        lock.earlier.clear();
        return Ok(());
    }
    lock.earlier.remove(name);
    let known = lock.immutable.keys().chain(lock.addresses.keys()).cloned().collect::<Vec<_>>();
    let is_known = lock.immutable.remove(name).is_some() | lock.addresses.remove(name).is_some() | renamed.is_some();
    if is_known {
        return Ok(());
    }
    let known = known.iter().map(String::as_str);
    let help = did_you_mean(name, known, "the names are in kmodel.lock, under `immutable` and `addresses`");
    Err(CliError::usage(format!("kmodel.lock has no value of `{name}`"), help))
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
    let renamed: Vec<String> = changes.renamed.iter().map(|Renamed { from, to }| format!("{from} to {to}")).collect();
    if !renamed.is_empty() {
        labelled(out, look, 0, "renamed:", &names(&renamed))?;
    }
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
    for Group { old, new, size } in likely_renames(&departed, &changes.new) {
        let what = if size == 1 { "its address" } else { "their addresses" };
        labelled(out, look, 0, "if this is a rename:", &format!("write `moved {old} -> {new}`, which keeps {what}"))?;
    }
    for one in ambiguous_renames(&departed, &changes.new) {
        let said = format!("{one}; write `moved OLD -> NEW` for each");
        labelled(out, look, 0, "if this is a rename:", &said)?;
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
