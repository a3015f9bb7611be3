//! Kubeconfigs that components write by hand: servers, authorities, certificates and keys that are not the right ones.
//!
//! Each row is an application of its own with one kubeconfig; what is reported of all of them is one snapshot.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::support::{snapshot, tool::said};

const CLUSTER: &str = r#"
use std/kubernetes
use std/load-balancer
use std/cni { flannel }
use std/pki { kubernetes-ca, etcd-ca }

cluster prod {
  kubernetes  = 1.34.8
  pods        = 10.244.0.0/16
  services    = 10.96.0.0/16
  nodes       = 10.10.0.0/24
  renew       = 30d
  extra-names = ["api.example.org"]
}
machines cp[3] { cores = 2, memory = 4GiB, disk = 40GiB }
machines lb[2] { cores = 1, memory = 1GiB, disk = 10GiB }
machines wrk[1] { cores = 4, memory = 8GiB, disk = 60GiB }
deploy etcd on cp { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler, addons on cp
deploy haproxy, keepalived on lb
deploy containerd, kubelet, kube-proxy, flannel on cp, wrk
deploy rbac, coredns, admin
target lxd { image = "debian/13" }
"#;

const SERVER: &str = r#"server = "https://10.10.0.254:6443""#;
const TRUSTS: &str = "certificate-authority-data = base64(kubernetes-ca.pem)";
const USER: &str = "client-certificate-data = base64(client.pem), client-key-data = base64(client.key-pem)";

/// An application that writes a kubeconfig: the fields of its cluster and of its user.
fn writer(name: &str, cluster: &str, user: &str) -> String {
    let group = if name.starts_with("local-") { "cp" } else { "wrk" };
    format!(
        r#"
component {name} {{
  cert client {{ authority = kubernetes-ca, cn = "{name}", usage = ["client"], file = /etc/{name}/client.crt }}
  cert other {{ authority = etcd-ca, cn = "{name}-other", usage = ["client"] }}
  cert serving {{ authority = kubernetes-ca, cn = "{name}-serving", usage = ["server"], names = ["{name}.example.org"] }}
  file /etc/{name}/kubeconfig {{
    mode    = 0600
    format  = "yaml"
    content = {{
      apiVersion = "v1"
      kind = "Config"
      clusters = [{{ name = "prod", cluster = {{ {cluster} }} }}]
      users = [{{ name = "own", user = {{ {user} }} }}]
      contexts = [{{ name = "own@prod", context = {{ cluster = "prod", user = "own" }} }}]
      current-context = "own@prod"
    }}
  }}
}}
deploy {name} on {group}
"#
    )
}

/// The model with these applications, in a folder of its own.
fn kmodel(applications: &[String], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.km"), CLUSTER.to_owned() + &applications.concat()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap()
}

/// Message, help and labels of each problem.
fn shown(output: &Output) -> String {
    let mut out = String::new();
    let lines = output.stderr.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    for problem in
        lines.map(|line| serde_json::from_slice::<Value>(line).unwrap_or_else(|_| panic!("{}", said(output))))
    {
        let _ = writeln!(out, "{}: {}", problem["code"].as_str().unwrap(), problem["message"].as_str().unwrap());
        let labels = problem["labels"].as_array().into_iter().flatten();
        for text in labels.filter_map(|label| label["text"].as_str()).filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "  {text}");
        }
        if let Some(help) = problem["help"].as_str() {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

#[test]
fn each_field_is_checked_against_what_answers() {
    let with = |name: &str, cluster: &str, user: &str| writer(name, &format!("{cluster}, {TRUSTS}"), user);
    let trusting = |name: &str, authority: &str| writer(name, &format!("{SERVER}, {authority}"), USER);
    let user = |name: &str, user: &str| with(name, SERVER, user);
    let applications = [
        // Good ones.
        user("good", USER),
        with("by-name", r#"server = "https://api.example.org:6443""#, USER),
        with("of-a-member", r#"server = "https://10.10.0.10:6443""#, USER),
        with("of-a-machine", r#"server = "https://cp-0:6443""#, USER),
        with("as-another", r#"server = "https://10.10.0.254:6443", tls-server-name = "api.example.org""#, USER),
        writer("unverified", &format!("{SERVER}, insecure-skip-tls-verify = true"), USER),
        trusting("by-path", "certificate-authority = kubernetes-ca.cert"),
        trusting("by-unknown-path", r#"certificate-authority = "/etc/ssl/own.pem""#),
        writer("elsewhere", r#"server = "https://192.0.2.1:6443""#, USER),
        // Servers.
        with("local-api", r#"server = "https://127.0.0.1:6443""#, USER),
        with("closed-port", r#"server = "https://10.10.0.10:7443""#, USER),
        with("unknown-address", r#"server = "https://10.10.0.99:6443""#, USER),
        with("unknown-port", r#"server = "https://10.10.0.99:7443""#, USER),
        with("misspelt", r#"server = "https://api.exmaple.org:6443""#, USER),
        with("named-wrong", r#"server = "https://10.10.0.254:6443", tls-server-name = "api.example.com""#, USER),
        // Authorities.
        writer("no-authority", SERVER, USER),
        trusting("other-authority", "certificate-authority-data = base64(etcd-ca.pem)"),
        trusting("other-path", "certificate-authority = etcd-ca.cert"),
        trusting("leaf", "certificate-authority-data = base64(client.pem)"),
        trusting("leaf-path", "certificate-authority = client.cert"),
        writer("local-leaf", r#"server = "https://127.0.0.1:6443", certificate-authority = client.cert"#, USER),
        writer("local-none", r#"server = "https://127.0.0.1:6443""#, USER),
        trusting("key-as-authority", "certificate-authority-data = base64(client.key-pem)"),
        // Users.
        user(
            "authority-as-user",
            "client-certificate-data = base64(kubernetes-ca.pem), client-key-data = base64(client.key-pem)",
        ),
        user(
            "key-as-user",
            "client-certificate-data = base64(client.key-pem), client-key-data = base64(client.key-pem)",
        ),
        user("serving", "client-certificate-data = base64(serving.pem), client-key-data = base64(serving.key-pem)"),
        user("other-issuer", "client-certificate-data = base64(other.pem), client-key-data = base64(other.key-pem)"),
        user("other-key", "client-certificate-data = base64(client.pem), client-key-data = base64(other.key-pem)"),
        user("no-key", "client-certificate-data = base64(client.pem), client-key-data = base64(client.pem)"),
        user("ca-as-key", "client-certificate-data = base64(client.pem), client-key-data = base64(kubernetes-ca.pem)"),
    ];
    snapshot(
        "snapshots/cli",
        "kubeconfigs",
        &shown(&kmodel(&applications, &["check", "main.km", "--message-format", "json"])),
    );
}

/// In base64, certificates of an authority that is not in the model: its own, one for clients, and one for servers.
fn foreign() -> [String; 3] {
    let key = KeyPair::generate().unwrap();
    let params = |cn: &str, usage: Option<ExtendedKeyUsagePurpose>| {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, cn);
        params.extended_key_usages.extend(usage);
        params
    };
    let mut own = params("corp-ca", None);
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = own.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(own, key);
    let leaf = |cn, usage| params(cn, Some(usage)).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem();
    let client = leaf("corp-client", ExtendedKeyUsagePurpose::ClientAuth);
    let server = leaf("corp-server", ExtendedKeyUsagePurpose::ServerAuth);
    [authority, client, server].map(|pem| base64::engine::general_purpose::STANDARD.encode(pem))
}

/// Whether a certificate of another authority is of one in the model is known once those are issued.
#[test]
fn what_others_issued_is_checked_once_the_model_is_issued() {
    let [authority, client, server] = foreign();
    let trusting =
        |name: &str, data: &str| writer(name, &format!("{SERVER}, certificate-authority-data = \"{data}\""), USER);
    let user = |name: &str, data: &str| {
        writer(
            name,
            &format!("{SERVER}, {TRUSTS}"),
            &format!("client-certificate-data = \"{data}\", client-key = \"/etc/ssl/own.key\""),
        )
    };
    let applications = [
        trusting("corp-authority", &authority),
        trusting("corp-leaf", &client),
        user("corp-client", &client),
        user("corp-server", &server),
    ];
    let planned = shown(&kmodel(&applications, &["check", "main.km", "--message-format", "json"]));
    snapshot("snapshots/cli", "kubeconfigs-of-others-planned", &planned);
    // What was wrong before anything is issued is left out, so that it is issued.
    let rest = [applications[0].clone(), applications[2].clone()];
    let issued = shown(&kmodel(&rest, &["render", "main.km", "--out", "out", "--message-format", "json"]));
    snapshot("snapshots/cli", "kubeconfigs-of-others-issued", &issued);
}
