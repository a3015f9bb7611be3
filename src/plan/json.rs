//! A plan as JSON.
//!
//! The schema is described in `docs/plan-json.md`. [`VERSION`] is raised when a reader of the old form would be misled;
//! fields may be added without. Lists are written as they are computed: a plan of 10,000 machines is never held twice.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::model::nodes::NodeRange;
use crate::model::{App, AppId, EndpointId, Group, Lock, MachineId, Model, Relation, UnitId};
use crate::pki::Status;
use crate::pki::spec::{AuthoritySpec, CertificateSpec, KeypairSpec, San, SecretSpec};

use super::budget::Budget;
use super::firewall::{Opening, firewalls, needed, openings};
use super::inventory::{Part, inventory};
use super::issue_status::IssueStatus;
use super::machine_changes::MachineChanges;
use super::{Gap, Plan, Proof, Step};

/// The version of the schema.
pub const VERSION: u32 = 1;

/// Writes a plan, with what it changes of the machines that were rendered last, and a newline.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, plan: &Plan<'_>, before: &Lock, status: &IssueStatus) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(plan, before, status))?;
    writeln!(out)
}

/// The whole plan. Of secrets and keys only names and kinds are in it.
fn document<'a>(plan: &'a Plan<'_>, before: &Lock, status: &'a IssueStatus) -> impl Serialize + 'a {
    let (model, pki) = (&plan.model, &plan.pki);
    let runs = runs(model);
    Document {
        version: VERSION,
        generator: concat!("kmodel ", env!("CARGO_PKG_VERSION")),
        cluster: ClusterJson::new(model),
        versions: inventory(model),
        targets: model.targets.iter().map(|target| &*target.name).collect(),
        groups: Each(move || model.groups.iter().map(|group| GroupJson::new(model, group))),
        machine_changes: MachineChanges::of(before, model),
        machines: Each(move || (0..model.machines.len()).map(|index| machine(model, &runs, index)).collect::<Vec<_>>()),
        applications: Each(move || model.apps().map(|(id, app)| ApplicationJson::new(model, id, app))),
        relations: Each(move || model.relations.iter().map(|relation| RelationJson::new(model, relation))),
        openings: if firewalls(model, &mut Vec::new()).is_empty() { needed(model) } else { openings(model) },
        authorities: Each(move || {
            pki.request
                .authorities
                .iter()
                .zip(&status.authorities)
                .map(|(spec, status)| AuthorityJson::new(spec, status))
        }),
        keypairs: &pki.request.keypairs,
        secrets: &pki.request.secrets,
        certificates: Each(move || {
            let specs = pki.request.certificates.iter().zip(&pki.certificates).zip(&status.certificates);
            specs.map(move |((spec, owner), status)| CertificateJson::new(plan, spec, *owner, status))
        }),
        steps: &plan.steps,
        proofs: &plan.proofs,
        not_examined: &plan.gaps,
        user_data: &plan.user_data,
    }
}

#[derive(Serialize)]
struct Document<'a, G, M, A, R, H, C>
where
    G: Serialize,
    M: Serialize,
    A: Serialize,
    R: Serialize,
    H: Serialize,
    C: Serialize,
{
    version: u32,
    generator: &'static str,
    cluster: ClusterJson<'a>,
    versions: Vec<Part>,
    targets: Vec<&'a str>,
    groups: G,
    machine_changes: Option<MachineChanges<'a>>,
    machines: M,
    applications: A,
    relations: R,
    openings: Vec<Opening>,
    authorities: H,
    keypairs: &'a [KeypairSpec],
    secrets: &'a [SecretSpec],
    certificates: C,
    steps: &'a [Step],
    proofs: &'a [Proof],
    not_examined: &'a [Gap],
    user_data: &'a [Budget],
}

/// A list that is made while it is written.
struct Each<F>(F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: IntoIterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[derive(Serialize)]
struct ClusterJson<'a> {
    name: &'a str,
    kubernetes: String,
    domain: &'a str,
    pods: &'a [IpNet],
    services: &'a [IpNet],
    /// The first of `node_ranges`, which is the only one in most models.
    nodes: IpNet,
    gateway: IpAddr,
    node_ranges: Vec<NodeRangeJson<'a>>,
    dns: &'a [IpAddr],
    extra_names: Vec<&'a str>,
}

/// The range of the machines of a zone, rack or group.
#[derive(Serialize)]
struct NodeRangeJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    range: IpNet,
    gateway: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_range: Option<IpNet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_gateway: Option<IpAddr>,
    dns: &'a [IpAddr],
}

#[derive(Serialize)]
struct GroupJson<'a> {
    name: &'a str,
    count: usize,
    cores: f64,
    memory_bytes: u64,
    disk_bytes: u64,
    arch: &'a str,
}

#[derive(Serialize)]
struct MachineJson<'a> {
    name: &'a str,
    group: &'a str,
    index: u32,
    address: IpAddr,
    zone: Option<&'a str>,
    rack: Option<&'a str>,
    /// The family of its operating system.
    os: &'static str,
    applications: Vec<&'a str>,
}

#[derive(Serialize)]
struct ApplicationJson<'a> {
    name: &'a str,
    component: &'a str,
    /// Without machines it belongs to the cluster and has one unit.
    on_machines: bool,
    units: usize,
    addresses: BTreeMap<&'a str, IpAddr>,
}

#[derive(Serialize)]
struct RelationJson<'a> {
    from: EndJson<'a>,
    to: EndJson<'a>,
    interface: &'a str,
    inferred: bool,
}

#[derive(Serialize)]
struct EndJson<'a> {
    application: &'a str,
    endpoint: &'a str,
}

#[derive(Serialize)]
struct AuthorityJson<'a> {
    #[serde(flatten)]
    spec: &'a AuthoritySpec,
    status: StatusJson,
}

#[derive(Serialize)]
struct CertificateJson<'a> {
    id: &'a str,
    machine: Option<&'a str>,
    application: &'a str,
    name: &'a str,
    authority: &'a str,
    cn: &'a str,
    org: &'a [String],
    usage: Vec<&'static str>,
    sans: &'a [San],
    lifetime_seconds: u64,
    key: &'static str,
    status: StatusJson,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum StatusJson {
    Missing,
    Current {
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    Stale {
        why: &'static str,
    },
}

impl<'a> ClusterJson<'a> {
    fn new(model: &'a Model<'_>) -> Self {
        let cluster = &model.cluster;
        Self {
            name: &cluster.name,
            kubernetes: cluster.kubernetes.to_string(),
            domain: &cluster.domain,
            pods: &cluster.pods,
            services: &cluster.services,
            nodes: cluster.nodes.first().range,
            gateway: cluster.nodes.first().gateway,
            node_ranges: cluster.nodes.iter().map(NodeRangeJson::new).collect(),
            dns: &cluster.dns,
            extra_names: cluster.extra_names.iter().map(|name| &**name).collect(),
        }
    }
}

impl<'a> NodeRangeJson<'a> {
    fn new(own: &'a NodeRange) -> Self {
        Self {
            of: own.place.as_deref(),
            range: own.range,
            gateway: own.gateway,
            second_range: own.second.map(|second| second.range),
            second_gateway: own.second.and_then(|second| second.gateway),
            dns: &own.dns,
        }
    }
}

impl<'a> GroupJson<'a> {
    fn new(_: &'a Model<'_>, group: &'a Group) -> Self {
        Self {
            name: &group.name,
            count: group.machines.len(),
            cores: group.cores,
            memory_bytes: group.memory,
            disk_bytes: group.disk,
            arch: &group.arch,
        }
    }
}

fn machine<'a>(model: &'a Model<'_>, runs: &[Vec<AppId>], index: usize) -> MachineJson<'a> {
    let own = &model.machines[index];
    MachineJson {
        name: &own.name,
        group: &model.group_of(MachineId(index as u32)).name,
        index: own.index,
        address: own.address,
        zone: own.zone.as_deref(),
        rack: own.rack.as_deref(),
        os: &model.family_of(MachineId(index as u32)).name,
        applications: runs[index].iter().map(|app| &*model.app(*app).name).collect(),
    }
}

/// The applications on each machine, in source order.
pub fn runs(model: &Model<'_>) -> Vec<Vec<AppId>> {
    let mut runs = vec![Vec::new(); model.machines.len()];
    for unit in &model.units {
        if let Some(machine) = unit.machine {
            runs[machine.index()].push(unit.app);
        }
    }
    runs
}

impl<'a> ApplicationJson<'a> {
    fn new(model: &'a Model<'_>, id: AppId, app: &'a App) -> Self {
        let component = model.component_of(id);
        let names = component.addresses.iter().map(|address| &*address.name.name);
        Self {
            name: &app.name,
            component: &component.ast.name.name,
            on_machines: app.placed,
            units: app.units.len(),
            addresses: names.zip(app.addresses.iter().copied()).collect(),
        }
    }
}

impl<'a> RelationJson<'a> {
    fn new(model: &'a Model<'_>, relation: &Relation) -> Self {
        Self {
            from: EndJson::new(model, relation.from),
            to: EndJson::new(model, relation.to),
            interface: &model.endpoint_info(relation.from).ast.interface.name,
            inferred: relation.inferred,
        }
    }
}

impl<'a> EndJson<'a> {
    fn new(model: &'a Model<'_>, id: EndpointId) -> Self {
        Self { application: &model.app(id.app).name, endpoint: &model.endpoint_info(id).ast.name.name }
    }
}

impl<'a> AuthorityJson<'a> {
    fn new(spec: &'a AuthoritySpec, status: &Status) -> Self {
        Self { spec, status: status.into() }
    }
}

impl<'a> CertificateJson<'a> {
    fn new(plan: &'a Plan<'_>, spec: &'a CertificateSpec, (unit, cert): (UnitId, u32), status: &Status) -> Self {
        let model = &plan.model;
        let own = model.unit(unit);
        Self {
            id: &spec.id,
            machine: own.machine.map(|machine| &*model.machine(machine).name),
            application: &model.app(own.app).name,
            name: &model.component_of(own.app).certs[cert as usize].ast.name.name,
            authority: &plan.pki.request.authorities[spec.authority as usize].name,
            cn: &spec.cn,
            org: &spec.org,
            usage: usage(spec),
            sans: &spec.sans,
            lifetime_seconds: spec.lifetime_seconds,
            key: spec.key.name(),
            status: status.into(),
        }
    }
}

/// `server`, `client`, or both.
pub fn usage(spec: &CertificateSpec) -> Vec<&'static str> {
    [(spec.server, "server"), (spec.client, "client")]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect()
}

impl From<&Status> for StatusJson {
    fn from(status: &Status) -> Self {
        match status {
            Status::Missing => Self::Missing,
            Status::Current { not_after, .. } => Self::Current { not_after: *not_after },
            Status::Stale { why } => Self::Stale { why },
        }
    }
}
