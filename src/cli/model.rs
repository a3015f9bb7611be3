//! The model that a command works on: its file, overlays and parameters.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::check::{self, Checked, Program, is_path};
use crate::compile;
use crate::compile::Planned;
use crate::diag::{Help, any_error, closest, tidy};
use crate::model::Input;
use crate::model::input::Setting;
use crate::pki::store;
use crate::source::{SourceKind, Sources};
use crate::syntax;
use crate::syntax::ast::{Expr, Name, StatementKind};
use crate::world::access::Access;
use crate::world::refusal::Refusal;
use crate::world::watched::{Answer, Watched};
use crate::world::{Disk, World};

use super::exit::CliError;
use super::lock;
use super::report::Format;

/// The arguments that identify a model.
#[derive(clap::Args, Clone, Debug)]
pub struct ModelArgs {
    /// The model: a .km file
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
    /// Apply an overlay of the model; can be repeated, the last one wins
    #[arg(long, value_name = "NAME")]
    pub overlay: Vec<String>,
    /// Set a parameter, an option (`etcd.snapshot-every=6h`), a flag or a field (`kubelet.config.maxPods=50`); can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// The lock file [default: kmodel.lock beside the model]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub lock: Option<PathBuf>,
    /// Let the model read files below this directory too, besides its own; can be repeated
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, value_parser = folder)]
    pub allow_read: Vec<PathBuf>,
    /// Format of problems on stderr: human, json (one object per line), sarif (2.1.0) or github (annotations) [default: human]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub message_format: Format,
}

/// A model that has been read and checked.
pub struct Opened<'w> {
    pub world: &'w dyn World,
    pub checked: Checked,
    pub input: Input,
    /// The lock as it was read.
    pub seen: lock::Seen,
}

/// What a model is read from; it remembers what it gave.
static DISK: OnceLock<Watched<Disk>> = OnceLock::new();

pub fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("expected NAME=VALUE, as in `workers=5`".to_owned()),
    }
}

/// A directory that models may read.
pub fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such directory".to_owned()) }
}

fn access(file: &Path, allowed: &[PathBuf]) -> Access {
    allowed.iter().fold(Access::beside(file), |access, folder| access.and(folder))
}

impl ModelArgs {
    /// The files that the model may read.
    pub fn disk(&self) -> &'static Watched<Disk> {
        DISK.get_or_init(|| Watched::new(Disk::new(access(&self.file, &self.allow_read))))
    }

    /// Reads and checks the model, and reads its lock.
    ///
    /// # Errors
    /// When the file or the lock cannot be read. Problems of the model are in the result.
    pub fn open(&self, target: Option<&str>) -> Result<Opened<'static>, CliError> {
        self.open_in(self.disk(), target)
    }

    /// As [`ModelArgs::open`], with the files of a world.
    ///
    /// # Errors
    /// As [`ModelArgs::open`].
    pub fn open_in<'w>(&self, world: &'w dyn World, target: Option<&str>) -> Result<Opened<'w>, CliError> {
        world.read(&self.file).map_err(|error| unreadable(&self.file, &error))?;
        let mut checked = check::check_with(world, &self.file, &self.set);
        let (lock, seen) = lock::read(&self.lock_path(), &self.file, &cluster_of(&checked.program))?;
        let sources = &mut checked.program.sources;
        let params = self.set.iter().filter(|(name, _)| !is_path(name));
        let paths = self.set.iter().filter(|(name, _)| is_path(name));
        let sets = params.map(|(name, value)| parse(sources, "--set", name, value));
        // The program has these; here they are for the same command again.
        let kept = paths.map(|(name, text)| Setting { name: (**name).into(), text: text.clone(), value: None });
        let sets = sets.chain(kept).collect();
        let target = target.map(Into::into);
        let input = Input { overlays: self.overlay.clone(), sets, target, lock, ..Input::default() };
        Ok(Opened { world, checked, input, seen })
    }

    /// The same model with other values, by their paths as `set` has them: `wrk.count`.
    ///
    /// # Errors
    /// As [`ModelArgs::open`], and when a value cannot be read.
    pub fn open_with(&self, values: &[(String, String)]) -> Result<Opened<'static>, CliError> {
        let mut opened = self.open(None)?;
        for (path, value) in values {
            let setting = parse(&mut opened.checked.program.sources, "--if", path, value);
            let wrong = || {
                CliError::usage(
                    format!("`{value}` is not a valid value"),
                    "write it as in a model: `500`, `1.36`, `10.0.0.0/12`",
                )
            };
            let literal = setting.value.filter(|expr| expr.computed().is_none());
            opened.checked.program.overrides.push((path.clone(), literal.ok_or_else(wrong)?));
        }
        Ok(opened)
    }

    /// Where addresses, versions and fingerprints of keys are remembered.
    pub fn lock_path(&self) -> PathBuf {
        self.lock.clone().unwrap_or_else(|| lock::path(&self.file))
    }

    /// The key store of a cluster, unless another one is given: each cluster has its own keys.
    pub fn store(&self, given: Option<&PathBuf>, cluster: &str) -> PathBuf {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        given.cloned().unwrap_or_else(|| folder.join(store::DEFAULT).join(cluster))
    }
}

/// The files that models were read from in this run.
pub fn files_read() -> Vec<PathBuf> {
    DISK.get().map(Watched::read_so_far).unwrap_or_default()
}

/// What models read in this run, and what they were answered; `None` if a file changed meanwhile.
pub fn answers() -> Option<BTreeMap<PathBuf, Answer>> {
    DISK.get().and_then(Watched::answers)
}

/// The program of a file, even with errors.
///
/// # Errors
/// When the file cannot be read.
pub fn program(file: &Path, allowed: &[PathBuf]) -> Result<Program, CliError> {
    let disk = Disk::new(access(file, allowed));
    disk.read(file).map_err(|error| unreadable(file, &error))?;
    Ok(check::check(&disk, file).program)
}

/// The name of the cluster that a program describes; empty when it has none.
fn cluster_of(program: &Program) -> Name {
    let statements = program.own_modules().flat_map(|(_, module)| &module.file.statements);
    let mut names = statements.filter_map(|statement| match &statement.kind {
        StatementKind::Cluster(cluster) => Some(cluster.name.name.clone()),
        _ => None,
    });
    names.next().unwrap_or_else(|| "".into())
}

impl Opened<'_> {
    /// Plans the model if it has no errors; the problems of checking are among those of the plan.
    pub fn plan(&self) -> Planned<'_> {
        self.plan_with(&self.input)
    }

    /// As [`Opened::plan`], for one target: what is wrong only on another that the model declares is not a problem.
    pub fn plan_for_target(&self) -> Planned<'_> {
        self.plan_with(&Input { single_target: true, ..self.input.clone() })
    }

    fn plan_with(&self, input: &Input) -> Planned<'_> {
        let sources = &self.checked.program.sources;
        let mut found = self.checked.diagnostics.clone();
        check::leave_out_fixes(sources, &mut found);
        if any_error(&found) {
            return Planned { plan: None, problems: found };
        }
        let mut planned = compile::plan_program(&self.checked.program, self.world, input);
        check::leave_out_fixes(sources, &mut planned.problems);
        planned.problems.extend(found);
        tidy(&mut planned.problems);
        planned
    }
}

/// Reads a value as the language does. It gets a text of its own, so that a problem can point into it.
fn parse(sources: &mut Sources, option: &'static str, name: &str, value: &str) -> Setting {
    const HEAD: &str = "let ";
    // The same length as the parsed text, without the `let` that the user did not write.
    let source = sources.add(
        SourceKind::CommandLine(option),
        option,
        format!("{:width$}{name} = {value}", "", width = HEAD.len()),
    );
    let parsed = syntax::parse(source, &format!("{HEAD}{} = {value}", name.replace('.', "_")));
    let value_of = |kind: &StatementKind| match kind {
        StatementKind::Let(binding) => Some(binding.value.clone()),
        _ => None,
    };
    let whole = parsed.diagnostics.is_empty() && parsed.file.statements.len() == 1;
    let first = parsed.file.statements.first().filter(|_| whole);
    let expr: Option<Expr> = first.and_then(|statement| value_of(&statement.kind));
    Setting { name: name.into(), text: value.to_owned(), value: expr }
}

/// Why the model cannot be read, and what to do.
pub fn unreadable(path: &Path, error: &io::Error) -> CliError {
    let unread = CliError::file(path, "read", error);
    match error.kind() {
        io::ErrorKind::NotFound => match nearby(path) {
            Some(near) => unread.help(Help::near(near.display().to_string())),
            None => unread.help("pass the .km file of a model; `examples/` of kmodel has some to start from"),
        },
        io::ErrorKind::IsADirectory => match models(path).first() {
            Some(first) => unread.help(format!("pass a file in it, such as `{}`", first.display())),
            None => unread.help("pass a .km file"),
        },
        io::ErrorKind::InvalidData => unread.help("save it as UTF-8; a model is plain text"),
        _ => match Refusal::of(error).and_then(Refusal::help) {
            Some(help) => unread.help(help),
            None => unread,
        },
    }
}

/// The file with the name closest to a missing one.
fn nearby(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = |path: &Path| path.file_stem().and_then(OsStr::to_str).map(str::to_owned);
    let names: Vec<String> = models(folder).iter().filter_map(|model| stem(model)).collect();
    let near = closest(&stem(path)?, names.iter().map(String::as_str))?;
    Some(path.with_file_name(format!("{near}.km")))
}

pub fn models(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut list: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.extension() == Some(OsStr::new("km"))).collect();
    list.sort();
    list
}
