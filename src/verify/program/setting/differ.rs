//! Settings that have to be one and the same, and are not.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Same;
use crate::model::{AppId, Model};
use crate::source::Span;

use super::Settings;

/// A value with what people call it.
struct Said {
    /// `` `kube-apiserver --api-audiences` of `api` ``.
    name: String,
    text: String,
    shown: bool,
    span: Span,
    app: Option<AppId>,
}

/// Compares all with the first, or those of each application with its first.
pub fn judge(model: &Model<'_>, settings: &Settings, rule: &Same) -> Option<Diagnostic> {
    let said = said(model, settings, rule);
    if rule.members {
        let apps: BTreeSet<Option<AppId>> = said.iter().map(|one| one.app).collect();
        let of = |app: Option<AppId>| said.iter().filter(|one| one.app == app).collect::<Vec<_>>();
        return apps.into_iter().find_map(|app| compare(model, rule, &of(app)));
    }
    compare(model, rule, &said.iter().collect::<Vec<_>>())
}

fn compare(model: &Model<'_>, rule: &Same, said: &[&Said]) -> Option<Diagnostic> {
    let (first, rest) = said.split_first()?;
    let normal = |one: &Said| -> String {
        let mut parts: Vec<&str> = one.text.split(',').map(str::trim).collect();
        if rule.unordered {
            parts.sort_unstable();
        }
        parts.join(",")
    };
    let other = rest.iter().find(|one| normal(one) != normal(first))?;
    let both = first.shown && other.shown;
    let message = if both {
        let value = |one: &Said| if one.text.is_empty() { "nothing".to_owned() } else { format!("`{}`", one.text) };
        format!("{} is {}, and {} is {}", other.name, value(other), first.name, value(first))
    } else {
        format!("{} is not {}", other.name, first.name)
    };
    let mut problem = Diagnostic::new(Code::SettingsDiffer, other.span, message).here(other.name.clone());
    problem = problem.label(first.span, first.name.clone());
    for app in [other.app, first.app].into_iter().flatten().map(|app| model.app(app)) {
        problem = problem.label(app.span, format!("`{}` is deployed here", app.name));
    }
    let help =
        if first.app.is_none() { "derive it, as `cluster` has it" } else { "say it once, in a `let` or an option" };
    Some(problem.help(format!("{}: {help}", rule.what)))
}

/// Every value that a rule compares: that of the model first, then each of an application once.
fn said(model: &Model<'_>, settings: &Settings, rule: &Same) -> Vec<Said> {
    let mut list = Vec::new();
    for name in &rule.settings {
        if let Some(field) = name.strip_prefix("cluster ") {
            list.insert(0, of_cluster(model, field));
            continue;
        }
        let alone: Vec<(AppId, Span)> = match rule.settings.len() == 1 && !rule.members {
            true => without(settings, name).collect(),
            false => Vec::new(),
        };
        let mut apps: BTreeSet<AppId> = settings.named(name).map(|one| one.app).collect();
        if apps.is_empty() {
            continue;
        }
        apps.extend(alone.iter().map(|(app, _)| *app));
        let title = |app: AppId| match apps.len() {
            1 => format!("`{name}`"),
            _ => format!("`{name}` of `{}`", model.app(app).name),
        };
        list.extend(settings.named(name).map(|one| Said {
            name: title(one.app),
            text: one.text.clone(),
            shown: !one.secret && one.text.len() < 100,
            span: one.span,
            app: Some(one.app),
        }));
        list.extend(alone.into_iter().map(|(app, span)| Said {
            name: title(app),
            text: String::new(),
            shown: true,
            span,
            app: Some(app),
        }));
    }
    list
}

/// The applications that run the program of a flag without the flag.
fn without<'a>(settings: &'a Settings, name: &'a str) -> impl Iterator<Item = (AppId, Span)> + 'a {
    let program = name.split_once(" --").map(|(program, _)| program);
    let runs = settings.programs.iter().filter(move |(known, ..)| Some(known.as_str()) == program);
    runs.filter(|(_, app, _)| !settings.named(name).any(|one| one.app == *app)).map(|(_, app, span)| (*app, *span))
}

fn of_cluster(model: &Model<'_>, field: &str) -> Said {
    let cluster = &model.cluster;
    let ranges = |list: &[ipnet::IpNet]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let text = match field {
        "pods" => ranges(&cluster.pods),
        "services" => ranges(&cluster.services),
        _ => cluster.domain.to_string(),
    };
    let span = cluster.spans.get(field).copied().unwrap_or(cluster.span);
    Said { name: format!("`{field}` of the cluster"), text, shown: true, span, app: None }
}
