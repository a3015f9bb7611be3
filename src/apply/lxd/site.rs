//! The resources that machines share: project, storage pool, network, profiles.

use crate::model::Value;
use crate::model::value::Record;
use crate::render::bundle::Format;
use crate::render::format;
use crate::target::lxd::{DRIVER, Definition, MARK, Resources};

use super::client::Client;
use super::diff::Shared;
use super::volume;
use crate::apply::change::{Change, Step};
use crate::apply::error::ApplyError;
use crate::apply::progress::{Progress, Reporter};

/// Creates and changes them.
///
/// # Errors
/// The first error of the client.
pub(super) fn reconcile(
    client: &Client,
    resources: &Resources,
    shared: &Shared,
    report: Reporter<'_>,
) -> Result<(), ApplyError> {
    let mark = format!("{MARK}={}", resources.cluster);
    let say = |what: &str, change: &Change| report("", Progress::Doing(format!("{what} {}", change.name)));
    if let Some(change) = &shared.project {
        say("project", change);
        project(client, &change.name, &mark)?;
    }
    if let Some(change) = &shared.pool {
        say("storage pool", change);
        let action = format!("create the storage pool `{}`", change.name);
        client.ask(&action, &["storage", "create", &change.name, DRIVER, &mark])?;
    }
    if let Some(change) = &shared.network {
        say("network", change);
        network(client, &resources.network, change)?;
    }
    for change in &shared.profiles {
        say("profile", change);
        let profile = resources.profiles.iter().find(|profile| profile.name == change.name);
        profile.map_or(Ok(()), |definition| self::profile(client, definition, change))?;
    }
    shared.volumes.iter().try_for_each(|change| {
        say("storage volume", change);
        volume::remove(client, &resources.pool.name, &change.name)
    })
}

/// Images are shared with the default project, profiles are the project's own.
fn project(client: &Client, name: &str, mark: &str) -> Result<(), ApplyError> {
    let settings = ["-c", "features.images=false", "-c", "features.profiles=true", "-c", mark];
    let args: Vec<&str> = ["project", "create", name].into_iter().chain(settings).collect();
    client.global(&format!("create the project `{name}`"), &args).map(drop)
}

fn network(client: &Client, definition: &Definition, change: &Change) -> Result<(), ApplyError> {
    let pairs = pairs(&definition.config);
    let name = definition.name.as_str();
    let (verb, action) = match change.steps.first() {
        Some(Step::Create(_)) => ("create", format!("create the network `{name}`")),
        _ => ("set", format!("set up the network `{name}`")),
    };
    let args: Vec<&str> = ["network", verb, name].into_iter().chain(pairs.iter().map(String::as_str)).collect();
    client.ask(&action, &args).map(drop)
}

/// `key=value` of each.
fn pairs(config: &Record) -> Vec<String> {
    config.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.scalar_text()?))).collect()
}

fn profile(client: &Client, definition: &Definition, change: &Change) -> Result<(), ApplyError> {
    let name = definition.name.as_str();
    if let Some(Step::Create(_)) = change.steps.first() {
        client.ask(&format!("create the profile `{name}`"), &["profile", "create", name])?;
    }
    let text = yaml(&[
        ("name", Value::text(name)),
        ("description", Value::text(&definition.description)),
        ("config", Value::Record(definition.config.clone().into())),
        ("devices", Value::Record(definition.devices.clone().into())),
    ]);
    client.give(&format!("set up the profile `{name}`"), &["profile", "edit", name], text.as_bytes()).map(drop)
}

/// YAML for `edit` and `init`.
pub(crate) fn yaml(fields: &[(&'static str, Value)]) -> String {
    let value = Value::record(fields.iter().cloned());
    format::write(Format::Yaml, &value).expect("records of texts are written in every format")
}
