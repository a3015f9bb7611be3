//! What a render holds beside its plan: next to nothing of a machine.

use std::convert::Infallible;
use std::path::Path;

use kmodel::check::check;
use kmodel::compile::known::Known;
use kmodel::compile::stream::Write;
use kmodel::compile::{self, Sink};
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::target::{OutputFile, Tree};
use kmodel::world::{Memory, World};

use crate::ALONE;
use crate::allocator::counted;
use crate::growing::GROWING;

/// Keeps nothing.
struct Gone;

impl Sink for Gone {
    type Batch = ();
    type Error = Infallible;

    fn put(&self, files: Vec<OutputFile>) -> Result<(), Infallible> {
        assert!(files.iter().any(|file| !file.content.is_empty()));
        Ok(())
    }

    fn add(&mut self, (): ()) -> Result<(), Infallible> {
        Ok(())
    }

    fn long(&mut self, _: OutputFile, write: Write<'_>) -> Result<(), Infallible> {
        write(&mut std::io::sink()).expect("nothing refuses nothing");
        Ok(())
    }
}

/// The most bytes at a time of the plan of so many workers, and what renders add to it: the first, and another.
fn peaks(workers: u32) -> (usize, [usize; 2]) {
    let (world, dir) = (Memory::new(GROWING[0].2(workers)), tempfile::tempdir().unwrap());
    let checked = check(&world, Path::new("lab.km"));
    let (planned, plan) = counted(|| compile::plan_program(&checked.program, &world, &Input::default()));
    let model = planned.plan.unwrap();
    let render = |wanted: usize| {
        let ((issued, kept), counts) = counted(|| {
            let mut store = Store::open(&dir.path().join("store")).unwrap();
            let issued = compile::issue_aside(&model, &mut store, world.now()).unwrap_or_else(|_| panic!("it issues"));
            let streamed = compile::stream(&model, &issued, (Tree::Written, &Known::default()), &mut Gone);
            let kept = streamed.unwrap_or_else(|_| panic!("it renders")).kept;
            assert!(issued.failure().is_none());
            store.save().unwrap();
            (issued.issued, kept)
        });
        assert!((issued > 0) == (wanted == 0) && kept == 0);
        counts.peak
    };
    (plan.peak, [render(0), render(1)])
}

#[test]
fn a_render_holds_nothing_of_a_machine() {
    let _alone = ALONE.lock().unwrap();
    peaks(3);
    let (few, many) = (peaks(FEW), peaks(MANY));
    let of_machine = |few: usize, many: usize| many.saturating_sub(few) / (MANY - FEW) as usize;
    let plan = of_machine(few.0, many.0);
    let renders = [0, 1].map(|render| of_machine(few.1[render], many.1[render]));
    println!("a machine of the plan {plan} bytes, of the renders {renders:?} more; {few:?} {many:?}");
    assert!(renders.iter().all(|render| *render <= MOST), "{plan} {renders:?}");
}

const FEW: u32 = 200;
const MANY: u32 = 1_000;

/// Numbers in a list while certificates are sorted. A machine of these has three, of 1,500 bytes each with their keys, and 70 KB
/// of files. Two are made at a time, and where their peaks meet is 90 bytes of each in this difference. It was 1,100 while rows, names and lines
/// of the index were in memory.
const MOST: usize = 256;
