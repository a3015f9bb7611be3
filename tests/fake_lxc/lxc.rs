//! A client that stands for LXD in tests: its server is a folder, named by `FAKE`.
//!
//! It keeps what there is in `state.json`, writes each call to `log`, and does to a machine what cloud-init and the boot
//! would do: it writes what is in user-data, waits for private files, gives files to their owners and starts the units.
//! `faults.json` says what goes wrong:
//!
//! ```json
//! { "version": "4.0.9", "refuse": { "start cp-1": "Error: ..." }, "status": { "cp-1": "failed artifacts why" },
//!   "units": { "cp-1/etcd.service": "failing (exit-code)" }, "die": "start cp-1",
//!   "trials": { "cp-0 10.213.0.11:2379": "connection refused" },
//!   "addresses": { "lb-0": ["10.213.0.254"] }, "kubectl": "Error from server (Forbidden): ..." }
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

mod machine;

use machine::Machine;

#[derive(Default, Serialize, Deserialize)]
struct State {
    projects: BTreeMap<String, Thing>,
    pools: BTreeMap<String, Thing>,
    #[serde(default)]
    volumes: BTreeMap<String, Thing>,
    networks: BTreeMap<String, Thing>,
    profiles: BTreeMap<String, Thing>,
    machines: BTreeMap<String, Machine>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Thing {
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default)]
    devices: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    profiles: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Faults {
    version: Option<String>,
    refuse: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
    units: BTreeMap<String, String>,
    trials: BTreeMap<String, String>,
    addresses: BTreeMap<String, Vec<String>>,
    kubectl: Option<String>,
    die: Option<String>,
}

/// What a call ends with: what it prints, or why it fails.
type Said = Result<String, String>;

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("FAKE").map(PathBuf::from) else { return ExitCode::SUCCESS };
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "--project") {
        args.drain(..2);
    }
    let lock = File::create(folder.join("lock")).unwrap();
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    lock.lock().unwrap();
    // What a caller that is gone was about to say may have ended in the middle.
    if caller().is_none() {
        return ExitCode::FAILURE;
    }
    let faults: Faults = read(&folder.join("faults.json"));
    let mut state: State = read(&folder.join("state.json"));
    let shown = shown(&args);
    let mut log = OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    writeln!(log, "{shown}").unwrap();
    let said = match faults.refuse.iter().find(|(call, _)| shown.starts_with(call.as_str())) {
        Some((_, why)) => Err(why.clone()),
        None => answer(&mut state, &faults, &args, &input),
    };
    fs::write(folder.join("state.json"), serde_json::to_vec(&state).unwrap()).unwrap();
    if faults.die.is_some_and(|call| shown.starts_with(&call)) {
        kill_caller();
    }
    match said {
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

/// The kmodel that called, while it lives: an orphan's parent is another program.
fn caller() -> Option<u32> {
    let parent = std::os::unix::process::parent_id();
    let program = fs::read_link(format!("/proc/{parent}/exe")).ok()?;
    program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kmodel")).then_some(parent)
}

/// As `kill -9` of the program that called.
fn kill_caller() {
    if let Some(parent) = caller() {
        std::process::Command::new("kill").args(["-9", &parent.to_string()]).status().unwrap();
    }
}

fn read<T: for<'de> Deserialize<'de> + Default>(path: &PathBuf) -> T {
    fs::read(path).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default()
}

/// Without the text of scripts.
fn shown(args: &[String]) -> String {
    let short = |arg: &String| if arg.contains('\n') || arg.contains(';') { "SCRIPT".to_owned() } else { arg.clone() };
    args.iter().map(short).collect::<Vec<_>>().join(" ")
}

fn answer(state: &mut State, faults: &Faults, args: &[String], input: &[u8]) -> Said {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["version"] => {
            let server = faults.version.as_deref().unwrap_or("5.0.2");
            Ok(format!("Client version: 5.0.2\nServer version: {server}\n"))
        }
        ["project", "list", ..] => Ok(list(&state.projects)),
        ["storage", "list", ..] => Ok(list(&state.pools)),
        ["storage", "volume", ref words @ ..] => volume(state, words),
        ["network", "list", ..] => Ok(list(&state.networks)),
        ["profile", "list", ..] => Ok(list(&state.profiles)),
        ["project", "create", name, ..] => create(&mut state.projects, name, pairs(&words)),
        ["storage", "create", name, _, ..] => create(&mut state.pools, name, pairs(&words)),
        ["network", "create", name, ..] => create(&mut state.networks, name, pairs(&words)),
        ["network", "set", name, ..] => {
            let network = state.networks.get_mut(name).ok_or("Error: Network not found")?;
            network.config.extend(pairs(&words));
            Ok(String::new())
        }
        ["profile", "create", name] => create(&mut state.profiles, name, BTreeMap::new()),
        ["profile", "edit", name] => {
            let profile: Thing = yaml(input);
            state.profiles.insert(name.to_owned(), profile).map(|_| String::new()).ok_or("Error: not found".into())
        }
        ["project", "delete", name] => delete(&mut state.projects, name),
        ["storage", "delete", name] => delete(&mut state.pools, name),
        ["network", "delete", name] => delete(&mut state.networks, name),
        ["profile", "delete", name] => delete(&mut state.profiles, name),
        ["image", "info", "images:debian/13/cloud"] => Ok("Fingerprint: 1\n".into()),
        ["image", "info", _] => Err("Error: Image not found".into()),
        ["network" | "storage" | "profile", "show", name] => Ok(format!("name: {name}\n")),
        ["list"] => Ok("a table\n".into()),
        ["info", name, "--show-log"] => Ok(format!("log of the server on {name}\n")),
        ["config", "show", name, "--expanded"] => Ok(format!("name: {name}\n")),
        _ => of_machine(state, faults, &words, input),
    }
}

fn of_machine(state: &mut State, faults: &Faults, words: &[&str], input: &[u8]) -> Said {
    match words {
        ["list", "--format", "json"] => Ok(machines(state)),
        ["list", pattern, "-c", "s", "-f", "csv"] => {
            let name = pattern.trim_start_matches('^').trim_end_matches('$');
            Ok(state.machines.get(name).map(|machine| machine.status.to_uppercase()).unwrap_or_default() + "\n")
        }
        ["init", _, name, ..] => {
            let thing: Thing = yaml(input);
            for device in
                thing.devices.values().filter(|device| device.contains_key("source") && device.contains_key("pool"))
            {
                if !state.volumes.contains_key(&device["source"]) {
                    return Err("Error: Failed loading storage volume: Storage volume not found".into());
                }
            }
            if state.machines.contains_key(*name) {
                return Err(format!("Error: Instance \"{name}\" already exists"));
            }
            state.machines.insert((*name).to_owned(), Machine::new(thing));
            Ok(String::new())
        }
        ["delete", "--force", name] => delete(&mut state.machines, name),
        ["rename", old, new] => {
            let machine = state.machines.remove(*old).ok_or("Error: Instance not found")?;
            if machine.status == "Running" {
                return Err("Error: Renaming of running instance not allowed".into());
            }
            state.machines.insert((*new).to_owned(), machine);
            Ok(String::new())
        }
        [verb, name, ..] if ["start", "stop", "exec"].contains(verb) => {
            let machine = state.machines.get_mut(*name).ok_or("Error: Instance not found")?;
            match *verb {
                "start" => machine.start(),
                "stop" => machine.stop(),
                _ => machine.exec(name, &words[3..], input, faults),
            }
        }
        ["config", "set", name, key, "-"] => {
            let config = &mut machine_of(state, name)?.thing.config;
            config.insert((*key).to_owned(), String::from_utf8_lossy(input).into_owned());
            Ok(String::new())
        }
        ["config", "set", name, ..] => {
            machine_of(state, name)?.thing.config.extend(pairs(words));
            Ok(String::new())
        }
        ["config", "unset", name, key] => {
            machine_of(state, name)?.thing.config.remove(*key);
            Ok(String::new())
        }
        ["config", "device", "set", name, device, ..] => {
            machine_of(state, name)?.thing.devices.entry((*device).to_owned()).or_default().extend(pairs(words));
            Ok(String::new())
        }
        ["config", "device", "add", name, device, "disk", ..] => {
            let fields = pairs(words).into_iter().chain([("type".to_owned(), "disk".to_owned())]).collect();
            stopped(state, name)?.thing.devices.insert((*device).to_owned(), fields);
            Ok(String::new())
        }
        ["config", "device", "remove", name, device] => delete(&mut stopped(state, name)?.thing.devices, device),
        ["profile", "assign", name, profile] => {
            machine_of(state, name)?.thing.profiles = vec![(*profile).to_owned()];
            Ok(String::new())
        }
        _ => Err(format!("Error: unknown command {words:?}")),
    }
}

/// A volume that a machine has is neither removed nor renamed.
fn volume(state: &mut State, words: &[&str]) -> Said {
    let is_used = |name: &str| state.machines.values().any(|machine| has(&machine.thing, name));
    match words {
        ["list", _, ..] => {
            let own = json!({ "name": "cp-0", "type": "container", "config": {} });
            let rows = state.volumes.iter();
            let rows = rows.map(|(name, one)| json!({ "name": name, "type": "custom", "config": one.config }));
            Ok(Value::Array([own].into_iter().chain(rows).collect()).to_string())
        }
        ["create", _, name, ..] => create(&mut state.volumes, name, pairs(words)),
        ["set", _, name, ..] => {
            let volume = state.volumes.get_mut(*name).ok_or("Error: Storage volume not found")?;
            volume.config.extend(pairs(words));
            Ok(String::new())
        }
        ["delete" | "rename", _, name, ..] if is_used(name) => {
            Err("Error: The storage volume is still in use".to_owned())
        }
        ["delete", _, name] => delete(&mut state.volumes, name),
        ["rename", _, old, new] => {
            let volume = state.volumes.remove(*old).ok_or("Error: Storage volume not found")?;
            state.volumes.insert((*new).to_owned(), volume);
            Ok(String::new())
        }
        _ => Err(format!("Error: unknown command {words:?}")),
    }
}

fn has(machine: &Thing, volume: &str) -> bool {
    machine.devices.values().any(|device| device.get("source").is_some_and(|source| source == volume))
}

fn stopped<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Machine, String> {
    let machine = machine_of(state, name)?;
    if machine.status == "Running" { Err("Error: the folder is busy".to_owned()) } else { Ok(machine) }
}

fn machine_of<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Machine, String> {
    state.machines.get_mut(name).ok_or_else(|| "Error: Instance not found".to_owned())
}

fn create(map: &mut BTreeMap<String, Thing>, name: &str, config: BTreeMap<String, String>) -> Said {
    if map.contains_key(name) {
        return Err(format!("Error: {name} already exists"));
    }
    map.insert(name.to_owned(), Thing { config, ..Thing::default() });
    Ok(String::new())
}

fn delete<T>(map: &mut BTreeMap<String, T>, name: &str) -> Said {
    map.remove(name).map(|_| String::new()).ok_or_else(|| format!("Error: {name} not found"))
}

fn pairs(words: &[&str]) -> BTreeMap<String, String> {
    words.iter().filter_map(|word| word.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn yaml<T: for<'de> Deserialize<'de>>(input: &[u8]) -> T {
    serde_saphyr::from_str(std::str::from_utf8(input).unwrap()).unwrap()
}

/// As Go writes it: what is empty is `null`.
fn list(map: &BTreeMap<String, Thing>) -> String {
    let row = |(name, thing): (&String, &Thing)| {
        let config = if thing.config.is_empty() { Value::Null } else { json!(thing.config) };
        json!({ "name": name, "config": config, "devices": thing.devices, "used_by": null, "driver": "lvm" })
    };
    Value::Array(map.iter().map(row).collect()).to_string()
}

fn machines(state: &State) -> String {
    let row = |(name, machine): (&String, &Machine)| {
        let mut config = machine.thing.config.clone();
        config.insert("volatile.uuid".to_owned(), "0".to_owned());
        let Thing { devices, profiles, .. } = &machine.thing;
        json!({ "name": name, "status": machine.status, "config": config, "devices": devices, "profiles": profiles })
    };
    Value::Array(state.machines.iter().map(row).collect()).to_string()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
