//! How much work is done, counted and not timed: whatever else runs on the machine, it is the same.
//!
//! A count that grew is a regression, or a price that is worth it: then the limit here is raised, and the reason said.

use std::path::Path;
use std::sync::Mutex;

use kmodel::check::check;
use kmodel::compile;
use kmodel::model::Input;
use kmodel::world::Memory;

use allocator::{Counting, Counts, counted};

mod allocator;
mod growing;
mod keystroke;
mod rendering;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test counts at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What the plan of a model allocates, its check included.
fn planned(files: growing::Files) -> Counts {
    let input = Input { overlays: growing::applied(&files), ..Input::default() };
    let world = Memory::new(files);
    let (problems, counts) = counted(|| {
        let checked = check(&world, Path::new("lab.km"));
        let planned = compile::plan_program(&checked.program, &world, &input);
        checked.diagnostics.into_iter().chain(planned.problems).filter(|problem| problem.is_error()).collect::<Vec<_>>()
    });
    assert!(problems.is_empty(), "{problems:#?}");
    counts
}

/// The exponent with which a count grows, when what is always there is left out: 1 is linear.
fn exponent([first, second, third]: [usize; 3]) -> f64 {
    let step = |from: usize, to: usize| to.saturating_sub(from).max(1) as f64;
    (step(second, third) / step(first, second)).log(3.0)
}

#[test]
fn allocations_grow_with_the_model_and_not_with_its_square() {
    let _alone = ALONE.lock().unwrap();
    let mut wrong = Vec::new();
    for (name, first, model) in growing::GROWING {
        // Tables are read once.
        planned(model(first));
        let counts = [1, 3, 9].map(|times| planned(model(first * times)));
        let calls = exponent(counts.map(|counts| counts.calls));
        let peak = exponent(counts.map(|counts| counts.peak));
        println!("{name}: {calls:.2} allocations, {peak:.2} bytes");
        // Maps and lists double when they are full, which is a step of bytes.
        if calls > 1.05 || peak > 1.25 {
            wrong.push(format!("{name}: allocations {calls:.2}, bytes {peak:.2}: {counts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What one machine more costs in a cluster of six units and three certificates for each.
#[test]
fn a_machine_costs_no_more_than_it_did() {
    let _alone = ALONE.lock().unwrap();
    let (_, _, model) = growing::GROWING[0];
    planned(model(1));
    let [few, many] = [100, 1_100].map(|count| planned(model(count)));
    let (calls, bytes) = ((many.calls - few.calls) / 1_000, (many.peak - few.peak) / 1_000);
    println!("{calls} allocations, {bytes} bytes");
    assert!(calls <= MOST_CALLS && bytes <= MOST_BYTES, "{calls} allocations and {bytes} bytes a machine");
}

/// It was 104 while names of certificates were evaluated for each machine, and 119 and 2,983 bytes while `len(machines)` made a record of each
/// machine to count them.
const MOST_CALLS: usize = 60;
/// It was 2,000 while what every plan holds at a time, which is left out, had the boot script in it twice.
const MOST_BYTES: usize = 2_120;
