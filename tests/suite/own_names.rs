//! Machines with names of their own: whichever come and go, and wherever they stand in the list, the others keep what they have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use kmodel::check::check;
use kmodel::compile;
use kmodel::model::input::{Forget, Input, Lock};
use kmodel::world::Memory;
use proptest::prelude::*;

const NAMES: [&str; 12] =
    ["eos", "helios", "selene", "nyx", "hemera", "theia", "atlas", "r1-u7", "r1-u8", "wrk-9", "km", "z0"];

/// A change of the list.
#[derive(Clone, Debug)]
enum Change {
    /// The name of a number, at a place.
    Add(usize, usize),
    Remove(usize),
    /// Machines that left are known to be gone.
    Forget,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (0..NAMES.len(), 0..NAMES.len()).prop_map(|(name, place)| Change::Add(name, place)),
        2 => (0..NAMES.len()).prop_map(Change::Remove),
        1 => Just(Change::Forget),
    ]
}

/// The addresses of the machines, and the lock that comes of it.
fn planned(names: &[&str], first: bool, lock: Lock, forget: bool) -> (BTreeMap<String, IpAddr>, Lock) {
    let list: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let first = if first { ", first-address = 10.10.0.30" } else { "" };
    let text = format!(
        "cluster c {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/25 }}\n\
         machines wrk[3]\nmachines db {{ names = [{}]{first} }}\nmachines last[2]\n",
        list.join(", ")
    );
    let world = Memory::new([("cluster.km", text.as_str())]);
    let checked = check(&world, Path::new("cluster.km"));
    assert!(checked.diagnostics.is_empty(), "{text}{:#?}", checked.diagnostics);
    let forget = Forget { all: forget, ..Forget::default() };
    let planned = compile::plan_program(&checked.program, &world, &Input { lock, forget, ..Input::default() });
    let plan = planned.plan.unwrap_or_else(|| panic!("{text}{:#?}", planned.problems));
    let machines = plan.model.machines.iter().map(|machine| (machine.name.to_string(), machine.address)).collect();
    (machines, plan.model.lock.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_machine_that_stays_keeps_its_address(changes in prop::collection::vec(change(), 1..10), first: bool) {
        let range: IpNet = "10.10.0.0/25".parse().unwrap();
        let mut names: Vec<&str> = vec!["eos", "helios"];
        let (mut before, mut lock) = planned(&names, first, Lock::default(), false);
        for change in changes {
            let mut forget = false;
            match change {
                Change::Add(name, place) if !names.contains(&NAMES[name]) => {
                    names.insert(place.min(names.len()), NAMES[name]);
                }
                Change::Remove(place) if names.len() > 1 => drop(names.remove(place % names.len())),
                Change::Forget => forget = true,
                Change::Add(..) | Change::Remove(_) => {}
            }
            let known = lock.addresses.clone();
            let (after, next) = planned(&names, first, lock, forget);
            for (name, address) in &after {
                prop_assert!(range.contains(address) && *address != range.network() && *address != range.broadcast());
                match before.get(name) {
                    Some(had) => prop_assert_eq!(had, address, "{} moved", name),
                    // What others have, also those that left and may still run, is not given out.
                    None => {
                        let holder = known.iter().find(|(other, had)| *had == address && *other != name);
                        prop_assert!(forget || holder.is_none(), "{} has the address of {:?}", name, holder);
                    }
                }
            }
            let distinct: BTreeSet<_> = after.values().collect();
            prop_assert_eq!(distinct.len(), after.len());
            (before, lock) = (after, next);
        }
    }
}
