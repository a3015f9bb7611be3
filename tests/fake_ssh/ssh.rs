//! A client that stands for OpenSSH where thousands of machines are wanted: each is a file in the folder that is named by `FAKE`.
//!
//! `FAKE_DELAY=200,80,20000` says how long things take, in milliseconds: to connect, to run a script on a connection that
//! is there, and a boot. A connection is there while the file is that `ControlPath` names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[path = "../fake_lxc/machine.rs"]
#[expect(dead_code, reason = "LXD makes machines and starts them; these are there")]
mod machine;

use machine::Machine;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Thing {
    #[serde(default)]
    config: BTreeMap<String, String>,
}

/// What goes wrong: nothing, but for a boot that has yet to end.
#[derive(Default)]
struct Faults {
    refuse: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
    units: BTreeMap<String, String>,
    trials: BTreeMap<String, String>,
    addresses: BTreeMap<String, Vec<String>>,
    kubectl: Option<String>,
}

type Said = Result<String, String>;

/// A machine, and what it is marked as.
#[derive(Serialize, Deserialize)]
struct Host {
    machine: Machine,
    owner: Option<String>,
    /// When its boot ends, in milliseconds since 1970.
    ready: u64,
}

struct Delay {
    connect: u64,
    script: u64,
    boot: u64,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("FAKE").map(PathBuf::from) else { return ExitCode::SUCCESS };
    let args: Vec<String> = std::env::args().skip(1).collect();
    let socket = args.iter().find_map(|arg| arg.strip_prefix("ControlPath=")).map(PathBuf::from).unwrap();
    if args.iter().any(|arg| arg == "-O") {
        let _ = fs::remove_file(socket);
        return ExitCode::SUCCESS;
    }
    let [.., address, command] = &args[..] else { return ExitCode::FAILURE };
    let socket = socket.with_file_name(address);
    let delay = delay();
    pause(if File::create_new(socket).is_ok() { delay.connect + delay.script } else { delay.script });
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    match answer(&folder.join(address), address, &Script::of(command), (&input, &delay)) {
        Ok(text) => {
            std::io::stdout().write_all(text.as_bytes()).unwrap();
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn delay() -> Delay {
    let text = std::env::var("FAKE_DELAY").unwrap_or_default();
    let mut parts = text.split(',').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    Delay { connect: next(), script: next(), boot: next() }
}

fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// What a login shell was asked to run.
struct Script {
    text: String,
    words: Vec<String>,
}

impl Script {
    fn of(command: &str) -> Self {
        let encoded = command.split_once("echo ").and_then(|(_, rest)| rest.split_once(" | base64 -d")).unwrap().0;
        let whole = String::from_utf8(decoded(encoded)).unwrap();
        let (head, text) = whole.split_once('\n').unwrap();
        let words = head.split_once("set --").unwrap().1.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        Self { text: text.to_owned(), words }
    }
}

fn answer(path: &Path, address: &str, script: &Script, (input, delay): (&[u8], &Delay)) -> Said {
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    file.lock().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let mut host = if bytes.is_empty() { Host::new() } else { serde_json::from_slice(&bytes).unwrap() };
    let said = host.said(address, script, (input, delay));
    let after = serde_json::to_vec(&host).unwrap();
    if after != bytes {
        file.rewind().unwrap();
        file.set_len(0).unwrap();
        file.write_all(&after).unwrap();
    }
    said
}

impl Host {
    fn new() -> Self {
        let mut machine = Machine::new(Thing::default());
        machine.status = "Running".to_owned();
        Self { machine, owner: None, ready: 0 }
    }

    fn said(&mut self, address: &str, script: &Script, (input, delay): (&[u8], &Delay)) -> Said {
        if script.text.contains("What this machine is") {
            return Ok(self.hello(address));
        }
        if script.text.contains(">/var/lib/kmodel/owner") {
            self.owner = Some(script.words.join(" "));
            return Ok(String::new());
        }
        if script.text.contains("restart --no-block kmodel-boot") {
            self.ready = now() + delay.boot;
        }
        let mut faults = Faults::default();
        match self.ready {
            0 => _ = faults.status.insert(address.to_owned(), String::new()),
            ready if now() < ready => {
                faults.status.insert(address.to_owned(), "running artifacts downloading".to_owned());
            }
            _ => {}
        }
        let words: Vec<&str> =
            [&*script.text, "sh"].into_iter().chain(script.words.iter().map(|word| &**word)).collect();
        self.machine.exec(address, &words, input, &faults)
    }

    fn hello(&self, address: &str) -> String {
        let owner = self.owner.iter().map(|owner| format!("owner {owner}\n")).collect::<String>();
        let id = sha256(address.as_bytes());
        let time = now() / 1000;
        format!(
            "{owner}arch x86_64\ncores 8\nmemory 33554432\ntime {time}\nid {}\non eth0 {address}\ndisk 104857600\n",
            &id[..32]
        )
    }
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn yaml<T: for<'de> Deserialize<'de>>(input: &[u8]) -> T {
    serde_saphyr::from_str(std::str::from_utf8(input).unwrap()).unwrap()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
