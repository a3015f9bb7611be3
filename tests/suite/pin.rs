//! `kmodel pin` against servers of its own: what it writes, and what each way to fail says.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::https::{Answer, Answers, Server, proxy, serve};
use crate::support::{kmodel, snapshot};

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
    assert_eq!(text(&again), "nothing to pin: 1 file with a checksum\n");
    assert_eq!(site.run(&["pin", "lab.km", "--check"]).status.code(), Some(0));
    let rendered = site.run(&["render", "lab.km", "--out", "build"]);
    assert!(rendered.status.success(), "{}", text(&rendered));
    let lock = site.lock().expect("a lock");
    assert!(lock.contains(&format!("\"{SERVER}\" = \"sha512:{}\"", "ab".repeat(64))), "a render keeps it: {lock}");
    let artifacts = site.run(&["artifacts", "lab.km"]);
    assert!(text(&artifacts).contains(&format!("sha512:{}", "ab".repeat(64))), "{}", text(&artifacts));
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
    for (content, code, said) in [("test", 0, "downloaded and verified 1 file"), ("tset", 3, "but `sha256:9f86")] {
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
