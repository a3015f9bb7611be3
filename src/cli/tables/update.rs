//! `kmodel tables update`: tables of a new minor, made of what its programs print or its sources say.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::facts::flag;
use crate::facts::help::{self, Shown};
use crate::facts::lifespan::{minor, parse};
use crate::facts::update::flags::{self as flag_update, Answer};
use crate::facts::update::gates::{self, Era};
use crate::facts::update::{Change, ChangeKind, Draft};
use crate::stdlib;
use crate::syntax::ast::Version;
use crate::text::Count;
use crate::world::replace::replace;

use super::super::exit::{CliError, Exit};
use super::super::table::{Cell, table};
use super::super::{Terminal, output};
use super::{help_of, said, source, version};

/// Make the tables of a new minor from its programs or its sources, and show what is new
///
/// PATH is a program, a directory that contains programs, or a checkout of sources. Programs are only run with `--help` and
/// `--version`. What was not read stays as it was, and is listed.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A program, a directory of programs, or a checkout of sources; can be repeated
    #[arg(long, value_name = "PATH", required = true, value_hint = clap::ValueHint::AnyPath)]
    from: Vec<PathBuf>,
    /// The minor, such as 1.37 [default: the version that a program prints]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    minor: Option<Version>,
    /// Write the tables to this directory, for `--tables`
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Compare with tables that cover the minor already, too, and write nothing; exits with 1 if they differ
    #[arg(long, conflicts_with = "out")]
    check: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is read for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    minor: Option<Version>,
    /// Whether tables that have the minor are compared, rather than left.
    check: bool,
}

impl Wanted {
    pub(super) fn minor(self) -> Option<Version> {
        self.minor
    }
}

/// The flags that a help shows.
type Help = BTreeMap<String, Shown>;

/// A table with a version more, or what differs in one that has the version.
#[derive(Serialize)]
pub(super) struct Update {
    /// `flags/kubelet.toml`.
    pub table: String,
    pub version: String,
    /// Why nothing was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    pub changes: Vec<Change>,
    #[serde(skip)]
    pub text: Option<String>,
}

/// Reads, shows, and writes.
pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let (mut updates, mut listed) = (Vec::new(), Listed::default());
    let wanted = Wanted { minor: args.minor, check: args.check };
    for path in &args.from {
        updates.extend(of_path(path, wanted, &mut listed)?);
    }
    updates.extend(listed.updates(wanted));
    if updates.is_empty() {
        let help = format!("expected one of {}, or a checkout of kubernetes/kubernetes", programs().join(", "));
        return Err(CliError::usage("no program and no source with a table was found", help));
    }
    if args.json {
        output::print(|out| {
            serde_json::to_writer_pretty(&mut *out, &updates)?;
            writeln!(out)
        })?;
    } else {
        show(&updates, terminal)?;
    }
    if let Some(out) = &args.out {
        write(out, &updates)?;
    }
    let differs = args.check && updates.iter().any(|update| !update.changes.is_empty());
    Ok(if differs { Exit::Problems } else { Exit::Ok })
}

/// The programs that have a table, without their subcommands.
fn programs() -> Vec<&'static str> {
    let mut list: Vec<_> = flag::programs().filter_map(|name| name.split(' ').next()).collect();
    list.dedup();
    list
}

fn of_path(path: &Path, wanted: Wanted, listed: &mut Listed) -> Result<Vec<Update>, CliError> {
    if path.is_file() {
        return of_binary(path, wanted, listed);
    }
    let binaries: Vec<_> = programs().into_iter().map(|name| path.join(name)).filter(|path| path.is_file()).collect();
    if binaries.is_empty() {
        return source::updates(path, wanted);
    }
    let mut updates = Vec::new();
    for binary in binaries {
        updates.extend(of_binary(&binary, wanted, listed)?);
    }
    Ok(updates)
}

fn of_binary(binary: &Path, wanted: Wanted, listed: &mut Listed) -> Result<Vec<Update>, CliError> {
    let name = binary.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let tables = flag::programs().filter(|program| program.split(' ').next() == Some(name));
    let mut updates = Vec::new();
    for known in tables.filter_map(flag::table) {
        let words: Vec<String> = known.program.split(' ').skip(1).map(str::to_owned).collect();
        let exact = printed(binary)?;
        let Some(version) = wanted.minor.or(exact) else {
            let message = format!("`{}` does not print its version", binary.display());
            return Err(CliError::usage(message, "pass it as `--minor`"));
        };
        let help = help::read(&help_of(binary, &words)?);
        if help.len() < 5 {
            let message = format!("`{} --help` lists no flags", binary.display());
            return Err(CliError::outside(message).help("pass the program itself, not a script around it"));
        }
        let source = format!("`{} --help` of {}", known.program, exact.unwrap_or(version));
        updates.push(of_help((binary, wanted), known, (version, &help), (&words, &source))?);
        listed.add(known, version, &help, &source);
    }
    Ok(updates)
}

/// The version that a program prints of itself.
fn printed(binary: &Path) -> Result<Option<Version>, CliError> {
    let arguments: &[&str] = match binary.ends_with("kubeadm") {
        true => &["version", "-o", "short"],
        false => &["--version"],
    };
    let (stdout, stderr) = said(binary, &arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())?;
    let number = |word: &str| parse(word.trim_start_matches('v').split(['-', '+']).next()?);
    Ok(format!("{stdout} {stderr}").split_whitespace().find_map(number))
}

fn of_help(
    (binary, wanted): (&Path, Wanted),
    known: &'static flag::Table,
    (version, help): (Version, &Help),
    (words, source): (&[String], &str),
) -> Result<Update, CliError> {
    let table = format!("flags/{}.toml", known.program.replace(' ', "-"));
    let mut draft = match draft(&table, version, wanted) {
        Ok(draft) => draft,
        Err(left) => {
            return Ok(Update { table, version: minor(version), left: Some(left), changes: Vec::new(), text: None });
        }
    };
    let mut failed = None;
    flag_update::update(&mut draft, known, help, |flag| {
        let Some(probe) = help::probe(known, flag) else { return Answer::Unknown };
        let arguments: Vec<String> = words.iter().cloned().chain(probe).collect();
        match said(binary, &arguments) {
            Ok((stdout, stderr)) if help::refuses(&stdout) || help::refuses(&stderr) => Answer::Refuses,
            Ok(_) => Answer::Accepts,
            Err(error) => {
                failed = Some(error);
                Answer::Unknown
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(made(table, version, draft, source, true)),
    }
}

/// The feature gates that the helps of programs list, by family.
#[derive(Default)]
struct Listed(BTreeMap<String, Gates>);

struct Gates {
    version: Version,
    gates: BTreeMap<String, Era>,
    sources: Vec<String>,
}

impl Listed {
    fn add(&mut self, known: &flag::Table, version: Version, help: &Help, source: &str) {
        let text = help.get("feature-gates").map(|shown| &*shown.text).unwrap_or_default();
        let gates = gates::of_help(text, &minor(version));
        if !gates.is_empty() {
            let new = || Gates { version, gates: BTreeMap::new(), sources: Vec::new() };
            let family = self.0.entry(known.gates().to_owned()).or_insert_with(new);
            family.gates.extend(gates);
            family.sources.push(source.to_owned());
        }
    }

    /// Those that are stable are in no help, so no table is covered in full.
    fn updates(&self, wanted: Wanted) -> Vec<Update> {
        let update = |(family, listed): (&String, &Gates)| {
            let table = format!("gates/{family}.toml");
            let mut draft = draft(&table, listed.version, wanted).ok()?;
            gates::update_by_help(&mut draft, &listed.gates);
            Some(made(table, listed.version, draft, &listed.sources.join(", "), false))
        };
        self.0.iter().filter_map(update).collect()
    }
}

/// The embedded table with a version more, or with one that it has.
pub(super) fn draft(table: &str, version: Version, wanted: Wanted) -> Result<Draft, String> {
    let text = stdlib::read(&Path::new("tables").join(table)).ok_or_else(|| "unknown table".to_owned())?;
    if wanted.check { Draft::compare(text, version) } else { Draft::new(text, version) }
}

/// What came of a draft.
pub(super) fn made(table: String, version: Version, mut draft: Draft, source: &str, covered: bool) -> Update {
    let text = Some(draft.text(source, covered));
    Update { table, version: minor(version), left: None, changes: draft.changes, text }
}

fn show(updates: &[Update], terminal: &Terminal) -> Result<Exit, CliError> {
    output::print(|out| {
        for update in updates {
            let Update { table: name, version, left, changes, .. } = update;
            match left {
                Some(left) => {
                    writeln!(out, "{name} {version}: left as it is, since {left}; use `kmodel tables check`")?
                }
                None if changes.is_empty() => writeln!(out, "{name} {version}: nothing is new")?,
                None => writeln!(out, "{name} {version}: {}", Count(changes.len(), "change"))?,
            }
            let rows: Vec<_> = changes.iter().map(|one| row(update, one)).collect();
            table(out, &terminal.out, 2, &rows)?;
        }
        Ok(())
    })
}

fn row(update: &Update, change: &Change) -> Vec<Cell> {
    let dashes = if update.table.starts_with("flags/") { "--" } else { "" };
    let name = Cell::plain(format!("{dashes}{}", change.name));
    match change.kind {
        ChangeKind::Unclear => vec![name, Cell::dim(format!("not written: {}", change.message))],
        _ => vec![name, Cell::plain(&change.message)],
    }
}

/// Writes what was made. What the directory has besides stays.
fn write(out: &Path, updates: &[Update]) -> Result<(), CliError> {
    for (update, text) in updates.iter().filter_map(|update| Some((update, update.text.as_ref()?))) {
        let path = out.join(&update.table);
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(|error| CliError::file(folder, "create", &error))?;
        replace(&path, text.as_bytes(), 0o644).map_err(|error| CliError::file(&path, "write", &error))?;
    }
    Ok(())
}
