//! A repository that means harm is cloned and run through every command by a user who owns other things: nothing of them is
//! read, changed or gone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::tool::said;

/// What must not come out anywhere.
const BAIT: &str = "bait-93e0";

/// No command may take longer, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const CLUSTER: &str =
    "cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.213.0.0/24 }
machines m[1] { memory = 2GiB, disk = 20GiB }
authority ca { cn = \"ca\", file = /etc/ca.crt }
";

/// What a component of a model does, and on which target.
const MODELS: [(&str, &str, &str); 11] = [
    (
        "well",
        "nocloud",
        "file /etc/x { text = \"x\" }, cert a { authority = ca, cn = \"a\", usage = [\"client\"], file = /etc/a.crt }",
    ),
    ("read", "nocloud", "file /etc/x { text = read(\"../home/file\") }"),
    ("link", "aws", "file /etc/x { text = read(\"./link\") }"),
    ("store", "nocloud", "file /etc/x { text = read(\"./.kmodel/lab/secrets.json\") }"),
    ("template", "nocloud", "file /etc/x { template = \"./link\" }"),
    ("up", "nocloud", "file \"/../../../../home/file\" { text = \"x\" }"),
    ("root", "lxd", "file \"//etc/../../../home/file\" { text = \"x\" }"),
    (
        "key",
        "nocloud",
        "cert a { authority = ca, cn = \"a\", usage = [\"client\"], file = \"/../../../../home/a.crt\" }",
    ),
    ("command", "nocloud", "unit \"$(touch ../home/new).service\" { exec = /bin/true }"),
    ("escape", "lxd", "file /etc/x { text = \"x\" }, check false, \"\\u{1b}]0;owned\\u{7}\\u{9b}2J\""),
    ("endless", "nocloud", "file /etc/x { template = \"./endless.j2\" }"),
];

/// Each with a model as its first argument. `pki` has commands of its own.
const COMMANDS: [&[&str]; 36] = [
    &["check"],
    &["check", "--if", "m=3"],
    &["check", "--message-format", "json"],
    &["check", "--message-format", "sarif"],
    &["plan"],
    &["plan", "--json"],
    &["plan", "--graph", "dot"],
    &["plan", "--changes", "--json"],
    &["plan", "--diff"],
    &["plan", "--out", "link"],
    &["graph"],
    &["render", "--out", "build"],
    &["render", "--out", "build", "--force"],
    &["render", "--out", "build", "--dry-run", "--diff"],
    &["render", "--out", ".kmodel/lab", "--force"],
    &["render", "--out", ".", "--force"],
    &["render", "--out", "..", "--force"],
    &["artifacts"],
    &["why", "m-0"],
    &["why", "m-0:/etc/x"],
    &["why-not", "m-0:/etc/x"],
    &["fix", "--diff"],
    &["fix", "--unsafe"],
    &["fmt"],
    &["pki", "status"],
    &["pki", "renew", "--all"],
    &["pki", "rotate", "ca", "--step", "trust"],
    &["kubeconfig", "--user", "a", "--out", "a.conf"],
    &["backup", "--out", "backup"],
    &["restore", "--from", ".", "--yes"],
    &["debug", "--out", "debug"],
    &["preflight"],
    &["facts"],
    &["status"],
    &["apply", "--yes"],
    &["destroy", "--yes"],
];

/// A folder with a home and a repository in it, and the program where everybody can run it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder") };
        for folder in ["home/dir/inner", "home/store", "made"] {
            fs::create_dir_all(place.path(folder)).expect("a folder");
        }
        for file in ["home/file", "home/dir/file", "home/dir/inner/file", "home/.ssh", "home/kmodel.lock"] {
            fs::write(place.path(file), BAIT).expect("a file");
        }
        for (name, target, body) in MODELS {
            let text = format!("{CLUSTER}target {target} {{ }}\ncomponent c {{ {body} }}\ndeploy c on m\n");
            fs::write(place.path(&format!("made/{name}.km")), text).expect("a file");
        }
        let endless = "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}";
        fs::write(place.path("made/endless.j2"), endless).expect("a file");
        for number in 0..4 {
            symlink("../home/dir", place.path(&format!("made/.build.kmodel-{number}-0"))).expect("a link");
        }
        symlink("../home/file", place.path("made/link")).expect("a link");
        place.clone_made();
        let program = place.path("kmodel");
        fs::copy(env!("CARGO_BIN_EXE_kmodel"), &program).expect("a copy");
        fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        place
    }

    /// The repository as whoever clones it has it.
    fn clone_made(&self) {
        let git = |words: &[&str]| {
            let name = ["-c", "user.name=m", "-c", "user.email=m@example.org"];
            let output = Command::new("git").current_dir(self.folder.path()).args(name).args(words).output();
            assert!(output.as_ref().is_ok_and(|output| output.status.success()), "git {words:?}: {output:?}");
        };
        git(&["init", "--quiet", "made"]);
        git(&["-C", "made", "add", "--all"]);
        git(&["-C", "made", "commit", "--quiet", "--message", "all"]);
        git(&["clone", "--quiet", "made", "repo"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives everything to the user who runs the commands: root would be stopped by nothing.
    fn give(&self) {
        if rustix::process::geteuid().is_root() {
            everything(self.folder.path()).iter().for_each(|path| {
                let _ = std::os::unix::fs::lchown(path, Some(USER), Some(USER));
            });
            chown(self.folder.path(), Some(USER), Some(USER)).expect("it is ours");
        }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.path("kmodel"));
        command
            .args(arguments)
            .current_dir(self.path("repo"))
            .env("HOME", self.path("home"))
            .env("KMODEL_LXC", "/bin/false");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if rustix::process::geteuid().is_root() {
            command.uid(USER).gid(USER);
        }
        let begin = Instant::now();
        let output = command.output().expect("the program runs");
        assert!(begin.elapsed() < PATIENCE, "{arguments:?} takes {:?}", begin.elapsed());
        assert!(
            output.status.code().is_some_and(|code| code < 100),
            "{arguments:?} ends with {}: {}",
            output.status,
            said(&output)
        );
        said(&output)
    }
}

/// Whoever owns nothing else.
const USER: u32 = 65534;

fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        list.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list.extend(everything(&entry.path()));
        }
    }
    list
}

/// All that is in the home: the mode, the time and the content of each.
fn state(home: &Path) -> BTreeMap<PathBuf, (u32, i64, Vec<u8>)> {
    let of = |path: PathBuf| {
        let about = fs::symlink_metadata(&path).expect("it is there");
        let content = if about.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        (path, (about.mode(), about.mtime_nsec() + about.mtime() * 1_000_000_000, content))
    };
    everything(home).into_iter().map(of).collect()
}

#[test]
fn nothing_outside_is_read_changed_or_gone() {
    let place = Place::new();
    place.give();
    let before = state(&place.path("home"));
    for (name, ..) in MODELS {
        let model = format!("{name}.km");
        for command in COMMANDS {
            let (words, rest) = command.split_at(if command[0] == "pki" { 2 } else { 1 });
            let arguments: Vec<&str> = words.iter().copied().chain([&*model]).chain(rest.iter().copied()).collect();
            let said = place.run(&arguments);
            assert!(!said.contains(BAIT), "{arguments:?} tells the bait: {said}");
            assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{arguments:?} sends control characters: {said:?}");
            assert_eq!(state(&place.path("home")), before, "after {arguments:?}");
        }
        assert!(place.path("repo/endless.j2").exists() && place.path(&format!("repo/{model}")).exists());
    }
    let output = everything(&place.path("repo"));
    for path in output.iter().filter(|path| !path.is_symlink() && path.is_file()) {
        let text = fs::read(path).expect("it is ours");
        assert!(!String::from_utf8_lossy(&text).contains(BAIT), "{} has the bait", path.display());
    }
}

#[test]
fn no_key_goes_through_a_link_that_nobody_named() {
    let place = Place::new();
    symlink("../home/store", place.path("repo/.kmodel")).expect("a link");
    place.give();
    let before = state(&place.path("home"));
    let said = place.run(&["render", "well.km", "--out", "build"]);
    assert!(said.contains(".kmodel") && said.contains("link"), "{said}");
    assert_eq!(state(&place.path("home")), before);
}
