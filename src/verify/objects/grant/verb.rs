//! Verbs of rules that no request has, and verbs that names of objects exclude.
//!
//! Source: kubernetes.io/docs/reference/access-authn-authz/authorization (determine the request verb), .../rbac (referring to
//! resources: `create` and `deletecollection` cannot be restricted by resource name).

use serde_json::Value as Json;

use crate::facts::resource;

use super::{Wrong, texts};

/// What is wrong with those of a rule.
pub(super) fn wrong(rule: &Json) -> Vec<Wrong> {
    let of_url = texts(rule, "nonResourceURLs").next().is_some();
    let mut list: Vec<Wrong> = texts(rule, "verbs")
        .filter_map(|(way, verb)| {
            let (what, help) = unknown(rule, verb, of_url)?;
            Some(Wrong { way, what, help })
        })
        .collect();
    list.extend(nameless(rule).filter(|_| !of_url));
    list
}

/// Why a verb is none, and what to write. Controllers of others ask about verbs of their own.
fn unknown(rule: &Json, verb: &str, of_url: bool) -> Option<(String, String)> {
    let is_own = of_url || texts(rule, "apiGroups").all(|(_, group)| resource::has_group(group));
    if verb == "*" || !is_own || resource::is_verb(verb, of_url) {
        return None;
    }
    let what = match of_url {
        true => format!("a request to a URL has no verb `{verb}`"),
        false => format!("unknown verb `{verb}`"),
    };
    match resource::meant_verb(verb, of_url) {
        Some(near) => Some((what, format!("use `{near}`"))),
        None if of_url => Some((what, "use a method of HTTP in lower case, such as `get`".to_owned())),
        None => None,
    }
}

/// Verbs of requests that name no object, in a rule that is about named ones.
fn nameless(rule: &Json) -> Option<Wrong> {
    let has = |key, wanted: &str| texts(rule, key).any(|(_, text)| text == wanted);
    // What applies on the server's side is asked about by its name; those who connect to a part of an object create it.
    let is_named = has("verbs", "patch") || texts(rule, "resources").any(|(_, name)| name.contains(['/', '*']));
    texts(rule, "resourceNames").next().filter(|_| !is_named)?;
    let (way, verb) = texts(rule, "verbs").find(|(_, verb)| matches!(*verb, "create" | "deletecollection"))?;
    let what = format!("`{verb}` never applies beside `resourceNames`, since its request names no object");
    Some(Wrong { way, what, help: format!("move `{verb}` to a rule without `resourceNames`") })
}
