//! The unit files of the machine that tests run on, pasted as text: systemd reads them every day, so nothing is said against them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::support::plan::planned;

const FOLDERS: [&str; 2] = ["/usr/lib/systemd/system", "/lib/systemd/system"];
const ENDINGS: [&str; 9] = ["service", "socket", "timer", "mount", "automount", "swap", "path", "slice", "target"];

fn units() -> Vec<PathBuf> {
    let Some(entries) = FOLDERS.iter().find_map(|folder| fs::read_dir(folder).ok()) else { return Vec::new() };
    let mut list: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let is_unit = |path: &PathBuf| path.extension().is_some_and(|end| ENDINGS.iter().any(|known| *known == end));
    // A link is an alias, or masks a unit.
    list.retain(|path| is_unit(path) && path.is_file() && !path.is_symlink());
    list.sort();
    list
}

#[test]
fn nothing_is_said_against_the_units_of_this_machine() {
    let (mut items, mut files, mut count) = (String::new(), String::new(), 0);
    for path in units() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.file_name().expect("a file has a name").to_string_lossy().replace('\\', "-");
        let _ = writeln!(items, "  file \"/usr/lib/systemd/system/{name}\" {{ text = read(\"./units/{count}\") }}");
        let _ = writeln!(files, "//# units/{count}\n{}", text.trim_end());
        count += 1;
    }
    if count == 0 {
        eprintln!("SKIPPED: this machine has no unit files");
        return;
    }
    let model = format!(
        "component debian {{\n{items}}}\n\
         cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}\n\
         machines m {{ }}\ndeploy debian on m\n{files}"
    );
    let said = planned(&model, |sources, problems, _| {
        let one = |problem: &kmodel::diag::Diagnostic| {
            format!("{} {}: {}", sources.place(problem.labels[0].span), problem.code, problem.message)
        };
        problems.iter().map(one).collect::<Vec<_>>()
    });
    assert!(said.is_empty(), "of {count} units:\n{}", said.join("\n"));
}
