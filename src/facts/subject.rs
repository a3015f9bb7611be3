//! Who may do something in a cluster without a binding of its own: `tables/subjects.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{embedded, embedded::Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subjects {
    #[serde(rename = "server")]
    servers: Vec<Server>,
}

/// A server that decides by RBAC, by its interface, and whom it knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    interface: String,
    users: Vec<String>,
    groups: Vec<String>,
    node: Option<Node>,
    #[serde(rename = "source")]
    _source: Note,
}

/// How a node is named: the prefix of its user, and its group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    user: String,
    group: String,
}

static SUBJECTS: LazyLock<Subjects> = LazyLock::new(|| embedded::table("tables/subjects.toml"));

/// The server with an interface.
pub fn server(interface: &str) -> Option<&'static Server> {
    SUBJECTS.servers.iter().find(|server| server.interface == interface)
}

impl Server {
    /// Whether a client may do something there.
    pub fn knows(&self, user: &str, groups: &[String]) -> bool {
        let is_node = |node: &Node| user.starts_with(&node.user) && groups.contains(&node.group);
        self.users.iter().any(|known| known == user)
            || self.groups.iter().any(|known| groups.contains(known))
            || self.node.as_ref().is_some_and(is_node)
    }

    /// All names that a client could have meant.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.users.iter().chain(&self.groups).map(String::as_str)
    }
}
