//! Platforms that give a machine its user-data at its first boot: the clouds, MAAS, and NoCloud seeds on bare metal.
//!
//! Out: for each machine its user-data in the form of the platform, the same files as a tree, and an archive that is copied
//! to the machine; and one list of the machines, to create them from. Platforms differ only in their row in
//! `tables/user-data.toml`. Secret files are not in user-data that others can read: the boot waits for the archive.

use crate::diag::Code;
use crate::facts::platform::Platform;
use crate::render::boot::{self, Delivery, Kernel};
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::target::problem::of_bundle;
use crate::target::{
    Arrival, Entries, Entry, Given, Machine, OutputFile, Problem, Roster, Shared, Site, TargetMachine, Writer,
    WrittenMachine, cloud_config, folder, text, tree,
};

pub(super) mod archive;
mod desired;
pub(super) mod inventory;
pub(super) mod options;
pub mod seed;
mod user_data;

pub use desired::{FOLDER, Made, desired, is_configuration, problems};
use inventory::Manner;

pub use options::{Gzip, Options};
pub use user_data::{UserData, compress};

/// What a person does with the output folder.
pub const NEXT_STEP: &str =
    "create the machines listed in machines.json, then copy each one's files.tar.gz to it (docs/clouds.md)";

/// The same, where the output has Terraform's configuration.
pub fn next_step(model: &str) -> String {
    format!(
        "kmodel apply {model}, or run Terraform in {FOLDER} and copy each machine's files.tar.gz to it (docs/clouds.md)"
    )
}

/// Writes the files of the output folder that are the platform's.
pub struct Cloud<'a> {
    platform: &'static Platform,
    site: &'a Site,
    options: Options,
}

impl<'a> Cloud<'a> {
    /// For a site.
    ///
    /// # Errors
    /// Every field that the platform cannot take.
    pub fn new(platform: &'static Platform, site: &'a Site) -> Result<Self, Vec<Problem>> {
        Ok(Self { platform, site, options: Options::read(platform, site)? })
    }
}

impl Writer for Cloud<'_> {
    fn machine(&self, machine: &TargetMachine) -> Result<WrittenMachine, Vec<Problem>> {
        machine_files(self.platform, self.site, machine, &self.options)
    }

    fn entry(&self, given: &Given) -> Entry {
        Entry::UserData(given.into())
    }

    fn places(&self, machine: &TargetMachine) -> Vec<String> {
        [vec![folder(&machine.name)], self.options.seed.places(machine)].concat()
    }

    fn shared<'a>(&'a self, entries: &'a Entries, roster: &'a dyn Roster) -> Vec<Shared<'a>> {
        let Options { given_as, seed, .. } = self.options;
        let manner = Manner { platform: self.platform, file: "user-data", given_as, seed };
        let list = inventory::file(self.site, manner, entries, roster);
        [list].into_iter().chain(seed::shared(self.site).map(Shared::Short)).collect()
    }
}

/// The files of a machine, and what it is given of them.
///
/// # Errors
/// A file that cannot be written, or is written twice.
pub fn given(
    platform: &Platform,
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
) -> Result<(Vec<BundleFile>, UserData), Vec<Problem>> {
    let (family, mirror) = (machine.family, options.mirror.as_deref());
    let delivery = Delivery { family, mirror, apart: options.apart, kernel: Kernel::Own, disks: &machine.disks };
    let files = boot::files(&machine.bundle, delivery, &site.sources).map_err(of_bundle)?;
    let twice = cloud_config::own::twice(site, &files);
    if !twice.is_empty() {
        return Err(twice);
    }
    let text = cloud_config::user_data(site, machine, &files, options.apart);
    Ok((files, UserData::new(platform, text, options.gzip)))
}

/// `machines/NAME/`: what cloud-init reads, the archive, and the tree.
fn machine_files(
    platform: &Platform,
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
) -> Result<WrittenMachine, Vec<Problem>> {
    let (files, user_data) = given(platform, site, machine, options)?;
    if !user_data.fits(platform) {
        return Err(vec![too_long(platform, machine, &user_data)]);
    }
    let place = |name: &str| format!("machines/{}/{name}", machine.name);
    let origin = What::Machines(machine.group.clone()).into();
    let secret = files.iter().any(|file| file.secret && !options.apart.has(file));
    let mode = if secret { 0o600 } else { 0o644 };
    let mut list = vec![OutputFile { secret, ..text(place("user-data"), mode, &user_data.content, &origin) }];
    if platform.seed {
        list.push(text(place("meta-data"), 0o644, cloud_config::meta_data(site, machine), &origin));
        let network = cloud_config::network_config(site, machine, &options.interface);
        list.push(text(place("network-config"), 0o644, network, &origin));
        options.seed.add(machine, &mut list).map_err(|problem| vec![problem])?;
    }
    let archive = text(place(archive::NAME), 0o600, archive::archive(&files), &origin);
    list.push(OutputFile { secret: true, ..archive });
    list.extend(tree(site, machine, &files));
    list.sort_by(|a, b| a.path.cmp(&b.path));
    let inner = Machine::new(machine, files, Arrival::Brought);
    Ok(WrittenMachine { files: list, given: (&user_data).into(), inner })
}

/// Reported where sizes are known to the byte; while planning, the same is reported with its places.
fn too_long(platform: &Platform, machine: &TargetMachine, user_data: &UserData) -> Problem {
    let message = format!("the user-data of `{}` is too long: {}", machine.name, user_data.measure(platform));
    let help = "run `kmodel check`, which lists the largest files, or set `files = \"apart\"` in the target";
    Problem::new(Code::UserDataTooLong, What::TheTarget, message, help)
}
