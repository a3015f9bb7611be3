//! An authority is replaced while machines are at two steps at once: openssl accepts each certificate on each of them.

use std::fs;
use std::process::Command;

use kmodel::pki::recorded::KeyUse;
use kmodel::pki::rotation::Step;
use kmodel::pki::spec::{AuthoritySpec, CertificateSpec, KeyKind, KeypairSpec, Request, San};
use kmodel::pki::{Issued, Store, issue};
use time::OffsetDateTime;

use crate::support::tool::tool;

const YEAR: u64 = 365 * 24 * 3600;

fn request() -> Request {
    let certificate = |id: &str| CertificateSpec {
        id: id.into(),
        former: Vec::new(),
        authority: 0,
        cn: "api".into(),
        org: [].into(),
        server: true,
        client: true,
        sans: vec![San::parse("10.0.0.1")],
        lifetime_seconds: YEAR,
        key: KeyKind::EcdsaP256,
    };
    Request {
        authorities: vec![AuthoritySpec {
            name: "ca".into(),
            cn: "ca".into(),
            names: Vec::new(),
            lifetime_seconds: 10 * YEAR,
            key: KeyKind::EcdsaP256,
        }],
        keypairs: vec![KeypairSpec { name: "tokens".into(), key: KeyKind::Rsa2048 }],
        certificates: ["a/api/server", "b/api/server"].map(certificate).to_vec(),
        ..Request::default()
    }
}

/// What is on a machine after each step, the first before any.
fn states(folder: &std::path::Path, of: (KeyUse, &str), steps: &[Step]) -> Vec<Issued> {
    let request = request();
    let now = OffsetDateTime::now_utc();
    let look = |step: Option<&Step>| {
        let mut store = Store::open(&folder.join("store")).unwrap();
        step.map_or(Ok(()), |step| store.rotate(of, (&request, *step), now)).unwrap();
        let issued = issue(&request, &mut store, now).unwrap();
        store.save().unwrap();
        issued
    };
    let mut list = vec![look(None)];
    list.extend(steps.iter().map(|step| look(Some(step))));
    list
}

#[test]
fn machines_of_two_steps_accept_each_other() {
    if tool("openssl").is_none() {
        return;
    }
    for steps in [
        &[Step::Trust, Step::Issue, Step::Forget][..],
        &[Step::Trust, Step::Back],
        &[Step::Trust, Step::Issue, Step::Back, Step::Back],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let states = states(folder.path(), (KeyUse::Authority, "ca"), steps);
        for pair in states.windows(2) {
            for (trusting, showing) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
                fs::write(folder.path().join("ca.crt"), &*pair[trusting].authority(0).cert_pem).unwrap();
                fs::write(folder.path().join("leaf.crt"), &*pair[showing].certificate(1).cert_pem).unwrap();
                let verify = ["verify", "-x509_strict", "-CAfile", "ca.crt", "leaf.crt"];
                let output = Command::new("openssl").args(verify).current_dir(folder.path()).output().unwrap();
                assert!(output.status.success(), "{steps:?}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        let (first, last) = (&states[0].authority(0).cert_pem, &states[steps.len()].authority(0).cert_pem);
        assert_eq!(first == last, steps.contains(&Step::Back), "{steps:?}");
    }
}

#[test]
fn tokens_of_the_step_before_are_verified() {
    if tool("openssl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let steps = [Step::Trust, Step::Issue, Step::Forget];
    let states = states(folder.path(), (KeyUse::Keypair, "tokens"), &steps);
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
        output.status.success()
    };
    fs::write(folder.path().join("token"), "a token").unwrap();
    for pair in states.windows(2) {
        for (signing, verifying) in [(0, 1), (1, 0), (1, 1)] {
            fs::write(folder.path().join("key"), pair[signing].keypair(0).private_pem.as_str()).unwrap();
            assert!(openssl("dgst -sha256 -sign key -out signature token"));
            // The API server tries each public key of the file.
            let publics = pair[verifying].keypair(0).public_pem.split_inclusive("-----END PUBLIC KEY-----");
            let mut tried = publics.filter(|text| text.contains("BEGIN")).map(|text| {
                fs::write(folder.path().join("public"), text.trim_start()).unwrap();
                openssl("dgst -sha256 -verify public -signature signature token")
            });
            assert!(tried.any(|verified| verified));
        }
    }
}
