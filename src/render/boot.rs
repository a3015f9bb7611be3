//! What a machine does at boot, before its units start.
//!
//! In: a bundle and how its target delivers it. Out: every file of the machine: those of the bundle, its units, and the
//! boot itself: a script that is the same on every machine of a family of operating systems (`boot/boot.sh`), its service,
//! and the plan that it reads, `/etc/kmodel/machine`, one line for each thing to do.
//!
//! The script can be run again: it fetches only what is missing and restarts only units whose files changed. It also
//! installs the packages, not cloud-init: so they arrive the same way on every target, later ones too, and services
//! that start by themselves are held back until their configuration is there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::facts::family::{Family, Packages};
use crate::model::disk::Disk;
use crate::render::bundle::{Bundle, BundleFile, Unit};
use crate::render::origin::What;
use crate::render::{Problem, unit_file};
use crate::source::Sources;
use crate::syntax::ast::Name;

mod disk;
mod order;
mod plan;

pub use disk::is_of_disks;
pub(crate) use plan::installs;

#[cfg(test)]
mod tests;

/// How a target delivers a bundle, and to what.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub family: &'static Family,
    /// Where artifacts are downloaded from instead of their own places.
    pub mirror: Option<&'a str>,
    pub apart: Apart,
    pub kernel: Kernel,
    /// Those that it sets up.
    pub disks: &'a [Disk],
}

/// Which files reach a machine apart from its user-data: the boot waits until each is there with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// None: only the machine can read its user-data.
    Nothing,
    /// Those that hold a secret.
    Secrets,
    /// All: the user-data has no room, and holds only what waits for them ([`bootstrap`]).
    Files,
}

impl Apart {
    /// Whether a file is one of them.
    pub fn has(self, file: &BundleFile) -> bool {
        match self {
            Apart::Nothing => false,
            Apart::Secrets => file.secret,
            Apart::Files => true,
        }
    }
}

/// Whose kernel the machine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Own,
    /// That of the host: a container loads no modules.
    Shared,
}

/// Whether the boot writes a unit at a path itself.
pub fn is_own(path: &str) -> bool {
    [SERVICE, BOOTSTRAP].contains(&path)
}

/// Every file of a machine. Units name the places in these sources that they come from.
///
/// # Errors
/// A unit that cannot be written, a name that the plan cannot hold, or two files at one path.
pub fn files(bundle: &Bundle, delivery: Delivery<'_>, sources: &Sources) -> Result<Vec<BundleFile>, Vec<Problem>> {
    let mut problems = Vec::new();
    let units = bundle.units.iter().map(|unit| unit_file::unit_file(unit, sources));
    let mut files = bundle.files.clone();
    units.for_each(|unit| unit.map_or_else(|problem| problems.push(problem), |file| files.push(file)));
    let kernel = kernel_files(bundle, delivery.kernel);
    let path = delivery.family.script();
    let service = own(SERVICE, 0o644, include_str!("boot/kmodel-boot.service").replace("BOOT", &path));
    let script = BundleFile { content: shared_script(delivery.family), ..own(&path, 0o755, b"") };
    match plan::plan(bundle, files.iter().chain(&kernel).chain([&script, &service]), delivery) {
        Ok(text) => files.push(own(PLAN, 0o644, text)),
        Err(problem) => problems.push(problem),
    }
    files.extend(kernel);
    files.extend([script, service]);
    files.extend(disk::files(bundle, delivery));
    problems.extend(twice(&files, sources));
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// The unit of the boot itself, among the files of a machine.
pub fn service(files: &[BundleFile]) -> BundleFile {
    files.iter().find(|file| file.path == SERVICE).expect("every machine has its boot").clone()
}

/// What waits for these files where all of them come apart, and then starts the boot: a unit.
pub fn bootstrap(files: &[BundleFile]) -> BundleFile {
    let plan = files.iter().find(|file| file.path == PLAN).expect("every machine has its plan");
    let hash = plan::hash(&plan.content);
    let (_, hash) = plan::hash_parts(&hash);
    own(BOOTSTRAP, 0o644, include_str!("boot/kmodel-bootstrap.service").replace("HASH", hash))
}

/// The boot script of a family: the same for all, with its own way to install packages.
pub fn script(family: &Family) -> String {
    let packages = match family.packages {
        Packages::Apt => include_str!("boot/packages/apt.sh"),
        Packages::Dnf => concat!(include_str!("boot/packages/dnf.sh"), include_str!("boot/packages/rpm.sh")),
        Packages::Zypper => concat!(include_str!("boot/packages/zypper.sh"), include_str!("boot/packages/rpm.sh")),
        Packages::None => include_str!("boot/packages/none.sh"),
    };
    let (settings, functions) = packages.split_once("# @functions\n").expect("each of these files has both parts");
    let common = include_str!("boot/boot.sh").replace("# @settings of packages\n", settings);
    common.replace("# @functions of packages\n", functions)
}

/// The same in one buffer for all machines of a family.
fn shared_script(family: &'static Family) -> Arc<[u8]> {
    type Known = (&'static Family, Arc<[u8]>);
    static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, content)) = known.iter().find(|(of, _)| std::ptr::eq(*of, family)) {
        return Arc::clone(content);
    }
    let content: Arc<[u8]> = script(family).into_bytes().into();
    known.push((family, Arc::clone(&content)));
    content
}

/// Whether a file is the boot script.
pub fn is_script(file: &BundleFile) -> bool {
    file.origin.what == What::Boot && file.mode == 0o755
}

/// Where each download has a file that says which one is installed.
pub const STAMPS: &str = "/var/lib/kmodel/artifacts/";

/// What the boot script reads.
pub const PLAN: &str = "/etc/kmodel/machine";

/// The unit of [`bootstrap`].
pub const BOOTSTRAP: &str = "/etc/systemd/system/kmodel-bootstrap.service";
const SERVICE: &str = "/etc/systemd/system/kmodel-boot.service";

/// The address of a file in a mirror: `MIRROR/HOST/PATH`.
///
/// It is the layout that `wget --force-directories` makes, so a mirror is filled by giving wget the addresses that
/// `kmodel artifacts` prints, and no two releases can have the same place.
pub fn mirrored(url: &str, mirror: &str) -> String {
    format!("{}/{}", mirror.trim_end_matches('/'), mirror_path(url))
}

/// Where in a mirror the file at an address is: `HOST/PATH`.
pub fn mirror_path(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, place)| place)
}

/// The bundle's units, each after those that it needs on the machine.
pub fn start_order(units: &[Unit]) -> Vec<&Unit> {
    order::order(units)
}

/// A file of the boot itself.
fn own(path: &str, mode: u32, text: impl AsRef<[u8]>) -> BundleFile {
    let root: Name = "root".into();
    let (content, origin) = (text.as_ref().into(), What::Boot.into());
    BundleFile { path: path.into(), mode, owner: root.clone(), group: root, content, secret: false, origin }
}

/// What systemd itself applies early, at each boot.
fn kernel_files(bundle: &Bundle, kernel: Kernel) -> Vec<BundleFile> {
    let mut files = Vec::new();
    if kernel == Kernel::Own && !bundle.modules.is_empty() {
        files.push(own(
            "/etc/modules-load.d/kmodel.conf",
            0o644,
            lines(bundle.modules.iter().map(|name| name.to_string())),
        ));
    }
    if !bundle.sysctls.is_empty() {
        // With `-`, systemd-sysctl does not fail in a container; the boot says what could not be set.
        let settings = bundle.sysctls.iter().map(|(name, value)| format!("-{name} = {value}"));
        files.push(own("/etc/sysctl.d/90-kmodel.conf", 0o644, lines(settings)));
    }
    files
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    std::iter::once("# Written by kmodel.".to_owned()).chain(lines).map(|line| line + "\n").collect()
}

fn twice(files: &[BundleFile], sources: &Sources) -> Vec<Problem> {
    let mut seen: HashMap<&str, &BundleFile> = HashMap::with_capacity(files.len());
    let problem = |file: &BundleFile, first: &BundleFile| {
        let shown = |file: &BundleFile| match file.origin.what {
            What::Boot => "kmodel itself".to_owned(),
            _ => file
                .origin
                .application()
                .map_or_else(|| file.origin.shown(sources).to_string(), |app| format!("`{app}`")),
        };
        let message = format!("`{}` is written by both {} and {}", file.path, shown(first), shown(file));
        // What is not in the model has no place there.
        let at = if file.origin.span.is_some() { file } else { first };
        Problem::new(&at.origin, message, "use another path for one of them")
    };
    files.iter().filter_map(|file| seen.insert(&file.path, file).map(|first| problem(file, first))).collect()
}
