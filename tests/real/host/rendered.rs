//! Examples and fixtures, rendered to disk by the library, once for each run of a test program.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use kmodel::check;
use kmodel::compile::{self, RenderError};
use kmodel::diag::{Diagnostic, any_error};
use kmodel::emit::{self, Force};
use kmodel::model::{Input, MachineId};
use kmodel::pki::Store;
use kmodel::pki::issued::Issued;
use kmodel::pki::spec::{Request, San};
use kmodel::plan::{Plan, dialled_names};
use kmodel::source::Sources;
use kmodel::target::OutputFile;
use kmodel::world::{Disk, World};

/// A name, a file and the overlays that are applied.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// Everything that real programs look at.
const CASES: &[Case] = &[
    ("ha", "examples/ha.km", &[]),
    ("single", "examples/single.km", &[]),
    ("lab", "examples/lab.km", &[]),
    ("lab-small", "examples/lab.km", &["lab"]),
    ("firewall", "tests/fixtures/firewall.km", &[]),
    ("firewall-ipv6", "tests/fixtures/firewall.km", &["ipv6"]),
    ("edge", "examples/edge.km", &[]),
    ("zones", "examples/zones.km", &[]),
    ("large", "examples/large.km", &["trial"]),
    ("ipv6", "examples/ipv6.km", &[]),
    ("dual-stack", "examples/dual-stack.km", &[]),
    ("external-etcd", "examples/external-etcd.km", &[]),
    ("stacked-etcd", "examples/stacked-etcd.km", &[]),
    ("external-ca", "examples/external-ca.km", &[]),
    ("air-gapped", "examples/air-gapped.km", &[]),
    ("mixed-arch", "examples/mixed-arch.km", &[]),
    ("history", "examples/history/third.km", &[]),
    ("nginx", "tests/fixtures/nginx.km", &[]),
    ("options", "tests/fixtures/options.km", &[]),
    ("sections", "tests/cases/good/sections.km", &[]),
    ("balancer-on-each-node", "tests/cases/good/balancer-on-each-node.km", &[]),
    ("private-registries", "tests/cases/good/private-registries.km", &[]),
    ("cri-o", "tests/fixtures/cri-o.km", &[]),
    ("kubeconfig", "tests/fixtures/kubeconfig.km", &[]),
    ("debian-12", "tests/fixtures/package.km", &[]),
    ("debian-13", "tests/fixtures/package.km", &["debian-13"]),
];

/// The fixture of all Kubernetes minors, and its overlays.
pub const MINORS: [&str; 6] = ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"];

/// A rendered output.
pub struct Output {
    pub name: String,
    /// The version that runs.
    pub kubernetes: String,
    /// The output folder.
    pub root: PathBuf,
    pub files: Vec<OutputFile>,
    pub request: Request,
    pub issued: Issued,
    /// For each certificate the names by which some relation dials what shows it.
    pub dialled: Vec<Vec<San>>,
    pub machines: Vec<Machine>,
    /// The addresses that applications were given, as `keepalived`.
    pub addresses: BTreeMap<String, Vec<IpAddr>>,
}

/// A machine of an output.
pub struct Machine {
    pub name: String,
    pub address: IpAddr,
    pub arch: String,
}

/// All of the cases.
pub fn all() -> Vec<&'static Output> {
    CASES.iter().map(|(name, ..)| case(name)).collect()
}

/// The cluster of one Kubernetes minor: `1.34`.
pub fn minor(minor: &str) -> &'static Output {
    let overlay: &'static str = Box::leak(format!("v{}", minor.replace('.', "-")).into_boxed_str());
    cached(&format!("minor-{minor}"), || render(overlay, "tests/fixtures/minors.km", &[overlay]))
}

/// The case with this name.
pub fn case(name: &str) -> &'static Output {
    let (name, file, overlays) = *CASES.iter().find(|case| case.0 == name).expect("the name of a case");
    cached(name, || render(name, file, overlays))
}

fn cached(name: &str, make: impl FnOnce() -> Output) -> &'static Output {
    type Cells = Mutex<BTreeMap<String, &'static OnceLock<Output>>>;
    static CELLS: Cells = Mutex::new(BTreeMap::new());
    let cell = {
        let mut cells = CELLS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *cells.entry(name.to_owned()).or_insert_with(|| Box::leak(Box::default()))
    };
    cell.get_or_init(make)
}

/// Renders a file. Certificates begin now, since real programs look at the real clock.
pub fn render(name: &str, file: &str, overlays: &[&str]) -> Output {
    let folder = scratch(name);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let disk = Disk::beside(&path);
    let checked = check::check(&disk, &path);
    let fail = |problems: &[Diagnostic]| fail(&checked.program.sources, file, problems);
    if any_error(&checked.diagnostics) {
        fail(&checked.diagnostics);
    }
    let input = Input { overlays: overlays.iter().map(ToString::to_string).collect(), ..Input::default() };
    let planned = compile::plan_program(&checked.program, &disk, &input);
    if !compile::is_renderable(&planned) {
        fail(&planned.problems);
    }
    let plan = planned.plan.expect("it is renderable");
    let mut store = Store::open(&folder.join(".kmodel")).expect("a new store");
    let rendered = compile::render(&plan, &mut store, disk.now()).unwrap_or_else(|error| match error {
        RenderError::Problems(problems) => fail(&problems),
        RenderError::Pki(error) => panic!("{file}: {error}"),
    });
    store.save().expect("the store can be written");
    let root = folder.join("out");
    emit::write(&root, &rendered.files, Force::Refuse).expect("a new folder can be written");
    Output {
        name: name.to_owned(),
        kubernetes: plan.model.cluster.kubernetes.to_string(),
        root,
        files: rendered.files,
        issued: rendered.issued,
        request: plan.pki.request.clone(),
        dialled: dialled(&plan),
        machines: machines(&plan),
        addresses: plan.model.apps().map(|(_, app)| (app.name.to_string(), app.addresses.clone())).collect(),
    }
}

fn fail(sources: &Sources, file: &str, problems: &[Diagnostic]) -> ! {
    let line = |problem: &Diagnostic| {
        let place = problem.labels.first().map(|label| sources.place(label.span));
        format!("{} {}: {}", place.unwrap_or_default(), problem.code, problem.message)
    };
    let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).map(line).collect();
    panic!("{file} has errors:\n{}", errors.join("\n"))
}

/// A folder of this process. What earlier processes left is removed.
fn scratch(name: &str) -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rendered");
    fs::create_dir_all(&base).expect("the folder of tests can be written");
    for old in fs::read_dir(&base).into_iter().flatten().flatten() {
        let owner = old.file_name().to_string_lossy().split('-').next().map(|pid| Path::new("/proc").join(pid));
        if owner.is_some_and(|process| !process.exists()) {
            let _ = fs::remove_dir_all(old.path());
        }
    }
    let folder = base.join(format!("{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder of tests can be written");
    folder
}

fn dialled(plan: &Plan<'_>) -> Vec<Vec<San>> {
    let dialling = dialled_names::dialling(&plan.model, &mut Vec::new());
    let names = |(unit, cert): &(kmodel::model::UnitId, u32)| {
        let app = plan.model.unit(*unit).app;
        let endpoints = plan.model.component_of(app).endpoints.iter().enumerate();
        endpoints
            .filter(|(_, info)| info.identity == Some(*cert))
            .flat_map(|(place, _)| dialling.names(&plan.model, *unit, place as u32))
            .collect()
    };
    plan.pki.certificates.iter().map(names).collect()
}

fn machines(plan: &Plan<'_>) -> Vec<Machine> {
    let model = &plan.model;
    let machine = |(place, machine): (usize, &kmodel::model::Machine)| Machine {
        name: machine.name.to_string(),
        address: machine.address,
        arch: model.group_of(MachineId(place as u32)).arch.to_string(),
    };
    model.machines.iter().enumerate().map(machine).collect()
}

impl Output {
    /// A file of the output folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A machine's files as a tree.
    pub fn tree(&self, machine: &str) -> PathBuf {
        self.path(&format!("machines/{machine}/root"))
    }

    /// A file on a machine, if it has it.
    pub fn on(&self, machine: &str, path: &str) -> Option<String> {
        self.text(&format!("machines/{machine}/root{path}"))
    }

    /// The text of a file of the output.
    pub fn text(&self, path: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.path == path)?;
        Some(String::from_utf8(file.content.to_vec()).expect("what machines read is text"))
    }

    /// The files that all machines have at this path, with the machine's name.
    pub fn everywhere(&self, path: &str) -> Vec<(&str, String)> {
        let machines = self.machines.iter().map(|machine| machine.name.as_str());
        machines.filter_map(|machine| Some((machine, self.on(machine, path)?))).collect()
    }

    pub fn machine(&self, name: &str) -> &Machine {
        self.machines.iter().find(|machine| machine.name == name).expect("the name of a machine")
    }

    /// The certificate of an authority.
    pub fn authority(&self, name: &str) -> PathBuf {
        self.path(&format!("pki/{name}.crt"))
    }
}
