//! The state of a running cluster: machines, units, relations, certificates, and whether it matches the model.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::thread;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::compile::{Connection, SharedAddress};
use crate::target::{Desired, Machine};

use super::certificate::{self, MachineCertificate};
use super::connectivity::{Connectivity, test_all};
use super::diff::{Delta, Probes};
use super::probe::{BootState, Probe};
use super::provider::{Access, Found, RUNNING};

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The version of this format.
    pub version: u32,
    pub cluster: String,
    /// What groups its machines, where something does: the project of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Whether every machine is up, every relation connects, no certificate has expired, and no change is needed.
    pub well: bool,
    /// The number of changes that `apply` would make; absent without a key store to compare with.
    pub changes: Option<usize>,
    /// In the order of the model; machines removed from it come last.
    pub machines: Vec<MachineStatus>,
    pub relations: Vec<RelationStatus>,
    /// Those that machines share.
    pub addresses: Vec<AddressStatus>,
    pub certificates: Vec<CertificateStatus>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MachineStatus {
    pub name: String,
    /// `running`, `stopped` ... as the provider reports, `absent`, or `surplus` when it is no longer in the model.
    pub state: String,
    /// `up`, `coming up`, `not up`, `failed`; absent when it is not running.
    #[serde(rename = "standing")]
    pub boot: Option<&'static str>,
    /// Why it is not up.
    pub reason: Option<String>,
    pub units: Vec<UnitStatus>,
}

#[derive(Clone, Debug, Serialize)]
pub struct UnitStatus {
    pub name: String,
    /// `up`, or the problem.
    pub state: String,
}

/// One connection of a relation.
#[derive(Clone, Debug, Serialize)]
pub struct RelationStatus {
    pub from: String,
    pub to: String,
    pub machine: String,
    pub address: String,
    pub tls: bool,
    /// `ok`, `failed` or `untried`.
    pub state: &'static str,
    pub reason: Option<String>,
}

/// An address that one of several machines holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressStatus {
    pub application: String,
    pub address: IpAddr,
    /// The machines that have it: one, if all is well. Absent when no machine said which addresses it has.
    pub holders: Option<Vec<String>>,
    /// The other machines that it can move to.
    pub others: Vec<String>,
}

impl AddressStatus {
    /// Whether one machine has it, as far as it is known.
    pub fn is_held(&self) -> bool {
        self.holders.as_ref().is_none_or(|holders| holders.len() == 1)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateStatus {
    pub machine: String,
    pub path: String,
    /// RFC 3339; absent when the file is missing.
    pub not_after: Option<String>,
    pub days_left: Option<i64>,
}

/// The inputs of a status.
pub(crate) struct Observed<'a> {
    pub desired: &'a Desired,
    pub connections: &'a [Connection],
    pub shared: &'a [SharedAddress],
    pub access: &'a Access,
    /// The machines that there are.
    pub found: &'a [Found],
    pub probes: &'a Probes,
    /// Absent without a key store to compare with.
    pub delta: Option<&'a Delta>,
}

impl Observed<'_> {
    /// Inspects everything. Machines that cannot be inspected are reported as such.
    pub(crate) fn status(&self, now: OffsetDateTime) -> Status {
        let machines = self.machines();
        let relations = self.relations();
        let addresses: Vec<_> = self.shared.iter().map(|shared| self.address(shared)).collect();
        let certificates: Vec<_> = self.certificates().into_iter().map(|found| of_certificate(found, now)).collect();
        let changes = self.delta.map(|delta| delta.all().count());
        let well = changes.unwrap_or_default() == 0
            && addresses.iter().all(AddressStatus::is_held)
            && are_well(&machines, &relations, &certificates);
        Status {
            version: 1,
            cluster: self.desired.cluster.to_string(),
            project: self.access.provider().project().map(str::to_owned),
            well,
            changes,
            machines,
            relations,
            addresses,
            certificates,
        }
    }

    fn machines(&self) -> Vec<MachineStatus> {
        let own = self.desired.machines.iter().map(|machine| self.machine(machine));
        let surplus = self.found.iter().filter(|found| self.desired.machine(&found.name).is_none());
        let surplus = surplus.map(|machine| MachineStatus {
            name: machine.name.clone(),
            state: SURPLUS.to_owned(),
            boot: None,
            reason: Some("no longer in the model".to_owned()),
            units: Vec::new(),
        });
        own.chain(surplus).collect()
    }

    fn machine(&self, machine: &Machine) -> MachineStatus {
        let name = machine.name();
        let state = self.state(name);
        let probe = self.probes.get(name);
        let (boot, reason) = match probe.map(Probe::boot_state) {
            Some(BootState::Up) => (Some("up"), None),
            Some(BootState::Busy(why)) => (Some("coming up"), Some(why)),
            Some(BootState::Partly(why) | BootState::Stopped(why) | BootState::Failing(why)) => {
                (Some("not up"), Some(why))
            }
            Some(BootState::Failed(why)) => (Some("failed"), Some(why)),
            None if state == RUNNING => (None, Some("cannot run commands on it".to_owned())),
            None => (None, self.found(name).and_then(|found| found.why.clone())),
        };
        let units = probe.map_or(&[][..], |probe| &probe.units).iter();
        let units = units.map(|(name, state)| UnitStatus { name: name.clone(), state: state.clone() }).collect();
        MachineStatus { name: name.to_owned(), state, boot, reason, units }
    }

    fn found(&self, name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.name == name)
    }

    /// As the provider reports, in lower case.
    fn state(&self, name: &str) -> String {
        self.found(name).map_or_else(|| "absent".to_owned(), |found| found.state.clone())
    }

    fn relations(&self) -> Vec<RelationStatus> {
        let unreachable: BTreeMap<String, String> = self
            .desired
            .machines
            .iter()
            .map(|machine| (machine.name().to_owned(), self.state(machine.name())))
            .filter(|(name, _)| !self.probes.contains_key(name))
            .map(|(name, state)| (name.clone(), format!("`{name}` is {state}")))
            .collect();
        let results = test_all(self.access.transport(), self.connections, &unreachable);
        self.connections.iter().zip(results).map(|(connection, result)| relation(connection, result)).collect()
    }

    fn address(&self, shared: &SharedAddress) -> AddressStatus {
        let probes: Vec<_> =
            shared.machines.iter().filter_map(|name| Some((name, self.probes.get(&**name)?))).collect();
        let is_known = probes.iter().any(|(_, probe)| !probe.addresses.is_empty());
        let held = probes.iter().filter(|(_, probe)| probe.addresses.contains(&shared.address));
        let held: Vec<String> = held.map(|(name, _)| name.to_string()).collect();
        let others = shared.machines.iter().map(ToString::to_string).filter(|name| !held.contains(name)).collect();
        let (application, address) = (shared.app.to_string(), shared.address);
        AddressStatus { application, address, holders: is_known.then_some(held), others }
    }

    fn certificates(&self) -> Vec<MachineCertificate> {
        thread::scope(|scope| {
            let running = self.desired.machines.iter().filter(|machine| self.probes.contains_key(machine.name()));
            let threads: Vec<_> = running
                .map(|machine| scope.spawn(|| certificate::certificates(self.access.transport(), machine)))
                .collect();
            // A machine that disappeared in between has no certificates.
            threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("reading certificates does not panic").unwrap_or_default())
                .collect()
        })
    }
}

fn are_well(machines: &[MachineStatus], relations: &[RelationStatus], certificates: &[CertificateStatus]) -> bool {
    machines.iter().all(|machine| machine.boot == Some("up") && machine.state != SURPLUS)
        && relations.iter().all(|relation| relation.state != "failed")
        && certificates.iter().all(|certificate| certificate.days_left.is_some_and(|days| days >= 0))
}

/// The state of a machine that is no longer in the model.
pub(crate) const SURPLUS: &str = "surplus";

fn relation(connection: &Connection, result: Connectivity) -> RelationStatus {
    let (state, reason) = match result {
        Connectivity::Ok => ("ok", None),
        Connectivity::Failed(why) => ("failed", Some(why)),
        Connectivity::Untried(why) => ("untried", Some(why)),
    };
    RelationStatus {
        from: connection.from.clone(),
        to: connection.to.clone(),
        machine: connection.machine.to_string(),
        address: std::net::SocketAddr::new(connection.address, connection.port).to_string(),
        tls: connection.tls.is_some(),
        state,
        reason,
    }
}

fn of_certificate(found: MachineCertificate, now: OffsetDateTime) -> CertificateStatus {
    CertificateStatus {
        days_left: found.days(now),
        not_after: found.not_after.and_then(|end| end.format(&Rfc3339).ok()),
        machine: found.machine,
        path: found.path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::target::lxd::MARK;

    fn machine(state: &str, boot: Option<&'static str>) -> MachineStatus {
        MachineStatus { name: "cp-0".into(), state: state.into(), boot, reason: None, units: vec![] }
    }

    fn relation(state: &'static str) -> RelationStatus {
        let [from, to, machine, address] = ["a", "b", "cp-0", "10.0.0.5:1"].map(str::to_owned);
        RelationStatus { from, to, machine, address, tls: false, state, reason: None }
    }

    fn certificate(days_left: Option<i64>) -> CertificateStatus {
        CertificateStatus { machine: "cp-0".into(), path: "/a".into(), not_after: None, days_left }
    }

    #[test]
    fn a_machine_that_does_not_run_says_nothing_of_its_boot() {
        let folder = tempfile::tempdir().unwrap();
        let desired = sample::desired(vec![sample::machine("cp-0", vec![], vec![])]);
        let status = |state: &str| {
            let instance = serde_json::json!({ "name": "cp-0", "status": state, "config": { MARK: "lab" } });
            let access = sample::access(folder.path(), "exit 1", &serde_json::json!([instance]));
            let found = access.provider().machines();
            let (connections, shared, probes) = (&[], &[], &Probes::new());
            let (access, desired, found) = (&access, &desired, &*found);
            let observed = Observed { access, desired, connections, shared, found, probes, delta: None };
            let MachineStatus { state, boot, reason, .. } = observed.machine(&desired.machines[0]);
            (state, boot, reason)
        };
        assert_eq!(status("Stopped"), ("stopped".to_owned(), None, None));
        assert_eq!(status("Running"), ("running".to_owned(), None, Some("cannot run commands on it".to_owned())));
    }

    #[test]
    fn a_cluster_is_well_when_all_of_it_is() {
        let (up, tried, valid) = (machine("running", Some("up")), relation("ok"), certificate(Some(0)));
        let well = |machine: &MachineStatus, relation: &RelationStatus, certificate: &CertificateStatus| {
            are_well(
                &[up.clone(), machine.clone()],
                &[tried.clone(), relation.clone()],
                std::slice::from_ref(certificate),
            )
        };
        assert!(well(&up, &tried, &valid) && well(&up, &relation("untried"), &valid) && are_well(&[], &[], &[]));
        for bad in [machine("running", None), machine("running", Some("failed")), machine(SURPLUS, Some("up"))] {
            assert!(!well(&bad, &tried, &valid), "{bad:?}");
        }
        assert!(!well(&up, &relation("failed"), &valid));
        assert!(!well(&up, &tried, &certificate(Some(-1))) && !well(&up, &tried, &certificate(None)));
    }
}
