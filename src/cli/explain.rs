//! `kmodel explain`: what a problem means.

use std::io::Write;

use crate::diag::{Code, Severity, did_you_mean};

use super::exit::{Exit, Failure};
use super::table::{Cell, table};
use super::{Terminal, output};

mod markdown;

/// Explain a problem by its code, with a wrong and a right example
#[derive(clap::Args)]
pub struct Args {
    /// Codes, as shown with a problem
    #[arg(value_name = "CODE", required_unless_present = "list")]
    codes: Vec<String>,
    /// List all codes
    #[arg(long, conflicts_with = "codes")]
    list: bool,
}

/// Prints the pages, or the list of all.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, Failure> {
    if args.list {
        return list(terminal);
    }
    let codes = args.codes.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
    output::print(|out| {
        for (index, code) in codes.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            markdown::write(out, &terminal.out, code.page())?;
        }
        Ok(())
    })
}

fn find(name: &str) -> Result<Code, Failure> {
    Code::named(name).ok_or_else(|| {
        let known = Code::ALL.iter().map(|code| code.name());
        let help = did_you_mean(name, known, "`kmodel explain --list` shows all codes");
        Failure::usage(format!("no problem has the code `{name}`"), help)
    })
}

fn list(terminal: &Terminal) -> Result<Exit, Failure> {
    let rows: Vec<Vec<Cell>> = Code::ALL.iter().map(|code| row(*code)).collect();
    output::print(|out| {
        table(out, &terminal.out, 0, &rows)?;
        writeln!(out, "{}", terminal.out.dim("* may be allowed with `allow CODE \"reason\"`"))
    })
}

fn row(code: Code) -> Vec<Cell> {
    let kind = match (code.severity(), code.allowable()) {
        (Severity::Error, false) => "error",
        (Severity::Error, true) => "error *",
        (Severity::Warning, false) => "warning",
        (Severity::Warning, true) => "warning *",
    };
    vec![Cell::name(code.name()), Cell::dim(kind), Cell::plain(first_sentence(code.page()))]
}

/// The first paragraph under the heading, up to its first period.
fn first_sentence(page: &str) -> String {
    let body = page.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    let paragraph = body.take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ");
    paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}
