//! The phases: reading and checking a file, a change of it and a completion, a plan without and with a key store, a render.
//!
//! `cargo bench` prints times; `cargo bench -- plan/10000` one of them. The budgets stand in ARCHITECTURE.md.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kmodel::check::session::Session;
use kmodel::check::{Checked, ModulePlace, analyse, check};
use kmodel::compile;
use kmodel::ide::completion::complete;
use kmodel::ide::project::Project;
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::plan::issue_status::issue_status;
use kmodel::source::SourceId;
use kmodel::syntax::parse;
use kmodel::world::{Memory, World};

mod generate;

const SIZES: [u32; 3] = [100, 1_000, 10_000];
const LINES: [u32; 3] = [200, 2_000, 20_000];
const ROOT: &str = "cluster.km";

fn world(machines: u32) -> Memory {
    Memory::new([(ROOT, generate::cluster(machines))])
}

fn checked(world: &Memory) -> Checked {
    let checked = check(world, Path::new(ROOT));
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    checked
}

fn bench_parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for lines in LINES {
        let text = generate::long_file(lines);
        group.throughput(Throughput::Elements(lines.into()));
        group.bench_with_input(BenchmarkId::from_parameter(lines), &text, |b, text| {
            b.iter(|| black_box(parse(SourceId(0), text)));
        });
    }
    group.finish();
}

fn bench_check(c: &mut Criterion) {
    let mut group = c.benchmark_group("check");
    // The size of a model's text does not depend on the number of machines, so this one grows in lines.
    for lines in LINES {
        let world = Memory::new([(ROOT, generate::long_file(lines))]);
        group.throughput(Throughput::Elements(lines.into()));
        group.bench_with_input(BenchmarkId::from_parameter(lines), &world, |b, world| {
            b.iter(|| black_box(check(world, Path::new(ROOT))));
        });
    }
    group.finish();
}

/// What a server of an editor does when a character is typed in the middle of a file, or taken away again.
fn bench_change(c: &mut Criterion) {
    let mut group = c.benchmark_group("change");
    for lines in LINES {
        let text = generate::long_file(lines);
        let middle = text[text.len() / 2..].find('\n').map_or(0, |at| text.len() / 2 + at + 1);
        let longer = format!("{} {}", &text[..middle], &text[middle..]);
        let worlds = [text, longer].map(|text| Memory::new([(ROOT, text)]));
        let root = ModulePlace::File(ROOT.into());
        let (mut cache, mut round) = (Session::default(), 0);
        group.throughput(Throughput::Elements(lines.into()));
        group.bench_function(BenchmarkId::from_parameter(lines), |b| {
            b.iter(|| {
                round += 1;
                black_box(analyse(&worlds[round % 2], &mut cache, &root))
            });
        });
    }
    group.finish();
}

/// A completion of the type of an option in the middle of a file.
fn bench_completion(c: &mut Criterion) {
    let mut group = c.benchmark_group("completion");
    for lines in LINES {
        let text = generate::long_file(lines);
        let typed = "option port: port";
        let middle = text.len() / 2 + text[text.len() / 2..].find(typed).expect("the file has ports") + typed.len();
        let world = Memory::new([(ROOT, text)]);
        let (mut project, root) = (Project::default(), ModulePlace::File(ROOT.into()));
        let file = project.file(&world, &root);
        group.throughput(Throughput::Elements(lines.into()));
        group.bench_function(BenchmarkId::from_parameter(lines), |b| {
            b.iter(|| black_box(complete(&world, &mut project, &file, middle as u32)));
        });
    }
    group.finish();
}

fn bench_plan(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan");
    group.sample_size(10);
    for machines in SIZES {
        let world = world(machines);
        let checked = checked(&world);
        group.throughput(Throughput::Elements(machines.into()));
        group.bench_with_input(BenchmarkId::from_parameter(machines), &checked, |b, checked| {
            b.iter(|| {
                let planned = compile::plan_program(&checked.program, &world, &Input::default());
                assert!(planned.plan.is_some(), "{:?}", planned.problems);
                black_box(planned.problems)
            });
        });
    }
    group.finish();
}

/// A plan that reads how far the certificates of the last render are.
fn bench_plan_with_store(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan-with-store");
    group.sample_size(10);
    for machines in [100, 1_000] {
        let world = world(machines);
        let checked = checked(&world);
        let dir = tempfile::tempdir().expect("a temporary folder");
        let folder = dir.path().join("store");
        let planned = compile::plan_program(&checked.program, &world, &Input::default());
        let mut store = Store::open(&folder).expect("a new store");
        let plan = planned.plan.expect("the generated cluster is valid");
        assert!(compile::render(&plan, &mut store, world.now()).is_ok(), "it renders");
        store.save().expect("it is saved");
        drop(store);
        group.throughput(Throughput::Elements(machines.into()));
        group.bench_function(BenchmarkId::from_parameter(machines), |b| {
            b.iter(|| {
                let planned = compile::plan_program(&checked.program, &world, &Input::default());
                let plan = planned.plan.expect("it was planned before");
                let store = Store::open_read(&folder).expect("the store is there");
                black_box(issue_status(&plan.pki.request, store.as_ref(), world.now()).is_ok())
            });
        });
    }
    group.finish();
}

fn bench_render(c: &mut Criterion) {
    let mut group = c.benchmark_group("render");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for machines in [100, 1_000] {
        let world = world(machines);
        let checked = checked(&world);
        let planned = compile::plan_program(&checked.program, &world, &Input::default());
        let plan = planned.plan.expect("the generated cluster is valid");
        group.throughput(Throughput::Elements(machines.into()));
        // The whole PKI is issued anew each time; nothing is written.
        group.bench_function(BenchmarkId::new("first", machines), |b| {
            b.iter_with_setup(
                || tempfile::tempdir().expect("a temporary folder"),
                |dir| {
                    let mut store = Store::open(&dir.path().join("store")).expect("a new store");
                    let rendered = compile::render(&plan, &mut store, world.now());
                    black_box(rendered.is_ok_and(|rendered| !rendered.files.is_empty()))
                },
            );
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    bench_parse,
    bench_check,
    bench_change,
    bench_completion,
    bench_plan,
    bench_plan_with_store,
    bench_render
);
criterion_main!(benches);
