//! What tells one machine from another is not the same on two of them.

use crate::diag::{Code, Diagnostic};
use crate::hash::HashMap;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, UnitId};
use crate::plan::keep;
use crate::syntax::ast::{ExprKind, ItemKind, Literal, PathItem};
use crate::text::Count;

/// Files that identify a machine: machine-id(5), the D-Bus copy of it, hostname(5), the keys of sshd(8), the names of a host
/// in iSCSI (RFC 7143, section 4.2.7) and NVMe over fabrics (nvme-gen-hostnqn(1)).
const IDENTITIES: &[&str] = &[
    "/etc/machine-id",
    "/var/lib/dbus/machine-id",
    "/etc/hostname",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/iscsi/initiatorname.iscsi",
    "/etc/nvme/hostnqn",
    "/etc/nvme/hostid",
];

/// What machine-id(5) takes for "make one at the first boot".
const UNSET: &[&str] = &["", "uninitialized"];

/// Compares such files of all units.
pub fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> usize {
    let mut count = 0;
    for (app, _) in model.apps() {
        for item in &model.component_of(app).ast.items {
            let ItemKind::File(file) = &item.kind else { continue };
            if plain_path(file).is_some_and(|path| IDENTITIES.contains(&path)) {
                count += 1;
                problems.extend(cloned(model, app, file));
            }
        }
    }
    count
}

/// The path of a file, if it is written out.
pub fn plain_path(file: &PathItem) -> Option<&str> {
    match &file.path.kind {
        ExprKind::Literal(Literal::Path(path)) => Some(path),
        _ => None,
    }
}

/// The first two units whose file is the same.
fn cloned(model: &Model<'_>, app: AppId, file: &PathItem) -> Option<Diagnostic> {
    let text = file.body.field("text")?;
    let mut seen: HashMap<String, UnitId> = HashMap::default();
    let mut same: Vec<UnitId> = Vec::new();
    for unit in model.units_of(app) {
        let value = keep(model.eval(&mut Scope::unit(model, unit), &text.value), &mut Vec::new())?;
        let written = value.reveal().scalar_text().unwrap_or_default();
        if UNSET.contains(&written.trim()) {
            continue;
        }
        match seen.get(written.trim()) {
            Some(first) if same.is_empty() => same.extend([*first, unit]),
            Some(first) if same[0] == *first => same.push(unit),
            Some(_) => {}
            None => {
                seen.insert(written.trim().to_owned(), unit);
            }
        }
    }
    let [first, .., last] = same[..] else { return None };
    let name = |unit: UnitId| model.unit(unit).machine.map_or("", |machine| &model.machine(machine).name);
    let path = plain_path(file).unwrap_or_default();
    let message =
        format!("`{path}` is the same on {}, from `{}` to `{}`", Count(same.len(), "machine"), name(first), name(last));
    Some(
        Diagnostic::new(Code::ClonedIdentity, text.value.span, message)
            .here("the same text on every machine")
            .label(model.app(app).span, format!("`{}` is deployed here", model.app(app).name))
            .help(
                "remove the file or leave it empty, so that each machine generates its own, or derive its text from \
                   `machine.name`",
            ),
    )
}
