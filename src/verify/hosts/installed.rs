//! Programs that units run: whether something brings each of them to the machine, and whether it can be run.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::archive;
use crate::facts::family::has_program;
use crate::facts::setting::path;
use crate::model::Model;
use crate::render::bundle::{Bundle, Install};
use crate::render::evidence::{Entry, Owner, Sample, UnitEntry};
use crate::render::unit_file::{self, Line};
use crate::source::Span;
use crate::verify::author::Author;
use crate::verify::locate;

use super::presence::Presence;
use super::script;

/// Folders that packages and images fill: what is there is not examined.
const OF_PACKAGES: [&str; 5] = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/share"];

/// Conditions of a unit that is not started without a file.
pub(in crate::verify) const CONDITIONS: [&str; 3] =
    ["ConditionFileIsExecutable", "ConditionPathExists", "ConditionFileNotEmpty"];

/// Whether a condition asks for a program; `|` is one of several of which one has to hold, `!` asks that it is missing.
fn is_sought(condition: &str, program: &str) -> bool {
    condition.trim_start_matches('|').trim_start() == program
}

/// A program that a unit runs.
struct Run {
    unit: String,
    owner: Owner,
    /// `exec`, `pre`, `ExecStart`, ...
    field: String,
    program: String,
    span: Span,
}

/// What is wrong with the programs of one machine; notes those that are not examined.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, unknown: &mut BTreeSet<String>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let declared = sample.entries.iter().flat_map(|entry| match entry {
        Entry::Unit(entry) => runs(entry),
        _ => Vec::new(),
    });
    let installed = Installed::new(&sample.bundle);
    let presence = Presence::of(sample);
    for run in declared.chain(pasted_runs(model, sample)) {
        match installed.brings(&run.program) {
            Brought::Yes => problems.extend(unstartable(model, (sample, &installed, &presence), &run)),
            Brought::Unknown => {
                unknown.insert(run.program);
            }
            Brought::NotExecutable(mode) => problems.push(not_executable(model, &run, mode)),
            Brought::No if presence.may_bring(&run.program) => {
                unknown.insert(run.program);
            }
            Brought::No => problems.push(missing(model, &sample.bundle, &run)),
        }
    }
    problems
}

/// A script that the kernel cannot start: by its first line, or since nothing brings the program that runs it.
fn unstartable(
    model: &Model<'_>,
    (sample, installed, presence): (&Sample<'_>, &Installed, &Presence<'_>),
    run: &Run,
) -> Option<Diagnostic> {
    let text = script::text(sample, &run.program).filter(|text| !text.starts_with('\u{7f}'))?;
    let missing = || {
        let (program, _) = script::interpreter(&text)?;
        let is_missing = matches!(installed.brings(program), Brought::No)
            && !presence.may_bring_runner(program, (&run.program, &text));
        is_missing.then(|| {
            (format!("is run by `{program}`, which nothing puts on the machine"), "use a program that is there")
        })
    };
    let (why, help) = script::unstartable(&text).or_else(missing)?;
    let message = format!("unit `{}`: `{}` runs `{}`, which {why}", run.unit, run.field, run.program);
    let found = Diagnostic::new(Code::ProgramMissing, run.span, message);
    let app = model.app(run.owner.app);
    Some(found.label(app.span, format!("`{}` is deployed here", app.name)).help(help))
}

/// The programs of a unit, by their whole paths.
fn runs(entry: &UnitEntry<'_>) -> Vec<Run> {
    let span = |field: &str| {
        let field = entry.item.body.field(field).map(|field| field.value.span);
        field.unwrap_or(entry.item.path.span)
    };
    let lines = unit_file::lines(&entry.unit);
    let of_line = |line: &Line<'_>| {
        if line.section != "Service" || !line.key.starts_with("Exec") {
            return None;
        }
        let program = match line.field {
            "exec" => entry.unit.fields.get("exec")?.scalar_text()?,
            _ => line.value.split_whitespace().next()?.trim_start_matches(['-', '+', '!', ':', '@', '|']).to_owned(),
        };
        let unit = entry.unit.name.to_string();
        let (field, span) = (line.field.to_owned(), span(line.field));
        let is_condition = |line: &Line<'_>| CONDITIONS.contains(&line.key) && is_sought(&line.value, &program);
        let must_be_there = is_whole(&program) && !lines.list.iter().any(is_condition);
        must_be_there.then_some(Run { unit, owner: entry.owner, field, program, span })
    };
    let mut list: Vec<Run> = Vec::new();
    for run in lines.list.iter().filter_map(of_line) {
        if !list.iter().any(|known| known.program == run.program) {
            list.push(run);
        }
    }
    list
}

/// Whether it is a program by its whole path, with nothing that systemd puts in.
fn is_whole(program: &str) -> bool {
    program.starts_with('/') && !program.contains(['%', '$', '"', '\'', '\\'])
}

/// The programs of units that are pasted as text.
fn pasted_runs(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Run> {
    let mut list: Vec<Run> = Vec::new();
    let mut known = HashSet::new();
    for service in &sample.services {
        for (part, key, command, written) in service.pasted_commands() {
            let program = command.split_whitespace().next().unwrap_or_default();
            let program = program.trim_start_matches(['-', '+', '!', ':', '@', '|']);
            let only_if = |key: &str| service.values("Unit", key).any(|(_, value, _)| is_sought(value, program));
            if !is_whole(program) || CONDITIONS.iter().any(|key| only_if(key)) || !known.insert((&*part.path, program))
            {
                continue;
            }
            list.push(Run {
                unit: service.name.to_string(),
                owner: part.owner,
                field: key.to_owned(),
                program: program.to_owned(),
                span: locate::word::span(model, part.owner, written),
            });
        }
    }
    list
}

/// What can be run on a machine.
pub(in crate::verify) struct Programs<'a> {
    installed: Installed,
    presence: Presence<'a>,
}

/// Why a program cannot be run.
pub(in crate::verify) enum Trouble {
    Missing,
    NotExecutable(u32),
}

impl<'a> Programs<'a> {
    pub(in crate::verify) fn of(sample: &'a Sample<'_>) -> Self {
        Self { installed: Installed::new(&sample.bundle), presence: Presence::of(sample) }
    }

    /// Why a program cannot be run, by its whole path.
    pub(in crate::verify) fn trouble(&self, program: &str) -> Option<Trouble> {
        match self.installed.brings(program) {
            Brought::NotExecutable(mode) => Some(Trouble::NotExecutable(mode)),
            Brought::No if !self.presence.may_bring(program) => Some(Trouble::Missing),
            Brought::Yes | Brought::Unknown | Brought::No => None,
        }
    }
}

enum Brought {
    Yes,
    /// A package, an image or an archive may have it.
    Unknown,
    NotExecutable(u32),
    No,
}

/// `/bin` is `/usr/bin` on every system that is supported.
fn whole(text: &str) -> PathBuf {
    let path = path(text);
    let merged = ["/bin", "/sbin", "/lib", "/lib64"].iter().any(|folder| path.starts_with(folder));
    match path.strip_prefix("/") {
        Ok(rest) if merged => Path::new("/usr").join(rest),
        _ => path,
    }
}

/// What is brought to one machine, by whole paths.
struct Installed {
    /// The modes of files and of the programs of archives.
    modes: HashMap<PathBuf, u32>,
    /// Folders whose content is not known: of archives, and what is mounted.
    unknown: Vec<PathBuf>,
}

impl Installed {
    fn new(bundle: &Bundle) -> Self {
        let files = bundle.files.iter().map(|file| (whole(&file.path), file.mode));
        let mut modes = HashMap::new();
        files.for_each(|(path, mode)| {
            modes.entry(path).or_insert(mode);
        });
        let mut unknown: Vec<_> = bundle.mounts.iter().map(|mount| whole(mount)).collect();
        for artifact in &bundle.artifacts {
            match &artifact.install {
                Install::Members { members, .. } => members.iter().for_each(|(_, place)| {
                    modes.entry(whole(place)).or_insert(artifact.mode);
                }),
                Install::Extract { folder, strip } => {
                    let Some(known) = archive::members(&artifact.url, artifact.version.as_deref()) else {
                        unknown.push(whole(folder));
                        continue;
                    };
                    known.files(*strip).for_each(|file| {
                        modes.entry(whole(folder).join(file)).or_insert(0o755);
                    });
                }
            }
        }
        Self { modes, unknown }
    }

    fn brings(&self, program: &str) -> Brought {
        let wanted = whole(program);
        match self.modes.get(&wanted) {
            Some(mode) if mode & 0o111 == 0 => return Brought::NotExecutable(*mode),
            Some(_) => return Brought::Yes,
            None => {}
        }
        let is_below = |folder: &PathBuf| wanted.starts_with(folder);
        if has_program(&wanted.to_string_lossy()) {
            return Brought::Yes;
        }
        match self.unknown.iter().any(is_below) || OF_PACKAGES.iter().any(|folder| wanted.starts_with(folder)) {
            true => Brought::Unknown,
            false => Brought::No,
        }
    }
}

fn missing(model: &Model<'_>, bundle: &Bundle, run: &Run) -> Diagnostic {
    let program = &run.program;
    let message = format!("unit `{}`: `{}` runs `{program}`, which nothing puts on the machine", run.unit, run.field);
    let places = || {
        let of_artifacts = bundle.artifacts.iter().flat_map(|artifact| match &artifact.install {
            Install::Members { members, .. } => members.iter().map(|(_, place)| place.to_string()).collect::<Vec<_>>(),
            Install::Extract { folder, strip } => {
                let known = archive::members(&artifact.url, artifact.version.as_deref());
                known.iter().flat_map(|known| known.files(*strip)).map(|file| format!("{folder}/{file}")).collect()
            }
        });
        let files = bundle.files.iter().filter(|file| file.mode & 0o111 != 0).map(|file| file.path.clone());
        of_artifacts.chain(files).collect::<Vec<String>>()
    };
    let (place, text) = Author::of(run.owner).place(model);
    let found = Diagnostic::new(Code::ProgramMissing, run.span, message).label(place, text);
    match closest(program, places().iter().map(String::as_str)) {
        Some(near) => found.help(Help::from(format!("did you mean `{near}`?"))),
        None => found.help(
            "install it with an `artifact` or a `file`; programs of packages are in `/usr/bin` and `/usr/sbin`; \
             if the image has it, allow this with the reason",
        ),
    }
}

fn not_executable(model: &Model<'_>, run: &Run, mode: u32) -> Diagnostic {
    let message = format!(
        "unit `{}`: `{}` runs `{}`, which cannot be executed: its mode is {mode:04o}",
        run.unit, run.field, run.program
    );
    let (place, text) = Author::of(run.owner).place(model);
    Diagnostic::new(Code::ProgramMissing, run.span, message).label(place, text).help("set `mode = 0755`")
}
