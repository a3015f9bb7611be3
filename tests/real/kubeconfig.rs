//! Every kubeconfig, as kubectl reads it: whom it dials, whom it trusts, and who it says it is.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use kmodel::diag::Code;
use kmodel::model::Input;
use kmodel::world::Disk;
use serde_json::Value;

use crate::certificate::host;
use crate::host::tool::{each, none};
use crate::host::{Output, Tool, all, case, tool};

/// A kubeconfig of an output: its path below the output folder.
struct Kubeconfig<'a> {
    output: &'a Output,
    path: String,
}

/// What it says.
struct Said {
    server: String,
    user: String,
    authority: String,
    certificate: String,
    key: String,
}

#[test]
fn every_kubeconfig_leads_to_an_api_server() {
    let (Some(kubectl), Some(openssl)) = (tool("kubectl", "kubeconfigs"), tool("openssl", "kubeconfigs")) else {
        return;
    };
    let outputs = all();
    let list: Vec<Kubeconfig<'_>> = outputs.iter().flat_map(|output| kubeconfigs(output)).collect();
    assert!(list.len() > 60, "only {} kubeconfigs were found", list.len());
    let checked =
        each(&list, |config| check(&kubectl, &openssl, config).map_err(|error| format!("{}: {error}", config.name())));
    let (mut dialled, mut problems) = (BTreeMap::new(), Vec::new());
    for (config, checked) in list.iter().zip(checked) {
        match checked {
            // Many dial the same server.
            Ok(said) => dialled
                .insert((config.output.name.clone(), said.server.clone(), said.authority.clone()), (config, said)),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
    }
    let servers: Vec<_> = dialled.into_values().collect();
    problems.extend(each(&servers, |(config, said)| serve(&openssl, config.output, said).err()).into_iter().flatten());
    none(problems);
}

#[test]
fn nodes_dial_the_load_balancer_and_the_control_plane_itself() {
    let Some(kubectl) = tool("kubectl", "whom kubeconfigs dial") else { return };
    let output = case("ha");
    let shared = output.addresses["keepalived"][0];
    let mut count = BTreeMap::<&str, usize>::new();
    for config in kubeconfigs(output) {
        let said = said(&kubectl, &config).unwrap_or_else(|error| panic!("{}: {error}", config.name()));
        let file = config.path.rsplit('/').next().expect("a file has a name");
        let address = match file {
            "admin.conf" | "kubelet.conf" | "kube-proxy.conf" => shared,
            "controller-manager.conf" | "scheduler.conf" | "super-admin.conf" => {
                output.machine(config.machine()).address
            }
            other => panic!("{other} is not known"),
        };
        assert_eq!(said.server, format!("https://{address}:6443"), "{}", config.path);
        let user = match file {
            "admin.conf" => "kubernetes-admin".to_owned(),
            "super-admin.conf" => "kubernetes-super-admin".to_owned(),
            "kubelet.conf" => format!("system:node:{}", config.machine()),
            "kube-proxy.conf" => "system:kube-proxy".to_owned(),
            other => format!("system:kube-{}", other.trim_end_matches(".conf")),
        };
        assert_eq!(said.user, user, "{}", config.path);
        let kind = [
            "admin.conf",
            "super-admin.conf",
            "kubelet.conf",
            "kube-proxy.conf",
            "controller-manager.conf",
            "scheduler.conf",
        ];
        *count.entry(kind.into_iter().find(|kind| *kind == file).expect("it is known")).or_default() += 1;
    }
    let expected = [
        ("admin.conf", 1),
        ("controller-manager.conf", 3),
        ("kube-proxy.conf", 6),
        ("kubelet.conf", 6),
        ("scheduler.conf", 3),
        ("super-admin.conf", 3),
    ];
    assert_eq!(count, BTreeMap::from(expected));
}

/// What is refused in a kubeconfig that a component puts together is what openssl refuses.
#[test]
fn mistakes_in_a_kubeconfig_are_those_that_openssl_finds() {
    let Some(openssl) = tool("openssl", "mistakes in kubeconfigs") else { return };
    let output = case("kubeconfig");
    let (control, worker) = (output.tree("cp-0"), output.tree("wrk-0"));
    let serving = control.join("etc/kubernetes/pki/apiserver.crt");
    let own = |name: &str| worker.join("etc/backup").join(name);
    let ca = |name: &str| output.path(&format!("pki/{name}.crt"));
    let (kubernetes, etcd) = (ca("kubernetes-ca"), ca("etcd-ca"));
    let server = ["-purpose", "sslserver", "-verify_ip", "10.14.0.254"];
    let client = ["-purpose", "sslclient"];
    verify(&openssl, &kubernetes, &server, &serving).expect("the server is trusted");
    verify(&openssl, &kubernetes, &client, &own("client.crt")).expect("the client is let in");
    let by_name = ["-purpose", "sslserver", "-verify_hostname", "lb-0"];
    for (overlay, code, refused) in [
        ("wrong-name", Code::NameNotInCertificate, verify(&openssl, &kubernetes, &by_name, &serving)),
        ("wrong-authority", Code::AuthorityNotTrusted, verify(&openssl, &etcd, &server, &serving)),
        ("wrong-issuer", Code::AuthorityNotTrusted, verify(&openssl, &kubernetes, &client, &own("other.crt"))),
        ("wrong-usage", Code::WrongUsage, verify(&openssl, &kubernetes, &client, &own("page.crt"))),
    ] {
        assert!(refused.is_err(), "openssl takes what is refused as {code}");
        assert_eq!(codes("tests/fixtures/kubeconfig.km", overlay), [code], "{overlay}");
    }
}

/// The errors of a model with an overlay.
fn codes(file: &str, overlay: &str) -> Vec<Code> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let disk = Disk::beside(&path);
    let checked = kmodel::check::check(&disk, &path);
    let input = Input { overlays: vec![overlay.to_owned()], ..Input::default() };
    let planned = kmodel::compile::plan_program(&checked.program, &disk, &input);
    planned.problems.iter().filter(|problem| problem.is_error()).map(|problem| problem.code).collect()
}

impl Kubeconfig<'_> {
    fn name(&self) -> String {
        format!("{}: {}", self.output.name, self.path)
    }

    /// The machine that has it; of none for `kubeconfig/admin.conf`.
    fn machine(&self) -> &str {
        self.path.strip_prefix("machines/").and_then(|rest| rest.split('/').next()).unwrap_or("-")
    }
}

fn kubeconfigs(output: &Output) -> Vec<Kubeconfig<'_>> {
    let is_one = |content: &[u8]| String::from_utf8_lossy(content).contains("\nkind: Config\n");
    let trees = output.files.iter().filter(|file| file.path.contains("/root/") || file.path.starts_with("kubeconfig/"));
    trees.filter(|file| is_one(&file.content)).map(|file| Kubeconfig { output, path: file.path.clone() }).collect()
}

/// The identity holds together.
fn check(kubectl: &Tool, openssl: &Tool, config: &Kubeconfig<'_>) -> Result<Said, String> {
    let said = said(kubectl, config)?;
    let folder = tempfile::tempdir().expect("there is room for small files");
    let file = |name: &str, text: &str| put(folder.path(), name, text);
    let (authority, certificate) = (file("ca.crt", &said.authority), file("client.crt", &said.certificate));
    let key = file("client.key", &said.key);
    verify(openssl, &authority, &["-purpose", "sslclient"], &certificate)?;
    let shown =
        openssl.run(["x509", "-noout", "-subject", "-nameopt", "multiline", "-pubkey", "-in", text(&certificate)])?;
    if !shown.contains(&openssl.run(["pkey", "-pubout", "-in", text(&key)])?) {
        return Err("the key is not of the certificate".into());
    }
    let name = shown.lines().find_map(|line| line.trim().strip_prefix("commonName")).unwrap_or_default();
    if name.trim_start_matches([' ', '=']) != said.user {
        return Err(format!("user `{}` has a certificate of {shown}", said.user));
    }
    Ok(said)
}

/// What answers at the server's address shows a certificate that the kubeconfig trusts, with that address in it.
fn serve(openssl: &Tool, output: &Output, said: &Said) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("there is room for small files");
    let authority = put(folder.path(), "ca.crt", &said.authority);
    let address = host(&said.server).trim_matches(['[', ']']);
    let servers = answering(output, address);
    if servers.is_empty() {
        return Err(format!("{}: nothing answers at {}", output.name, said.server));
    }
    for machine in servers {
        let serving = output.tree(machine).join("etc/kubernetes/pki/apiserver.crt");
        verify(openssl, &authority, &["-purpose", "sslserver", "-verify_ip", address], &serving)?;
    }
    Ok(())
}

fn put(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("there is room for small files");
    path
}

/// The machines whose API server answers at this address: its own, or all of them behind a load balancer.
fn answering<'a>(output: &'a Output, host: &str) -> Vec<&'a str> {
    let address: IpAddr = host.parse().expect("API servers are dialled by address");
    let servers = output.everywhere("/etc/kubernetes/pki/apiserver.crt").into_iter().map(|(machine, _)| machine);
    match output.machines.iter().find(|machine| machine.address == address) {
        Some(own) => servers.filter(|name| *name == own.name).collect(),
        None => servers.collect(),
    }
}

fn verify(openssl: &Tool, authority: &Path, more: &[&str], certificate: &Path) -> Result<(), String> {
    let own = ["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", text(authority)];
    openssl.run(own.into_iter().chain(more.iter().copied()).chain([text(certificate)])).map(|_| ())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours is text")
}

fn said(kubectl: &Tool, config: &Kubeconfig<'_>) -> Result<Said, String> {
    let path = config.output.path(&config.path);
    let mut command = kubectl.command();
    command.args(["--kubeconfig", text(&path), "config", "view", "--raw", "-o", "json"]);
    // Some distributions' kubectl asks the server for its version before anything else: no way leads there.
    command.env("HTTPS_PROXY", "http://127.0.0.1:1").env_remove("NO_PROXY").env_remove("no_proxy");
    let result = command.output().map_err(|error| error.to_string())?;
    if !result.status.success() {
        return Err(String::from_utf8_lossy(&result.stderr).into_owned());
    }
    let shown = String::from_utf8_lossy(&result.stdout);
    let view: Value = serde_json::from_str(&shown).map_err(|error| error.to_string())?;
    let current = view["current-context"].as_str().ok_or("no context is current")?;
    let context = named(&view, "contexts", current)?;
    let context = &context["context"];
    let cluster = &named(&view, "clusters", context["cluster"].as_str().unwrap_or_default())?["cluster"];
    let user = named(&view, "users", context["user"].as_str().unwrap_or_default())?;
    // kubectl leaves out what it does not know, so a misspelt field shows by its absence.
    let data = |from: &Value, field: &str| {
        let encoded = from[field].as_str().ok_or(format!("there is no {field}"))?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    };
    Ok(Said {
        server: cluster["server"].as_str().ok_or("there is no server")?.to_owned(),
        user: user["name"].as_str().unwrap_or_default().to_owned(),
        authority: data(cluster, "certificate-authority-data")?,
        certificate: data(&user["user"], "client-certificate-data")?,
        key: data(&user["user"], "client-key-data")?,
    })
}

fn named<'a>(view: &'a Value, list: &str, name: &str) -> Result<&'a Value, String> {
    let all = view[list].as_array().ok_or(format!("there are no {list}"))?;
    all.iter().find(|entry| entry["name"] == name).ok_or(format!("none of the {list} is named `{name}`"))
}
