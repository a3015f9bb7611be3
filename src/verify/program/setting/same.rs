//! Settings that must be the same, and are not.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{ClusterField, Name, Same, Typed, default_of, default_values};
use crate::model::{AppId, MachineId, Model};
use crate::render::evidence::Branch;
use crate::source::Span;

use super::settings::{Program, Setting, Settings};

/// A value that is compared, with what people call it.
struct Compared {
    /// `` `kube-apiserver --api-audiences` of `api` ``.
    name: String,
    text: String,
    values: Vec<Typed>,
    shown: bool,
    /// It is not given, and this is what the program takes then.
    default: bool,
    secret: bool,
    span: Span,
    app: Option<AppId>,
    machine: Option<MachineId>,
    branch: Branch,
}

/// Compares all with the first, or those of each application with its first.
pub(super) fn verify(model: &Model<'_>, settings: &Settings, rule: &Same) -> Vec<Diagnostic> {
    let all = compared(model, settings, rule);
    if rule.members {
        let apps: BTreeSet<Option<AppId>> = all.iter().map(|one| one.app).collect();
        let of = |app: Option<AppId>| all.iter().filter(|one| one.app == app).collect::<Vec<_>>();
        return apps.into_iter().flat_map(|app| compare(model, rule, &of(app))).collect();
    }
    compare(model, rule, &all.iter().collect::<Vec<_>>())
}

/// One problem for each setting that is another than the first, by its name.
fn compare(model: &Model<'_>, rule: &Same, all: &[&Compared]) -> Vec<Diagnostic> {
    // What a script does in one arm of a choice is compared with what holds in all.
    let first = all.iter().find(|one| one.branch == Branch::default()).or(all.first());
    let Some(first) = first else { return Vec::new() };
    let is_compared = |one: &&&Compared| one.branch.goes_with(&first.branch);
    let mut known = BTreeSet::new();
    let others = all.iter().filter(is_compared).filter(|one| !is_same(rule, &one.values, &first.values));
    others.filter(|one| known.insert(&one.name)).map(|other| unequal(model, rule, other, first)).collect()
}

/// That a setting has another value than the first one.
fn unequal(model: &Model<'_>, rule: &Same, other: &Compared, first: &Compared) -> Diagnostic {
    let both = first.shown && other.shown;
    let message = if both {
        let value = |one: &Compared| match () {
            () if one.values.is_empty() => "not set".to_owned(),
            () if one.text.is_empty() => "empty".to_owned(),
            () if one.default => format!("`{}` by default", one.text),
            () => format!("`{}`", one.text),
        };
        format!("{} is {}, and {} is {}", other.name, value(other), first.name, value(first))
    } else {
        unlike(model, other, first)
    };
    let mut problem = Diagnostic::new(Code::SettingsDiffer, other.span, message).here(other.name.clone());
    problem = problem.label(first.span, first.name.clone());
    for app in [other.app, first.app].into_iter().flatten().map(|app| model.app(app)) {
        problem = problem.label(app.span, format!("`{}` is deployed here", app.name));
    }
    let help = if first.app.is_none() { "derive it from `cluster`" } else { "set it once, in a `let` or an option" };
    problem.help(format!("{}: {help}", rule.what))
}

/// That two values are not the same, of which at least one is secret or too long to be shown whole: with what one has more.
fn unlike(model: &Model<'_>, other: &Compared, first: &Compared) -> String {
    let of = |one: &Compared| match one.machine.filter(|_| other.name == first.name) {
        Some(machine) => format!("{} on `{}`", one.name, model.machine(machine).name),
        None => one.name.clone(),
    };
    let (a, b) = (of(other), of(first));
    if other.secret || first.secret {
        return format!("{a} and {b} have different values");
    }
    let more = |one: &Compared, than: &Compared| {
        let has = |part: &str| than.text.split(',').any(|known| known == part);
        one.text.split(',').find(|part| !has(part)).map(|part| part.chars().take(80).collect::<String>())
    };
    match (more(other, first), more(first, other)) {
        (Some(own), Some(its)) => format!("{a} has `{own}`, and {b} has `{its}`"),
        (Some(own), None) => format!("{a} has `{own}`, and {b} does not"),
        (None, Some(its)) => format!("{a} does not have `{its}`, and {b} does"),
        (None, None) => format!("{a} and {b} have the same elements in another order"),
    }
}

/// Whether two lists of values are the same, in this order or in any.
fn is_same(rule: &Same, one: &[Typed], other: &[Typed]) -> bool {
    let has_all = |list: &[Typed], of: &[Typed]| of.iter().all(|value| list.contains(value));
    one == other || rule.unordered && one.len() == other.len() && has_all(one, other) && has_all(other, one)
}

/// Every value that a rule compares: that of the model first, then each of an application once.
fn compared(model: &Model<'_>, settings: &Settings, rule: &Same) -> Vec<Compared> {
    let mut list = Vec::new();
    for name in &rule.settings {
        if let Name::Cluster(field) = name {
            list.insert(0, of_cluster(model, *field, name));
            continue;
        }
        // A default is compared with what is given elsewhere; without one, nothing is known of what is not given.
        let given = || rule.settings.iter().any(|name| settings.named(name).next().is_some());
        let is_field = matches!(name, Name::Field { .. });
        let absent: Vec<&Program> =
            match rule.settings.len() == 1 && !rule.members || default_of(name).is_some() && (given() || is_field) {
                true => without(settings, name).collect(),
                false => Vec::new(),
            };
        let ways: BTreeSet<(bool, &str)> = settings.named(name).map(|one| (!one.is_flag, &*one.written)).collect();
        for (_, written) in &ways {
            of_setting(model, settings.named(name).filter(|one| one.written == *written), &absent, &mut list);
        }
        if ways.is_empty() && default_of(name).is_some() {
            of_default(model, name, &absent, &mut list);
        }
    }
    list
}

/// The values of a setting that is written in one way, and the applications that leave it out.
fn of_setting<'a>(
    model: &Model<'_>,
    settings: impl Iterator<Item = &'a Setting>,
    absent: &[&Program],
    list: &mut Vec<Compared>,
) {
    let settings: Vec<&Setting> = settings.collect();
    let Some(written) = settings.first().map(|one| &one.written) else { return };
    let apps: BTreeSet<AppId> = settings.iter().map(|one| one.app).chain(absent.iter().map(|one| one.app)).collect();
    let title = |app: AppId| match apps.len() {
        1 => format!("`{written}`"),
        _ => format!("`{written}` of `{}`", model.app(app).name),
    };
    let name = settings.first().map(|one| &one.name);
    let text = name.and_then(default_of).unwrap_or_default();
    let values = name.and_then(default_values).unwrap_or_default();
    list.extend(settings.iter().map(|one| Compared {
        name: title(one.app),
        text: one.text.clone(),
        values: one.values.clone(),
        shown: !one.secret && one.text.len() < 100,
        default: false,
        secret: one.secret,
        span: one.span,
        app: Some(one.app),
        machine: one.machine,
        branch: one.branch.clone(),
    }));
    list.extend(absent.iter().map(|one| Compared {
        name: title(one.app),
        text: text.to_owned(),
        values: values.clone(),
        shown: true,
        secret: false,
        machine: None,
        branch: Branch::default(),
        default: !text.is_empty(),
        span: one.span,
        app: Some(one.app),
    }));
}

/// The default of a setting that no application gives, of those that run its program.
fn of_default(model: &Model<'_>, name: &Name, absent: &[&Program], list: &mut Vec<Compared>) {
    let (Some(text), Some(values)) = (default_of(name), default_values(name)) else { return };
    list.extend(absent.iter().map(|one| Compared {
        name: format!("`{name}` of `{}`", model.app(one.app).name),
        text: text.to_owned(),
        values: values.clone(),
        shown: true,
        default: true,
        secret: false,
        span: one.span,
        app: Some(one.app),
        machine: None,
        branch: Branch::default(),
    }));
}

/// The applications that run the program of a flag without the flag.
fn without<'a>(settings: &'a Settings, name: &'a Name) -> impl Iterator<Item = &'a Program> {
    let owner = match name {
        Name::Field { kind, .. } => Some(&**kind),
        name => name.program(),
    };
    let runs = settings.programs.iter().filter(move |known| Some(&*known.name) == owner);
    let is_computed = move |known: &Program| {
        settings
            .computed
            .iter()
            .any(|(own, app, machine)| own == name && (*app, *machine) == (known.app, known.machine))
    };
    let runs = runs.filter(move |known| !is_computed(known));
    runs.filter(|known| !settings.named(name).any(|one| (one.app, one.machine) == (known.app, known.machine)))
}

fn of_cluster(model: &Model<'_>, field: ClusterField, name: &Name) -> Compared {
    let cluster = &model.cluster;
    let ranges = |list: &[ipnet::IpNet]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let text = match field {
        ClusterField::Pods => ranges(&cluster.pods),
        ClusterField::Services => ranges(&cluster.services),
        ClusterField::Domain => cluster.domain.to_string(),
        ClusterField::Kubernetes => cluster.kubernetes.to_string(),
    };
    let span = cluster.spans.get(field.name()).copied().unwrap_or(cluster.span);
    let values = name.form().elements(&text);
    Compared {
        name: format!("`{}` of the cluster", field.name()),
        text,
        values,
        shown: true,
        default: false,
        secret: false,
        span,
        app: None,
        machine: None,
        branch: Branch::default(),
    }
}
