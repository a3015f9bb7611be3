//! A kubeconfig: what its names lead to, and whether a certificate and its key belong together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::DocumentProblem;
use super::table::is_secret;
use crate::diag::{Code, Help, closest, did_you_mean};
use crate::verify::locate::Step;

/// What is wrong with a kubeconfig; keys that are nearly known count as those that were meant.
pub(super) fn check(value: &Json) -> Vec<DocumentProblem> {
    let Some(map) = value.as_object() else { return Vec::new() };
    let meant = |key: &String| KEYS.iter().find(|known| **known != key && closest(key, [**known]).is_some());
    let renamed: Vec<(&String, &str)> = map.keys().filter_map(|key| Some((key, *meant(key)?))).collect();
    let renamed: Vec<_> =
        renamed.into_iter().filter(|(key, near)| !KEYS.contains(&key.as_str()) && !map.contains_key(*near)).collect();
    let mut known = map.clone();
    for (key, near) in &renamed {
        if let Some(value) = known.remove(*key) {
            known.insert((*near).to_owned(), value);
        }
    }
    let mut findings = of_known(&Json::Object(known));
    for finding in &mut findings {
        let Some(Step::Key(first)) = finding.path.first_mut() else { continue };
        if let Some((key, _)) = renamed.iter().find(|(_, near)| near == first) {
            first.clone_from(key);
        }
    }
    findings
}

const KEYS: [&str; 4] = ["clusters", "contexts", "current-context", "users"];

fn of_known(value: &Json) -> Vec<DocumentProblem> {
    let names = |list: &str| -> Vec<&str> {
        entries(value, list).filter_map(|(_, entry)| entry.get("name")?.as_str()).collect()
    };
    let (clusters, users, contexts) = (names("clusters"), names("users"), names("contexts"));
    let mut findings = Vec::new();
    let current = value.get("current-context").and_then(Json::as_str);
    findings.extend(current.filter(|name| !name.is_empty()).and_then(|name| {
        dangling(vec![Step::Key("current-context".into())], "current-context", name, ("context", &contexts))
    }));
    for (index, entry) in entries(value, "contexts") {
        let step = |key: &str| {
            ["contexts"]
                .map(|key| Step::Key(key.into()))
                .into_iter()
                .chain([Step::Index(index)])
                .chain(["context", key].map(|key| Step::Key(key.into())))
        };
        for (key, known) in [("cluster", &clusters), ("user", &users)] {
            let name = entry.pointer(&format!("/context/{key}")).and_then(Json::as_str);
            findings.extend(name.and_then(|name| dangling(step(key).collect(), key, name, (key, known))));
        }
    }
    entries(value, "clusters").for_each(|(index, entry)| findings.extend(cluster(index, entry)));
    entries(value, "users").for_each(|(index, entry)| findings.extend(user(index, entry)));
    findings
}

fn entries<'v>(value: &'v Json, list: &str) -> impl Iterator<Item = (usize, &'v Json)> {
    value.get(list).and_then(Json::as_array).into_iter().flatten().enumerate()
}

fn finding(path: Vec<Step>, message: String, help: impl Into<Help>) -> DocumentProblem {
    DocumentProblem { code: Code::InvalidKubeconfig, path, message, help: help.into(), is_value: true }
}

/// A name that leads nowhere.
fn dangling(path: Vec<Step>, key: &str, name: &str, (kind, known): (&str, &[&str])) -> Option<DocumentProblem> {
    (!known.contains(&name)).then(|| {
        let help = did_you_mean(name, known.iter().copied(), &format!("the file has {}", named(kind, known)));
        finding(path, format!("`{key}` is `{name}`, but the file has no {kind} with that name"), help)
    })
}

fn named(kind: &str, known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { format!("no {kind}s") } else { format!("the {kind}s {}", names.join(", ")) }
}

fn steps(list: &str, index: usize, keys: &[&str]) -> Vec<Step> {
    let head = [Step::Key(list.to_owned()), Step::Index(index)];
    head.into_iter().chain(keys.iter().map(|key| Step::Key((*key).to_owned()))).collect()
}

fn cluster(index: usize, entry: &Json) -> Vec<DocumentProblem> {
    let mut findings = Vec::new();
    let Some(cluster) = entry.get("cluster") else { return findings };
    let path = |key: &str| steps("clusters", index, &["cluster", key]);
    match cluster.get("server").and_then(Json::as_str) {
        None => findings.push(finding(
            steps("clusters", index, &["cluster"]),
            "the cluster has no `server`".into(),
            "kubectl would connect to http://localhost:8080",
        )),
        Some(server) if !server.starts_with("https://") && !is_secret(server) => {
            let message = format!("`server` is `{server}`, which is not an `https` URL");
            findings.push(finding(path("server"), message, "write it as `https://10.0.0.10:6443`"));
        }
        Some(_) => {}
    }
    findings.extend(data(cluster, "certificate-authority", "CERTIFICATE", &path));
    let insecure = cluster.get("insecure-skip-tls-verify") == Some(&Json::Bool(true));
    if insecure && ["certificate-authority", "certificate-authority-data"].iter().any(|key| cluster.get(key).is_some())
    {
        let message = "a certificate authority is set, but `insecure-skip-tls-verify` is true".to_owned();
        findings.push(finding(
            path("insecure-skip-tls-verify"),
            message,
            "remove this key: kubectl rejects the combination",
        ));
    }
    findings
}

fn user(index: usize, entry: &Json) -> Vec<DocumentProblem> {
    let Some(user) = entry.get("user") else { return Vec::new() };
    let path = |key: &str| steps("users", index, &["user", key]);
    let mut findings = data(user, "client-certificate", "CERTIFICATE", &path);
    findings.extend(data(user, "client-key", "PRIVATE KEY", &path));
    let has = |name: &str| user.get(name).is_some() || user.get(format!("{name}-data")).is_some();
    for (one, other) in [("client-certificate", "client-key"), ("client-key", "client-certificate")] {
        if has(one) && !has(other) {
            let message = format!("`{one}` is set, but `{other}` is not");
            let key = if user.get(one).is_some() { one.to_owned() } else { format!("{one}-data") };
            findings.push(finding(path(&key), message, "TLS client authentication needs both"));
        }
    }
    let pem = |key: &str| decoded(user.get(key)?.as_str()?);
    if let (Some(certificate), Some(key)) = (pem("client-certificate-data"), pem("client-key-data"))
        && belong(&certificate, &key) == Some(false)
    {
        let message = "`client-key-data` does not match `client-certificate-data`".to_owned();
        findings.push(finding(
            path("client-key-data"),
            message,
            "use a certificate and its own private key: the TLS handshake would fail",
        ));
    }
    findings
}

/// Embedded data must be PEM in base64, and stand alone.
fn data(value: &Json, name: &str, kind: &str, path: &dyn Fn(&str) -> Vec<Step>) -> Vec<DocumentProblem> {
    let key = format!("{name}-data");
    let Some(text) = value.get(&key).and_then(Json::as_str).filter(|text| !is_secret(text)) else { return Vec::new() };
    let mut findings = Vec::new();
    if value.get(name).is_some() {
        let message = format!("`{name}` and `{key}` are both set");
        findings.push(finding(path(name), message, format!("remove `{name}`: `{key}` takes precedence")));
    }
    match decoded(text) {
        None => {
            let message = format!("`{key}` is not base64");
            findings.push(finding(path(&key), message, format!("use base64-encoded PEM, or set `{name}` to a path")));
        }
        Some(pem) if !pem.contains(kind) && !pem.starts_with('(') => {
            let message = format!("`{key}` does not contain a {}", kind.to_lowercase());
            findings.push(finding(path(&key), message, format!("use PEM: `-----BEGIN {kind}-----`")));
        }
        Some(_) => {}
    }
    findings
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// Whether a key is that of a certificate; `None` when one of them cannot be read.
fn belong(certificate: &str, key: &str) -> Option<bool> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(certificate.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let key = rcgen::KeyPair::from_pem(key).ok()?;
    let public = rcgen::PublicKeyData::subject_public_key_info(&key);
    Some(certificate.public_key().raw == public)
}
