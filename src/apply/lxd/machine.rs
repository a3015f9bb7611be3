//! One machine through the server: created, changed, started, stopped, removed.

use crate::model::Value;
use crate::target::lxd::Instance;

use super::client::{Client, Scope};
use super::diff::{NETWORK_CONFIG, USER_DATA};
use super::site::yaml;
use crate::apply::change::Step;
use crate::apply::error::ApplyError;

/// The image of new instances.
#[derive(Clone, Debug)]
pub(crate) struct Image(pub String);

impl Image {
    /// The image that the model names: a local image of that name wins; otherwise, without a remote, it is one from `images:`,
    /// in the variant with cloud-init. `scope` is where local images are: in the project, if it exists.
    ///
    /// # Errors
    /// When there is no such image.
    pub(crate) fn find(client: &Client, name: &str, scope: Scope) -> Result<Self, ApplyError> {
        let action = format!("find the image `{name}`");
        if client.attempt(&action, &["image", "info", name], scope)?.code == Some(0) {
            return Ok(Self(name.to_owned()));
        }
        let known = if name.contains(':') { name.to_owned() } else { format!("images:{name}/cloud") };
        let answer = client.attempt(&action, &["image", "info", &known], scope)?;
        match answer.code {
            Some(0) => Ok(Self(known)),
            _ => Err(ApplyError::refused(&action, &answer.err).help(format!(
                "neither a local image `{name}` nor `{known}` is available: set another with `target lxd {{ image = \"...\" }}`, or \
                 import one under that name (docs/lxd.md)"
            ))),
        }
    }
}

/// Makes a step through the server; the others are for the rollout.
///
/// # Errors
/// An error of the client.
pub(super) fn step(client: &Client, machine: &Instance, step: &Step, image: Option<&Image>) -> Result<(), ApplyError> {
    let name = machine.name();
    match step {
        Step::Create(_) => image.map_or(Ok(()), |image| create(client, machine, image)),
        Step::Rename { from, .. } => {
            stop(client, from)?;
            client.give(&format!("rename `{from}` to `{name}`"), &["rename", from, name], &[]).map(drop)
        }
        Step::Config { key, to: Some(value), .. } => {
            let pair = format!("{key}={value}");
            client.ask(&format!("set {key} of `{name}`"), &["config", "set", name, &pair]).map(drop)
        }
        Step::Config { key, to: None, .. } => {
            client.ask(&format!("unset {key} of `{name}`"), &["config", "unset", name, key]).map(drop)
        }
        Step::Device { device, key, to, .. } => {
            let pair = format!("{key}={to}");
            let action = format!("set {key} of the device `{device}` of `{name}`");
            client.ask(&action, &["config", "device", "set", name, device, &pair]).map(drop)
        }
        Step::Data(key) => data(client, machine, key),
        Step::Profile { to, .. } => {
            stop(client, name)?;
            client.ask(&format!("assign the profile `{to}` to `{name}`"), &["profile", "assign", name, to]).map(drop)
        }
        Step::Restart => stop(client, name).and_then(|()| start(client, name)),
        Step::Start => start(client, name),
        Step::Files { .. }
        | Step::Volume { .. }
        | Step::Drain
        | Step::Readmit
        | Step::SetUp(_)
        | Step::Boot(_)
        | Step::Wait(_)
        | Step::Reach(_)
        | Step::Misfit(_)
        | Step::Update(_)
        | Step::Replace(_)
        | Step::Delete
        | Step::Remove => Ok(()),
    }
}

/// Creates it in one call, so that an interrupted run never leaves a machine with a part missing.
fn create(client: &Client, machine: &Instance, Image(image): &Image) -> Result<(), ApplyError> {
    let (name, definition) = (machine.name(), &machine.definition);
    let mut config = definition.config.clone();
    config.insert(USER_DATA.into(), Value::text(&machine.user_data));
    config.insert(NETWORK_CONFIG.into(), Value::text(&machine.network_config));
    let text = yaml(&[
        ("description", Value::text(&definition.description)),
        ("profiles", Value::list([Value::text(&machine.profile)])),
        ("config", Value::Record(config.into())),
        ("devices", Value::Record(definition.devices.clone().into())),
    ]);
    let action = format!("create `{name}` from the image `{image}`");
    client.give(&action, &["init", image, name, "--profile", &machine.profile], text.as_bytes()).map(drop)
}

/// By standard input: it may be longer than an argument can be.
fn data(client: &Client, machine: &Instance, key: &str) -> Result<(), ApplyError> {
    let name = machine.name();
    let text = if key == USER_DATA { &machine.user_data } else { &machine.network_config };
    client.give(&format!("set {key} of `{name}`"), &["config", "set", name, key, "-"], text.as_bytes()).map(drop)
}

/// `Running`, `Stopped` ..., or nothing when there is no such machine.
pub(crate) fn state(client: &Client, name: &str) -> Result<String, ApplyError> {
    let pattern = format!("^{name}$");
    client
        .ask(&format!("read the state of `{name}`"), &["list", &pattern, "-c", "s", "-f", "csv"])
        .map(|s| s.trim().to_owned())
}

fn is_running(client: &Client, name: &str) -> Result<bool, ApplyError> {
    Ok(state(client, name)?.eq_ignore_ascii_case("running"))
}

/// Starts it if it does not run.
fn start(client: &Client, name: &str) -> Result<(), ApplyError> {
    if is_running(client, name)? {
        return Ok(());
    }
    client.give(&format!("start `{name}`"), &["start", name], &[]).map(drop).map_err(|error| {
        let shown = client.shown();
        let more = format!("`{shown} info --show-log {name}` shows its log");
        let help = error.help.as_ref().map_or(more.clone(), |help| format!("{help}; {more}"));
        error.help(help)
    })
}

/// Shuts it down; a machine that does not stop in time is killed.
pub(crate) fn stop(client: &Client, name: &str) -> Result<(), ApplyError> {
    if !is_running(client, name)? {
        return Ok(());
    }
    let action = format!("stop `{name}`");
    match client.give(&action, &["stop", name, "--timeout", "120"], &[]) {
        Ok(_) => Ok(()),
        Err(_) => client.give(&action, &["stop", name, "--force"], &[]).map(drop),
    }
}

/// Removes it with its data.
pub(crate) fn remove(client: &Client, name: &str) -> Result<(), ApplyError> {
    client.give(&format!("remove `{name}`"), &["delete", "--force", name], &[]).map(drop)
}
