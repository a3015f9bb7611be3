//! The boot script as it runs: against a web server that is right, wrong, broken off, or down for a while.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::tool::{said, succeed, tool, write};
use kmodel::facts::family::family;
use kmodel::render::boot;
use sha2::{Digest, Sha256};

/// The boot script of a family of operating systems.
fn script(name: &str) -> String {
    boot::script(family(name).unwrap())
}

/// A machine in a folder, with a systemctl that writes down what it is told.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(plan: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        write(&machine.path("boot"), script("debian").as_bytes(), 0o755);
        let systemctl = "#!/bin/sh\necho \"$*\" >>\"$KMODEL_ROOT/systemctl.log\"\ncase $1 in show) echo ActiveState=active ;; esac\n";
        write(&machine.path("bin/systemctl"), systemctl.as_bytes(), 0o755);
        write(&machine.path("bin/systemd-detect-virt"), b"#!/bin/sh\nexit 0\n", 0o755);
        machine.plan(plan);
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn plan(&self, plan: &str) {
        write(&self.path("etc/kmodel/machine"), plan.as_bytes(), 0o644);
    }

    fn boot(&self) -> Output {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(self.path("boot")).env("PATH", path).env("KMODEL_ROOT", self.folder.path());
        command.env("KMODEL_WAIT", "2").env("KMODEL_PATIENCE", "20").output().unwrap()
    }

    fn ready(&self) -> String {
        let output = self.boot();
        assert!(output.status.success(), "{}", said(&output));
        assert!(self.read("run/kmodel/status").starts_with("ready"));
        said(&output)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }
}

/// How the server answers, by the number of the request.
type Answer = fn(usize, &[u8], Option<usize>, &mut TcpStream) -> std::io::Result<()>;

struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(content: Vec<u8>, answer: Answer) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), content, answer)
    }

    fn on(listener: TcpListener, content: Vec<u8>, answer: Answer) -> Self {
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let _ = serve(number, &content, answer, stream);
            }
        });
        Self { address, requests }
    }

    fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(number: usize, content: &[u8], answer: Answer, mut stream: TcpStream) -> std::io::Result<()> {
    let mut range = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("range: bytes=") {
            range = rest.trim_end_matches('-').parse().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    answer(number, content, range, &mut stream)
}

fn whole(_: usize, content: &[u8], range: Option<usize>, stream: &mut TcpStream) -> std::io::Result<()> {
    let rest = &content[range.unwrap_or(0).min(content.len())..];
    let status = match range {
        Some(from) => format!("206 Partial\r\nContent-Range: bytes {from}-{}/{}", content.len() - 1, content.len()),
        None => "200 OK".to_owned(),
    };
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", rest.len())?;
    stream.write_all(rest)
}

/// The first answer ends in the middle; later ones go on from where the client is.
fn broken_off(number: usize, content: &[u8], range: Option<usize>, stream: &mut TcpStream) -> std::io::Result<()> {
    if number > 0 {
        assert!(range.is_some(), "the client goes on");
        return whole(number, content, range, stream);
    }
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", content.len())?;
    stream.write_all(&content[..content.len() / 2])
}

/// The first answer ends in the middle, and the server knows no ranges.
fn without_ranges(number: usize, content: &[u8], _: Option<usize>, stream: &mut TcpStream) -> std::io::Result<()> {
    if number > 0 { whole(number, content, None, stream) } else { broken_off(0, content, None, stream) }
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn binary(server: &Server, hash: &str) -> String {
    format!("artifact|x-1|binary|0|0755|{hash}|{}/x\nmember|x-1|x|/usr/local/bin/x\n", server.address)
}

fn content() -> Vec<u8> {
    (0..400_000u32).flat_map(u32::to_le_bytes).collect()
}

fn installed(machine: &Machine) -> Vec<u8> {
    fs::read(machine.path("usr/local/bin/x")).unwrap_or_default()
}

#[test]
fn an_artifact_is_installed_once() {
    let server = Server::new(content(), whole);
    let machine = Machine::new(&binary(&server, &sha256(&content())));
    machine.ready();
    machine.ready();
    assert_eq!((installed(&machine), server.count()), (content(), 1));
    succeed(Command::new("test").arg("-x").arg(machine.path("usr/local/bin/x")));
}

#[test]
fn a_wrong_hash_is_never_installed() {
    let server = Server::new(content(), whole);
    let wrong = sha256(b"other");
    let machine = Machine::new(&binary(&server, &wrong));
    let output = machine.boot();
    assert_eq!(output.status.code(), Some(2), "no use to try again");
    let status = machine.read("run/kmodel/status");
    for part in [&wrong, &sha256(&content()), &format!("{}/x", server.address)] {
        assert!(status.contains(part.as_str()), "{status}");
    }
    assert!(installed(&machine).is_empty());
    assert!(machine.read("var/lib/kmodel/boot.json").contains("\"state\":\"failed\""));
}

#[test]
fn a_download_goes_on_where_it_broke_off() {
    for answer in [broken_off as Answer, without_ranges] {
        let server = Server::new(content(), answer);
        let machine = Machine::new(&binary(&server, &sha256(&content())));
        machine.ready();
        assert_eq!(installed(&machine), content());
    }
}

#[test]
fn a_server_that_is_down_for_a_while_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let later = thread::spawn(move || {
        thread::sleep(Duration::from_secs(2));
        Server::on(TcpListener::bind(address).unwrap(), content(), whole)
    });
    let plan = format!(
        "artifact|x-1|binary|0|0755|{}|http://{address}/x\nmember|x-1|x|/usr/local/bin/x\n",
        sha256(&content())
    );
    let machine = Machine::new(&plan);
    assert!(machine.ready().contains("again in"));
    assert_eq!(installed(&machine), content());
    later.join().unwrap();
}

/// An archive with `PREFIXbin/a` and `PREFIXbin/b`.
fn archive(folder: &Path, name: &str) -> Vec<u8> {
    write(&folder.join("in/top/bin/a"), b"A\n", 0o644);
    write(&folder.join("in/top/bin/b"), b"B\n", 0o755);
    let file = folder.join("x.tgz");
    succeed(Command::new("tar").arg("-czf").arg(&file).arg("-C").arg(folder.join("in")).arg(name));
    fs::read(file).unwrap()
}

#[test]
fn members_are_found_however_the_archive_names_them() {
    for (name, strip, member) in
        [("top", 0, "top/bin/a"), ("./top", 0, "top/bin/a"), ("top", 2, "a"), ("./top", 2, "a")]
    {
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive(folder.path(), name);
        let server = Server::new(bytes.clone(), whole);
        let artifact = format!("artifact|x-1|members|{strip}|0755|{}|{}/x.tgz", sha256(&bytes), server.address);
        let machine = Machine::new(&format!("{artifact}\nmember|x-1|{member}|/opt/a\n"));
        machine.ready();
        assert_eq!(machine.read("opt/a"), "A\n", "{name} {strip}");
    }
}

#[test]
fn a_whole_archive_keeps_its_modes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), "top");
    let server = Server::new(bytes.clone(), whole);
    let artifact = format!("artifact|x-1|all|1|0755|{}|{}/x.tgz", sha256(&bytes), server.address);
    let machine = Machine::new(&format!("{artifact}\nextract|x-1|/opt\n"));
    machine.ready();
    assert_eq!((machine.read("opt/bin/a"), machine.read("opt/bin/b")), ("A\n".into(), "B\n".into()));
    succeed(Command::new("sh").arg("-c").arg("test -x \"$0/b\" && test ! -x \"$0/a\"").arg(machine.path("opt/bin")));
}

#[test]
fn private_files_are_waited_for() {
    let machine = Machine::new(&format!("private|{}|/etc/key\n", sha256(b"key")));
    let output = machine.boot();
    assert_eq!(output.status.code(), Some(1), "another try may help");
    assert!(machine.read("run/kmodel/status").contains("private files did not arrive within 2 s: /etc/key"));
    write(&machine.path("etc/key"), b"key", 0o600);
    machine.ready();
}

#[test]
fn only_units_whose_files_changed_restart() {
    let plan =
        "unit|a.service|enabled|own\nwatch|a.service|/etc/a\nunit|b.service|enabled|own\nunit|c.service|left|own\n";
    let machine = Machine::new(plan);
    for name in ["a", "b", "c"] {
        write(&machine.path(&format!("etc/systemd/system/{name}.service")), b"# from x.km:1\n[Service]\n", 0o644);
    }
    let log = |machine: &Machine| {
        machine.ready();
        let text = machine.read("systemctl.log");
        fs::remove_file(machine.path("systemctl.log")).unwrap();
        text.lines().filter(|line| !line.starts_with("show")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(log(&machine).contains(&"restart --no-block a.service b.service".to_owned()));
    assert!(!log(&machine).iter().any(|line| line.starts_with("restart")), "a second run changes nothing");
    write(&machine.path("etc/a"), b"changed", 0o644);
    write(&machine.path("etc/systemd/system/b.service"), b"# from x.km:9\n[Service]\n", 0o644);
    assert!(log(&machine).contains(&"restart --no-block a.service".to_owned()), "a comment is no reason to restart");
    machine.plan("unit|a.service|enabled|own\n");
    assert!(log(&machine).contains(&"disable --now b.service".to_owned()));
}

#[test]
fn the_script_is_clean() {
    for name in ["debian", "flatcar"] {
        let Some(mut shellcheck) = tool("shellcheck") else { return };
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("boot"), script(name).as_bytes(), 0o755);
        succeed(shellcheck.arg(folder.path().join("boot")));
    }
}

/// Without a package manager, the rest of the boot is the same.
#[test]
fn a_family_without_packages_boots() {
    let machine = Machine::new("command|: >\"$KMODEL_ROOT/ran\"\n");
    write(&machine.path("boot"), script("flatcar").as_bytes(), 0o755);
    machine.ready();
    assert!(machine.path("ran").exists());
}

/// What systemd says of a job between two runs, and of a server that falls over.
#[test]
fn a_job_that_comes_again_is_up_and_a_server_that_falls_over_is_not() {
    let machine = Machine::new("unit|job.service|enabled|own\n");
    let state = |result: &str, pause: &str| {
        let show = format!(
            "#!/bin/sh\nprintf '%s\\n' Type=exec ActiveState=activating SubState=auto-restart Result={result} NRestarts=3 RestartUSec={pause}\n"
        );
        write(&machine.path("bin/systemctl"), show.as_bytes(), 0o755);
        let path = format!("{}:{}", machine.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(machine.path("boot")).arg("units").env("PATH", path).env("KMODEL_ROOT", machine.folder.path());
        let output = command.output().unwrap();
        (output.status.success(), said(&output))
    };
    assert_eq!(state("success", "1h"), (true, "job.service up\n".to_owned()));
    assert_eq!(state("success", "5s"), (false, "job.service starting (auto-restart)\n".to_owned()));
    let failing = "job.service failing (exit-code), started again 3 times\n".to_owned();
    assert_eq!(state("exit-code", "1h"), (false, failing));
}

/// What systemd says of a server that is active, and since when.
#[test]
fn a_server_is_up_when_it_has_been_for_longer_than_its_restart_takes() {
    let machine = Machine::new("unit|web.service|enabled|own\n");
    let state = |kind: &str, restart: &str, pause: &str, restarts: u32, since: &str| {
        let show = format!(
            "#!/bin/sh\nprintf '%s\\n' Type={kind} ActiveState=active SubState=running Result=success NRestarts={restarts} \
             RestartUSec='{pause}' Restart={restart} \"ActiveEnterTimestamp=$(date -u -d '{since} ago' '+%a %F %T UTC')\"\n"
        );
        write(&machine.path("bin/systemctl"), show.as_bytes(), 0o755);
        let path = format!("{}:{}", machine.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(machine.path("boot")).arg("units").env("PATH", path).env("KMODEL_ROOT", machine.folder.path());
        said(&command.output().unwrap()).trim_start_matches("web.service ").trim_end().to_owned()
    };
    for (kind, restart, pause, restarts, since, expected) in [
        // `sleep 1; exit 1`, looked at in the moment in which it runs.
        ("exec", "always", "5s", 31, "1 second", "starting (active, watched for 15 s)"),
        ("exec", "always", "5s", 0, "1 second", "starting (active, watched for 5 s)"),
        ("exec", "always", "5s", 0, "30 seconds", "up"),
        ("exec", "always", "5s", 31, "8 seconds", "starting (active, watched for 15 s)"),
        ("notify", "on-failure", "5s", 3, "60 seconds", "up"),
        ("notify", "on-failure", "100ms", 0, "0 seconds", "starting (active, watched for 1 s)"),
        ("exec", "always", "1min 30s", 0, "1 second", "up"),
        ("oneshot", "on-failure", "5s", 0, "0 seconds", "up"),
        ("exec", "no", "100ms", 0, "0 seconds", "up"),
        ("exec", "always", "5s", 0, "-30 seconds", "up"),
    ] {
        assert_eq!(
            state(kind, restart, pause, restarts, since),
            expected,
            "{kind} {restart} {pause} {restarts} {since}"
        );
    }
}
