//! What the options of the library write: the files of one machine whose deployments set each of them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::{kmodel, root, snapshot};

const FILES: [&str; 16] = [
    "etc/kubernetes/encryption.yaml",
    "etc/kubernetes/audit-policy.yaml",
    "etc/kubernetes/audit-webhook.yaml",
    "etc/kubernetes/authorization.yaml",
    "etc/kubernetes/admission.yaml",
    "etc/kubernetes/egress-selector.yaml",
    "etc/kubernetes/tracing.yaml",
    "etc/systemd/system/kube-apiserver.service",
    "etc/kubernetes/credential-provider.yaml",
    "etc/kubernetes/registry-credentials.json",
    "etc/kubernetes/manifests/pause.yaml",
    "var/lib/kubelet/config.yaml",
    "etc/systemd/system/kubelet.service",
    "etc/kubernetes/kube-proxy.yaml",
    "etc/containerd/certs.d/docker.io/hosts.toml",
    "etc/sysctl.d/90-site.conf",
];

/// The files, with the encryption key and the password as `***`.
fn files(machine: &Path) -> String {
    let mut shown = String::new();
    for file in FILES {
        let text = fs::read_to_string(machine.join("root").join(file)).expect(file);
        let _ = writeln!(shown, "# {file}");
        for line in text.lines() {
            let at = |mark: &str| line.find(mark).map(|at| format!("{}{mark}***", &line[..at]));
            let key = at("  secret: ").or_else(|| at("\"password\": "));
            let _ = writeln!(shown, "{}", key.as_deref().unwrap_or(line));
        }
    }
    shown
}

#[test]
fn each_option_is_in_the_file_that_the_program_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("main.km");
    fs::copy(root().join("tests/cases/good/every-option.km"), &model).expect("a copy");
    let out = folder.path().join("out");
    let texts = [&model, &out].map(|path| path.to_str().expect("a name").to_owned());
    let run = kmodel(["render", &texts[0], "--out", &texts[1]]).output().expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let machine = out.join("machines/cp-0");
    snapshot("snapshots/render", "every-option", &files(&machine));
    let logins =
        fs::read_to_string(machine.join("root/etc/kubernetes/registry-credentials.json")).expect("it is there");
    assert!(!logins.contains("(secret)"), "what was issued is written: {logins}");
    let user_data = fs::read_to_string(machine.join("user-data")).expect("it is there");
    assert!(user_data.contains("/etc/kubernetes/audit-policy.yaml"), "the files are in the user-data");
    assert!(!user_data.contains("CredentialProviderResponse"), "logins are in the user-data");
}
