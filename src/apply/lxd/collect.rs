//! What the server says of a cluster, as files.

use crate::target::lxd::Resources;

use super::client::Client;
use super::current::Current;

/// The state of the cluster and of each machine on the server.
pub(super) fn server(client: &Client, resources: &Resources, current: &Current) -> Vec<(String, String)> {
    let ask = |path: String, args: &[&str]| {
        let text = client.ask("query the server", args).unwrap_or_else(|error| error.message);
        (path, text)
    };
    let mut texts = vec![
        ask("server/machines.txt".into(), &["list"]),
        ask("server/network.yaml".into(), &["network", "show", &resources.network.name]),
        ask("server/storage.yaml".into(), &["storage", "show", &resources.pool.name]),
    ];
    for profile in &resources.profiles {
        texts.push(ask(format!("server/profile-{}.yaml", profile.name), &["profile", "show", &profile.name]));
    }
    for name in current.ours(&resources.cluster).map(|machine| machine.name.as_str()) {
        texts.push(ask(format!("server/{name}.yaml"), &["config", "show", name, "--expanded"]));
        texts.push(ask(format!("server/{name}.log"), &["info", name, "--show-log"]));
    }
    texts
}
