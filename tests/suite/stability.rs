//! Laws of rendering: same input, same bytes; growing a group leaves the others alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kmodel::check::check;
use kmodel::compile;
use kmodel::model::input::{Input, Lock};
use kmodel::pki::Store;
use kmodel::world::{Memory, World};

type Files = BTreeMap<String, (u32, Vec<u8>)>;

/// Renders a text with a store and a lock, as the command does.
fn render(text: &str, store: &Path, lock: Lock) -> (Files, Lock) {
    let world = Memory::new([("cluster.km", text)]);
    let checked = check(&world, Path::new("cluster.km"));
    assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
    let planned = compile::plan_program(&checked.program, &world, &Input { lock, ..Input::default() });
    let plan = planned.plan.unwrap_or_else(|| panic!("{:#?}", planned.problems));
    let mut store = Store::open(&store.join("store")).expect("a store");
    let Ok(rendered) = compile::render(&plan, &mut store, world.now()) else { panic!("the example renders") };
    store.save().expect("the store can be saved");
    let files = rendered.files.into_iter().map(|file| (file.path, (file.mode, file.content.to_vec()))).collect();
    (files, plan.model.lock.clone())
}

fn example(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from("examples").join(name)).expect("an example")
}

/// The paths that differ between two outputs.
fn changed(a: &Files, b: &Files) -> Vec<String> {
    let all = a.keys().chain(b.keys().filter(|path| !a.contains_key(*path)));
    all.filter(|path| a.get(*path) != b.get(*path)).cloned().collect()
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for name in ["ha.km", "single.km", "lab.km"] {
        let dir = tempfile::tempdir().expect("a folder");
        let (first, lock) = render(&example(name), dir.path(), Lock::default());
        let (second, again) = render(&example(name), dir.path(), lock.clone());
        assert_eq!(changed(&first, &second), Vec::<String>::new(), "{name}");
        assert_eq!(lock, again, "{name}");
    }
}

#[test]
fn one_more_worker_changes_no_other_machine() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = example("ha.km");
    let (before, lock) = render(&text, dir.path(), Lock::default());
    let (after, _) = render(&text.replace("machines wrk[3]", "machines wrk[4]"), dir.path(), lock);
    let changed = changed(&before, &after);
    let others: Vec<&String> =
        changed.iter().filter(|path| path.starts_with("machines/") && !path.starts_with("machines/wrk-3/")).collect();
    assert_eq!(others, Vec::<&String>::new());
    assert!(changed.iter().any(|path| path == "machines/wrk-3/user-data"), "the new machine is there");
}

#[test]
fn one_more_member_of_the_control_plane_moves_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = example("ha.km");
    let (before, lock) = render(&text, dir.path(), Lock::default());
    let (after, _) = render(&text.replace("machines cp[3]", "machines cp[5]"), dir.path(), lock);
    let networks = |files: &Files| -> BTreeMap<String, Vec<u8>> {
        let of = files.iter().filter(|(path, _)| path.ends_with("/network-config"));
        of.map(|(path, (_, content))| (path.clone(), content.clone())).collect()
    };
    let (before, after) = (networks(&before), networks(&after));
    assert_eq!(after.len(), before.len() + 2);
    assert!(before.iter().all(|(path, content)| after.get(path) == Some(content)));
}

#[test]
fn private_keys_stay_out_of_what_others_may_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (files, _) = render(&example("ha.km"), dir.path(), Lock::default());
    let key = |content: &[u8]| {
        let text = String::from_utf8_lossy(content);
        text.contains("PRIVATE KEY") || text.contains("client-key-data")
    };
    let open: Vec<_> = files
        .iter()
        .filter(|(path, (mode, content))| !path.ends_with("manifest.json") && mode & 0o077 != 0 && key(content))
        .map(|(path, _)| path)
        .collect();
    assert!(open.is_empty(), "{open:?}");
    assert!(files.values().any(|(mode, content)| *mode == 0o600 && key(content)), "there are keys at all");
}
