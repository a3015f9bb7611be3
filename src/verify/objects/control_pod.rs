//! Static pods of the control plane: they run before there is a network of pods, keep their data, and are of one version.
//!
//! Source: kubernetes.io/docs/tasks/configure-pod-container/static-pod, .../setup/production-environment/tools/kubeadm/implementation-details
//! (`hostNetwork: true` on all static pods, the data of etcd on the host).

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::Sample;
use crate::verify::locate::Step;

use super::inventory::{self, Found};

/// The program of the cluster's data, and the others of its control plane.
const ETCD: &str = "etcd";
const OF_KUBERNETES: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// What is wrong with those of one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let pods = inventory::of_sample(sample);
    // A configuration that is there first makes the network of its pods.
    let has_network = sample.documents().any(|document| document.path.starts_with("/etc/cni/net.d/"));
    let mut problems = Vec::new();
    for found in pods.iter().filter(|found| found.is_static && found.kind() == "Pod") {
        for (place, container) in list(&found.object["spec"]["containers"]).iter().enumerate() {
            let Some(program) = program(container) else { continue };
            let way: [Step; 3] = ["spec".into(), "containers".into(), place.into()];
            let one = Container { model, found, way: &way, container, program };
            problems.extend(one.network().filter(|_| !has_network));
            problems.extend(one.data());
            problems.extend(one.version());
        }
    }
    problems
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(container: &Json) -> impl Iterator<Item = &str> {
    list(&container["command"]).iter().chain(list(&container["args"])).filter_map(Json::as_str)
}

/// The program of the control plane that a container runs: its command, or that of its image.
fn program(container: &Json) -> Option<&'static str> {
    let first = list(&container["command"]).first().and_then(Json::as_str);
    let name = first.unwrap_or_else(|| image(container).0).rsplit('/').next()?;
    OF_KUBERNETES.iter().chain([&ETCD]).find(|known| **known == name).copied()
}

/// The name of the image, and its tag.
fn image(container: &Json) -> (&str, Option<&str>) {
    let image = container["image"].as_str().unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    let start = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[start..].split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (&image[start..], None),
    }
}

struct Container<'a, 'p> {
    model: &'a Model<'p>,
    found: &'a Found<'a, 'p>,
    way: &'a [Step],
    container: &'a Json,
    program: &'static str,
}

impl Container<'_, '_> {
    fn problem(&self, code: Code, steps: &[Step], message: String) -> Diagnostic {
        Diagnostic::new(code, self.found.span(self.model, steps), message)
    }

    /// One that waits for the network of the pods, whose own pods wait for it.
    fn network(&self) -> Option<Diagnostic> {
        // The others are not what the network waits for, where there are several of them.
        let is_first = [ETCD, "kube-apiserver"].contains(&self.program) && self.found.name().starts_with(self.program);
        let is_on_host = self.found.object["spec"]["hostNetwork"].as_bool() == Some(true);
        let message = format!(
            "the static pod `{}` is not on the network of its machine: the kubelet starts it when there is a network of pods, which \
             waits for the control plane",
            self.found.name()
        );
        let found = || self.problem(Code::UnwiseSetting, &["spec".into()], message);
        (is_first && !is_on_host).then(|| found().help("set `hostNetwork: true`"))
    }

    /// Data that ends with its container or its pod.
    fn data(&self) -> Option<Diagnostic> {
        let folder = words(self.container).find_map(|word| word.strip_prefix("--data-dir="));
        let folder = folder.filter(|path| self.program == ETCD && path.starts_with('/'))?;
        let volume = self.volume(folder);
        let place = match &volume {
            None => "in its container",
            Some(volume) if volume["emptyDir"].is_object() => "in an `emptyDir`",
            Some(_) => return None,
        };
        let message =
            format!("`etcd --data-dir` of {} is {place}, and lost with it: the whole cluster", self.found.title());
        let found = self.problem(Code::UnsafeSetting, &[self.way, &["name".into()]].concat(), message);
        Some(found.help(format!("mount `{folder}` from a `hostPath` of the machine")))
    }

    /// The volume that is mounted at a path or above it.
    fn volume(&self, path: &str) -> Option<&Json> {
        let holds = |mount: &&Json| {
            let at = mount["mountPath"].as_str().map(|at| at.trim_end_matches('/'));
            at.is_some_and(|at| path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        };
        let mount = list(&self.container["volumeMounts"]).iter().find(holds)?;
        list(&self.found.object["spec"]["volumes"]).iter().find(|volume| volume["name"] == mount["name"])
    }

    /// An image of another minor than the cluster is.
    fn version(&self) -> Option<Diagnostic> {
        let tag = image(self.container).1.filter(|_| self.program != ETCD)?;
        let own = self.model.app(self.found.document.owner.app).kubernetes;
        let mut numbers = tag.strip_prefix('v')?.split('.').map_while(|part| part.parse::<u32>().ok());
        let (major, minor) = (numbers.next()?, numbers.next()?);
        let message = format!(
            "{} runs `{tag}`, and the model says Kubernetes {own}: its flags and files are checked for another version",
            self.found.title()
        );
        let found = self.problem(Code::SettingsDiffer, &[self.way, &["image".into()]].concat(), message);
        let help =
            format!("use `v{own}`, or deploy this application with `kubernetes = {}`", tag.trim_start_matches('v'));
        ((u64::from(major), u64::from(minor)) != (own.major.into(), own.minor.into())).then(|| found.help(help))
    }
}
