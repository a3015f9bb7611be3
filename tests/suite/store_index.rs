//! The certificates of a key store: lines that are appended to a file, and an index of it that is only a shortcut.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kmodel::check::check;
use kmodel::compile;
use kmodel::model::Input;
use kmodel::pki::{PkiError, Status, Store};
use kmodel::plan::issue_status::issue_status;
use kmodel::world::{Memory, World};
use serde_json::Value;

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
        self.store().join("certificates.index")
    }

    fn file(&self) -> PathBuf {
        self.store().join("certificates.jsonl")
    }

    /// The lines of certificates.
    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file()).unwrap();
        text.lines().filter(|line| line.starts_with("{\"id\":")).map(str::to_owned).collect()
    }

    /// The store as earlier kmodels wrote it: a file for each machine.
    fn make_former(&self) {
        let mut machines = BTreeMap::<String, serde_json::Map<String, Value>>::new();
        for line in self.lines() {
            let line: Value = serde_json::from_str(&line).unwrap();
            let id = line["id"].as_str().unwrap().to_owned();
            let machine = machines.entry(id.split('/').next().unwrap().to_owned()).or_default();
            machine.insert(id, line["leaf"].clone());
        }
        fs::create_dir_all(self.store().join("machines")).unwrap();
        for (name, certificates) in machines {
            let path = self.store().join(format!("machines/{name}.json"));
            let text = serde_json::to_string_pretty(&serde_json::json!({ "certificates": certificates })).unwrap();
            fs::write(&path, text + "\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(self.store().join("version"), "kmodel store 1\n").unwrap();
        fs::write(self.store().join("machines.index"), "kmodel index 2\n").unwrap();
        fs::remove_file(self.file()).unwrap();
        fs::remove_file(self.index()).unwrap();
    }

    /// Renders, and says how many things were issued.
    fn render(&self, names: &str) -> usize {
        self.try_render(names).unwrap()
    }

    fn try_render(&self, names: &str) -> Result<usize, PkiError> {
        let world = model(names);
        let checked = check(&world, Path::new("lab.km"));
        let plan = compile::plan_program(&checked.program, &world, &Input::default()).plan.unwrap();
        let mut store = Store::open(&self.store())?;
        let issued = match compile::issue_aside(&plan, &mut store, world.now()) {
            Ok(issued) => issued,
            Err(compile::RenderError::Pki(error)) => return Err(error),
            Err(compile::RenderError::Problems(problems)) => panic!("{problems:?}"),
        };
        store.save()?;
        Ok(issued.issued)
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
    for end in (0..index.len()).step_by(29) {
        fs::write(lab.index(), &index[..end]).unwrap();
        assert_eq!(current(&lab.look(NAMES).unwrap()), 3, "cut short at {end}, it says nothing");
    }
    for place in (0..index.len()).step_by(7) {
        let mut other = index.clone();
        other[place] ^= 0x80;
        fs::write(lab.index(), other).unwrap();
        assert_eq!(current(&lab.look(NAMES).unwrap()), 3, "whatever stands at {place}, it says nothing");
    }
    fs::write(lab.index(), "kmodel index 1\nmachine\tm-0\n").unwrap();
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 3, "one of an earlier kmodel says nothing");
    fs::remove_file(lab.index()).unwrap();
    lab.render(NAMES);
    assert!(lab.index().exists(), "a render makes it again");
}

/// A file in which something was changed is read from its beginning.
#[test]
fn a_certificate_that_is_gone_is_missing() {
    let lab = Lab::new();
    let text = fs::read_to_string(lab.file()).unwrap();
    let without: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.contains("m-1/")).collect();
    fs::write(lab.file(), without.concat()).unwrap();
    let index = fs::read(lab.index()).unwrap();
    let lost = lab.look(NAMES).unwrap_err().to_string();
    assert!(lost.contains("what can be read of it ends after"), "the index tells of more: {lost}");
    fs::remove_file(lab.index()).unwrap();
    let statuses = lab.look(NAMES).unwrap();
    assert_eq!((current(&statuses), count(&statuses, |status| *status == Status::Missing)), (2, 1));
    fs::write(lab.file(), text).unwrap();
    fs::write(lab.index(), index).unwrap();
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 3, "other times, and the same bytes");
    fs::remove_file(lab.file()).unwrap();
    assert_eq!(count(&lab.look(NAMES).unwrap(), |status| *status == Status::Missing), 3);
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let lab = Lab::new();
    fs::set_permissions(lab.file(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(lab.statuses(NAMES), Err(PkiError::Exposed { .. })));
}

/// Wherever a byte is another one, either that is refused or it says nothing of a certificate: none is issued anew.
#[test]
fn a_changed_byte_is_never_taken_for_a_missing_certificate() {
    let lab = Lab::new();
    let bytes = fs::read(lab.file()).unwrap();
    let last = String::from_utf8_lossy(&bytes).rfind("{\"saved\"").unwrap();
    for place in (0..bytes.len()).step_by(41).chain(last..bytes.len()) {
        let mut other = bytes.clone();
        other[place] ^= 0x04;
        fs::write(lab.file(), &other).unwrap();
        for indexed in [true, false] {
            let aside = lab.store().join("aside");
            if !indexed {
                fs::rename(lab.index(), &aside).unwrap();
            }
            match lab.look(NAMES) {
                Err(PkiError::Corrupt { path, .. }) => assert_eq!(path, lab.file()),
                // What a run that was cut off leaves looks like that; all that was saved is before it.
                Ok(statuses) => assert!(place >= last && current(&statuses) == 3, "{place}"),
                Err(error) => panic!("{place}: {error}"),
            }
            if !indexed {
                fs::rename(&aside, lab.index()).unwrap();
            }
        }
    }
}

/// A run that was cut off at any place of what it appends: what it wrote whole is used, and the rest goes.
#[test]
fn what_a_run_left_in_part_is_dropped() {
    let lab = Lab::new();
    let before = fs::read(lab.file()).unwrap();
    lab.render("names = [machine.name, \"www\"]");
    let after = fs::read(lab.file()).unwrap();
    assert!(after.starts_with(&before) && after.len() > before.len(), "it is appended to");
    fs::remove_file(lab.index()).unwrap();
    for end in (before.len()..after.len()).step_by(61) {
        fs::write(lab.file(), &after[..end]).unwrap();
        let statuses = lab.look("names = [machine.name, \"www\"]").unwrap();
        let whole = after[before.len()..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!((current(&statuses), statuses.len()), (whole.min(3), 3), "{end}");
        if end % 2 == 0 {
            assert_eq!(lab.render("names = [machine.name, \"www\"]"), 3 - whole.min(3));
            assert_eq!(current(&lab.statuses("names = [machine.name, \"www\"]").unwrap()), 3);
            fs::remove_file(lab.index()).unwrap();
        }
    }
}

/// What is said to be in the file, and is not, was lost: that is not what a run that was cut off leaves.
#[test]
fn a_file_that_was_cut_short_is_refused() {
    let lab = Lab::new();
    let bytes = fs::read(lab.file()).unwrap();
    for end in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        fs::write(lab.file(), &bytes[..end]).unwrap();
        assert!(matches!(lab.look(NAMES), Err(PkiError::Corrupt { .. })), "{end}");
        assert!(matches!(lab.try_render(NAMES), Err(PkiError::Corrupt { .. })), "{end}");
        assert_eq!(fs::read(lab.file()).unwrap(), bytes[..end], "and it stays");
    }
}

/// What was replaced often goes, and nothing else.
#[test]
fn what_was_replaced_goes_when_it_is_most_of_the_file() {
    let lab = Lab::new();
    let (one, other) = ("names = [machine.name, \"www\"]", NAMES);
    let mut sizes = Vec::new();
    for round in 0..6 {
        assert_eq!(lab.render(if round % 2 == 0 { one } else { other }), 3);
        assert_eq!(current(&lab.statuses(if round % 2 == 0 { one } else { other }).unwrap()), 3, "{round}");
        sizes.push(lab.lines().len());
    }
    assert!(sizes.iter().all(|lines| (3..=9).contains(lines)) && sizes.contains(&3), "{sizes:?}");
    let keys = |lines: &[String]| {
        let key = |line: &String| {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["id"].to_string(), line["leaf"]["issued"]["key_pem"].to_string())
        };
        lines.iter().map(key).collect::<BTreeMap<_, _>>()
    };
    let before = keys(&lab.lines());
    assert_eq!(lab.render(if sizes.len() % 2 == 0 { one } else { other }), 3);
    assert_eq!(keys(&lab.lines()), before, "a certificate that is issued anew keeps its key");
}

/// A store with a file for each machine is read as it is, and is taken over by who writes.
#[test]
fn a_store_of_earlier_kmodels_is_taken_over() {
    let lab = Lab::new();
    let before = lab.lines();
    lab.make_former();
    assert_eq!(current(&lab.look(NAMES).unwrap()), 3, "a plan reads it");
    assert!(!lab.file().exists() && lab.store().join("machines/m-0.json").exists(), "and changes nothing");
    assert_eq!(lab.render(NAMES), 0);
    assert_eq!(lab.lines(), before, "the same keys in the same lines");
    for gone in ["machines", "machines.index"] {
        assert!(!lab.store().join(gone).exists(), "{gone}");
    }
    assert_eq!(fs::read_to_string(lab.store().join("version")).unwrap(), "kmodel store 2\n");
    assert_eq!(current(&lab.statuses(NAMES).unwrap()), 3);
}

/// A file of a machine that was put back from a backup counts more than what was issued since.
#[test]
fn a_machine_that_was_restored_counts() {
    let lab = Lab::new();
    let before = lab.lines();
    let (newer, index) = (lab.file().with_file_name("newer"), lab.index().with_file_name("newer-index"));
    fs::rename(lab.file(), &newer).unwrap();
    fs::rename(lab.index(), &index).unwrap();
    lab.render(NAMES);
    let now = lab.lines();
    assert_ne!(now, before);
    fs::rename(lab.file(), lab.store().join("now")).unwrap();
    fs::rename(lab.index(), lab.store().join("now-index")).unwrap();
    fs::rename(newer, lab.file()).unwrap();
    fs::rename(index, lab.index()).unwrap();
    lab.make_former();
    fs::rename(lab.store().join("now"), lab.file()).unwrap();
    fs::rename(lab.store().join("now-index"), lab.index()).unwrap();
    fs::remove_file(lab.store().join("machines/m-2.json")).unwrap();
    assert_eq!(lab.render(NAMES), 0);
    let all = lab.lines();
    assert_eq!(all, [&now[..], &before[..2]].concat(), "two are put back, and one stays");
}

#[test]
fn a_former_store_that_is_damaged_is_refused_and_stays() {
    let lab = Lab::new();
    lab.make_former();
    let path = lab.store().join("machines/m-1.json");
    fs::write(&path, "not what the store wrote").unwrap();
    assert!(matches!(lab.look(NAMES), Err(PkiError::Corrupt { .. })));
    assert!(matches!(lab.try_render(NAMES), Err(PkiError::Corrupt { path: at, .. }) if at == path));
    assert!(lab.store().join("machines/m-0.json").exists() && path.exists());
    assert_eq!(fs::read_to_string(lab.store().join("version")).unwrap(), "kmodel store 1\n");
}
