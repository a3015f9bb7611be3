//! Machines in several node ranges: whatever is added, removed, moved or pinned, each machine has an address of its own range, and
//! who stays where it was keeps what it had.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use kmodel::check::check;
use kmodel::compile;
use kmodel::model::input::{Forget, Input, Lock};
use kmodel::world::Memory;
use proptest::prelude::*;

const ZONES: [&str; 4] = ["berlin", "munich", "ulm", "bonn"];
const NAMES: [&str; 6] = ["eos", "helios", "selene", "nyx", "theia", "atlas"];

/// A change of the model.
#[derive(Clone, Debug)]
enum Change {
    /// A range of a zone comes or goes.
    Range(usize),
    /// The ranges are written in another order.
    Rotate,
    /// So many machines with numbers, over two zones.
    Count(usize),
    /// A name comes, or moves to another zone.
    Name(usize, usize),
    Remove(usize),
    /// A machine gets an address by hand, or gives it up.
    Pin(usize),
    /// Machines that left are known to be gone.
    Forget,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => (2..ZONES.len()).prop_map(Change::Range),
        1 => Just(Change::Rotate),
        2 => (0..9usize).prop_map(Change::Count),
        3 => (0..NAMES.len(), 0..ZONES.len()).prop_map(|(name, zone)| Change::Name(name, zone)),
        1 => (0..NAMES.len()).prop_map(Change::Remove),
        2 => (0..NAMES.len()).prop_map(Change::Pin),
        1 => Just(Change::Forget),
    ]
}

/// Which families machines have addresses of, the first of which they are dialled by.
#[derive(Clone, Copy, Debug)]
enum Families {
    V4,
    V6,
    Both,
}

#[derive(Clone, Debug)]
struct Site {
    families: Families,
    /// Zones with a range, in source order.
    ranges: Vec<usize>,
    count: usize,
    /// Names with their zone, and whether the address is given by hand.
    names: Vec<(usize, usize, bool)>,
}

impl Site {
    fn range(&self, zone: usize) -> IpNet {
        match self.families {
            Families::V4 | Families::Both => format!("10.{}.0.0/26", 10 + zone),
            Families::V6 => format!("fd00:{}::/64", 10 + zone),
        }
        .parse()
        .unwrap()
    }

    /// The address of a name by hand, where others are hardly given out.
    fn pin(&self, name: usize, zone: usize) -> IpAddr {
        kmodel::model::address::nth(self.range(zone), 40 + name as u128).unwrap()
    }

    fn has(&self, zone: usize) -> bool {
        self.ranges.contains(&zone)
    }

    fn apply(&mut self, change: &Change) {
        let known = |site: &Self, name: usize| site.names.iter().position(|own| own.0 == name);
        match *change {
            Change::Range(zone) if !self.has(zone) => self.ranges.insert(0, zone),
            Change::Range(zone) if self.names.iter().all(|own| own.1 != zone) => self.ranges.retain(|own| *own != zone),
            Change::Rotate => self.ranges.rotate_left(1),
            Change::Count(count) => self.count = count,
            Change::Name(name, zone) if self.has(zone) => match known(self, name) {
                Some(place) => self.names[place].1 = zone,
                None => self.names.insert(zone.min(self.names.len()), (name, zone, false)),
            },
            Change::Remove(name) if self.names.len() > 1 => self.names.retain(|own| own.0 != name),
            Change::Pin(name) => known(self, name).into_iter().for_each(|place| self.names[place].2 ^= true),
            Change::Range(_) | Change::Name(..) | Change::Remove(_) | Change::Forget => {}
        }
    }

    fn text(&self) -> String {
        let range = |zone: &usize| {
            let own = self.range(*zone);
            match self.families {
                Families::Both => format!("{} = [{own}, fd00:{}::/120]", ZONES[*zone], 10 + zone),
                Families::V4 | Families::V6 => format!("{} = {own}", ZONES[*zone]),
            }
        };
        let name = |(name, zone, pinned): &(usize, usize, bool)| {
            let pin = if *pinned { format!(", address = {}", self.pin(*name, *zone)) } else { String::new() };
            format!("{} = {{ zone = \"{}\"{pin} }}", NAMES[*name], ZONES[*zone])
        };
        let list = |items: Vec<String>| items.join(", ");
        let (pods, services) = match self.families {
            Families::V6 => ("fd01::/48", "fd02::/112"),
            Families::V4 | Families::Both => ("10.244.0.0/16", "10.96.0.0/16"),
        };
        format!(
            "cluster c {{ kubernetes = 1.34.8, pods = {pods}, services = {services}, nodes = {{ {} }} }}\n\
             machines wrk[{}] {{ spread = \"zone\", zones = [\"berlin\", \"munich\"] }}\n\
             machines db {{ names = {{ {} }} }}\nmachines last[2] {{ zone = \"munich\" }}\n\
             component agent {{ address shared {{}} }}\ndeploy agent on last\n\
             allow unused-range \"for later\"\n",
            list(self.ranges.iter().map(range).collect()),
            self.count,
            list(self.names.iter().map(name).collect()),
        )
    }

    /// The zone of each machine, and its address by hand.
    fn zones(&self) -> BTreeMap<String, (usize, Option<IpAddr>)> {
        let numbered = (0..self.count).map(|i| (format!("wrk-{i}"), (i % 2, None)));
        let named = self
            .names
            .iter()
            .map(|(name, zone, pinned)| (NAMES[*name].to_owned(), (*zone, pinned.then(|| self.pin(*name, *zone)))));
        let last = (0..2).map(|i| (format!("last-{i}"), (1, None)));
        numbered.chain(named).chain(last).collect()
    }
}

/// The addresses of the machines and of the application, and the lock that comes of them.
fn planned(site: &Site, lock: Lock, forget: bool) -> (BTreeMap<String, IpAddr>, IpAddr, Lock) {
    let text = site.text();
    let world = Memory::new([("cluster.km", text.as_str())]);
    let checked = check(&world, Path::new("cluster.km"));
    let forget = Forget { all: forget, ..Forget::default() };
    let planned = compile::plan_program(&checked.program, &world, &Input { lock, forget, ..Input::default() });
    let plan = planned.plan.unwrap_or_else(|| panic!("{text}{:#?}", planned.problems));
    let machines = plan.model.machines.iter().map(|machine| (machine.name.to_string(), machine.address)).collect();
    let shared = plan.model.apps.iter().flat_map(|app| app.addresses.clone()).next().expect("an address");
    (machines, shared, plan.model.lock.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn who_stays_in_a_range_keeps_the_address(
        changes in prop::collection::vec(change(), 1..12),
        families in prop_oneof![Just(Families::V4), Just(Families::V6), Just(Families::Both)],
    ) {
        let mut site = Site { families, ranges: vec![0, 1], count: 3, names: vec![(0, 0, false), (1, 1, false)] };
        let (mut before, mut shared, mut lock) = planned(&site, Lock::default(), false);
        let mut zones = site.zones();
        for change in changes {
            site.apply(&change);
            let forget = matches!(change, Change::Forget);
            let (after, other, next) = planned(&site, lock.clone(), forget);
            prop_assert_eq!(&(after.clone(), other, next.clone()), &planned(&site, lock, forget), "the same again");
            let now = site.zones();
            prop_assert_eq!(now.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
            for (name, address) in &after {
                let (zone, pin) = now[name];
                let range = site.range(zone);
                prop_assert!(range.contains(address) && *address != range.network(), "{} is at {}", name, address);
                prop_assert!(pin.is_none_or(|pin| pin == *address), "{} is pinned", name);
                // A name that gives up an address by hand keeps it.
                if let Some(had) = before.get(name).filter(|_| zones[name].0 == zone && pin.is_none()) {
                    prop_assert_eq!(had, address, "{} moved", name);
                }
            }
            prop_assert_eq!(other, shared, "the shared address moved");
            let gateways = site.ranges.iter().map(|zone| kmodel::model::address::nth(site.range(*zone), 1).unwrap());
            let all: Vec<_> = after.values().copied().chain([other]).chain(gateways).collect();
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "one address twice");
            // What one that left has may still be in use.
            let known = next.addresses.values().collect::<BTreeSet<_>>().len();
            prop_assert_eq!(known, next.addresses.len(), "one address twice in the lock");
            (before, shared, lock, zones) = (after, other, next, now);
        }
    }
}
