//! What the operator adds to the user-data of every machine, read like the files of a component: `cloud-config` of a target.

use crate::model::{AppId, MachineId, Model};
use crate::render::evidence::{Branch, Content, Document, Entry, Owner};

use super::nested;

/// The field of a target.
const FIELD: &str = "cloud-config";

/// The files and commands in it. They are no application's, so one of the machine stands for whose versions hold there.
pub(super) fn entries<'p>(model: &Model<'p>, machine: MachineId, app: AppId) -> Vec<Entry<'p>> {
    let of = || {
        let target = model.targets.first()?;
        let value = target.options.get(FIELD)?;
        let (module, ast) = model.layers.targets.iter().find(|(_, ast)| ast.name.name == target.name)?;
        let written = model.layers.field(&format!("target.{}", target.name), *module, &ast.body, FIELD)?;
        let owner = Owner { module: written.module, app, machine: Some(machine), of: None, is_operators: true };
        Some(Document {
            path: "user-data".to_owned(),
            content: Content::Value(value.clone()),
            read: None,
            written: written.expr,
            at: Vec::new(),
            owner,
            derived: false,
            branch: Branch::default(),
        })
    };
    // The keys of the cloud-config itself are verified where the fields of targets are.
    of().map(|document| nested::entries(&document)).unwrap_or_default()
}
