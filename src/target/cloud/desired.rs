//! What there should be on a cloud, where the model writes Terraform's configuration of it.

use super::{Options, machine_files};
use crate::facts::platform::Platform;
use crate::target::ssh;
use crate::target::{Arrival, Desired, Machine, OutputFile, Problem, Site, TargetMachine};

use super::given;

/// Where a component writes the configuration, in the output.
pub const FOLDER: &str = "terraform/";

/// The input of a machine's first boot, which the configuration reads beside its folder.
const SEED: [&str; 3] = ["user-data", "meta-data", "network-config"];

/// What makes the machines of a cluster, and how they are reached.
#[derive(Clone, Debug)]
pub struct Made {
    /// What people call the platform.
    pub title: &'static str,
    /// The configuration, and what it reads: paths as in the output.
    pub files: Vec<OutputFile>,
    pub login: ssh::Options,
}

/// Whether a file of the output belongs to the configuration.
pub fn is_configuration(path: &str) -> bool {
    path.strip_prefix(FOLDER).is_some_and(|name| name.ends_with(".tf.json") || name.ends_with(".tf"))
}

/// What is wrong with the fields of the target.
pub fn problems(platform: &'static Platform, site: &Site) -> Vec<Problem> {
    let own = Options::read(platform, site).err().unwrap_or_default();
    own.into_iter().chain(ssh::Options::read_login(site).err().unwrap_or_default()).collect()
}

/// Describes a cluster; `None` where no component writes what makes it.
///
/// # Errors
/// Every problem of the options, and of machines whose files cannot be written.
pub fn desired(
    platform: &'static Platform,
    site: &Site,
    (machines, outputs): (&[TargetMachine], Vec<OutputFile>),
) -> Result<Option<(Desired, Made)>, Vec<Problem>> {
    if !outputs.iter().any(|file| is_configuration(&file.path)) {
        return Ok(None);
    }
    let problems = problems(platform, site);
    if !problems.is_empty() {
        return Err(problems);
    }
    let options = Options::read(platform, site)?;
    let (mut inner, mut files) = (Vec::new(), outputs);
    for machine in machines {
        inner.push(Machine::new(machine, given(platform, site, machine, &options)?.0, Arrival::Brought));
        files.extend(seed(platform, site, machine, &options)?);
    }
    let runs_pods = machines.iter().any(|machine| !machine.bundle.mounts.is_empty());
    let made = Made { title: platform.title.as_str(), files, login: ssh::Options::read_login(site)? };
    Ok(Some((
        Desired { cluster: site.cluster.clone(), machines: inner, runs_pods, hooks: crate::target::Hooks::read(site) },
        made,
    )))
}

fn seed(
    platform: &Platform,
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
) -> Result<impl Iterator<Item = OutputFile> + use<>, Vec<Problem>> {
    let files = machine_files(platform, site, machine, options)?.files;
    let is_seed = |file: &OutputFile| {
        let rest = file.path.strip_prefix("machines/").and_then(|path| path.split_once('/'));
        rest.is_some_and(|(_, name)| SEED.contains(&name))
    };
    Ok(files.into_iter().filter(is_seed))
}
