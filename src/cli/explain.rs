//! `kmodel explain`: the page of an error code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::own_code::{OwnCode, allowable, of_file, own_codes, text};
use crate::diag::{Code, Severity, did_you_mean};
use crate::source::SourceId;
use crate::stdlib;
use crate::syntax::ast::File;
use crate::syntax::parse;

use super::exit::{CliError, Exit};
use super::model;
use super::table::{Cell, table};
use super::{Terminal, output};

mod markdown;

/// Explain an error code, with a wrong and a corrected example
///
/// Components can declare codes of their own. Those of the standard library are built in; pass a model to include those of
/// the components that it uses: `kmodel explain --list cluster.km`.
#[derive(clap::Args)]
pub struct Args {
    /// Codes, as shown with a problem, and models (.km files) whose components declare more
    #[arg(value_name = "CODE|FILE", required_unless_present = "list")]
    words: Vec<String>,
    /// List all codes
    #[arg(long)]
    list: bool,
    /// Let the models read files below this directory too, besides their own; can be repeated
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, value_parser = model::folder)]
    allow_read: Vec<PathBuf>,
}

/// Prints the pages, or the list of all.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let (files, codes): (Vec<&String>, Vec<&String>) = args.words.iter().partition(|word| is_file(word));
    let programs = files.iter().map(|file| model::program(Path::new(file), &args.allow_read));
    let programs = programs.collect::<Result<Vec<_>, _>>()?;
    let library: Vec<Arc<File>> = stdlib::modules().into_iter().map(standard).collect();
    let mut own: Vec<OwnCode<'_>> = programs.iter().flat_map(own_codes).collect();
    // Without a model, all of the standard library; with one, what it uses of it.
    if programs.is_empty() {
        own.extend(library.iter().flat_map(|file| of_file(file)));
    }
    if args.list {
        return list(terminal, &own);
    }
    if codes.is_empty() {
        return Err(CliError::usage("no code given", "run `kmodel explain CODE`, or `kmodel explain --list`"));
    }
    let pages = codes.iter().map(|name| page(name, &own)).collect::<Result<Vec<_>, _>>()?;
    output::print(|out| markdown::write(out, &terminal.out, &pages.join("\n")))
}

fn is_file(word: &str) -> bool {
    word.ends_with(".km") || word.contains('/')
}

fn standard(path: &Path) -> Arc<File> {
    parse(SourceId::default(), stdlib::read(path).unwrap_or_default()).file
}

/// The page of a code of kmodel, or of a component.
fn page(name: &str, own: &[OwnCode<'_>]) -> Result<String, CliError> {
    if let Some(code) = Code::named(name) {
        return Ok(code.page().to_owned());
    }
    let pages: Vec<String> = own.iter().filter(|own| *own.name == *name).map(own_page).collect();
    if !pages.is_empty() {
        return Ok(format!("# {name}\n\n{}", pages.join("\n")));
    }
    let known = Code::ALL.iter().map(|code| code.name()).chain(own.iter().map(|own| &*own.name));
    let help = "`kmodel explain --list` lists all codes; `kmodel explain --list cluster.km` adds those of the components of a model";
    Err(CliError::usage(format!("unknown code `{name}`"), did_you_mean(name, known, help)))
}

/// The page of a component's code: its documentation, its severity, and its help.
fn own_page(own: &OwnCode<'_>) -> String {
    let owner = own.component.map_or("the model".to_owned(), |component| format!("the component `{component}`"));
    let kind = if own.check.fatal { "An error" } else { "A warning" };
    let docs = own.docs.map_or(String::new(), |docs| format!("{docs}\n\n"));
    let field = |name: &str| own.check.body.field(name).and_then(text);
    let help = field("help").map_or(String::new(), |help| format!("\n## What to do\n\n{help}.\n"));
    let may = if allowable(own.check) { "can" } else { "cannot" };
    format!("{docs}{kind} of {owner}. It {may} be allowed with `allow {} \"reason\"`.\n{help}", own.name)
}

fn list(terminal: &Terminal, own: &[OwnCode<'_>]) -> Result<Exit, CliError> {
    let rows: Vec<Vec<Cell>> = Code::ALL.iter().map(|code| row(*code)).collect();
    let mut declared: Vec<Vec<Cell>> = own.iter().map(own_row).collect();
    declared.dedup_by(|a, b| a == b);
    output::print(|out| {
        table(out, &terminal.out, 0, &rows)?;
        if !declared.is_empty() {
            writeln!(out, "\n{}", terminal.out.bold("Declared by components"))?;
            table(out, &terminal.out, 0, &declared)?;
        }
        writeln!(out, "{}", terminal.out.dim("* can be allowed with `allow CODE \"reason\"`"))
    })
}

fn row(code: Code) -> Vec<Cell> {
    let kind = kind(code.severity() == Severity::Error, code.allowable());
    vec![Cell::name(code.name()), Cell::dim(kind), Cell::plain(code.summary())]
}

fn own_row(own: &OwnCode<'_>) -> Vec<Cell> {
    let docs = own.docs.map(|docs| first_sentence(docs)).unwrap_or_default();
    let owner = own.component.map_or("the model", |name| name);
    vec![
        Cell::name(&*own.name),
        Cell::dim(kind(own.check.fatal, allowable(own.check))),
        Cell::plain(format!("{owner}: {docs}")),
    ]
}

fn kind(error: bool, allowable: bool) -> &'static str {
    match (error, allowable) {
        (true, false) => "error",
        (true, true) => "error *",
        (false, false) => "warning",
        (false, true) => "warning *",
    }
}

/// Up to the first period.
fn first_sentence(text: &str) -> String {
    let paragraph = text.lines().take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ");
    paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}
