//! All that decides the files of a machine, in one number.
//!
//! A target writes them from the machine, with its bundle as it was evaluated and verified, and from the site; and from what
//! this build of kmodel is. Every field of these goes in: they are taken apart by name, so that a new one is asked for here.

use sha2::{Digest, Sha256};

use crate::model::Value;
use crate::model::nodes::NodeRange;
use crate::model::value::Record;
use crate::render::Origin;
use crate::render::bundle::{Artifact, ArtifactKind, Bundle, BundleFile, Directory, Install, Unit};
use crate::source::Sources;
use crate::target::{Site, TargetMachine, Tree};

/// The number of a build: its sources, its standard library, its compiler.
pub(crate) const BUILD: &str = env!("KMODEL_BUILD");

/// SHA-256 of a machine's inputs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// In hexadecimal.
    pub(super) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What a fingerprint is made of. Each part goes in with its length, so that no two lists of parts are the same bytes.
#[derive(Clone)]
pub(super) struct Print<'s> {
    hash: Sha256,
    sources: &'s Sources,
}

impl<'s> Print<'s> {
    /// What all machines of a site share. Names only refuse: no file holds them.
    pub(super) fn of_site(site: &'s Site) -> Self {
        let Site { target, cluster, domain, nodes, ranges, options, sources, tree, names: _ } = site;
        let mut print = Self { hash: Sha256::new(), sources };
        [BUILD, target.name(), cluster, domain].into_iter().for_each(|text| print.text(text));
        nodes.iter().for_each(|range| print.node_range(range));
        print.list(ranges, |print, (name, range)| print.shown((name, range)));
        print.record(options);
        print.number(u64::from(*tree == Tree::Written));
        print
    }

    /// The fingerprint of a machine of the site. What else decides is given: whether it is the one of its group whose files
    /// are looked into.
    pub(super) fn machine(mut self, machine: &TargetMachine, looked_into: bool) -> Fingerprint {
        self.of_machine(machine, looked_into);
        self.end()
    }

    /// Adds a machine.
    pub(super) fn of_machine(&mut self, machine: &TargetMachine, looked_into: bool) {
        let TargetMachine {
            name,
            former,
            group,
            at_once: _,
            address,
            range,
            cores,
            memory,
            disk,
            arch,
            family,
            zone,
            serial,
            links,
            disks,
            bundle,
        } = machine;
        self.number(u64::from(looked_into));
        [name, group, arch].into_iter().for_each(|text| self.text(text));
        self.text(&family.name);
        self.list(former, |print, name| print.text(name));
        self.shown((address, range, zone, serial));
        self.list(links.iter(), |print, link| print.shown(link.shape()));
        self.list(disks.iter(), |print, disk| print.shown(disk.shape()));
        [cores.to_bits(), *memory, *disk].into_iter().for_each(|number| self.number(number));
        self.bundle(bundle);
    }

    /// Adds a range of machines; where it is written decides nothing.
    fn node_range(&mut self, own: &NodeRange) {
        let NodeRange { place, range, gateway, second, dns, span: _, second_span: _, gateway_span: _, is_known: _ } =
            own;
        self.shown((place, range, gateway, second, dns));
    }

    /// Of all that was added.
    pub(super) fn end(self) -> Fingerprint {
        Fingerprint(self.hash.finalize().into())
    }

    fn bundle(&mut self, bundle: &Bundle) {
        let Bundle {
            machine,
            files,
            outputs,
            directories,
            units,
            packages,
            modules,
            sysctls,
            devices,
            mounts,
            commands,
            artifacts,
            images,
        } = bundle;
        self.text(machine);
        self.list(files, Self::file);
        self.list(outputs, Self::file);
        self.list(directories, Self::directory);
        self.list(units, Self::unit);
        for names in [packages, modules, devices, mounts, commands, images] {
            self.list(names, |print, name| print.text(name));
        }
        self.list(sysctls, |print, (name, value)| [&**name, value].into_iter().for_each(|text| print.text(text)));
        self.list(artifacts, Self::artifact);
    }

    fn file(&mut self, file: &BundleFile) {
        let BundleFile { path, mode, owner, group, content, secret, origin } = file;
        [&**path, owner, group].into_iter().for_each(|text| self.text(text));
        [u64::from(*mode), u64::from(*secret)].into_iter().for_each(|number| self.number(number));
        self.bytes(content);
        self.origin(origin);
    }

    fn directory(&mut self, directory: &Directory) {
        let Directory { path, mode, owner, group, origin } = directory;
        [&**path, owner, group].into_iter().for_each(|text| self.text(text));
        self.number(u64::from(*mode));
        self.origin(origin);
    }

    fn unit(&mut self, unit: &Unit) {
        let Unit { name, fields, flags, after, watches, origin } = unit;
        self.text(name);
        self.record(fields);
        self.list(flags, |print, flag| print.text(flag));
        [after, watches].into_iter().for_each(|names| self.list(names, |print, name| print.text(name)));
        self.origin(origin);
    }

    fn artifact(&mut self, artifact: &Artifact) {
        let Artifact { name, version, url, hash, checksums, newest, kind, install, mode, origin } = artifact;
        [&**name, url, hash].into_iter().for_each(|text| self.text(text));
        self.shown((version, checksums, newest));
        match kind {
            ArtifactKind::TarGz => self.number(0),
            ArtifactKind::Binary => self.number(1),
        }
        match install {
            Install::Members { members, strip } => {
                self.number(u64::from(*strip));
                self.list(members, |print, (member, place)| print.shown((member, place)));
            }
            Install::Extract { folder, strip } => {
                self.text(folder);
                self.number(u64::from(*strip));
            }
        }
        self.number(u64::from(*mode));
        self.origin(origin);
    }

    fn origin(&mut self, origin: &Origin) {
        let Origin { span: _, what } = origin;
        self.shown(what);
        self.text(&origin.shown(self.sources).to_string());
    }

    fn record(&mut self, record: &Record) {
        self.number(record.len() as u64);
        for (name, value) in record {
            self.text(name);
            self.value(value);
        }
    }

    pub(super) fn value(&mut self, value: &Value) {
        self.text(value.type_name());
        match value {
            Value::None => {}
            Value::Float(number) => self.number(number.to_bits()),
            Value::Text(text) | Value::Path(text) => self.text(text),
            Value::List(list) => self.list(&**list, Self::value),
            Value::Record(record) => self.record(record),
            Value::Secret(inner) => self.value(inner),
            Value::Bool(_) | Value::Int(_) | Value::Size(_) | Value::Duration(_) | Value::Percent(_) => {
                self.shown(value);
            }
            Value::Port(_) | Value::Ip(_) | Value::Cidr(_) | Value::Version(_) | Value::Mode(_) => self.shown(value),
        }
    }

    fn list<'i, T: 'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i T, IntoIter: ExactSizeIterator>,
        each: impl Fn(&mut Self, &'i T),
    ) {
        let items = items.into_iter();
        self.number(items.len() as u64);
        items.for_each(|item| each(self, item));
    }

    /// What has derived its `Debug`, which tells all of it.
    pub(super) fn shown(&mut self, value: impl std::fmt::Debug) {
        self.text(&format!("{value:?}"));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.hash.update(bytes);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.hash.update(number.to_le_bytes());
    }
}
