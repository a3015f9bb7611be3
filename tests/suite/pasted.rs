//! What is pasted is read like what is declared: a fault raises the same codes in every form that it can be written in.

use std::collections::BTreeSet;

use kmodel::diag::Code;
use serde_json::{Value as Json, json};

use crate::support::plan;
use form::Pasted;

mod fault;
mod form;
mod restated;

const CLUSTER: &str = "cluster lab { kubernetes = 1.35.5, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }\n\
                       machines m { }\n";

/// Codes that tell of the form and not of the fault.
const OF_THE_FORM: &[Code] = &[Code::FlagDeprecated];

/// What a form raises on a machine of its own.
fn codes(pasted: &Pasted) -> BTreeSet<&'static str> {
    let Pasted { app, component, files, .. } = pasted;
    let found = plan::codes(&format!("{component}{CLUSTER}deploy {app} on m\n{files}"));
    found.into_iter().filter(|code| !OF_THE_FORM.contains(code)).map(Code::name).collect()
}

/// Those that need no other component: each text written out, read and made by a template.
fn alone(forms: impl Fn(&str) -> Vec<Pasted>) -> Vec<Pasted> {
    let of = |prefix: &&str| {
        let is_new = |pasted: &Pasted| *prefix == "p" || pasted.app.contains("-t");
        forms(prefix)
            .into_iter()
            .filter(move |pasted| is_new(pasted) && !pasted.form.contains("addon"))
            .collect::<Vec<_>>()
    };
    ["p", "q", "r"].iter().flat_map(of).collect()
}

fn command_lines(program: &str, flags: &[(&str, &str)]) -> Vec<Pasted> {
    let arguments: Vec<String> = flags.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    alone(|prefix| form::command_lines(prefix, (program, &arguments), ""))
}

#[test]
fn a_fault_in_a_flag_is_found_in_every_form() {
    for (program, flag, value, code) in [
        ("kubelet", "network-plugin", "cni", "flag-removed"),
        ("kubelet", "pod-infra-container-image", "x", "flag-removed"),
        ("kubelet", "nonsense", "1", "unknown-flag"),
        ("kubelet", "feature-gates", "UserNamespacesPodSecurityStandards=true", "gate-removed"),
        ("kubelet", "max-pods", "many", "type-mismatch"),
        ("kubelet", "read-only-port", "10255", "unsafe-setting"),
        ("kubelet", "authorization-mode", "AlwaysAllow", "unsafe-setting"),
        ("kubelet", "cgroup-driver", "cgroupsf", "unknown-value"),
        ("kube-apiserver", "cloud-config", "/etc/cloud.conf", "flag-removed"),
        ("kube-apiserver", "enable-admission-plugins", "PodSecurityPolicy", "value-removed"),
        ("kube-apiserver", "service-cluster-ip-range", "10.97.0.0/16", "settings-differ"),
        ("kube-apiserver", "etcd-servers", "http://10.0.0.5:2379", "plaintext-connection"),
        ("kube-controller-manager", "cluster-cidr", "10.245.0.0/16", "settings-differ"),
        ("kube-proxy", "cluster-cidr", "10.245.0.0/16", "settings-differ"),
        ("kube-scheduler", "secure-ports", "10259", "unknown-flag"),
    ] {
        let mut missed = Vec::new();
        for pasted in command_lines(program, &[(flag, value)]) {
            let found = codes(&pasted);
            if !found.contains(code) {
                missed.push(format!("{}: {found:?}", pasted.form));
            }
        }
        assert!(missed.is_empty(), "{program} --{flag}={value} is no {code} as\n  {}", missed.join("\n  "));
    }
}

/// The command lines of a subcommand: its word comes first.
fn subcommand_lines(program: &str, arguments: &[&str]) -> Vec<Pasted> {
    let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    alone(|prefix| form::command_lines(prefix, (program, &arguments), ""))
}

#[test]
fn a_fault_in_a_flag_of_kubeadm_is_found_in_every_form() {
    for (arguments, code) in [
        (&["init", "--pod-network-cidr=10.245.0.0/16"][..], "settings-differ"),
        (&["init", "--service-cidr", "10.97.0.0/16"], "settings-differ"),
        (&["init", "--service-dns-domain=cluster.lokal"], "settings-differ"),
        (&["init", "--kubernetes-version=1.34.1"], "settings-differ"),
        (&["init", "--control-plane-endpint=api:6443"], "unknown-flag"),
        (&["init", "--apiserver-bind-port=https"], "type-mismatch"),
        (&["init", "--config=/etc/kubeadm.yaml", "--service-cidr=10.96.0.0/12"], "refused-setting"),
        (
            &["join", "10.10.0.1:6443", "--config=/etc/kubeadm.yaml", "--discovery-file=/etc/discovery.conf"],
            "refused-setting",
        ),
        (&["join", "10.10.0.1:6443", "--controlplane"], "unknown-flag"),
        (&["--v=5", "join", "10.10.0.1:6443", "--pod-network-cidr=10.244.0.0/16"], "unknown-flag"),
    ] {
        let missed: Vec<String> = subcommand_lines("kubeadm", arguments)
            .iter()
            .map(|pasted| (&pasted.form, codes(pasted)))
            .filter(|(_, found)| !found.contains(code))
            .map(|(form, found)| format!("{form}: {found:?}"))
            .collect();
        assert!(missed.is_empty(), "kubeadm {arguments:?} is no {code} as\n  {}", missed.join("\n  "));
    }
}

#[test]
fn what_is_right_of_kubeadm_is_right_in_every_form() {
    for arguments in [
        &["init", "--pod-network-cidr=10.244.0.0/16", "--service-cidr=10.96.0.0/12", "--kubernetes-version=v1.35.5"][..],
        &["init", "--kubernetes-version=stable-1.35", "--upload-certs", "--skip-phases=addon/kube-proxy", "-v", "5"],
        &[
            "init",
            "--config",
            "/usr/share/site/kubeadm.yaml",
            "--upload-certs",
            "--skip-token-print",
            "--ignore-preflight-errors=Swap",
        ],
        &["init", "phase", "certs", "apiserver", "--config=/etc/kubeadm.yaml"],
        &[
            "join",
            "10.10.0.10:6443",
            "--token",
            "abcdef.0123456789abcdef",
            "--discovery-token-ca-cert-hash",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ],
        &["token", "create", "--ttl=0", "--print-join-command"],
    ] {
        for pasted in subcommand_lines("kubeadm", arguments) {
            assert_eq!(codes(&pasted), BTreeSet::new(), "{arguments:?} as {}:\n{}", pasted.form, pasted.component);
        }
    }
}

#[test]
fn what_is_right_is_right_in_every_form() {
    for (program, flags) in [
        ("kubelet", &[("config-dir", "/etc/kubernetes/kubelet.d"), ("v", "2"), ("hostname-override", "m-0")][..]),
        ("kube-proxy", &[("bind-address", "0.0.0.0"), ("v", "2")]),
        ("kube-scheduler", &[("leader-elect", "true"), ("bind-address", "127.0.0.1"), ("v", "2")]),
        ("kube-controller-manager", &[("cluster-cidr", "10.244.0.0/16"), ("node-monitor-period", "5s")]),
    ] {
        for pasted in command_lines(program, flags) {
            assert_eq!(
                codes(&pasted),
                BTreeSet::new(),
                "{program} as {}:\n{}{}",
                pasted.form,
                pasted.component,
                pasted.files
            );
        }
    }
}

#[test]
fn a_fault_in_a_configuration_file_is_found_in_every_form() {
    let kubelet = "kubelet.config.k8s.io/v1beta1/KubeletConfiguration";
    let proxy = "kubeproxy.config.k8s.io/v1alpha1/KubeProxyConfiguration";
    for (kind, field, value, code) in [
        (kubelet, "maxPod", "100", "unknown-config-field"),
        (kubelet, "maxPods", "\"many\"", "type-mismatch"),
        (kubelet, "cgroupDriver", "\"cgroupsf\"", "unknown-value"),
        (kubelet, "readOnlyPort", "10255", "unsafe-setting"),
        (kubelet, "streamingConnectionIdleTimeout", "10", "type-mismatch"),
        (proxy, "mode", "\"ipvss\"", "unknown-value"),
        (proxy, "clusterCIDR", "\"10.245.0.0/16\"", "settings-differ"),
        (proxy, "modus", "\"ipvs\"", "unknown-config-field"),
        (
            "kubeadm.k8s.io/v1beta4/ClusterConfiguration",
            "networking",
            "{\"podSubnet\":\"10.245.0.0/16\"}",
            "settings-differ",
        ),
        ("kubeadm.k8s.io/v1beta4/ClusterConfiguration", "kubernetesVersion", "\"v1.34.1\"", "settings-differ"),
        ("policy/v1beta1/PodDisruptionBudget", "spec", "null", "api-removed"),
    ] {
        let (api, kind) = kind.rsplit_once('/').expect("a version and a kind");
        let value: Json = serde_json::from_str(value).expect("it is JSON");
        let file = json!({ "apiVersion": api, "kind": kind, field: value });
        let mut missed = Vec::new();
        for pasted in alone(|prefix| form::files(prefix, &file, "")) {
            let (form, found) = (&pasted.form, codes(&pasted));
            let stands_apart = *code == *"api-removed" && form.contains("ConfigMap");
            if !found.contains(code) && !stands_apart {
                missed.push(format!("{form}: {found:?}"));
            }
        }
        assert!(missed.is_empty(), "{kind}.{field} is no {code} as\n  {}", missed.join("\n  "));
    }
}
