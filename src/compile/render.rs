//! From a plan to the files of the output folder.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::diag::Diagnostic;
use crate::facts::platform::PlatformKind;
use crate::model::{self, Lock, Model};
use crate::pki::issued::Issued;
use crate::pki::spec::{Renewal, Request};
use crate::pki::{self, PkiError, Store, recorded};
use crate::plan::Plan;
use crate::plan::version::remembered;
use crate::render;
use crate::render::Placement;
use crate::render::bundle::{Bundle, BundleFile};
use crate::render::issued_material::IssuedMaterial;
use crate::render::origin::What;
use crate::render::placeholder::Placeholders;
use crate::target::{self, Desired, OutputFile, Reach, Site, Target, TargetMachine, Tree, cloud, lxd, ssh};
use crate::verify::{self, Evidence, document};

use super::known::Memo;
use super::machines::Machines;
use super::stream::{Stopped, stream};
use super::{Expected, Problems};

/// Everything that a render writes into the output folder, and what was issued for it.
pub struct Rendered {
    pub files: Vec<OutputFile>,
    pub issued: Issued,
    /// What is to be remembered: addresses given out, the versions that run, and fingerprints of keys.
    pub lock: Lock,
}

/// Why nothing was rendered.
pub enum RenderError {
    /// Something in the model.
    Problems(Vec<Diagnostic>),
    /// Something in the store.
    Pki(PkiError),
}

/// Issues what a plan needs and renders all of it for its target, in memory. [`stream`] keeps only what it works on.
///
/// # Errors
/// When the store refuses, a value cannot be computed, or the target cannot take it.
pub fn render(plan: &Plan<'_>, store: &mut Store, now: OffsetDateTime) -> Result<Rendered, RenderError> {
    let issued = issue(plan, store, now)?;
    let mut files = Vec::new();
    let streamed =
        stream(plan, &issued, (Tree::Written, &mut Memo::default()), &mut files).map_err(|stopped| match stopped {
            Stopped::Problems(problems) => RenderError::Problems(problems),
            Stopped::Sink(never) => match never {},
        })?;
    files.extend(streamed.files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.push(crate::emit::manifest(head(plan), &files, &plan.model.program.sources));
    let lock = lock(plan, &issued);
    Ok(Rendered { files, issued, lock })
}

/// The cluster and the target that a manifest names.
pub fn head<'a>(plan: &'a Plan<'_>) -> (&'a str, &'a str) {
    (&plan.model.cluster.name, planned_site(plan).target.name())
}

/// Keeps a folder with keys in it out of version control.
pub(super) fn unversioned() -> OutputFile {
    OutputFile {
        path: ".gitignore".to_owned(),
        mode: 0o644,
        content: b"*\n"[..].into(),
        secret: false,
        origin: What::Kmodel.into(),
    }
}

/// A cluster as it should be, the kubeconfigs for people, and what was issued for both.
pub struct Deployed {
    pub desired: Desired,
    /// What makes its machines and how they are reached.
    pub reach: Reach,
    pub kubeconfigs: Vec<OutputFile>,
    pub issued: Issued,
    /// As of [`Rendered`].
    pub lock: Lock,
    /// What the model expects of machines, if they exist already.
    pub expected: Arc<Expected>,
}

/// As [`render()`], for a platform that is dealt with at once. The caller saves the store before it uses anything.
///
/// # Errors
/// As [`render()`].
pub fn deploy(plan: &Plan<'_>, store: &mut Store, now: OffsetDateTime) -> Result<Deployed, RenderError> {
    let issued = issue(plan, store, now)?;
    let keys = IssuedMaterial::new(plan, &issued);
    let mut machines = Machines::new(plan, &keys);
    let all: Vec<TargetMachine> = machines.by_ref().collect();
    let cluster = machines.cluster().map_err(RenderError::Problems)?;
    let site = planned_site(plan);
    let desired = site.target.desired(&site, &all, outputs(&cluster));
    let desired = desired.map_err(|problems| RenderError::Problems(of_target(plan, problems)))?;
    let (desired, reach) = desired.expect("commands on a running cluster ask whether its target is applied");
    let mut lock = lock(plan, &issued);
    if let Reach::Ssh(hosts) = &reach {
        lock.hosts.extend(hosts.machines.iter().map(|host| (host.machine.to_string(), host.fields())));
    }
    let addresses = &lock.addresses;
    lock.hosts.retain(|name, _| addresses.contains_key(name));
    let expected = match &reach {
        Reach::Ssh(_) => Expected::of(plan, &all),
        Reach::Lxd(_) | Reach::Terraform(_) => Expected::default(),
    };
    Ok(Deployed { desired, reach, kubeconfigs: kubeconfigs(&cluster), issued, lock, expected: expected.into() })
}

/// What is to be remembered. What the model does not ask for any more is still in the store.
pub fn lock(plan: &Plan<'_>, issued: &Issued) -> Lock {
    let mut lock = remembered(&plan.model);
    lock.keys.extend(recorded::record(&plan.pki.request, issued));
    lock
}

/// Where the machines of a cluster are, for those who need to know nothing else of it.
pub enum Place {
    Lxd(lxd::Options),
    Ssh(ssh::Hosts),
    /// Terraform knows.
    Terraform,
}

/// Where the machines of a cluster are; `None` where `apply` does not reach them.
///
/// # Errors
/// What the target cannot take of its fields.
pub fn place_of(plan: &Plan<'_>) -> Result<Option<Place>, RenderError> {
    let site = planned_site(plan);
    let model = &plan.model;
    let place = match site.target.kind() {
        PlatformKind::Lxd => lxd::Options::read(&site).map(|options| Some(Place::Lxd(options))),
        PlatformKind::Ssh => {
            let machines = model
                .machines
                .iter()
                .map(|machine| (&*machine.name, &*model.groups[machine.group as usize].name, machine.address));
            ssh::hosts(&site, machines).map(|hosts| Some(Place::Ssh(hosts)))
        }
        PlatformKind::Cloud => Ok(has_configuration(model).then_some(Place::Terraform)),
        PlatformKind::Ignition => Ok(None),
    };
    place.map_err(|problems| RenderError::Problems(of_target(plan, problems)))
}

/// Whether `apply` reaches the machines of a model.
pub fn is_applied(model: &Model<'_>) -> bool {
    planned_target(model)
        .is_ok_and(|target| target.is_applied() || target.kind() == PlatformKind::Cloud && has_configuration(model))
}

/// Whether a component writes what makes the machines.
fn has_configuration(model: &Model<'_>) -> bool {
    let bundle = render::cluster(model, Placement::new(model).on_none(), &Placeholders::new(model));
    bundle.is_ok_and(|bundle| bundle.outputs.iter().any(|file| cloud::is_configuration(&file.path)))
}

/// Issues what a plan needs, and verifies what depends on the issued keys. The caller saves the store before anything is used.
///
/// # Errors
/// When the store refuses, and when a document would not hold with what was issued.
pub fn issue(plan: &Plan<'_>, store: &mut Store, now: OffsetDateTime) -> Result<Issued, RenderError> {
    issue_with((plan, &plan.pki.request), store, now, pki::issue)
}

/// The same, but that certificates of machines stay on the disk: [`stream`] reads those of the machine that it works on.
///
/// # Errors
/// As [`issue`].
pub fn issue_aside(plan: &Plan<'_>, store: &mut Store, now: OffsetDateTime) -> Result<Issued, RenderError> {
    issue_with((plan, &plan.pki.request), store, now, pki::issue_aside)
}

/// The same, with certificates that are issued anew however long they are still valid.
///
/// # Errors
/// As [`issue`].
pub fn issue_renewed(
    plan: &Plan<'_>,
    store: &mut Store,
    renewal: Renewal,
    now: OffsetDateTime,
) -> Result<Issued, RenderError> {
    let request = Request { renewal, ..plan.pki.request.clone() };
    issue_with((plan, &request), store, now, pki::issue)
}

type Issue = fn(&pki::spec::Request, &mut Store, OffsetDateTime) -> Result<Issued, PkiError>;

fn issue_with(
    (plan, request): (&Plan<'_>, &Request),
    store: &mut Store,
    now: OffsetDateTime,
    issue: Issue,
) -> Result<Issued, RenderError> {
    if !store.is_trial() {
        let astray = super::missing_keys::astray(plan, Some(store), store.dir());
        (astray.is_empty()).then_some(()).ok_or(RenderError::Problems(astray))?;
    }
    let issued = issue(request, store, now).map_err(RenderError::Pki)?;
    documents_hold(plan, &IssuedMaterial::new(plan, &issued))?;
    Ok(issued)
}

/// The target that a model is planned for.
///
/// # Errors
/// When there is none of its name.
pub fn planned_target(model: &Model<'_>) -> Result<Target, Diagnostic> {
    let Some(declared) = model.targets.first() else { return Ok(Target::fallback()) };
    Target::declared(declared).map_err(|unknown| verify::target::unknown(&unknown, declared.span))
}

/// Looks again into the files of one machine of each kind, now that it is known what is issued and what is not.
fn documents_hold(plan: &Plan<'_>, keys: &IssuedMaterial<'_, '_>) -> Result<(), RenderError> {
    let (model, pki) = (&plan.model, &plan.pki);
    let mut problems = Vec::new();
    let samples = render::sample(model, keys, &mut problems);
    let evidence = Evidence { model, pki, names: keys, samples: &samples, sized: &[] };
    problems.extend(document::documents(&evidence).problems);
    problems.retain(Diagnostic::is_error);
    no_problem(problems).map_err(RenderError::Problems)
}

pub(super) fn no_problem(problems: Problems) -> Result<(), Problems> {
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

pub(super) fn planned_site(plan: &Plan<'_>) -> Site {
    Site::new(&plan.model, planned_target(&plan.model).unwrap_or_else(|_| Target::fallback()))
}

/// Problems that the target found.
pub(super) fn of_target(plan: &Plan<'_>, problems: Vec<target::Problem>) -> Problems {
    let none = model::Target::default();
    let target = plan.model.targets.first().unwrap_or(&none);
    problems.into_iter().map(|found| verify::target::diagnostic(&plan.model, target, found)).collect()
}

/// The kubeconfigs for people: files of what belongs to no machine.
pub(super) fn kubeconfigs(bundle: &Bundle) -> Vec<OutputFile> {
    let files = bundle.files.iter().filter(|file| !file.path.starts_with('/'));
    files.map(|file| output_file(file, format!("kubeconfig/{}", file.path))).collect()
}

/// What components write into the output themselves.
pub(super) fn outputs(bundle: &Bundle) -> Vec<OutputFile> {
    bundle.outputs.iter().map(|file| output_file(file, file.path.clone())).collect()
}

fn output_file(file: &BundleFile, path: String) -> OutputFile {
    OutputFile {
        path,
        mode: file.mode,
        content: Arc::clone(&file.content),
        secret: file.secret,
        origin: file.origin.clone(),
    }
}
