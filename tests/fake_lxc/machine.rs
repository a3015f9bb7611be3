//! A machine of the double: its files, and what its boot would do.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use super::{Faults, Said, Thing, decoded, sha256, yaml};

#[derive(Default, Serialize, Deserialize)]
pub struct Machine {
    #[serde(flatten)]
    pub thing: Thing,
    pub status: String,
    files: BTreeMap<String, Stored>,
    begun: bool,
    /// How often its boot ran.
    boots: u32,
    /// The downloads that are installed after each boot, where that differs from the boot before.
    #[serde(default)]
    installed: Vec<Vec<String>>,
    /// What was run of files that components bring, with its words.
    #[serde(default)]
    ran: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    sha256: String,
    mode: u32,
    owner: String,
    /// Of what is read again: the boot's plan, units, certificates.
    text: Option<String>,
}

#[derive(Deserialize)]
struct UserData {
    write_files: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    path: String,
    permissions: String,
    #[serde(default)]
    encoding: Option<String>,
    content: String,
}

const PLAN: &str = "/etc/kmodel/machine";
const STAMPS: &str = "/var/lib/kmodel/artifacts/";
const DRAINED: &str = "/var/lib/kmodel/drained";

impl Machine {
    pub fn new(thing: Thing) -> Self {
        Self { thing, status: "Stopped".to_owned(), ..Self::default() }
    }

    /// Starts, and does what cloud-init does when it has not been here yet.
    pub fn start(&mut self) -> Said {
        if self.status == "Running" {
            return Err("Error: The instance is already running".to_owned());
        }
        self.status = "Running".to_owned();
        let data: UserData = yaml(self.thing.config["cloud-init.user-data"].as_bytes());
        for file in data.write_files {
            let content = match file.encoding.as_deref() {
                Some("b64") => decoded(&file.content),
                _ => file.content.into_bytes(),
            };
            let mode = u32::from_str_radix(&file.permissions, 8).unwrap();
            self.store(&file.path, mode, content);
        }
        self.boot();
        Ok(String::new())
    }

    pub fn stop(&mut self) -> Said {
        self.status = "Stopped".to_owned();
        Ok(String::new())
    }

    fn store(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        let read = path == PLAN || path.starts_with("/etc/systemd/system/") || path.ends_with(".crt");
        let text = read.then(|| String::from_utf8_lossy(&content).into_owned());
        let stored = Stored { sha256: sha256(&content), mode, owner: "root:root".to_owned(), text };
        self.files.insert(path.to_owned(), stored);
    }

    fn plan(&self, tag: &str) -> Vec<Vec<String>> {
        let text = self.files.get(PLAN).and_then(|file| file.text.clone()).unwrap_or_default();
        let lines = text.lines().map(|line| line.split('|').map(str::to_owned).collect::<Vec<_>>());
        lines.filter(|fields| fields[0] == tag).collect()
    }

    fn boot(&mut self) {
        self.begun = true;
        self.boots += 1;
        if !self.has_private_files() {
            return;
        }
        self.install();
        for fields in self.plan("owner") {
            if let Some(file) = self.files.get_mut(&fields[3]) {
                file.mode = u32::from_str_radix(&fields[1], 8).unwrap();
                file.owner.clone_from(&fields[2]);
            }
        }
    }

    /// Each download has a stamp, and no other has one.
    fn install(&mut self) {
        let ids: Vec<String> = self.plan("artifact").into_iter().map(|mut fields| fields.swap_remove(1)).collect();
        self.files.retain(|path, _| !path.starts_with(STAMPS));
        ids.iter().for_each(|id| self.store(&format!("{STAMPS}{id}"), 0o644, id.clone().into_bytes()));
        if self.installed.last() != Some(&ids) {
            self.installed.push(ids);
        }
    }

    fn has_private_files(&self) -> bool {
        let is = |file: &Stored, wanted: &str| wanted == "present" || format!("sha256:{}", file.sha256) == wanted;
        self.plan("private").iter().all(|fields| self.files.get(&fields[2]).is_some_and(|file| is(file, &fields[1])))
    }

    /// A script, known by what it does.
    pub fn exec(&mut self, name: &str, words: &[&str], input: &[u8], faults: &Faults) -> Said {
        if self.status != "Running" {
            return Err("Error: The instance is not running".to_owned());
        }
        let script = words.join(" ");
        if script.contains("kubectl --kubeconfig") {
            return faults.kubectl.clone().map_or(Ok("node/cp-0\n".to_owned()), Err);
        }
        if script.contains("sha256sum") {
            return Ok(self.probe(name, input, faults));
        }
        if script.contains("tar -x") {
            let waits = self.begun && !self.has_private_files();
            let mut archive = tar::Archive::new(input);
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                let (path, mode) = (format!("/{}", entry.path().unwrap().display()), entry.header().mode().unwrap());
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                self.store(&path, mode, content);
            }
            // The boot waits for private files, and goes on by itself.
            if waits && self.has_private_files() {
                self.boot();
            }
            return Ok(String::new());
        }
        if script.contains("restart --no-block kmodel-boot") {
            self.boot();
            return Ok(String::new());
        }
        if script.contains("try-restart") {
            return Ok(String::new());
        }
        if script.contains("s_client") {
            return Ok(trials(name, input, faults));
        }
        if script.contains("BEGIN CERTIFICATE") {
            return Ok(self.certificates(input));
        }
        if script.contains("kmodel-debug") {
            return Ok(collected());
        }
        if script.contains("cat \"$1\"") {
            let text = self.files.get(words[words.len() - 1]).and_then(|file| file.text.clone());
            return text.ok_or_else(|| "cat: No such file or directory".to_owned());
        }
        if script.contains(": >/var/lib/kmodel/drained") {
            self.store(DRAINED, 0o644, Vec::new());
            return Ok(String::new());
        }
        if script.contains("rm -f /var/lib/kmodel/drained") {
            self.files.remove(DRAINED);
            return Ok(String::new());
        }
        if let Some(place) = words.iter().position(|word| word.contains("exec \"$@\"")) {
            let called = &words[place + 2..];
            return self.run(called, faults);
        }
        if script.contains("journalctl") {
            return Ok(format!("log of {name}\n"));
        }
        Err(format!("unknown script: {script}"))
    }

    /// A file that a component brought.
    fn run(&mut self, words: &[&str], faults: &Faults) -> Said {
        if !self.files.contains_key(words[0]) {
            return Err(String::new());
        }
        let call = words.join(" ");
        let refused = faults.refuse.iter().find(|(part, _)| call.contains(part.as_str()));
        self.ran.push(call.clone());
        refused.map_or(Ok(String::new()), |(_, why)| Err(why.clone()))
    }

    fn certificates(&self, input: &[u8]) -> String {
        let paths = String::from_utf8_lossy(input).into_owned();
        let text = |path: &str| self.files.get(path).and_then(|file| file.text.clone()).unwrap_or_default();
        paths.lines().map(|path| format!("== {path}\n{}\n", text(path))).collect()
    }

    fn probe(&self, name: &str, input: &[u8], faults: &Faults) -> String {
        let mut text = String::new();
        if self.begun {
            text += "begun\n";
        }
        if self.files.contains_key(DRAINED) {
            text += "drained\n";
        }
        let ready = if self.has_private_files() { "ready end " } else { "running private_files waiting" };
        let status = faults.status.get(name).map_or(ready, String::as_str);
        text += &format!("service {}\n", if status.starts_with("failed") { "failed" } else { "active" });
        text += &format!("status {status}\n");
        for fields in self.plan("unit").iter().filter(|fields| fields[2] == "enabled") {
            let unit = &fields[1];
            let state = faults.units.get(&format!("{name}/{unit}")).map_or("up", String::as_str);
            text += &format!("unit {unit} {state}\n");
        }
        for address in faults.addresses.get(name).into_iter().flatten() {
            text += &format!("address {address}\n");
        }
        for fields in self.plan("watch").iter().filter(|fields| fields[2].starts_with(STAMPS)) {
            text += &format!("runs {} {}\n", fields[1], fields[2]);
        }
        let paths = String::from_utf8_lossy(input);
        for path in paths.lines() {
            if let Some(file) = self.files.get(path) {
                text += &format!("sum {}  {path}\nstat {:o} {} {path}\n", file.sha256, file.mode, file.owner);
                let lines = file.text.iter().flat_map(|text| text.split_inclusive('\n'));
                let bare: String = lines.filter(|line| !line.starts_with('#')).collect();
                text += &format!("bare {} {path}\n", sha256(bare.as_bytes()));
            }
        }
        text
    }
}

/// Every connection verifies, but for those that `faults` has by `MACHINE ADDRESS:PORT`.
fn trials(name: &str, input: &[u8], faults: &Faults) -> String {
    let text = String::from_utf8_lossy(input).into_owned();
    let trial = |line: &str| {
        let fields: Vec<&str> = line.split('|').collect();
        match faults.trials.get(&format!("{name} {}:{}", fields[1], fields[2])) {
            Some(why) => format!("{}|failed|{why}\n", fields[0]),
            None => format!("{}|ok|\n", fields[0]),
        }
    };
    text.lines().map(trial).collect()
}

/// An archive with a log in which a key has got.
fn collected() -> String {
    let log = "begin\n-----BEGIN PRIVATE KEY-----\nMHc=\n-----END PRIVATE KEY-----\nend\n";
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(log.len() as u64);
    header.set_mode(0o600);
    builder.append_data(&mut header, "./journal.log", log.as_bytes()).unwrap();
    String::from_utf8(builder.into_inner().unwrap()).unwrap()
}
