//! The disks of a machine beside the one of its system, where the model says what they are for.
//!
//! In: the records of `disks`. Out: [`Disk`]s with their file systems. What is wrong with them is for `verify`.

use std::sync::Arc;

use crate::source::Span;
use crate::syntax::ast::Name;

use super::Value;
use super::endpoint::texts;
use super::value::Record;

/// A disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Disk {
    pub name: Name,
    /// Where it is written.
    pub span: Span,
    /// The file of the device; of a disk that the platform attaches, the name that it attaches it under.
    pub device: Name,
    /// Whether the platform attaches it: the model names no device of it.
    pub is_attached: bool,
    /// Bytes, if that is written.
    pub size: Option<u64>,
    /// Whether it has partitions; else it is one file system.
    pub is_parted: bool,
    /// In their order on the disk.
    pub volumes: Vec<Volume>,
    /// Whether a file system is written for a disk that has partitions.
    pub is_both: bool,
}

/// A file system, and where it is mounted.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its label too.
    pub name: Name,
    /// The part of the disk in percent, if the disk has partitions.
    pub share: i64,
    pub format: Name,
    /// Where it is mounted; empty if that is not written.
    pub mount: Name,
    pub options: Vec<Name>,
}

/// The format of a file system for which none is written.
pub const FORMAT: &str = "ext4";

impl Disk {
    /// Reads one.
    pub fn read(name: &Name, span: Span, fields: &Record) -> Self {
        let parts = match fields.get("partitions") {
            Some(Value::Record(parts)) => Some(parts),
            _ => None,
        };
        let part = |(name, value): (&Name, &Value)| match value {
            Value::Record(fields) => Some(Volume::read(name, fields)),
            _ => None,
        };
        let volumes = match parts {
            Some(parts) => parts.iter().filter_map(part).collect(),
            None => vec![Volume::read(name, fields)],
        };
        Self {
            name: name.clone(),
            span,
            device: text(fields, "device"),
            is_attached: false,
            size: match fields.get("size") {
                Some(Value::Size(bytes)) => Some(*bytes),
                _ => None,
            },
            is_parted: parts.is_some(),
            is_both: parts.is_some() && ["format", "mount", "options"].iter().any(|field| fields.contains_key(*field)),
            volumes,
        }
    }

    /// What it is, wherever it is written.
    pub fn shape(&self) -> Self {
        Self { span: Span::default(), ..self.clone() }
    }
}

/// Gives the disks of machines without a device those that a platform attaches disks under.
pub struct Attachments {
    names: &'static [String],
    /// Disks as they are written, and as they are attached: most machines of a group have the same.
    last: Option<[Arc<[Disk]>; 2]>,
}

impl Attachments {
    /// Of a platform with these names.
    pub fn new(names: &'static [String]) -> Self {
        Self { names, last: None }
    }

    /// The disks of a machine.
    pub fn of(&mut self, disks: Arc<[Disk]>) -> Arc<[Disk]> {
        if self.names.is_empty() || disks.iter().all(|disk| !disk.device.is_empty()) {
            return disks;
        }
        if let Some([_, attached]) = self.last.as_ref().filter(|[written, _]| Arc::ptr_eq(written, &disks)) {
            return Arc::clone(attached);
        }
        let attached = attached(&disks, self.names);
        self.last = Some([disks, Arc::clone(&attached)]);
        attached
    }
}

/// In their order, under names that no other disk has.
fn attached(disks: &[Disk], names: &'static [String]) -> Arc<[Disk]> {
    let mut free = names.iter().filter(|name| disks.iter().all(|disk| *disk.device != ***name));
    let one = |disk: &Disk| match if disk.device.is_empty() { free.next() } else { None } {
        Some(name) => Disk { device: name.as_str().into(), is_attached: true, ..disk.clone() },
        None => disk.clone(),
    };
    disks.iter().map(one).collect()
}

impl Volume {
    fn read(name: &Name, fields: &Record) -> Self {
        let format = text(fields, "format");
        Self {
            name: name.clone(),
            share: match fields.get("share") {
                Some(Value::Percent(share)) => i64::from(*share),
                _ => 0,
            },
            format: if format.is_empty() { FORMAT.into() } else { format },
            mount: text(fields, "mount"),
            options: fields.get("options").map(texts).unwrap_or_default(),
        }
    }

    /// The unit that mounts it: systemd names it by the place (systemd.unit(5), "String escaping for inclusion in unit names").
    pub fn unit(&self) -> String {
        format!("{}.mount", escaped(self.mount.trim_matches('/')))
    }

    /// Whether a path is below the place where it is mounted.
    pub fn has(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.mount).filter(|_| !self.mount.is_empty());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn text(fields: &Record, field: &str) -> Name {
    fields.get(field).and_then(Value::scalar_text).unwrap_or_default().into()
}

fn escaped(path: &str) -> String {
    let is_plain = |c: u8, first: bool| c.is_ascii_alphanumeric() || b":_".contains(&c) || c == b'.' && !first;
    path.bytes().enumerate().fold(String::new(), |mut text, (place, c)| {
        match c {
            b'/' => text.push('-'),
            c if is_plain(c, place == 0) => text.push(char::from(c)),
            c => text += &format!("\\x{c:02x}"),
        }
        text
    })
}

/// All file systems of some disks that are mounted, each after those that it is mounted in.
pub fn mounts(disks: &[Disk]) -> Vec<(&Disk, &Volume)> {
    let all = disks.iter().flat_map(|disk| disk.volumes.iter().map(move |volume| (disk, volume)));
    let mut mounts: Vec<_> = all.filter(|(_, volume)| !volume.mount.is_empty()).collect();
    mounts.sort_by_key(|(_, volume)| volume.mount.matches('/').count());
    mounts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(name: &str, device: &str) -> Disk {
        let device = (!device.is_empty()).then(|| ("device".into(), Value::text(device)));
        Disk::read(&name.into(), Span::default(), &device.into_iter().collect())
    }

    #[test]
    fn disks_without_a_device_are_attached_in_their_order() {
        static NAMES: std::sync::LazyLock<Vec<String>> =
            std::sync::LazyLock::new(|| ["/dev/sdf", "/dev/sdg", "/dev/sdh"].map(str::to_owned).to_vec());
        let devices = |disks: &[Disk]| disks.iter().map(|disk| disk.device.to_string()).collect::<Vec<_>>();
        let written: Arc<[Disk]> = vec![disk("a", ""), disk("b", "/dev/sdg"), disk("c", ""), disk("d", "")].into();
        let mut attachments = Attachments::new(&NAMES);
        let attached = attachments.of(Arc::clone(&written));
        assert_eq!(devices(&attached), ["/dev/sdf", "/dev/sdg", "/dev/sdh", ""], "there are no more names");
        assert_eq!(attached.iter().map(|disk| disk.is_attached).collect::<Vec<_>>(), [true, false, true, false]);
        assert!(Arc::ptr_eq(&attached, &attachments.of(Arc::clone(&written))), "a group has its disks once");
        assert!(Arc::ptr_eq(&written, &Attachments::new(&[]).of(Arc::clone(&written))));
    }

    /// What `systemd-escape --path` prints.
    #[test]
    fn names_of_units_are_those_of_systemd() {
        let names = ["var/lib/etcd", "srv/a-b", "srv/.x", "srv/ä b"].map(escaped);
        assert_eq!(names, ["var-lib-etcd", "srv-a\\x2db", "srv-.x", "srv-\\xc3\\xa4\\x20b"]);
    }
}
