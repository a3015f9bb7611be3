//! Signatures of releases, made here as cosign makes them: with an authority, a certificate for some minutes and its key.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, PKCS_ECDSA_P384_SHA384, SanType, date_time_ymd,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use sha2::{Digest, Sha512};

use super::{KUBERNETES, Site, answers, text, tool};
use crate::support::https::{Answer, serve};
use crate::support::snapshot;

const IDENTITY: &str = "krel-staging@k8s-releng-prod.iam.gserviceaccount.com";
const ISSUER: &str = "https://accounts.google.com";
const CONTENT: &str = "a tarball";

/// What a certificate says, right unless a test changes it.
struct Leaf {
    identity: SanType,
    issuers: Vec<CustomExtension>,
    usage: ExtendedKeyUsagePurpose,
    year: i32,
    curve: &'static rcgen::SignatureAlgorithm,
}

fn mail(address: &str) -> SanType {
    SanType::Rfc822Name(Ia5String::try_from(address).expect("an address"))
}

/// The issuer as plain text (1), or as a UTF8String (8).
fn vouched(by: &str, form: u64) -> CustomExtension {
    let head = if form == 8 { vec![0x0c, u8::try_from(by.len()).expect("it is short")] } else { Vec::new() };
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, form], [&head, by.as_bytes()].concat())
}

impl Default for Leaf {
    fn default() -> Self {
        Self {
            identity: mail(IDENTITY),
            issuers: vec![vouched(ISSUER, 1), vouched(ISSUER, 8)],
            usage: ExtendedKeyUsagePurpose::CodeSigning,
            year: 2026,
            curve: &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

/// An authority with a root for thirty years, and one below it for ten.
struct Authority {
    root: Certificate,
    below: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let params = |years: (i32, i32), name: &str| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = date_time_ymd(years.0, 1, 1);
            params.not_after = date_time_ymd(years.1, 1, 1);
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params
        };
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
        let root = CertifiedIssuer::self_signed(params((2010, 2040), "root"), key()).expect("a root");
        let mut below = params((2020, 2030), "below");
        below.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let below = CertifiedIssuer::signed_by(below, key(), &root).expect("an authority");
        let root: &Certificate = root.as_ref();
        Self { root: root.clone(), below }
    }

    /// The file that operators pass.
    fn pem(&self) -> String {
        self.root.pem() + &self.below.pem()
    }

    /// The same as Sigstore writes it.
    fn json(&self) -> String {
        let raw = |der: &[u8]| format!("{{\"rawBytes\":\"{}\"}}", STANDARD.encode(der));
        let (below, root) = (raw(self.below.der()), raw(self.root.der()));
        format!("{{\"tlogs\":[],\"certificateAuthorities\":[{{\"certChain\":{{\"certificates\":[{below},{root}]}}}}]}}")
    }

    /// A certificate as PEM, and the signature of a content, as cosign writes both.
    fn sign(&self, leaf: Leaf, content: &str) -> (String, String) {
        let key = KeyPair::generate_for(leaf.curve).expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.subject_alt_names = vec![leaf.identity];
        params.custom_extensions = leaf.issuers;
        params.extended_key_usages = vec![leaf.usage];
        params.not_before = date_time_ymd(leaf.year, 5, 1);
        params.not_after = params.not_before + time::Duration::minutes(10);
        let certificate = params.signed_by(&key, &self.below).expect("a certificate").pem();
        let random = SystemRandom::new();
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der(), &random);
        let signature = signer.map(|signer| signer.sign(&random, content.as_bytes()).expect("a signature"));
        (certificate, STANDARD.encode(signature.as_ref().map_or(&[][..], AsRef::as_ref)))
    }
}

/// Runs `pin --verify` of a release that lies in a folder with these files beside it.
fn verify(roots: &str, content: &str, beside: &[(&str, &str)]) -> (Option<i32>, String, bool) {
    let site = Site::new(KUBERNETES, None);
    let folder = site.path().join("mirror/dl.k8s.io/v1.34.77");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("kubernetes-server-linux-amd64.tar.gz");
    let sum: String = Sha512::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let write = |end: &str, text: &str| fs::write(format!("{}{end}", file.display()), text).expect("a file");
    write("", content);
    write(".sha512", &sum);
    beside.iter().for_each(|(end, text)| write(end, text));
    fs::write(site.path().join("roots"), roots).expect("a file");
    let output = site.run(&["pin", "lab.km", "--from", "mirror", "--verify", "--sigstore-root", "roots"]);
    (output.status.code(), text(&output), site.lock().is_some())
}

#[test]
fn a_signature_of_the_publisher_is_verified() {
    let authority = Authority::new();
    let (certificate, signature) = authority.sign(Leaf::default(), CONTENT);
    let encoded = STANDARD.encode(&certificate);
    let only = |form| Leaf { issuers: vec![vouched(ISSUER, form)], ..Leaf::default() };
    let (old, by_old) = authority.sign(only(1), CONTENT);
    let (new, by_new) = authority.sign(only(8), CONTENT);
    let other = Authority::new();
    for (roots, certificate, signature) in [
        (authority.pem(), &encoded, &signature),
        (authority.pem(), &certificate, &signature),
        (authority.json(), &encoded, &signature),
        (other.pem() + &authority.pem(), &encoded, &signature),
        (authority.pem(), &old, &by_old),
        (authority.pem(), &new, &by_new),
    ] {
        let (code, said, pinned) = verify(&roots, CONTENT, &[(".cert", certificate), (".sig", signature)]);
        assert_eq!((code, pinned), (Some(0), true), "{said}");
        let line = format!(
            "signature verified: kubernetes-server 1.34.77 amd64: signed by {IDENTITY} ({ISSUER}) with a certificate of \
             2026-05-01; the transparency log was not asked\n"
        );
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn what_is_not_signed_by_the_publisher_is_refused_and_not_pinned() {
    let authority = Authority::new();
    let (certificate, signature) = authority.sign(Leaf::default(), CONTENT);
    let (others, _) = authority.sign(Leaf::default(), CONTENT);
    let wrong = |change: fn(&mut Leaf)| {
        let mut leaf = Leaf::default();
        change(&mut leaf);
        authority.sign(leaf, CONTENT)
    };
    let foreign = Authority::new().sign(Leaf::default(), CONTENT);
    let mut shown = String::new();
    let mut refused = |what: &str, content: &str, (certificate, signature): (Option<&str>, Option<&str>)| {
        let beside = [(".cert", certificate), (".sig", signature)];
        let beside: Vec<_> = beside.into_iter().filter_map(|(end, text)| Some((end, text?))).collect();
        let (code, said, pinned) = verify(&authority.pem(), content, &beside);
        assert_eq!((code, pinned), (Some(3), false), "{what}: {said}");
        shown += &format!("{what}\n{said}\n");
    };
    refused("another file", "another tarball", (Some(&certificate), Some(&signature)));
    refused("another key", CONTENT, (Some(&others), Some(&signature)));
    refused("no certificate", CONTENT, (None, Some(&signature)));
    refused("no signature", CONTENT, (Some(&certificate), None));
    refused("an empty signature", CONTENT, (Some(&certificate), Some("")));
    refused("half a signature", CONTENT, (Some(&certificate), Some(&signature[..40])));
    refused("half a certificate", CONTENT, (Some(&certificate[..300]), Some(&signature)));
    refused("a page", CONTENT, (Some("<html>"), Some(&signature)));
    for (what, (certificate, signature)) in [
        ("another root", foreign),
        ("another identity", wrong(|leaf| leaf.identity = mail("mallory@example.org"))),
        ("a URL as identity", wrong(|leaf| leaf.identity = SanType::URI(Ia5String::try_from("https://x").unwrap()))),
        ("another issuer", wrong(|leaf| leaf.issuers = vec![vouched("https://example.org", 1)])),
        ("one issuer of two", wrong(|leaf| leaf.issuers[1] = vouched("https://example.org", 8))),
        ("no issuer", wrong(|leaf| leaf.issuers.clear())),
        ("not for code", wrong(|leaf| leaf.usage = ExtendedKeyUsagePurpose::ServerAuth)),
        ("after the authority", wrong(|leaf| leaf.year = 2035)),
        ("before the authority", wrong(|leaf| leaf.year = 2015)),
        ("another curve", wrong(|leaf| leaf.curve = &PKCS_ECDSA_P384_SHA384)),
    ] {
        refused(what, CONTENT, (Some(&certificate), Some(&signature)));
    }
    snapshot("snapshots/cli", "pin_signatures_refused", &shown);
}

#[test]
fn roots_have_to_be_roots() {
    let authority = Authority::new();
    for (roots, said) in [
        (String::new(), "has no certificate"),
        ("{}".to_owned(), "has no certificate"),
        (
            "{\"certificateAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"?\"}]}}]}".to_owned(),
            "has no certificate",
        ),
        (authority.below.pem(), "has no root"),
    ] {
        let (code, output, pinned) = verify(&roots, CONTENT, &[]);
        assert!(code == Some(3) && !pinned && output.contains(said), "{said}: {output}");
    }
    let site = Site::new(KUBERNETES, None);
    for arguments in [&["pin", "lab.km", "--sigstore-root", "roots"][..], &["pin", "lab.km", "--keyring", "keys"]] {
        assert_eq!(site.run(arguments).status.code(), Some(2), "nothing is verified without --verify");
    }
}

#[test]
fn what_cannot_be_verified_is_named() {
    let site = Site::new(KUBERNETES, None);
    let folder = site.path().join("mirror/dl.k8s.io/v1.34.77");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("kubernetes-server-linux-amd64.tar.gz");
    let sum: String = Sha512::digest(CONTENT).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(&file, CONTENT).expect("a file");
    fs::write(format!("{}.sha512", file.display()), sum).expect("a file");
    let output = text(&site.run(&["pin", "lab.km", "--from", "mirror", "--verify"]));
    let line =
        "signature not verified: kubernetes-server 1.34.77 amd64: signed with cosign, pass `--sigstore-root FILE`\n";
    assert!(output.contains(line), "{output}");
    // A publisher of whose signatures nothing is known.
    let digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let paths = [
        ("/v1.2.3/tool-amd64", Answer::Text("test".to_owned())),
        ("/sums", Answer::Text(format!("{digits}  tool-amd64"))),
    ];
    let server = serve(answers(paths), &["localhost"]);
    let site = Site::new(&tool(server.port, &format!("https://localhost:{}/sums", server.port)), Some(&server));
    let output = text(&site.run(&["pin", "lab.km", "--ca", "ca.pem", "--verify"]));
    let line = "signature not verified: tool 1.2.3 amd64: no signature of its publisher is known\n";
    assert!(output.contains(line), "{output}");
}

#[test]
fn with_roots_the_files_that_need_no_pin_are_verified_too() {
    let authority = Authority::new();
    let model = KUBERNETES.replace("1.34.77", "1.34.8");
    let path = "/dl.k8s.io/v1.34.8/kubernetes-server-linux-amd64.tar.gz";
    let (certificate, signature) = authority.sign(Leaf::default(), CONTENT);
    let mut paths = answers([(path, Answer::Text(CONTENT.to_owned()))]);
    paths.insert(format!("{path}.cert"), Answer::Text(certificate));
    paths.insert(format!("{path}.sig"), Answer::Text(signature));
    let server = serve(paths, &["localhost"]);
    let site = Site::new(&model, Some(&server));
    fs::write(site.path().join("roots"), authority.pem()).expect("a file");
    let mirror = format!("https://localhost:{}", server.port);
    let arguments = ["pin", "lab.km", "--from", &mirror, "--ca", "ca.pem", "--verify", "--sigstore-root", "roots"];
    // Signed or not, it is not the file that this kmodel knows.
    let output = site.run(&arguments);
    assert!(output.status.code() == Some(3) && text(&output).contains("is published"), "{}", text(&output));
    assert_eq!(text(&site.run(&arguments[..7])), "nothing new to pin\n");
}
