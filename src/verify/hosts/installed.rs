//! Programs that units run: whether something brings each of them to the machine, and whether it can be run.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::family::has_program;
use crate::facts::setting::path;
use crate::model::Model;
use crate::render::bundle::{Bundle, Install};
use crate::render::evidence::{Entry, Sample, UnitEntry};
use crate::render::unit_file::{self, Line};
use crate::source::Span;

/// Folders that packages and images fill: what is there is not examined.
const OF_PACKAGES: [&str; 5] = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/share"];

/// A program that a unit runs.
struct Run {
    /// `exec`, `pre`, ...
    field: String,
    program: String,
    span: Span,
}

/// What is wrong with the programs of one machine; notes those that are not examined.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, unknown: &mut BTreeSet<String>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for entry in &sample.entries {
        let Entry::Unit(entry) = entry else { continue };
        for run in runs(entry) {
            match brought(&sample.bundle, &run.program) {
                Brought::Yes => {}
                Brought::Unknown => {
                    unknown.insert(run.program);
                }
                Brought::NotExecutable(mode) => problems.push(not_executable(model, entry, &run, mode)),
                Brought::No if is_named_elsewhere(sample, entry, &run.program) => {
                    unknown.insert(run.program);
                }
                Brought::No => problems.push(missing(model, &sample.bundle, entry, &run)),
            }
        }
    }
    problems
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
        let is_whole = program.starts_with('/') && !program.contains(['%', '$', '"', '\'', '\\']);
        is_whole.then(|| Run { field: line.field.to_owned(), program, span: span(line.field) })
    };
    let mut list: Vec<Run> = Vec::new();
    for run in lines.list.iter().filter_map(of_line) {
        if !list.iter().any(|known| known.program == run.program) {
            list.push(run);
        }
    }
    list
}

enum Brought {
    Yes,
    /// A package, an image or an archive may have it.
    Unknown,
    NotExecutable(u32),
    No,
}

/// `/bin` is `/usr/bin` on every system that is supported.
fn whole(text: &str) -> std::path::PathBuf {
    let path = path(text);
    let merged = ["/bin", "/sbin", "/lib", "/lib64"].iter().any(|folder| path.starts_with(folder));
    match path.strip_prefix("/") {
        Ok(rest) if merged => std::path::Path::new("/usr").join(rest),
        _ => path,
    }
}

fn brought(bundle: &Bundle, program: &str) -> Brought {
    let wanted = whole(program);
    let by_mode = |mode: u32| if mode & 0o111 == 0 { Brought::NotExecutable(mode) } else { Brought::Yes };
    if let Some(file) = bundle.files.iter().find(|file| whole(&file.path) == wanted) {
        return by_mode(file.mode);
    }
    for artifact in &bundle.artifacts {
        match &artifact.install {
            Install::Members { members, .. } if members.iter().any(|(_, place)| whole(place) == wanted) => {
                return by_mode(artifact.mode);
            }
            Install::Extract { folder, .. } if wanted.starts_with(whole(folder)) => return Brought::Unknown,
            _ => {}
        }
    }
    if has_program(&wanted.to_string_lossy()) {
        return Brought::Yes;
    }
    let mounted = bundle.mounts.iter().any(|mount| wanted.starts_with(whole(mount)));
    match mounted || OF_PACKAGES.iter().any(|folder| wanted.starts_with(folder)) {
        true => Brought::Unknown,
        false => Brought::No,
    }
}

/// Whether a command, a script or another unit of the machine names the program: it may bring it.
fn is_named_elsewhere(sample: &Sample<'_>, own: &UnitEntry<'_>, program: &str) -> bool {
    let files = sample.bundle.files.iter().any(|file| String::from_utf8_lossy(&file.content).contains(program));
    let folder = program.rsplit_once('/').map_or(program, |(folder, _)| folder);
    let commands = sample.bundle.commands.iter().any(|command| command.contains(folder));
    let others = sample.entries.iter().any(|entry| match entry {
        Entry::Unit(entry) if entry.unit.name != own.unit.name => {
            let lines = unit_file::lines(&entry.unit).list;
            lines
                .iter()
                .any(|line| line.key.starts_with("Exec") && line.field != "exec" && line.value.contains(program))
        }
        _ => false,
    });
    files || commands || others
}

fn missing(model: &Model<'_>, bundle: &Bundle, entry: &UnitEntry<'_>, run: &Run) -> Diagnostic {
    let program = &run.program;
    let message =
        format!("unit `{}`: `{}` runs `{program}`, which nothing puts on the machine", entry.unit.name, run.field);
    let places = || {
        let of_artifacts = bundle.artifacts.iter().flat_map(|artifact| match &artifact.install {
            Install::Members { members, .. } => members.iter().map(|(_, place)| &**place).collect(),
            Install::Extract { .. } => Vec::new(),
        });
        let files = bundle.files.iter().filter(|file| file.mode & 0o111 != 0).map(|file| &*file.path);
        of_artifacts.chain(files)
    };
    let found = Diagnostic::new(Code::ProgramMissing, run.span, message)
        .label(model.app(entry.owner.app).span, format!("`{}` is deployed here", model.app(entry.owner.app).name));
    match closest(program, places()) {
        Some(near) => found.help(Help::from(format!("did you mean `{near}`?"))),
        None => found.help(
            "install it with an `artifact` or a `file`; programs of packages are in `/usr/bin` and `/usr/sbin`; \
             if the image has it, allow this with the reason",
        ),
    }
}

fn not_executable(model: &Model<'_>, entry: &UnitEntry<'_>, run: &Run, mode: u32) -> Diagnostic {
    let message = format!(
        "unit `{}`: `{}` runs `{}`, which cannot be executed: its mode is {mode:04o}",
        entry.unit.name, run.field, run.program
    );
    Diagnostic::new(Code::ProgramMissing, run.span, message)
        .label(model.app(entry.owner.app).span, format!("`{}` is deployed here", model.app(entry.owner.app).name))
        .help("set `mode = 0755`")
}
