//! The time zone: a file below /usr/share/zoneinfo.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::{DocumentProblem, is_secret, problem};
use crate::diag::{Code, did_you_mean};

/// The files of Debian's package tzdata 2025b, those of tzdata-legacy among them.
static ZONES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("zones.txt").lines().collect());

/// A zone that there is not.
pub(super) fn check(config: &Json) -> Option<DocumentProblem> {
    let zone = config.get("timezone")?.as_str().filter(|zone| !is_secret(zone) && !ZONES.contains(zone))?;
    let message = format!("unknown time zone `{zone}`: cloud-init finds no such file in `/usr/share/zoneinfo`");
    let help = did_you_mean(
        zone,
        ZONES.iter().copied(),
        "use a name of the IANA database, such as `Etc/UTC` or `Europe/Berlin`",
    );
    Some(problem(Code::InvalidConfig, vec!["timezone".into()], message, help))
}
