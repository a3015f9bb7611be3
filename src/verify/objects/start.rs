//! Pods that the API server takes, and that do not start or do not have what they ask for.
//!
//! Source: pkg/kubelet/kuberuntime/security_context.go (verifyRunAsNonRoot) and pkg/kubelet/sysctl/allowlist.go of kubernetes/kubernetes;
//! kubernetes.io/docs/tasks/configure-pod-container/security-context (capabilities without `CAP_`); pkg/api/pod/warnings.go (a part of a
//! byte); kubernetes.io/docs/concepts/services-networking/dns-pod-service (Pod's DNS policy).

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::quantity::quantity;
use crate::model::Value;
use crate::render::evidence::Entry;
use crate::verify::Evidence;
use crate::verify::locate::Step;

use super::inventory::{Found, at};

/// The capabilities of Linux, without `CAP_`: capabilities(7).
const CAPABILITIES: [&str; 42] = [
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// Kernel settings that each kubelet lets pods have.
///
/// Source: pkg/kubelet/sysctl/safe_sysctls.go.
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

type Wrong = (Code, Vec<Step>, String, Help);

pub(super) fn verify(evidence: &Evidence<'_, '_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let allowed = allowed(evidence);
    let mut problems = Vec::new();
    for found in list.iter().filter(|found| found.document.path.starts_with('/')) {
        let Some((to, spec)) = found.pod_spec() else { continue };
        let mut wrong: Vec<Wrong> = dns(spec, found).into_iter().collect();
        wrong.extend(sysctls(spec, found, &allowed));
        for (way, container) in ["containers[]", "initContainers[]"].into_iter().flat_map(|path| at(spec, path)) {
            let own = root(spec, container, found).into_iter();
            let own = own
                .chain(capabilities(container, found))
                .chain(memory(container, found))
                .chain(stop(spec, container, found));
            wrong.extend(own.map(|(code, below, message, help)| (code, [&way[..], &below].concat(), message, help)));
        }
        problems.extend(wrong.into_iter().map(|(code, way, message, help)| {
            Diagnostic::new(code, found.span(evidence.model, &[&to[..], &way].concat()), message).help(help)
        }));
    }
    problems
}

fn steps(path: &str) -> Vec<Step> {
    path.split('.').map(Step::from).collect()
}

/// A user 0 that must not be: the kubelet does not start the container.
fn root(spec: &Json, container: &Json, found: &Found<'_, '_>) -> Option<Wrong> {
    let of = |key: &str| {
        [container, spec].into_iter().map(|one| &one["securityContext"][key]).find(|value| !value.is_null())
    };
    let is_wrong = of("runAsNonRoot")? == true && of("runAsUser")? == 0;
    let name = container["name"].as_str().unwrap_or_default();
    let message = format!(
        "the container `{name}` of {} has `runAsNonRoot: true` and the user 0: the kubelet does not start it",
        found.title()
    );
    let help = "set `runAsUser` to the number of another user, or remove `runAsNonRoot`".into();
    let own = &container["securityContext"];
    let way = if own.is_null() { vec!["name".into()] } else { steps("securityContext") };
    is_wrong.then_some((Code::InvalidConfig, way, message, help))
}

fn capabilities(container: &Json, found: &Found<'_, '_>) -> Vec<Wrong> {
    let lists = ["add", "drop"].into_iter().flat_map(|key| {
        at(container, &format!("securityContext.capabilities.{key}[]"))
            .into_iter()
            .map(move |(way, name)| (key, way, name))
    });
    let of = |(key, way, name): (&str, Vec<Step>, &Json)| {
        let name = name.as_str()?;
        let upper = name.to_ascii_uppercase();
        let plain = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if CAPABILITIES.contains(&upper.as_str()) {
            return None;
        }
        let what = if key == "add" { "runs without it" } else { "keeps it" };
        let message = format!("`{name}` in {} is not a capability: the container {what}", found.title());
        let help = match closest(plain, CAPABILITIES).or(CAPABILITIES.into_iter().find(|known| *known == plain)) {
            Some(near) => Help::near(near),
            None => "use a name of capabilities(7) without `CAP_`".into(),
        };
        Some((Code::UnwiseSetting, way, message, help))
    };
    lists.filter_map(of).collect()
}

/// `memory: 100m`, which is a tenth of a byte.
fn memory(container: &Json, found: &Found<'_, '_>) -> Vec<Wrong> {
    let each = ["requests", "limits"].into_iter().flat_map(|kind| {
        ["memory", "ephemeral-storage"]
            .map(|name| (steps(&format!("resources.{kind}")), name, &container["resources"][kind][name]))
    });
    let of = |(way, name, value): (Vec<Step>, &str, &Json)| {
        let text = value.as_str().filter(|text| quantity(text).is_some_and(|bytes| bytes.fract() != 0.0))?;
        let message = format!("`{name}` of {} is `{text}`, which is a part of a byte", found.title());
        let help = "`m` is a thousandth: write `Mi`".into();
        Some((Code::UnwiseSetting, [way, vec![name.into()]].concat(), message, help))
    };
    each.filter_map(of).collect()
}

/// A command before the end that sleeps longer than the pod has time.
fn stop(spec: &Json, container: &Json, found: &Found<'_, '_>) -> Option<Wrong> {
    let words = container["lifecycle"]["preStop"]["exec"]["command"].as_array()?;
    let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
    let text = words.join(" ");
    let rest = ["/bin/sh -c ", "sh -c ", "/bin/bash -c ", "bash -c "].iter().find_map(|shell| text.strip_prefix(shell));
    let sleep = rest.unwrap_or(&text);
    let sleep = sleep.strip_prefix("/bin/").unwrap_or(sleep).strip_prefix("sleep ")?;
    let seconds: u64 = sleep.trim().trim_end_matches('s').parse().ok()?;
    let most = spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
    let message = format!(
        "`preStop` of {} sleeps {seconds} s, and `terminationGracePeriodSeconds` is {most}: the container is killed while it sleeps",
        found.title()
    );
    let help = format!("set `terminationGracePeriodSeconds` to more than {seconds}").into();
    (seconds > most).then(|| (Code::UnwiseSetting, steps("lifecycle.preStop"), message, help))
}

/// A policy that means the resolver of the cluster, and that pods on the network of the machine do not have.
fn dns(spec: &Json, found: &Found<'_, '_>) -> Option<Wrong> {
    let message = format!(
        "{} is on the network of the machine with `dnsPolicy: ClusterFirst`, which is `Default` there: its pods resolve no service",
        found.title()
    );
    let help = "set `dnsPolicy: ClusterFirstWithHostNet`".into();
    (spec["hostNetwork"] == true && spec["dnsPolicy"] == "ClusterFirst")
        .then(|| (Code::UnwiseSetting, vec!["dnsPolicy".into()], message, help))
}

/// Patterns of kernel settings that a kubelet of the model lets pods have too.
fn allowed(evidence: &Evidence<'_, '_>) -> Vec<String> {
    let mut list = Vec::new();
    let mut add = |value: &Value| match value.reveal() {
        Value::List(all) => list.extend(all.iter().filter_map(Value::scalar_text)),
        one => list.extend(one.scalar_text().iter().flat_map(|text| text.split(',').map(str::to_owned))),
    };
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match entry {
            Entry::Flags(flags) => {
                let own = flags.given.iter().filter(|flag| flag.name == "allowed-unsafe-sysctls");
                own.for_each(|flag| add(&flag.value));
            }
            Entry::Document(document) => {
                if let Some(Value::Record(record)) = document.value().map(Value::reveal) {
                    record.get("allowedUnsafeSysctls").into_iter().for_each(&mut add);
                }
            }
            _ => {}
        }
    }
    list
}

/// Kernel settings that the kubelet refuses: the pod ends in `SysctlForbidden`.
fn sysctls(spec: &Json, found: &Found<'_, '_>, allowed: &[String]) -> Vec<Wrong> {
    let is_allowed = |name: &str| {
        allowed.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => pattern == name,
        })
    };
    let of = |(way, name): (Vec<Step>, &Json)| {
        let name = name.as_str()?.replace('/', ".");
        let message = format!(
            "{} sets the kernel setting `{name}`, which no kubelet of the model allows: its pods end in `SysctlForbidden`",
            found.title()
        );
        let help =
            "add it to `unsafe-sysctls` of `kubelet`, or to `allowedUnsafeSysctls` of your own configuration".into();
        (!SAFE.contains(&&*name) && !is_allowed(&name)).then_some((Code::InvalidConfig, way, message, help))
    };
    at(spec, "securityContext.sysctls[].name").into_iter().filter_map(of).collect()
}
