//! Feeds broken models to kmodel and reports what makes it panic.
//!
//! `cargo run --release --manifest-path fuzz/Cargo.toml -- SECONDS [SEED]`. Starts from every `.km` file of the project,
//! breaks it in a few places at random, and asks of each result what holds for any text: it is parsed and formatted, planned,
//! rendered where it can be, and given to the commands. Prints the seed first and, when something fails, the text.
//!
//! `apply` talks to the double of LXD of the project's tests: `cargo build --example fake-lxc` in the project's folder makes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kmodel::compile::{self, RenderError};
use kmodel::diag::any_error;
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::plan::Plan;
use kmodel::source::SourceId;
use kmodel::syntax::{format, parse};
use kmodel::world::Memory;

mod commands;
mod mutate;

use commands::Bench;
use mutate::Mutator;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let time = Duration::from_secs(arguments.next().unwrap_or(60));
    let seed = arguments.next().unwrap_or_else(now);
    let corpus = corpus();
    println!("seed {seed}, {} files, {} s", corpus.len(), time.as_secs());
    let bench = Bench::new(Path::new(env!("CARGO_MANIFEST_DIR")));
    run(time, Mutator::new(seed, &corpus), &bench)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64)
}

fn run(time: Duration, mut mutator: Mutator<'_>, bench: &Bench) -> ExitCode {
    let start = Instant::now();
    let mut done = Done::default();
    let mut failed = 0_u64;
    while start.elapsed() < time {
        let text = mutator.next();
        match catch_unwind(AssertUnwindSafe(|| check(&text, bench))) {
            Ok(one) => done.add(one),
            Err(_) => {
                failed += 1;
                println!("after {} texts this one fails:\n{text}\n---\n{text:?}", done.texts);
            }
        }
    }
    let Done { texts, checked, rendered, commands } = done;
    println!("{texts} texts, {checked} without type errors, {rendered} rendered, {commands} commands, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How far texts came.
#[derive(Default)]
struct Done {
    texts: u64,
    checked: u64,
    rendered: u64,
    commands: u64,
}

impl Done {
    fn add(&mut self, other: Self) {
        self.texts += other.texts;
        self.checked += other.checked;
        self.rendered += other.rendered;
        self.commands += other.commands;
    }
}

/// What holds for any text, in every phase up to the plan.
fn check(text: &str, bench: &Bench) -> Done {
    let parsed = parse(SourceId(0), text);
    assert_eq!(parsed.tree.to_string(), text, "the tree prints back");
    for label in parsed.diagnostics.iter().flat_map(|problem| &problem.labels) {
        assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "labels are in the text");
    }
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "formatting twice is formatting once");
    }
    plan(text, bench)
}

/// The longest that any text of this size may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(20);

/// The machines that a model may have to be rendered and applied: keys are issued for each of them.
const MANY: usize = 50;

/// Checks the text, plans it when nothing is wrong with it, and renders it when nothing is wrong with the plan.
fn plan(text: &str, bench: &Bench) -> Done {
    let mut done = Done { texts: 1, ..Done::default() };
    let start = Instant::now();
    let root = "fuzz.km";
    let world = Memory::new([(root, text)]);
    let checked = kmodel::check::check(&world, Path::new(root));
    for problem in &checked.diagnostics {
        assert!(!problem.labels.is_empty() && !problem.message.is_empty(), "a problem has a place and a message");
    }
    if !any_error(&checked.diagnostics) {
        done.checked = 1;
        let planned = compile::plan_program(&checked.program, &world, &Input::default());
        assert!(planned.plan.is_some() || !planned.problems.is_empty(), "no plan has a reason");
        assert!(start.elapsed() < PATIENCE, "it takes {:?}", start.elapsed());
        let good = planned.plan.as_ref().filter(|_| !any_error(&planned.problems));
        if let Some(plan) = good.filter(|plan| plan.model.machines.len() <= MANY) {
            render(plan, bench);
            done.rendered = 1;
            done.commands = bench.commands(text, plan);
        }
    }
    done
}

/// What can be planned can be rendered.
fn render(plan: &Plan<'_>, bench: &Bench) {
    let mut store = Store::open_trial(&bench.store()).expect("a store in a new folder");
    match compile::render(plan, &mut store, bench.now) {
        Err(RenderError::Problems(problems)) => panic!("planned, and not rendered: {problems:#?}"),
        Err(RenderError::Pki(why)) => panic!("planned, and not issued: {why}"),
        Ok(_) => {}
    }
}

/// Every model of the project.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for folder in ["tests/cases", "tests/fixtures", "snapshots", "stdlib", "examples"] {
        collect(root.join(folder), &mut texts);
    }
    texts
}

fn collect(path: PathBuf, texts: &mut Vec<String>) {
    if let Ok(entries) = std::fs::read_dir(&path) {
        entries.flatten().for_each(|entry| collect(entry.path(), texts));
    } else if path.extension().is_some_and(|extension| extension == "km") {
        texts.extend(std::fs::read_to_string(path));
    }
}
