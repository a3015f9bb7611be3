//! OpenPGP signatures of a release, made by GnuPG and verified by `kmodel pin` with gpgv.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use crate::support::kmodel;
use crate::support::tool::{said, succeed, tool, write};

const MODEL: &str = "\
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m
component runtime {
  artifact runc { release = \"runc\", version = 1.4.77, install = { \"runc\" = /usr/local/bin/runc } }
}
deploy runtime on m
target lxd
";

/// A publisher with a home of its own for GnuPG, and the files that it publishes.
struct Publisher {
    folder: tempfile::TempDir,
}

impl Publisher {
    fn new() -> Self {
        let publisher = Self { folder: tempfile::tempdir().unwrap() };
        let sum: String = Sha256::digest("runc").iter().map(|byte| format!("{byte:02x}")).collect();
        write(&publisher.path("lab.km"), MODEL.as_bytes(), 0o644);
        write(&publisher.release("runc.amd64"), b"runc", 0o644);
        write(&publisher.release("runc.sha256sum"), format!("{sum}  runc.amd64\n").as_bytes(), 0o644);
        publisher
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn release(&self, name: &str) -> PathBuf {
        self.path("mirror/github.com/opencontainers/runc/releases/download/v1.4.77").join(name)
    }

    fn gpg(&self, user: &str, arguments: &[&str], file: Option<&Path>) -> String {
        let home = self.path(user);
        fs::create_dir_all(&home).unwrap();
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(&home).args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]);
        gpg.args(arguments).args(file).env("LC_ALL", "C");
        succeed(&mut gpg)
    }

    /// Makes the key of a user, and gives it as the publisher lists it.
    fn key(&self, user: &str) -> String {
        self.gpg(
            user,
            &["--quick-gen-key", &format!("{user} <{user}@example.org>"), "default", "default", "never"],
            None,
        );
        self.gpg(user, &["--armor", "--export"], None)
    }

    fn sign(&self, user: &str) {
        _ = fs::remove_file(self.release("runc.amd64.asc"));
        self.gpg(user, &["--armor", "--detach-sign"], Some(&self.release("runc.amd64")));
    }

    fn pin(&self, keys: &str) -> Output {
        _ = fs::remove_file(self.path("kmodel.lock"));
        write(&self.path("keys"), keys.as_bytes(), 0o644);
        let arguments = ["pin", "lab.km", "--from", "mirror", "--verify", "--keyring", "keys"];
        kmodel(arguments).current_dir(self.folder.path()).output().unwrap()
    }
}

#[test]
fn a_signature_of_openpgp_is_verified_with_the_keys_of_the_operator() {
    if ["gpg", "gpgv", "gpg-agent"].map(tool).iter().any(Option::is_none) {
        return;
    }
    let publisher = Publisher::new();
    let (alice, mallory) = (publisher.key("alice"), publisher.key("mallory"));
    let keys = format!("pub of two\n{mallory}\nanother\n{alice}");
    publisher.sign("alice");
    let signature = fs::read_to_string(publisher.release("runc.amd64.asc")).unwrap();
    let right = publisher.pin(&keys);
    let line = "signature verified: runc 1.4.77 amd64: signed by alice <alice@example.org> with the OpenPGP key ";
    assert!(right.status.success() && said(&right).contains(line), "{}", said(&right));
    let refused = |keys: &str, signature: Option<&str>, why: &str| {
        match signature {
            Some(text) => fs::write(publisher.release("runc.amd64.asc"), text).unwrap(),
            None => fs::remove_file(publisher.release("runc.amd64.asc")).unwrap(),
        }
        let output = publisher.pin(keys);
        assert!(output.status.code() == Some(3) && said(&output).contains(why), "{why}: {}", said(&output));
        assert!(!publisher.path("kmodel.lock").exists(), "{why}: it is pinned");
    };
    refused(&mallory, Some(&signature), "is of a key that the file of `--keyring` does not have");
    refused(&keys, Some(&signature[..signature.len() / 2]), "is not a signature of OpenPGP");
    refused(&keys, Some(""), "is not a signature of OpenPGP");
    refused(&keys, None, "its publisher signs each release");
    refused("no key", Some(&signature), "has no OpenPGP key in text form");
    refused(&keys[..keys.rfind("-----END").unwrap()], Some(&signature), "has no OpenPGP key in text form");
    // Another file under the same name, listed as such by a publisher who is not one.
    let sum: String = Sha256::digest("runs").iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(publisher.release("runc.amd64"), "runs").unwrap();
    fs::write(publisher.release("runc.sha256sum"), format!("{sum}  runc.amd64\n")).unwrap();
    refused(&keys, Some(&signature), "is not the file that");
}
