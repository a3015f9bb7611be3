//! What is well written passes, what is not is named with what was meant.

use super::*;

fn messages(path: &str, text: &str) -> Vec<String> {
    check(path, &Content::Text(text.to_owned()))
        .into_iter()
        .map(|finding| format!("{}; {}", finding.message, finding.help))
        .collect()
}

#[test]
fn what_is_well_written_passes() {
    for (path, text) in [
        (
            "/x/user-data",
            "#cloud-config\npackages: [curl]\nusers:\n  - default\n  - name: a\n    sudo: false\nruncmd: [[ls]]\n",
        ),
        ("/x/user-data", "#!/bin/sh\necho write_file: 1\n"),
        (
            "/x/network-config",
            "version: 2\nethernets:\n  eth0: { dhcp4: false, routes: [{ to: default, via: 10.0.0.1 }] }\n",
        ),
        ("/etc/netplan/1.yaml", "network:\n  version: 2\n  vlans: { v5: { id: 5, link: eth0 } }\n"),
        ("/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a \\\n  --b\nX-Own=1\n"),
        ("/etc/other.yaml", "write_file: []\n"),
    ] {
        assert_eq!(messages(path, text), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn misspelt_keys_are_named_with_what_was_meant() {
    let text = "#cloud-config\nwrite_file:\n  - path: /a\n";
    assert_eq!(
        messages("/x/user-data", text),
        ["unknown key `write_file` (checked against cloud-init 25.1); did you mean `write_files`?"]
    );
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServerCertSANs: [a]\n";
    assert_eq!(
        messages("/k.yaml", text),
        [
            "unknown key `apiServerCertSANs` (checked against Kubernetes 1.36); use `ClusterConfiguration.apiServer.certSANs`"
        ]
    );
}

#[test]
fn a_key_that_is_not_the_certificates_is_found() {
    let key = rcgen::KeyPair::generate().unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["a".to_owned()]).unwrap().self_signed(&key).unwrap();
    let encode = |text: String| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let config = |key: &rcgen::KeyPair| {
        let (pem, key) = (encode(certificate.pem()), encode(key.serialize_pem()));
        format!(
            "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {{ client-certificate-data: {pem}, client-key-data: {key} }}\n"
        )
    };
    assert_eq!(messages("/a.conf", &config(&key)), Vec::<String>::new());
    assert!(messages("/a.conf", &config(&other))[0].contains("does not match"));
}

#[test]
fn the_tables_lead_from_body_to_body() {
    for table in [&table::CLOUD_CONFIG, &table::NETWORK_CONFIG, &table::KUBECONFIG] {
        assert!(!table.known_through.is_empty() && table.body.contains_key(""));
        for name in table.body.keys().filter(|name| name.contains('.')) {
            let (above, _) = name.rsplit_once('.').unwrap();
            assert!(table.body.contains_key(above), "nothing leads to `{name}`");
        }
    }
}

#[test]
fn the_boots_own_service_has_only_known_keys() {
    let mut section = "";
    for line in include_str!("../../render/boot/kmodel-boot.service").lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix('['), line.split_once('=')) {
            (Some(name), _) => section = name.trim_end_matches(']'),
            (_, Some((key, _))) => assert_eq!(systemd::key(section, key), Ok(())),
            _ => {}
        }
    }
}
