//! The standard library is embedded: a change in its folder is a change of the program. So that what one build made is told
//! from what another would make, all that a build is made of has a number: `KMODEL_BUILD`.
//!
//! Its tables are embedded as JSON too, which is read in a fraction of the time of TOML.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program is made of, beside its compiler and how that is asked.
const PARTS: [&str; 5] = ["src", "stdlib", "Cargo.toml", "Cargo.lock", "build.rs"];

fn main() {
    let mut files = BTreeSet::new();
    for part in PARTS {
        println!("cargo:rerun-if-changed={part}");
        list(Path::new(part), &mut files);
    }
    println!("cargo:rustc-env=KMODEL_BUILD={:016x}{:016x}", number(0, &files), number(1, &files));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    // Those of the build before may be of files that are gone.
    let _ = fs::remove_dir_all(out.join("tables"));
    files.iter().filter(|file| file.starts_with(TABLES)).for_each(|file| as_json(file, &out));
}

const TABLES: &str = "stdlib/tables";

/// Writes a table as JSON: `tables/flags/etcd.toml` as it is named in the library. What cannot be read is left out, which a test finds.
fn as_json(file: &Path, out: &Path) {
    let text = fs::read_to_string(file).unwrap_or_default();
    let (Some(name), Ok(table)) = (file.strip_prefix("stdlib").ok(), text.parse::<toml::Table>()) else { return };
    let path = out.join(name);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder of the build");
    fs::write(path, serde_json::to_vec(&table).expect("a table is plain data")).expect("a file of the build");
}

fn list(path: &Path, files: &mut BTreeSet<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| list(&entry.path(), files)),
        Err(_) => _ = files.insert(path.to_owned()),
    }
}

fn number(seed: u8, files: &BTreeSet<PathBuf>) -> u64 {
    let mut hash = DefaultHasher::new();
    let mut add = |bytes: &[u8]| {
        hash.write_usize(bytes.len());
        hash.write(bytes);
    };
    add(&[seed]);
    files.iter().for_each(|file| {
        add(file.as_os_str().as_encoded_bytes());
        add(&fs::read(file).unwrap_or_default());
    });
    // The compiler, and what it is asked to do.
    let said = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output();
    add(&said.map(|said| said.stdout).unwrap_or_default());
    let asked = ["TARGET", "PROFILE", "OPT_LEVEL", "DEBUG", "CARGO_ENCODED_RUSTFLAGS", "CARGO_CFG_FEATURE"];
    asked.iter().for_each(|name| add(env::var_os(name).unwrap_or_default().as_encoded_bytes()));
    hash.finish()
}
