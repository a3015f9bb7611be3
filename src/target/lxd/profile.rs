//! What containers of one kind are allowed.
//!
//! Machines whose components need a device or a mount of the host run pods: they get what Kubernetes in containers needs
//! by the published experience of others. All others stay unprivileged. Sources: charmed-kubernetes `install-local.md`,
//! ubuntu/microk8s `tests/lxc`, k0sproject/k0s#5152, canonical/lxd#5641.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::desired::Definition;
use super::options::Options;
use super::{MARK, target_origin, yaml};
use crate::model::Value;
use crate::model::value::Record;
use crate::syntax::ast::Name;
use crate::target::{Needs, OutputFile, text};

/// A profile; equal needs have equal names.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    kind: ProfileKind,
    modules: BTreeSet<Name>,
    devices: BTreeSet<Name>,
    mounts: BTreeSet<Name>,
}

/// How much a container is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProfileKind {
    /// Unprivileged.
    Plain,
    /// Runs pods, unprivileged: `privileged = false`, for those who know that their pods can do so.
    Nested,
    /// Runs pods, with the rights of the host's root.
    Privileged,
}

/// What LXC itself needs to be set for pods. On hosts with cgroup v2 the line for v1 has no effect, and the other way round.
const RAW_LXC: &str = "lxc.apparmor.profile=unconfined\nlxc.mount.auto=proc:rw sys:rw cgroup:rw\n\
                       lxc.cgroup.devices.allow=a\nlxc.cgroup2.devices.allow=a\nlxc.cap.drop=\n";

/// `lxd/profile-KIND.yaml`.
pub(super) fn file(cluster: &str, profile: &Definition) -> OutputFile {
    let Definition { name, description, config, devices, comment } = profile;
    let value = Value::record([
        ("name", Value::text(name)),
        ("description", Value::text(description)),
        ("config", Value::Record(config.clone().into())),
        ("devices", Value::Record(devices.clone().into())),
    ]);
    let kind = name.strip_prefix(&format!("{cluster}-")).unwrap_or(name);
    text(format!("lxd/profile-{kind}.yaml"), 0o644, yaml(comment, &value), &target_origin())
}

impl Profile {
    /// The profile of a machine that needs this.
    pub fn of(cluster: &str, needs: &Needs, options: &Options) -> Self {
        let kind = match (needs.devices.is_empty() && needs.mounts.is_empty(), options.privileged) {
            (true, _) => ProfileKind::Plain,
            (false, true) => ProfileKind::Privileged,
            (false, false) => ProfileKind::Nested,
        };
        let set = |list: &[Name]| list.iter().cloned().collect::<BTreeSet<_>>();
        let (modules, devices, mounts) = (set(&needs.modules), set(&needs.devices), set(&needs.mounts));
        let mut profile = Profile { name: String::new(), kind, modules, devices, mounts };
        profile.name = format!("{cluster}-{}", profile.kind_name());
        profile
    }

    /// Whether its machines run pods.
    pub fn runs_pods(&self) -> bool {
        self.kind != ProfileKind::Plain
    }

    /// The profile as LXD has it.
    pub fn definition(&self, cluster: &str) -> Definition {
        Definition {
            name: self.name.clone(),
            description: self.description(cluster),
            config: self.config(cluster),
            devices: self.device_list(),
            comment: self.comment(),
        }
    }

    /// `plain`, or what it is for with some of the hash of what it has, so that a group's needs change no other's name.
    fn kind_name(&self) -> String {
        let base = match (self.kind, self.modules.is_empty()) {
            (ProfileKind::Plain, true) => return "plain".to_owned(),
            (ProfileKind::Plain, false) => "modules",
            (ProfileKind::Nested | ProfileKind::Privileged, _) => "pods",
        };
        let all = format!("{:?} {:?} {:?} {:?}", self.kind, self.modules, self.devices, self.mounts);
        let digest = Sha256::digest(all.as_bytes());
        format!("{base}-{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2])
    }

    fn description(&self, cluster: &str) -> String {
        let what = if self.runs_pods() { "machines that run pods" } else { "machines that run no pods" };
        format!("{what}, of {cluster}")
    }

    fn config(&self, cluster: &str) -> Record {
        let mut config = Record::default();
        let mut put = |name: &str, value: &str| config.insert(name.into(), Value::text(value));
        put(MARK, cluster);
        put("boot.autostart", "true");
        if !self.modules.is_empty() {
            put("linux.kernel_modules", &self.modules.iter().map(|name| &**name).collect::<Vec<_>>().join(","));
        }
        if self.runs_pods() {
            put("security.nesting", "true");
        }
        if self.kind == ProfileKind::Privileged {
            put("security.privileged", "true");
            put("raw.lxc", RAW_LXC);
        }
        config
    }

    fn device_list(&self) -> Record {
        let device = |kind: &str, path: &Name| {
            let fields =
                [("type", kind), ("source", path), ("path", path)].map(|(name, value)| (name, Value::text(value)));
            // A host may lack it (no BPF, no such module): the machine then starts without.
            Value::record(fields.into_iter().chain([("required", Value::text("false"))]))
        };
        let name = |path: &Name| -> Name { path.trim_matches('/').replace('/', "-").into() };
        let devices = self.devices.iter().map(|path| (name(path), device("unix-char", path)));
        devices.chain(self.mounts.iter().map(|path| (name(path), device("disk", path)))).collect()
    }

    fn comment(&self) -> String {
        let why = match self.kind {
            ProfileKind::Plain => "These machines run no pods: ordinary, unprivileged containers.",
            ProfileKind::Nested => NESTED,
            ProfileKind::Privileged => PRIVILEGED,
        };
        format!("{why}\nWritten by kmodel.")
    }
}

const NESTED: &str = "Unprivileged containers that run pods (`privileged = false`): the kubelet then needs the feature gate\n\
                      KubeletInUserNamespace, and not every network works (k3s-io/k3s#4249).";

const PRIVILEGED: &str = "What a kubelet, containerd and kube-proxy need inside a container, by charmed-kubernetes'\n\
                          install-local.md and microk8s' tests/lxc profiles:\n\
                          - security.nesting, security.privileged, raw.lxc: containers in containers, with their mounts,\n\
                          capabilities and devices (canonical/lxd#5641)\n\
                          - linux.kernel_modules: loaded by LXD on the host, since a container cannot\n\
                          - /dev/kmsg: the kubelet reads it (k0sproject/k0s#5152)\n\
                          Root in these containers is root on the host: restrict access to this project.\n\
                          On the host, raise fs.inotify.max_user_instances, max_user_watches and max_queued_events to 1048576.";
