//! Rollouts, with what a server answers in each case.

use std::path::Path;
use std::sync::Mutex;

use super::super::sample;
use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_secs(5);

fn ago(time: Duration) -> Instant {
    Instant::now().checked_sub(time).expect("a clock that goes back that far")
}

fn convergence(begin: Instant, failing: Option<(&str, Instant)>) -> Convergence {
    let failing = failing.map(|(why, since)| (why.to_owned(), since));
    Convergence { begin, deliveries: 0, blind: 0, booted: false, failing }
}

/// What a rollout of `cp-0` on a server that runs `script` does, and what it reports.
fn rolled<T>(script: &str, act: impl FnOnce(&Rollout<'_>, &Machine) -> T) -> (T, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let reported = Mutex::new(Vec::new());
    let report = |machine: &str, progress: Progress| reported.lock().unwrap().push(format!("{machine}: {progress:?}"));
    let access = sample::access(Path::new(folder.path()), script, &serde_json::json!([]));
    let done = act(&Rollout::new(&access, &report, HOUR), &sample::machine("cp-0", vec![], vec![]));
    (done, reported.into_inner().unwrap())
}

#[test]
fn a_boot_may_fail_for_a_while_but_not_with_the_same_error_for_long() {
    rolled("exit 1", |rollout, machine| {
        let failing = |before: Option<(&str, Instant)>, why: &str| {
            let mut convergence = convergence(Instant::now(), before);
            let result = rollout.failing(machine, &mut convergence, why.to_owned()).map(|_| ());
            (result.map_err(|error| error.message), convergence.failing)
        };
        let long = ago(FAILING + MOMENT);
        assert_eq!(failing(Some(("no route", long)), "no route").0, Err("no route".to_owned()));
        let short = ago(FAILING - MOMENT);
        assert_eq!(failing(Some(("no route", short)), "no route"), (Ok(()), Some(("no route".to_owned(), short))));
        let (result, now) = failing(Some(("no route", long)), "wrong hash");
        let (why, since) = now.unwrap();
        assert!(result.is_ok() && why == "wrong hash" && since > long + FAILING, "another error has its own time");
    });
}

#[test]
fn a_machine_may_take_as_long_as_its_timeout() {
    let (_, reported) = rolled("exit 1", |rollout, machine| {
        let wait = |begin| rollout.wait(machine, &convergence(begin, None), ("packages".to_owned(), true)).map(|_| ());
        assert_eq!(wait(ago(HOUR - MOMENT)), Ok(()));
        let error = wait(ago(HOUR + MOMENT)).unwrap_err();
        assert_eq!(error.message, "not up after 3600 s: packages");
        assert!(error.help.is_some_and(|help| help.contains("--timeout")));
    });
    assert_eq!(reported, ["cp-0: Doing(\"packages\")"]);
}

#[test]
fn what_a_machine_waits_for_is_reported_once() {
    let (_, reported) = rolled("exit 1", |rollout, machine| {
        let mut waits = |what: &str| {
            let changed = rollout.board().changed;
            let result = rollout.wait(machine, &convergence(Instant::now(), None), (what.to_owned(), true));
            assert!(matches!(result, Ok(NextStep::Later)));
            rollout.board().changed > changed
        };
        assert_eq!(["packages", "packages", "units"].map(&mut waits), [true, false, true]);
    });
    assert_eq!(reported, ["cp-0: Doing(\"packages\")", "cp-0: Doing(\"units\")"]);
}

#[test]
fn a_rollout_ends_when_nothing_changes_on_idle_machines() {
    let after = |idle: Duration, busy: bool, failed: bool| {
        let (result, _) = rolled("exit 1", |rollout, machine| {
            let state = ("etcd.service inactive".to_owned(), false);
            let mut board = rollout.board();
            board.states.insert("cp-0".to_owned(), state.clone());
            board.states.insert("cp-1".to_owned(), ("packages".to_owned(), busy));
            (board.changed, board.failed) = (ago(idle), failed);
            drop(board);
            rollout.wait(machine, &convergence(Instant::now(), None), state).map(|_| ()).map_err(|error| error.message)
        });
        result
    };
    let stalled = |seconds| Err(format!("etcd.service inactive; no change for {seconds} s"));
    assert_eq!(after(STALL + MOMENT, false, false), stalled(300));
    assert_eq!(after(STALL - MOMENT, false, false), Ok(()));
    assert_eq!(after(STALL + MOMENT, true, false), Ok(()), "another machine is still working");
    assert_eq!(after(STALL_AFTER_FAILURE + MOMENT, false, true), stalled(30));
    assert_eq!(after(STALL_AFTER_FAILURE - MOMENT, false, true), Ok(()));
}

#[test]
fn a_running_machine_is_given_time_to_accept_commands() {
    let blind = |state: &str, before: u32| {
        let (result, _) = rolled(&format!("echo {state}"), |rollout, machine| {
            let mut convergence = convergence(Instant::now(), None);
            convergence.blind = before;
            let result = rollout.blind(machine, &mut convergence, ApplyError::new("cannot enter it"));
            (result.map(|step| matches!(step, NextStep::Later)).map_err(|error| error.message), convergence.blind)
        });
        result
    };
    assert_eq!(blind("RUNNING", 0), (Ok(true), 1));
    assert_eq!(blind("RUNNING", MOST_BLIND - 1), (Ok(true), MOST_BLIND));
    assert_eq!(blind("RUNNING", MOST_BLIND).0, Err("cannot enter it".to_owned()));
    assert_eq!(blind("", 0).0, Err("it was removed while it was coming up".to_owned()));
    assert_eq!(blind("STOPPED", 0).0, Err("it was stopped while it was coming up (state: stopped)".to_owned()));
}

/// Its probe shows a private file that is not as it should be, each time.
#[test]
fn a_file_that_does_not_stay_is_named() {
    let files = vec![sample::file("/etc/key", "x", true)];
    let (steps, reported) = rolled("case \"$*\" in *sha256sum*) echo status running x ;; esac", |rollout, _| {
        let machine = sample::machine("cp-0", files, vec![]);
        let mut convergence = convergence(Instant::now(), None);
        let mut look = || match rollout.look(&machine, &mut convergence) {
            Ok(step) => matches!(step, NextStep::Again).to_string(),
            Err(error) => error.message,
        };
        [(); MOST_DELIVERIES as usize + 1].map(|()| look())
    });
    assert_eq!(steps, ["true", "true", "true", "true", "`/etc/key` was overwritten after each upload"]);
    assert_eq!(reported, vec!["cp-0: Doing(\"uploading private files: 1\")"; 4]);
}

#[test]
fn a_failure_before_is_forgotten_when_the_next_machines_begin() {
    rolled("exit 1", |rollout, _| {
        for hurry in [true, false] {
            rollout.board().failed = true;
            rollout.hurry(hurry);
            let board = rollout.board();
            assert_eq!((board.hurry, board.failed), (hurry, false));
        }
    });
}
