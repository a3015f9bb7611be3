//! Images pinned by the digest of a real registry (`distribution`), which gives nothing without a token of another server.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use sha2::{Digest, Sha256};

use crate::support::https::{Answer, Answers, serve};
use crate::support::kmodel;
use crate::support::tool::{said, succeed, tool, write};

const IMAGE: &str = "lab/pause";

/// A key with a certificate, and the authority that issued it.
struct Identity {
    key: KeyPair,
    certificate: rcgen::Certificate,
    authority: String,
}

impl Identity {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        Self { key, certificate, authority: authority.pem() }
    }

    /// A token of distribution's protocol for some actions on an image.
    fn token(&self, image: &str, actions: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let head =
            format!("{{\"typ\":\"JWT\",\"alg\":\"ES256\",\"x5c\":[\"{}\"]}}", STANDARD.encode(self.certificate.der()));
        let access = format!("[{{\"type\":\"repository\",\"name\":\"{image}\",\"actions\":[{actions}]}}]");
        let claims = format!(
            "{{\"iss\":\"lab\",\"sub\":\"\",\"aud\":\"registry\",\"exp\":{},\"nbf\":{},\"iat\":{now},\"jti\":\"1\",\"access\":{access}}}",
            now + 600,
            now - 60
        );
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let random = SystemRandom::new();
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key.serialize_der(), &random);
        let signature = signer.unwrap().sign(&random, text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A registry that runs as long as the test, and what reaches it.
struct Registry {
    folder: tempfile::TempDir,
    child: Child,
    port: u16,
    issuer: Identity,
}

impl Drop for Registry {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn digest(content: &str) -> String {
    let digits: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

impl Registry {
    /// Starts one whose tokens come from a port.
    fn start(mut program: Command, tokens: impl FnOnce(&Identity) -> (u16, String)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (issuer, own) = (Identity::new("tokens"), Identity::new("images"));
        let (realm, authority) = tokens(&issuer);
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        write(&path("tokens.pem"), issuer.authority.as_bytes(), 0o644);
        write(&path("tls.pem"), own.certificate.pem().as_bytes(), 0o644);
        write(&path("tls.key"), own.key.serialize_pem().as_bytes(), 0o600);
        write(&path("ca.pem"), (authority + &own.authority).as_bytes(), 0o644);
        let at = folder.path().display();
        let config = format!(
            "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\n\
             storage: {{ filesystem: {{ rootdirectory: {at}/images }} }}\n\
             http:\n  addr: 127.0.0.1:{port}\n  tls: {{ certificate: {at}/tls.pem, key: {at}/tls.key }}\n\
             auth:\n  token:\n    realm: https://localhost:{realm}/token\n    service: registry\n    issuer: lab\n    \
             rootcertbundle: {at}/tokens.pem\n"
        );
        write(&path("config.yml"), config.as_bytes(), 0o644);
        let child = program.arg("serve").arg(path("config.yml")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let registry = Self { child: child.unwrap(), folder, port, issuer };
        let is_up = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        assert!(
            (0..100).any(|_| is_up() || {
                std::thread::sleep(Duration::from_millis(100));
                false
            }),
            "it listens"
        );
        registry
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a request of curl is answered with; the headers are before the text.
    fn curl(&self, method: &str, url: &str, (kind, body): (&str, &str)) -> String {
        let token = self.issuer.token(IMAGE, "\"pull\",\"push\"");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--include", "--noproxy", "*", "--request", method]);
        curl.arg("--cacert").arg(self.path("ca.pem")).arg("--header").arg(format!("Authorization: Bearer {token}"));
        curl.arg("--header").arg(format!("Content-Type: {kind}")).args(["--data-binary", body, url]);
        succeed(&mut curl)
    }

    /// Puts an image with one configuration and no layers into it; gives its digest.
    fn push(&self, tag: &str) -> String {
        let image = format!("https://localhost:{}/v2/{IMAGE}", self.port);
        let config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
        let begun = self.curl("POST", &format!("{image}/blobs/uploads/"), ("application/octet-stream", ""));
        let mut fields = begun.lines().filter_map(|line| line.split_once(": "));
        let location = fields.find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, url)| url.trim());
        let location = location.unwrap_or_else(|| panic!("no place: {begun}"));
        let place = format!("{location}&digest={}", digest(config));
        self.curl("PUT", &place, ("application/octet-stream", config));
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        let manifest = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"config\":{{\"mediaType\":\
             \"application/vnd.docker.container.image.v1+json\",\"size\":{},\"digest\":\"{}\"}},\"layers\":[]}}",
            config.len(),
            digest(config)
        );
        self.curl("PUT", &format!("{image}/manifests/{tag}"), (kind, &manifest));
        digest(&manifest)
    }

    fn pin(&self, tag: &str, more: &[&str]) -> Output {
        let model = format!(
            "cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines m
component pods {{
  image pause {{ ref = \"localhost:{}/{IMAGE}:{tag}\" }}
}}
deploy pods on m
target lxd
",
            self.port
        );
        write(&self.path("lab.km"), model.as_bytes(), 0o644);
        let mut command = kmodel([&["pin", "lab.km", "--images", "--ca", "ca.pem"], more].concat());
        command.current_dir(self.folder.path()).env("NO_PROXY", "*").output().unwrap()
    }
}

/// A server that gives one token to those who ask for an image, as a registry tells them to.
fn tokens(token: String) -> (u16, String) {
    let path = format!("/token?scope=repository:{IMAGE}:pull&service=registry");
    let server = serve(Answers::from([(path, Answer::Text(format!("{{\"token\":\"{token}\"}}")))]), &["localhost"]);
    (server.port, server.authority)
}

#[test]
fn an_image_is_pinned_by_the_digest_of_a_registry_with_tokens() {
    let (Some(program), Some(_)) = (tool("docker-registry"), tool("curl")) else { return };
    let registry = Registry::start(program, |issuer| tokens(issuer.token(IMAGE, "\"pull\"")));
    let digest = registry.push("3.10");
    let pinned = registry.pin("3.10", &[]);
    assert!(pinned.status.success(), "{}", said(&pinned));
    let lock = fs::read_to_string(registry.path("kmodel.lock")).unwrap();
    assert!(lock.contains(&format!("\"localhost:{}/{IMAGE}:3.10\" = \"{digest}\"", registry.port)), "{lock}");
    let verified = registry.pin("3.10", &["--verify"]);
    assert!(verified.status.success() && said(&verified).contains("verified 1 pin"), "{}", said(&verified));
    let missing = registry.pin("3.11", &[]);
    let why = "the registry has no image `lab/pause:3.11`";
    assert!(missing.status.code() == Some(3) && said(&missing).contains(why), "{}", said(&missing));
}

#[test]
fn a_token_that_a_registry_refuses_pins_nothing() {
    let tokens_of: [fn(&Identity) -> String; 3] = [
        |_| Identity::new("others").token(IMAGE, "\"pull\""),
        |issuer| issuer.token("lab/other", "\"pull\""),
        |issuer| issuer.token(IMAGE, "\"push\""),
    ];
    for token in tokens_of {
        let (Some(program), Some(_)) = (tool("docker-registry"), tool("curl")) else { return };
        let registry = Registry::start(program, |issuer| tokens(token(issuer)));
        registry.push("3.10");
        let refused = registry.pin("3.10", &[]);
        assert!(refused.status.code() == Some(3) && said(&refused).contains("asks for a login"), "{}", said(&refused));
        assert!(!registry.path("kmodel.lock").exists());
    }
}
