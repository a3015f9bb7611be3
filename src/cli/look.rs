//! How output looks: its width, its colours and its characters.

use std::io::{stderr, stdout};

use anstream::AutoStream;
use anstyle::{AnsiColor, Effects, Style};
use clap::ValueEnum;

/// The width of what is not a terminal.
const PIPE_WIDTH: usize = 100;

/// The smallest width for a layout.
const LEAST_WIDTH: usize = 40;

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// The look of one output.
#[derive(Clone, Debug)]
pub struct Look {
    pub width: usize,
    pub colour: bool,
    pub unicode: bool,
}

impl Look {
    /// The style of results.
    pub fn stdout(color: Color) -> Self {
        let choice = color.choice(AutoStream::choice(&stdout()));
        Self { width: width(terminal_size::terminal_size_of(stdout())), colour: choice, unicode: unicode() }
    }

    /// The style of problems.
    pub fn stderr(color: Color) -> Self {
        let choice = color.choice(AutoStream::choice(&stderr()));
        Self { width: width(terminal_size::terminal_size_of(stderr())), colour: choice, unicode: unicode() }
    }

    /// A heading.
    pub fn bold(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::BOLD), text)
    }

    /// Secondary text.
    pub fn dim(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::DIMMED), text)
    }

    /// A name.
    pub fn name(&self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// A good result.
    pub fn good(&self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// What is removed or broken.
    pub fn bad(&self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    /// A warning.
    pub fn warning(&self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default().effects(Effects::BOLD), text)
    }

    /// An error.
    pub fn error(&self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().effects(Effects::BOLD), text)
    }

    /// A help text.
    pub fn help(&self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default().effects(Effects::BOLD), text)
    }

    /// The first where the terminal can show it, else the second.
    pub fn pick<'a>(&self, fine: &'a str, plain: &'a str) -> &'a str {
        if self.unicode { fine } else { plain }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Color {
    /// `auto` is what the stream supports: NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM are in that.
    fn choice(self, auto: anstream::ColorChoice) -> bool {
        match self {
            Self::Auto => auto != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// COLUMNS comes first, since the user set it.
fn width(terminal: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|width| *width > 0);
    let terminal = terminal.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0);
    columns.or(terminal).unwrap_or(PIPE_WIDTH).max(LEAST_WIDTH)
}

/// Whether the locale is one of UTF-8; where none is named, as in most containers, it is taken to be.
fn unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
