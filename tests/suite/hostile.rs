//! A repository that means harm: whatever it names, nothing of the operator's is read, and nothing waits.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::tool::said;

/// What must not come out anywhere.
const BAIT: &str = "bait-7c1f";

/// No command may take longer, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const CLUSTER: &str =
    "cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.213.0.0/24 }
machines m[1] { memory = 2GiB, disk = 20GiB }
target nocloud { }
";

/// A component that puts a text on every machine, where all can read it.
fn with_text(text: &str) -> String {
    format!("{CLUSTER}component leak {{ file /etc/leak {{ mode = 0644, text = {text} }} }}\ndeploy leak on m\n")
}

/// A folder of the operator with a repository in it.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["repo/.kmodel/other", "repo/keys", "repo/dir", "repo/.git", "repo/build", "secret/leak"] {
            fs::create_dir_all(home.path(folder)).unwrap();
        }
        home.write("repo/inside.txt", "welcome");
        home.write("secret/bait.txt", BAIT);
        home.write("secret/bait.j2", BAIT);
        home.write("secret/bait.km", &format!("let text = \"{BAIT}\"\n"));
        home.write("repo/.git/config", BAIT);
        home.write("repo/.kmodel/other/new.key", BAIT);
        home.write("repo/keys/version", "kmodel store 1\n");
        home.write("repo/keys/secrets.json", BAIT);
        home.write("repo/build/manifest.json", "{\n  \"generator\": \"kmodel\",\n  \"files\": []\n}\n");
        home.write("repo/build/ca.key", BAIT);
        home.links();
        home
    }

    fn links(&self) {
        for (target, name) in [
            ("../secret/bait.txt", "link.txt"),
            ("link.txt", "far.txt"),
            ("../secret/bait.km", "link.km"),
            ("../secret", "folder"),
            ("keys", "plain"),
            ("inside.txt", "near.txt"),
            ("/dev/zero", "zero"),
            ("/dev/zero", "zero.km"),
            ("loop", "loop"),
        ] {
            symlink(target, self.path("repo").join(name)).unwrap();
        }
        for name in ["pipe", "pipe.km"] {
            let path = self.path("repo").join(name);
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        }
        fs::File::create(self.path("repo/big.txt")).unwrap().set_len(17 << 20).unwrap();
        fs::File::create(self.path("repo/big.km")).unwrap().set_len(5 << 20).unwrap();
        fs::write(self.path("repo/latin.txt"), b"\xe9").unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// What a command says in the repository, and whether it went well. It ends, and says nothing of the bait.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(arguments).current_dir(self.path("repo")).env("COLUMNS", "1000");
        let (ok, said) = ended(&mut command, b"");
        assert!(!said.contains(BAIT), "{arguments:?} tells the bait: {said}");
        (ok, said)
    }

    fn absolute(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }
}

/// Runs a command that gets this as its input, and ends it when it takes too long.
fn ended(command: &mut Command, input: &[u8]) -> (bool, String) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let (done, waits) = std::sync::mpsc::channel();
    let id = rustix::process::Pid::from_child(&child);
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match waits.recv_timeout(PATIENCE) {
        Ok(output) => {
            let output = output.unwrap();
            (output.status.success(), said(&output))
        }
        Err(_) => {
            rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
            panic!("{command:?} does not end");
        }
    }
}

/// Each way to name a file that is not for models, and why it is refused.
fn names(home: &Home) -> Vec<(String, &'static str)> {
    let outside = "outside the directory of the model";
    let mut list: Vec<(String, &'static str)> = vec![
        ("../secret/bait.txt".into(), outside),
        ("./../secret/bait.txt".into(), outside),
        ("./keys/../../secret/bait.txt".into(), outside),
        ("../../../../../../../../../../etc/passwd".into(), outside),
        ("../nowhere.txt".into(), outside),
        (home.absolute("secret/bait.txt"), outside),
        ("/proc/self/environ".into(), outside),
        ("./link.txt".into(), outside),
        ("./far.txt".into(), outside),
        ("./folder/bait.txt".into(), outside),
        ("./folder/leak/../bait.txt".into(), outside),
        ("./zero".into(), outside),
        ("/dev/zero".into(), outside),
    ];
    let inside = [
        ("./keys/secrets.json", "it is in a key store"),
        ("./plain/secrets.json", "it is in a key store"),
        ("./.kmodel/other/new.key", "it is in a key store"),
        ("./kmodel.lock", "it is a lock file of kmodel"),
        ("./.git/config", "it is in a `.git` directory"),
        ("./build/ca.key", "it is in the output of `kmodel render`"),
        ("./pipe", "it is a pipe, not a regular file"),
        ("./keys", "it is in a key store"),
        ("./dir", "it is a directory"),
        ("./loop", "cannot read"),
        ("./big.txt", "it is larger than 16 MiB"),
        ("./latin.txt", "it is not UTF-8 text"),
        ("./nowhere.txt", "no such file"),
    ];
    list.extend(inside.map(|(name, why)| (name.to_owned(), why)));
    list
}

#[test]
fn no_text_comes_from_elsewhere() {
    let home = Home::new();
    home.write("repo/kmodel.lock", "version = 1\n");
    for (name, why) in names(&home) {
        for text in [format!("read(\"{name}\")"), format!("template(\"{name}\", {{}})")] {
            home.write("repo/lab.km", &with_text(&text));
            let (ok, said) = home.run(&["check", "lab.km"]);
            assert!(!ok && said.contains(why) && said.contains("lab.km:4:"), "{text}: {said}");
        }
    }
    home.write("repo/lab.km", &with_text("read(\"./near.txt\")"));
    assert!(home.run(&["check", "lab.km"]).0, "a link inside is followed");
}

#[test]
fn every_command_refuses() {
    let home = Home::new();
    home.write("repo/lab.km", &with_text("read(\"./link.txt\")"));
    for command in [
        &["check", "lab.km"][..],
        &["plan", "lab.km"],
        &["graph", "lab.km"],
        &["render", "lab.km", "--out", "out"],
        &["artifacts", "lab.km"],
        &["fix", "lab.km", "--unsafe"],
        &["why", "lab.km", "m-0:/etc/leak"],
        &["why-not", "lab.km", "m-0:/etc/leak"],
        &["check", "lab.km", "--message-format", "json"],
        &["check", "lab.km", "--if", "m=2"],
    ] {
        let (ok, said) = home.run(command);
        // A file that cannot be made has no name to ask about.
        assert!(!ok && said.contains("file-refused") || command[0].starts_with("why"), "{command:?}: {said}");
    }
    assert!(!home.path("repo/out").exists());
}

#[test]
fn no_module_comes_from_elsewhere() {
    let home = Home::new();
    for (name, why) in [
        ("../secret/bait", "outside the directory of the model"),
        ("./link", "outside the directory of the model"),
        ("./folder/bait", "outside the directory of the model"),
        ("./zero", "outside the directory of the model"),
        ("./pipe", "it is a pipe, not a regular file"),
        ("./big", "it is larger than 4 MiB"),
    ] {
        home.write("repo/lab.km", &format!("use {name}\n{CLUSTER}"));
        let (ok, said) = home.run(&["check", "lab.km"]);
        assert!(!ok && said.contains(why) && said.contains("lab.km:1:5"), "{name}: {said}");
    }
}

#[test]
fn a_model_or_a_lock_is_a_file() {
    let home = Home::new();
    for (name, why) in [
        ("link.km", "outside the directory of the model"),
        ("zero.km", "outside the directory of the model"),
        ("pipe.km", "it is a pipe, not a regular file"),
        ("/dev/zero", "it is a device, not a regular file"),
        ("big.km", "it is larger than 4 MiB"),
        ("latin.txt", "not valid UTF-8"),
        ("dir", "is a directory"),
        ("nowhere.km", "no such file"),
    ] {
        for command in ["check", "plan", "fmt", "fix"].iter().filter(|command| **command != "fmt" || name != "dir") {
            let (ok, said) = home.run(&[command, name]);
            assert!(!ok && said.contains(why), "{command} {name}: {said}");
        }
    }
    home.write("repo/lab.km", &with_text("\"x\""));
    for name in ["link.txt", "zero", "pipe", "dir", "latin.txt", "big.txt"] {
        let (ok, said) = home.run(&["check", "lab.km", "--lock", name]);
        assert!(!ok && said.contains(&format!("cannot read `{name}`")), "{name}: {said}");
    }
}

#[test]
fn what_is_formatted_is_in_the_folder() {
    let home = Home::new();
    fs::remove_file(home.path("repo/big.km")).unwrap();
    home.write("secret/bait.km", "let   a=1\n");
    home.write("repo/lab.km", "let   b=1\n");
    let (ok, said) = home.run(&["fmt"]);
    assert!(ok && said.contains("formatted lab.km"), "{said}");
    assert_eq!(fs::read_to_string(home.path("secret/bait.km")).unwrap(), "let   a=1\n");
}

#[test]
fn more_is_read_when_it_is_allowed() {
    let home = Home::new();
    home.write("common.txt", "welcome");
    home.write("repo/lab.km", &with_text("read(\"../common.txt\")"));
    let (ok, said) = home.run(&["check", "lab.km"]);
    assert!(!ok && said.contains("--allow-read ..`"), "{said}");
    assert!(home.run(&["check", "lab.km", "--allow-read", ".."]).0);
    assert!(home.run(&["why", "lab.km", "m-0:/etc/leak", "--allow-read", ".."]).0);
    assert!(!home.run(&["check", "lab.km", "--allow-read", "../secret"]).0);
    assert!(home.run(&["check", "lab.km", "--allow-read", "nowhere"]).1.contains("no such directory"));
    // Keys are not for models, whatever is allowed.
    home.write("repo/lab.km", &with_text("read(\"./keys/secrets.json\")"));
    for folder in ["keys", ".", "/"] {
        assert!(home.run(&["check", "lab.km", "--allow-read", folder]).1.contains("key store"));
    }
}

#[test]
fn values_of_the_command_line_are_literals() {
    let home = Home::new();
    let model = with_text("p").replace("cluster", "param p: string\nparam n: int = 1\ncluster");
    home.write("repo/lab.km", &model);
    for set in ["p=\"${read(\"./inside.txt\")}\"", "p=\"a ${n}\"", "n=len(\"x\")", "n=1 + 1", "n=[1][0]"] {
        let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--set", set]);
        assert!(!ok && said.contains("is not a literal"), "{set}: {said}");
    }
    for set in ["p=\"a\"", "p=read(\"./inside.txt\")", "p=${n}", "p=a + b", "n=-1", "n=(2)"] {
        let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--set", set]);
        assert!(ok, "{set}: {said}");
    }
    // Paths are those of overlays, and a value ends nothing.
    for set in ["m.cores=1 + 1", "m.labels={ a = \"${n}\" }", "m.cores=read(\"./inside.txt\")", "cluster.domain=[p][0]"]
    {
        let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--set", set]);
        assert!(!ok && said.contains("is not a literal"), "{set}: {said}");
    }
    for set in ["m.cores=2 } machines y { ", "m.cores=2, drop m", "m.cores=2\nset m.memory = 1GiB", "m.cores=\u{202e}"]
    {
        let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--set", set]);
        assert!(!ok && said.contains("found `string`"), "{set:?}: {said}");
    }
    for set in ["m..cores=1", ".m=1", "m.=1", "m.1=2", "m.a b=1", "m.cores =1"] {
        let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--set", set]);
        assert!(ok == (set == "m.cores =1") && (ok || said.contains("no parameter is named")), "{set}: {said}");
    }
    let (ok, said) = home.run(&["check", "lab.km", "--set", "p=x", "--if", "m=len(read(\"./inside.txt\"))"]);
    assert!(!ok && said.contains("is not a valid value"), "{said}");
}

/// What the language server reports about a model of the repository, with these folders as its workspace.
fn output_of(home: &Home, folders: &[&str]) -> String {
    let uri = |path: &Path| format!("file://{}", path.display());
    let folders: Vec<_> =
        folders.iter().map(|name| serde_json::json!({ "uri": uri(&home.path(name)), "name": name })).collect();
    let text = fs::read_to_string(home.path("repo/lab.km")).unwrap();
    let document = uri(&home.path("repo/lab.km"));
    let opened = serde_json::json!({ "uri": document, "languageId": "kmodel", "version": 1, "text": text });
    let symbols = serde_json::json!({ "textDocument": { "uri": document } });
    let messages = [
        serde_json::json!({ "id": 1, "method": "initialize", "params": { "capabilities": {}, "workspaceFolders": folders } }),
        serde_json::json!({ "method": "initialized", "params": {} }),
        serde_json::json!({ "method": "textDocument/didOpen", "params": { "textDocument": opened } }),
        serde_json::json!({ "id": 2, "method": "textDocument/codeLens", "params": symbols }),
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    let child = child.arg("lsp").env("XDG_CACHE_HOME", home.path("cache"));
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for mut message in messages {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
    }
    input.flush().unwrap();
    // The model is evaluated while nobody types; what is found then is published.
    let (found, waits) = std::sync::mpsc::channel();
    let mut output = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = std::io::Read::read(&mut output, &mut buffer) {
            all.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&all);
            if text.contains("file-refused") || text.contains("\"id\":2") {
                let _ = found.send(text.into_owned());
            }
        }
    });
    let mut said = waits.recv_timeout(PATIENCE).expect("the server answers");
    while let Ok(more) = waits.recv_timeout(Duration::from_secs(1)) {
        said = more;
    }
    drop(input);
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

#[test]
fn an_editor_reads_the_workspace_only() {
    let home = Home::new();
    for name in ["../secret/bait.txt", "./link.txt", "./keys/secrets.json", "./pipe", "/dev/zero"] {
        home.write("repo/lab.km", &with_text(&format!("read(\"{name}\")")));
        for folders in [&["repo"][..], &[]] {
            let said = output_of(&home, folders);
            assert!(said.contains("file-refused") && !said.contains(BAIT), "{name}: {said}");
        }
    }
    home.write("common.txt", "welcome");
    home.write("repo/lab.km", &with_text("read(\"../common.txt\")"));
    assert!(output_of(&home, &["repo"]).contains("file-refused"));
    assert!(!output_of(&home, &["."]).contains("file-refused"));
}
