//! The index of a key store is a shortcut: what it says is what the files say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kmodel::check::check;
use kmodel::compile;
use kmodel::model::Input;
use kmodel::pki::{PkiError, Status, Store};
use kmodel::plan::issue_status::issue_status;
use kmodel::world::{Memory, World};

const NAMES: &str = "names = [machine.name]";

fn model(names: &str) -> Memory {
    let text = format!(
        r#"authority ca {{ cn = "ca", file = /etc/web/ca.crt }}
component web {{
  cert serving {{ authority = ca, cn = "web", usage = ["server"], {names}, file = /etc/web/web.crt }}
}}
cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines m[3] {{ }}
deploy web on m
"#
    );
    Memory::new([("lab.km", text)])
}

/// A store with everything that the model needs.
struct Lab {
    dir: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { dir: tempfile::tempdir().unwrap() };
        lab.render(NAMES);
        lab
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn index(&self) -> PathBuf {
        self.store().join("machines.index")
    }

    fn machine(&self, number: usize) -> PathBuf {
        self.store().join(format!("machines/m-{number}.json"))
    }

    fn render(&self, names: &str) {
        let world = model(names);
        let checked = check(&world, Path::new("lab.km"));
        let plan = compile::plan_program(&checked.program, &world, &Input::default()).plan.unwrap();
        let mut store = Store::open(&self.store()).unwrap();
        assert!(compile::render(&plan, &mut store, world.now()).is_ok());
        store.save().unwrap();
    }

    fn look(&self, names: &str) -> Result<Vec<Status>, PkiError> {
        let world = model(names);
        let checked = check(&world, Path::new("lab.km"));
        let plan = compile::plan_program(&checked.program, &world, &Input::default()).plan.unwrap();
        let store = Store::open_read(&self.store())?;
        Ok(issue_status(&plan.pki.request, store.as_ref(), world.now())?.certificates)
    }

    /// How the certificates stand, which is the same without the index.
    fn statuses(&self, names: &str) -> Result<Vec<Status>, PkiError> {
        let with = self.look(names);
        let aside = self.store().join("aside");
        let moved = fs::rename(self.index(), &aside).is_ok();
        let without = self.look(names);
        if moved {
            fs::rename(aside, self.index()).unwrap();
        }
        assert_eq!(with, without);
        with
    }
}

fn count(statuses: &[Status], wanted: fn(&Status) -> bool) -> usize {
    statuses.iter().filter(|status| wanted(status)).count()
}

fn current(statuses: &[Status]) -> usize {
    count(statuses, |status| matches!(status, Status::Current { .. }))
}

#[test]
fn it_says_what_the_files_say() {
    let lab = Lab::new();
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 3);
    let others = lab.statuses("names = [machine.name, \"www\"]").unwrap();
    assert_eq!(count(&others, |status| matches!(status, Status::Stale { .. })), 3);
    let index = fs::read(lab.index()).unwrap();
    for end in 0..index.len() {
        fs::write(lab.index(), &index[..end]).unwrap();
        assert_eq!(current(&lab.look(NAMES).unwrap()), 3, "cut short at {end}, it says nothing");
    }
    for place in 0..index.len() {
        let mut other = index.clone();
        other[place] ^= 0x80;
        fs::write(lab.index(), other).unwrap();
        assert_eq!(lab.look(NAMES).unwrap().len(), 3, "whatever stands at {place}, it is read");
    }
    fs::write(lab.index(), "kmodel index 1\nmachine\tm-0\n").unwrap();
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 3, "one of an earlier kmodel says nothing");
    fs::remove_file(lab.index()).unwrap();
    lab.render(NAMES);
    assert!(lab.index().exists(), "a render makes it again");
}

#[test]
fn a_file_that_was_changed_is_read() {
    let lab = Lab::new();
    fs::write(lab.machine(1), "{\"certificates\":{}}").unwrap();
    let statuses = lab.statuses(NAMES).unwrap();
    assert_eq!((current(&statuses), count(&statuses, |status| *status == Status::Missing)), (2, 1));
    fs::remove_file(lab.machine(2)).unwrap();
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 1);
    fs::write(lab.machine(0), "not what the store wrote").unwrap();
    assert!(matches!(lab.statuses(NAMES), Err(PkiError::Corrupt { .. })));
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let lab = Lab::new();
    fs::set_permissions(lab.machine(1), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(lab.statuses(NAMES), Err(PkiError::Exposed { .. })));
}
