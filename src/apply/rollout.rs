//! Bring machines up: upload files, run the boot, and wait for units.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::target::{Arrival, Machine};

use super::error::ApplyError;
use super::probe::{BootState, Differing, Look, Probe, probe};
use super::progress::{Progress, Reporter};
use super::provider::{Access, RUNNING, UNREACHABLE};
use super::upload;

/// The pause between two probes.
const PAUSE: Duration = Duration::from_secs(2);

/// The time without any change, on idle machines, after which the rollout fails.
const STALL: Duration = Duration::from_secs(300);

/// The same once a machine has failed: others may depend on it and will not come up either.
const STALL_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// How long a boot may fail with the same error: systemd retries every 30 seconds.
const FAILING: Duration = Duration::from_secs(75);

/// How often files are uploaded before the rollout fails because they are overwritten.
const MOST_DELIVERIES: u32 = 4;

/// How often in a row the probe of a running machine may fail.
const MOST_BLIND: u32 = 10;

/// The rollout of machines, each of which may depend on others.
pub(crate) struct Rollout<'a> {
    pub access: &'a Access,
    pub report: Reporter<'a>,
    /// The timeout for each machine.
    pub patience: Duration,
    board: Mutex<Board>,
}

/// The states of all machines that are coming up.
struct Board {
    states: BTreeMap<String, (String, bool)>,
    changed: Instant,
    failed: bool,
    /// Whether other machines wait to be changed, which may be what these wait for.
    hurry: bool,
}

/// A machine while it is coming up.
struct Convergence {
    begin: Instant,
    deliveries: u32,
    blind: u32,
    /// Its boot was run again in this run.
    booted: bool,
    /// The error of its boot, and since when.
    failing: Option<(String, Instant)>,
}

/// What to do after a probe.
enum NextStep {
    Up,
    Again,
    Later,
}

impl<'a> Rollout<'a> {
    pub(crate) fn new(access: &'a Access, report: Reporter<'a>, patience: Duration) -> Self {
        let board = Board { states: BTreeMap::new(), changed: Instant::now(), failed: false, hurry: false };
        Self { access, report, patience, board: Mutex::new(board) }
    }

    /// Whether idle machines are given up early, since others are to be changed after them.
    pub(crate) fn hurry(&self, hurry: bool) {
        let mut board = self.board();
        (board.hurry, board.failed) = (hurry, false);
    }

    /// Waits until a running machine has all its files and all its units are up.
    ///
    /// # Errors
    /// Why it is not up. Nothing is undone: the next apply continues from there.
    pub(crate) fn converge(&self, machine: &Machine) -> Result<(), ApplyError> {
        let now = Instant::now();
        let mut convergence = Convergence { begin: now, deliveries: 0, blind: 0, booted: false, failing: None };
        self.board().changed = now;
        let result = loop {
            match self.look(machine, &mut convergence) {
                Ok(NextStep::Up) => break Ok(()),
                Ok(NextStep::Again) => {}
                Ok(NextStep::Later) => thread::sleep(PAUSE),
                Err(error) => break Err(error),
            }
        };
        let mut board = self.board();
        board.states.remove(machine.name());
        (board.changed, board.failed) = (Instant::now(), board.failed || result.is_err());
        result
    }

    fn look(&self, machine: &Machine, convergence: &mut Convergence) -> Result<NextStep, ApplyError> {
        let probe = match probe(self.access.transport(), machine, Look::UnitsAndFiles) {
            Ok(probe) => probe,
            Err(error) => return self.blind(machine, convergence, error),
        };
        convergence.blind = 0;
        let differing = probe.differing(machine);
        let comes_whole = probe.begun || machine.arrival == Arrival::Brought;
        if !differing.private.is_empty() || (comes_whole && !differing.plain.is_empty()) {
            return self.deliver(machine, convergence, (&probe, differing));
        }
        match probe.boot_state() {
            BootState::Up => Ok(NextStep::Up),
            BootState::Failed(_) | BootState::Stopped(_) if !convergence.booted => {
                (self.report)(machine.name(), Progress::Doing("running its boot again".to_owned()));
                self.boot(machine, convergence)
            }
            BootState::Failed(why) => Err(ApplyError::new(why)),
            BootState::Failing(why) => self.failing(machine, convergence, why),
            BootState::Busy(what) => self.wait(machine, convergence, (what, true)),
            BootState::Partly(what) | BootState::Stopped(what) => self.wait(machine, convergence, (what, false)),
        }
    }

    /// A machine that was just started may not accept commands yet; a stopped one never will.
    fn blind(
        &self,
        machine: &Machine,
        convergence: &mut Convergence,
        error: ApplyError,
    ) -> Result<NextStep, ApplyError> {
        let state = self.access.provider().state(machine.name())?;
        convergence.blind += 1;
        match state.as_str() {
            RUNNING | UNREACHABLE if convergence.blind <= MOST_BLIND => Ok(NextStep::Later),
            RUNNING | UNREACHABLE => Err(error),
            "" => Err(ApplyError::new("it was removed while it was coming up")),
            other => Err(ApplyError::new(format!("it was stopped while it was coming up (state: {other})"))),
        }
    }

    fn deliver(
        &self,
        machine: &Machine,
        convergence: &mut Convergence,
        (probe, differing): (&Probe, Differing<'_>),
    ) -> Result<NextStep, ApplyError> {
        convergence.deliveries += 1;
        if convergence.deliveries > MOST_DELIVERIES {
            let path = differing.paths().next().unwrap_or_default().to_owned();
            return Err(ApplyError::new(format!("`{path}` was overwritten after each upload"))
                .help("find out which program on the machine writes it"));
        }
        let is_whole = probe.begun || machine.arrival == Arrival::Brought;
        let files: Vec<_> = match is_whole {
            true => differing.private.iter().chain(&differing.plain).copied().collect(),
            false => differing.private.clone(),
        };
        let what = match (probe.begun, is_whole) {
            (true, _) => "changed ",
            (false, true) => "",
            (false, false) => "private ",
        };
        (self.report)(machine.name(), Progress::Doing(format!("uploading {what}files: {}", files.len())));
        upload::upload(self.access.transport(), machine.name(), &files)?;
        if is_whole { self.boot(machine, convergence) } else { Ok(NextStep::Again) }
    }

    /// Runs the boot again. It restarts only units whose files have changed.
    fn boot(&self, machine: &Machine, convergence: &mut Convergence) -> Result<NextStep, ApplyError> {
        // systemd of a machine that has just been started does not answer yet.
        const SCRIPT: &str = "tries=0\n\
            until systemctl show -p Version >/dev/null 2>&1 || [ $tries -ge 60 ]; do tries=$((tries + 1)); sleep 1; done\n\
            rm -f /run/kmodel/status; systemctl daemon-reload && systemctl enable --quiet kmodel-boot && systemctl restart --no-block kmodel-boot";
        convergence.booted = true;
        convergence.failing = None;
        let answer = self.access.transport().inside(machine.name(), SCRIPT, &[], &[])?;
        match answer.code {
            Some(0) => Ok(NextStep::Later),
            _ => Err(ApplyError::refused("run its boot again", &answer.err)),
        }
    }

    fn failing(&self, machine: &Machine, convergence: &mut Convergence, why: String) -> Result<NextStep, ApplyError> {
        match &convergence.failing {
            Some((same, since)) if *same == why && since.elapsed() > FAILING => return Err(ApplyError::new(why)),
            Some((same, _)) if *same == why => {}
            _ => convergence.failing = Some((why.clone(), Instant::now())),
        }
        self.wait(machine, convergence, (why, true))
    }

    fn wait(
        &self,
        machine: &Machine,
        convergence: &Convergence,
        (what, busy): (String, bool),
    ) -> Result<NextStep, ApplyError> {
        if convergence.begin.elapsed() > self.patience {
            let seconds = self.patience.as_secs();
            return Err(ApplyError::new(format!("not up after {seconds} s: {what}"))
                .help("see its log below; pass `--timeout` to wait longer"));
        }
        let mut board = self.board();
        let new = (what.clone(), busy);
        if board.states.get(machine.name()) != Some(&new) {
            board.states.insert(machine.name().to_owned(), new);
            board.changed = Instant::now();
            drop(board);
            (self.report)(machine.name(), Progress::Doing(what));
            return Ok(NextStep::Later);
        }
        let stall = if board.failed || board.hurry { STALL_AFTER_FAILURE } else { STALL };
        let works = board.states.values().any(|(_, busy)| *busy);
        match !works && board.changed.elapsed() > stall {
            true => Err(ApplyError::new(format!("{what}; no change for {} s", stall.as_secs()))),
            false => Ok(NextStep::Later),
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Each change of it is one assignment, so it is consistent even if another thread panicked.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
