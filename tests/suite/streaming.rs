//! What a render holds in memory does not grow with the machines, and what comes of it is the same.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use kmodel::check::check;
use kmodel::compile::known::Memo;
use kmodel::compile::stream::Write;
use kmodel::compile::{self, Sink, Stopped};
use kmodel::emit::{self, Force, Reuse};
use kmodel::model::Input;
use kmodel::pki::Store;
use kmodel::target::{OutputFile, Tree};
use kmodel::world::{Memory, World};

fn model(machines: usize) -> Memory {
    let text = format!(
        r#"authority ca {{ cn = "ca", file = /etc/web/ca.crt }}
component web {{
  cert serving {{ authority = ca, cn = "web", usage = ["server"], names = [machine.name], file = /etc/web/web.crt }}
  unit web.service {{ exec = /usr/bin/web, args = [machine.name] }}
}}
cluster lab {{ kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }}
machines m[{machines}] {{ }}
machines m-x {{ }}
deploy web on *
target lxd {{ image = "debian/13" }}
target nocloud {{ }}
"#
    );
    Memory::new([("lab.km", text)])
}

/// Keeps nothing, and knows how much there is of what it was given at a time.
#[derive(Default)]
struct Gone {
    waiting: AtomicUsize,
    most: AtomicUsize,
    machines: usize,
    bytes: usize,
}

impl Sink for Gone {
    type Batch = usize;
    type Error = Infallible;

    fn put(&self, files: Vec<OutputFile>) -> Result<usize, Infallible> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(waiting, Ordering::Relaxed);
        Ok(files.iter().map(|file| file.content.len()).sum())
    }

    fn add(&mut self, bytes: usize) -> Result<(), Infallible> {
        *self.waiting.get_mut() -= 1;
        self.machines += 1;
        self.bytes += bytes;
        Ok(())
    }

    fn long(&mut self, _: OutputFile, _: Write<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// How many machines are in memory at once, how many wait to be listed, and how long the files are that all share.
fn held(machines: usize) -> (usize, usize, usize) {
    let (world, dir) = (model(machines), tempfile::tempdir().unwrap());
    let checked = check(&world, Path::new("lab.km"));
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let planned = compile::plan_program(&checked.program, &world, &Input::default());
    let plan = planned.plan.unwrap();
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    let Ok(issued) = compile::issue(&plan, &mut store, world.now()) else { panic!("a new store issues all") };
    let mut gone = Gone::default();
    let Ok(streamed) = compile::stream(&plan, &issued, (Tree::Written, &mut Memo::default()), &mut gone) else {
        panic!("it renders")
    };
    assert_eq!(gone.machines, machines + 1);
    assert!(gone.bytes > machines * 10_000);
    let shared = streamed.files.iter().map(|file| file.content.len()).sum();
    (streamed.held, gone.most.into_inner(), shared)
}

#[test]
fn ten_times_the_machines_are_no_more_at_once() {
    let (few, many) = (held(100), held(1_000));
    let cores = rayon_threads();
    assert!(few.0 <= cores && many.0 <= cores, "{few:?} {many:?}: no more than the cores work on");
    assert!(many.1 <= few.1.max(64), "{few:?} {many:?}");
    assert_eq!(few.2, many.2, "what all machines share does not grow either");
}

fn rayon_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A folder that was streamed, and the same files from memory.
#[test]
fn a_streamed_folder_is_the_one_that_is_written_from_memory() {
    for target in ["lxd", "nocloud"] {
        let (world, dir) = (model(12), tempfile::tempdir().unwrap());
        let checked = check(&world, Path::new("lab.km"));
        let input = Input { target: Some(target.into()), ..Input::default() };
        let plan = compile::plan_program(&checked.program, &world, &input).plan.unwrap();
        let mut store = Store::open(&dir.path().join("store")).unwrap();
        let Ok(rendered) = compile::render(&plan, &mut store, world.now()) else { panic!("it renders") };
        let [memory, disk] = ["memory", "disk"].map(|name| dir.path().join(name));
        let whole = emit::write(&memory, &rendered.files, Force::Refuse).unwrap();
        let mut stream = emit::Stream::begin(&disk, Force::Refuse, Reuse::Whole, &plan.model.program.sources).unwrap();
        let streamed = compile::stream(&plan, &rendered.issued, (Tree::Written, &mut Memo::default()), &mut stream);
        let streamed = streamed.map_err(|stopped| match stopped {
            Stopped::Problems(problems) => format!("{problems:?}"),
            Stopped::Sink(error) => error.to_string(),
        });
        let written = stream.finish(compile::head(&plan), &streamed.unwrap().files).unwrap().commit().unwrap();
        assert_eq!(written, whole);
        let diff = std::process::Command::new("diff").arg("-r").args([&memory, &disk]).output().unwrap();
        assert!(diff.status.success(), "{target}: {}", String::from_utf8_lossy(&diff.stdout));
        let modes = |root: &Path| {
            let list = std::process::Command::new("find").args([".", "-printf", "%m %p\n"]).current_dir(root).output();
            let mut lines: Vec<String> =
                String::from_utf8(list.unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(modes(&memory), modes(&disk));
    }
}

/// What stays on the disk until it is asked for is what would be in memory.
#[test]
fn certificates_on_the_disk_are_those_in_memory() {
    let (world, dir) = (model(12), tempfile::tempdir().unwrap());
    let checked = check(&world, Path::new("lab.km"));
    let plan = compile::plan_program(&checked.program, &world, &Input::default()).plan.unwrap();
    let place = dir.path().join("store");
    let files = |aside: bool| {
        let mut store = Store::open(&place).unwrap();
        let issue = if aside { compile::issue_aside } else { compile::issue };
        let Ok(issued) = issue(&plan, &mut store, world.now()) else { panic!("it issues") };
        let mut files: Vec<OutputFile> = Vec::new();
        let streamed = compile::stream(&plan, &issued, (Tree::Written, &mut Memo::default()), &mut files);
        let Ok(streamed) = streamed else { panic!("it renders") };
        files.extend(streamed.files);
        assert!(issued.failure().is_none());
        assert_eq!(store.is_saved(), issued.issued == 0);
        let saved = if issued.issued > 0 { 2 } else { 0 };
        assert_eq!(store.save().unwrap(), saved, "the file of certificates, and that of the authority");
        let all = files.into_iter().map(|file| (file.path, file.content.to_vec()));
        (issued.issued, all.collect::<std::collections::BTreeMap<_, _>>())
    };
    let (made, first) = files(true);
    assert_eq!(made, 14, "an authority and the certificates");
    for aside in [false, true] {
        let (made, again) = files(aside);
        assert!(made == 0 && again == first, "{aside}");
    }
}

/// A store that loses a file while a render reads it: nothing is made of what is missing.
#[test]
fn a_certificate_that_is_gone_is_told_of() {
    let (world, dir) = (model(3), tempfile::tempdir().unwrap());
    let checked = check(&world, Path::new("lab.km"));
    let plan = compile::plan_program(&checked.program, &world, &Input::default()).plan.unwrap();
    let place = dir.path().join("store");
    let mut store = Store::open(&place).unwrap();
    let Ok(issued) = compile::issue_aside(&plan, &mut store, world.now()) else { panic!("it issues") };
    store.save().unwrap();
    assert!(compile::stream(&plan, &issued, (Tree::Written, &mut Memo::default()), &mut Gone::default()).is_ok());
    assert!(issued.failure().is_none(), "what was staged is found in its place");
    let path = place.join("certificates.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // Of one length, so that they stand where others stood.
    let swapped = [lines[0], lines[2], lines[1], lines[3]].concat();
    std::fs::write(&path, swapped + lines[4]).unwrap();
    drop(compile::stream(&plan, &issued, (Tree::Written, &mut Memo::default()), &mut Gone::default()));
    let told = issued.failure().expect("it is not the one that was issued").to_string();
    // Where lines are not of one length, none stands where it stood.
    let says = told.contains("has just changed") || told.contains("is not as it was written");
    assert!(told.contains("certificates.jsonl") && says, "{told}");
}
