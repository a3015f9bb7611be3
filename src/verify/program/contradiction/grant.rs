//! Bindings of roles to the users and groups of Kubernetes itself: a name of the other kind grants nothing, and some are everyone.
//!
//! Source: kubernetes.io/docs/reference/access-authn-authz/rbac (default roles and bindings), .../authentication (anonymous
//! requests), .../service-accounts-admin.

use crate::diag::{Code, Diagnostic};
use crate::model::Value;

use super::{Object, inside, list};

/// The users, and how the names of others begin.
const USERS: (&[&str], &[&str]) = (
    &["system:anonymous", "system:kube-controller-manager", "system:kube-proxy", "system:kube-scheduler"],
    &["system:node:", "system:serviceaccount:"],
);

const GROUPS: (&[&str], &[&str]) = (
    &["system:authenticated", "system:masters", "system:nodes", "system:serviceaccounts", "system:unauthenticated"],
    &["system:bootstrappers:", "system:serviceaccounts:"],
);

/// The subjects that are every client, or every pod.
const EVERYONE: [(&str, &str); 4] = [
    ("system:anonymous", "every client, without a credential"),
    ("system:authenticated", "every user and every pod"),
    ("system:serviceaccounts", "every pod"),
    ("system:unauthenticated", "every client, without a credential"),
];

/// What is wrong with the subjects of a binding.
pub(super) fn verify(object: &Object<'_>) -> Vec<Diagnostic> {
    let role = inside(object.record, &["roleRef"]).and_then(|role| role.get("name")?.scalar_text());
    let is_admin = object.kind == "ClusterRoleBinding" && role.as_deref() == Some("cluster-admin");
    let subjects = list(object.record, "subjects").iter().enumerate();
    let of = |(index, subject): (usize, &Value)| {
        let Value::Record(subject) = subject.reveal() else { return None };
        let text = |name: &str| subject.get(name).and_then(Value::scalar_text).unwrap_or_default();
        let place = (object.place)(&["subjects".into(), index.into(), "name".into()]);
        let (kind, name) = (text("kind"), text("name"));
        let other = mistaken(&kind, &name).map(|other| {
            let message = format!(
                "`{name}` is a {}, and this subject is a {kind}: the binding grants it nothing",
                other.to_lowercase()
            );
            Diagnostic::new(Code::UnwiseSetting, place, message).help(format!("write `kind: {other}`"))
        });
        other.or_else(|| {
            let (_, whom) = EVERYONE.iter().find(|(known, _)| is_admin && *known == name)?;
            let message = format!("`{name}` is bound to `cluster-admin`, so {whom} has all permissions");
            let help = "bind a role with the permissions that are needed, such as `view`";
            Some(Diagnostic::new(Code::UnsafeSetting, place, message).help(help))
        })
    };
    subjects.filter_map(of).collect()
}

/// The kind that a name of Kubernetes itself has, if this is the other one.
fn mistaken(kind: &str, name: &str) -> Option<&'static str> {
    let is_of = |(names, begins): (&[&str], &[&str])| {
        names.contains(&name) || begins.iter().any(|begin| name.starts_with(begin))
    };
    match kind {
        "Group" if is_of(USERS) => Some("User"),
        "User" if is_of(GROUPS) => Some("Group"),
        _ => None,
    }
}
