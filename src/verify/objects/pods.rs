//! The pods that objects and static pods make: what they are like, how many there are, and where each part is written.

use serde_json::Value as Json;

use crate::model::{AppId, MachineId, Model};
use crate::render::evidence::{Document, Step};
use crate::render::format::{Secrets, tree};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::verify::Evidence;
use crate::verify::locate::{self, Writer};

/// How many pods there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// One on each machine that it may run on.
    Each,
    /// So many, on machines that the scheduler chooses.
    Some(u64),
    /// One, which the kubelet of a machine starts itself.
    Static(MachineId),
}

/// Pods that are alike.
#[derive(Debug)]
pub struct Pods<'a> {
    kind: String,
    namespace: String,
    name: String,
    pub app: AppId,
    pub number: Number,
    /// The `spec` of one of them.
    pub spec: Json,
    written: Place<'a>,
}

/// Where an object is put together: the way into that, and in whose words it is.
#[derive(Clone, Debug)]
struct Place<'a> {
    expr: &'a Expr,
    writer: Writer,
    way: Vec<Step>,
}

impl Place<'_> {
    fn below(&self, steps: impl IntoIterator<Item = Step>) -> Self {
        let way = self.way.iter().cloned().chain(steps).collect();
        Self { way, ..self.clone() }
    }
}

impl Pods<'_> {
    /// `` DaemonSet `kube-flannel-ds` ``.
    pub fn title(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }

    /// Whether both are the same object: it may be provided more than once.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.kind, &self.namespace, &self.name) == (&other.kind, &other.namespace, &other.name)
            && self.number == other.number
    }

    /// Where a part of its `spec` is written.
    pub fn span(&self, model: &Model<'_>, steps: &[Step]) -> Span {
        let Place { expr, writer, way } = &self.written;
        locate::value(model, *writer, expr, &[way, steps].concat())
    }
}

/// All that objects of applications and static pods of machines make.
pub fn all<'a>(evidence: &Evidence<'a, '_>) -> Vec<Pods<'a>> {
    let mut list = Vec::new();
    for (app, endpoint) in super::providers(evidence.model) {
        of_endpoint(evidence.model, app, endpoint, &mut list);
    }
    for sample in evidence.samples {
        let own = sample.documents().filter(|document| sample.static_pods.reads(&document.path));
        own.for_each(|document| of_document(document, &mut list));
    }
    list
}

fn of_endpoint<'a>(model: &'a Model<'_>, app: AppId, endpoint: u32, list: &mut Vec<Pods<'a>>) {
    let body = &model.component_of(app).endpoints[endpoint as usize].ast.body;
    let writer = Writer { module: model.module_of(app), app: Some(app), of: None };
    for name in super::OBJECTS {
        let Some((field, value)) = body.field(name).zip(super::field(model, app, endpoint, name)) else { continue };
        let objects = super::read(&value);
        let at = Place { expr: &field.value, writer, way: Vec::new() };
        // In a text with one object it has no number.
        if let ([object], true) = (&*objects, value.scalar_text().is_some()) {
            of_object(object, app, &at, None, list);
            continue;
        }
        for (place, object) in objects.iter().enumerate() {
            of_object(object, app, &at.below([place.into()]), None, list);
        }
    }
}

fn of_document<'a>(document: &Document<'a>, list: &mut Vec<Pods<'a>>) {
    let Some(object) = document.value().and_then(|value| tree(value, Secrets::Hidden).ok()) else { return };
    let at = Place { expr: document.written, writer: document.owner.into(), way: document.at.clone() };
    of_object(&object, document.owner.provider(), &at, document.owner.machine, list);
}

fn of_object<'a>(object: &Json, app: AppId, at: &Place<'a>, machine: Option<MachineId>, list: &mut Vec<Pods<'a>>) {
    if let Json::Array(objects) = object {
        let each = |(place, one): (usize, &Json)| of_object(one, app, &at.below([place.into()]), machine, list);
        return objects.iter().enumerate().for_each(each);
    }
    if object["items"].is_array() {
        return of_object(&object["items"], app, &at.below(["items".into()]), machine, list);
    }
    let kind = object["kind"].as_str().unwrap_or_default();
    let path: &[&str] = match kind {
        "Pod" => &["spec"],
        "DaemonSet" | "Deployment" | "StatefulSet" | "ReplicaSet" | "Job" => &["spec", "template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return,
    };
    let spec = path.iter().fold(object, |inner, key| &inner[*key]).clone();
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    let written = at.below(path.iter().map(|key| Step::from(*key)));
    let number = number(object, kind, machine);
    list.push(Pods {
        kind: kind.to_owned(),
        namespace: text("namespace"),
        name: text("name"),
        app,
        number,
        spec,
        written,
    });
}

fn number(object: &Json, kind: &str, machine: Option<MachineId>) -> Number {
    let field = match kind {
        "Job" => "parallelism",
        _ => "replicas",
    };
    match (machine, kind) {
        (Some(machine), _) => Number::Static(machine),
        (None, "DaemonSet") => Number::Each,
        _ => Number::Some(object["spec"][field].as_u64().unwrap_or(1)),
    }
}
