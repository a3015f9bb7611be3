//! Hostile texts in every option of the library, as the programs read them that the files are for: the same keys, the same
//! values, and nothing more.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::support::hostile::{Files, Group};
use crate::support::tool::{said, tool};

/// What a program reads in a file: a text that has the values in it, or `None` where it is not installed.
type Reader = fn(&Path) -> Option<String>;

/// By the beginning or the end of a path.
const READERS: [(&str, Reader); 9] = [
    ("/etc/apt/apt.conf.d/", apt),
    ("/etc/profile.d/", shell),
    ("/etc/environment.d/", environment),
    ("/etc/chrony/chrony.conf", chrony),
    ("/etc/keepalived/keepalived.conf", keepalived),
    ("/etc/haproxy/haproxy.cfg", haproxy),
    ("proxy.conf", drop_in),
    ("/etc/sysctl.d/", sysctl),
    ("/etc/nftables.d/", nft),
];

#[test]
fn programs_read_the_same_keys_and_values() {
    let mut told = Vec::new();
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    for group in Group::all() {
        let harmless = group.files(None).unwrap_or_else(|why| panic!("{why:#?}"));
        group.each(|param, plain, text, result| {
            let Ok(files) = result else { return };
            for (name, old, new, reader) in changed(&harmless, &files) {
                let (Some(before), Some(after)) = (listing(reader, old), listing(reader, new)) else { continue };
                *read.entry(name).or_default() += 1;
                if before.replace(plain, text) != after {
                    told.push(format!("{param}: {text:?} in {name}:\n{new}\nis read as\n{after}"));
                }
            }
        });
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    eprintln!("read: {read:?}");
}

fn changed<'a>(before: &'a Files, after: &'a Files) -> Vec<(&'static str, &'a str, &'a str, Reader)> {
    let reader = |path: &str| READERS.into_iter().find(|(name, _)| path.starts_with(name) || path.ends_with(name));
    let both = after.iter().filter_map(|(key, new)| Some((key, before.get(key)?, new)));
    both.filter(|(_, old, new)| old != new)
        .filter_map(|((_, path), old, new)| {
            reader(path).map(|(name, reader)| (name, old.as_str(), new.as_str(), reader))
        })
        .collect()
}

fn listing(reader: Reader, text: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, text).expect("a file is written");
    reader(&file)
}

fn output(command: &mut Command) -> String {
    said(&command.output().unwrap_or_else(|why| panic!("{command:?}: {why}")))
}

fn apt(file: &Path) -> Option<String> {
    Some(output(tool("apt-config")?.arg("dump").env("APT_CONFIG", file)))
}

fn shell(file: &Path) -> Option<String> {
    let mut sh = tool("sh")?;
    Some(sorted(&output(sh.env_clear().args(["-c", ". \"$0\"; exec /usr/bin/env"]).arg(file))))
}

/// What it prints is for a shell.
fn environment(file: &Path) -> Option<String> {
    let generator = Path::new("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator");
    if !generator.exists() {
        crate::support::tool::skip("systemd's generator for environment.d is not installed", "environment.d");
        return None;
    }
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(home.path().join("environment.d")).expect("a folder");
    std::fs::copy(file, home.path().join("environment.d/90.conf")).expect("a copy");
    let mut command = Command::new(generator);
    let text = output(command.env_clear().env("XDG_CONFIG_HOME", home.path()));
    let path = home.path().join("out");
    std::fs::write(&path, text.lines().map(|line| format!("export {line}\n")).collect::<String>()).expect("a file");
    shell(&path)
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("_=") && !line.starts_with("PWD=")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// It prints each line that it takes.
fn chrony(file: &Path) -> Option<String> {
    Some(output(tool("chronyd")?.arg("-p").arg("-f").arg(file)))
}

fn keepalived(file: &Path) -> Option<String> {
    let text = output(tool("keepalived")?.arg("-t").arg("-f").arg(file));
    Some(format!("{}{}", text.replace(&file.display().to_string(), "FILE"), std::fs::read_to_string(file).ok()?))
}

fn haproxy(file: &Path) -> Option<String> {
    let text = output(tool("haproxy")?.arg("-c").arg("-f").arg(file));
    Some(format!("{}{}", text.replace(&file.display().to_string(), "FILE"), std::fs::read_to_string(file).ok()?))
}

/// It prints each key and its value, and sets none.
fn sysctl(file: &Path) -> Option<String> {
    Some(output(tool("sysctl")?.arg("--dry-run").arg("-p").arg(file)))
}

/// The rules as the kernel has them, in a network of their own.
fn nft(file: &Path) -> Option<String> {
    tool("nft")?;
    let mut unshare = tool("unshare")?;
    let text = output(unshare.args(["--net", "sh", "-c", "nft -f \"$0\" && nft list ruleset"]).arg(file));
    Some(text.replace(&file.display().to_string(), "FILE"))
}

/// What systemd says of a drop-in, and its values as systemd unquotes them.
fn drop_in(file: &Path) -> Option<String> {
    let mut analyze = tool("systemd-analyze")?;
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("made.service");
    std::fs::write(&unit, "[Service]\nExecStart=/bin/true\n").expect("a file is written");
    std::fs::create_dir(folder.path().join("made.service.d")).expect("a folder");
    std::fs::copy(file, folder.path().join("made.service.d/proxy.conf")).expect("a copy");
    let told = output(analyze.args(["verify", "--man=no"]).arg(&unit));
    let told: String = told.lines().filter(|line| line.contains("made.service")).collect();
    let text = std::fs::read_to_string(file).expect("a file");
    Some(told + &text.replace("%%", "%").replace("\\\"", "\"").replace("\\\\", "\\"))
}
