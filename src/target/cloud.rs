//! Platforms that give a machine its user-data at its first boot: the clouds, MAAS, and NoCloud seeds on bare metal.
//!
//! Out: for each machine exactly what the platform is to be given, the same files as a tree, and an archive that is brought
//! to the machine; and one list of the machines, for whoever makes them. All platforms are alike but for their row in
//! `tables/user-data.toml`. Secret files are not in user-data that others can read: the boot waits for the archive.

use std::collections::HashSet;

use crate::diag::Code;
use crate::facts::platform::Platform;
use crate::render::boot::{self, Delivery, Kernel};
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::target::{OutputFile, Site, TargetMachine, TargetProblem, cloud_config, in_tree, text};

mod archive;
mod inventory;
mod options;
mod user_data;

pub use options::{Gzip, Options};
pub use user_data::{UserData, compress, grouped};

/// All files of the output folder that are the platform's. Machines keep their order.
///
/// # Errors
/// Every problem of the fields, of machines whose files cannot be written, and of user-data that the platform does not take.
pub fn files(
    (name, platform): (&str, &'static Platform),
    site: &Site,
    machines: &[TargetMachine],
) -> Result<Vec<OutputFile>, Vec<TargetProblem>> {
    let options = Options::read(platform, site)?;
    let mut problems = Vec::new();
    let (mut list, mut rows) = (Vec::new(), Vec::new());
    let mut told = HashSet::new();
    for machine in machines {
        match machine_files(platform, site, machine, &options) {
            Ok((files, user_data)) => {
                list.extend(files);
                rows.push(inventory::row(platform, machine, &user_data));
            }
            // Machines of a group are alike: what is wrong with one is wrong with all.
            Err(found) if told.insert(&machine.group) => problems.extend(found),
            Err(_) => {}
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    list.push(inventory::file(name, site, &options, rows));
    Ok(list)
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
) -> Result<(Vec<BundleFile>, UserData), Vec<TargetProblem>> {
    let delivery = Delivery { mirror: options.mirror.as_deref(), apart: options.apart, kernel: Kernel::Own };
    let files = boot::files(&machine.bundle, delivery, &site.sources)?;
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
) -> Result<(Vec<OutputFile>, UserData), Vec<TargetProblem>> {
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
    }
    let archive = text(place(archive::NAME), 0o600, archive::archive(&files), &origin);
    list.push(OutputFile { secret: true, ..archive });
    list.extend(files.into_iter().map(|file| in_tree(machine, file)));
    Ok((list, user_data))
}

/// Said where the sizes are known to the byte; while planning, the same is said with its places.
fn too_long(platform: &Platform, machine: &TargetMachine, user_data: &UserData) -> TargetProblem {
    let message = format!("the user-data of `{}` is too long: {}", machine.name, user_data.measure(platform));
    let help = "run `kmodel check`, which shows what takes the bytes, or put `files = \"apart\"` into the target";
    TargetProblem { code: Code::UserDataTooLong, ..TargetProblem::new(&What::TheTarget.into(), message, help) }
}
