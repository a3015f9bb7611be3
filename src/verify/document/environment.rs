//! Files of variables that systemd reads: it passes over lines that set none.

use super::DocumentProblem;
use crate::diag::Code;
use crate::facts::packaged;
use crate::render::evidence::{Content, Document, Sample};
use crate::verify::locate::Step;

/// The lines of a file of variables whose name is none (systemd.exec(5), `EnvironmentFile=`).
pub(super) fn check(sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    let is_variables = || {
        let mut files = sample.services.iter().flat_map(|service| service.values("Service", "EnvironmentFile"));
        files.any(|(_, path, _)| path.trim_start_matches('-') == document.path)
    };
    if packaged::at(&document.path).is_none() && !is_variables() {
        return Vec::new();
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(['#', ';']));
    let named = lines.filter_map(|(place, line)| Some((place + 1, line.split_once('=')?.0.trim())));
    let exported = named.filter_map(|(line, name)| Some((line, name, name.strip_prefix("export ")?.trim())));
    exported.map(|(line, name, own)| ignored(line, name, own)).collect()
}

fn ignored(line: usize, name: &str, own: &str) -> DocumentProblem {
    DocumentProblem {
        code: Code::InvalidConfig,
        path: vec![Step::Line(line)],
        message: format!("systemd ignores this line: `{name}` is not the name of a variable"),
        help: format!("a file of variables is not a shell script: write `{own}=...`").into(),
        is_value: true,
    }
}
