//! Progress of long work: a line per machine on a terminal, plain lines in a pipe.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::apply::Progress;

use super::look::Look;
use super::visible::{self, Visible};

/// Displays progress.
pub struct Board {
    look: Look,
    /// Absent in a pipe.
    bars: Option<MultiProgress>,
    /// The last message of each machine, and its line on a terminal.
    lines: Mutex<BTreeMap<String, (String, Option<ProgressBar>)>>,
}

impl Board {
    /// A board for the current stdout and stderr.
    pub fn new(look: &Look) -> Self {
        let terminal = stdout().is_terminal() && stderr().is_terminal();
        Self { look: look.clone(), bars: terminal.then(MultiProgress::new), lines: Mutex::default() }
    }

    /// Displays what happens to a machine, or to the cluster when the name is empty.
    pub fn report(&self, name: &str, progress: Progress) {
        match (&self.bars, &progress) {
            (_, Progress::Warning(text)) => self.say(&format!("{} {text}", self.look.warning("warning:"))),
            (Some(bars), _) if !name.is_empty() => self.draw(bars, name, &progress),
            _ => self.write(name, &progress),
        }
    }

    /// Ends all lines, so that later output is below them.
    pub fn finish(&self) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let bars: Vec<_> = lines.values().filter_map(|(_, bar)| bar.as_ref()).collect();
        bars.iter().filter(|bar| !bar.is_finished()).for_each(|bar| bar.abandon());
        if !bars.is_empty() {
            // The last line has no end of its own.
            visible::say("");
        }
    }

    fn write(&self, name: &str, progress: &Progress) {
        let text = text(progress);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // A repeated message is shown once.
        if lines.get(name).is_some_and(|(last, _)| last == text) {
            return;
        }
        lines.insert(name.to_owned(), (text.to_owned(), None));
        drop(lines);
        match name {
            "" => self.say(text),
            name => self.say(&format!("{}: {}", self.look.name(name), self.painted(progress))),
        }
    }

    fn draw(&self, bars: &MultiProgress, name: &str, progress: &Progress) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, bar) = lines.entry(name.to_owned()).or_insert_with(|| (String::new(), Some(self.bar(bars, name))));
        let Some(bar) = bar else { return };
        match progress {
            Progress::Done(_) => bar.finish_with_message(self.painted(progress)),
            Progress::Failed(_) => bar.abandon_with_message(self.painted(progress)),
            _ => bar.set_message(visible::shown(&self.painted(progress))),
        }
    }

    fn bar(&self, bars: &MultiProgress, name: &str) -> ProgressBar {
        let ticks = self.look.pick("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ", "|/-\\ ");
        let style = ProgressStyle::with_template("  {spinner} {prefix:12} {elapsed:>4}  {wide_msg}")
            .expect("a template that is always the same")
            .tick_chars(ticks);
        let bar = bars.add(ProgressBar::new_spinner().with_style(style).with_prefix(name.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    fn say(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| line_out(line)),
            None => line_out(line),
        }
    }

    fn painted(&self, progress: &Progress) -> String {
        match progress {
            Progress::Done(text) => self.look.good(text),
            Progress::Failed(text) => self.look.error(text),
            Progress::Doing(text) | Progress::Warning(text) => text.clone(),
        }
    }
}

/// A reader that has gone away does not stop the work.
fn line_out(line: &str) {
    let mut out = Visible(stdout());
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn text(progress: &Progress) -> &str {
    match progress {
        Progress::Doing(text) | Progress::Done(text) | Progress::Failed(text) | Progress::Warning(text) => text,
    }
}
