//! What is to be done, as data: for the eye before it is done, and for `run`.

use std::fmt;

/// What is done to one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// It is made.
    Create(String),
    /// A key of its configuration is set, or unset without a value.
    Config { key: String, from: Option<String>, to: Option<String> },
    /// A key of a device is set.
    Device { device: String, key: String, from: Option<String>, to: String },
    /// What cloud-init reads at the next start, by its key.
    Data(&'static str),
    /// Another profile. The machine is stopped for it.
    Profile { from: String, to: String },
    /// It is stopped and started, since what changed counts only then.
    Restart,
    /// It is started.
    Start,
    /// Files are brought; these units restart.
    Files { paths: Vec<String>, restarts: Vec<String> },
    /// Its boot is run again.
    Boot(String),
    /// It is on its way, and is waited for.
    Wait(String),
    /// It leaves the cluster and is removed with all that is on it.
    Remove,
}

/// When a machine is dealt with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// With all others: it is not up, so nobody relies on it.
    Together,
    /// Alone, after those: it is up, and is up again before the next one's turn.
    InTurn,
}

/// What is done to one thing, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub name: String,
    pub turn: Turn,
    pub steps: Vec<Step>,
}

/// `+` for what comes, `-` for what goes, `~` for what changes.
pub fn sign(step: &Step) -> char {
    match step {
        Step::Create(_) => '+',
        Step::Remove => '-',
        _ => '~',
    }
}

/// The most paths of files that are listed.
const SHOWN: usize = 4;

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(what) => write!(f, "create {what}"),
            Self::Config { key, from, to } => between(f, key, from.as_deref(), to.as_deref()),
            Self::Device { device, key, from, to } => between(f, &format!("{device} {key}"), from.as_deref(), Some(to)),
            Self::Data(key) => write!(f, "{key} for its next start"),
            Self::Profile { from, to } => write!(f, "profile {from} -> {to}, for which it is stopped"),
            Self::Restart => write!(f, "restart the machine"),
            Self::Start => write!(f, "start"),
            Self::Files { paths, restarts } => files(f, paths, restarts),
            Self::Boot(why) => write!(f, "run its boot again: {why}"),
            Self::Wait(why) => write!(f, "wait until it is up: {why}"),
            Self::Remove => write!(f, "remove, with all that is on it"),
        }
    }
}

fn between(f: &mut fmt::Formatter<'_>, key: &str, from: Option<&str>, to: Option<&str>) -> fmt::Result {
    match (from, to) {
        (Some(from), Some(to)) => write!(f, "{key} {from} -> {to}"),
        (None, Some(to)) => write!(f, "{key} {to}"),
        (_, None) => write!(f, "no {key}"),
    }
}

fn files(f: &mut fmt::Formatter<'_>, paths: &[String], restarts: &[String]) -> fmt::Result {
    let shown = paths.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    write!(f, "bring {shown}")?;
    if paths.len() > SHOWN {
        write!(f, " and {} more", paths.len() - SHOWN)?;
    }
    match restarts {
        [] => Ok(()),
        units => write!(f, "; restarts {}", units.join(", ")),
    }
}
