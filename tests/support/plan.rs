//! Planning a text in memory, and showing what comes out as plain text.
//!
//! A text may hold several files: a line `//# NAME` begins the next one; the first is `main.km`. Its first line may give
//! what the command line would: `// args: --overlay lab --set n=3 --target lxd --lock cp-0=10.0.0.5
//! --ran etcd/etcd=3.5.9 --by 0.0.1 --kept authority/etcd=sha256:77 --pinned https://example.org/tool=sha256:...`.

#![allow(dead_code, reason = "each test uses a part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kmodel::check::{self, Checked};
use kmodel::compile;
use kmodel::diag::{Code, Diagnostic, Safety, any_error};
use kmodel::model::input::{Input, Setting};
use kmodel::model::{MachineId, UnitId};
use kmodel::plan::Plan;
use kmodel::source::{SourceKind, Sources, Span};
use kmodel::syntax;
use kmodel::syntax::ast::{Expr, StatementKind};
use kmodel::world::Memory;

/// The files of a text.
pub fn world(text: &str) -> Memory {
    let mut files = vec![(PathBuf::from("main.km"), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//# ") {
            Some(name) => files.push((name.trim().into(), String::new())),
            None => files.last_mut().expect("there is a first file").1.push_str(line),
        }
    }
    Memory::new(files)
}

/// Checks and plans a text, and hands what came out to `look`: the problems of both, and the plan if there is one.
pub fn planned<T>(text: &str, look: impl FnOnce(&Sources, &[Diagnostic], Option<&Plan<'_>>) -> T) -> T {
    let world = world(text);
    let mut checked = check::check_with(&world, Path::new("main.km"), &set(text));
    let input = input(text, &mut checked);
    if any_error(&checked.diagnostics) {
        return look(&checked.program.sources, &checked.diagnostics, None);
    }
    let planned = compile::plan_program(&checked.program, &world, &input);
    let kept = planned.plan.iter().flat_map(|plan| compile::missing_keys::astray(plan, None, Path::new(".kmodel/lab")));
    let kept: Vec<_> = kept.collect();
    let problems: Vec<_> = checked.diagnostics.iter().cloned().chain(planned.problems).chain(kept).collect();
    look(&checked.program.sources, &problems, planned.plan.as_ref())
}

/// The codes that a text raises.
pub fn codes(text: &str) -> Vec<Code> {
    planned(text, |_, problems, _| problems.iter().map(|problem| problem.code).collect())
}

/// The words of the arguments that a text gives.
fn arguments(text: &str) -> impl Iterator<Item = &str> {
    let line = text.lines().next().and_then(|line| line.strip_prefix("// args: ")).unwrap_or_default();
    line.split_whitespace()
}

/// What `--set` gives.
fn set(text: &str) -> Vec<(String, String)> {
    let values = arguments(text).zip(arguments(text).skip(1)).filter(|(option, _)| *option == "--set");
    let parts = values.filter_map(|(_, value)| value.split_once('='));
    parts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn input(text: &str, checked: &mut Checked) -> Input {
    let mut input = Input::default();
    let mut words = arguments(text);
    while let (Some(option), Some(value)) = (words.next(), words.next()) {
        match option {
            "--overlay" => input.overlays.push(value.to_owned()),
            "--target" => input.target = Some(value.into()),
            "--set" => input.sets.push(setting(value, checked)),
            "--kept" => {
                let (name, digest) = value.split_once('=').expect("--kept takes authority/name=digest");
                input.lock.keys.insert(name.to_owned(), digest.to_owned());
            }
            "--had" => {
                let (name, had) = value.split_once('=').expect("--had takes name=value");
                input.lock.immutable.entry(name.to_owned()).or_default().push(had.to_owned());
            }
            "--pinned" => {
                let (url, hash) = value.split_once('=').expect("--pinned takes url=hash");
                input.lock.pins.files.insert(url.to_owned(), hash.parse().expect("a hash"));
            }
            "--by" => input.lock.kmodel = Some(value.to_owned()),
            "--lock" => {
                let (name, address) = value.split_once('=').expect("--lock takes name=address");
                input.lock.addresses.insert(name.to_owned(), address.parse().expect("an address"));
            }
            "--ran" => {
                let (program, version) = value.split_once('=').expect("--ran takes application/program=version");
                let (app, program) = program.split_once('/').expect("--ran takes application/program=version");
                let programs = input.lock.versions.entry(app.to_owned()).or_default();
                programs.insert(program.to_owned(), version.to_owned());
            }
            other => panic!("no option is named {other}"),
        }
    }
    input
}

fn setting(written: &str, checked: &mut Checked) -> Setting {
    let (name, text) = written.split_once('=').expect("--set takes name=value");
    Setting { name: name.into(), text: text.to_owned(), value: expression(name, text, checked) }
}

fn expression(name: &str, text: &str, checked: &mut Checked) -> Option<Expr> {
    let whole = format!("let x = {text}\n");
    let source = checked.program.sources.add(SourceKind::CommandLine("--set"), format!("--set {name}"), whole.as_str());
    let parse = syntax::parse(source, &whole);
    if !parse.diagnostics.is_empty() {
        return None;
    }
    parse.file.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Let(binding) => Some(binding.value.clone()),
        _ => None,
    })
}

/// The problems of a text, then an outline of its plan if nothing is wrong.
pub fn shown(text: &str) -> String {
    planned(text, |sources, problems, plan| {
        let mut out: String = problems.iter().map(|problem| one(sources, problem)).collect();
        if let Some(plan) = plan.filter(|_| !any_error(problems)) {
            out += &outline(plan);
        }
        out
    })
}

fn one(sources: &Sources, problem: &Diagnostic) -> String {
    let place = match problem.labels.first() {
        Some(label) if label.span != Span::default() => {
            let (line, column) = sources.line_column(label.span);
            format!("{line}:{column}")
        }
        _ => "-".to_owned(),
    };
    let severity = if problem.is_error() { "error" } else { "warning" };
    let mut out = format!("{} {severity} {place} {}\n", problem.code_name(), problem.message);
    for label in problem.labels.iter().filter(|label| label.span != Span::default()) {
        let covered = sources.text(label.span).lines().next().unwrap_or_default();
        let line = format!("  at {} |{covered}| {}", sources.place(label.span), label.text);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    problem.help.iter().for_each(|help| {
        let _ = writeln!(out, "  help: {help}");
    });
    for fix in &problem.fixes {
        let safety = if fix.safety == Safety::Safe { "safe fix" } else { "fix" };
        for edit in &fix.edits {
            let _ = writeln!(out, "  {safety}: {}: `{}` at {}", fix.title, edit.replacement, sources.place(edit.span));
        }
    }
    out
}

/// What a plan says, one thing a line.
pub fn outline(plan: &Plan<'_>) -> String {
    let model = &plan.model;
    let mut out = String::new();
    for (id, machine) in (0..).map(MachineId).zip(&model.machines) {
        let zone = machine.zone.as_ref().map_or(String::new(), |zone| format!(" zone {zone}"));
        let group = model.group_of(id);
        let (cores, memory) = (group.cores, group.memory >> 20);
        let _ = writeln!(out, "machine {} {} {cores} cores {memory} MiB{zone}", machine.name, machine.address);
    }
    for id in (0..model.units.len() as u32).map(UnitId) {
        let place = model.unit(id).machine.map_or("the cluster", |machine| &model.machine(machine).name);
        let _ = writeln!(out, "unit {} on {place}", model.unit_name(id));
    }
    for app in &model.apps {
        for address in &app.addresses {
            let _ = writeln!(out, "address of {} {address}", app.name);
        }
    }
    for relation in &model.relations {
        let inferred = if relation.inferred { " (inferred)" } else { "" };
        let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
        let _ = writeln!(out, "relation {from} -> {to}{inferred}");
    }
    out + &issued(plan) + &steps(plan)
}

fn issued(plan: &Plan<'_>) -> String {
    let request = &plan.pki.request;
    let mut out = String::new();
    for spec in &request.certificates {
        let authority = &request.authorities[spec.authority as usize].name;
        let names: Vec<_> = spec.sans.iter().map(|name| name.to_string()).collect();
        let usage = match (spec.server, spec.client) {
            (true, true) => "server+client",
            (true, false) => "server",
            (false, true) => "client",
            (false, false) => "nothing",
        };
        let _ = writeln!(out, "certificate {} by {authority} cn {} for {usage} {names:?}", spec.id, spec.cn);
    }
    out
}

fn steps(plan: &Plan<'_>) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        let kind = format!("{:?}", step.kind).to_lowercase();
        let names = step.applications.iter().map(|name| format!(" {name}")).collect::<String>();
        let _ = writeln!(out, "step {} {kind} {}{names}", step.number, step.count);
    }
    for proof in &plan.proofs {
        let _ = writeln!(out, "proof {}: {}", proof.name, proof.statement);
    }
    for gap in &plan.gaps {
        let _ = writeln!(out, "not examined {}: {}", gap.name, gap.statement);
    }
    out
}
