//! A render that uses again what is there writes the bytes that one from nothing writes, whatever has changed in the model,
//! and whatever has happened to the output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileTimes, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use kmodel::compile::known::{Facts, Known, Memo};
use kmodel::compile::unchanged::{Basis, Unchanged};
use kmodel::compile::{self, Stopped};
use kmodel::diag::any_error;
use kmodel::emit::{self, Force, Reuse, Written};
use kmodel::model::{Input, Lock};
use kmodel::pki::Store;
use kmodel::target::{Target, Tree};
use kmodel::world::World;
use kmodel::world::watched::{Watched, answer};
use time::OffsetDateTime;

use crate::safety::Site;
use crate::support::plan::world;

/// What is below a folder, itself included: modes, and the bytes of files.
pub fn tree(root: &Path) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
    let (mut found, mut left) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(path) = left.pop() {
        let data = fs::symlink_metadata(&path).unwrap();
        let bytes = data.is_file().then(|| fs::read(&path).unwrap());
        if data.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.insert(path.strip_prefix(root).unwrap().to_owned(), (data.mode(), bytes));
    }
    found
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A model with its keys, and an output that is rendered again and again.
struct Bench {
    dir: tempfile::TempDir,
    text: String,
    target: String,
    tree: Tree,
    now: OffsetDateTime,
    lock: Lock,
    known: Vec<u8>,
    /// What is remembered of a whole render, and how often it was found to be one.
    whole: Option<String>,
    again: usize,
}

impl Bench {
    fn new(text: &str, target: &str) -> Self {
        let (dir, now) = (tempfile::tempdir().unwrap(), world("").now());
        let (text, target) = (text.to_owned(), target.to_owned());
        Self {
            dir,
            text,
            target,
            tree: Tree::Written,
            now,
            lock: Lock::default(),
            known: Vec::new(),
            whole: None,
            again: 0,
        }
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    /// Renders with what is there, and compares with a render from nothing. `None` if the model cannot be rendered.
    fn render(&mut self) -> Option<Written> {
        let world = Watched::new(world(&self.text));
        let checked = kmodel::check::check(&world, Path::new("main.km"));
        let input = Input {
            target: Some(self.target.as_str().into()),
            single_target: true,
            lock: self.lock.clone(),
            ..Input::default()
        };
        if any_error(&checked.diagnostics) {
            return None;
        }
        let planned = compile::plan_program(&checked.program, &world, &input);
        let plan = planned.plan.filter(|_| !any_error(&planned.problems))?;
        let mut store = Store::open(&self.store()).unwrap();
        let seen = format!("{:?}", self.lock);
        let (program, content) = (&checked.program, store.content().unwrap());
        let basis = Basis { program, input: &input, tree: self.tree, seen: &seen, store: content };
        let ask = |path: &Path| answer(&world.read(path));
        let remembered = self.whole.as_deref().and_then(Unchanged::read).filter(|_| store.is_saved());
        let standing = remembered.and_then(|whole| {
            let sealed = whole.output(&basis, ask, self.now)?;
            let standing = emit::standing(&self.out(), &sealed.seal)?;
            let listed = emit::listed(&self.out(), &sealed).unwrap();
            assert_eq!((standing.files, standing.bytes), (listed.files, listed.bytes));
            Some((whole, standing, tree(&self.out())))
        });
        let issued = compile::issue(&plan, &mut store, self.now).ok()?;
        let stream = |out: &Path, reuse: Reuse, known: Known| {
            let mut memo = Memo { known, facts: Facts::to(tempfile::tempfile().unwrap()) };
            let sources = &plan.model.program.sources;
            let mut stream = emit::Stream::begin(out, Force::Refuse, reuse, sources).unwrap();
            let streamed =
                compile::stream(&plan, &issued, (self.tree, &mut memo), &mut stream).map_err(|stopped| match stopped {
                    Stopped::Problems(problems) => format!("{problems:?}"),
                    Stopped::Sink(error) => error.to_string(),
                });
            let streamed = streamed.unwrap();
            let whole = stream.finish(compile::head(&plan), &streamed.files).unwrap();
            let sealed = whole.sealed().unwrap();
            (whole.commit().unwrap(), bytes(memo.facts.file().unwrap()), sealed)
        };
        let fresh = self.dir.path().join("fresh");
        let (all, facts, sealed) = stream(&fresh, Reuse::Nothing, Known::default());
        if let Some((whole, standing, found)) = &standing {
            assert!(*found == tree(&fresh), "{}: it was said to stand", self.target);
            assert_eq!((standing.files, standing.bytes, standing.made), (all.files, all.bytes, 0));
            assert_eq!((whole.keys, issued.issued), (issued.reused, 0));
            assert_eq!(whole.notes, issued.notes.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        let (written, known, seal) = stream(&self.out(), Reuse::Whole, Known::read(file(&self.known)));
        assert_eq!(seal, sealed, "the same seal, kept or made");
        self.again += usize::from(standing.is_some());
        assert_eq!(known, facts, "the same facts, kept or made");
        assert_eq!((written.files, written.bytes), (all.files, all.bytes));
        assert!(tree(&self.out()) == tree(&fresh), "{}: {}", self.target, self.difference(&fresh));
        assert_eq!(emit::standing(&fresh, &seal.seal).map(|found| found.files), Some(all.files));
        fs::remove_dir_all(fresh).unwrap();
        let (saved, lock) = (store.is_saved(), compile::lock(&plan, &issued));
        store.save().unwrap();
        if saved && lock == self.lock {
            let made = Unchanged::new(&basis, world.answers().unwrap(), (&plan, &issued), (seal, "0"));
            self.whole = Some(made.unwrap().text().unwrap());
        }
        (self.lock, self.known) = (lock, known);
        Some(written)
    }

    fn difference(&self, fresh: &Path) -> String {
        let (own, fresh) = (tree(&self.out()), tree(fresh));
        let paths = own.keys().chain(fresh.keys()).filter(|path| own.get(*path) != fresh.get(*path));
        paths.map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    /// All files of the output but its manifest, without which it is not known for one.
    fn files(&self) -> Vec<PathBuf> {
        let all = tree(&self.out()).into_iter();
        all.filter(|(path, (_, bytes))| bytes.is_some() && path.as_os_str() != "manifest.json")
            .map(|(path, _)| self.out().join(path))
            .collect()
    }
}

/// Something that happens to a file of an output.
type Damage = (&'static str, fn(&Path));

/// In place, with the size and the times that it had.
fn rewritten(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let data = fs::metadata(path).unwrap();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    fs::write(path, bytes).unwrap();
    let times = FileTimes::new().set_modified(data.modified().unwrap()).set_accessed(data.accessed().unwrap());
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

const DAMAGES: [Damage; 9] = [
    ("a bit of it is another", rewritten),
    ("it is longer", |path| fs::write(path, [fs::read(path).unwrap(), b"x".to_vec()].concat()).unwrap()),
    ("it is empty", |path| fs::write(path, "").unwrap()),
    ("it is gone", |path| fs::remove_file(path).unwrap()),
    ("its mode is another", |path| fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap()),
    ("its folder is open to all", |path| {
        fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o777)).unwrap();
    }),
    ("it is a link to what it was", |path| {
        let aside = outside(path);
        fs::rename(path, &aside).unwrap();
        symlink(aside, path).unwrap();
    }),
    ("it has another name outside", |path| fs::hard_link(path, outside(path)).unwrap()),
    ("an empty folder is beside it", |path| fs::create_dir_all(path.with_file_name("empty/folder")).unwrap()),
];

/// A new place beside the output.
fn outside(path: &Path) -> PathBuf {
    let out = path.ancestors().find(|folder| folder.ends_with("out")).unwrap();
    let folder = out.with_file_name("outside");
    fs::create_dir_all(&folder).unwrap();
    let count = fs::read_dir(&folder).unwrap().count();
    folder.join(count.to_string())
}

/// Edits of a model: the first place of one text becomes another. Not every model has each.
const EDITS: [(&str, &str); 12] = [
    ("cores = ", "cores = 1"),
    ("[3]", "[4]"),
    ("[4]", "[3]"),
    ("[2]", "[3]"),
    ("memory = 8GiB", "memory = 9GiB"),
    ("renew", "domain = other.local\n  renew"),
    ("\n\n", "\n// One line more.\n\n"),
    ("deploy etcd", "deploy etcd {  }\n//"),
    ("kubernetes = 1.36.2", "kubernetes = 1.36.0"),
    ("deploy containerd, kubelet", "overlay other { }\ndeploy kubelet, containerd"),
    ("image = \"debian/13\"", "image = \"debian/12\""),
    ("\ntarget ", "\nmachines spare { }\ntarget "),
];

fn example(name: &str) -> String {
    let text = fs::read_to_string(crate::support::root().join("examples").join(name)).unwrap();
    text.replace("node[5000]", "node[3]")
}

/// Edits and damages one after the other, each compared.
fn steps(bench: &mut Bench, dice: &mut Dice, count: usize) {
    for _ in 0..count {
        let (old, new) = dice.of(&EDITS);
        let before = bench.text.clone();
        if dice.below(3) > 0 {
            bench.text = before.replacen(old, new, 1);
        }
        for _ in 0..dice.below(3) {
            let files = bench.files();
            dice.of(&DAMAGES).1(dice.of::<PathBuf>(&files));
        }
        if dice.below(3) == 0 {
            bench.now += time::Duration::days(200);
        }
        if bench.render().is_none() {
            bench.text = before;
        }
    }
}

#[test]
fn edits_of_every_example_on_every_target() {
    let targets: Vec<&str> = Target::all().map(Target::name).collect();
    let names = fs::read_dir(crate::support::root().join("examples")).unwrap();
    let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".km"));
    names.sort();
    let (mut dice, mut rendered, mut again) = (Dice(1), BTreeSet::new(), 0);
    for (number, name) in names.iter().enumerate() {
        let mut bench = Bench::new(&example(name), targets[number % targets.len()]);
        if bench.render().is_none() {
            // Some platforms have no room for all of it, and some set no interfaces.
            bench.target = "lxd".to_owned();
            if bench.render().is_none() {
                bench.target = "nocloud".to_owned();
                bench.render().unwrap();
            }
        }
        rendered.insert(bench.target.clone());
        assert_eq!(bench.render().unwrap().made, 0, "{name}: nothing has changed");
        assert_eq!(bench.again, 0, "{name}: the first render wrote the lock");
        assert_eq!((bench.render().unwrap().made, bench.again), (0, 1), "{name}: all of it is there");
        steps(&mut bench, &mut dice, 2);
        again += bench.again;
    }
    assert!(again > names.len(), "{again}");
    assert!(rendered.len() >= targets.len() / 2, "{rendered:?}");
}

/// Two kinds of machines, with a secret, a certificate, and a file that lists all machines.
const MODEL: &str = r#"
authority ca { cn = "ca", file = /etc/web/ca.crt }
secret pass { }
component web {
  option word: string = "a"
  cert serving { authority = ca, cn = "web", usage = ["server"], names = [machine.name], file = /etc/web/web.crt }
  file /etc/web/pass { mode = 0600, text = pass.value }
  unit web.service { exec = /usr/bin/web, args = [machine.name, option.word] }
}
component list { file /etc/list { text = join([m.name for m in machines], " ") } }
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m[3] { }
machines n[2] { }
deploy web on *
deploy list on n[0]
"#;

fn lab(target: &str) -> Bench {
    let mut bench = Bench::new(MODEL, target);
    (0..2).for_each(|_| _ = bench.render().unwrap());
    bench
}

#[test]
fn each_damage_to_each_file_is_found() {
    for target in ["lxd", "nocloud"] {
        let mut bench = lab(target);
        let (mut found, mut again) = (0, 0);
        for (what, damage) in DAMAGES {
            for path in bench.files().into_iter().step_by(19) {
                let whole = tree(&bench.out());
                damage(&path);
                let differs = tree(&bench.out()) != whole || what.contains("another name");
                let (written, before) = (bench.render().unwrap(), again);
                again = bench.again;
                assert_eq!(again > before, !differs, "{target}: {}: {what}: said to stand", path.display());
                // A folder at the top may be open to all by what its own place allows.
                assert_eq!(written.made > 0, differs, "{target}: {}: {what}", path.display());
                found += usize::from(differs);
            }
        }
        assert!(found > 15, "{found}");
    }
}

#[test]
fn what_did_not_change_is_not_made() {
    let mut bench = lab("nocloud");
    let made = |bench: &mut Bench, old: &str, new: &str| -> BTreeSet<String> {
        bench.text = bench.text.replacen(old, new, 1);
        let before = inodes(bench);
        bench.render().unwrap();
        let after = inodes(bench);
        let new = after.iter().filter(|(path, inode)| before.get(*path) != Some(inode)).map(|(path, _)| path);
        new.filter_map(|path| Some(path.strip_prefix("machines/")?.split_once('/')?.0.to_owned())).collect()
    };
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(made(&mut bench, "m[3]", "m[4]"), names(&["m-3", "n-0"]), "and the one that lists all");
    assert_eq!(made(&mut bench, "n[2]", "n[1]"), names(&["n-0"]));
    assert_eq!(made(&mut bench, "\"a\"", "\"b\""), names(&["m-0", "m-1", "m-2", "m-3", "n-0"]));
    assert_eq!(made(&mut bench, "deploy web", "deploy  web"), names(&[]));
    bench.tree = Tree::LeftOut;
    assert_eq!(made(&mut bench, "m[4]", "m[4]"), names(&["m-0", "m-1", "m-2", "m-3", "n-0"]));
    bench.now += time::Duration::days(400);
    assert_eq!(made(&mut bench, "m[4]", "m[4]"), names(&["m-0", "m-1", "m-2", "m-3", "n-0"]), "renewed certificates");
}

/// Folders for a web server have names in another order than the machines, and one that many machines have.
#[test]
fn seeds_for_a_web_server_are_used_again() {
    let names = "names = { a = { serial = \"Z1\" }, b = { serial = \"C3\" }, c = { serial = \"M2\" }, d = {}, e = { interfaces = \
                 { p0 = { role = \"nodes\", mac = \"02:00:00:00:00:09\" }, p1 = { mac = \"02:00:00:00:00:01\" } } }, f = { serial = \"A0\" } }";
    let text = MODEL.replacen("machines m[3] { }", &format!("machines m {{ {names} }}"), 1);
    let text = text.replacen("deploy list on n[0]\n", "target nocloud { seed = \"http\" }\n", 1);
    let mut bench = Bench::new(&text, "nocloud");
    (0..2).for_each(|_| _ = bench.render().unwrap());
    let folders = |bench: &Bench| {
        let list = fs::read_dir(bench.out().join("http")).unwrap();
        list.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    let all = ["02-00-00-00-00-01", "02-00-00-00-00-09", "A0", "C3", "M2", "Z1", "d", "n-0", "n-1"];
    assert_eq!(folders(&bench), all.map(str::to_owned).into());
    assert_eq!(bench.render().unwrap().made, 0);
    let changes = [
        ("\"M2\"", "\"M3\"", "M3"),
        ("d = {},", "d = {}, d1 = { serial = \"B5\" },", "B5"),
        ("f = { serial = \"A0\" }", "f = {}", "f"),
    ];
    for (old, new, folder) in changes {
        bench.text = bench.text.replacen(old, new, 1);
        let made = bench.render().unwrap().made;
        assert!(made > 0 && made < 40 && folders(&bench).contains(folder), "{new}: {made}");
    }
    assert!(!folders(&bench).contains("M2") && !folders(&bench).contains("A0"));
    for path in ["http/C3/user-data", "http/02-00-00-00-00-01/vendor-data"] {
        fs::write(bench.out().join(path), "other").unwrap();
        assert!(bench.render().unwrap().made > 0, "{path}");
    }
    assert_eq!(bench.render().unwrap().made, 0);
}

#[test]
fn images_of_seeds_are_used_again() {
    let mut bench = Bench::new(&format!("{MODEL}target nocloud {{ seed = \"fat\" }}\n"), "nocloud");
    (0..2).for_each(|_| _ = bench.render().unwrap());
    assert_eq!(bench.render().unwrap().made, 0);
    fs::remove_file(bench.out().join("machines/m-1/seed.img")).unwrap();
    assert!(bench.render().unwrap().made > 0);
    assert!(bench.out().join("machines/m-1/seed.img").exists());
}

/// Each thing that decides a render, changed alone: it is another render. What decides nothing is not.
#[test]
fn a_render_stands_while_all_that_decides_it_is_the_same() {
    let mut bench = lab("nocloud");
    let mut stands = |change: &mut dyn FnMut(&mut Bench)| {
        for _ in 0..2 {
            bench.render().unwrap();
        }
        let before = bench.again;
        change(&mut bench);
        bench.render().unwrap();
        bench.again > before
    };
    assert!(stands(&mut |_| {}));
    assert!(stands(&mut |bench| bench.now += time::Duration::days(1)));
    assert!(!stands(&mut |bench| bench.now += time::Duration::days(400)), "certificates are renewed");
    assert!(!stands(&mut |bench| bench.now -= time::Duration::days(3)), "they are not valid yet");
    assert!(!stands(&mut |bench| bench.text.push_str("// One line more.\n")));
    assert!(!stands(&mut |bench| bench.tree = Tree::LeftOut));
    assert!(!stands(&mut |bench| bench.target = "lxd".to_owned()));
    assert!(!stands(&mut |bench| _ = bench.lock.addresses.insert("gone".into(), [10, 10, 0, 77].into())));
    assert!(!stands(&mut |bench| _ = bench.lock.keys.pop_first()));
    assert!(!stands(&mut |bench| fs::remove_file(bench.store().join("certificates.index")).unwrap()));
    let file = |bench: &Bench| bench.store().join("certificates.jsonl");
    // The same keys in other bytes, with the times that the file had.
    let twice = |text: String| format!("{text}{}\n", text.lines().nth(1).unwrap());
    assert!(!stands(&mut |bench| rewritten_with(&file(bench), twice)));
    assert!(!stands(&mut |bench| rewritten_with(&bench.store().join("secrets.json"), |text| text + "\n")));
    assert!(!stands(&mut |bench| bench.whole = bench.whole.take().map(|text| text[..text.len() / 2].to_owned())));
}

/// A file with another text and its old times.
fn rewritten_with(path: &Path, change: impl Fn(String) -> String) {
    let data = fs::metadata(path).unwrap();
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(data.modified().unwrap()).unwrap();
}

fn inodes(bench: &Bench) -> BTreeMap<String, u64> {
    let name = |path: &Path| path.strip_prefix(bench.out()).unwrap().to_str().unwrap().to_owned();
    bench.files().iter().map(|path| (name(path), fs::metadata(path).unwrap().ino())).collect()
}

#[test]
fn a_manifest_that_was_changed_is_not_believed() {
    let mut bench = lab("nocloud");
    let path = bench.out().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap();
    let hash = |name: &str| line(name).split(r#""sha256":""#).nth(1).unwrap()[..64].to_owned();
    let (user, meta) = (hash("m-1/user-data"), hash("m-1/meta-data"));
    let twice = format!("{}\n{}", line("m-1/user-data"), line("m-1/user-data"));
    for (old, new) in [
        (&*user, &*meta),
        ("0644", "0755"),
        (r#""origin":""#, r#""origin":"x"#),
        (r#""secret":true"#, r#""secret":false"#),
        (line("m-1/user-data"), &*twice),
        ("machines/m-1/meta-data", "machines/m-1/../m-1/meta-data"),
    ] {
        let wrong = text.replacen(old, new, 1);
        assert_ne!(wrong, text);
        fs::write(&path, wrong).unwrap();
        if new.contains("..") {
            fs::remove_file(bench.out().join(old)).unwrap();
        }
        assert!(bench.render().unwrap().made > 0, "{old} is {new}");
    }
}

#[test]
fn facts_of_others_change_nothing() {
    let mut bench = lab("lxd");
    let known = bench.known.clone();
    // Cut short, of another build, of another machine: all of them are not facts.
    let record = |place: usize| 16 + place * RECORD..16 + (place + 1) * RECORD;
    let with = |place: usize, other: usize, bytes: std::ops::Range<usize>| {
        let mut swapped = known.clone();
        let from = known[record(other)][bytes.clone()].to_vec();
        swapped[record(place)][bytes].copy_from_slice(&from);
        swapped
    };
    let (swapped, inputs) = (with(2, 1, 0..32), with(2, 1, 32..64));
    assert!(swapped != known && inputs != known);
    for wrong in [&known[..known.len() / 2], &swapped, &inputs, b"", b"kmodel renders 3"] {
        bench.known = wrong.to_owned();
        bench.render().unwrap();
    }
}

/// The bytes of a fact.
const RECORD: usize = 112;

fn bytes(mut file: fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn file(bytes: &[u8]) -> fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

const LAB: &str = "target lxd { image = \"debian/13\" }\n";

#[test]
fn the_command_says_what_it_used_again() {
    let site = Site::new(&format!("{MODEL}{LAB}"));
    let render = ["render", "lab.km", "--out", "build"];
    assert!(!site.ok(&render).contains("reused  "));
    let inode = |site: &Site| fs::metadata(site.path("build")).unwrap().ino();
    let first = inode(&site);
    assert!(site.ok(&render).contains("all files: nothing has changed"));
    assert_eq!(inode(&site), first);
    assert!(!site.ok(&["render", "lab.km", "--out", "build", "--fresh"]).contains("nothing has changed"));
    site.model(&format!("{}{LAB}", MODEL.replace("m[3]", "m[4]")));
    assert!(site.ok(&render).contains("the files of 4 machines"));
    // A person edits a file: the next render finds it, and what was linked before is nobody else's.
    fs::write(site.path("build/machines/m-0/user-data"), "edited").unwrap();
    assert!(site.ok(&render).contains("the files of 5 machines"));
    assert!(site.read("build/machines/m-0/user-data").starts_with("#cloud-config"));
    let facts = fs::metadata(site.path(".kmodel/lab/renders/lxd-tree")).unwrap();
    assert_eq!(facts.mode() & 0o777, 0o600, "a secret can be guessed from it");
}

/// A change of the output stays, for none of its files is read; a change of what decides them does not.
#[test]
fn an_output_is_trusted_only_where_that_is_asked_for() {
    let site = Site::new(&format!("{MODEL}{LAB}"));
    let render: &[&str] = &["render", "lab.km", "--out", "build"];
    let trusting = || site.ok(&[render, &["--trust-output"]].concat());
    let not_read = "nothing has changed, and they were not read";
    assert!(!trusting().contains("reused  "), "the first");
    assert!(!trusting().contains(not_read), "the first wrote the lock");
    assert!(trusting().contains(not_read));
    let path = site.path("build/machines/m-0/user-data");
    fs::write(&path, "edited").unwrap();
    assert!(trusting().contains(not_read) && fs::read_to_string(&path).unwrap() == "edited");
    site.model(&format!("{}{LAB}", MODEL.replace("m[3]", "m[4]")));
    assert!(!trusting().contains(not_read) && fs::read_to_string(&path).unwrap().starts_with("#cloud-config"));
    drop(trusting());
    assert!(trusting().contains(not_read));
    fs::remove_file(site.path("build/manifest.json")).unwrap();
    let output = site.run(&[render, &["--trust-output"]].concat());
    assert!(!String::from_utf8_lossy(&output.stdout).contains(not_read), "another output");
    fs::remove_dir_all(site.path("build")).unwrap();
    assert!(!trusting().contains(not_read) && site.path("build/manifest.json").exists());
}

/// What the command line decides, and files that a model reads. A render that nothing was evaluated for says the same.
#[test]
fn the_command_compares_all_that_it_was_given() {
    let site = Site::new(&format!("{MODEL}{LAB}{NOTE}"));
    fs::write(site.path("note.txt"), "one").unwrap();
    let whole = || fs::read_to_string(site.path(".kmodel/lab/renders/lxd-tree-whole")).unwrap_or_default();
    let base: &[&str] = &["render", "lab.km", "--out", "build"];
    let stands = || site.ok(base).contains("all files: nothing has changed");
    let settle = || (0..2).for_each(|_| _ = site.ok(base));
    settle();
    let (before, slow, quick) = (whole(), site.ok(&[base, &["--forget", "all"]].concat()), site.ok(base));
    assert!(!before.is_empty() && before == whole(), "what stands is not remembered anew");
    assert_eq!(slow, quick, "it is told as what was evaluated");
    let note = || site.read("build/machines/m-0/root/etc/note");
    rewritten_with(&site.path("note.txt"), |_| "two".to_owned());
    assert!(!stands(), "a file that the model reads");
    assert_eq!(note(), "twohi\n");
    settle();
    let set = [base, &["--set", "motd=ho"]].concat();
    assert!(!site.ok(&set).contains("nothing has changed"));
    assert_eq!(note(), "twoho\n");
    assert!(!stands(), "without it again");
    settle();
    let inode = || fs::metadata(site.path("build")).unwrap().ino();
    let before = inode();
    fs::set_permissions(site.path("build"), Permissions::from_mode(0o700)).unwrap();
    assert!(stands() && inode() == before, "closed by its owner");
    rewritten(&site.path("build/machines/m-1/root/etc/note"));
    assert!(!stands(), "damaged, with its old times");
    assert_eq!(site.read("build/machines/m-1/root/etc/note"), "twohi\n");
    fs::create_dir(site.path(".build.kmodel-1-0")).unwrap();
    assert!(stands() && !site.path(".build.kmodel-1-0").exists(), "what a run that was cut off has left");
}

const NOTE: &str = r#"
param motd: string = "hi"
component note { file /etc/note { text = "${read("./note.txt")}${$motd}" } }
deploy note on m
"#;

#[test]
fn force_uses_nothing_of_a_folder_with_other_things() {
    let site = Site::new(&format!("{MODEL}{LAB}"));
    let render = ["render", "lab.km", "--out", "build"];
    site.ok(&render);
    let before = tree(&site.path("build"));
    let root = site.path("build/machines/m-0/root");
    fs::rename(&root, site.path("aside")).unwrap();
    symlink(site.path("aside"), &root).unwrap();
    site.refuses(&render, "files that kmodel did not write");
    assert!(!site.ok(&["render", "lab.km", "--out", "build", "--force"]).contains("the files of"));
    assert_eq!(tree(&site.path("build")), before);
}
