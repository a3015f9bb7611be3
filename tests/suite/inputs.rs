//! What a machine is evaluated from decides what it is evaluated to: over edits of models, machines with the same inputs are the
//! same to the byte. And it is not much more than decides: where one thing changed, others have the inputs that they had.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::path::Path;

use kmodel::check::check;
use kmodel::compile::fingerprint::Fingerprint;
use kmodel::compile::known::{Fact, Facts, Known, Memo};
use kmodel::compile::stream::Write;
use kmodel::compile::{self, Sink};
use kmodel::diag::any_error;
use kmodel::emit::Seal;
use kmodel::model::{Input, Lock};
use kmodel::pki::Store;
use kmodel::target::{OutputFile, Target, Tree};
use kmodel::world::World;
use sha2::{Digest, Sha256};

use crate::support::plan::world;

/// Knows of files only whether they are the same.
struct Sealed;

impl Sink for Sealed {
    type Batch = (String, Seal);
    type Error = Infallible;

    fn put(&self, files: Vec<OutputFile>) -> Result<Self::Batch, Infallible> {
        let mut hash = Sha256::new();
        for OutputFile { path, mode, content, secret, origin: _ } in &files {
            hash.update(format!("{path} {mode} {secret} {}\n", content.len()));
            hash.update(content);
        }
        let path = files.iter().find_map(|file| file.path.strip_prefix("machines/")).expect("a file of a machine");
        let name = path.split('/').next().unwrap_or_default().to_owned();
        Ok((name, Seal(hash.finalize().into())))
    }

    fn seal((_, seal): &Self::Batch) -> Option<Seal> {
        Some(*seal)
    }

    fn add(&mut self, _: Self::Batch) -> Result<(), Infallible> {
        Ok(())
    }

    fn long(&mut self, _: OutputFile, _: Write<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// All that was seen of machines, by their inputs.
struct Seen {
    store: tempfile::TempDir,
    facts: HashMap<Fingerprint, (Fact, String)>,
    /// That of the last.
    lock: Lock,
    /// How many machines had inputs that another render had.
    again: usize,
}

impl Seen {
    fn new() -> Self {
        Self { store: tempfile::tempdir().unwrap(), facts: HashMap::new(), lock: Lock::default(), again: 0 }
    }

    /// The inputs of each machine, of those of which they are known; nothing of a model that is wrong.
    fn inputs(&mut self, text: &str, input: &Input, label: &str) -> Option<BTreeMap<String, Fingerprint>> {
        let world = world(text);
        let checked = check(&world, Path::new("main.km"));
        if any_error(&checked.diagnostics) {
            return None;
        }
        let planned = compile::plan_program(&checked.program, &world, input);
        let plan = planned.plan.filter(|_| !any_error(&planned.problems))?;
        let mut store = Store::open(&self.store.path().join(&*plan.model.cluster.name)).unwrap();
        let issued = compile::issue(&plan, &mut store, world.now()).ok()?;
        self.lock = compile::lock(&plan, &issued);
        let facts = Facts::to(tempfile::tempfile().unwrap());
        let mut memo = Memo { facts, ..Memo::default() };
        compile::stream(&plan, &issued, (Tree::Written, &mut memo), &mut Sealed).ok()?;
        store.save().unwrap();
        let mut names: Vec<String> = plan.model.machines.iter().map(|machine| format!("{}/", machine.name)).collect();
        names.sort();
        let facts: Vec<Fact> = Known::read(memo.facts.file().unwrap()).facts().collect();
        assert_eq!(names.len(), facts.len());
        let all = names.iter().zip(facts).filter_map(|(name, fact)| {
            let inputs = fact.inputs?;
            self.compare(inputs, fact, format!("{label}, {name}"));
            Some((name.trim_end_matches('/').to_owned(), inputs))
        });
        Some(all.collect())
    }

    fn compare(&mut self, inputs: Fingerprint, fact: Fact, label: String) {
        match self.facts.get(&inputs) {
            Some((known, before)) => {
                assert_eq!(*known, fact, "the same inputs, but not the same machine: {before}; {label}");
                self.again += 1;
            }
            None => _ = self.facts.insert(inputs, (fact, label)),
        }
    }
}

/// The machines whose inputs an edit changes, or makes unknown.
fn changed(before: &BTreeMap<String, Fingerprint>, after: &BTreeMap<String, Fingerprint>) -> String {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let new = all.into_iter().filter(|name| before.get(*name) != after.get(*name));
    new.map(|name| &**name).collect::<Vec<_>>().join(" ")
}

const MODEL: &str = r#"use ./lib { greeting, names, other, page }
param word: string = "a"
let said = "${greeting} ${$word}"
authority ca { cn = "ca", file = /etc/web/ca.crt }
secret pass { }
secret second { }
component web {
  option level: string = "low"
  option depth: int = 1
  provides http: page { listen = 8080/tcp, title = option.level, bind = machine.address }
  cert serving { authority = ca, cn = "web", usage = ["server"], names = [machine.name], file = /etc/web/web.crt }
  file /etc/web/pass { mode = 0600, text = pass.value }
  file /etc/web/page { template = "./page.j2", vars = { name = machine.name } }
  unit web.service { exec = /usr/bin/web, args = [machine.name, "${option.depth}"] }
}
component client {
  requires http: page
  let url = http.url
  file /etc/client/url { text = "${url} ${http.title} ${http.note}" }
}
component beside { requires own?: page { scope = "machine", soft = true }, file /etc/beside { text = own?.title ?? "alone" } }
component census { file /etc/census { text = join([m.name for m in machines], " ") } }
component count { option of: int, file /etc/count { text = "${app.count} of ${option.of}" } }
component motd { file /etc/motd { text = said } }
component note { file /etc/note { text = read("./note.txt") } }
component plain { file /etc/plain { format = "yaml", config = true, content = { a = 1, at = machine.address } }, unit plain.service { exec = /usr/bin/plain } }
component roll { provides names: names { listen = 8081/tcp }, file /etc/roll { text = join([c.name for c in names.clients], " ") } }
component asks { requires names: names }
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines cp[2] { cores = 2 }
machines wrk[3] { labels = { "example.org/a" = "b" } }
machines old { }
deploy web on cp
deploy client on wrk
deploy beside on cp[0], wrk[0]
deploy census on cp[1]
deploy count on wrk[1] { of = wrk.count }
deploy motd on wrk[2]
deploy note on wrk[0]
deploy roll on old
deploy plain on old { config = { b = "${$word}" } }
target lxd { image = "debian/13" }
overlay more { set web.depth = 3, set wrk.count = 4 }
//# lib.km
let greeting = "hi"
let other = "ho"
interface page { version = 1, scheme = "http", field title: string = "none", field note: string = "n" }
interface names { version = 1 }
//# page.j2
{{ name }}
//# note.txt
one
"#;

/// An edit: what it is, what it puts in the place of what, and the machines that it changes.
type Edit = (&'static str, &'static str, &'static str, &'static str);

const EDITS: &[Edit] = &[
    ("a comment", "secret pass", "// One.\nsecret pass", "cp-0 cp-1 old-0 wrk-0 wrk-1 wrk-2"),
    ("a comment at the end", "//# lib.km", "// The end.\n//# lib.km", ""),
    ("a space", "deploy web on", "deploy web  on", ""),
    ("a parameter", "word: string = \"a\"", "word: string = \"b\"", "old-0 wrk-2"),
    ("an option that only its own units see", "deploy web on cp", "deploy web on cp { depth = 2 }", "cp-0 cp-1"),
    (
        "an option that others see",
        "deploy web on cp",
        "deploy web on cp { level = \"high\" }",
        "cp-0 cp-1 wrk-0 wrk-1 wrk-2",
    ),
    ("one machine more", "wrk[3]", "wrk[4]", "cp-1 wrk-1 wrk-3"),
    ("one provider more", "cp[2]", "cp[3]", "cp-1 cp-2 wrk-0 wrk-1 wrk-2"),
    ("more cores", "cores = 2", "cores = 3", "cp-0 cp-1"),
    ("a label", "= \"b\" }", "= \"c\" }", "cp-1 wrk-0 wrk-1 wrk-2"),
    ("a placement", "deploy note on wrk[0]", "deploy note on wrk[1]", "wrk-0 wrk-1"),
    ("a file that is read", "one\n", "two\n", "wrk-0"),
    ("a template", "{{ name }}", "{{ name }}!", "cp-0 cp-1"),
    ("a let of another file", "greeting = \"hi\"", "greeting = \"hello\"", "wrk-2"),
    ("a let that nothing uses", "other = \"ho\"", "other = \"hey\"", ""),
    ("a default of an interface", "note: string = \"n\"", "note: string = \"m\"", "cp-0 cp-1 wrk-0 wrk-1 wrk-2"),
    ("a field of an endpoint", "title = option.level", "title = \"x\"", "cp-0 cp-1 wrk-0 wrk-1 wrk-2"),
    ("a port", "listen = 8080/tcp", "listen = 8090/tcp", "cp-0 cp-1 wrk-0 wrk-1 wrk-2"),
    ("another secret", "text = pass.value", "text = second.value", "cp-0 cp-1"),
    ("a part of a configuration", "b = \"${$word}\"", "b = \"${$word}\", c = 2", "old-0"),
    ("a field of a unit", "config = { b", "unit = { description = \"Plain\" }, config = { b", "old-0"),
    ("a component more", "deploy note on", "deploy motd as other on old\ndeploy note on", "old-0"),
    ("a component less", "deploy motd on wrk[2]\n", "", "wrk-2"),
    ("a client of what lists its clients", "deploy note on", "deploy asks on wrk[1]\ndeploy note on", "old-0 wrk-1"),
    ("the name of an application", "deploy motd on", "deploy motd as greeter on", "wrk-2"),
    (
        "the domain",
        "kubernetes = 1.34.8",
        "domain = \"other.local\", kubernetes = 1.34.8",
        "cp-0 cp-1 old-0 wrk-0 wrk-1 wrk-2",
    ),
    ("the image", "debian/13", "debian/12", "cp-0 cp-1 old-0 wrk-0 wrk-1 wrk-2"),
    (
        "another target",
        "target lxd { image = \"debian/13\" }",
        "target nocloud { }",
        "cp-0 cp-1 old-0 wrk-0 wrk-1 wrk-2",
    ),
    // The last, since those that are issued anew stay in the store.
    ("a name in a certificate", "names = [machine.name]", "names = [machine.name, \"w\"]", "cp-0 cp-1"),
];

#[test]
fn each_kind_of_edit_changes_the_inputs_of_what_it_changes() {
    let mut seen = Seen::new();
    seen.inputs(MODEL, &Input::default(), "first").expect("the model is right");
    // Addresses stay.
    let none = Input { lock: seen.lock.clone(), ..Input::default() };
    let before = seen.inputs(MODEL, &none, "before").expect("the model is right");
    assert_eq!(before.len(), 6, "{before:?}");
    let mut wrong = Vec::new();
    for (what, old, new, wanted) in EDITS {
        assert!(MODEL.contains(old), "{what}");
        let Some(after) = seen.inputs(&MODEL.replacen(old, new, 1), &none, what) else {
            wrong.push(format!("{what}: refused"));
            continue;
        };
        let found = changed(&before, &after);
        if found != **wanted {
            wrong.push(format!("{what}: {found:?} instead of {wanted:?}"));
        }
    }
    let more = Input { overlays: vec!["more".into()], ..none };
    let after = seen.inputs(MODEL, &more, "an overlay").expect("it is right with it");
    assert_eq!(changed(&before, &after), "cp-0 cp-1 wrk-1 wrk-3");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.again > 60, "{}", seen.again);
}

const FILTERED: &str = r#"use std/firewall
component web { provides http: page { listen = 8080/tcp }, unit web.service { exec = /usr/bin/web } }
component client { requires http: page, unit client.service { exec = /usr/bin/client } }
component alone { let big = any-of([m.cores > 8.0 for m in machines]), file /etc/alone { text = "alone ${string(big)}" } }
interface page { version = 1 }
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines cp[2] { }
machines wrk[2] { }
machines other { }
deploy web on cp
deploy client on wrk
deploy alone on other
deploy firewall on cp, wrk { operators = [192.168.1.0/24] }
target lxd { image = "debian/13" }
"#;

/// Edits of a model with a packet filter, and the machines whose rules they change.
const FILTERED_EDITS: &[Edit] = &[
    ("nothing", "\"alone ", "\"alone ", ""),
    ("what another machine has", "\"alone ", "\"still alone ", "other-0"),
    ("one machine more, which changes nothing that is computed of all", "wrk[2]", "wrk[3]", "cp-0 cp-1 wrk-2"),
    ("one that does", "machines wrk[2] { }", "machines wrk[2] { cores = 16 }", "other-0 wrk-0 wrk-1"),
    ("the port that is open", "8080/tcp", "8081/tcp", "cp-0 cp-1"),
    ("one client more, which is let in", "deploy client on wrk", "deploy client on wrk, other", "cp-0 cp-1 other-0"),
    ("who operates", "192.168.1.0/24", "192.168.2.0/24", "cp-0 cp-1 wrk-0 wrk-1"),
];

#[test]
fn a_packet_filter_is_known_by_its_rules() {
    let mut seen = Seen::new();
    seen.inputs(FILTERED, &Input::default(), "first").expect("the model is right");
    let none = Input { lock: seen.lock.clone(), ..Input::default() };
    let before = seen.inputs(FILTERED, &none, "before").expect("the model is right");
    assert_eq!(before.len(), 5, "{before:?}");
    for (what, old, new, wanted) in FILTERED_EDITS {
        let after = seen.inputs(&FILTERED.replacen(old, new, 1), &none, what).expect("it is right");
        assert_eq!(changed(&before, &after), **wanted, "{what}");
    }
}

/// Two edits at a time, of which one may undo what the other did.
#[test]
fn machines_with_the_same_inputs_are_the_same_after_any_two_edits() {
    let (mut seen, none) = (Seen::new(), Input::default());
    for (place, (one, old, new, _)) in EDITS.iter().enumerate() {
        let (other, from, to, _) = EDITS[(place * 7 + 3) % EDITS.len()];
        let text = MODEL.replacen(old, new, 1).replacen(from, to, 1);
        seen.inputs(&text, &none, &format!("{one}, {other}"));
    }
    assert!(seen.again > 20, "{}", seen.again);
}

/// A line less, a number or a word more: whatever is still a model.
#[test]
fn the_same_inputs_are_the_same_machine_in_edits_of_every_good_model() {
    let (mut again, mut known, mut all) = (0, 0, 0);
    let targets: Vec<&str> = Target::all().map(Target::name).collect();
    for (number, (name, text)) in models().iter().enumerate() {
        let mut seen = Seen::new();
        let target = targets[number % targets.len()];
        let on = |name: &str| Input { target: Some(name.into()), single_target: true, ..Input::default() };
        let input = [on(target), Input::default()].into_iter().find(|input| {
            let found = seen.inputs(text, input, name);
            known += found.as_ref().map_or(0, BTreeMap::len);
            found.is_some()
        });
        let Some(input) = input else { continue };
        all += 1;
        let lines: Vec<&str> = text.lines().collect();
        for step in 1..4 {
            let place = (number * 31 + step * 17) % lines.len();
            let edited = edited(&lines, place, step);
            seen.inputs(&edited, &input, &format!("{name}, line {}", place + 1));
        }
        again += seen.again;
    }
    println!("{all} models, {known} machines, {again} again");
    assert!(all > 30 && known > 100 && again > 100, "{all} {known} {again}");
}

fn models() -> Vec<(String, String)> {
    let root = crate::support::root();
    let mut list = Vec::new();
    for folder in ["examples", "tests/cases/good"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".km") {
                list.push((name, std::fs::read_to_string(&path).unwrap().replace("node[5000]", "node[3]")));
            }
        }
    }
    list.sort();
    list
}

/// A model with another line at a place: without it, twice, or with another number in it.
fn edited(lines: &[&str], place: usize, step: usize) -> String {
    let line = lines[place];
    let new = match step {
        1 => Vec::new(),
        2 => vec![line.replace("[3]", "[4]").replace("= 2", "= 3").replace("true", "false")],
        _ => vec![line.to_owned(), "// A line more.".to_owned()],
    };
    let before = lines[..place].iter().map(|line| (*line).to_owned());
    let all: Vec<String> = before.chain(new).chain(lines[place + 1..].iter().map(|line| (*line).to_owned())).collect();
    all.join("\n") + "\n"
}
