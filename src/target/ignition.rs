//! Ignition: the first boot of operating systems whose image is not changed: Flatcar, Fedora CoreOS.
//!
//! Out: for each machine its Ignition config, the same files as a tree, and the archive that is copied to the machine; and
//! the list of machines. As elsewhere, secret files are not in what a platform is given: the boot waits for the archive.

use crate::diag::Code;
use crate::facts::platform::Platform;
use crate::render::boot::{self, Delivery, Kernel};
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::target::cloud::inventory::{self, Manner};
use crate::target::cloud::seed::Seed;
use crate::target::cloud::{UserData, archive};
use crate::target::problem::of_bundle;
use crate::target::{
    Arrival, Entries, Entry, Given, Machine, OutputFile, Problem, Roster, Shared, Site, TargetMachine, Writer,
    WrittenMachine, text, tree,
};

mod config;
mod options;

pub use options::Options;

/// In the folder of the machine.
const NAME: &str = "config.ign";

/// What a person does with the output folder.
pub const NEXT_STEP: &str = "create the machines listed in machines.json with their config.ign, then copy each one's files.tar.gz to it (docs/clouds.md)";

/// Writes the files of the output folder for machines that Ignition sets up.
pub struct Ignition<'a> {
    platform: &'static Platform,
    site: &'a Site,
    options: Options,
}

impl<'a> Ignition<'a> {
    /// For a site.
    ///
    /// # Errors
    /// Every field with a value that cannot be used.
    pub fn new(platform: &'static Platform, site: &'a Site) -> Result<Self, Vec<Problem>> {
        Ok(Self { platform, site, options: Options::read(site)? })
    }

    /// Every file of a machine, as its boot has it.
    fn files(&self, machine: &TargetMachine) -> Result<Vec<BundleFile>, Vec<Problem>> {
        let Options { mirror, apart, .. } = &self.options;
        let family = machine.family;
        let delivery =
            Delivery { family, mirror: mirror.as_deref(), apart: *apart, kernel: Kernel::Own, disks: &machine.disks };
        let files = boot::files(&machine.bundle, delivery, &self.site.sources).map_err(of_bundle)?;
        let special: Vec<_> = files.iter().filter(|file| file.mode & !0o777 != 0).map(special_mode).collect();
        if special.is_empty() { Ok(files) } else { Err(special) }
    }
}

impl Writer for Ignition<'_> {
    fn machine(&self, machine: &TargetMachine) -> Result<WrittenMachine, Vec<Problem>> {
        let files = self.files(machine)?;
        let user_data = UserData::plain(config::config(self.site, machine, &files, &self.options));
        let place = |name: &str| format!("machines/{}/{name}", machine.name);
        let origin = What::Machines(machine.group.clone()).into();
        let archive = text(place(archive::NAME), 0o600, archive::archive(&files), &origin);
        let mut list =
            vec![text(place(NAME), 0o644, &user_data.content, &origin), OutputFile { secret: true, ..archive }];
        list.extend(tree(self.site, machine, &files));
        list.sort_by(|a, b| a.path.cmp(&b.path));
        let inner = Machine::new(machine, files, Arrival::FirstBoot);
        Ok(WrittenMachine { files: list, given: (&user_data).into(), inner })
    }

    fn entry(&self, given: &Given) -> Entry {
        Entry::UserData(given.into())
    }

    fn shared<'a>(&'a self, entries: &'a Entries, roster: &'a dyn Roster) -> Vec<Shared<'a>> {
        let manner = Manner { platform: self.platform, file: NAME, given_as: None, seed: Seed::Files };
        vec![inventory::file(self.site, manner, entries, roster)]
    }
}

/// Ignition 3.3 writes no setuid, setgid and sticky bits (configuration-v3_3.md).
fn special_mode(file: &BundleFile) -> Problem {
    let message =
        format!("`{}` has mode {:04o}, but Ignition supports only permissions up to 0777", file.path, file.mode);
    Problem::new(
        Code::TargetLimit,
        file.origin.clone(),
        message,
        "use a mode without the setuid, setgid and sticky bits",
    )
}
