//! How the work of a plan grows with each thing that a model can have more of, in instructions and not in time.
//!
//! `cargo bench --bench growth` prints a table; `cargo bench --bench growth -- groups files` some rows of it. Each model has three
//! sizes, each three times the one before; valgrind counts the instructions of `kmodel plan`. Steps are compared, so that what
//! every plan costs is left out: 1.00 is linear.

use std::env;
use std::fs;
use std::process::Command;

#[path = "../tests/counts/growing.rs"]
mod growing;

/// The models of the test, so many times larger.
const TIMES: u32 = 5;

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed, so nothing was measured");
        return;
    }
    println!("| in | sizes | million instructions | exponent |\n| --- | --- | --- | --- |");
    for (name, first, model) in growing::GROWING {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let sizes = [1, 3, 9].map(|times| first * TIMES * times);
        let counts = sizes.map(|size| instructions(&model(size)) as f64 / 1e6);
        let exponent = ((counts[2] - counts[1]) / (counts[1] - counts[0])).log(3.0);
        let [sizes, counts] = [sizes.map(f64::from), counts].map(|list| list.map(|one| format!("{one:.0}")).join(", "));
        println!("| {name} | {sizes} | {counts} | {exponent:.2} |");
    }
}

/// What `kmodel plan` executes.
fn instructions(files: &growing::Files) -> u64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        fs::write(folder.path().join(path), text).expect("a file in it");
    }
    let mut command = Command::new("valgrind");
    command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    command.args([env!("CARGO_BIN_EXE_kmodel"), "plan", "lab.km"]);
    command.args(growing::applied(files).iter().flat_map(|overlay| ["--overlay", overlay]));
    let run = command.current_dir(folder.path()).env("RAYON_NUM_THREADS", "1").output().expect("valgrind runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.split_once("refs:")).expect("valgrind counts");
    line.1.trim().replace(',', "").parse().expect("a number")
}
