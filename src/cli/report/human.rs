//! Problems for people: each with its code, the places that matter, and what to do.

use std::io::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode, ThemeCharacters, ThemeStyles};

use crate::diag::{Diagnostic, Help};
use crate::source::Sources;
use crate::text::Count;

use super::super::look::Look;
use super::super::table::wrap;
use super::mask::Mask;
use super::text::Texts;
use super::{is_place, patch, tally};

/// The most problems that are shown: the first ones usually cause the rest.
const MOST: usize = 50;

/// What miette puts before a text: `  help: `.
const INDENT: usize = 8;

/// Lines wider than this are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// Writes the first problems, how many there are, and where to read more.
pub(super) fn write(
    out: &mut dyn Write,
    (sources, mask): (&Sources, &Mask),
    problems: &[Diagnostic],
    look: &Look,
) -> io::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let handler = handler(look);
    for problem in most(problems) {
        let mut text = String::new();
        let texts = Texts::new(sources, mask, problem);
        let place = texts.is_too_wide(problem).then(|| place(sources, problem));
        let shown = Shown { problem, texts, width: look.width.min(WIDEST), place };
        handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
        writeln!(out, "{}", tidy(&text))?;
        patch::write(out, look, (sources, mask), problem)?;
        writeln!(out)?;
    }
    if problems.len() > MOST {
        writeln!(out, "{}\n", look.dim(&format!("and {} more", Count(problems.len() - MOST, "problem"))))?;
    }
    let any_error = problems.iter().any(Diagnostic::is_error);
    let tally = tally(problems);
    writeln!(out, "{}", if any_error { look.error(&tally) } else { look.warning(&tally) })?;
    writeln!(out, "{}", look.dim(&format!("for more: kmodel explain {}", codes(problems))))
}

/// The first problems, in their order. Errors are the last to be left out.
fn most(problems: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let mut room = (MOST, MOST.saturating_sub(errors));
    problems.iter().filter(move |problem| {
        let left = if problem.is_error() { &mut room.0 } else { &mut room.1 };
        let shown = *left > 0;
        *left = left.saturating_sub(1);
        shown
    })
}

/// No spaces at the ends of lines, no empty lines around or doubled.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The codes of the problems, each once; the first few are enough to start from.
fn codes(problems: &[Diagnostic]) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for problem in problems {
        if !codes.contains(&problem.code_name()) && codes.len() < 3 {
            codes.push(problem.code_name());
        }
    }
    codes.join(" ")
}

fn handler(look: &Look) -> GraphicalReportHandler {
    let characters = if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if look.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_links(false)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
}

/// Where the first label is.
fn place(sources: &Sources, problem: &Diagnostic) -> String {
    problem.labels.iter().find(|label| is_place(label.span)).map_or_else(String::new, |label| sources.place(label.span))
}

/// A problem as miette sees it.
#[derive(Debug)]
struct Shown<'a> {
    problem: &'a Diagnostic,
    texts: Texts<'a>,
    width: usize,
    /// Where to look, when no snippet can show it.
    place: Option<String>,
}

impl Shown<'_> {
    /// A text in lines that fit. miette would break words at their hyphens, and names are full of them.
    fn lines(&self, text: &str) -> String {
        wrap(text, self.width.saturating_sub(INDENT)).join("\n")
    }
}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.problem.code_name()))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.problem.severity {
            crate::diag::Severity::Error => Severity::Error,
            crate::diag::Severity::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help = self.problem.help.as_ref().map(Help::text);
        // A fix says the same in other words when there is a help text too.
        let fix = self.problem.fixes.first().map(|fix| fix.title.as_str());
        help.or(fix).map(|text| Box::new(self.lines(text)) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.texts)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.place.is_some() {
            return None;
        }
        let labels = self.problem.labels.iter().filter(|label| is_place(label.span)).enumerate();
        let mut labels = labels.map(|(index, label)| self.texts.label(label, index == 0)).peekable();
        labels.peek()?;
        Some(Box::new(labels))
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines(&self.problem.message))?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, "\nat {place}"))
    }
}

impl std::error::Error for Shown<'_> {}
