//! Admission webhooks that stop a whole cluster while their own pods are down.

use crate::diag::{Code, Diagnostic};
use crate::model::Value;
use crate::model::value::Record;
use crate::source::Span;

/// What is wrong with one webhook of a configuration: it is called for every pod, and while it does not
/// answer it rejects all of them, its own pods included.
///
/// <https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/>
pub(super) fn verify(kind: &str, webhook: &Record, span: impl FnOnce() -> Span) -> Option<Diagnostic> {
    if !matches!(kind, "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") {
        return None;
    }
    let fails = text(webhook, "failurePolicy").is_none_or(|policy| policy == "Fail");
    let inside = record(webhook, "clientConfig").is_some_and(|client| record(client, "service").is_some());
    let narrow = ["namespaceSelector", "objectSelector"].iter().any(|name| record(webhook, name).is_some())
        || matches!(webhook.get("matchConditions").map(Value::reveal), Some(Value::List(list)) if !list.is_empty());
    let rules = list(webhook, "rules");
    if !fails || !inside || narrow || !rules.iter().any(is_about_pods) {
        return None;
    }
    let name = text(webhook, "name").unwrap_or_default();
    let message =
        format!("the webhook `{name}` intercepts the pods of every namespace: while it is unavailable, no pod starts");
    let help = "its own pods and those of the network and the resolver are rejected too, so a cluster that was down stays down: \
                exclude `kube-system` and its own namespace with a `namespaceSelector`, or set its `failurePolicy` to `Ignore`";
    Some(Diagnostic::new(Code::UnwiseSetting, span(), message).help(help))
}

fn is_about_pods(rule: &Value) -> bool {
    let Value::Record(rule) = rule.reveal() else { return false };
    let has = |name: &str, wanted: &[&str]| {
        list(rule, name).iter().filter_map(Value::scalar_text).any(|text| wanted.contains(&text.as_str()))
    };
    has("apiGroups", &["*", ""]) && has("resources", &["*", "*/*", "pods"]) && has("operations", &["*", "CREATE"])
}

fn text(record: &Record, name: &str) -> Option<String> {
    record.get(name).and_then(Value::scalar_text)
}

/// A record that has something in it.
fn record<'v>(outer: &'v Record, name: &str) -> Option<&'v Record> {
    match outer.get(name)?.reveal() {
        Value::Record(inner) if !inner.is_empty() => Some(inner),
        _ => None,
    }
}

fn list<'v>(record: &'v Record, name: &str) -> &'v [Value] {
    match record.get(name).map(Value::reveal) {
        Some(Value::List(list)) => list,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, Value)]) -> Value {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), value.clone()));
        Value::Record(fields.collect::<Record>().into())
    }

    fn words(list: &[&str]) -> Value {
        Value::list(list.iter().map(|word| Value::text(*word)))
    }

    fn rule(groups: &[&str], resources: &[&str], operations: &[&str]) -> Value {
        let fields = [("apiGroups", groups), ("resources", resources), ("operations", operations)];
        of(&fields.map(|(name, list)| (name, words(list))))
    }

    /// Whether a webhook with these fields beside the usual ones is one that stops a cluster.
    fn stops(kind: &str, fields: &[(&str, Value)]) -> bool {
        let service = of(&[("service", of(&[("name", Value::text("own"))]))]);
        let usual = [("clientConfig", service), ("rules", Value::list([rule(&[""], &["pods"], &["CREATE"])]))];
        let Value::Record(webhook) = of(&[&usual, fields].concat()) else { unreachable!() };
        verify(kind, &webhook, Span::default).is_some()
    }

    #[test]
    fn only_a_webhook_for_every_pod_that_fails_closed_stops_a_cluster() {
        let stops = |fields: &[(&str, Value)]| stops("MutatingWebhookConfiguration", fields);
        let some = || of(&[("matchLabels", of(&[("a", Value::text("b"))]))]);
        let url = of(&[("url", Value::text("https://hooks.example.org"))]);
        assert!(stops(&[]) && stops(&[("failurePolicy", Value::text("Fail"))]));
        assert!(stops(&[("namespaceSelector", of(&[]))]) && stops(&[("matchConditions", Value::list([]))]));
        assert!(!stops(&[("failurePolicy", Value::text("Ignore"))]) && !stops(&[("clientConfig", url)]));
        assert!(!stops(&[("namespaceSelector", some())]) && !stops(&[("objectSelector", some())]));
        assert!(!stops(&[("matchConditions", Value::list([some()]))]));
        assert!(!self::stops("Deployment", &[]) && self::stops("ValidatingWebhookConfiguration", &[]));
    }

    #[test]
    fn a_rule_is_about_pods_by_group_resource_and_operation() {
        let pods = |groups: &[&str], resources: &[&str], operations: &[&str]| {
            stops("MutatingWebhookConfiguration", &[("rules", Value::list([rule(groups, resources, operations)]))])
        };
        assert!(pods(&["apps", "*"], &["*/*"], &["*"]) && pods(&[""], &["*"], &["UPDATE", "CREATE"]));
        assert!(!pods(&["apps"], &["pods"], &["CREATE"]));
        assert!(!pods(&[""], &["services"], &["CREATE"]));
        assert!(!pods(&[""], &["pods"], &["DELETE"]));
        assert!(!pods(&[], &[], &[]) && !stops("MutatingWebhookConfiguration", &[("rules", Value::list([]))]));
    }
}
