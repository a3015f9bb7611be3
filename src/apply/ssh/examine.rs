//! What machines are asked beyond what every command asks: whether they have what the model needs, and reach each other.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use crate::compile::{Connection, Expected};
use crate::syntax::ast::Name;
use crate::verify::machines::Wanted;

use super::preflight::Facts;
use super::{Existing, Standing};

const EXAMINE: &str = include_str!("examine.sh");

/// Which machines are examined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Examined {
    /// Those that the cluster is not on yet: the others were, before it came there.
    New,
    All,
}

impl Existing {
    /// The same, with what the model expects of each machine, and what those that can be entered answer.
    pub(crate) fn examine(
        mut self,
        expected: Arc<Expected>,
        which: Examined,
        dials: &dyn Fn() -> Vec<Connection>,
    ) -> Self {
        self.expected = Some(Arc::clone(&expected));
        let asked: Vec<Name> =
            self.machines.iter().filter(|(_, one)| one.is_asked(which)).map(|(name, _)| name.clone()).collect();
        if asked.is_empty() {
            return self.compared();
        }
        let dials = self.routes(&dials());
        let answers: Vec<_> = thread::scope(|scope| {
            let ask = |name: &Name| self.ask(name, expected.wanted.get(name), dials.get(name));
            let threads: Vec<_> = asked.iter().map(|name| scope.spawn(move || ask(name))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a question does not panic")).collect()
        });
        for (name, answer) in asked.iter().zip(answers) {
            if let Some(hello) = self.machines.get_mut(name).and_then(|standing| standing.hello.as_mut().ok()) {
                hello.facts = answer.at_time_of(&hello.facts);
            }
        }
        self.compared()
    }

    /// What each machine dials of machines that have no packet filter of the cluster yet: there, nothing but the network decides.
    fn routes(&self, connections: &[Connection]) -> BTreeMap<Name, BTreeSet<(IpAddr, u16)>> {
        let new: BTreeSet<IpAddr> = self
            .machines
            .values()
            .filter(|one| one.is_new())
            .filter_map(|one| self.address(&one.host.machine))
            .collect();
        let mut routes: BTreeMap<Name, BTreeSet<(IpAddr, u16)>> = BTreeMap::new();
        for connection in connections.iter().filter(|connection| new.contains(&connection.address)) {
            routes.entry(connection.machine.clone()).or_default().insert((connection.address, connection.port));
        }
        routes
    }

    fn ask(&self, name: &Name, wanted: Option<&Wanted>, dials: Option<&BTreeSet<(IpAddr, u16)>>) -> Facts {
        let own = wanted.map(|wanted| wanted.address);
        let input = questions(wanted) + &dialled(dials, own);
        let said = self.machines.get(name).and_then(|standing| standing.hello.as_ref().ok());
        let said = said.map_or("", |hello| &hello.text);
        match self.transport().inside(name, EXAMINE, &[], input.as_bytes()) {
            Ok(answer) => Facts::read(&format!("{said}{}", String::from_utf8_lossy(&answer.out))),
            Err(error) => Facts::read(said).without("ports, modules, routes", &error.message),
        }
    }
}

impl Standing {
    /// Whether nothing of a cluster is there.
    pub(super) fn is_new(&self) -> bool {
        self.departed.is_none() && self.hello.as_ref().is_ok_and(super::Hello::is_new)
    }

    fn is_asked(&self, which: Examined) -> bool {
        self.departed.is_none() && self.hello.is_ok() && (which == Examined::All || self.is_new())
    }
}

fn questions(wanted: Option<&Wanted>) -> String {
    let Some(wanted) = wanted else { return String::new() };
    let modules = wanted.modules.iter().map(|name| format!("module {name}\n"));
    let settings = wanted.settings.iter().map(|name| format!("setting {name}\n"));
    let paths = std::iter::once("/").chain(wanted.folders.iter().map(String::as_str));
    modules.chain(settings).chain(paths.map(|path| format!("path {path}\n"))).collect()
}

fn dialled(dials: Option<&BTreeSet<(IpAddr, u16)>>, own: Option<IpAddr>) -> String {
    let others = dials.into_iter().flatten().filter(|(address, _)| Some(*address) != own);
    others.map(|(address, port)| format!("dial {address} {port}\n")).collect()
}
