//! What a render holds beside its plan: next to nothing of a machine.

use std::path::Path;

use kmodel::check::check;
use kmodel::compile;
use kmodel::compile::known::{Facts, Known, Memo};
use kmodel::emit::{self, Force, Reuse};
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::plan::Plan;
use kmodel::target::Tree;
use kmodel::world::{Memory, World};

use crate::ALONE;
use crate::allocator::counted;
use crate::growing::{Files, GROWING};

/// A folder with a key store and an output, and what was found of the renders before.
struct Bench {
    dir: tempfile::TempDir,
    facts: Option<std::fs::File>,
}

/// What a render has done: certificates that were issued, and machines that were kept.
type Done = (usize, usize);

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), facts: None }
    }

    /// The most bytes at a time that a render holds beside its plan.
    fn render(&mut self, plan: &Plan<'_>, world: &Memory, tree: Tree) -> (usize, Done) {
        let known = self.facts.take();
        let ((done, facts), counts) = counted(|| {
            let mut store = Store::open(&self.dir.path().join("store")).unwrap();
            let issued = compile::issue_aside(plan, &mut store, world.now()).unwrap_or_else(|_| panic!("it issues"));
            let sources = &plan.model.program.sources;
            let mut out =
                emit::Stream::begin(&self.dir.path().join("out"), Force::Refuse, Reuse::Whole, sources).unwrap();
            let known = known.map(Known::read).unwrap_or_default();
            let mut memo = Memo { known, facts: store.spool().map(Facts::to).unwrap() };
            let streamed = compile::stream(plan, &issued, (tree, &mut memo), &mut out);
            let streamed = streamed.unwrap_or_else(|_| panic!("it renders"));
            assert!(issued.failure().is_none());
            out.finish(compile::head(plan), &streamed.files).and_then(emit::stream::Whole::commit).unwrap();
            store.save().unwrap();
            ((issued.issued, streamed.kept), memo.facts.file())
        });
        self.facts = facts;
        (counts.peak, done)
    }
}

/// The most bytes at a time of the plan of so many workers on a target, and what renders hold beside it: the first, one that finds all
/// of it, and one after a change of every machine.
fn peaks((target, tree): (&str, Tree), workers: u32) -> (usize, [usize; 3]) {
    let mut bench = Bench::new();
    let mut files = GROWING[0].2(workers);
    let lxd = "target lxd { image = \"debian/13\" }";
    files.iter_mut().for_each(|(_, text)| *text = text.replace(lxd, target));
    let mut plan_peak = 0;
    let mut with = |files: &Files, wanted: fn(Done) -> bool| {
        let world = Memory::new(files.clone());
        let checked = check(&world, Path::new("lab.km"));
        let (planned, plan) = counted(|| compile::plan_program(&checked.program, &world, &Input::default()));
        plan_peak = plan.peak;
        let (peak, done) = bench.render(&planned.plan.unwrap(), &world, tree);
        assert!(wanted(done), "{done:?}");
        peak
    };
    let first = with(&files, |(issued, kept)| issued > 0 && kept == 0);
    let again = with(&files, |(issued, kept)| issued == 0 && kept > 0);
    files.iter_mut().for_each(|(_, text)| *text = text.replace("memory = 8GiB }", "memory = 9GiB }"));
    let changed = with(&files, |(_, kept)| kept <= 5);
    (plan_peak, [first, again, changed])
}

#[test]
fn a_render_holds_nothing_of_a_machine() {
    let _alone = ALONE.lock().unwrap();
    // With several, it depends on when the peaks of two machines meet.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let [few, many] = sizes();
    for of in TARGETS {
        let target = of.0;
        let of = alone.install(|| {
            peaks(of, 3);
            [few, many].map(|workers| peaks(of, workers))
        });
        let of_machine = |one: usize, other: usize| other.saturating_sub(one) / (many - few) as usize;
        let renders = [0, 1, 2].map(|render| of_machine(of[0].1[render], of[1].1[render]));
        let plan = of_machine(of[0].0, of[1].0);
        println!("{target}: a machine of the plan {plan} bytes, of the renders {renders:?} more; {of:?}");
        assert!(renders.iter().all(|render| *render <= MOST), "{target}: {renders:?}");
    }
}

/// One of each kind that there is; the trees of files are written alike for all, so most go without.
const TARGETS: [(&str, Tree); 4] = [
    ("target lxd { image = \"debian/13\" }", Tree::Written),
    ("target nocloud { }", Tree::LeftOut),
    ("target flatcar { }", Tree::LeftOut),
    ("target ssh { }", Tree::LeftOut),
];

/// How many machines there are; others by the environment.
fn sizes() -> [u32; 2] {
    let said = std::env::var("KMODEL_COUNTED_MACHINES").ok();
    let read = |said: String| {
        let (few, many) = said.split_once(' ')?;
        Some([few.parse().ok()?, many.parse().ok()?])
    };
    said.and_then(read).unwrap_or([200, 400])
}

/// A place in the order of the machines, one in the manifest, and one in the table of facts. It was 1,100 while rows, names and lines
/// of the index were in memory. A machine of these has three certificates, of 1,500 bytes each with their keys, and 70 KB of files.
const MOST: usize = 256;
