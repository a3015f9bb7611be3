//! A disk that is full, a write that is cut short, a process that is killed: at every change of the file system in turn.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::reuse::tree;
use crate::safety::Site;
use crate::support::tool::said;

/// A machine with a key, a certificate and a secret.
const BEFORE: &str = r#"authority ca { cn = "ca", file = /etc/web/ca.crt }
secret pass { }
component web {
  cert serving { authority = ca, cn = "web", usage = ["server"], names = [machine.name], file = /etc/web/web.crt }
  file /etc/web/pass { mode = 0600, text = pass.value }
}
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m[1] { }
deploy web on m
target lxd { image = "debian/13" }
"#;

/// The same with one more machine, and one more secret and file on each.
fn after() -> String {
    let more = "secret more { }\ncomponent page {\n  file /etc/web/more { mode = 0600, text = more.value }\n}\n";
    format!("{more}{}deploy page on m\n", BEFORE.replace("m[1]", "m[2]"))
}

/// The same with one more machine: what is there of the first one is used again.
fn one_more() -> String {
    BEFORE.replace("m[1]", "m[2]")
}

/// What is new of an output of which most stays. If a run was killed while it came into its place, the next one ends it.
const NEXT: &str = ".build.kmodel-next";

const RENDER: [&str; 4] = ["render", "lab.km", "--out", "build"];

/// The files below a folder, by their paths.
fn below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    files.insert(path, fs::read(entry.path()).unwrap());
                }
            }
        }
    }
    files
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["-a", "--"]).args([from, to]).status().unwrap();
    assert!(status.success());
}

/// Each file that the manifest names is there as it says.
fn is_whole(output: &BTreeMap<String, Vec<u8>>) -> bool {
    let Some(manifest) = output.get("manifest.json") else { return output.is_empty() };
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let same = |file: &Value| {
        output
            .get(file["path"].as_str().unwrap())
            .is_some_and(|bytes| bytes.len() as u64 == file["size"].as_u64().unwrap())
    };
    files.len() + 1 == output.len() && files.iter().all(same)
}

/// The keys of certificates in a store, by their ids: those of earlier kmodels too, which come first.
fn leaves(store: &Path) -> Value {
    let mut keys = serde_json::Map::new();
    let text = fs::read_to_string(store.join("certificates.jsonl")).unwrap_or_default();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(id) = line["id"].as_str() {
            keys.insert(id.to_owned(), line["leaf"]["issued"]["key_pem"].clone());
        }
    }
    for (_, text) in below(&store.join("machines")).into_iter().filter(|(name, _)| name.ends_with(".json")) {
        let machine: Value = serde_json::from_slice(&text).unwrap();
        let leaves = machine["certificates"].as_object().unwrap();
        keys.extend(leaves.iter().map(|(id, leaf)| (id.clone(), leaf["issued"]["key_pem"].clone())));
    }
    keys.get("m-0/web/serving").cloned().unwrap_or(Value::Null)
}

/// What nothing may change: keys that were issued, and addresses that were given out.
fn kept(site: &Site) -> (Vec<Value>, Option<String>) {
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(site.path(".kmodel/lab").join(name));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("what the store holds can be read"))
    };
    let own = [read("authorities.json")["authorities"]["ca"].clone(), read("secrets.json")["secrets"]["pass"].clone()];
    let keys = own.into_iter().chain([leaves(&site.path(".kmodel/lab"))]).collect();
    let lock = fs::read_to_string(site.path("kmodel.lock")).ok();
    let first = lock.and_then(|lock| lock.lines().find(|line| line.starts_with("m-0 = ")).map(str::to_owned));
    (keys, first)
}

/// Renders with a fault at this change. Whether there was one.
fn render(site: &Site, fault: &str) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(RENDER).env("KMODEL_FAULT", fault).current_dir(site.path(".")).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = said(&output);
    match output.status.code() {
        Some(0) => false,
        Some(code) => {
            assert!(code == 3 && text.contains("cannot ") && !text.contains("panicked"), "{fault}: {text}");
            true
        }
        None => true,
    }
}

/// So many changes in a row may fail without an error: those of what a later run can do without.
const SHORTCUTS: usize = 20;

/// One fault after the other, each from the same start. How many changes there are, to within a step, and how many runs ended
/// while what is new came into its place.
fn try_all(kind: &str, start: &Site, (model, step): (&str, usize)) -> (usize, usize) {
    let (mut passed, mut begun) = (0, 0);
    for number in (0..).step_by(step) {
        let site = Site::new(model);
        for part in [".kmodel", "kmodel.lock", "build"] {
            if start.path(part).exists() {
                copy(&start.path(part), &site.path(part));
            }
        }
        let (keys, address) = kept(&site);
        let before = below(&site.path("build"));
        let fault = format!("{number}:{kind}");
        passed = if render(&site, &fault) { 0 } else { passed + 1 };
        // What is only a shortcut may be left out.
        if passed * step > SHORTCUTS {
            return (number, begun);
        }
        let now = below(&site.path("build"));
        let is_begun = kind == "kill" && site.path(NEXT).exists();
        begun += usize::from(is_begun);
        assert!(is_begun || is_whole(&now), "{fault}: the output is the old one or the new one: {:?}", now.keys());
        if now != before {
            assert!(site.read("kmodel.lock").contains("m-1 = "), "{fault}: what is out is remembered");
        }
        let (keys_now, address_now) = kept(&site);
        for (key, now) in keys.iter().zip(&keys_now) {
            assert!(key.is_null() || key == now, "{fault}: a key is lost");
        }
        assert!(address.is_none() || address == address_now, "{fault}: an address is lost");
        site.ok(&RENDER);
        let (keys_then, _) = kept(&site);
        for (now, then) in keys_now.iter().zip(&keys_then) {
            assert!(now.is_null() || now == then, "{fault}: a key is made anew");
        }
        assert!(is_whole(&below(&site.path("build"))), "{fault}");
        let left = below(&site.path(".")).into_keys().filter(|path| path.contains(".kmodel-")).collect::<Vec<_>>();
        assert!(left.is_empty(), "{fault}: {left:?}");
        if kind == "kill" || number % 5 == 0 {
            assert!(site.ok(&RENDER).contains("keys    0 issued"), "{fault}: the next run has nothing to do");
            drop(site.ok(&["render", "lab.km", "--out", "new", "--fresh"]));
            assert_eq!(tree(&site.path("build")), tree(&site.path("new")), "{fault}");
        }
    }
    unreachable!("a run has an end")
}

/// From nothing with every fifth, and from a cluster that was rendered with every second or third.
fn each(kind: &str) {
    assert!(try_all(kind, &Site::new(""), (&after(), 5)).0 > 20);
    let start = Site::new(BEFORE);
    start.ok(&RENDER);
    let step = if kind == "kill" { 2 } else { 3 };
    assert!(try_all(kind, &start, (&after(), step)).0 > 20);
    assert!(try_all(kind, &start, (&one_more(), 2 * step + 1)).0 > 20);
    make_former(&start.path(".kmodel/lab"));
    assert!(try_all(kind, &start, (&one_more(), step)).0 > 20);
    // Most of the output stays where it is; one machine comes, and one goes.
    let start = Site::new(&BEFORE.replace("m[1] { }", "m[6] { }\nmachines gone[1] { }"));
    start.ok(&RENDER);
    let (changes, begun) = try_all(kind, &start, (&BEFORE.replace("m[1]", "m[7]"), step));
    assert!(changes > 20 && (kind != "kill" || begun > 2), "{kind}: {changes} {begun}");
}

/// A store as kmodel wrote it before `certificates.jsonl`.
fn make_former(store: &Path) {
    let file = store.join("certificates.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let line: Value = serde_json::from_str(text.lines().find(|line| line.starts_with("{\"id\"")).unwrap()).unwrap();
    fs::create_dir(store.join("machines")).unwrap();
    let machine = store.join("machines/m-0.json");
    let leaf = serde_json::json!({ "certificates": { "m-0/web/serving": line["leaf"] } });
    fs::write(&machine, serde_json::to_string_pretty(&leaf).unwrap()).unwrap();
    fs::set_permissions(&machine, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(store.join("version"), "kmodel store 1\n").unwrap();
    fs::remove_file(file).unwrap();
    fs::remove_file(store.join("certificates.index")).unwrap();
}

/// What may come after a kill while what is new comes into its place: another model, a render of all, a force, and an output
/// that somebody has removed or replaced.
#[test]
fn whatever_follows_a_change_that_was_cut_off_ends_well() {
    let model = |machines: u32| BEFORE.replace("m[1]", &format!("m[{machines}]"));
    let start = Site::new(&model(6));
    start.ok(&RENDER);
    let cut_off = |number: usize| {
        let site = Site::new(&model(7));
        for part in [".kmodel", "kmodel.lock", "build"] {
            copy(&start.path(part), &site.path(part));
        }
        render(&site, &format!("{number}:kill"));
        site.path(NEXT).exists().then_some(site)
    };
    let mut found = 0;
    for site in (0..200).step_by(2).filter_map(cut_off) {
        match found % 5 {
            0 => site.model(&model(5)),
            1 => drop(site.ok(&[&RENDER[..], &["--fresh"]].concat())),
            2 => drop(site.ok(&[&RENDER[..], &["--force"]].concat())),
            3 => fs::remove_dir_all(site.path("build")).unwrap(),
            _ => {
                fs::remove_dir_all(site.path("build")).unwrap();
                copy(&start.path("build"), &site.path("build"));
            }
        }
        found += 1;
        site.ok(&RENDER);
        drop(site.ok(&["render", "lab.km", "--out", "new", "--fresh"]));
        assert_eq!(tree(&site.path("build")), tree(&site.path("new")), "{found}");
        let left: Vec<_> = below(&site.path(".")).into_keys().filter(|path| path.contains(".kmodel-")).collect();
        assert!(left.is_empty(), "{found}: {left:?}");
    }
    assert!(found > 5, "each of them: {found}");
}

#[test]
fn a_full_disk_loses_nothing() {
    each("full");
}

#[test]
fn a_write_that_is_cut_short_loses_nothing() {
    each("short");
}

#[test]
fn a_kill_loses_nothing() {
    each("kill");
}

/// Not at a change of the file system, but at any time: what came of it is taken up by the next run, with the bytes of one
/// that was never cut off.
#[test]
fn an_incremental_render_may_be_killed_at_any_time() {
    let model = |machines: u32| BEFORE.replace("m[1]", &format!("m[{machines}]"));
    let site = Site::new(&model(20));
    site.ok(&RENDER);
    let start = Instant::now();
    site.model(&model(21));
    site.ok(&RENDER);
    let whole = start.elapsed();
    for kill in 0..KILLS {
        // One more in the end, or in the middle one with another certificate.
        site.model(&model(22 + kill % 2).replace("names = [machine.name]", if kill % 3 == 0 { NAMES } else { OTHERS }));
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(RENDER).current_dir(site.path(".")).stdin(Stdio::null()).stdout(Stdio::null());
        let mut run = command.stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(whole * kill / KILLS);
        run.kill().unwrap();
        run.wait().unwrap();
        let cut = below(&site.path("build"));
        let is_begun = site.path(NEXT).exists();
        assert!(is_begun || is_whole(&cut), "{kill}: the old output or the new one: {:?}", cut.keys());
        site.ok(&RENDER);
        drop(site.ok(&["render", "lab.km", "--out", "new", "--fresh"]));
        assert_eq!(tree(&site.path("build")), tree(&site.path("new")), "{kill}");
        let left: Vec<_> = below(&site.path(".")).into_keys().filter(|path| path.contains(".kmodel-")).collect();
        assert!(left.is_empty(), "{kill}: {left:?}");
    }
}

const KILLS: u32 = 16;
const NAMES: &str = "names = [machine.name]";
const OTHERS: &str = "names = [machine.name, if machine.index == 7 then \"www\" else machine.name]";

#[test]
fn a_model_that_is_rewritten_is_the_old_one_or_the_new_one() {
    for (command, old) in
        [("fmt", BEFORE.replace("  cert", "cert")), ("fix", BEFORE.replace("cluster lab", "# a comment\ncluster lab"))]
    {
        let done = Site::new(&old);
        done.ok(&[command, "lab.km"]);
        let new = done.read("lab.km");
        assert_ne!(new, old);
        for kind in ["full", "short", "kill"] {
            let fails = |number: &i32| {
                let site = Site::new(&old);
                let mut run = Command::new(env!("CARGO_BIN_EXE_kmodel"));
                run.args([command, "lab.km"]).env("KMODEL_FAULT", format!("{number}:{kind}"));
                let output = run.current_dir(site.path(".")).stdin(Stdio::null()).output().unwrap();
                let (text, told) = (site.read("lab.km"), said(&output));
                assert!(text == old || text == new, "{command} {number}:{kind}: {text}");
                assert!(!told.contains("panicked"), "{told}");
                output.status.code() != Some(0)
            };
            let count = (0..50).take_while(fails).count();
            assert!((1..50).contains(&count), "{command}: {kind}: {count}");
        }
    }
}

#[test]
fn renders_at_once_give_out_no_address_twice() {
    let site = Site::new(BEFORE);
    site.ok(&RENDER);
    let groups = ["a", "b", "c", "d"];
    for group in groups {
        let model = BEFORE.replace("machines m[1] { }", &format!("machines m[1] {{ }}\nmachines {group}[3] {{ }}"));
        fs::write(site.path(&format!("{group}.km")), model).unwrap();
    }
    let run = |group: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(["render", &format!("{group}.km"), "--out", &format!("out-{group}")]);
        command.current_dir(site.path(".")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let runs: Vec<_> = groups.into_iter().map(run).collect();
    let mut done = 0;
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let text = said(&output);
        assert!(output.status.success() || text.contains("has changed since this run read it"), "{text}");
        done += usize::from(output.status.success());
    }
    assert!(done > 0);
    groups
        .iter()
        .for_each(|group| drop(site.ok(&["render", &format!("{group}.km"), "--out", &format!("out-{group}")])));
    let lock = site.read("kmodel.lock");
    let mut addresses: Vec<_> = lock.lines().filter_map(|line| line.split_once(" = \"10.")).map(|(_, ip)| ip).collect();
    let count = addresses.len();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!((count, addresses.len()), (13, 13), "{lock}");
}

#[test]
fn a_lock_that_cannot_be_read_says_why_and_stays() {
    let site = Site::new(BEFORE);
    site.ok(&RENDER);
    let lock = site.read("kmodel.lock");
    let merged = lock.replace(
        "m-0 = \"10.10.0.10\"",
        "m-0 = \"10.10.0.10\"\n<<<<<<< HEAD\nm-1 = \"10.10.0.11\"\n=======\nn-0 = \"10.10.0.11\"\n>>>>>>> other",
    );
    let newer = lock.replace("version = 1", "version = 9\nplaces = 3");
    let broken = lock.replace("m-0 = \"10.10.0.10\"", "m-0 = \"10.10.0.1000\"");
    for (text, reason, help) in [
        (merged, "has conflict markers of a merge", "Do not delete the file"),
        (newer, "has format version 9, but this kmodel supports 2", "use the version of kmodel"),
        (broken, "cannot be read: line", "restore it from version control"),
    ] {
        fs::write(site.path("kmodel.lock"), &text).unwrap();
        for arguments in [&["check", "lab.km"][..], &RENDER] {
            let said = site.refuses(arguments, reason);
            assert!(said.replace("\n       ", " ").contains(help), "{said}");
        }
        assert_eq!(site.read("kmodel.lock"), text);
    }
    fs::write(site.path("kmodel.lock"), &lock).unwrap();
    fs::write(site.path(".kmodel/lab/version"), "kmodel store 9\n").unwrap();
    site.refuses(&RENDER, "kmodel store 9");
}
