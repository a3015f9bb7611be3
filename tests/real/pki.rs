//! Keys and certificates, checked by the real openssl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kmodel::pki::spec::{AuthoritySpec, CertificateSpec, Encoding, KeyKind, KeypairSpec, Request, San, SecretSpec};
use kmodel::pki::{Issued, Note, PkiError, Status, Store, issue};
use time::OffsetDateTime;

use crate::support::tool::tool;

const DAY: u64 = 24 * 3600;

const KINDS: [KeyKind; 5] =
    [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Ed25519, KeyKind::Rsa2048, KeyKind::Rsa4096];

type Change = fn(&mut Request);

/// A folder for a test, with a store in it.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn store(&self) -> PathBuf {
        self.path(".kmodel")
    }

    fn issue_at(&self, request: &Request, now: OffsetDateTime) -> Result<Issued, PkiError> {
        let mut store = Store::open(&self.store())?;
        let issued = issue(request, &mut store, now)?;
        store.save()?;
        Ok(issued)
    }

    fn issue(&self, request: &Request) -> Issued {
        self.issue_at(request, OffsetDateTime::now_utc()).unwrap()
    }

    fn fails(&self, request: &Request) -> PkiError {
        self.issue_at(request, OffsetDateTime::now_utc()).unwrap_err()
    }

    fn status(&self, request: &Request, index: usize) -> Status {
        let store = Store::open_read(&self.store()).unwrap().unwrap();
        store.look(request).certificate(&request.certificates[index]).unwrap()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// What openssl says; it must succeed. Paths are relative to the test's folder.
    fn openssl(&self, arguments: &str) -> String {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.dir.path()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "openssl {arguments}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    fn write_pair(&self, issued: &Issued, authority: usize, certificate: usize) {
        self.write("ca.crt", &issued.authority(authority).cert_pem);
        self.write("leaf.crt", &issued.certificate(certificate).cert_pem);
        self.write("leaf.key", issued.certificate(certificate).key_pem.as_str());
    }
}

/// Says loudly that a test was skipped.
fn has_openssl() -> bool {
    tool("openssl").is_some()
}

fn authority(name: &str, key: KeyKind) -> AuthoritySpec {
    let names = vec![name.to_owned()];
    AuthoritySpec { name: name.into(), cn: name.into(), names, lifetime_seconds: 3650 * DAY, key }
}

fn certificate(id: &str, key: KeyKind) -> CertificateSpec {
    CertificateSpec {
        id: id.into(),
        former: Vec::new(),
        authority: 0,
        cn: "kube-apiserver".into(),
        org: [].into(),
        server: true,
        client: false,
        sans: ["10.0.0.1", "fd00::1", "api.example.com"].map(San::parse).to_vec(),
        lifetime_seconds: 365 * DAY,
        key,
    }
}

fn request(key: KeyKind) -> Request {
    Request {
        authorities: vec![authority("kubernetes", key)],
        keypairs: vec![KeypairSpec { name: "service-account".into(), key }],
        secrets: vec![SecretSpec { name: "token".into(), bytes: 32, encoding: Encoding::Base64 }],
        certificates: ["a/api/server", "b/api/server", "-/admin/client"].map(|id| certificate(id, key)).to_vec(),
        new_machines: std::collections::BTreeSet::new(),
        renewal: kmodel::pki::spec::Renewal::default(),
        renew_seconds: 0,
    }
}

fn small() -> Request {
    request(KeyKind::EcdsaP256)
}

fn later(days: u64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::from_secs(days * DAY)
}

fn section<'t>(text: &'t str, title: &str) -> &'t str {
    let mut lines = text.lines().skip_while(|line| !line.contains(title));
    lines.next().unwrap_or_else(|| panic!("no {title} in {text}"));
    lines.next().unwrap().trim()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn openssl_accepts_every_kind_of_key() {
    if !has_openssl() {
        return;
    }
    for kind in KINDS {
        let bench = Bench::new();
        let issued = bench.issue(&request(kind));
        bench.write_pair(&issued, 0, 0);
        for name in ["-verify_hostname api.example.com", "-verify_ip 10.0.0.1", "-verify_ip fd00::1"] {
            let verified =
                bench.openssl(&format!("verify -x509_strict -CAfile ca.crt -purpose sslserver {name} leaf.crt"));
            assert_eq!(verified, "leaf.crt: OK\n", "{kind:?}");
        }
        assert_eq!(bench.openssl("pkey -in leaf.key -pubout"), bench.openssl("x509 -in leaf.crt -noout -pubkey"));
        bench.write("sa.key", issued.keypair(0).private_pem.as_str());
        assert_eq!(bench.openssl("pkey -in sa.key -pubout"), *issued.keypair(0).public_pem);
    }
}

#[test]
fn certificates_say_what_kubeadm_says() {
    if !has_openssl() {
        return;
    }
    for (kind, usage) in [(KeyKind::EcdsaP256, ""), (KeyKind::Rsa2048, ", Key Encipherment")] {
        let bench = Bench::new();
        let issued = bench.issue(&request(kind));
        bench.write_pair(&issued, 0, 0);
        let [ca, leaf] = ["ca.crt", "leaf.crt"].map(|name| bench.openssl(&format!("x509 -in {name} -noout -text")));
        assert!(ca.contains("Version: 3") && leaf.contains("Version: 3"));
        let signs = format!("Digital Signature{usage}, Certificate Sign, CRL Sign");
        assert_eq!(section(&ca, "X509v3 Key Usage: critical"), signs);
        assert_eq!(section(&ca, "X509v3 Basic Constraints: critical"), "CA:TRUE");
        assert_eq!(section(&ca, "Subject Alternative Name"), "DNS:kubernetes");
        assert_eq!(section(&leaf, "X509v3 Key Usage: critical"), format!("Digital Signature{usage}"));
        assert_eq!(section(&leaf, "X509v3 Extended Key Usage"), "TLS Web Server Authentication");
        assert_eq!(section(&leaf, "X509v3 Basic Constraints: critical"), "CA:FALSE");
        let names = "IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, DNS:api.example.com";
        assert_eq!(section(&leaf, "Subject Alternative Name"), names);
        assert_eq!(section(&leaf, "Authority Key Identifier"), section(&ca, "Subject Key Identifier"));
    }
}

#[test]
fn what_is_reported_is_what_openssl_reads() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    let issued = bench.issue(&small());
    bench.write_pair(&issued, 0, 0);
    let serial = bench.openssl("x509 -in leaf.crt -noout -serial");
    assert_eq!(serial.trim().to_lowercase(), format!("serial={}", issued.certificate(0).serial));
    let fingerprint = bench.openssl("x509 -in leaf.crt -noout -fingerprint -sha256");
    let digits = fingerprint.trim().rsplit_once('=').unwrap().1.replace(':', "").to_lowercase();
    assert_eq!(digits, *issued.certificate(0).fingerprint);
    let lifetime = issued.certificate(0).not_after - issued.certificate(0).not_before;
    assert_eq!(lifetime.whole_seconds() as u64, 365 * DAY);
}

#[test]
fn client_certificates_do_not_serve() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    let mut request = small();
    request.certificates[0].server = false;
    request.certificates[0].client = true;
    bench.write_pair(&bench.issue(&request), 0, 0);
    bench.openssl("verify -CAfile ca.crt -purpose sslclient leaf.crt");
    let serving = ["verify", "-CAfile", "ca.crt", "-purpose", "sslserver", "leaf.crt"];
    assert!(!Command::new("openssl").args(serving).current_dir(bench.dir.path()).output().unwrap().status.success());
}

#[test]
fn several_organisations_are_all_in_the_subject() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    let mut request = small();
    request.certificates[0].org = ["system:masters", "kubeadm:cluster-admins", "größer"].map(str::to_owned).into();
    request.certificates[1].org = ["system:nodes".into()].into();
    let issued = bench.issue(&request);
    bench.write_pair(&issued, 0, 0);
    bench.openssl("verify -x509_strict -CAfile ca.crt -purpose sslserver -verify_ip 10.0.0.1 leaf.crt");
    let subject = bench.openssl("x509 -in leaf.crt -noout -subject -nameopt RFC2253,-esc_msb,utf8");
    assert_eq!(subject, "subject=CN=kube-apiserver,O=größer,O=kubeadm:cluster-admins,O=system:masters\n");
    bench.write_pair(&issued, 0, 1);
    let subject = bench.openssl("x509 -in leaf.crt -noout -subject -nameopt RFC2253");
    assert_eq!(subject, "subject=CN=kube-apiserver,O=system:nodes\n");
}

#[test]
fn a_second_run_gives_the_same_bytes() {
    let bench = Bench::new();
    let (first, second) = (bench.issue(&small()), bench.issue_at(&small(), later(300)).unwrap());
    assert_eq!((first.issued, first.reused), (6, 0));
    assert_eq!((second.issued, second.reused, &second.notes[..]), (0, 6, &[][..]));
    assert_eq!(first.authority(0), second.authority(0));
    assert_eq!(first.keypair(0), second.keypair(0));
    assert_eq!(first.secret(0), second.secret(0));
    (0..3).for_each(|index| assert_eq!(first.certificate(index), second.certificate(index)));
}

#[test]
fn an_unchanged_store_is_not_written() {
    let bench = Bench::new();
    bench.issue(&small());
    let mut store = Store::open(&bench.store()).unwrap();
    issue(&small(), &mut store, OffsetDateTime::now_utc()).unwrap();
    assert_eq!(store.save(), Ok(0));
}

#[test]
fn a_changed_name_reissues_one_certificate_with_its_key() {
    let bench = Bench::new();
    let first = bench.issue(&small());
    let mut request = small();
    request.certificates[1].sans.push(San::parse("other.example.com"));
    let why = "its subject alternative names have changed";
    assert_eq!(bench.status(&request, 1), Status::Stale { why });
    let second = bench.issue(&request);
    assert_eq!((second.issued, second.reused), (1, 5));
    assert_eq!(first.certificate(0), second.certificate(0));
    let [old, new] = [first, second].map(|issued| issued.certificate(1).clone());
    assert_eq!(old.key_pem, new.key_pem);
    assert!(old.serial != new.serial && old.fingerprint != new.fingerprint);
}

#[test]
fn another_kind_of_key_is_another_key() {
    let bench = Bench::new();
    let first = bench.issue(&small());
    let mut request = small();
    request.certificates[0].key = KeyKind::Ed25519;
    let second = bench.issue(&request);
    assert_eq!(second.issued, 1);
    assert_ne!(first.certificate(0).key_pem, second.certificate(0).key_pem);
}

#[test]
fn expired_certificates_are_issued_anew() {
    let bench = Bench::new();
    let first = bench.issue(&small());
    let second = bench.issue_at(&small(), later(366)).unwrap();
    assert_eq!((second.issued, second.reused), (3, 3));
    assert!(second.certificate(0).not_before > first.certificate(0).not_after);
}

#[test]
fn an_expired_authority_keeps_its_key() {
    let bench = Bench::new();
    let first = bench.issue(&small());
    let second = bench.issue_at(&small(), later(3651)).unwrap();
    assert_eq!(first.authority(0).key_pem, second.authority(0).key_pem);
    assert_ne!(first.authority(0).cert_pem, second.authority(0).cert_pem);
    assert_eq!((second.issued, second.reused), (4, 2));
    let why = "its certificate has expired";
    assert_eq!(second.notes, [Note::Reissued { authority: "kubernetes".into(), why }]);
}

#[test]
fn a_changed_authority_keeps_its_key_and_identifier() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    let mut request = small();
    let identifier = |issued: &Issued| {
        bench.write_pair(issued, 0, 0);
        bench.openssl("verify -x509_strict -CAfile ca.crt leaf.crt");
        section(&bench.openssl("x509 -in ca.crt -noout -text"), "Subject Key Identifier").to_owned()
    };
    let first = identifier(&bench.issue(&request));
    request.authorities[0].cn = "another".into();
    let why = "its authority will have another certificate";
    assert_eq!(bench.status(&request, 0), Status::Stale { why });
    assert_eq!(identifier(&bench.issue(&request)), first);
}

#[test]
fn nothing_is_rekeyed_silently() {
    let bench = Bench::new();
    bench.issue(&small());
    let changes: [Change; 3] = [
        |request| request.authorities[0].key = KeyKind::Ed25519,
        |request| request.keypairs[0].key = KeyKind::Ed25519,
        |request| request.secrets[0].bytes = 16,
    ];
    for change in changes {
        let mut request = small();
        change(&mut request);
        let error = bench.fails(&request);
        let PkiError::Rotation { path, what, .. } = &error else { panic!("{error}") };
        let file = if *what == "authority" { "authorities.json" } else { "secrets.json" };
        assert_eq!(*path, bench.store().join(file));
        assert!(error.help().unwrap().contains("restore the old request, or rotate"));
    }
    assert_eq!(bench.issue(&small()).reused, 6);
}

#[test]
fn certificates_end_with_their_authority() {
    let bench = Bench::new();
    let mut request = small();
    request.authorities[0].lifetime_seconds = 100 * DAY;
    let issued = bench.issue(&request);
    let not_after = issued.authority(0).not_after;
    assert_eq!(issued.certificate(2).not_after, not_after);
    assert_eq!(issued.notes, [Note::Shortened { authority: "kubernetes".into(), certificates: 3, not_after }]);
    assert_eq!(bench.issue(&request).issued, 0);
}

#[test]
fn a_certificate_near_its_end_is_issued_anew() {
    let bench = Bench::new();
    let mut request = small();
    request.renew_seconds = 30 * DAY;
    let first = bench.issue(&request);
    let day = time::Duration::days(1);
    let end = first.certificate(0).not_after - 30 * day;
    assert_eq!(bench.issue_at(&request, end - day).unwrap().issued, 0, "more than 30 days are left");
    let second = bench.issue_at(&request, end).unwrap();
    assert_eq!(second.issued, 3, "30 days are left");
    assert!(second.certificate(0).not_after > first.certificate(0).not_after);
    assert_eq!(second.certificate(0).key_pem, first.certificate(0).key_pem);
    assert_eq!(bench.issue_at(&request, end + day).unwrap().issued, 0, "the new one lasts");
}

#[test]
fn a_certificate_that_ends_with_its_authority_is_not_issued_again_and_again() {
    let bench = Bench::new();
    let mut request = small();
    (request.authorities[0].lifetime_seconds, request.renew_seconds) = (100 * DAY, 30 * DAY);
    let first = bench.issue(&request);
    assert_eq!(first.certificate(0).not_after, first.authority(0).not_after);
    assert_eq!(bench.issue_at(&request, later(90)).unwrap().issued, 0, "a new one would end on the same day");
}

#[test]
fn a_certificate_of_a_clock_ahead_is_issued_anew_though_its_authority_is_older() {
    let bench = Bench::new();
    let mut request = small();
    let added = request.certificates.pop().unwrap();
    let authority = bench.issue(&request).authority(0).fingerprint_sha256.clone();
    request.certificates.push(added);
    let ahead = bench.issue_at(&request, later(90)).unwrap();
    assert_eq!(ahead.issued, 1);
    let now = bench.issue(&request);
    assert_eq!((now.issued, &now.authority(0).fingerprint_sha256), (1, &authority));
    assert!(now.certificate(2).not_before <= OffsetDateTime::now_utc());
}

#[test]
fn what_begins_at_this_moment_is_valid() {
    let bench = Bench::new();
    let first = bench.issue(&small());
    let begin = first.authority(0).not_before;
    assert_eq!(bench.issue_at(&small(), begin).unwrap().issued, 0);
    assert!(bench.issue_at(&small(), begin - time::Duration::seconds(1)).unwrap().issued > 0);
}

#[test]
fn only_a_trial_is_never_written() {
    let bench = Bench::new();
    let mut trial = Store::open_trial(&bench.store()).unwrap();
    assert!(trial.is_trial());
    let issued = issue(&small(), &mut trial, later(0)).unwrap();
    assert_eq!(issued.issued, 6);
    assert!(!bench.store().exists());
    assert!(!Store::open(&bench.store()).unwrap().is_trial());
}

#[test]
fn all_secrets_are_known_so_that_they_can_be_kept_out_of_a_text() {
    let bench = Bench::new();
    let mut request = small();
    request.secrets.push(SecretSpec { name: "second".into(), bytes: 16, encoding: Encoding::Hex });
    let issued = bench.issue(&request);
    let all: Vec<_> = issued.secrets().collect();
    assert_eq!(all, [issued.secret(0), issued.secret(1)]);
    assert!(all[0].len() > 40 && all[1].len() == 32 && all[0] != all[1]);
}

#[test]
fn serials_differ() {
    let bench = Bench::new();
    let issued = bench.issue(&small());
    let serials: std::collections::HashSet<_> = (0..3).map(|index| &issued.certificate(index).serial).collect();
    assert!(serials.len() == 3 && serials.iter().all(|serial| serial.len() == 32));
    // The first of their bits are 01: positive, and of one length. All others are random.
    let first = |serial: &str| u8::from_str_radix(&serial[..2], 16).unwrap();
    assert!(serials.iter().all(|serial| first(serial) >> 6 == 1));
}

#[test]
fn status_is_told_without_making_anything() {
    let bench = Bench::new();
    assert!(Store::open_read(&bench.store()).unwrap().is_none());
    assert!(!bench.store().exists());
    let mut request = small();
    let issued = bench.issue(&request);
    let first = issued.certificate(0);
    let current = Status::Current { not_before: first.not_before, not_after: first.not_after };
    assert_eq!(bench.status(&request, 0), current);
    request.certificates.push(certificate("new/api/server", KeyKind::EcdsaP256));
    assert_eq!(bench.status(&request, 3), Status::Missing);
    let mut store = Store::open_read(&bench.store()).unwrap().unwrap();
    assert!(matches!(issue(&request, &mut store, later(0)), Err(PkiError::ReadOnly { .. })));
}

#[test]
fn only_the_owner_can_read_the_store() {
    let bench = Bench::new();
    bench.issue(&small());
    let store = bench.store();
    assert_eq!(fs::read_to_string(store.join(".gitignore")).unwrap(), "*\n");
    assert_eq!(mode(&store), 0o700);
    let files = ["version", "lock", "authorities.json", "secrets.json", "certificates.jsonl", "certificates.index"];
    files.iter().for_each(|name| assert_eq!(mode(&store.join(name)), 0o600, "{name}"));
}

#[test]
fn a_store_that_others_can_read_is_refused() {
    let bench = Bench::new();
    bench.issue(&small());
    for name in ["authorities.json", "secrets.json", "certificates.jsonl", ""] {
        let path = bench.store().join(name);
        let right = mode(&path);
        set_mode(&path, right | 0o040);
        let error = bench.fails(&small());
        assert!(matches!(error, PkiError::Exposed { .. }), "{error}");
        assert!(error.help().unwrap().contains(&format!("chmod {right:o} {}", bench.store().display())));
        set_mode(&path, right);
    }
    assert_eq!(bench.issue(&small()).reused, 6);
}

#[test]
fn a_damaged_store_is_never_made_anew() {
    let bench = Bench::new();
    bench.issue(&small());
    for name in ["authorities.json", "secrets.json", "certificates.jsonl"] {
        let path = bench.store().join(name);
        let good = fs::read(&path).unwrap();
        let cut = good[..good.len() / 2].to_vec();
        let foreign = String::from_utf8(good.clone()).unwrap().replace("MII", "MIJ").replace("PRIVATE", "PUBLIC");
        for bad in [vec![], b"{}".to_vec(), vec![0xff, 0xfe], cut, foreign.into_bytes()] {
            fs::write(&path, &bad).unwrap();
            let error = bench.fails(&small());
            assert!(matches!(&error, PkiError::Corrupt { path: at, .. } if *at == path), "{error}");
            assert_eq!(fs::read(&path).unwrap(), bad);
        }
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(bench.issue(&small()).reused, 6);
}

#[test]
fn a_store_of_another_version_is_refused() {
    let bench = Bench::new();
    bench.issue(&small());
    fs::write(bench.store().join("version"), "kmodel store 3\n").unwrap();
    let error = bench.fails(&small());
    assert!(error.to_string().contains("`kmodel store 3`, which is not supported"), "{error}");
    fs::remove_file(bench.store().join("version")).unwrap();
    assert!(matches!(bench.fails(&small()), PkiError::NotAStore { .. }));
}

#[test]
fn a_folder_of_other_things_is_not_taken_for_a_store() {
    let bench = Bench::new();
    fs::create_dir(bench.store()).unwrap();
    fs::write(bench.store().join("notes.txt"), "mine").unwrap();
    let error = bench.fails(&small());
    assert_eq!(error, PkiError::NotAStore { path: bench.store(), found: "notes.txt".into() });
    assert_eq!(fs::read_dir(bench.store()).unwrap().count(), 1);
}

#[test]
fn one_run_waits_for_the_other() {
    let bench = Bench::new();
    let first = Store::open(&bench.store()).unwrap();
    let error = Store::open_within(&bench.store(), Duration::from_millis(50)).unwrap_err();
    assert_eq!(error, PkiError::Locked { path: bench.store() });
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Store::open(&bench.store()).map(drop));
        std::thread::sleep(Duration::from_millis(100));
        drop(first);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn runs_side_by_side_agree() {
    let bench = Bench::new();
    let runs: Vec<Issued> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| bench.issue(&small()))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(runs.iter().map(|run| run.issued).sum::<usize>(), 6);
    assert!(runs.iter().all(|run| run.certificate(0) == runs[0].certificate(0)));
}

#[test]
fn leftovers_of_a_run_that_was_cut_off_go() {
    let bench = Bench::new();
    bench.issue(&small());
    let left = bench.store().join(".certificates.jsonl.kmodel-1-0");
    fs::write(&left, "{").unwrap();
    bench.issue(&small());
    assert!(!left.exists());
}

#[test]
fn nothing_is_read_or_written_through_a_link() {
    for name in ["secrets.json", "lock", "certificates.jsonl", "certificates.index"] {
        let bench = Bench::new();
        bench.issue(&small());
        let (place, aside) = (bench.store().join(name), bench.store().with_file_name("aside"));
        fs::rename(&place, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, &place).unwrap();
        let error = Store::open(&bench.store()).unwrap_err();
        assert!(matches!(error, PkiError::Link { .. }), "{name}: {error}");
    }
}

#[test]
fn a_store_beside_a_model_is_not_behind_a_link() {
    let bench = Bench::new();
    let (elsewhere, link) = (bench.path("elsewhere"), bench.path(".kmodel"));
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    for error in [Store::open(&link.join("lab")).err(), Store::open_trial(&link.join("lab")).err()] {
        assert!(matches!(&error, Some(PkiError::Link { path }) if *path == link), "{error:?}");
    }
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    // One that was named with `--store` may be anywhere.
    let named = bench.path("named");
    std::os::unix::fs::symlink(&elsewhere, &named).unwrap();
    assert!(Store::open(&named.join("lab")).is_ok());
}

#[test]
fn the_operators_authorities_may_be_behind_a_link() {
    let bench = Bench::new();
    bench.issue(&small());
    let own = bench.path("own");
    fs::create_dir(&own).unwrap();
    std::os::unix::fs::symlink(&own, bench.store().join("authorities")).unwrap();
    assert_eq!(bench.issue(&small()).reused, 6);
}

#[test]
fn a_folder_of_the_store_that_is_none_is_an_error() {
    let bench = Bench::new();
    bench.issue(&small());
    bench.write(".kmodel/machines", "x");
    let error = bench.fails(&small());
    assert!(matches!(&error, PkiError::File { action: "list", .. }), "{error}");
}

#[test]
fn secrets_do_not_show() {
    let bench = Bench::new();
    let issued = bench.issue(&small());
    let store = Store::open(&bench.store()).unwrap();
    let shown = format!("{issued:?} {store:?}");
    assert!(shown.contains("***") && !shown.contains("PRIVATE KEY") && !shown.contains(issued.secret(0)));
}

#[test]
fn bad_requests_are_refused() {
    let changes: [(Change, &str); 6] = [
        (|request| request.certificates[0].id = "../x".into(), "machine `..` is not a valid file name"),
        (|request| request.certificates[0].id = "b/api/server".into(), "certificate `b/api/server` is requested twice"),
        (|request| request.certificates[0].authority = 7, "names authority number 7"),
        (|request| request.certificates[0].lifetime_seconds = u64::MAX, "`a/api/server` cannot be valid for"),
        (|request| request.authorities[0].lifetime_seconds = 10, "`kubernetes` cannot be valid for 10 seconds"),
        (|request| request.certificates[0].sans = vec![San::parse("größer")], "cannot create `a/api/server`"),
    ];
    for (change, text) in changes {
        let (bench, mut request) = (Bench::new(), small());
        change(&mut request);
        let error = bench.fails(&request);
        assert!(error.to_string().contains(text), "{error}");
        let PkiError::Making { reason, .. } = &error else { continue };
        assert!(reason.contains("valid"), "the reason is rcgen's: {reason}");
    }
}

/// An authority such as operators have: by openssl, with a subject that rcgen cannot hold.
fn external(bench: &Bench, key: &str) -> String {
    let folder = bench.store().join("authorities");
    fs::create_dir_all(&folder).unwrap();
    set_mode(&bench.store(), 0o700);
    let (command, options) = key.split_once(' ').unwrap();
    bench.openssl(&format!("{command} -out .kmodel/authorities/kubernetes.key {options}"));
    set_mode(&folder.join("kubernetes.key"), 0o600);
    let subject = "/DC=com/DC=example/O=One/O=Two/CN=Own";
    let usage = "keyUsage=critical,keyCertSign,cRLSign";
    bench.openssl(&format!(
        "req -x509 -new -key .kmodel/authorities/kubernetes.key -days 900 -subj {subject} -addext {usage} \
         -out .kmodel/authorities/kubernetes.crt"
    ));
    fs::read_to_string(folder.join("kubernetes.crt")).unwrap()
}

#[test]
fn an_authority_of_the_operator_signs() {
    if !has_openssl() {
        return;
    }
    let keys = [
        "genrsa -traditional 2048",
        "genrsa 2048",
        "ecparam -name prime256v1 -genkey",
        "ecparam -name secp384r1 -genkey",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "genpkey -algorithm ed25519",
    ];
    for key in keys {
        let bench = Bench::new();
        let own = external(&bench, key);
        let mut request = small();
        request.certificates[0].org = ["one".into(), "two".into()].into();
        let issued = bench.issue(&request);
        assert_eq!(*issued.authority(0).cert_pem, own, "{key}");
        assert_eq!(issued.notes, [Note::External { authority: "kubernetes".into() }]);
        for index in 0..3 {
            bench.write_pair(&issued, 0, index);
            bench.openssl("verify -CAfile ca.crt -purpose sslserver -verify_ip 10.0.0.1 leaf.crt");
        }
        let issuer = bench.openssl("x509 -in leaf.crt -noout -issuer -nameopt RFC2253");
        assert_eq!(issuer, "issuer=CN=Own,O=Two,O=One,DC=example,DC=com\n");
        assert_eq!(bench.issue(&request).issued, 0);
    }
}

#[test]
fn an_authority_without_its_key_keeps_what_it_signed() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    external(&bench, "genpkey -algorithm ed25519");
    bench.issue(&small());
    fs::remove_file(bench.store().join("authorities/kubernetes.key")).unwrap();
    let issued = bench.issue(&small());
    assert_eq!((issued.issued, issued.authority(0).key_pem.is_none()), (0, true));
    let mut request = small();
    request.certificates[0].cn = "other".into();
    let error = bench.fails(&request);
    assert!(matches!(error, PkiError::NoKey { .. }), "{error}");
    assert!(error.help().unwrap().contains("authorities/kubernetes.key"));
}

#[test]
fn an_authority_that_cannot_sign_is_refused() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    external(&bench, "genpkey -algorithm ed25519");
    let folder = bench.store().join("authorities");
    let other = bench.openssl("genpkey -algorithm ed25519");
    fs::write(folder.join("kubernetes.key"), other).unwrap();
    assert!(bench.fails(&small()).to_string().contains("its key belongs to another certificate"));
    set_mode(&folder.join("kubernetes.key"), 0o644);
    assert!(matches!(bench.fails(&small()), PkiError::Exposed { .. }));
    let leaf = Bench::new().issue(&small()).certificate(0).cert_pem.to_string();
    for (text, reason) in [(leaf.as_str(), "`CA:TRUE` is missing"), ("nothing", "it contains no certificate")] {
        set_mode(&folder.join("kubernetes.key"), 0o600);
        fs::write(folder.join("kubernetes.crt"), text).unwrap();
        assert!(bench.fails(&small()).to_string().contains(reason));
    }
}

/// An authority of the operator's with more in its certificate.
fn limited(bench: &Bench, subject: &str, extension: &str) {
    external(bench, "genpkey -algorithm ed25519");
    let usage = "keyUsage=critical,keyCertSign,cRLSign";
    bench.openssl(&format!(
        "req -x509 -new -key .kmodel/authorities/kubernetes.key -days 900 -subj {subject} -addext {usage} \
         -addext {extension} -out .kmodel/authorities/kubernetes.crt"
    ));
}

#[test]
fn an_authority_signs_only_what_its_certificate_allows() {
    if !has_openssl() {
        return;
    }
    let own = "/CN=Own";
    let refused = [
        (
            "extendedKeyUsage=clientAuth",
            "its extended key usage allows no certificates of servers, such as `a/api/server`",
        ),
        ("nameConstraints=critical,permitted;DNS:example.org", "its name constraints do not allow `api.example.com`"),
        ("nameConstraints=excluded;IP:10.0.0.0/255.0.0.0", "its name constraints do not allow `10.0.0.1`"),
    ];
    for (extension, reason) in refused {
        let bench = Bench::new();
        limited(&bench, own, extension);
        let error = bench.fails(&small());
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!bench.store().join("certificates.jsonl").exists(), "nothing is signed");
    }
    for extension in ["extendedKeyUsage=serverAuth,clientAuth", "extendedKeyUsage=anyExtendedKeyUsage"] {
        let bench = Bench::new();
        limited(&bench, own, extension);
        bench.issue(&small());
    }
    let bench = Bench::new();
    limited(
        &bench,
        own,
        "nameConstraints=critical,permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:fd00::/ffff::",
    );
    let issued = bench.issue(&small());
    bench.write_pair(&issued, 0, 0);
    bench.openssl("verify -CAfile ca.crt -purpose sslserver -verify_ip 10.0.0.1 leaf.crt");
    let bench = Bench::new();
    limited(&bench, "/", "subjectAltName=DNS:ca");
    assert!(bench.fails(&small()).to_string().contains("its subject is empty"));
}

#[test]
fn a_key_without_its_certificate_is_not_passed_over() {
    if !has_openssl() {
        return;
    }
    let bench = Bench::new();
    external(&bench, "genpkey -algorithm ed25519");
    fs::remove_file(bench.store().join("authorities/kubernetes.crt")).unwrap();
    let error = bench.fails(&small()).to_string();
    assert!(error.contains("kubernetes.key`") && error.contains("kubernetes.crt` is missing"), "{error}");
}

#[test]
fn what_was_issued_by_a_clock_ahead_is_issued_anew() {
    let bench = Bench::new();
    let ahead = bench.issue_at(&small(), later(365 * 70)).unwrap();
    let now = bench.issue(&small());
    assert!(now.certificate(0).not_before < later(0) && now.authority(0).not_before < later(0));
    assert_eq!(now.certificate(0).key_pem, ahead.certificate(0).key_pem, "the key stays");
    assert_eq!(bench.issue(&small()).issued, 0);
}

#[test]
fn a_new_machine_gets_no_key_of_an_old_one() {
    let bench = Bench::new();
    let before = bench.issue(&small());
    let mut request = small();
    request.new_machines.insert("a".into());
    assert_eq!(bench.status(&request, 0), Status::Stale { why: "its machine is new" });
    let after = bench.issue(&request);
    assert_ne!(after.certificate(0).key_pem, before.certificate(0).key_pem);
    assert_eq!(after.certificate(1).key_pem, before.certificate(1).key_pem);
}

/// `cargo test --release --test real -- --ignored --nocapture three_thousand`
#[test]
#[ignore = "a measurement"]
fn three_thousand_certificates() {
    let bench = Bench::new();
    let mut request = small();
    let ids = (0..3000).map(|index| format!("machine-{}/app/{}", index / 3, index % 3));
    request.certificates = ids.map(|id| certificate(&id, KeyKind::EcdsaP256)).collect();
    for round in ["issued", "reused"] {
        let start = std::time::Instant::now();
        let mut store = Store::open(&bench.store()).unwrap();
        let open = start.elapsed();
        issue(&request, &mut store, OffsetDateTime::now_utc()).unwrap();
        let issue = start.elapsed() - open;
        store.save().unwrap();
        println!("{round}: open {open:?}, issue {issue:?}, save {:?}", start.elapsed() - open - issue);
    }
    let start = std::time::Instant::now();
    let store = Store::open_read(&bench.store()).unwrap().unwrap();
    for spec in &request.certificates {
        assert!(matches!(store.look(&request).certificate(spec), Ok(Status::Current { .. })));
    }
    println!("status, one thread: {:?}", start.elapsed());
}
