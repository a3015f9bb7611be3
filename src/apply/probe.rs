//! The state inside a running machine: its boot, its units and its files.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::render::boot;
use crate::render::bundle::BundleFile;
use crate::render::unit_file;
use crate::syntax::ast::Name;
use crate::target::{Machine, StartedUnit};

use super::error::ApplyError;
use super::transport::Transport;
use super::upload::sha256;

mod recorded;

const SCRIPT: &str = include_str!("probe.sh");

/// The state of a machine at one moment.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    /// Its boot has run, maybe not to its end: cloud-init has written what is in user-data.
    pub begun: bool,
    /// systemd has given up on the boot.
    pub given_up: bool,
    /// An apply drained it and was cut off before it took pods again.
    pub drained: bool,
    /// `ready end`, `running packages`, `failed artifacts wrong hash ...`: the state, the step, a message.
    pub status: String,
    /// The units that it starts, and the state of each.
    pub units: Vec<(String, String)>,
    /// The addresses of its interfaces.
    pub addresses: Vec<IpAddr>,
    /// Units, each with the stamp of a download that its plan says it runs.
    runs: HashSet<(String, String)>,
    files: HashMap<String, RemoteFile>,
    /// Hashes of units' files without comments.
    bare: HashMap<String, String>,
}

/// A file on a machine.
#[derive(Clone, Debug, Default)]
struct RemoteFile {
    sha256: String,
    mode: u32,
    /// `user:group`.
    owner: String,
}

/// What to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    Units,
    UnitsAndFiles,
}

/// How far a machine has booted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BootState {
    Up,
    /// Its boot is running.
    Busy(String),
    /// Its boot has ended and some units are not up yet.
    Partly(String),
    /// Its boot has ended, and some units are down and will not be restarted.
    Stopped(String),
    /// Its boot has failed and is retried.
    Failing(String),
    /// Its boot has failed for good.
    Failed(String),
}

/// Files on a machine that differ from the desired ones.
#[derive(Clone, Debug, Default)]
pub struct Differing<'a> {
    pub private: Vec<&'a BundleFile>,
    pub plain: Vec<&'a BundleFile>,
}

/// Reads the state of a running machine.
///
/// # Errors
/// When the machine cannot be entered.
pub(crate) fn probe(transport: &dyn Transport, machine: &Machine, look: Look) -> Result<Probe, ApplyError> {
    let paths = match look {
        Look::Units => String::new(),
        Look::UnitsAndFiles => {
            let own = machine.files.iter().map(|file| file.path.as_str());
            own.chain(stamps(machine)).map(|path| format!("{path}\n")).collect()
        }
    };
    let answer = transport.inside(machine.name(), SCRIPT, &[], paths.as_bytes())?;
    match answer.text() {
        Some(text) => Ok(Probe::read(&text)),
        None => Err(ApplyError::refused(&format!("read the state inside `{}`", machine.name()), &answer.err)),
    }
}

impl Probe {
    pub(super) fn read(text: &str) -> Self {
        let mut probe = Self::default();
        for line in text.lines() {
            let (tag, rest) = line.split_once(' ').unwrap_or((line, ""));
            match tag {
                "begun" => probe.begun = true,
                "drained" => probe.drained = true,
                "service" => probe.given_up = rest == "failed",
                "status" => probe.status = rest.trim().to_owned(),
                "unit" => probe.units.extend(rest.split_once(' ').map(|(unit, state)| (unit.into(), state.into()))),
                "runs" => {
                    probe.runs.extend(rest.split_once(' ').map(|(unit, stamp)| (unit.to_owned(), stamp.to_owned())));
                }
                "address" => probe.addresses.extend(rest.parse::<IpAddr>()),
                "sum" => probe.sum(rest),
                "stat" => probe.stat(rest),
                "bare" => {
                    let parts = rest.split_once(' ');
                    probe.bare.extend(parts.map(|(sum, path)| (path.to_owned(), sum.to_owned())));
                }
                _ => {}
            }
        }
        probe
    }

    fn sum(&mut self, line: &str) {
        if let Some((sum, path)) = line.split_once("  ") {
            self.files.entry(path.to_owned()).or_default().sha256 = sum.to_owned();
        }
    }

    fn stat(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        if let (Some(mode), Some(owner), Some(path)) = (words.next(), words.next(), words.next()) {
            let seen = self.files.entry(path.to_owned()).or_default();
            (seen.mode, seen.owner) = (u32::from_str_radix(mode, 8).unwrap_or_default(), owner.to_owned());
        }
    }

    /// How far it is.
    pub fn boot_state(&self) -> BootState {
        let (state, rest) = self.status.split_once(' ').unwrap_or((&self.status, ""));
        let (step, message) = rest.split_once(' ').unwrap_or((rest, ""));
        let said = if message.is_empty() { step.replace('_', " ") } else { message.to_owned() };
        let down: Vec<String> = self.down().map(|(unit, state)| format!("{unit} {}", steady(state))).collect();
        match state {
            "ready" if down.is_empty() => BootState::Up,
            "ready" if self.down().all(|(_, state)| is_idle(state)) => BootState::Stopped(down.join(", ")),
            "ready" => BootState::Partly(down.join(", ")),
            "failed" if self.given_up => BootState::Failed(said),
            "failed" => BootState::Failing(said),
            "running" => BootState::Busy(said),
            _ => BootState::Busy("waiting for its boot".to_owned()),
        }
    }

    /// Units that are not up.
    pub fn down(&self) -> impl Iterator<Item = &(String, String)> {
        self.units.iter().filter(|(_, state)| state != "up")
    }

    /// The files of a machine that differ. Owners are compared once the boot has set them.
    pub fn differing<'a>(&self, machine: &'a Machine) -> Differing<'a> {
        let ready = self.status.starts_with("ready");
        let differs = |file: &&BundleFile| self.files.get(&file.path).is_none_or(|seen| !seen.is(file, ready));
        let (private, plain) = machine.files.iter().filter(differs).partition(|file| file.secret);
        Differing { private, plain }
    }
}

impl Probe {
    /// The units that restart when these files are uploaded.
    pub fn restarts(&self, machine: &Machine, differing: &Differing<'_>) -> Vec<String> {
        let changed = |path: &str| differing.paths().any(|other| other == path);
        let own = |unit: &StartedUnit| {
            let file = machine.files.iter().find(|file| file.path == unit.file);
            file.is_some_and(|file| self.bare.get(&file.path) != Some(&sha256(&unit_file::bare(&file.content))))
        };
        let reads = |unit: &StartedUnit| unit.watches.iter().any(|path| changed(path));
        let restarts = |unit: &&StartedUnit| changed(&unit.file) && own(unit) || reads(unit) || self.is_new(unit);
        machine.units.iter().filter(restarts).map(|unit| unit.name.to_string()).collect()
    }
}

impl Probe {
    /// The units that run another program so far. One that is only not installed yet, as at a first boot, runs none.
    pub fn new_programs<'a>(&self, machine: &'a Machine) -> impl Iterator<Item = &'a StartedUnit> {
        machine.units.iter().filter(|unit| self.is_exchanged(unit))
    }

    fn is_exchanged(&self, unit: &StartedUnit) -> bool {
        let runs: Vec<&str> =
            self.runs.iter().filter(|(name, _)| **name == *unit.name).map(|(_, stamp)| &**stamp).collect();
        let mut wanted = unit.watches.iter().filter(|path| is_stamp(path));
        !runs.is_empty() && wanted.any(|path| !runs.contains(&&**path))
    }

    /// A download may be there for another unit, while this one still runs what was there before.
    fn is_new(&self, unit: &StartedUnit) -> bool {
        let is_run = |path: &Name| self.runs.contains(&(unit.name.to_string(), path.to_string()));
        let is_new = |path: &Name| is_stamp(path) && (!self.has(path) || !self.runs.is_empty() && !is_run(path));
        unit.watches.iter().any(is_new)
    }

    /// Whether a machine has a file.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

/// The stamp files of the artifacts installed on a machine.
fn stamps(machine: &Machine) -> impl Iterator<Item = &str> {
    machine.units.iter().flat_map(|unit| &unit.watches).map(|path| &**path).filter(|path| is_stamp(path))
}

pub(super) fn is_stamp(path: &str) -> bool {
    path.starts_with(boot::STAMPS)
}

impl RemoteFile {
    fn is(&self, file: &BundleFile, ready: bool) -> bool {
        let owned = || self.mode == file.mode && self.owner == format!("{}:{}", file.owner, file.group);
        self.sha256 == sha256(&file.content) && (!ready || owned())
    }
}

impl Differing<'_> {
    /// Paths of all of them.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.private.iter().chain(&self.plain).map(|file| file.path.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.private.is_empty() && self.plain.is_empty()
    }
}

/// Whether systemd will not restart a unit that is down.
fn is_idle(state: &str) -> bool {
    ["inactive", "failed"].iter().any(|word| state.starts_with(word))
}

/// A state without its restart counter.
fn steady(state: &str) -> &str {
    state.split(", started again").next().unwrap_or(state)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn boot_state(text: &str) -> BootState {
        Probe::read(text).boot_state()
    }

    #[test]
    fn a_machine_is_up_when_its_boot_and_every_unit_is() {
        assert_eq!(boot_state("begun\nservice active\nstatus ready end \nunit a.service up\n"), BootState::Up);
        assert_eq!(
            boot_state(
                "status ready end \nunit a.service failing (exit-code), started again 7 times\nunit b.service up\n"
            ),
            BootState::Partly("a.service failing (exit-code)".to_owned())
        );
        let text = "status ready end \nunit a.service inactive (success)\n";
        assert_eq!(boot_state(text), BootState::Stopped("a.service inactive (success)".to_owned()));
        assert_eq!(boot_state("service inactive\nstatus \n"), BootState::Busy("waiting for its boot".to_owned()));
        assert_eq!(boot_state("status running private_files \n"), BootState::Busy("private files".to_owned()));
    }

    #[test]
    fn a_boot_that_fails_is_tried_again_or_not() {
        let text = "status failed artifacts wrong hash, not installed: x\n";
        assert_eq!(boot_state(text), BootState::Failing("wrong hash, not installed: x".to_owned()));
        let text = format!("service failed\n{text}");
        assert_eq!(boot_state(&text), BootState::Failed("wrong hash, not installed: x".to_owned()));
    }

    fn unit(name: &str, watches: &[&str]) -> StartedUnit {
        let watches = watches.iter().map(|path| (*path).into()).collect();
        let program = name.trim_end_matches(".service").into();
        StartedUnit {
            name: name.into(),
            file: format!("/etc/systemd/system/{name}"),
            program,
            application: "".into(),
            version: String::new(),
            watches,
        }
    }

    #[test]
    fn a_unit_restarts_when_what_it_reads_changes() {
        const STAMP: &str = "/var/lib/kmodel/artifacts/etcd";
        let units = vec![unit("a.service", &["/etc/a"]), unit("b.service", &["/etc/b"]), unit("c.service", &[STAMP])];
        let file = |path: &str| sample::file(path, "# old\nx\n", false);
        let files = vec![file("/etc/a"), file("/etc/b"), file("/etc/systemd/system/b.service")];
        let machine = sample::machine("cp-0", files, units);
        let restarts = |text: &str, changed: &[usize]| {
            let plain = changed.iter().map(|place| &machine.files[*place]).collect();
            Probe::read(text).restarts(&machine, &Differing { private: vec![], plain })
        };
        let stamped = format!("stat 644 root:root {STAMP}\n");
        let none = Vec::<String>::new();
        assert_eq!(restarts(&stamped, &[]), none);
        assert_eq!(restarts("", &[]), ["c.service"], "its artifact is not installed yet");
        assert_eq!(restarts(&stamped, &[0]), ["a.service"]);
        assert_eq!(restarts(&stamped, &[2]), ["b.service"]);
        let commented = format!("{stamped}bare {} /etc/systemd/system/b.service\n", sha256(b"x\n"));
        assert_eq!(restarts(&commented, &[2]), none, "only a comment of the unit has changed");
    }

    #[test]
    fn a_file_differs_by_content_and_once_booted_by_mode_and_owner() {
        let machine = sample::machine("cp-0", vec![sample::file("/etc/a", "x", false)], vec![]);
        let differs = |text: &str| Probe::read(text).differing(&machine).paths().count() == 1;
        let sum = format!("sum {}  /etc/a\n", sha256(b"x"));
        let seen = |state: &str, stat: &str| differs(&format!("status {state}\n{sum}stat {stat} /etc/a\n"));
        assert!(differs("status ready end\n") && differs(&format!("sum {}  /etc/a\n", sha256(b"y"))));
        assert!(!seen("ready end", "644 root:etcd") && !seen("running units", "600 root:root"));
        assert!(seen("ready end", "600 root:etcd") && seen("ready end", "644 root:root"));
    }
}
