//! What objects of Kubernetes name in others, and what is there without anyone making it: `tables/references.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::lifespan;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(deserialize_with = "lifespan::version")]
    known_from: Version,
    #[serde(deserialize_with = "lifespan::version")]
    known_through: Version,
    unscoped: Vec<String>,
    made_later: Vec<String>,
    installers: Vec<String>,
    commands: Vec<String>,
    given: Vec<Given>,
    reference: Vec<Reference>,
}

/// Objects of a kind that are there without anyone making them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    kind: String,
    /// Every one, if it is absent.
    namespace: Option<String>,
    names: Vec<String>,
    #[serde(default)]
    beginnings: Vec<String>,
    #[serde(default)]
    endings: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

/// A field of objects that names another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The kinds that have it; `Pods` for the `spec` of any pods.
    pub of: Vec<String>,
    /// The way to it: `a.b[].c`.
    pub at: String,
    /// The field of a record that has the name; `name` by default. A text is the name itself.
    field: Option<String>,
    /// The kinds that it may name; of several, the field `kind` beside it says which.
    pub to: Vec<String>,
    /// The field beside it that names the namespace; absent where it is that of the object.
    pub namespace: Option<String>,
    /// The way from there to the keys of a ConfigMap or a Secret.
    pub keys: Option<String>,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/references.toml"));

impl Reference {
    pub fn field(&self) -> &str {
        self.field.as_deref().unwrap_or("name")
    }
}

/// All references.
pub fn references() -> &'static [Reference] {
    &TABLE.reference
}

/// Whether the table holds for a version.
pub fn knows(version: Version) -> bool {
    let minor = |version: Version| (version.major, version.minor);
    (minor(TABLE.known_from)..=minor(TABLE.known_through)).contains(&minor(version))
}

/// Whether objects of a kind are in namespaces.
pub fn is_scoped(kind: &str) -> bool {
    !TABLE.unscoped.iter().any(|known| known == kind)
}

/// Whether controllers often make such objects while they run.
pub fn is_made_later(kind: &str) -> bool {
    TABLE.made_later.iter().any(|known| known == kind)
}

/// Whether objects of an API make any others.
pub fn is_installer(api: &str) -> bool {
    TABLE.installers.iter().any(|known| api.split('/').next() == Some(known))
}

/// Whether a text has a command that makes objects.
pub fn makes_objects(text: &str) -> bool {
    TABLE.commands.iter().any(|command| text.contains(&**command))
}

/// Whether an object is there without anyone making it.
pub fn is_given(kind: &str, namespace: Option<&str>, name: &str) -> bool {
    let of =
        |given: &&Given| given.kind == kind && (given.namespace.is_none() || given.namespace.as_deref() == namespace);
    TABLE.given.iter().filter(of).any(|given| {
        given.names.iter().any(|known| known == name)
            || given.beginnings.iter().any(|known| name.starts_with(&**known))
            || given.endings.iter().any(|known| name.ends_with(&**known))
    })
}

/// The names of those that are.
pub fn given<'a>(kind: &'a str, namespace: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let of = move |given: &&'static Given| {
        given.kind == kind && (given.namespace.is_none() || given.namespace.as_deref() == namespace)
    };
    TABLE.given.iter().filter(of).flat_map(|given| &given.names).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_given_where_it_is() {
        assert!(
            is_given("ClusterRole", None, "system:node")
                && is_given("ClusterRole", None, "system:controller:job-controller")
        );
        assert!(
            is_given("ServiceAccount", Some("web"), "default")
                && !is_given("ServiceAccount", Some("web"), "job-controller")
        );
        assert!(is_given("ServiceAccount", Some("kube-system"), "job-controller"));
        assert!(!is_given("Role", Some("web"), "extension-apiserver-authentication-reader"));
        assert!(!is_given("ClusterRole", None, "viewer") && !is_given("ServiceAccount", None, "job-controller"));
    }

    #[test]
    fn namespaces_are_given_by_those_in_which_objects_are() {
        for row in references() {
            assert!(!row.to.is_empty() && !row.of.is_empty(), "{row:?}");
            assert!(row.namespace.is_none() || row.to.iter().all(|kind| is_scoped(kind)), "{row:?}");
        }
    }
}
