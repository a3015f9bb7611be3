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
    let firsts = model.groups.iter().filter_map(|group| model.machines.get(group.machines.start as usize));
    let own: Vec<String> = firsts.flat_map(|first| OWN.map(|name| format!("machines/{}/{name}", first.name))).collect();
    files.iter().filter(|file| own.contains(&file.path)).flat_map(|file| of_file(model, file)).collect()
}

fn of_file(model: &Model<'_>, file: &OutputFile) -> Vec<Diagnostic> {
    let Ok(text) = std::str::from_utf8(&file.content) else { return Vec::new() };
    let span = model.targets.first().map_or(model.cluster.span, |target| target.span);
    let findings = document::check(&file.path, &Content::Text(text.to_owned())).into_iter();
    let shown = |finding: document::Finding| {
        let origin = file.origin.shown(&model.program.sources);
        let message = format!("`{}`, from {origin}: {}", file.path, finding.message);
        Diagnostic::new(finding.code, span, message).help(finding.help)
    };
    findings.map(shown).collect()
}
