//! Files that say what they are, compared with what their programs read.
//!
//! The usual programs let a key pass that they do not know: cloud-init and kubectl drop it, kubeadm warns. So a file that is
//! a cloud-config, a network-config, a kubeconfig, a kubeadm configuration or a systemd unit, by its place or by what it says
//! of itself, is compared with the keys that there are before anything is written.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, Label};
use crate::model::{AppId, Model, Value};
use crate::plan::Proof;
use crate::render::evidence::{Content, Document, Entry, Sample, ini, yaml};
use crate::render::format::{Secrets, tree};
use crate::syntax::ast::Expr;

use super::locate::{self, Step, Writer};
use super::users_place;
use super::{Evidence, Verdict, counted, gap};

mod cloud_config;
pub(super) mod cni;
mod containerd;
mod corefile;
mod crio;
mod environment;
mod flannel;
pub(super) mod host;
mod json_text;
mod keyed;
mod kubeadm;
mod kubeconfig;
mod repeated;
pub mod systemd;
mod table;
mod terraform;
mod trust;
mod unit;
mod unit_text;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DocumentKind {
    CloudConfig,
    NetworkConfig,
    /// The same as network-config, below `network`.
    Netplan,
    Kubeconfig,
    Kubeadm,
    /// Of a program whose keys are a table of `documents`.
    Keyed,
    Terraform,
    Unit,
}

/// Something that is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentProblem {
    pub code: Code,
    /// To the key or the value that is meant.
    pub path: Vec<Step>,
    pub message: String,
    pub help: Help,
    /// Whether the value is wrong, and not its key.
    pub is_value: bool,
}

/// Every file has the keys that its program reads, and kubeconfigs lead to a server that admits them.
pub fn documents(evidence: &Evidence<'_, '_>) -> Verdict {
    let (mut files, mut units) = (BTreeSet::new(), BTreeSet::new());
    let mut of = |sample: &Sample<'_>, entry: &Entry<'_>| match entry {
        Entry::Document(document) => {
            let found = of_document(evidence, sample, document);
            // Whose keys depend on the version of the program: its file is checked, but not counted in the proof.
            let is_listed = kind(&document.path, &Json::Null, "") != Some(DocumentKind::Keyed);
            if found.is_some() && is_listed {
                files.insert((document.owner.app, document.path.clone()));
            }
            found.unwrap_or_default()
        }
        Entry::Unit(entry) => {
            units.insert((entry.owner.app, entry.unit.name.clone()));
            unit::of_entry(evidence.model, entry)
        }
        _ => Vec::new(),
    };
    let problems = evidence.on_each(|sample| sample.entries.iter().flat_map(|entry| of(sample, entry)).collect());
    let types = evidence.samples.iter().flat_map(terraform::without_table).collect();
    let gaps = gap("resources", "resource type", "kmodel has no table of them", types).into_iter().collect();
    Verdict { gaps, ..Verdict::of(problems, proof(files.len(), units.len())) }
}

/// What is wrong with the files and units of one machine. A kubeconfig that follows from relations dials what they lead to.
pub fn of_machine(evidence: &Evidence<'_, '_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Document(document) if document.derived => {
            let findings = check(&document.path, &document.content).into_iter();
            findings.map(|finding| shown(evidence.model, document, finding)).collect()
        }
        Entry::Document(document) => of_document(evidence, sample, document).unwrap_or_default(),
        Entry::Unit(entry) => unit::of_entry(evidence.model, entry),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}

/// Whether rules look at more for the files of a machine than at these and what all machines share: at who answers where a
/// kubeconfig leads, at the objects of others, and at applications that only a text names.
pub fn looks_beyond(model: &Model<'_>, sample: &Sample<'_>) -> bool {
    sample.documents().any(|document| {
        let own = !document.derived && (corefile::is_one(document) || is_kubeconfig(document));
        own || document.owner.of.is_some_and(|of| !is_provider(model, (of, document.owner.app)))
    })
}

/// Without reading texts that cannot be one.
fn is_kubeconfig(document: &Document<'_>) -> bool {
    let may_be = match &document.content {
        Content::Text(text) => text.contains("Config"),
        Content::Value(_) => true,
    };
    may_be && !kubeconfigs(document).is_empty()
}

fn is_provider(model: &Model<'_>, (of, app): (AppId, AppId)) -> bool {
    model.ends(app).providers.iter().flatten().any(|provider| provider.app == of)
}

/// That so many files and units are as their programs read them.
fn proof(files: usize, units: usize) -> Proof {
    let said = counted(&[(files, "configuration file"), (units, "systemd unit")]);
    let statement = if said.is_empty() { said } else { format!("{said}: no unknown keys") };
    Proof { name: "documents", statement, count: files + units }
}

/// What is wrong with a file of a component, shown where the component writes it; `None` if it is not known what reads it.
fn of_document(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, document: &Document<'_>) -> Option<Vec<Diagnostic>> {
    let findings = match (findings(&document.path, &document.content), of_cluster(evidence, sample, document)) {
        (None, more) if more.is_empty() => return None,
        (first, more) => {
            let mut list = first.unwrap_or_default();
            let new =
                more.into_iter().filter(|new| !list.iter().any(|known| known.path == new.path)).collect::<Vec<_>>();
            list.extend(new);
            list
        }
    };
    if findings.is_empty() {
        let config = trust::Kubeconfig { evidence, document };
        return Some(kubeconfigs(document).iter().flat_map(|value| config.check(value)).collect());
    }
    Some(findings.into_iter().map(|finding| shown(evidence.model, document, finding)).collect())
}

/// The files that services take variables from.
pub(super) fn variables<'s>(evidence: &Evidence<'s, '_>) -> HashSet<&'s str> {
    let services = evidence.samples.iter().flat_map(|sample| &sample.services);
    let files = services.flat_map(|service| service.values("Service", "EnvironmentFile"));
    files.map(|(_, path, _)| path.trim_start_matches('-')).collect()
}

/// Whether the keys of a file are known, or how the program that reads it takes it.
pub(super) fn is_read(one: &Document<'_>, variables: &HashSet<&str>) -> bool {
    let name = one.path.rsplit('/').next().unwrap_or_default();
    let text = match &one.content {
        Content::Text(text) => text,
        Content::Value(_) => "",
    };
    variables.contains(&*one.path)
        || matches!(name, "Corefile" | "net-conf.json")
        || kind(&one.path, &Json::Null, text).is_some()
        || findings(&one.path, &one.content).is_some()
}

/// What is wrong with a file by what the model says of the cluster and of the programs on the machine.
fn of_cluster(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let model = evidence.model;
    let mut list = keyed::check(model, sample, document);
    list.extend(crio::check(sample, document));
    list.extend(corefile::check(model, document));
    list.extend(flannel::check(model, document));
    list.extend(cni::check(evidence, sample, document));
    list.extend(kubeadm::unmounted(sample, document));
    list.extend(terraform::undeclared(sample, document));
    list.extend(environment::check(sample, document));
    list.extend(repeated::check(document));
    list.extend(json_text::check(document));
    list
}

/// A finding at its place in a document.
fn shown(model: &Model<'_>, document: &Document<'_>, finding: DocumentProblem) -> Diagnostic {
    let (way, is_value) = (finding.path.clone(), finding.is_value);
    let finding = DocumentProblem { path: document.way(&finding.path), ..finding };
    let mut problem = diagnostic(model, &document.path, finding, (document.owner.into(), document.written));
    let span = problem.labels[0].span;
    let given = locate::or_given(model, document, &way, span);
    if given == span {
        return users_place::of_app(model, document.owner.provider(), problem);
    }
    problem.labels[0] = Label { span: given, text: String::new() };
    // A key in quotes keeps them.
    let is_bare = !model.program.sources.text(given).starts_with('"');
    if is_value || !is_bare { problem } else { problem.fix_near(given) }
}

/// The kubeconfigs in a file, with what they hold as it is: what is issued has not been yet.
fn kubeconfigs(document: &Document<'_>) -> Vec<Json> {
    let path = &document.path;
    let list = match &document.content {
        Content::Value(value) => vec![json(value, Secrets::Seen)],
        Content::Text(text) if text.contains("kind:") || kind(path, &Json::Null, text).is_some() => {
            yaml(text).unwrap_or_default()
        }
        Content::Text(_) => Vec::new(),
    };
    list.into_iter().filter(|value| kind(path, value, "") == Some(DocumentKind::Kubeconfig)).collect()
}

/// What is wrong with a value that goes into a file, shown where it is written.
pub fn part(model: &Model<'_>, path: &str, value: &Value, written: (Writer, &Expr)) -> Vec<Diagnostic> {
    let findings = check(path, &Content::Value(value.clone())).into_iter();
    findings.map(|finding| diagnostic(model, path, finding, written)).collect()
}

/// What is wrong with the content of a file.
pub fn check(path: &str, content: &Content) -> Vec<DocumentProblem> {
    findings(path, content).unwrap_or_default()
}

/// What is wrong with the content of a file; `None` if it is not known what reads it.
fn findings(path: &str, content: &Content) -> Option<Vec<DocumentProblem>> {
    if let Some(found) = host::check(path, content) {
        return Some(found);
    }
    match content {
        Content::Value(value) if kind(path, &Json::Null, "") == Some(DocumentKind::Unit) => {
            Some(unit_text::check(path, &ini(value)?))
        }
        Content::Value(value) => document(path, &json(value, Secrets::Hidden), ""),
        Content::Text(text) if kind(path, &Json::Null, text) == Some(DocumentKind::Unit) => {
            Some(unit_text::check(path, text))
        }
        Content::Text(text) if kind(path, &Json::Null, text) == Some(DocumentKind::Keyed) => toml_of(path, text),
        Content::Text(text) => documents_of(path, text),
    }
}

fn toml_of(path: &str, text: &str) -> Option<Vec<DocumentProblem>> {
    match toml::from_str::<Json>(text) {
        Ok(value) => document(path, &value, text),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            Some(vec![DocumentProblem {
                code: Code::InvalidConfig,
                path: vec![Step::Line(before.matches('\n').count() + 1)],
                message: format!("`{path}` is not valid TOML: {}", error.message()),
                help: format!("{} does not start with it", program_of(path)).into(),
                is_value: true,
            }])
        }
    }
}

/// The program whose keys the file at a path has.
fn program_of(path: &str) -> &'static str {
    crate::facts::document::at(path).map_or("the program that reads it", |table| &table.program)
}

/// A YAML text may hold several documents.
fn documents_of(path: &str, text: &str) -> Option<Vec<DocumentProblem>> {
    let may_claim = text.contains("kind:") || kind(path, &Json::Null, text).is_some();
    if !may_claim {
        return None;
    }
    if is_object(path, text)
        && let Err(broken) = yaml(text)
        && !broken.is_too_much
    {
        return Some(vec![DocumentProblem {
            code: Code::InvalidConfig,
            path: vec![Step::Line(broken.line)],
            message: format!("`{path}` is not valid YAML: {}", broken.message),
            help: "the program that reads it rejects the whole file".into(),
            is_value: true,
        }]);
    }
    let options = serde_saphyr::options! {
        // Which program refuses one, `repeated` knows.
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // As cloud-init and kubectl read modes: `0644`.
        legacy_octal_numbers: true,
        budget: serde_saphyr::budget! { max_documents: usize::MAX },
    };
    match serde_saphyr::from_multiple_with_options::<Json>(text, options) {
        Ok(list) => list.iter().filter_map(|value| document(path, value, text)).reduce(|mut all, more| {
            all.extend(more);
            all
        }),
        Err(error) if kind(path, &Json::Null, text).is_some() => {
            let message = error.to_string().lines().next().unwrap_or_default().to_lowercase();
            Some(vec![DocumentProblem {
                code: Code::InvalidConfig,
                path: Vec::new(),
                message: format!("`{path}` is not valid YAML: {message}"),
                help: "use `content`, which kmodel serializes".into(),
                is_value: true,
            }])
        }
        Err(_) => None,
    }
}

/// Whether a text says that it is an object of Kubernetes.
fn is_object(path: &str, text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    path.rsplit('.').next().is_some_and(|ending| matches!(ending, "yaml" | "yml")) && has("apiVersion:") && has("kind:")
}

fn document(path: &str, value: &Json, text: &str) -> Option<Vec<DocumentProblem>> {
    let findings = match kind(path, value, text)? {
        DocumentKind::CloudConfig => {
            let mut list = table::check(&table::CLOUD_CONFIG, "", value);
            list.extend(cloud_config::check(value));
            list
        }
        DocumentKind::NetworkConfig => table::check(&table::NETWORK_CONFIG, "", value.get("network").unwrap_or(value)),
        DocumentKind::Netplan => match value.get("network") {
            Some(network) => below("network", table::check(&table::NETWORK_CONFIG, "", network)),
            None => vec![no_network(value)],
        },
        DocumentKind::Kubeconfig => {
            let mut list = table::check(&table::KUBECONFIG, "", value);
            list.extend(kubeconfig::check(value));
            list
        }
        DocumentKind::Kubeadm => match value.get("kind").and_then(Json::as_str) {
            Some(kind) if table::KUBEADM.body.contains_key(kind) => {
                let mut list = table::check(&table::KUBEADM, kind, value);
                list.extend(kubeadm::arguments(value));
                list.extend(kubeadm::path_types(value));
                list
            }
            _ => return None,
        },
        DocumentKind::Keyed if program_of(path) == "containerd" => containerd::check(value),
        DocumentKind::Keyed => Vec::new(),
        DocumentKind::Terraform => terraform::check(value),
        DocumentKind::Unit => return None,
    };
    // Of a scalar there is nothing to read.
    (value.is_object() || value.is_array() || !findings.is_empty()).then_some(findings)
}

fn below(key: &str, findings: Vec<DocumentProblem>) -> Vec<DocumentProblem> {
    let under = |mut finding: DocumentProblem| {
        finding.path.insert(0, Step::Key(key.to_owned()));
        finding
    };
    findings.into_iter().map(under).collect()
}

fn no_network(value: &Json) -> DocumentProblem {
    let first = value.as_object().and_then(|map| map.keys().next().cloned());
    DocumentProblem {
        code: Code::UnknownKey,
        path: first.map(Step::Key).into_iter().collect(),
        message: "netplan reads only the top-level key `network`".to_owned(),
        help: "move all keys below `network`".into(),
        is_value: false,
    }
}

/// How user-data begins that is not a cloud-config (docs.cloud-init.io, User-data formats).
const OTHER_USER_DATA: [&str; 8] =
    ["#!", "#include", "#cloud-boothook", "#part-handler", "## template:", "Content-Type:", "MIME-Version:", "From "];

/// What a file says that it is: by what is in it, or by where it lies.
fn kind(path: &str, value: &Json, text: &str) -> Option<DocumentKind> {
    let field = |name: &str| value.get(name).and_then(Json::as_str).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default();
    let is_unit = path.starts_with("/etc/systemd/system/") || path.starts_with("/usr/lib/systemd/system/");
    match () {
        // Its parts are read as files of their own.
        () if text.starts_with("#cloud-config-") => None,
        () if text.starts_with("#cloud-config") => Some(DocumentKind::CloudConfig),
        () if path.starts_with("/etc/cloud/cloud.cfg") || matches!(name, "user-data" | "vendor-data") => {
            // User-data may be a script too, or have several parts.
            let is_other = OTHER_USER_DATA.iter().any(|start| text.starts_with(start));
            (!is_other).then_some(DocumentKind::CloudConfig)
        }
        () if terraform::is_json(name) => Some(DocumentKind::Terraform),
        () if name == "network-config" => Some(DocumentKind::NetworkConfig),
        () if path.starts_with("/etc/netplan/") && matches!(ending, "yaml" | "yml") => Some(DocumentKind::Netplan),
        () if field("apiVersion").starts_with("kubeadm.k8s.io/v1beta") => Some(DocumentKind::Kubeadm),
        () if field("apiVersion") == "v1" && field("kind") == "Config" => Some(DocumentKind::Kubeconfig),
        () if crate::facts::document::at(path).is_some() => Some(DocumentKind::Keyed),
        () if name.ends_with(".kubeconfig") => Some(DocumentKind::Kubeconfig),
        () if is_unit && (unit_text::ENDINGS.contains(&ending) || path.contains(".d/") && ending == "conf") => {
            Some(DocumentKind::Unit)
        }
        () => None,
    }
}

/// A value as its document has it; what no document can hold is nothing.
fn json(value: &Value, secrets: Secrets) -> Json {
    tree(value, secrets).unwrap_or_default()
}

/// A value on one line, to look for something in it.
pub fn plain(value: &Value) -> String {
    json(value, Secrets::Seen).to_string()
}

/// A finding, shown where the document is put together.
pub fn diagnostic(
    model: &Model<'_>,
    path: &str,
    finding: DocumentProblem,
    (writer, written): (Writer, &Expr),
) -> Diagnostic {
    let place = locate::place(model, writer, written, &finding.path);
    let here = if place.exact { String::new() } else { format!("`{path}` is declared here") };
    let diagnostic = Diagnostic::new(finding.code, place.span, finding.message).here(here).help(finding.help);
    // The place is that of the key: a value that was meant cannot be put there.
    if place.exact && !finding.is_value { at_key(diagnostic, place) } else { diagnostic }
}

/// With the edit that puts the key that was probably meant in its place.
fn at_key(problem: Diagnostic, place: locate::DocumentPlace) -> Diagnostic {
    match problem.near().filter(|_| place.quoted).map(str::to_owned) {
        // A file that is pasted is not the model's own.
        _ if place.pasted => problem,
        Some(near) => problem.fix(place.span, format!("\"{near}\""), format!("write `{near}`")),
        None => problem.fix_near(place.span),
    }
}

#[cfg(test)]
mod tests;
