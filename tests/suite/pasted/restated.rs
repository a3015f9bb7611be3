//! What every example sets, said again in every form that it can be pasted in: nothing is found in what is right, and what is
//! made wrong is found in each form, at its place in the file of the user.

use std::fmt::Write as _;

use kmodel::diag::{Code, Diagnostic};
use kmodel::facts::{field, flag};
use kmodel::render::evidence::{Entry, Flags, Sample};
use kmodel::render::format::{Secrets, tree};
use kmodel::render::placeholder::Placeholders;
use kmodel::render::sample;
use kmodel::source::{Sources, Span};
use kmodel::syntax::ast::Version;
use serde_json::{Value as Json, json};

use super::fault::{self, Fault};
use super::form::{self, Pasted};
use crate::support::{plan, root};

/// What is there twice now: what is said again dials and binds what the first does. The kubelet of the examples reads no static
/// pods.
const OF_BEING_TWICE: &[Code] = &[Code::PortTaken, Code::FileIgnored];

/// A program that an example runs, and the machines that it is on.
struct Program {
    name: String,
    version: Version,
    arguments: Vec<String>,
    on: String,
}

/// A configuration file of an example.
struct File {
    kind: String,
    value: Json,
    on: String,
}

#[derive(Default)]
struct Settings {
    programs: Vec<Program>,
    files: Vec<File>,
}

/// The settings of an example: each program and each kind of file once.
fn settings(text: &str) -> Settings {
    plan::planned(text, |_, problems, plan| {
        let model = &plan.unwrap_or_else(|| panic!("{problems:?}")).model;
        let mut found = Settings::default();
        for one in sample(model, &Placeholders::new(model), &mut Vec::new()) {
            let Some(machine) = one.machine else { continue };
            // What names this machine is wrong on the others of its group.
            let on = format!("{}[{}]", model.group_of(machine).name, model.machine(machine).index);
            one.entries.iter().for_each(|entry| found.take(entry, &one, &on));
        }
        found
    })
}

impl Settings {
    fn take(&mut self, entry: &Entry<'_>, one: &Sample<'_>, on: &str) {
        match entry {
            Entry::Flags(flags) => self.flags(flags, one, on),
            Entry::Document(document) if !document.derived => {
                let Some(Ok(value)) = document.value().map(|value| tree(value, Secrets::Seen)) else { return };
                let Some(kind) = value.get("kind").and_then(Json::as_str).map(str::to_owned) else { return };
                // Its keys are issued: before that they have another form, and written out they are secrets in a file for all.
                if !matches!(&*kind, "List" | "EncryptionConfiguration")
                    && !self.files.iter().any(|known| known.kind == kind)
                {
                    self.files.push(File { kind, value, on: on.to_owned() });
                }
            }
            _ => {}
        }
    }

    fn flags(&mut self, flags: &Flags<'_>, one: &Sample<'_>, on: &str) {
        let unit = one.bundle.units.iter().find(|unit| Some(&unit.name) == flags.unit.as_ref());
        let (Some(unit), Some(version)) = (unit, flags.version) else { return };
        if !self.programs.iter().any(|known| *known.name == *flags.program) {
            let (name, arguments) = (flags.program.to_string(), unit.flags.clone());
            self.programs.push(Program { name, version, arguments, on: on.to_owned() });
        }
    }
}

/// A component with the option that tells the version of a program with versions of its own.
fn items(program: &Program) -> String {
    match program.name.as_str() {
        "etcd" => format!("  option version: version = {}\n", program.version),
        _ => String::new(),
    }
}

/// An example with what is pasted, each deployed on some machines; and where the component of each is.
fn joined(example: &str, all: &[(Pasted, String)]) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut places) = (format!("use std/interfaces {{ addon }}\n{example}"), Vec::new());
    for (pasted, on) in all {
        let start = text.len();
        text += &pasted.component;
        places.push((start, text.len()));
        let _ = writeln!(text, "deploy {} on {on}", pasted.app);
    }
    all.iter().for_each(|(pasted, _)| text += &pasted.files);
    (text, places)
}

/// Whether a span is in a component, or in the file that it reads.
fn is_in(sources: &Sources, span: Span, (pasted, place): (&Pasted, (usize, usize))) -> bool {
    let name = &*sources.get(span.source).name;
    let file = name.trim_start_matches("./").trim_end_matches(".j2");
    file == pasted.app || name == "main.km" && place.0 <= span.start as usize && span.end as usize <= place.1
}

/// What is found in each pasted component, in order; and the rest.
fn found(
    example: &str,
    all: &[(Pasted, String)],
    look: impl Fn(&Sources, &Pasted, &[&Diagnostic]) -> Vec<String>,
) -> Vec<String> {
    let (text, places) = joined(example, all);
    plan::planned(&text, |sources, problems, plan| {
        let errors: Vec<_> = problems.iter().map(|problem| &problem.message).take(5).collect();
        assert!(plan.is_some(), "{errors:?}");
        let problems: Vec<_> = problems.iter().filter(|problem| !OF_BEING_TWICE.contains(&problem.code)).collect();
        let mut told = Vec::new();
        for ((pasted, _), place) in all.iter().zip(places) {
            let is_own =
                |problem: &&&Diagnostic| problem.labels.iter().any(|label| is_in(sources, label.span, (pasted, place)));
            let own: Vec<&Diagnostic> = problems.iter().filter(is_own).copied().collect();
            told.extend(look(sources, pasted, &own));
        }
        told
    })
}

fn every_form(settings: &Settings) -> Vec<(Pasted, String)> {
    let mut all = Vec::new();
    for program in &settings.programs {
        let prefix = format!("x-{}", program.name);
        let forms = form::command_lines(&prefix, (&program.name, &program.arguments), &items(program));
        all.extend(forms.into_iter().map(|pasted| (pasted, program.on.clone())));
    }
    for file in &settings.files {
        let forms = form::files(&format!("y-{}", file.kind.to_lowercase()), &file.value, "");
        all.extend(forms.into_iter().map(|pasted| (pasted, file.on.clone())));
    }
    all
}

fn example(name: &str) -> String {
    std::fs::read_to_string(root().join("examples").join(name)).expect("an example")
}

/// The examples differ in size; what they set is said once for each shape.
const EXAMPLES: &[&str] = &[
    "air-gapped.km",
    "cloud.km",
    "dual-stack.km",
    "edge.km",
    "external-ca.km",
    "external-etcd.km",
    "ha.km",
    "ipv6.km",
    "lab.km",
    "large.km",
    "mixed-arch.km",
    "single.km",
    "stacked-etcd.km",
    "zones.km",
];

#[test]
fn nothing_is_found_in_what_examples_set_in_whatever_form() {
    for name in EXAMPLES {
        let text = example(name);
        let settings = settings(&text);
        assert!(settings.programs.len() > 2 && settings.files.len() > 1, "{name} sets too little");
        nothing_is_found(name, &text, &settings);
    }
}

/// Good clusters that set what examples do not; those with files of their own beside them are left out.
const GOOD: &[&str] = &["cis-hardened", "every-option", "gpu-numa", "hard-way", "ipv6-only", "kube-vip", "mid-upgrade"];

#[test]
fn nothing_is_found_in_what_good_clusters_set_in_whatever_form() {
    for name in GOOD {
        let path = root().join(format!("tests/cases/good/{name}.km"));
        let text = std::fs::read_to_string(path).expect("a good cluster");
        let settings = settings(&text);
        assert!(settings.programs.len() + settings.files.len() > 1, "{name} sets too little");
        nothing_is_found(name, &text, &settings);
    }
}

/// Says all settings of a cluster once more in every form.
fn nothing_is_found(name: &str, text: &str, settings: &Settings) {
    let all = every_form(settings);
    let told = found(text, &all, |_, pasted, problems| {
        // A hardened cluster admits no pod with the files of its machine.
        let others = problems.iter().filter(|problem| !problem.message.contains("admits only `"));
        others
            .map(|problem| format!("{} as {}: {}: {}", pasted.app, pasted.form, problem.code, problem.message))
            .collect()
    });
    assert!(told.is_empty(), "{name}, {} of {}:\n{}", told.len(), all.len(), told.join("\n"));
}

/// What was not found of some faults, or not at its place.
fn missed(sources: &Sources, pasted: &Pasted, problems: &[&Diagnostic], faults: &[Fault]) -> Vec<String> {
    let names = |problem: &Diagnostic, word: &str| problem.message.contains(word);
    let missed = faults.iter().filter_map(|fault| {
        let about: Vec<_> =
            problems.iter().filter(|problem| problem.code == fault.code && names(problem, &fault.told)).collect();
        let key = fault.name.rsplit('.').next().unwrap_or_default();
        let value = fault.value.as_str().map_or_else(|| fault.value.to_string(), str::to_owned);
        let is_at = |span: Span| {
            let text = sources.text(span);
            // What is encoded has no place of its own.
            pasted.form.contains("base64")
                || text.len() < 200 && (text.contains(key) || text.contains(&*value) || value.contains(text))
        };
        let place = about.first().and_then(|problem| problem.labels.first()).map(|label| label.span);
        // What is encoded has one place for all, where a rule is told of once.
        let told = pasted.form.contains("base64") && problems.iter().any(|problem| problem.code == fault.code);
        match place {
            None if told => None,
            None => Some(format!("{} is no {}", fault.name, fault.code)),
            Some(span) if !about.iter().any(|problem| problem.labels.iter().any(|label| is_at(label.span))) => {
                let shown: String = sources.text(span).chars().take(60).collect();
                Some(format!("{}, {} is shown at {shown:?}", fault.name, fault.code))
            }
            Some(_) => None,
        }
    });
    missed.map(|what| format!("{} as {}: {what}", pasted.app, pasted.form)).collect()
}

/// Sets faults in a list of arguments.
fn with(arguments: &[String], faults: &[Fault]) -> Vec<String> {
    let flag = |fault: &Fault| format!("--{}=", fault.name);
    let mut list: Vec<String> =
        arguments.iter().filter(|one| !faults.iter().any(|fault| one.starts_with(&flag(fault)))).cloned().collect();
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    list.extend(faults.iter().map(|fault| flag(fault) + &text(&fault.value)));
    list
}

#[test]
fn a_fault_in_a_flag_of_an_example_is_found_in_every_form() {
    for name in ["ha.km"] {
        let text = example(name);
        let (mut all, mut by_prefix) = (Vec::new(), Vec::new());
        for program in settings(&text).programs {
            assert!(flag::table(&program.name).is_some_and(|table| table.range.knows(program.version)));
            let (prefix, faults) = (format!("x-{}", program.name), fault::in_flags(&program.name, program.version));
            assert!(faults.len() > 5, "{}: {faults:?}", program.name);
            let arguments = with(&program.arguments, &faults);
            let forms = form::command_lines(&prefix, (&program.name, &arguments), &items(&program));
            all.extend(forms.into_iter().map(|pasted| (pasted, program.on.clone())));
            by_prefix.push((prefix, faults));
        }
        let told = found(&text, &all, |sources, pasted, problems| {
            let faults = by_prefix.iter().filter(|(prefix, _)| is_of(&pasted.app, prefix));
            faults.flat_map(|(_, faults)| missed(sources, pasted, problems, faults)).collect()
        });
        assert!(told.is_empty(), "{name}, {} in {}:\n{}", told.len(), all.len(), told.join("\n"));
    }
}

/// `x-etcd-3` is of `x-etcd`.
fn is_of(app: &str, prefix: &str) -> bool {
    app.strip_prefix(prefix).is_some_and(|rest| {
        rest.strip_prefix('-').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit() || c == 't'))
    })
}

/// A file with some faults, and those that are in it; the others are in the way of one of them.
fn with_fields(value: &Json, faults: &[Fault]) -> (Json, Vec<Fault>, Vec<Fault>) {
    let (mut value, mut set, mut left): (Json, Vec<Fault>, Vec<Fault>) = (value.clone(), Vec::new(), Vec::new());
    for fault in faults {
        let below = |one: &str, other: &str| {
            one == other || one.starts_with(&format!("{other}.")) || one.starts_with(&format!("{other}["))
        };
        let meets = set.iter().any(|known| below(&known.name, &fault.name) || below(&fault.name, &known.name));
        match meets || !put(&mut value, &fault.name, &fault.value) {
            true => left.push(fault.clone()),
            false => set.push(fault.clone()),
        }
    }
    (value, set, left)
}

/// Sets a value at a path, `a.b[].c`; a key of a map may have dots in it.
fn put(value: &mut Json, path: &str, to: &Json) -> bool {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let (key, is_list) = key.strip_suffix("[]").map_or((key, false), |key| (key, true));
    let Some(map) = value.as_object_mut() else { return false };
    let Some(rest) = rest else {
        map.insert(key.to_owned(), if is_list { json!([to]) } else { to.clone() });
        return true;
    };
    if is_list {
        let mut one = json!({});
        let is_put = put(&mut one, rest, to);
        map.insert(key.to_owned(), json!([one]));
        return is_put;
    }
    let inner = map.entry(key.to_owned()).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    put(inner, rest, to)
}

#[test]
fn a_fault_in_a_field_of_an_example_is_found_in_every_form() {
    let text = example("ha.km").replace("1.36.2", "1.34.8");
    let version = Version { major: 1, minor: 34, patch: 8 };
    let (mut all, mut by_prefix) = (Vec::new(), Vec::new());
    // Files that a program is configured with, not those that a flag of it names; the scheduler's has no gates to spell wrong.
    let configures = |kind: &str| {
        let table = field::table(kind).and_then(|table| field::of_program(&table.program));
        table.is_some_and(|table| table.kind == kind && table.fields.contains_key("featureGates"))
    };
    for file in settings(&text).files.iter().filter(|file| configures(&file.kind)) {
        let mut rest = fault::in_fields(&file.kind, version);
        assert!(rest.len() > 10, "{}: {rest:?}", file.kind);
        for round in 0..3 {
            let (value, set, left) = with_fields(&file.value, &rest);
            let prefix = format!("y{round}-{}", file.kind.to_lowercase());
            let forms = form::files(&prefix, &value, "");
            all.extend(forms.into_iter().map(|pasted| (pasted, file.on.clone())));
            by_prefix.push((prefix, set));
            rest = left;
        }
        assert!(rest.is_empty(), "{rest:?}");
    }
    assert_eq!(by_prefix.len(), 6, "the kubelet's and kube-proxy's");
    let told = found(&text, &all, |sources, pasted, problems| {
        let faults = by_prefix.iter().filter(|(prefix, _)| is_of(&pasted.app, prefix));
        faults.flat_map(|(_, faults)| missed(sources, pasted, problems, faults)).collect()
    });
    assert!(told.is_empty(), "{} in {}:\n{}", told.len(), all.len(), told.join("\n"));
}
