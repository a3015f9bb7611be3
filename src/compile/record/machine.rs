//! A machine as a record has it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::compile::stream::MadeMachine;
use crate::render::bundle::BundleFile;
use crate::render::unit_file;
use crate::target::lxd::volumes;
use crate::target::{Machine, OutputFile, StartedUnit, TargetMachine, folder};
use crate::text::{bytes, hex};

/// What a machine was given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MachineRecord {
    pub name: String,
    pub group: String,
    /// The number of what it was evaluated to, which also tells the build of kmodel.
    pub print: String,
    /// What it is from outside: its address, its size.
    pub fields: BTreeMap<String, String>,
    /// In the order in which they start.
    pub units: Vec<UnitRecord>,
    /// By their paths on the machine.
    pub files: BTreeMap<String, FileRecord>,
    /// What the platform is given for its first boot, by the paths in its folder.
    pub given: Given,
}

/// Hashes of files of the output.
pub type Given = BTreeMap<String, String>;

/// A unit that a machine starts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnitRecord {
    pub name: String,
    pub file: String,
    pub application: String,
    pub program: String,
    pub version: String,
    pub watches: Vec<String>,
}

/// A file of a machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FileRecord {
    /// SHA-256 of its content.
    pub sha256: String,
    pub mode: u32,
    /// `user:group`.
    pub owner: String,
    pub secret: bool,
    /// SHA-256 of the content without comments, of the file of a unit.
    pub bare: Option<String>,
}

impl MachineRecord {
    /// A machine as it is made, with the files of the output that are its own.
    pub fn of(made: &MadeMachine<'_>, output: &[OutputFile]) -> Self {
        let (outer, inner) = (made.outer, made.inner);
        Self {
            name: outer.name.to_string(),
            group: outer.group.to_string(),
            print: made.print.hex(),
            fields: fields(outer),
            units: inner.units.iter().map(UnitRecord::of).collect(),
            files: inner.files.iter().map(|file| (file.path.clone(), FileRecord::of(file, inner))).collect(),
            given: given(&outer.name, output),
        }
    }
}

impl UnitRecord {
    fn of(unit: &StartedUnit) -> Self {
        let StartedUnit { name, file, program, application, version, watches } = unit;
        Self {
            name: name.to_string(),
            file: file.clone(),
            application: application.to_string(),
            program: program.to_string(),
            version: version.clone(),
            watches: watches.iter().map(ToString::to_string).collect(),
        }
    }
}

impl FileRecord {
    fn of(file: &BundleFile, machine: &Machine) -> Self {
        let is_unit = machine.units.iter().any(|unit| unit.file == file.path);
        Self {
            sha256: shared(&file.content),
            mode: file.mode,
            owner: format!("{}:{}", file.owner, file.group),
            secret: file.secret,
            bare: is_unit.then(|| hash(&unit_file::bare(&file.content))),
        }
    }
}

impl From<FileRecord> for String {
    fn from(FileRecord { sha256, mode, owner, secret, bare }: FileRecord) -> Self {
        let secret = if secret { " secret" } else { "" };
        let bare = bare.map(|bare| format!(" bare={bare}")).unwrap_or_default();
        format!("{sha256} {mode:04o} {owner}{secret}{bare}")
    }
}

impl TryFrom<String> for FileRecord {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "expected a hash, a mode and an owner";
        let mut words = text.split(' ');
        let (sha256, mode, owner) = (words.next(), words.next(), words.next());
        let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok()).ok_or(WRONG)?;
        let rest: Vec<&str> = words.collect();
        Ok(Self {
            sha256: sha256.ok_or(WRONG)?.to_owned(),
            mode,
            owner: owner.ok_or(WRONG)?.to_owned(),
            secret: rest.contains(&"secret"),
            bare: rest.iter().find_map(|word| word.strip_prefix("bare=")).map(str::to_owned),
        })
    }
}

/// How the field of a volume begins, and what stands before the place where it is mounted.
pub const VOLUME: &str = "volume ";
pub const AT: &str = "at ";

/// What a machine is from outside.
fn fields(machine: &TargetMachine) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([
        ("address".to_owned(), machine.address.to_string()),
        ("cores".to_owned(), machine.cores.to_string()),
        ("memory".to_owned(), bytes(machine.memory)),
        ("disk".to_owned(), bytes(machine.disk)),
        ("arch".to_owned(), machine.arch.to_string()),
        ("system".to_owned(), machine.family.name.to_string()),
    ]);
    let mut add = |name: &str, value: Option<String>| fields.extend(value.map(|value| (name.to_owned(), value)));
    add("zone", machine.zone.as_ref().map(ToString::to_string));
    add("serial", machine.serial.as_ref().map(ToString::to_string));
    add("interfaces", shapes(machine.links.iter().map(|link| link.shape())));
    add("disks", shapes(machine.disks.iter().map(|disk| disk.shape())));
    // A volume outlives what it is mounted in: its loss is told apart from other changes.
    for volume in volumes(machine) {
        let size = volume.size.map(|size| format!("{size} ")).unwrap_or_default();
        add(&format!("{VOLUME}{}", volume.disk), Some(format!("{size}{AT}{}", volume.mount)));
    }
    fields
}

/// A short number of what has no short text; none of nothing.
fn shapes(list: impl ExactSizeIterator<Item: Debug>) -> Option<String> {
    (list.len() > 0).then(|| hash(format!("{:?}", list.collect::<Vec<_>>()).as_bytes())[..12].to_owned())
}

/// What the platform is given, without the tree and the archive, which are the files of the machine once more.
fn given(name: &str, output: &[OutputFile]) -> Given {
    let folder = folder(name);
    let own = output.iter().filter_map(|file| {
        let path = file.path.strip_prefix(&folder).unwrap_or(&file.path);
        (!path.starts_with("root/") && !path.ends_with(".tar.gz")).then(|| (path.to_owned(), hash(&file.content)))
    });
    own.collect()
}

/// SHA-256 in hexadecimal.
pub fn hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The hash of a content that may be one buffer on many machines, as long ones are.
fn shared(content: &Arc<[u8]>) -> String {
    const LONG: usize = 1 << 13;
    const MOST: usize = 16;
    static KNOWN: Mutex<Vec<(Arc<[u8]>, String)>> = Mutex::new(Vec::new());
    if content.len() < LONG {
        return hash(content);
    }
    let found = |known: &[(Arc<[u8]>, String)]| known.iter().find(|(of, _)| Arc::ptr_eq(of, content)).cloned();
    if let Some((_, hash)) = found(&KNOWN.lock().unwrap_or_else(PoisonError::into_inner)) {
        return hash;
    }
    let hash = hash(content);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() == MOST {
        known.remove(0);
    }
    known.push((Arc::clone(content), hash.clone()));
    hash
}
