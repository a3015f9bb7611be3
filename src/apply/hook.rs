//! Scripts of the operator before and after a machine's turn: on the machine, as the model says, or here, as the command line says.
//!
//! One that fails, or takes too long, ends the run: a machine is not changed when what comes before did not succeed, and no other
//! machine has its turn when what comes after did not.

use std::path::PathBuf;
use std::process::Command;

use crate::target::{Hooks, Machine};

use super::change::{Change, Step};
use super::error::ApplyError;
use super::process;
use super::redactor::Redactor;
use super::transport::{Script, Transport};

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When {
    Before,
    After,
}

/// Programs of this machine that are run with each machine's turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct OwnHooks {
    pub before: Option<PathBuf>,
    pub after: Option<PathBuf>,
}

/// All hooks of a run.
pub(crate) struct Turn<'a> {
    pub model: &'a Hooks,
    pub own: &'a OwnHooks,
    /// What hooks print is shown where they fail.
    pub redactor: Redactor,
}

impl Turn<'_> {
    /// Runs what comes before or after the turn of a machine.
    ///
    /// # Errors
    /// The first that fails.
    pub(super) fn run(
        &self,
        transport: &dyn Transport,
        (machine, change): (Option<&Machine>, &Change),
        when: When,
    ) -> Result<(), ApplyError> {
        self.here(machine, change, when)?;
        match machine {
            Some(machine) if when == When::After || is_there(change) => self.there(transport, machine, change, when),
            _ => Ok(()),
        }
    }

    fn here(&self, machine: Option<&Machine>, change: &Change, when: When) -> Result<(), ApplyError> {
        let program = match when {
            When::Before => &self.own.before,
            When::After => &self.own.after,
        };
        let Some(program) = program else { return Ok(()) };
        let address = machine.map(|machine| machine.address.to_string()).unwrap_or_default();
        let mut command = Command::new(program);
        command.args([&change.name, &address, action(change)]);
        let name = format!("`{}`", program.display());
        let answer = process::run(&mut command, &[], self.model.timeout)
            .map_err(|error| ApplyError::new(format!("cannot run the hook {name}: {error}")))?;
        let Some(answer) = answer else { return Err(self.slow(&name, when, change)) };
        self.judged(&name, (when, change), answer.code, &answer)
    }

    fn there(
        &self,
        transport: &dyn Transport,
        machine: &Machine,
        change: &Change,
        when: When,
    ) -> Result<(), ApplyError> {
        let text = match when {
            When::Before => &self.model.before,
            When::After => &self.model.after,
        };
        let Some(text) = text else { return Ok(()) };
        let address = machine.address.to_string();
        let words = [&*change.name, &address, action(change)];
        let answer =
            transport.run(machine.name(), &Script { text, words: &words, input: &[], patience: self.model.timeout })?;
        self.judged("of the model", (when, change), answer.code, &answer)
    }

    fn slow(&self, name: &str, when: When, change: &Change) -> ApplyError {
        let seconds = self.model.timeout.as_secs();
        let message = format!("the hook {name} {} `{}` did not end within {seconds} s", when.word(), change.name);
        ApplyError::new(message).help("raise `timeout` in `hooks` of the target, or find what it waits for")
    }

    fn judged(
        &self,
        name: &str,
        (when, change): (When, &Change),
        code: Option<i32>,
        answer: &process::Answer,
    ) -> Result<(), ApplyError> {
        if code == Some(0) {
            return Ok(());
        }
        let how = code.map_or_else(|| "a signal ended it".to_owned(), |code| format!("it exited with {code}"));
        let said = [&answer.err, &*String::from_utf8_lossy(&answer.out)]
            .map(|text| self.redactor.clean(super::error::last_line(text)));
        let said = said.into_iter().find(|said| !said.is_empty()).map_or(how.clone(), |said| format!("{how}: {said}"));
        let message = format!("the hook {name} {} `{}` failed: {said}", when.word(), change.name);
        Err(ApplyError::new(message).help("fix its cause and run the same command again, or remove the hook"))
    }
}

impl When {
    fn word(self) -> &'static str {
        match self {
            When::Before => "before",
            When::After => "after",
        }
    }
}

/// The third argument of a hook.
fn action(change: &Change) -> &'static str {
    let is = |what: fn(&Step) -> bool| change.steps.iter().any(what);
    if is(|step| matches!(step, Step::Remove)) {
        "remove"
    } else if is(|step| matches!(step, Step::Create(_) | Step::SetUp(_) | Step::Replace(_))) {
        "set-up"
    } else {
        "change"
    }
}

/// Whether the machine can be entered before its change.
fn is_there(change: &Change) -> bool {
    let is_away = |step: &Step| matches!(step, Step::Create(_) | Step::Start | Step::Reach(_) | Step::Replace(_));
    !change.steps.iter().any(is_away)
}

/// What `--dry-run` says of the hooks, a line for each.
pub(crate) fn shown(model: &Hooks, own: &OwnHooks) -> Vec<String> {
    let lines = |text: &str| crate::text::Count(text.trim_end().lines().count(), "line").to_string();
    let there = [("before", &model.before), ("after", &model.after)];
    let here = [("before", &own.before), ("after", &own.after)];
    let here = here
        .into_iter()
        .filter_map(|(when, hook)| Some(format!("{when} each machine: {} here", hook.as_ref()?.display())));
    let there = there.into_iter().filter_map(|(when, hook)| {
        let text = hook.as_ref()?;
        Some(format!("{when} each machine: the model's script on it, {}", lines(text)))
    });
    here.chain(there).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::change::Turn as Order;
    use super::super::sample;
    use super::*;

    fn change(step: Step) -> Change {
        Change { name: "cp-0".into(), turn: Order::OneByOne, until: None, steps: vec![step] }
    }

    fn run(program: &str, step: Step) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = sample::program(folder.path(), "hook", program);
        let model = Hooks { timeout: Duration::from_secs(1), ..Hooks::default() };
        let own = OwnHooks { before: Some(path), after: None };
        let redactor = Redactor::new(&crate::pki::issued::Issued::default());
        let turn = Turn { model: &model, own: &own, redactor };
        let result = turn.here(None, &change(step), When::Before);
        result.map_err(|error| error.message.replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn a_hook_that_fails_or_takes_too_long_is_an_error() {
        assert_eq!(run("[ \"$1 $3\" = 'cp-0 remove' ]", Step::Remove), Ok(()));
        assert_eq!(run("[ \"$3\" = set-up ]", Step::SetUp(String::new())), Ok(()));
        let said = "the hook `/hook` before `cp-0` failed: it exited with 3: no room";
        assert_eq!(run("echo no room >&2; exit 3", Step::Readmit), Err(said.to_owned()));
        let slow = "the hook `/hook` before `cp-0` did not end within 1 s";
        assert_eq!(run("exec sleep 20", Step::Readmit), Err(slow.to_owned()));
    }

    #[test]
    fn a_machine_that_is_not_there_yet_is_not_entered() {
        assert!(is_there(&change(Step::SetUp(String::new()))) && is_there(&change(Step::Drain)));
        assert!(!is_there(&change(Step::Create(String::new()))) && !is_there(&change(Step::Reach(String::new()))));
    }

    #[test]
    fn a_dry_run_lists_hooks() {
        let model = Hooks { before: Some("a\nb\n".into()), ..Hooks::default() };
        let own = OwnHooks { before: None, after: Some("./x".into()) };
        let all = shown(&model, &own);
        assert_eq!(all, ["after each machine: ./x here", "before each machine: the model's script on it, 2 lines"]);
    }
}
