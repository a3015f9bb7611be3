//! The operating system of each machine: its own, else that of its target.

use crate::facts::family::{Family, Packages, family, of_image, usual};
use crate::facts::platform::platform;

use super::value::Record;
use super::{MachineId, Shape, Target, Value};

/// The operating system of a target's machines: the one that it says, else that of its image, else that of its platform.
pub(super) fn family_of_target(name: &str, options: &Record) -> &'static Family {
    let text = |field: &str| options.get(field).and_then(Value::scalar_text);
    let of_platform = platform(name).map_or_else(usual, |platform| platform.family);
    let said = text("os").and_then(|os| family(&os));
    // Where programs cannot be installed, the platform is for one system.
    let is_managed = of_platform.packages != Packages::None;
    let of_image = || text("image").filter(|_| is_managed).and_then(|name| of_image(&name));
    said.or_else(of_image).unwrap_or(of_platform)
}

impl Shape<'_> {
    /// The operating system of a machine on the target that is planned for.
    pub fn family_of(&self, machine: MachineId) -> &'static Family {
        match self.targets.first() {
            Some(target) => self.family_on(target, machine),
            None => self.machine(machine).os.unwrap_or_else(usual),
        }
    }

    /// The operating system of a machine on one of the targets.
    pub fn family_on(&self, target: &Target, machine: MachineId) -> &'static Family {
        self.machine(machine).os.unwrap_or(target.family)
    }
}
