//! What a target writes in its own words, with everything that was issued in it.

use crate::diag::Diagnostic;
use crate::model::Model;
use crate::render::evidence::Content;
use crate::target::OutputFile;
use crate::verify::document;

/// The documents that a target writes for each machine.
const OWN: [&str; 2] = ["user-data", "network-config"];

/// What is wrong with the target's own documents, of one machine of each group.
pub fn output(model: &Model<'_>, files: &[OutputFile]) -> Vec<Diagnostic> {
    files.iter().filter(|file| is_own(model, &file.path)).flat_map(|file| of_file(model, file)).collect()
}

fn is_own(model: &Model<'_>, path: &str) -> bool {
    let parts = path.strip_prefix("machines/").and_then(|path| path.split_once('/'));
    let Some((machine, _)) = parts.filter(|(_, file)| OWN.contains(file)) else { return false };
    let mut firsts = model.groups.iter().filter_map(|group| model.machines.get(group.machines.start as usize));
    firsts.any(|first| *first.name == *machine)
}

fn of_file(model: &Model<'_>, file: &OutputFile) -> Vec<Diagnostic> {
    let Ok(text) = std::str::from_utf8(&file.content) else { return Vec::new() };
    let span = model.targets.first().map_or(model.cluster.span, |target| target.span);
    let findings = document::check(&file.path, &Content::Text(text.to_owned())).into_iter();
    let shown = |finding: document::DocumentProblem| {
        let origin = file.origin.shown(&model.program.sources);
        let message = format!("`{}`, from {origin}: {}", file.path, finding.message);
        Diagnostic::new(finding.code, span, message).help(finding.help)
    };
    findings.map(shown).collect()
}
