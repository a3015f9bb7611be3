//! What a change does to what runs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::change::{Change, Step, VolumeChange};

/// Where units have their files on a machine.
const UNITS: &str = "/etc/systemd/system/";

/// The most that a change does, from the least on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Class {
    /// Nothing that runs notices it.
    Nothing,
    /// systemd reads its units again; all of them go on.
    Reload,
    /// Units restart, or the machine does.
    Restart,
    /// Pods leave the machine before.
    Drain,
    /// The machine is new.
    Create,
    /// The machine is made anew, without its data.
    Recreate,
    /// The machine goes, with its data, or a volume of it does.
    Remove,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Drain => "drain",
            Self::Create => "create",
            Self::Recreate => "recreate",
            Self::Remove => "remove",
        })
    }
}

impl Step {
    /// The most that it does.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Create(_) | Self::SetUp(_) => Class::Create,
            Self::Remove | Self::Delete | Self::Volume { change: VolumeChange::Remove, .. } => Class::Remove,
            // Whether a machine is made anew for it is not known before the platform is asked.
            Self::Replace(_) | Self::Update(_) => Class::Recreate,
            Self::Drain => Class::Drain,
            Self::Restart | Self::Profile { .. } | Self::Boot(_) => Class::Restart,
            Self::Rename { stops, .. } => {
                if *stops {
                    Class::Restart
                } else {
                    Class::Nothing
                }
            }
            Self::Files { paths, restarts } => of_files(paths, restarts),
            Self::Volume { change: VolumeChange::Resize { .. }, .. } => Class::Nothing,
            // The machine is stopped for it.
            Self::Volume { .. } => Class::Restart,
            Self::Config { .. } | Self::Device { .. } | Self::Data(_) | Self::Start | Self::Readmit => Class::Nothing,
            Self::Reach(_) | Self::Misfit(_) | Self::Wait(_) => Class::Nothing,
        }
    }

    /// Whether all that runs on the machine stops with it.
    pub(crate) fn stops_machine(&self) -> bool {
        match self {
            Self::Restart | Self::Profile { .. } | Self::Replace(_) | Self::Update(_) | Self::Remove => true,
            Self::Rename { stops, .. } => *stops,
            Self::Volume { change, .. } => !matches!(change, VolumeChange::Resize { .. }),
            _ => false,
        }
    }
}

fn of_files(paths: &[String], restarts: &[String]) -> Class {
    match restarts {
        [] if paths.iter().any(|path| path.starts_with(UNITS)) => Class::Reload,
        [] => Class::Nothing,
        _ => Class::Restart,
    }
}

impl Change {
    /// The most that any of its steps does.
    pub(crate) fn class(&self) -> Class {
        self.steps.iter().map(Step::class).max().unwrap_or(Class::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str], restarts: &[&str]) -> Step {
        let list = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Step::Files { paths: list(paths), restarts: list(restarts) }
    }

    #[test]
    fn files_are_read_by_nothing_or_by_systemd_or_by_units_that_restart() {
        let class = |paths: &[&str], restarts: &[&str]| files(paths, restarts).class();
        assert_eq!(class(&["/etc/motd"], &[]), Class::Nothing);
        assert_eq!(class(&["/etc/motd", "/etc/systemd/system/a.service"], &[]), Class::Reload);
        assert_eq!(class(&["/etc/systemd/system/a.service"], &["a.service"]), Class::Restart);
        assert_eq!(class(&[], &["a.service"]), Class::Restart, "its program is another one");
    }

    #[test]
    fn a_volume_grows_while_its_machine_runs_and_goes_with_its_data() {
        let step = |change| Step::Volume { name: "a_data".to_owned(), change };
        let grow = step(VolumeChange::Resize { from: None, to: "2GiB".to_owned() });
        assert_eq!((grow.class(), grow.stops_machine()), (Class::Nothing, false));
        let add = step(VolumeChange::Add { size: None, place: "/srv".to_owned() });
        assert_eq!((add.class(), add.stops_machine()), (Class::Restart, true));
        assert_eq!(step(VolumeChange::Remove).class(), Class::Remove);
    }

    #[test]
    fn a_change_is_as_much_as_its_heaviest_step() {
        let turn = crate::apply::change::Turn::OneByOne;
        let of = |steps| Change { name: "a".to_owned(), turn, until: None, steps }.class();
        assert_eq!(of(vec![]), Class::Nothing);
        assert_eq!(of(vec![Step::Drain, files(&["/a"], &["a.service"]), Step::Readmit]), Class::Drain);
        assert_eq!(of(vec![Step::Drain, Step::Replace("disk".to_owned())]), Class::Recreate);
        assert_eq!(of(vec![Step::Create("x".to_owned()), Step::Start]), Class::Create);
    }
}
