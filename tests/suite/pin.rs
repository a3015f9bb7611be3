//! `kmodel pin` against servers of its own: what it writes, and what each way to fail says.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::support::https::{Answer, Answers, Server, proxy, serve};
use crate::support::{kmodel, snapshot};

mod signature;

const SERVER: &str = "https://dl.k8s.io/v1.34.77/kubernetes-server-linux-amd64.tar.gz";
const HASH: &str = "b81fd6a1a4b9a6e9dd5a8a0b3b3ccd8f4a4e0a6fbc24a9dc2d9d1d5b83f6e111";

/// A model in a folder of its own, with the authority of a server beside it.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new(model: &str, server: Option<&Server>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("lab.km"), model).expect("a model");
        if let Some(server) = server {
            fs::write(folder.path().join("ca.pem"), &server.authority).expect("an authority");
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = kmodel(arguments.iter().copied());
        command.current_dir(self.path());
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("kmodel runs")
    }

    /// The lock, if there is one.
    fn lock(&self) -> Option<String> {
        fs::read_to_string(self.path().join("kmodel.lock")).ok()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// One program of Kubernetes in a patch that no table has.
const KUBERNETES: &str = "\
cluster lab { kubernetes = 1.34.77, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m
component server {
  artifact kubernetes-server {
    release = \"kubernetes-server\"
    version = cluster.kubernetes
    install = { \"kubernetes/server/bin/kube-apiserver\" = /usr/local/bin/kube-apiserver }
  }
}
deploy server on m
target lxd
";

/// A tool that is published at a server of the test.
fn tool(port: u16, list: &str) -> String {
    format!(
        "cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines m
component tool {{
  artifact tool {{
    version   = 1.2.3
    url       = \"https://localhost:{port}/v{{version}}/tool-{{arch}}\"
    checksums = \"{list}\"
    kind      = \"binary\"
    install   = {{ \"tool\" = /usr/local/bin/tool }}
  }}
}}
deploy tool on m
target lxd
"
    )
}

fn answers(list: impl IntoIterator<Item = (&'static str, Answer)>) -> Answers {
    list.into_iter().map(|(path, answer)| (path.to_owned(), answer)).collect()
}

#[test]
fn a_published_checksum_is_pinned_and_used() {
    let mirrored = "/dl.k8s.io/v1.34.77/kubernetes-server-linux-amd64.tar.gz.sha512";
    let server = serve(answers([(mirrored, Answer::Text("ab".repeat(64)))]), &["localhost"]);
    let site = Site::new(KUBERNETES, Some(&server));
    assert_eq!(site.run(&["pin", "lab.km", "--check"]).status.code(), Some(4));
    let refused = site.run(&["check", "lab.km"]);
    assert!(text(&refused).contains("run `kmodel pin lab.km`"), "{}", text(&refused));
    let mirror = format!("https://localhost:{}/", server.port);
    let pinned = site.run(&["pin", "lab.km", "--from", &mirror, "--ca", "ca.pem"]);
    assert!(pinned.status.success(), "{}", text(&pinned));
    snapshot("snapshots/cli", "pin_pinned", &text(&pinned));
    snapshot("snapshots/cli", "pin_lock", &site.lock().expect("a lock"));
    let again = site.run(&["pin", "lab.km"]);
    assert_eq!(text(&again), "nothing to pin: 1 file, all with a checksum\n");
    assert_eq!(site.run(&["pin", "lab.km", "--check"]).status.code(), Some(0));
    let rendered = site.run(&["render", "lab.km", "--out", "build"]);
    assert!(rendered.status.success(), "{}", text(&rendered));
    let lock = site.lock().expect("a lock");
    assert!(lock.contains(&format!("\"{SERVER}\" = \"sha512:{}\"", "ab".repeat(64))), "a render keeps it: {lock}");
    let artifacts = site.run(&["artifacts", "lab.km"]);
    assert!(text(&artifacts).contains(&format!("sha512:{}", "ab".repeat(64))), "{}", text(&artifacts));
}

/// A component whose manifest is published at a server of the test.
fn release(port: u16) -> String {
    format!(
        "use std/interfaces {{ addon }}
cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines m
component tool {{
  manifest release {{
    url   = \"https://localhost:{port}/r.yaml\"
    patch = {{ \"ConfigMap/tool\" = {{ \"data.mode\" = \"quiet\" }} }}
  }}
  provides manifests: addon {{ manifest = release.text, release = release }}
}}
component apply {{
  requires manifests*: addon {{ soft = true }}
  file /etc/r.yaml for m in manifests.units {{ url = m.release?.url, hash = m.release?.hash, text = m.manifest }}
}}
deploy tool
deploy apply on m
target lxd
"
    )
}

#[test]
fn a_manifest_is_its_own_checksum_and_a_copy_is_kept() {
    let text_of =
        |kind: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{ name: tool }}\ndata: {{ mode: loud }}\n");
    let server = serve(answers([("/r.yaml", Answer::Text(text_of("ConfigMap")))]), &["localhost"]);
    let site = Site::new(&release(server.port), Some(&server));
    let refused = text(&site.run(&["check", "lab.km"]));
    assert!(refused.contains("run `kmodel pin lab.km`"), "{refused}");
    let pinned = site.run(&["pin", "lab.km", "--ca", "ca.pem"]);
    assert!(pinned.status.success(), "{}", text(&pinned));
    let copy = format!("kmodel.manifests/localhost:{}/r.yaml", server.port);
    assert!(text(&pinned).contains(&format!("copied to {copy}")), "{}", text(&pinned));
    assert_eq!(fs::read_to_string(site.path().join(&copy)).expect("a copy"), text_of("ConfigMap"));
    let checked = text(&site.run(&["check", "lab.km"]));
    assert!(!checked.contains("not-read"), "{checked}");
    // Without the copy everything is rendered alike, and it is said that it was not read.
    fs::remove_file(site.path().join(&copy)).expect("it is there");
    let unread = text(&site.run(&["check", "lab.km"]));
    assert!(unread.contains("not-read"), "{unread}");
    // A copy that is not what was pinned is not used, and neither is another file of the publisher.
    fs::write(site.path().join(&copy), text_of("Secret")).expect("there is room");
    let differs = text(&site.run(&["check", "lab.km"]));
    assert!(differs.contains("pin-differs"), "{differs}");
    fs::remove_file(site.path().join(&copy)).expect("it is there");
    let server = serve(answers([("/r.yaml", Answer::Text(text_of("Secret")))]), &["localhost"]);
    let lock = site.lock().expect("a lock").replace(&copy[17..], &format!("localhost:{}/r.yaml", server.port));
    fs::write(site.path().join("kmodel.lock"), lock).expect("there is room");
    fs::write(site.path().join("lab.km"), release(server.port)).expect("there is room");
    fs::write(site.path().join("ca.pem"), &server.authority).expect("there is room");
    let other = site.run(&["pin", "lab.km", "--ca", "ca.pem"]);
    assert!(text(&other).contains("now, but"), "{}", text(&other));
}

#[test]
fn each_way_to_fail_says_what_to_do_and_writes_nothing() {
    let page = "<!DOCTYPE html><title>Sign in</title>".to_owned();
    let other = format!("{HASH}  tool-arm64\n");
    let server = serve(
        answers([
            ("/page", Answer::Text(page)),
            ("/lacks/SHA256SUMS", Answer::Text(other)),
            ("/short.sha256", Answer::Text(HASH[..40].to_owned())),
            ("/other.sha512", Answer::Text(HASH.to_owned())),
            ("/empty", Answer::Text(String::new())),
            ("/http", Answer::Redirect("http://localhost:1/tool.sha256".to_owned())),
            ("/loop", Answer::Redirect("/loop".to_owned())),
            ("/slow", Answer::Stall(Duration::from_secs(15))),
            ("/cut", Answer::Cut(HASH.to_owned())),
            ("/endless", Answer::Endless),
            ("/login", Answer::Status(403, Vec::new(), String::new())),
            ("/broken", Answer::Status(503, Vec::new(), String::new())),
        ]),
        &["localhost"],
    );
    let mut shown = String::new();
    let lists = [
        "page",
        "lacks/SHA256SUMS",
        "short.sha256",
        "other.sha512",
        "empty",
        "http",
        "loop",
        "slow",
        "cut",
        "endless",
        "login",
        "broken",
        "missing",
    ];
    for list in lists {
        let site = Site::new(&tool(server.port, &format!("https://localhost:{}/{list}", server.port)), Some(&server));
        let begin = Instant::now();
        let output = site.run(&["pin", "lab.km", "--ca", "ca.pem", "--timeout", "2"]);
        assert!(begin.elapsed() < Duration::from_secs(12), "{list} takes {:?}", begin.elapsed());
        assert_eq!((output.status.code(), site.lock()), (Some(3), None), "{list}: {}", text(&output));
        shown += &text(&output).replace(&server.port.to_string(), "PORT");
    }
    snapshot("snapshots/cli", "pin_failures", &shown);
}

#[test]
fn a_certificate_that_nothing_vouches_for_is_refused() {
    let ours = serve(answers([("/tool.sha256", Answer::Text(HASH.to_owned()))]), &["localhost"]);
    let theirs = serve(answers([("/tool.sha256", Answer::Text(HASH.to_owned()))]), &["example.org"]);
    let mut shown = String::new();
    // Another authority, and a certificate for another name.
    for (server, authority) in [(&ours, &theirs), (&theirs, &theirs)] {
        let model = tool(server.port, &format!("https://localhost:{}/tool.sha256", server.port));
        let site = Site::new(&model, Some(authority));
        let output = site.run(&["pin", "lab.km", "--ca", "ca.pem"]);
        assert_eq!((output.status.code(), site.lock()), (Some(3), None), "{}", text(&output));
        shown += &text(&output).replace(&server.port.to_string(), "PORT");
    }
    assert_eq!(shown.matches("is not trusted").count(), 2, "{shown}");
    assert!(ours.asked.lock().unwrap().is_empty() && theirs.asked.lock().unwrap().is_empty());
    let site = Site::new("", None);
    fs::write(site.path().join("lab.km"), tool(1, "https://localhost:1/x")).unwrap();
    fs::write(site.path().join("ca.pem"), "no certificate").unwrap();
    let output = text(&site.run(&["pin", "lab.km", "--ca", "ca.pem"]));
    assert!(output.contains("the file of `--ca` has no certificate"), "{output}");
}

#[test]
fn a_proxy_of_the_environment_is_used_except_for_hosts_that_go_past_it() {
    let path = "/v1.34.77/kubernetes-server-linux-amd64.tar.gz.sha512";
    let newest = ("/release/stable-1.34.txt", Answer::Text("v1.34.99".to_owned()));
    let server = serve(answers([(path, Answer::Text("ab".repeat(64))), newest]), &["dl.k8s.io"]);
    let (port, asked) = proxy(server.port);
    let site = Site::new(KUBERNETES, Some(&server));
    let run = |arguments: &[&str], past: &str| {
        let mut command = site.command(&[&["pin", "lab.km", "--ca", "ca.pem", "--timeout", "5"], arguments].concat());
        command
            .env("HTTPS_PROXY", format!("http://127.0.0.1:{port}"))
            .env("NO_PROXY", past)
            .output()
            .expect("kmodel runs")
    };
    let newest = run(&["--newest"], "");
    let line = "kubernetes-server 1.34.77: 1.34.99 is newer (https://dl.k8s.io/release/stable-1.34.txt)\n";
    assert_eq!((text(&newest).as_str(), site.lock()), (line, None));
    let past = run(&[], "dl.k8s.io");
    assert_eq!((past.status.code(), asked.lock().unwrap().len()), (Some(3), 1), "{}", text(&past));
    let pinned = run(&[], "example.org");
    assert!(pinned.status.success(), "{}", text(&pinned));
    assert_eq!(*asked.lock().unwrap(), ["dl.k8s.io:443", "dl.k8s.io:443"]);
}

#[test]
fn a_file_that_was_pinned_is_downloaded_and_compared() {
    let right = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (content, code, said) in [("test", 0, "verified 1 pin"), ("tset", 3, "but `sha256:9f86")] {
        let list = format!("{}  tool-amd64", &right[7..]);
        let paths = [("/v1.2.3/tool-amd64", Answer::Text(content.to_owned())), ("/sums", Answer::Text(list))];
        let server = serve(answers(paths), &["localhost"]);
        let model = tool(server.port, &format!("https://localhost:{}/sums", server.port));
        let site = Site::new(&model, Some(&server));
        let output = site.run(&["pin", "lab.km", "--ca", "ca.pem", "--verify"]);
        assert!(output.status.code() == Some(code) && text(&output).contains(said), "{}", text(&output));
        assert_eq!(site.lock().is_some(), code == 0, "nothing is pinned that is not what was published");
    }
}

#[test]
fn a_folder_serves_as_well_as_a_server() {
    let site = Site::new(KUBERNETES, None);
    let lists = site.path().join("mirror/dl.k8s.io/v1.34.77");
    fs::create_dir_all(&lists).unwrap();
    let missing = text(&site.run(&["pin", "lab.km", "--from", "mirror"]));
    assert!(
        missing.contains("does not exist") && missing.contains(&format!("download `{SERVER}.sha512`")),
        "{missing}"
    );
    fs::write(lists.join("kubernetes-server-linux-amd64.tar.gz.sha512"), "cd".repeat(64)).unwrap();
    let pinned = site.run(&["pin", "lab.km", "--from", "mirror"]);
    assert!(pinned.status.success() && site.lock().expect("a lock").contains(SERVER), "{}", text(&pinned));
    for from in ["http://localhost", "ftp://localhost", "nowhere"] {
        assert_eq!(site.run(&["pin", "lab.km", "--newest", "--from", from]).status.code(), Some(2), "{from}");
        // Nothing needs a pin any more, and the address is as wrong.
        assert_eq!(site.run(&["pin", "lab.km", "--from", from]).status.code(), Some(2), "{from}");
    }
}

#[test]
fn pins_of_two_branches_merge() {
    let pin = |url: &str| format!("\"https://example.org/{url}\" = \"sha256:{HASH}\"\n");
    let lock = |pins: &str| format!("# Written by kmodel.\nversion = 2\n\n[pin.files]\n{pins}\n[cluster]\n");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("base", &lock(&pin("m")));
    write("ours", &lock(&(pin("a") + &pin("m"))));
    write("theirs", &lock(&(pin("b") + &pin("m"))));
    let merge = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("merge-file").arg("-p").args(arguments).args(["ours", "base", "theirs"]);
        let output = git.current_dir(folder.path()).output();
        output.map(|output| String::from_utf8(output.stdout).expect("UTF-8")).unwrap_or_default()
    };
    let site = Site::new(KUBERNETES, None);
    // Without the attribute git leaves a conflict, which is named.
    for (arguments, said) in [(&["--union"][..], "not pinned  kubernetes-server"), (&[], "conflict markers")] {
        fs::write(site.path().join("kmodel.lock"), merge(arguments)).unwrap();
        let output = text(&site.run(&["pin", "lab.km", "--check"]));
        assert!(output.contains(said), "{output}");
    }
}

#[test]
fn a_pin_that_is_not_a_checksum_is_refused_with_its_line() {
    let site = Site::new(KUBERNETES, None);
    let lock = format!("version = 2\n[pin.files]\n\"{SERVER}\" = \"md5:{}\"\n", "0".repeat(32));
    fs::write(site.path().join("kmodel.lock"), lock).unwrap();
    let output = text(&site.run(&["check", "lab.km"]));
    assert!(
        output.contains("`kmodel.lock` cannot be read: line 3") && output.contains("not a SHA-256 or SHA-512"),
        "{output}"
    );
}

/// The pause image, in a configuration, and another one in a manifest.
const IMAGES: &str = "\
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m
component pods {
  image pause { ref = \"registry.k8s.io/pause:3.10.1\" }
  file /etc/runtime.toml { text = \"sandbox = \\\"registry.k8s.io/pause:3.10.1\\\"\\n\" }
  file /etc/kubernetes/manifests/a.yaml {
    format  = \"yaml\"
    content = {
      apiVersion = \"v1\"
      kind       = \"Pod\"
      metadata   = { name = \"a\" }
      spec       = { containers = [{ name = \"a\", image = \"registry.k8s.io/coredns/coredns:v1.12.1\" }] }
    }
  }
}
deploy pods on m
target lxd
";

const MANIFEST: &str =
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}";

fn digest(text: &str) -> String {
    let digits: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// A registry that wants a token for reading, and a site that reaches it through a proxy.
fn registry(change: impl FnOnce(&mut Answers)) -> (Server, u16) {
    let challenge = |name: &str| {
        let value =
            format!("Bearer realm=\"https://auth.k8s.io/token\",service=\"reg\",scope=\"repository:{name}:pull\"");
        Answer::Status(401, vec![("WWW-Authenticate".to_owned(), value)], "{}".to_owned())
    };
    let image = |text: &str| {
        let headers = vec![("Docker-Content-Digest".to_owned(), digest(text))];
        Answer::Status(200, headers, text.to_owned())
    };
    let mut paths = answers([
        ("/v2/pause/manifests/3.10.1", challenge("pause")),
        ("/token?scope=repository:pause:pull&service=reg", Answer::Text("{\"token\":\"one\"}".to_owned())),
        ("/v2/pause/manifests/3.10.1 Bearer one", image(MANIFEST)),
        ("/v2/coredns/coredns/manifests/v1.12.1", image(MANIFEST)),
    ]);
    change(&mut paths);
    let server = serve(paths, &["registry.k8s.io", "auth.k8s.io", "localhost"]);
    let (port, _) = proxy(server.port);
    (server, port)
}

fn pin_images(site: &Site, proxy: u16, more: &[&str]) -> Output {
    let mut command =
        site.command(&[&["pin", "lab.km", "--images", "--ca", "ca.pem", "--timeout", "5"], more].concat());
    command.env("HTTPS_PROXY", format!("http://127.0.0.1:{proxy}")).output().expect("kmodel runs")
}

#[test]
fn images_are_pinned_by_the_digest_of_their_registry() {
    let (server, proxy) = registry(|_| {});
    let site = Site::new(IMAGES, Some(&server));
    let check = site.run(&["pin", "lab.km", "--check", "--images"]);
    assert!(
        check.status.code() == Some(4) && text(&check).contains("2 not pinned of 0 files and 2 images"),
        "{}",
        text(&check)
    );
    let pinned = pin_images(&site, proxy, &[]);
    assert!(pinned.status.success(), "{}", text(&pinned));
    assert_eq!(site.run(&["pin", "lab.km", "--check", "--images"]).status.code(), Some(0));
    let rendered = site.run(&["render", "lab.km", "--out", "build"]);
    assert!(rendered.status.success(), "{}", text(&rendered));
    let artifacts = text(&site.run(&["artifacts", "lab.km"]));
    for image in ["registry.k8s.io/pause:3.10.1", "registry.k8s.io/coredns/coredns:v1.12.1"] {
        let whole = format!("{image}@{}", digest(MANIFEST));
        assert!(artifacts.contains(&whole), "{artifacts}");
        assert!(below(&site.path().join("build")).contains(&whole), "{image} is rendered with its digest");
    }
    let verified = pin_images(&site, proxy, &["--verify"]);
    assert!(verified.status.success() && text(&verified).contains("verified 2 pins"), "{}", text(&verified));
}

/// All text below a folder.
fn below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let text = |path: std::path::PathBuf| match path.is_dir() {
        true => below(&path),
        false => String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned(),
    };
    entries.map(|entry| text(entry.path())).collect()
}

#[test]
fn a_registry_that_says_something_else_is_not_believed() {
    let manifest = "/v2/coredns/coredns/manifests/v1.12.1";
    let lie = || Answer::Status(200, vec![("Docker-Content-Digest".to_owned(), digest("x"))], MANIFEST.to_owned());
    let challenge =
        |realm: &str| Answer::Status(401, vec![("WWW-Authenticate".to_owned(), realm.to_owned())], String::new());
    for (answer, said) in [
        (lie(), "states the digest"),
        (Answer::Text("<html>".to_owned()), "does not answer with a manifest"),
        (Answer::Text("{\"schemaVersion\":1}".to_owned()), "does not answer with a manifest"),
        (Answer::Status(404, Vec::new(), "{}".to_owned()), "has no image `coredns/coredns:v1.12.1`"),
        (Answer::Endless, "larger than 4 MiB"),
        (challenge("Basic realm=\"x\""), "asks for a login"),
        (challenge("Bearer realm=\"http://auth.k8s.io/token\""), "not for a token from an HTTPS server"),
        (challenge("Bearer realm=\"https://auth.k8s.io/none\""), "gives no token: the server answered 404"),
        (Answer::Redirect("http://localhost:1/".to_owned()), "which is not HTTPS"),
    ] {
        let (server, proxy) = registry(|paths| _ = paths.insert(manifest.to_owned(), answer));
        let site = Site::new(IMAGES, Some(&server));
        let output = pin_images(&site, proxy, &[]);
        assert!(output.status.code() == Some(3) && text(&output).contains(said), "{said}: {}", text(&output));
        assert_eq!(site.lock(), None, "the other image is not pinned either");
    }
}

#[test]
fn a_tag_that_moved_is_noticed() {
    let (server, proxy) = registry(|_| {});
    let site = Site::new(IMAGES, Some(&server));
    let pins = ["pause:3.10.1", "coredns/coredns:v1.12.1"];
    let pins: String =
        pins.iter().map(|image| format!("\"registry.k8s.io/{image}\" = \"{}\"\n", digest("old"))).collect();
    fs::write(site.path().join("kmodel.lock"), format!("version = 2\n[pin.images]\n{pins}")).unwrap();
    let output = pin_images(&site, proxy, &["--verify"]);
    assert!(output.status.code() == Some(3) && text(&output).contains("moved the tag"), "{}", text(&output));
}
