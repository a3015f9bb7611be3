//! Keys over the years: what `kmodel pki` and `kmodel kubeconfig` do with a store, and what they leave alone.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use kmodel::pki::recorded::KeyUse;
use kmodel::pki::rotation::Step;
use kmodel::pki::spec::{AuthoritySpec, KeyKind, Request};
use kmodel::pki::{Store, issue};
use proptest::prelude::*;
use serde_json::Value;
use time::OffsetDateTime;

use crate::support::{kmodel, root};

/// A folder with the example in it, rendered once.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        fs::copy(root().join("examples/ha.km"), site.model()).unwrap();
        site.rendered();
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn model(&self) -> PathBuf {
        self.path("ha.km")
    }

    fn rendered(&self) {
        let (model, build) = (self.model(), self.path("build"));
        let words = ["render", text(&model), "--target", "lxd", "--out", text(&build)];
        let rendered = run(&words);
        assert!(rendered.status.success(), "{}", err(&rendered));
    }

    /// The output of a command with the model as its first argument.
    fn kmodel(&self, command: &[&str], options: &[&str]) -> Result<String, (Option<i32>, String)> {
        let model = self.model();
        let words: Vec<_> = command.iter().chain([&text(&model)]).chain(options).copied().collect();
        let output = run(&words);
        if output.status.success() {
            Ok(out(&output))
        } else {
            Err((output.status.code(), err(&output) + &out(&output)))
        }
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.kmodel(&["pki", "status"], &["--json"]).unwrap()).unwrap()
    }

    /// The certificates of the output, as they are listed for people.
    fn listed(&self) -> BTreeSet<(String, String)> {
        let text = fs::read_to_string(self.path("build/pki/certificates.json")).unwrap();
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        list.iter().map(|one| (one["id"].to_string(), one["serial"].to_string())).collect()
    }
}

fn run(words: &[&str]) -> Output {
    kmodel(words.iter().copied()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_key_is_listed_with_its_end() {
    let site = Site::new();
    let status = site.status();
    let names = |part: &str| {
        status[part].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("authorities"), ["etcd-ca", "kubernetes-ca", "front-proxy-ca"]);
    assert!(names("certificates").contains(&"kube-apiserver/serving".to_owned()));
    assert_eq!(names("keys")[0], "service-account");
    assert_eq!(status["certificates"][0]["days"], 365);
    // Nothing ends within a day, everything within ten years.
    assert!(site.kmodel(&["pki", "status"], &["--within", "1d"]).is_ok());
    let (code, said) = site.kmodel(&["pki", "status"], &["--within", "3660d"]).unwrap_err();
    assert!(code == Some(4) && said.contains("2036"), "{said}");
}

#[test]
fn a_lost_store_is_no_good_news() {
    let site = Site::new();
    fs::remove_dir_all(site.path(".kmodel")).unwrap();
    let (code, said) = site.kmodel(&["pki", "status"], &["--within", "1d"]).unwrap_err();
    assert!(code == Some(4) && said.contains("key-store-differs"), "{said}");
}

#[test]
fn what_is_named_is_renewed_and_nothing_else() {
    let site = Site::new();
    let before = site.listed();
    let said = site.kmodel(&["pki", "renew"], &["etcd/server", "lb-0/etcd/server"]);
    assert!(said.is_err(), "{said:?}: lb-0 has no etcd");
    assert!(site.kmodel(&["pki", "renew"], &[]).is_err(), "it does not renew everything by chance");
    site.kmodel(&["pki", "renew"], &["--all", "--dry-run"]).unwrap();
    site.rendered();
    assert_eq!(site.listed(), before, "nothing has been renewed yet");
    site.kmodel(&["pki", "renew"], &["etcd/server", "cp-1/kube-apiserver/serving"]).unwrap();
    let lock = fs::read_to_string(site.path("kmodel.lock")).unwrap();
    site.rendered();
    assert_eq!(fs::read_to_string(site.path("kmodel.lock")).unwrap(), lock, "no key is another one");
    let renewed: Vec<_> = site.listed().difference(&before).map(|(id, _)| id.clone()).collect();
    let ids = ["cp-0/etcd/server", "cp-1/etcd/server", "cp-1/kube-apiserver/serving", "cp-2/etcd/server"];
    assert_eq!(renewed, ids.map(|id| format!("\"{id}\"")));
}

#[test]
fn a_renewed_certificate_keeps_its_key_unless_it_is_asked_for() {
    let site = Site::new();
    let key = || fs::read_to_string(site.path("build/machines/cp-0/root/etc/kubernetes/pki/etcd/server.key")).unwrap();
    let first = key();
    site.kmodel(&["pki", "renew"], &["etcd/server"]).unwrap();
    site.rendered();
    assert_eq!(key(), first);
    site.kmodel(&["pki", "renew"], &["etcd/server", "--new-keys"]).unwrap();
    site.rendered();
    assert_ne!(key(), first);
}

#[test]
fn an_authority_is_replaced_step_by_step() {
    let site = Site::new();
    let rotate = |step: &str, more: &[&str]| {
        let options: Vec<_> = ["etcd-ca", "--step", step].iter().chain(more).copied().collect();
        site.kmodel(&["pki", "rotate"], &options)
    };
    let bundle = || fs::read_to_string(site.path("build/pki/etcd-ca.crt")).unwrap();
    let first = bundle();
    let lock = fs::read_to_string(site.path("kmodel.lock")).unwrap();
    for (step, why) in [("issue", "cuts off"), ("forget", "cuts off"), ("back", "is not being rotated")] {
        let (_, said) = rotate(step, &[]).unwrap_err();
        assert!(said.contains(why), "{step}: {said}");
    }
    rotate("trust", &[]).unwrap();
    site.rendered();
    assert!(bundle().starts_with(first.trim_end()) && bundle().matches("BEGIN").count() == 2, "the old one signs");
    assert_eq!(site.status()["authorities"][0]["rotating"], "next");
    rotate("issue", &["--applied"]).unwrap();
    // A colleague's lock from before is not taken for that of another store.
    fs::write(site.path("kmodel.lock"), &lock).unwrap();
    site.rendered();
    assert!(bundle().ends_with(&first) && bundle().matches("BEGIN").count() == 2, "the new one signs");
    assert_eq!(site.status()["authorities"][0]["rotating"], "former");
    rotate("forget", &["--applied"]).unwrap();
    site.rendered();
    assert!(!bundle().contains(first.trim_end()) && bundle().matches("BEGIN").count() == 1);
    assert!(site.status()["authorities"][0].get("rotating").is_none());
    // The lock knows the new key: a store with the old one is refused.
    assert_ne!(fs::read_to_string(site.path("kmodel.lock")).unwrap(), lock);
}

#[test]
fn what_has_no_public_half_is_not_rotated() {
    let site = Site::new();
    for (name, why) in [("encryption-key", "has no public half"), ("etcd-cb", "etcd-ca")] {
        let (_, said) = site.kmodel(&["pki", "rotate"], &[name, "--step", "trust"]).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_person_gets_access_for_a_while() {
    let site = Site::new();
    let (file, model) = (site.path("alice.conf"), site.model());
    let options = ["--user", "alice", "--group", "dev", "--expires", "8h", "--out", text(&file)];
    let said = site.kmodel(&["kubeconfig"], &options).unwrap();
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(written.contains("current-context: alice@ha") && written.contains("https://10.10.0.254:6443"), "{written}");
    assert!(!said.contains("PRIVATE") && !said.contains("key-data"), "{said}");
    let listed = site.listed();
    site.rendered();
    assert_eq!(site.listed(), listed, "nothing of it is kept");
    for (options, why) in [
        (&["--user", "alice", "--out", text(&file)][..], "is there already"),
        (&["--user", "system:admin", "--out", "x"], "is not a person"),
        (&["--user", "", "--out", "x"], "1 to 64 characters"),
        (&["--user", "a\nb", "--out", "x"], "1 to 64 characters"),
        (&["--user", "bob", "--expires", "soon", "--out", "x"], "expected a duration"),
        (&["--user", "bob", "--like", "admin.con", "--out", "x"], "admin.conf"),
        (&["--user", "bob", "--force", "--out", text(&model)], "the model"),
        (&["--user", "bob", "--force", "--out", text(&site.path(".kmodel/ha/secrets.json"))], "the key store"),
    ] {
        let (_, said) = site.kmodel(&["kubeconfig"], options).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
    let masters = ["--user", "bob", "--group", "system:masters", "--force", "--out", text(&file)];
    assert!(site.kmodel(&["kubeconfig"], &masters).unwrap().contains("warning"));
}

#[test]
fn without_a_store_nobody_gets_access() {
    let folder = tempfile::tempdir().unwrap();
    let (model, file) = (folder.path().join("ha.km"), folder.path().join("a.conf"));
    fs::copy(root().join("examples/ha.km"), &model).unwrap();
    let output = run(&["pki", "renew", text(&model), "--all"]);
    assert!(
        err(&output).contains("nothing has been issued") && !folder.path().join(".kmodel/ha/authorities.json").exists()
    );
    let output = run(&["kubeconfig", text(&model), "--user", "a", "--out", text(&file)]);
    assert!(err(&output).contains("does not exist") && !file.exists(), "{}", err(&output));
}

/// The certificate that signs, and all that are trusted.
fn trusted(store: &mut Store, request: &Request) -> (String, BTreeSet<String>) {
    let issued = issue(request, store, OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000)).unwrap();
    let pem = &issued.authority(0).cert_pem;
    let list: Vec<String> = pem.split_inclusive("-----END CERTIFICATE-----").map(|one| one.trim().to_owned()).collect();
    (list[0].clone(), list.into_iter().filter(|one| !one.is_empty()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is asked for in whatever order: machines before a step trust what signs after it, and the other way round.
    #[test]
    fn no_step_cuts_anything_off(steps in prop::collection::vec(0_usize..4, 1..12)) {
        let authority = AuthoritySpec {
            name: "ca".into(), cn: "ca".into(), names: Vec::new(), lifetime_seconds: 1 << 30, key: KeyKind::EcdsaP256,
        };
        let request = Request { authorities: vec![authority], ..Request::default() };
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("store")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        let mut before = trusted(&mut store, &request);
        for step in steps {
            let step = [Step::Trust, Step::Issue, Step::Forget, Step::Back][step];
            let taken = store.rotate((KeyUse::Authority, "ca"), (&request, step), now);
            let after = trusted(&mut store, &request);
            prop_assert!(before.1.contains(&after.0) && after.1.contains(&before.0), "{step:?}");
            prop_assert!(taken.is_ok() || before == after, "a step that is refused changes nothing: {step:?}");
            before = after;
        }
    }
}
