//! Changes as data: to show before they are made, and for `run`.

use std::fmt;

use crate::verify::machines::Misfit;

use super::stage::Part;

/// One step of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Create the resource.
    Create(String),
    /// Give the machine of this name its new one.
    Rename { from: String, stops: bool },
    /// Set a key of its configuration, or unset it without a value.
    Config { key: String, from: Option<String>, to: Option<String> },
    /// Set a key of a device.
    Device { device: String, key: String, from: Option<String>, to: String },
    /// Change a volume of data, by its name.
    Volume { name: String, change: VolumeChange },
    /// Set data that cloud-init reads at the next start, by its key.
    Data(&'static str),
    /// Assign another profile, for which the machine is stopped.
    Profile { from: String, to: String },
    /// Restart it, since the change takes effect only then.
    Restart,
    /// Start it.
    Start,
    /// Upload files; these units restart.
    Files { paths: Vec<String>, restarts: Vec<String> },
    /// Let its pods go to other machines.
    Drain,
    /// Let it take pods again.
    Readmit,
    /// Bring all of its files for the first time, and run its boot.
    SetUp(String),
    /// Enter a machine that cannot be entered; why.
    Reach(String),
    /// A machine that is not what the model takes it for. Nothing is brought to it.
    Misfit(Misfit),
    /// Run its boot again.
    Boot(String),
    /// Wait for a machine that is coming up.
    Wait(String),
    /// Decommission it and remove it with its data.
    Remove,
    /// Change it in place from outside; what differs.
    Update(String),
    /// Decommission it and make it anew, without its data; why.
    Replace(String),
    /// Remove what is not a machine.
    Delete,
}

/// What changes of a volume, which is not a part of its machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VolumeChange {
    /// Make it, and mount it in a machine that is there, over what the folder has.
    Add { size: Option<String>, place: String },
    /// Mount one that is there: an interrupted run has made it.
    Attach { place: String },
    /// Give it another size.
    Resize { from: Option<String>, to: String },
    /// Mount it elsewhere.
    Move { from: String, to: String },
    /// Give the volume of this name its new one.
    Rename { from: String },
    /// Remove it with its data.
    Remove,
}

/// When a machine is changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Turn {
    /// In parallel: it is not up, so no other machine relies on it.
    Together,
    /// As the next, but before it: new versions of programs, one program after another on all machines.
    Stage(usize),
    /// One at a time, after those: it is up, and has to be up again before the next one changes.
    OneByOne,
}

/// The steps for one resource, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub name: String,
    pub turn: Turn,
    /// How far it brings the machine in an upgrade; none if to the end.
    pub until: Option<Part>,
    pub steps: Vec<Step>,
}

/// `+` to create, `-` to remove, `~` to change.
pub(crate) fn sign(step: &Step) -> char {
    match step {
        Step::Create(_) | Step::SetUp(_) => '+',
        Step::Reach(_) | Step::Misfit(_) => '!',
        Step::Remove | Step::Replace(_) | Step::Delete | Step::Volume { change: VolumeChange::Remove, .. } => '-',
        _ => '~',
    }
}

/// The most paths that are listed.
const SHOWN: usize = 4;

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(what) => write!(f, "create {what}"),
            Self::Rename { from, stops } => {
                write!(f, "rename from {from}, with all its data{}", if *stops { " (the machine stops)" } else { "" })
            }
            Self::Config { key, from, to } => between(f, key, from.as_deref(), to.as_deref()),
            Self::Device { device, key, from, to } => between(f, &format!("{device} {key}"), from.as_deref(), Some(to)),
            Self::Volume { name, change } => write!(f, "volume {name}: {change}"),
            Self::Data(key) => write!(f, "{key}, used at its next start"),
            Self::Profile { from, to } => write!(f, "profile {from} -> {to} (the machine stops)"),
            Self::Restart => write!(f, "restart the machine"),
            Self::Start => write!(f, "start"),
            Self::Files { paths, restarts } => files(f, paths, restarts),
            Self::Drain => write!(f, "drain it: its pods go to other machines"),
            Self::Readmit => write!(f, "let it take pods again, after a drain"),
            Self::SetUp(what) => write!(f, "set up: {what}"),
            Self::Reach(why) => write!(f, "cannot be reached: {why}"),
            Self::Misfit(misfit) => write!(f, "{} ({})", misfit.message, misfit.code),
            Self::Boot(why) => write!(f, "run its boot again: {why}"),
            Self::Wait(why) => write!(f, "wait until it is up: {why}"),
            Self::Remove => write!(f, "remove it and all its data"),
            Self::Update(what) => write!(f, "change {what}"),
            Self::Replace(why) => write!(f, "replace it, with the loss of all its data: {why}"),
            Self::Delete => write!(f, "remove"),
        }
    }
}

impl fmt::Display for VolumeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { size, place } => {
                let size = size.as_deref().map(|size| format!("{size} ")).unwrap_or_default();
                write!(f, "mount {size}at {place}, over what the machine has there")
            }
            Self::Attach { place } => write!(f, "mount at {place}"),
            Self::Resize { from, to } => between(f, "size", from.as_deref(), Some(to)),
            Self::Move { from, to } => write!(f, "mount at {to}, no longer at {from}"),
            Self::Rename { from } => write!(f, "rename from {from}, with all its data"),
            Self::Remove => write!(f, "remove it and all its data"),
        }
    }
}

fn between(f: &mut fmt::Formatter<'_>, key: &str, from: Option<&str>, to: Option<&str>) -> fmt::Result {
    match (from, to) {
        (Some(from), Some(to)) => write!(f, "{key} {from} -> {to}"),
        (None, Some(to)) => write!(f, "{key} {to}"),
        (_, None) => write!(f, "unset {key}"),
    }
}

fn files(f: &mut fmt::Formatter<'_>, paths: &[String], restarts: &[String]) -> fmt::Result {
    let shown = paths.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if paths.is_empty() {
        return write!(f, "restart {} with its new program", restarts.join(", "));
    }
    write!(f, "upload {shown}")?;
    if paths.len() > SHOWN {
        write!(f, " and {} more", paths.len() - SHOWN)?;
    }
    match restarts {
        [] => Ok(()),
        units => write!(f, "; restarts {}", units.join(", ")),
    }
}
