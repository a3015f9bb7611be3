//! Repositories of packages, and the packages that commands install, against what the model runs.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::facts::{maker, repository};
use crate::render::evidence::{Command, Entry, Step};
use crate::source::Span;
use crate::verify::locate;

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let mut found = files(host);
    for command in commands(host) {
        found.extend(of_command(host, command));
        found.extend(installed(host, command));
    }
    found.extend(of_configs(host));
    found
}

/// Files in which package managers find their repositories: sources.list(5) in both formats, yum.conf(5).
fn files(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let is_it = |path: &str| {
        path.starts_with("/etc/apt/sources.list")
            || path.starts_with("/etc/yum.repos.d/")
            || path.starts_with("/etc/zypp/repos.d/")
    };
    let mut found = Vec::new();
    for (document, text) in host.texts().filter(|(document, _)| is_it(&document.path)) {
        let line = |name: &str| {
            let is_it = |(_, line): &(usize, &str)| line.contains(name) && !line.trim_start().starts_with('#');
            text.lines().enumerate().find(is_it).map(|(place, _)| host.line(document, place + 1))
        };
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
        let names = repository::gone(&text).map(repository::Gone::name).into_iter();
        let names = names.chain(repository::minor(&text).map(|(_, written)| written));
        let span = names.into_iter().find_map(line);
        found.extend(span.and_then(|span| of_text(host, &text, span)));
    }
    found
}

/// What is wrong with the repository that a text names.
fn of_text(host: &Host<'_, '_>, text: &str, span: Span) -> Option<Diagnostic> {
    if let Some(gone) = repository::gone(text) {
        let message = format!("the repository `{}` is gone: {}", gone.name(), gone.what);
        return Some(problem(Code::RefusedSetting, span, message, &*gone.help));
    }
    let (version, written) = repository::minor(text)?;
    let minors = minors(host);
    if minors.is_empty() || minors.contains(&version) {
        return None;
    }
    let message =
        format!("the repository has packages of Kubernetes {}, and the model runs {}", &written[1..], shown(&minors));
    let help = format!("write `v{}`: each minor version has a repository of its own", shown(&minors));
    Some(problem(Code::UnwiseSetting, span, message, help))
}

/// The minors of Kubernetes that the model runs.
fn minors(host: &Host<'_, '_>) -> BTreeSet<(u32, u32)> {
    host.model.apps().map(|(_, app)| (app.kubernetes.major, app.kubernetes.minor)).collect()
}

fn shown(minors: &BTreeSet<(u32, u32)>) -> String {
    minors.iter().map(|(major, minor)| format!("{major}.{minor}")).collect::<Vec<_>>().join(" and ")
}

fn commands<'a, 'p>(host: &Host<'a, 'p>) -> Vec<&'a Command<'p>> {
    let of = |entry: &'a Entry<'p>| match entry {
        Entry::Command(command) if !command.words.is_empty() => Some(command),
        _ => None,
    };
    host.sample.entries.iter().filter_map(of).collect()
}

/// A command that adds a repository.
fn of_command(host: &Host<'_, '_>, command: &Command<'_>) -> Option<Diagnostic> {
    let program = command.words[0].text.rsplit('/').next().unwrap_or_default();
    let word = command.words.iter().find(|word| word.text.contains("://")).filter(|_| repository::adds(program))?;
    of_text(host, &command.text, locate::word::span(host.model, command.owner, &word.written))
}

/// What is wrong with the packages that a command installs.
fn installed(host: &Host<'_, '_>, command: &Command<'_>) -> Vec<Diagnostic> {
    let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
    let packages = maker::installed(&words);
    let word = |package: &str| command.words.iter().find(|word| word.text.ends_with(package));
    let of = |package: &&str| {
        let span = locate::word::span(host.model, command.owner, &word(package)?.written);
        of_package(host, package, span)
    };
    packages.iter().filter_map(of).collect()
}

/// A package of another minor than the model's, or one in whose place that of the model is removed.
fn of_package(host: &Host<'_, '_>, package: &str, span: Span) -> Option<Diagnostic> {
    if let Some((name, (major, minor), skew)) = repository::package(package) {
        let minors = minors(host);
        let is_near = |known: &(u32, u32)| known.0 == major && known.1.abs_diff(minor) <= skew;
        let message =
            format!("`{name}` {major}.{minor} is installed here, and the model runs Kubernetes {}", shown(&minors));
        let help = "install the version of the model, or leave it to the component that brings the program";
        let is_other = !minors.is_empty() && !minors.iter().any(is_near);
        return is_other.then(|| problem(Code::UnwiseSetting, span, message, help));
    }
    let removed = repository::replaced(package);
    let own = host.sample.bundle.packages.iter().find(|own| removed.iter().any(|other| **other == ***own))?;
    let message = format!(
        "`{package}` is installed in place of the package `{own}`, which the model brings: that one is removed"
    );
    Some(problem(
        Code::UnwiseSetting,
        span,
        message,
        format!("install one of them; the model runs the programs of `{own}`"),
    ))
}

/// The repositories and packages of a cloud-config.
fn of_configs(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for config in &host.configs {
        let mut texts = Vec::new();
        for key in ["apt", "yum_repos", "zypper"] {
            config.value.get(key).into_iter().for_each(|value| strings(value, &mut vec![key.into()], &mut texts));
        }
        found.extend(texts.iter().filter_map(|(way, text)| of_text(host, text, config.span(host.model, way))));
        let packages = config.value.get("packages").and_then(Json::as_array).into_iter().flatten().enumerate();
        let of = |(place, one): (usize, &Json)| {
            let way = ["packages".into(), place.into()];
            let text = |place: usize| one.get(place).and_then(Json::as_str);
            let pair = || Some(format!("{}={}", text(0)?, text(1)?));
            let package = one.as_str().map(str::to_owned).or_else(pair)?;
            of_package(host, &package, config.span(host.model, &way))
        };
        found.extend(packages.filter_map(of));
    }
    found
}

fn strings<'v>(value: &'v Json, way: &mut Vec<Step>, list: &mut Vec<(Vec<Step>, &'v str)>) {
    let mut below = |step: Step, value: &'v Json| {
        way.push(step);
        strings(value, way, list);
        way.pop();
    };
    match value {
        Json::Object(map) => map.iter().for_each(|(key, value)| below(key.as_str().into(), value)),
        Json::Array(all) => all.iter().enumerate().for_each(|(place, value)| below(place.into(), value)),
        Json::String(text) => list.push((way.clone(), text)),
        _ => {}
    }
}
