//! Laws of planning: equal input gives an equal plan, growing a group leaves the other machines alone, and no source,
//! however broken, makes the compiler panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kmodel::check;
use kmodel::compile;
use kmodel::diag::any_error;
use kmodel::model::{Input, Lock, UnitId};
use kmodel::pki::spec::Request;
use kmodel::plan::{Plan, Step};
use kmodel::world::Memory;
use proptest::prelude::*;
use proptest::sample::Index;

/// What is on a machine: its address, its applications, and its certificates as the request has them.
type Machine = (String, Vec<String>, Vec<String>);

/// What a plan says of each machine.
#[derive(Clone, PartialEq, Debug)]
struct Outcome {
    machines: BTreeMap<String, Machine>,
    request: Request,
    steps: Vec<Step>,
    lock: Lock,
}

fn outcome(plan: &Plan<'_>) -> Outcome {
    let model = &plan.model;
    let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
    for machine in &model.machines {
        machines.insert(machine.name.to_string(), (machine.address.to_string(), vec![], vec![]));
    }
    for unit in (0..model.units.len() as u32).map(UnitId) {
        let Some(machine) = model.unit(unit).machine else { continue };
        let place = machines.get_mut(&*model.machine(machine).name).unwrap();
        place.1.push(model.app(model.unit(unit).app).name.to_string());
    }
    for certificate in &plan.pki.request.certificates {
        let machine = certificate.id.split('/').next().unwrap();
        if let Some(place) = machines.get_mut(machine) {
            place.2.push(format!("{certificate:?}"));
        }
    }
    let (request, steps) = (plan.pki.request.clone(), plan.steps.clone());
    Outcome { machines, request, steps, lock: model.lock.clone() }
}

fn plan(text: &str, lock: &Lock) -> Outcome {
    let world = crate::support::plan::world(text);
    let checked = check::check(&world, Path::new("main.km"));
    assert!(!any_error(&checked.diagnostics), "{text}\n{:?}", checked.diagnostics);
    let input = Input { lock: lock.clone(), ..Input::default() };
    let planned = compile::plan_program(&checked.program, &world, &input);
    assert!(!any_error(&planned.problems), "{text}\n{:?}", planned.problems);
    outcome(&planned.plan.unwrap())
}

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).unwrap()
}

/// The machines of `before` whose part of the plan is another one in `after`.
fn changed(before: &Outcome, after: &Outcome) -> Vec<String> {
    let kept = before.machines.iter().filter(|(name, machine)| after.machines.get(*name) != Some(machine));
    kept.map(|(name, _)| name.clone()).collect()
}

/// Three groups with servers that show certificates, clients that show theirs, and a load balancer between.
fn model(counts: [usize; 3]) -> String {
    let [a, b, c] = counts;
    format!(
        r#"
cluster c {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
interface web {{ version = 1, scheme = "https" }}
authority ca {{ cn = "ca", file = /etc/ca.crt }}
machines a[{a}] {{ memory = 2GiB }}
machines b[{b}] {{ spread = "zone", zones = ["x", "y"] }}
machines c[{c}] {{}}
component site {{
  provides http: web {{ listen = 443/tcp, identity = cert serving, trusts = ca }}
  cert serving {{ authority = ca, cn = machine.name, usage = ["server"], names = ["localhost"], file = /etc/site.crt }}
}}
component balancer {{
  address vip {{}}
  requires backends: web {{ soft = true }}
  provides front: web {{ listen = 443/tcp, address = vip, forwards = backends }}
}}
component reader {{
  requires page: web {{ trusts = ca, identity = cert client }}
  cert client {{ authority = ca, cn = "reader:${{machine.name}}", usage = ["client"], file = "/etc/${{app.name}}.crt" }}
}}
deploy site on a
deploy balancer on b
deploy reader on b, c
deploy reader as second on *
"#
    )
}

#[test]
fn planning_twice_gives_the_same() {
    for name in ["ha.km", "lab.km", "single.km"] {
        let text = example(name);
        let first = plan(&text, &Lock::default());
        assert_eq!(first, plan(&text, &Lock::default()), "{name}");
        // What was decided is what would be decided: the lock changes nothing.
        assert_eq!(first, plan(&text, &first.lock), "{name} with its own lock");
    }
}

#[test]
fn a_worker_more_changes_nothing_else_in_the_example() {
    let text = example("ha.km");
    let before = plan(&text, &Lock::default());
    let after = plan(&text.replace("machines wrk[3]", "machines wrk[4]"), &Lock::default());
    assert_eq!(after.machines.len(), before.machines.len() + 1);
    assert_eq!(changed(&before, &after), Vec::<String>::new());
    let applications = |outcome: &Outcome| outcome.steps.iter().map(|s| s.applications.clone()).collect::<Vec<_>>();
    assert_eq!(applications(&before), applications(&after));
}

#[test]
fn more_load_balancers_and_members_change_only_their_own_machines() {
    let text = example("ha.km");
    let before = plan(&text, &Lock::default());
    for (old, new) in [("machines lb[2]", "machines lb[3]"), ("machines cp[3]", "machines cp[5]")] {
        let after = plan(&text.replace(old, new), &before.lock);
        assert_eq!(changed(&before, &after), Vec::<String>::new(), "{new}");
    }
}

/// A text in words: names and numbers, single marks, spaces.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '-' || c == '_' => 0,
        ' ' => 1,
        c => 2 + c as u32,
    };
    let mut list = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (place, c) in text.char_indices() {
        if last.is_some_and(|last| last != kind(c) || kind(c) > 1) {
            list.push(&text[start..place]);
            start = place;
        }
        last = Some(kind(c));
    }
    list.push(&text[start..]);
    list
}

#[derive(Clone, Debug)]
enum Change {
    DropWord(Index),
    RepeatWord(Index),
    SwapWords(Index, Index),
    DropLine(Index),
    RepeatLine(Index),
    Number(Index, i64),
}

fn change() -> impl Strategy<Value = Change> {
    let number = prop_oneof![Just(0), Just(-1), Just(1), Just(32), Just(129), Just(65_536), Just(i64::MAX)];
    prop_oneof![
        any::<Index>().prop_map(Change::DropWord),
        any::<Index>().prop_map(Change::RepeatWord),
        any::<(Index, Index)>().prop_map(|(a, b)| Change::SwapWords(a, b)),
        any::<Index>().prop_map(Change::DropLine),
        any::<Index>().prop_map(Change::RepeatLine),
        (any::<Index>(), number).prop_map(|(place, number)| Change::Number(place, number)),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut parts: Vec<&str> = match change {
        Change::DropLine(_) | Change::RepeatLine(_) => text.split_inclusive('\n').collect(),
        _ => words(text),
    };
    let number;
    match change {
        Change::DropWord(at) | Change::DropLine(at) => drop(parts.remove(at.index(parts.len()))),
        Change::RepeatWord(at) | Change::RepeatLine(at) => {
            let at = at.index(parts.len());
            parts.insert(at, parts[at]);
        }
        Change::SwapWords(a, b) => {
            let (a, b) = (a.index(parts.len()), b.index(parts.len()));
            parts.swap(a, b);
        }
        Change::Number(at, value) => {
            number = value.to_string();
            let digits: Vec<_> =
                (0..parts.len()).filter(|i| parts[*i].starts_with(|c: char| c.is_ascii_digit())).collect();
            if !digits.is_empty() {
                parts[digits[at.index(digits.len())]] = &number;
            }
        }
    }
    parts.concat()
}

/// Sources to break: the examples, components of the standard library as files of a model, and a model of our own.
fn sources() -> Vec<String> {
    let cluster =
        "cluster c { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }\n";
    let standard = |path: &str, rest: &str| {
        let text = kmodel::stdlib::read(Path::new(path)).expect("a file of the standard library");
        format!("{text}\n{cluster}machines m[3] {{ disk = 40GiB }}\n{rest}\n")
    };
    vec![
        example("single.km"),
        model([2, 2, 2]),
        model([1, 0, 3]),
        standard("etcd/etcd.km", "deploy etcd on m { snapshot-every = 1h, state = \"existing\" }"),
        standard("keepalived/keepalived.km", "deploy keepalived on m"),
        format!("{}{}", standard("pki.km", ""), "component x { holds etcd-ca }\ndeploy x on m"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_machine_more_leaves_the_others_alone(counts in [1usize..5, 1..5, 1..5], group in 0usize..3) {
        let mut more = counts;
        more[group] += 1;
        let before = plan(&model(counts), &Lock::default());
        let with_lock = plan(&model(more), &before.lock);
        prop_assert_eq!(changed(&before, &with_lock), Vec::<String>::new());
        // Without a lock, addresses are given out in source order: growing the last group moves nobody.
        if group == 2 {
            prop_assert_eq!(&plan(&model(more), &Lock::default()).machines, &with_lock.machines);
        }
    }

    #[test]
    fn shrinking_and_growing_back_gives_the_same(counts in [1usize..5, 1..5, 1..5], group in 0usize..3) {
        let mut less = counts;
        less[group] -= 1;
        let before = plan(&model(counts), &Lock::default());
        let shrunk = plan(&model([less[0].max(1), less[1].max(1), less[2].max(1)]), &before.lock);
        prop_assert_eq!(&plan(&model(counts), &shrunk.lock).machines, &before.machines);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_broken_source_panics(
        source in any::<Index>(),
        changes in prop::collection::vec(change(), 1..3),
        overlay in any::<bool>(),
    ) {
        let sources = sources();
        let mut text = sources[source.index(sources.len())].clone();
        for change in &changes {
            text = apply(&text, change);
        }
        let world = Memory::new([("main.km", text)]);
        let checked = check::check(&world, Path::new("main.km"));
        if !any_error(&checked.diagnostics) {
            let overlays = if overlay { vec!["lab".to_owned()] } else { Vec::new() };
            let input = Input { overlays, ..Input::default() };
            let planned = compile::plan_program(&checked.program, &world, &input);
            prop_assert!(planned.plan.is_some() || any_error(&planned.problems), "no plan and no reason");
        }
    }
}

/// `any-of`, `all` and `len` do not keep a list that is made for them; of one that has a name they have it whole.
#[test]
fn functions_say_the_same_of_a_list_whether_they_have_it_whole_or_not() {
    for count in [1, 255, 256, 257, 600] {
        for named in ["wrk-0", "wrk-255", "wrk-256", "wrk-599", "none"] {
            let (is, other) = (format!("m.name == \"{named}\""), format!("m.name != \"{named}\""));
            let text = format!(
                "cluster lab {{ kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/16 }}\nmachines wrk[{count}]\n\
                 let some = [{is} for m in machines]\nlet others = [{other} for m in machines]\n\
                 let few = [m.name for m in machines if {is}]\n\
                 check any-of([{is} for m in machines]) == any-of(some), \"any-of\"\n\
                 check all([{other} for m in machines]) == all(others), \"all\"\n\
                 check len([m.name for m in machines if {is}]) == len(few), \"len\"\n\
                 check len([m.name for m in machines if {other}]) + len(few) == {count}, \"len of most\"\n"
            );
            plan(&text, &Lock::default());
        }
    }
    let text = "cluster lab { kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/16 }\nmachines wrk[300]\n\
                check any-of([m.name for m in machines]), \"any-of\"\n";
    let (world, path) = (crate::support::plan::world(text), Path::new("main.km"));
    let checked = check::check(&world, path);
    let planned = compile::plan_program(&checked.program, &world, &Input::default());
    let said = format!("{:?}{:?}", checked.diagnostics, planned.problems);
    assert!(said.contains("list of bool") || said.contains("list<bool>"), "{said}");
}
