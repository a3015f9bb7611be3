//! Values that a setting should not have.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::facts::setting::{Avoided, ClusterField, Listed, Name, Typed, Values, path};
use crate::model::Model;
use crate::render::evidence::Entry;
use crate::text::List;
use crate::verify::Evidence;

use super::settings::{Setting, Settings};
use super::{distinct, problem};

/// Looks at every setting of a rule.
pub(super) fn verify(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Avoided, code: Code) -> Vec<Diagnostic> {
    let model = evidence.model;
    if let Name::Cluster(field) = rule.setting {
        return of_cluster(model, field, rule, code).into_iter().collect();
    }
    let is_shown = matches!(rule.value, Values::Plain(_));
    // The library's own has an option for it, and a warning of its own.
    let is_own = |setting: &&Setting| is_shown && model.program.is_library(model.component_of(setting.app).module);
    let list = settings.named(&rule.setting).filter(|setting| is_shown || !setting.secret);
    let list = list.filter(|setting| !is_own(setting));
    let list = list.filter(|setting| is_avoided(&rule.value, setting));
    let list = list.filter(|setting| !rule.unless_written || !is_written(evidence, setting));
    distinct(list.map(|setting| {
        let message = match &rule.value {
            // Its keys are not shown.
            Values::Plain(resource) => {
                format!("`{}` has `identity` first for `{resource}`; {}", setting.written, rule.what)
            }
            _ => format!("`{}` is `{}`; {}", setting.written, setting.text, rule.what),
        };
        let help = rule.flag_help.as_ref().filter(|_| setting.is_flag).unwrap_or(&rule.help);
        problem(model, code, setting, message).help(&**help)
    }))
}

/// A field of the cluster itself.
fn of_cluster(model: &Model<'_>, field: ClusterField, rule: &Avoided, code: Code) -> Option<Diagnostic> {
    let cluster = &model.cluster;
    let text = match field {
        ClusterField::Domain => cluster.domain.to_string(),
        // Ranges have rules of their own.
        ClusterField::Pods | ClusterField::Services | ClusterField::Kubernetes => return None,
    };
    let is_it = matches!(&rule.value, Values::Is(bad) if rule.setting.form().elements(&text).contains(bad));
    let name = field.name();
    let span = cluster.spans.get(name).copied().unwrap_or(cluster.span);
    let message = format!("`{name}` of the cluster is `{text}`; {}", rule.what);
    is_it.then(|| Diagnostic::new(code, span, message).help(&*rule.help))
}

/// Whether the model writes the file that a setting names, on its machine.
fn is_written(evidence: &Evidence<'_, '_>, setting: &Setting) -> bool {
    let here = evidence.samples.iter().filter(|sample| sample.machine == setting.machine);
    let is_file =
        |entry: &Entry<'_>| matches!(entry, Entry::Document(document) if document.path == setting.text.trim());
    here.flat_map(|sample| &sample.entries).any(is_file)
}

fn is_avoided(values: &Values, setting: &Setting) -> bool {
    match values {
        Values::Is(bad) => setting.values.contains(bad),
        Values::Not(good) => setting.values != [good.clone()],
        Values::Below(folders) => {
            let path = path(setting.text.trim());
            folders.iter().any(|folder| path.starts_with(folder))
        }
        Values::Above(most) => {
            setting.values.iter().any(|value| matches!(value, Typed::Number(number) if number > most))
        }
        Values::Plain(resource) => matches!(setting.values.as_slice(), [Typed::Tree(list)] if is_plain(list, resource)),
    }
}

/// Whether the first entry that is about a resource has `identity` as its first provider: that one writes.
fn is_plain(list: &Json, resource: &str) -> bool {
    let elements = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let is_about = |entry: &Json| {
        elements(&entry["resources"])
            .iter()
            .any(|one| one.as_str().is_some_and(|one| [resource, "*.", "*.*"].contains(&one)))
    };
    let first = elements(list).into_iter().find(is_about);
    first.is_some_and(|entry| entry["providers"][0].get("identity").is_some())
}

/// A name that is missing in a list beside it.
pub(super) fn listed(model: &Model<'_>, settings: &Settings, rule: &Listed) -> Vec<Diagnostic> {
    let verify = |setting: &Setting| {
        let list = settings.beside(setting, &rule.among).filter(|list| !list.secret)?;
        let names: Vec<&str> = list.text.split(',').filter_map(|part| Some(part.split_once('=')?.0.trim())).collect();
        if names.is_empty() || names.contains(&setting.text.trim()) {
            return None;
        }
        let message =
            format!("`{}` is `{}`, which is not in `{}`; {}", setting.written, setting.text, list.written, rule.what);
        let known = || names.iter().copied();
        let help = did_you_mean(&setting.text, known(), &format!("it has {}", List::ticked(known())));
        let found = problem(model, Code::RefusedSetting, setting, message);
        Some(found.label(list.span, format!("`{}`", list.written)).help(help))
    };
    settings.named(&rule.setting).filter_map(verify).collect()
}
