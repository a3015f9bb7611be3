//! What is pasted is read like what is declared: a fault raises the same codes in every form that it can be written in.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use kmodel::diag::Code;

use crate::support::plan;

const CLUSTER: &str = "cluster lab { kubernetes = 1.35.5, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }\n\
                       machines m { }\ndeploy pasted on m\n";

/// Codes that tell of the form and not of the fault.
const OF_THE_FORM: &[Code] = &[Code::FlagDeprecated];

fn codes(items: &str, files: &str) -> BTreeSet<&'static str> {
    let found = plan::codes(&format!("component pasted {{\n{items}}}\n{CLUSTER}{files}"));
    found.into_iter().filter(|code| !OF_THE_FORM.contains(code)).map(Code::name).collect()
}

/// Lines of a text in a model.
fn literal(text: &str) -> String {
    text.lines().fold(String::from("\"\"\"\n"), |mut out, line| {
        let _ = writeln!(out, "      {}", line.replace('\\', "\\\\"));
        out
    }) + "      \"\"\""
}

/// A file that is written as a literal, and as one that is read.
fn written(path: &str, text: &str) -> [(String, String); 2] {
    [
        (format!("  file {path} {{ text = {} }}\n", literal(text)), String::new()),
        (format!("  file {path} {{ text = read(\"./pasted\") }}\n"), format!("//# pasted\n{text}")),
    ]
}

/// Every form of the flags of a program; the first is the set that declares them.
fn of_flags(program: &str, flags: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let exec = format!("/usr/bin/{program}");
    let arguments: Vec<String> = flags.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    let words = arguments.join(" ");
    let listed = arguments.iter().map(|argument| format!("\"{argument}\"")).collect::<Vec<_>>().join(", ");
    let unit = |lines: &str| format!("[Service]\n{lines}\n");
    let mut forms = vec![
        ("args", format!("  unit p.service {{ exec = {exec}, args = [{listed}] }}\n"), String::new()),
        (
            "extra",
            format!(
                "  unit p.service {{ extra = {{ Service = {{ ExecStart = \"{exec} {words}\" }} }}, exec = {exec} }}\n"
            ),
            String::new(),
        ),
        (
            "environment field",
            format!(
                "  unit p.service {{ packaged = true, environment = {{ ARGS = \"{words}\" }} }}\n  \
                 file /usr/lib/systemd/system/p.service {{ text = \"[Service]\\nExecStart={exec} $ARGS\\n\" }}\n"
            ),
            String::new(),
        ),
        (
            "ini",
            format!(
                "  file /etc/systemd/system/p.service {{ format = \"ini\", content = {{ Service = {{ ExecStart = \"{exec} {words}\" }} }} }}\n"
            ),
            String::new(),
        ),
        (
            "pod as a value",
            format!(
                "  file /etc/kubernetes/manifests/p.yaml {{ format = \"yaml\", content = {{ apiVersion = \"v1\", kind = \"Pod\", metadata = {{ name = \"p\" }}, \
                 spec = {{ containers = [{{ name = \"p\", command = [\"{program}\", {listed}] }}] }} }} }}\n"
            ),
            String::new(),
        ),
    ];
    let pod = format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{ name: p }}\nspec:\n  template:\n    spec:\n      containers:\n      - name: p\n        \
         command: [{program}]\n        args:\n{}",
        arguments.iter().map(|one| format!("        - {one}\n")).collect::<String>()
    );
    let multi = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: p }}\n---\n{pod}");
    let cloud = format!(
        "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/p.service\n  content: |\n    [Service]\n    ExecStart={exec} {words}\n"
    );
    let texts = [
        ("unit text", "/etc/systemd/system/p.service", unit(&format!("ExecStart={exec} {words}"))),
        ("unit text, continued", "/etc/systemd/system/p.service", unit(&format!("ExecStart={exec} \\\n  {words}"))),
        (
            "unit text, shell",
            "/etc/systemd/system/p.service",
            unit(&format!("ExecStart=/bin/sh -c 'exec {exec} {words}'")),
        ),
        (
            "unit text, variable",
            "/etc/systemd/system/p.service",
            unit(&format!("Environment=\"ARGS={words}\"\nExecStart={exec} $ARGS")),
        ),
        ("pod", "/etc/kubernetes/manifests/p.yaml", pod),
        ("pod in several documents", "/etc/kubernetes/manifests/p.yaml", multi),
        ("cloud-config", "/var/lib/cloud/seed/nocloud/user-data", cloud),
    ];
    for (name, path, text) in texts {
        forms.extend(written(path, &text).map(|(item, files)| (name, item, files)));
    }
    let base = "  file /usr/lib/systemd/system/p.service { text = \"[Service]\\nEnvironmentFile=-/etc/default/p\\nExecStart=/usr/bin/env\\n\" }\n";
    let drop_in = unit(&format!("ExecStart=\nExecStart={exec} {words}"));
    let variable = unit(&format!("ExecStart=\nExecStart={exec} $ARGS"));
    for (item, files) in written("/etc/systemd/system/p.service.d/10-own.conf", &drop_in) {
        forms.push(("drop-in", format!("{base}{item}"), files));
    }
    for (item, files) in written("/etc/default/p", &format!("# ours\nARGS=\"{words}\"\n")) {
        let drop_in =
            format!("  file /etc/systemd/system/p.service.d/10-own.conf {{ text = {} }}\n", literal(&variable));
        forms.push(("environment file", format!("{base}{drop_in}{item}"), files));
    }
    forms.into_iter().map(|(name, items, files)| (name.to_owned(), items, files)).collect()
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
        for (form, items, files) in of_flags(program, &[(flag, value)]) {
            let found = codes(&items, &files);
            if !found.contains(code) {
                missed.push(format!("{form}: {found:?}"));
            }
        }
        assert!(missed.is_empty(), "{program} --{flag}={value} is no {code} as\n  {}", missed.join("\n  "));
    }
}

#[test]
fn what_is_right_is_right_in_every_form() {
    for (program, flags) in [
        ("kubelet", &[("config", "/etc/kubernetes/kubelet.yaml"), ("v", "2"), ("hostname-override", "m-0")][..]),
        ("kube-proxy", &[("config", "/etc/kubernetes/kube-proxy.yaml"), ("v", "2")]),
        ("kube-scheduler", &[("leader-elect", "true"), ("bind-address", "127.0.0.1"), ("kubeconfig", "/etc/s.conf")]),
        ("kube-controller-manager", &[("cluster-cidr", "10.244.0.0/16"), ("node-monitor-period", "5s")]),
    ] {
        for (form, items, files) in of_flags(program, flags) {
            assert_eq!(codes(&items, &files), BTreeSet::new(), "{program} as {form}:\n{items}{files}");
        }
    }
}

/// Every form of a configuration file, as pairs of items and files.
fn of_content(value: &str, yaml: &str) -> Vec<(String, String, String)> {
    let path = "/etc/kubernetes/pasted.yaml";
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: p }}\ndata:\n  config.conf: |-\n{}",
        indented(yaml)
    );
    let list = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: p }}\n---\n{map}");
    let cloud = format!("#cloud-config\nwrite_files:\n- path: {path}\n  content: |\n{}", indented(yaml));
    let mut forms = vec![
        ("content".to_owned(), format!("  file {path} {{ format = \"yaml\", content = {value} }}\n"), String::new()),
        ("JSON".to_owned(), format!("  file {path} {{ format = \"json\", content = {value} }}\n"), String::new()),
        (
            "a ConfigMap as a value".to_owned(),
            format!(
                "  file {path} {{ format = \"yaml\", content = {{ apiVersion = \"v1\", kind = \"ConfigMap\", data = {{ \"config.conf\" = {} }} }} }}\n",
                literal(yaml)
            ),
            String::new(),
        ),
    ];
    let texts = [("text", path, yaml), ("ConfigMap", path, &map), ("documents", path, &list)];
    for (name, path, text) in texts.into_iter().chain([("cloud-config", "/x/user-data", &*cloud)]) {
        forms.extend(written(path, text).map(|(item, files)| (name.to_owned(), item, files)));
    }
    forms
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
        ("policy/v1beta1/PodDisruptionBudget", "spec", "none", "api-removed"),
    ] {
        let (api, kind) = kind.rsplit_once('/').expect("a version and a kind");
        let record = format!("{{ apiVersion = \"{api}\", kind = \"{kind}\", {field} = {value} }}");
        let yaml = format!("apiVersion: {api}\nkind: {kind}\n{field}: {}\n", value.replace("none", "null"));
        let mut missed = Vec::new();
        for (form, items, files) in of_content(&record, &yaml) {
            let found = codes(&items, &files);
            let stands_apart = *code == *"api-removed" && form.contains("ConfigMap");
            if !found.contains(code) && !stands_apart {
                missed.push(format!("{form}: {found:?}"));
            }
        }
        assert!(missed.is_empty(), "{kind}.{field} is no {code} as\n  {}", missed.join("\n  "));
    }
}
