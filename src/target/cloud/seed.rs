//! Seeds of machines that no platform makes: the files that cloud-init reads, as an image of each machine, or as folders
//! that a web server hands out.
//!
//! Over HTTP a machine asks below a name of its own ([`keys`]): cloud-init puts its serial number into an address, iPXE
//! the address of the port that it boots from. Where the server is known, a file in the image of all machines sends each to its folder.

use crate::diag::Code;
use crate::model::link::{Link, mac};
use crate::render::Origin;
use crate::render::origin::What;
use crate::target::{OutputFile, Problem, Site, TargetMachine, text};

mod fat;

/// How seeds reach machines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Seed {
    /// By the person, who has the files.
    #[default]
    Files,
    /// On a disk of each machine.
    Fat,
    /// From a web server.
    Http,
}

/// What the image of a machine is called in its folder.
const IMAGE: &str = "seed.img";

/// What all machines read of cloud-init's own configuration. A disk with a seed cannot send them to a server: cloud-init asks none
/// but those that its configuration or the kernel's command line names (`DataSourceNoCloudNet.ds_detect`).
pub const CONFIG: &str = "kmodel.cfg";

/// The folder of a web server.
const FOLDER: &str = "http/";

/// What is asked for below the name of a machine. Vendor-data is empty, for cloud-init asks for it several times if it is not there.
const ASKED: [&str; 4] = ["meta-data", "network-config", "user-data", "vendor-data"];

/// What cloud-init puts the serial number of a machine into (NoCloud, from 23.1 on).
const SERIAL: &str = "__dmi.system-serial-number__";

impl Seed {
    /// What the target says.
    pub(super) fn read(site: &Site) -> Self {
        match site.text("seed").as_deref() {
            Some("fat") => Self::Fat,
            Some("http") => Self::Http,
            _ => Self::Files,
        }
    }

    /// Adds to the files of a machine what brings them to it.
    ///
    /// # Errors
    /// When the image cannot be written.
    pub(super) fn add(self, machine: &TargetMachine, files: &mut Vec<OutputFile>) -> Result<(), Problem> {
        match self {
            Self::Files => {}
            Self::Fat => files.push(image(machine, files)?),
            Self::Http => files.extend(served(machine, files)),
        }
        Ok(())
    }

    /// Where the files of a machine are, beside its folder.
    pub(super) fn places(self, machine: &TargetMachine) -> Vec<String> {
        let of_key = |key: String| ASKED.map(|name| format!("{FOLDER}{key}/{name}"));
        if self == Self::Http { keys_of(machine).into_iter().flat_map(of_key).collect() } else { Vec::new() }
    }

    /// What a machine is given, for the list of machines.
    pub(super) fn row(self, machine: &TargetMachine) -> Vec<String> {
        match self {
            Self::Files => Vec::new(),
            Self::Fat => vec![format!("machines/{}/{IMAGE}", machine.name)],
            Self::Http => keys_of(machine).into_iter().map(|key| format!("{FOLDER}{key}/")).collect(),
        }
    }
}

/// The names below which a machine asks for its seed: its serial number; else the address of each of its ports; else its name.
pub fn keys(name: &str, serial: Option<&str>, links: &[Link]) -> Vec<String> {
    let ports: Vec<String> = links.iter().filter(|link| link.is_physical()).filter_map(port).collect();
    match serial {
        Some(serial) => vec![serial.to_owned()],
        None if ports.is_empty() => vec![name.to_owned()],
        None => ports,
    }
}

fn keys_of(machine: &TargetMachine) -> Vec<String> {
    keys(&machine.name, machine.serial.as_deref(), &machine.links)
}

/// As iPXE writes it: `${mac:hexhyp}`.
fn port(link: &Link) -> Option<String> {
    mac(link.mac.as_deref()?).map(|address| address.replace(':', "-"))
}

/// What is wrong with the fields of the target.
pub(super) fn problems(site: &Site) -> Vec<Problem> {
    let (seed, url) = (Seed::read(site), site.text("seed-url"));
    let inside = site.text("secrets").as_deref() == Some("inside");
    let told = inside && seed == Seed::Http;
    let served = told.then(|| {
        let message =
            "the folder `http` is for a web server that answers everyone, so user-data cannot hold private keys";
        let help = "remove `secrets = \"inside\"`, or use `seed = \"fat\"`";
        Problem::of_field(Code::SecretInUserData, "secrets", message, help)
    });
    let wrong = url.as_deref().and_then(|url| wrong_url(url, seed));
    served.into_iter().chain(wrong).collect()
}

fn wrong_url(url: &str, seed: Seed) -> Option<Problem> {
    let wrong = |message: String, help| Some(Problem::of_field(Code::TargetLimit, "seed-url", message, help));
    if seed != Seed::Http {
        return wrong(
            "`seed-url` has no effect without `seed = \"http\"`".to_owned(),
            "set `seed = \"http\"`, or remove `seed-url`",
        );
    }
    if !super::options::is_url(url) || url.contains(['?', '#', '%']) {
        let help = "use the URL of the folder `http`, such as `http://10.0.0.1:8000/`";
        return wrong(format!("`{url}` is not a valid `seed-url`"), help);
    }
    None
}

/// The file for the image of all machines, where the server is known.
pub(super) fn shared(site: &Site) -> Option<OutputFile> {
    let url = site.text("seed-url").filter(|_| Seed::read(site) == Seed::Http)?;
    let from = format!("{}/{SERIAL}/", url.trim_end_matches('/'));
    let content = format!(
        "# Written by kmodel, for /etc/cloud/cloud.cfg.d/ of the image: each machine asks for its own seed.\n\
         datasource_list: [NoCloud]\ndatasource:\n  NoCloud:\n    seedfrom: {from}\n"
    );
    let origin = What::Target(site.target.name().into()).into();
    Some(text(format!("{FOLDER}{CONFIG}"), 0o644, content, &origin))
}

fn image(machine: &TargetMachine, files: &[OutputFile]) -> Result<OutputFile, Problem> {
    let own = || files.iter().filter_map(|file| Some((asked(machine, file)?, file)));
    let contents: Vec<_> = own().map(|(name, file)| (name, &*file.content)).collect();
    let secret = own().any(|(_, file)| file.secret);
    let origin: Origin = What::Machines(machine.group.clone()).into();
    let image = fat::image(&contents).map_err(|error| no_image(machine, &error, &origin))?;
    let path = format!("machines/{}/{IMAGE}", machine.name);
    let mode = if secret { 0o600 } else { 0o644 };
    Ok(OutputFile { secret, ..text(path, mode, image, &origin) })
}

fn no_image(machine: &TargetMachine, error: &std::io::Error, origin: &Origin) -> Problem {
    let message = format!("the seed of `{}` does not fit into an image: {error}", machine.name);
    Problem::new(
        Code::TargetLimit,
        origin.clone(),
        message,
        "set `files = \"apart\"` in the target, which leaves about 1 KiB",
    )
}

/// The folders of a machine.
fn served(machine: &TargetMachine, files: &[OutputFile]) -> Vec<OutputFile> {
    let own = || files.iter().filter_map(|file| Some((asked(machine, file)?, file)));
    let of_key = |key: String| {
        let copy =
            |(name, file): (&str, &OutputFile)| OutputFile { path: format!("{FOLDER}{key}/{name}"), ..file.clone() };
        let origin = What::Machines(machine.group.clone()).into();
        let vendor_data = text(format!("{FOLDER}{key}/vendor-data"), 0o644, "", &origin);
        own().map(copy).chain([vendor_data]).collect::<Vec<_>>()
    };
    keys_of(machine).into_iter().flat_map(of_key).collect()
}

/// The name of a file in the folder of a machine, if it is of the seed.
fn asked<'f>(machine: &TargetMachine, file: &'f OutputFile) -> Option<&'f str> {
    let rest = file.path.strip_prefix("machines/")?.strip_prefix(&*machine.name)?.strip_prefix('/')?;
    ASKED.contains(&rest).then_some(rest)
}
