//! Kernel settings that are there only once a module is loaded.

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Module;
use crate::facts::target::owns_sysctl;
use crate::model::{AppId, Model};
use crate::render::bundle::BundleFile;
use crate::render::evidence::{Content, Entry, SYSCTL, Sample};
use crate::source::Span;
use crate::verify::{Evidence, locate};

/// Settings of a machine that does not load their module.
pub(super) fn verify(evidence: &Evidence<'_, '_>, rule: &Module) -> Vec<Diagnostic> {
    evidence.on_each(|sample| unloaded(evidence, sample, rule).into_iter().collect())
}

fn unloaded(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, rule: &Module) -> Option<Diagnostic> {
    let (app, key, span) = needed(sample, &rule.sysctl).or_else(|| in_file(evidence.model, sample, &rule.sysctl))?;
    let is_of_host = evidence.model.targets.iter().any(|target| !owns_sysctl(&target.name, &key));
    if is_of_host || loads(sample, &rule.module) {
        return None;
    }
    let (app, module) = (evidence.model.app(app), &rule.module);
    let message = format!("sysctl `{key}` is set, but nothing loads the module `{module}`: {}", rule.what);
    let found = Diagnostic::new(Code::UnwiseSetting, span, message);
    let found = found.label(app.span, format!("`{}` is deployed here", app.name));
    Some(found.help(format!("add `needs module {module}`")))
}

/// The first setting that begins so and that a `needs` sets.
fn needed(sample: &Sample<'_>, begin: &str) -> Option<(AppId, String, Span)> {
    sample.entries.iter().find_map(|entry| match entry {
        Entry::Sysctl(owner, name) if name.name.starts_with(begin) => {
            Some((owner.app, name.name.to_string(), name.span))
        }
        _ => None,
    })
}

/// The first one that a file of systemd-sysctl sets; it may be written with slashes.
fn in_file(model: &Model<'_>, sample: &Sample<'_>, begin: &str) -> Option<(AppId, String, Span)> {
    sample.entries.iter().find_map(|entry| {
        let Entry::Document(document) = entry else { return None };
        let Content::Text(text) = &document.content else { return None };
        if !document.path.starts_with("/etc/sysctl") && document.path != SYSCTL {
            return None;
        }
        let key = |line: &str| Some(line.split_once('=')?.0.trim().trim_start_matches('-').trim().to_owned());
        let written = text.lines().filter_map(key).find(|key| key.replace('/', ".").starts_with(begin))?;
        let span = locate::element(model, document.owner, document.written, &written);
        Some((document.owner.app, written.replace('/', "."), span))
    })
}

/// Whether a `needs`, a file or a command names the module.
fn loads(sample: &Sample<'_>, module: &str) -> bool {
    let bundle = &sample.bundle;
    let names = |file: &BundleFile| String::from_utf8_lossy(&file.content).contains(module);
    bundle.modules.iter().any(|known| **known == *module)
        || bundle.commands.iter().any(|command| command.contains(module))
        || bundle.files.iter().any(names)
        || sample.entries.iter().any(|entry| matches!(entry, Entry::Command(command) if command.text.contains(module)))
}
