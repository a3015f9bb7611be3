//! Kernel settings of the host that containers need.

use std::path::Path;

use crate::world::access::Access;
use crate::world::{Disk, World};

/// Where the settings are.
const FOLDER: &str = "/proc/sys/fs/inotify";

/// Values below this are too low for machines that run pods. Charmed-kubernetes' `install-local.md` asks for 1048576.
const LEAST: u64 = 8192;

/// The settings of this host, and nothing else of it.
pub(crate) fn settings() -> Disk {
    Disk::new(Access::default().and(Path::new(FOLDER)))
}

/// Warnings about settings of the host that are too low; none if the settings cannot be read.
pub(crate) fn warnings(world: &dyn World) -> Vec<String> {
    let names = ["max_user_instances", "max_user_watches", "max_queued_events"];
    let now = |name: &str| world.read(&Path::new(FOLDER).join(name)).ok()?.trim().parse::<u64>().ok();
    let low = names.into_iter().filter_map(|name| Some((name, now(name).filter(|value| *value < LEAST)?)));
    low.map(|(name, value)| {
        format!("fs.inotify.{name} is {value} on this host, but machines that run pods need 1048576: `sysctl -w fs.inotify.{name}=1048576`")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[test]
    fn only_these_settings_of_the_host_are_read() {
        let settings = settings();
        let read = |path: &str| settings.read(Path::new(path));
        match std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches") {
            Ok(text) => assert_eq!(read("/proc/sys/fs/inotify/max_user_watches").unwrap(), text),
            Err(_) => println!("SKIPPED: this kernel has no inotify"),
        }
        assert!(read("/proc/sys/kernel/hostname").is_err() && read("/etc/passwd").is_err());
    }

    #[test]
    fn the_least_that_suffices_is_not_warned_of() {
        let world = |value: &str| Memory::new([("/proc/sys/fs/inotify/max_user_instances".to_owned(), value)]);
        assert_eq!(warnings(&world("8192\n")), Vec::<String>::new());
        assert_eq!(warnings(&world("8191\n")).len(), 1);
    }

    #[test]
    fn only_low_settings_are_warned_of() {
        let folder = "/proc/sys/fs/inotify/";
        let world = Memory::new([
            (format!("{folder}max_user_instances"), "128\n"),
            (format!("{folder}max_user_watches"), "1048576\n"),
        ]);
        let warnings = warnings(&world);
        assert!(
            matches!(&warnings[..], [one] if one.starts_with("fs.inotify.max_user_instances is 128")),
            "{warnings:?}"
        );
    }
}
