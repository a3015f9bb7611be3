//! What `plan` says would change is what the difference of two renders is; and of a model that did not change it says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::reuse::tree;
use crate::support::{kmodel, root};

fn run(words: &[&str]) -> Output {
    kmodel(words.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A model in a folder of its own.
struct Bench {
    dir: tempfile::TempDir,
    model: PathBuf,
}

impl Bench {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("model.km");
        fs::write(&model, text).unwrap();
        Self { dir, model }
    }

    /// The example of this name, with the files beside it.
    fn example(name: &str) -> Self {
        let own = Self::new(&fs::read_to_string(root().join("examples").join(name)).unwrap());
        let known = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
        let beside = known.filter(|path| path.is_file() && path.extension().is_none_or(|kind| kind != "km"));
        beside.for_each(|path| _ = fs::copy(&path, own.dir.path().join(path.file_name().unwrap())).unwrap());
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn model(&self) -> &str {
        self.model.to_str().unwrap()
    }

    fn render(&self, out: &str, more: &[&str]) -> Output {
        let out = self.path(out);
        run(&[&["render", self.model(), "--out", out.to_str().unwrap()], more].concat())
    }

    fn plan(&self, more: &[&str]) -> Output {
        let before = tree(self.dir.path());
        let output = run(&[&["plan", self.model()], more].concat());
        assert!(tree(self.dir.path()) == before, "a plan writes nothing");
        output
    }

    fn changes(&self, more: &[&str]) -> Value {
        let output = self.plan(&[&["--changes", "--json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)))
    }
}

fn targets(text: &str) -> Vec<&str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("target ")?.split_whitespace().next());
    names.collect()
}

#[test]
fn a_model_that_did_not_change_has_no_changes() {
    let examples = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut looked_at = 0;
    // Of hundreds of machines nothing else is seen than of eight.
    let is_small = |name: &String| name.ends_with(".km") && !["large.km", "edge.km"].contains(&&**name);
    for (number, name) in examples.filter_map(|name| name.into_string().ok()).filter(is_small).enumerate() {
        let bench = Bench::example(&name);
        let text = fs::read_to_string(&bench.model).unwrap();
        for target in targets(&text) {
            let ways = [&["--target", target][..], &["--target", target, "--no-tree"]];
            for more in &ways[number % 2..number % 2 + 1] {
                let rendered = bench.render("build", more);
                if !rendered.status.success() {
                    // One that needs what is not beside it.
                    continue;
                }
                let first = bench.plan(&["--target", target]);
                assert!(said(&first).contains("no changes"), "{name} on {target}: {}", said(&first));
                // What is remembered of renders is a shortcut, and nothing else.
                fs::remove_dir_all(bench.path(".kmodel").join(cluster(&bench)).join("renders")).unwrap();
                let changes = bench.changes(&["--target", target]);
                assert_eq!(changes["empty"], true, "{name} on {target}: {changes}");
                assert_eq!(changes["steps"].as_array().map(Vec::len), Some(0));
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 12, "{looked_at} examples and targets");
}

fn cluster(bench: &Bench) -> String {
    let mut stores = fs::read_dir(bench.path(".kmodel")).unwrap();
    stores.next().unwrap().unwrap().file_name().into_string().unwrap()
}

/// The changes that are announced, by path in the output.
fn announced(changes: &Value, files: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all = BTreeSet::new();
    for step in list(&changes["steps"]) {
        let machines: Vec<String> = list(&step["machines"]).iter().map(text).collect();
        for (machine, file) in
            machines.iter().flat_map(|machine| list(&step["files"]).into_iter().map(move |file| (machine, file)))
        {
            let path = text(&file["path"]).replace(&machines[0], machine);
            let own = if path.starts_with('/') { format!("root{path}") } else { path.clone() };
            let inside = format!("machines/{machine}/{own}");
            all.insert((if files.contains(&path) { path } else { inside }, text(&file["change"])));
        }
    }
    all.extend(list(&changes["shared"]).iter().map(|file| (text(&file["path"]), text(&file["change"]))));
    all
}

type Files = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

/// What differs between two outputs. Archives hold the files of the tree once more, and the manifest lists them.
fn differing(old: &Files, new: &Files) -> BTreeSet<(String, String)> {
    let paths: BTreeSet<&PathBuf> = old.keys().chain(new.keys()).collect();
    let content = |files: &Files, path: &Path| files.get(path).and_then(|(_, content)| content.clone());
    let change = |path: &PathBuf| match (content(old, path), content(new, path)) {
        (None, Some(_)) => Some("new"),
        (Some(_), None) => Some("gone"),
        (Some(one), Some(other)) => (one != other).then_some("changed"),
        (None, None) => None,
    };
    let changes =
        paths.into_iter().filter_map(|path| Some((path.to_str().unwrap().to_owned(), change(path)?.to_owned())));
    changes.filter(|(path, _)| path != "manifest.json" && !path.ends_with(".tar.gz")).collect()
}

/// Edits of examples/ha.km, each of which may be made alone.
const EDITS: [(&str, &str); 9] = [
    ("machines wrk[3]", "machines wrk[5]"),
    ("machines wrk[3]", "machines wrk[2]"),
    ("cores = 4, memory = 8GiB", "cores = 8, memory = 16GiB"),
    ("snapshot-every = 6h", "snapshot-every = 12h"),
    ("kubernetes = 1.36.2", "kubernetes = 1.36.0"),
    ("haproxy, keepalived on lb\n", "haproxy, keepalived on lb\ndeploy node-exporter on wrk\n"),
    ("use std/load-balancer", "use std/load-balancer\nuse std/monitoring"),
    ("deploy rbac, coredns, admin", "deploy rbac, admin"),
    ("  renew      = 30d\n", "  renew      = 30d\n  extra-names = [\"api.example.com\"]\n"),
];

#[test]
fn what_is_announced_is_the_difference_of_two_renders() {
    let base = fs::read_to_string(root().join("examples/ha.km")).unwrap()
        + "\ntarget nocloud\ntarget ssh { user = \"root\" }\n";
    let mut looked_at = 0;
    for round in 0..24 {
        let target = ["lxd", "nocloud", "ssh"][round % 3];
        let bench = Bench::new(&base);
        let rendered = bench.render("old", &["--target", target]);
        assert!(rendered.status.success(), "{}", said(&rendered));
        let chosen =
            EDITS.iter().enumerate().filter(|(place, _)| round / 3 == *place || (round * 7 + place * 5) % 11 == 0);
        let text = chosen.fold(base.clone(), |text, (_, (from, to))| text.replace(from, to));
        fs::write(&bench.model, text).unwrap();
        let changes = bench.plan(&["--changes", "--json", "--target", target]);
        let Ok(changes) = serde_json::from_slice::<Value>(&changes.stdout) else { continue };
        let rendered = bench.render("new", &["--target", target]);
        if !rendered.status.success() {
            continue;
        }
        let [old, new] = ["old", "new"].map(|name| tree(&bench.path(name)));
        let files = old.keys().chain(new.keys()).map(|path| path.to_str().unwrap().to_owned()).collect();
        let (announced, made) = (announced(&changes, &files), differing(&old, &new));
        let modes: BTreeSet<_> = announced.iter().filter(|(_, change)| change == "mode").cloned().collect();
        let announced: BTreeSet<_> = announced.difference(&modes).cloned().collect();
        assert_eq!(announced, made, "round {round} on {target}");
        looked_at += 1;
    }
    assert!(looked_at > 12, "{looked_at} rounds");
}

#[test]
fn what_changes_is_classed_and_has_its_causes() {
    let bench = Bench::example("ha.km");
    assert!(bench.render("build", &[]).status.success());
    let text = fs::read_to_string(&bench.model).unwrap();
    fs::write(&bench.model, text.replace("snapshot-every = 6h", "snapshot-every = 12h").replace("wrk[3]", "wrk[4]"))
        .unwrap();
    let changes = bench.changes(&[]);
    let steps = changes["steps"].as_array().unwrap();
    let classes: Vec<_> = steps.iter().map(|step| step["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["create", "restart"], "{changes:#}");
    assert_eq!(changes["machines"]["new"], serde_json::json!(["wrk-3"]));
    assert_eq!(steps[1]["restarts"], serde_json::json!(["etcd-snapshot.service"]));
    assert_eq!(steps[1]["effect"]["applications"], serde_json::json!([]), "members stay up while snapshots restart");
    let causes = changes["causes"].as_array().unwrap().iter().map(|cause| cause["what"].as_str().unwrap());
    assert_eq!(causes.collect::<Vec<_>>(), ["machines wrk", "deploy etcd on cp"]);
    let output = bench.plan(&["--exit-code"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let whole = bench.plan(&["--full", "--show", "machines"]);
    assert!(said(&whole).contains("Machines (9)"), "{}", said(&whole));
}

#[test]
fn members_of_a_quorum_restart_one_by_one_and_those_who_notice_are_named() {
    let bench = Bench::example("ha.km");
    assert!(bench.render("build", &[]).status.success());
    let text = fs::read_to_string(&bench.model).unwrap();
    fs::write(
        &bench.model,
        text.replace("snapshot-every = 6h", "snapshot-every = 6h, flags = { max-request-bytes = 2000000 }"),
    )
    .unwrap();
    let changes = bench.changes(&[]);
    let step = &changes["steps"][0];
    assert_eq!((&step["class"], &step["at_once"]), (&"restart".into(), &1.into()), "{changes:#}");
    assert_eq!(step["machines"], serde_json::json!(["cp-0", "cp-1", "cp-2"]));
    let noticed = &step["effect"]["applications"][0];
    assert_eq!((&noticed["application"], &noticed["state"]), (&"etcd".into(), &"weaker".into()), "{changes:#}");
    assert_eq!(step["effect"]["clients"], serde_json::json!(["kube-apiserver"]));
}

#[test]
fn before_the_first_render_a_plan_is_the_whole_cluster() {
    let bench = Bench::example("single.km");
    assert!(said(&bench.plan(&[])).contains("Machines (1)"));
    let asked = said(&bench.plan(&["--changes"]));
    assert!(asked.contains("+ node-0") && asked.contains("compared with nothing"), "{asked}");
}

#[test]
fn a_record_that_is_cut_off_is_none() {
    let bench = Bench::example("single.km");
    assert!(bench.render("build", &[]).status.success());
    let record = bench.path(".kmodel").join(cluster(&bench)).join("records/lxd-rendered.jsonl");
    let bytes = fs::read(&record).unwrap();
    for end in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&record, &bytes[..end]).unwrap();
        assert!(said(&bench.plan(&[])).contains("Machines (1)"), "cut off at {end}");
    }
    assert!(bench.render("build", &[]).status.success());
    assert!(said(&bench.plan(&[])).contains("no changes"), "the next render writes it anew");
}

#[test]
fn the_schema_of_changes_is_documented() {
    let bench = Bench::example("ha.km");
    assert!(bench.render("build", &[]).status.success());
    let text = fs::read_to_string(&bench.model).unwrap();
    fs::write(&bench.model, text.replace("cores = 4, memory = 8GiB", "cores = 8, memory = 8GiB")).unwrap();
    let documented = fs::read_to_string(root().join("docs/changes-json.md")).unwrap();
    for (field, value) in bench.changes(&[]).as_object().unwrap() {
        assert!(documented.contains(&format!("| `{field}` |")), "docs/changes-json.md does not say what `{field}` is");
        let row = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        for inner in row.as_object().into_iter().flat_map(|row| row.keys()) {
            assert!(documented.contains(&format!("`{inner}`")), "docs/changes-json.md does not name `{field}.{inner}`");
        }
    }
}

/// What is lost with a volume is told before.
#[test]
fn a_volume_that_comes_grows_moves_or_goes_is_classed_by_what_it_does() {
    let bench = Bench::example("single.km");
    let text = fs::read_to_string(&bench.model).unwrap();
    let with = |disks: &str| {
        let disks = format!("  disk   = 40GiB\n  disks  = {{ {disks} }}\n");
        fs::write(&bench.model, text.replace("  disk   = 40GiB\n", &disks)).unwrap();
    };
    let old = "data = { size = 5GiB, mount = /srv }";
    with(old);
    assert!(bench.render("build", &[]).status.success());
    assert!(said(&bench.plan(&[])).contains("no changes"));
    for (disks, class, step) in [
        ("data = { size = 9GiB, mount = /srv }", "nothing", "size 5GiB -> 9GiB"),
        ("data = { size = 5GiB, mount = /mnt }", "restart", "mount at /mnt, no longer at /srv"),
        (&format!("{old}, more = {{ size = 1GiB, mount = /opt/more }}"), "restart", "mount 1GiB at /opt/more"),
        ("", "remove", "remove it and all its data"),
        ("other = { size = 5GiB, mount = /srv }", "remove", "remove it and all its data"),
    ] {
        with(disks);
        let changes = bench.changes(&[]);
        assert_eq!(changes["steps"][0]["class"], class, "{disks}: {changes:#}");
        let shown = said(&bench.plan(&[]));
        assert!(shown.contains(step), "{disks}: {shown}");
    }
}
