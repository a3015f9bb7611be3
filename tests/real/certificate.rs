//! Every certificate, by OpenSSL: chain, purpose, every name that is dialled, and the key beside it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kmodel::pki::spec::{CertificateSpec, San};

use crate::host::tool::{each, none};
use crate::host::{Output, Tool, all, case, tool, unit};

/// A certificate file on a machine, and what the plan says of it.
struct Found<'a> {
    output: &'a Output,
    /// Below the output folder.
    path: String,
    place: usize,
}

impl Found<'_> {
    fn spec(&self) -> &CertificateSpec {
        &self.output.request.certificates[self.place]
    }

    fn authority(&self) -> &str {
        &self.output.request.authorities[self.spec().authority as usize].name
    }

    fn name(&self) -> String {
        format!("{}: {}", self.output.name, self.path)
    }
}

#[test]
fn every_certificate_is_for_its_purpose_and_its_names() {
    let Some(openssl) = tool("openssl", "what certificates are good for") else { return };
    let outputs = all();
    let found: Vec<Found<'_>> = outputs.iter().flat_map(|output| certificates(output)).collect();
    assert!(found.len() > 150, "only {} certificates were found", found.len());
    none(each(&found, |found| problems(&openssl, found)).into_iter().flatten());
}

/// All PEM files of machines that hold one certificate, except those of authorities.
fn certificates(output: &Output) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for file in &output.files {
        let text = String::from_utf8_lossy(&file.content);
        if !file.path.starts_with("machines/") || !text.starts_with("-----BEGIN CERTIFICATE-----") {
            continue;
        }
        let authorities = 0..output.request.authorities.len();
        if authorities.into_iter().any(|place| *output.issued.authority(place).cert_pem == *text) {
            continue;
        }
        let place = (0..output.request.certificates.len())
            .find(|place| *output.issued.certificate(*place).cert_pem == *text)
            .unwrap_or_else(|| panic!("{}: {} is a certificate that nobody planned", output.name, file.path));
        let machine = output.request.certificates[place].machine();
        assert!(file.path.starts_with(&format!("machines/{machine}/root/")), "{} is of {machine}", file.path);
        found.push(Found { output, path: file.path.clone(), place });
    }
    found
}

fn problems(openssl: &Tool, found: &Found<'_>) -> Vec<String> {
    let spec = found.spec();
    let mut problems = Vec::new();
    for (purpose, wanted) in [("sslserver", spec.server), ("sslclient", spec.client)] {
        if verify(openssl, found, found.authority(), &["-purpose", purpose]).is_ok() != wanted {
            problems.push(format!("{}: that it is good as {purpose} is not {wanted}", found.name()));
        }
    }
    let purpose = if spec.server { "sslserver" } else { "sslclient" };
    let dialled = &found.output.dialled[found.place];
    for name in spec.sans.iter().chain(dialled) {
        problems.extend(
            verify(openssl, found, found.authority(), &["-purpose", purpose, option(name), &name.to_string()]).err(),
        );
    }
    for absent in [San::Dns("absent.example.org".into()), San::parse("198.51.100.77"), San::parse("2001:db8::77")] {
        if verify(openssl, found, found.authority(), &[option(&absent), &absent.to_string()]).is_ok() {
            problems.push(format!("{}: it is good for {absent}, which is in no plan", found.name()));
        }
    }
    for other in &found.output.request.authorities {
        if *other.name != *found.authority() && verify(openssl, found, &other.name, &[]).is_ok() {
            problems.push(format!("{}: authority `{}` vouches for it too", found.name(), other.name));
        }
    }
    problems.extend(key_problem(openssl, found));
    problems
}

fn option(name: &San) -> &'static str {
    match name {
        San::Ip(_) => "-verify_ip",
        San::Dns(_) => "-verify_hostname",
    }
}

fn verify(openssl: &Tool, found: &Found<'_>, authority: &str, more: &[&str]) -> Result<(), String> {
    let trusted = found.output.authority(authority);
    let certificate = found.output.path(&found.path);
    let mut command = openssl.command();
    command.args(["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile"]).arg(trusted).args(more);
    let result = command.arg(certificate).output().expect("openssl runs");
    let error = String::from_utf8_lossy(&result.stderr).into_owned();
    if result.status.success() { Ok(()) } else { Err(format!("{}: {more:?}: {error}", found.name())) }
}

/// The key beside a certificate is its own, and private.
fn key_problem(openssl: &Tool, found: &Found<'_>) -> Option<String> {
    let certificate = found.output.path(&found.path);
    let key = certificate.with_extension("key");
    let mode = match key.metadata() {
        Ok(data) => data.permissions().mode() & 0o7777,
        Err(error) => return Some(format!("{}: its key: {error}", found.name())),
    };
    if mode != 0o600 {
        return Some(format!("{}: the mode of its key is {mode:o}", found.name()));
    }
    let of_certificate = public(openssl, &["x509", "-noout", "-pubkey"], &certificate);
    let of_key = public(openssl, &["pkey", "-pubout"], &key);
    (of_certificate != of_key || of_key.is_err()).then(|| format!("{}: the key beside it is another's", found.name()))
}

fn public(openssl: &Tool, args: &[&str], file: &Path) -> Result<String, String> {
    let file = file.to_str().expect("a path of ours is text");
    openssl.run(args.iter().copied().chain(["-in", file]))
}

#[test]
fn authorities_on_machines_are_the_planned_ones() {
    for output in all() {
        let planned: Vec<_> = (0..output.request.authorities.len())
            .map(|place| output.issued.authority(place).cert_pem.to_string())
            .collect();
        for (machine, _) in output.everywhere("/var/lib/kubelet/config.yaml") {
            let ca = output.on(machine, "/etc/kubernetes/pki/ca.crt").expect("every node trusts the authority");
            assert!(planned.contains(&ca), "{}: {machine}", output.name);
        }
        let nodes = output.everywhere("/var/lib/kubelet/config.yaml").len();
        assert!(nodes > 0, "{}: no machine is a node", output.name);
    }
}

#[test]
fn private_files_are_private() {
    for output in all() {
        for file in &output.files {
            let text = String::from_utf8_lossy(&file.content);
            let private = file.secret || text.contains("PRIVATE KEY") || text.contains("client-key-data");
            let mode = output.path(&file.path).metadata().expect("it was written").permissions().mode() & 0o7777;
            assert!(!private || mode == 0o600, "{}: {} is {mode:o}", output.name, file.path);
            assert!(!private || file.secret, "{}: {} is not said to be secret", output.name, file.path);
        }
    }
}

/// A server that a rendered file dials: the file's name, the host, and the certificate that answers.
struct Dial<'a> {
    by: String,
    host: String,
    answers: Found<'a>,
}

#[test]
fn whatever_a_flag_dials_answers_with_that_name() {
    let Some(openssl) = tool("openssl", "that dialled names are in certificates") else { return };
    let outputs = all();
    let dials: Vec<Dial<'_>> = outputs.iter().flat_map(|output| dials(output)).collect();
    assert!(dials.len() > 60, "only {} connections were found", dials.len());
    none(
        each(&dials, |dial| {
            let name = San::parse(dial.host.trim_matches(['[', ']']));
            let more = ["-purpose", "sslserver", option(&name), &name.to_string()];
            verify(&openssl, &dial.answers, dial.answers.authority(), &more)
                .err()
                .map(|error| format!("{}: {error}", dial.by))
        })
        .into_iter()
        .flatten(),
    );
}

/// What is written in command lines, whatever the plan says.
fn dials(output: &Output) -> Vec<Dial<'_>> {
    let mut dials = Vec::new();
    for (machine, text) in output.everywhere("/etc/systemd/system/kube-apiserver.service") {
        let arguments = unit::exec_start(&text).expect("it starts a program");
        let urls = unit::flag(&arguments, "etcd-servers").expect("it has a store");
        // What somebody else runs shows a certificate that is not here.
        let own = urls.split(',').filter(|url| !url.contains(".example.org:"));
        dials.extend(own.map(|url| dial(output, machine, url, "/etc/kubernetes/pki/etcd/server.crt")));
    }
    for (machine, text) in output.everywhere("/etc/systemd/system/etcd.service") {
        let arguments = unit::exec_start(&text).expect("it starts a program");
        let peers = unit::flag(&arguments, "initial-cluster").expect("it is a member of a cluster");
        let urls = peers.split(',').filter_map(|peer| peer.split_once('=')).map(|(_, url)| url);
        dials.extend(urls.map(|url| dial(output, machine, url, "/etc/kubernetes/pki/etcd/peer.crt")));
        let local = unit::flag(&arguments, "listen-client-urls").and_then(|urls| urls.split(',').next());
        let host = host(local.expect("it listens")).to_owned();
        let answers = on(output, machine, "/etc/kubernetes/pki/etcd/server.crt");
        dials.push(Dial { by: format!("{}: etcdctl on {machine}", output.name), host, answers });
    }
    // API servers dial kubelets by address, or by name.
    for machine in &output.machines {
        if output.on(&machine.name, "/var/lib/kubelet/pki/kubelet.crt").is_none() {
            continue;
        }
        for host in [machine.address.to_string(), machine.name.clone()] {
            let answers = on(output, &machine.name, "/var/lib/kubelet/pki/kubelet.crt");
            dials.push(Dial { by: format!("{}: an API server", output.name), host, answers });
        }
    }
    dials
}

fn dial<'a>(output: &'a Output, by: &str, url: &str, file: &str) -> Dial<'a> {
    let host = host(url);
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().expect("members are dialled by address");
    let machine = output.machines.iter().find(|machine| machine.address == address).expect("a machine has the address");
    Dial { by: format!("{}: {by}", output.name), host: host.to_owned(), answers: on(output, &machine.name, file) }
}

/// The host of a URL, without the port.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.rfind(':').filter(|end| !rest[*end..].contains(']')).unwrap_or(rest.len());
    &rest[..end]
}

fn on<'a>(output: &'a Output, machine: &str, file: &str) -> Found<'a> {
    let path = format!("machines/{machine}/root{file}");
    let all = certificates(output);
    all.into_iter().find(|found| found.path == path).unwrap_or_else(|| panic!("{}: there is no {path}", output.name))
}

#[test]
fn subjects_are_those_of_kubeadm() {
    let output = case("ha");
    let subjects: BTreeSet<String> = output
        .request
        .certificates
        .iter()
        .filter(|spec| spec.machine() == "cp-0" || spec.machine() == "-")
        .map(|spec| {
            let authority = &output.request.authorities[spec.authority as usize].name;
            format!("{authority} {} {:?} server={} client={}", spec.cn, spec.org, spec.server, spec.client)
        })
        .collect();
    let expected = [
        "etcd-ca cp-0 [] server=true client=true",
        "etcd-ca kube-apiserver-etcd-client [] server=false client=true",
        "etcd-ca kube-etcd-healthcheck-client [] server=false client=true",
        "front-proxy-ca front-proxy-client [] server=false client=true",
        "kubernetes-ca kube-apiserver [] server=true client=false",
        "kubernetes-ca kube-apiserver-kubelet-client [] server=false client=true",
        "kubernetes-ca kubernetes-admin [\"kubeadm:cluster-admins\"] server=false client=true",
        "kubernetes-ca kubernetes-super-admin [\"system:masters\"] server=false client=true",
        "kubernetes-ca system:kube-controller-manager [] server=false client=true",
        "kubernetes-ca system:kube-proxy [] server=false client=true",
        "kubernetes-ca system:kube-scheduler [] server=false client=true",
        "kubernetes-ca system:node:cp-0 [\"system:nodes\"] server=false client=true",
        "kubernetes-ca system:node:cp-0 [\"system:nodes\"] server=true client=false",
    ];
    assert_eq!(subjects.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
