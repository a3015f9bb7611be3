//! How long certificates take, beside what their signatures and keys alone take on the same cores in the same run.
//!
//! `cargo bench --bench issue` issues 30,000 of P-256 into an empty key store, and asks `openssl speed` for the rate of signatures. The bound is
//! twice what the two rates give; what is above it is encoding and writing that costs more than the curve.

use std::process::Command;
use std::time::{Duration, Instant};

use kmodel::pki::spec::{AuthoritySpec, CertificateSpec, KeyKind, Request, San};
use kmodel::pki::{Store, issue_aside};
use rayon::prelude::*;
use rcgen::KeyPair;
use time::OffsetDateTime;

const CERTIFICATES: u32 = 30_000;
const YEAR: u64 = 365 * 24 * 60 * 60;
const KEYS: u32 = 20_000;

/// As many certificates as three for each machine, with names as the library gives them.
fn request() -> Request {
    let authority = AuthoritySpec {
        name: "ca".into(),
        cn: "kubernetes-ca".into(),
        names: vec!["kubernetes".into()],
        lifetime_seconds: 10 * YEAR,
        key: KeyKind::EcdsaP256,
    };
    let certificate = |index: u32| CertificateSpec {
        id: format!("wrk-{}/kubelet/cert-{}", index / 3, index % 3),
        former: Vec::new(),
        authority: 0,
        cn: format!("system:node:wrk-{}", index / 3),
        org: ["system:nodes".into()].into(),
        server: true,
        client: true,
        sans: vec![
            San::Ip([10, 16, (index >> 8) as u8, index as u8].into()),
            San::Dns(format!("wrk-{}", index / 3).into()),
        ],
        lifetime_seconds: YEAR,
        key: KeyKind::EcdsaP256,
    };
    Request {
        authorities: vec![authority],
        certificates: (0..CERTIFICATES).map(certificate).collect(),
        ..Request::default()
    }
}

/// Signatures a second on so many cores, as `openssl speed` counts them.
fn signatures(cores: usize) -> Option<f64> {
    let mut command = Command::new("openssl");
    command.args(["speed", "-seconds", "2", "-mr", "-multi", &cores.to_string(), "ecdsap256"]);
    let text = String::from_utf8(command.output().ok()?.stdout).ok()?;
    // +F4:NUMBER:BITS:SECONDS:SECONDS, by the kind of the curve.
    let line = text.lines().rfind(|line| line.starts_with("+F4:"))?;
    let seconds: f64 = line.split(':').nth(3)?.parse().ok()?;
    Some(if seconds < 1.0 { 1.0 / seconds } else { seconds })
}

/// Keys a second on every core, as the library makes them that signs.
fn keys() -> f64 {
    let start = Instant::now();
    (0..KEYS).into_par_iter().for_each(|_| drop(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")));
    f64::from(KEYS) / start.elapsed().as_secs_f64()
}

/// How long issuing takes, and making it last.
fn issued() -> [Duration; 2] {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let request = request();
    let mut store = Store::open(&dir.path().join("store")).expect("a new store");
    let start = Instant::now();
    let issued = issue_aside(&request, &mut store, OffsetDateTime::now_utc()).expect("it issues");
    let took = start.elapsed();
    assert_eq!(issued.issued, CERTIFICATES as usize + 1);
    store.save().expect("it is saved");
    [took, start.elapsed() - took]
}

fn main() {
    let cores = rayon::current_num_threads();
    let runs: Vec<[Duration; 2]> = (0..5).map(|_| issued()).collect();
    let best = |part: usize| runs.iter().map(|run| run[part]).min().unwrap_or_default();
    let (issue, save) = (best(0).as_secs_f64(), best(1).as_secs_f64());
    let count = f64::from(CERTIFICATES);
    let keys = keys();
    println!(
        "{CERTIFICATES} certificates on {cores} cores: issued in {issue:.2} s ({:.0}/s), saved in {save:.2} s",
        count / issue
    );
    println!("keys alone: {keys:.0}/s, {:.2} s", count / keys);
    match signatures(cores) {
        Some(rate) => {
            let bound = count / rate + count / keys;
            println!("signatures alone: {rate:.0}/s (openssl speed), {:.2} s", count / rate);
            println!("the two together {bound:.2} s; issuing takes {:.2} times that (the bound is 2)", issue / bound);
        }
        None => println!("signatures alone: not measured, since `openssl speed` did not answer"),
    }
}
