//! Pods that tolerate the taints of the machines that they are for.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, Model, Value};

/// A taint of a group of machines: `key=value:Effect`.
pub(super) struct Taint<'a> {
    text: &'a str,
    key: &'a str,
    value: &'a str,
    effect: &'a str,
}

/// Looks at what makes pods.
pub(super) fn verify(model: &Model<'_>, nodes: &BTreeSet<u32>, app: AppId, objects: &[Json]) -> Vec<Diagnostic> {
    let units = model.units_of(app).filter_map(|unit| Some(model.machine(model.unit(unit).machine?).group));
    let own: BTreeSet<u32> = units.collect();
    let of = |object: &Json| match object["kind"].as_str()? {
        "DaemonSet" => own.iter().find_map(|group| refused(model, app, object, *group)),
        "Deployment" | "StatefulSet" | "ReplicaSet" => nowhere(model, nodes, app, object),
        _ => None,
    };
    objects.iter().filter_map(of).collect()
}

/// A machine of the application itself that a DaemonSet does not get onto.
fn refused(model: &Model<'_>, app: AppId, object: &Json, group: u32) -> Option<Diagnostic> {
    let pod = pod(object)?;
    let taint = untolerated(model, pod, group)?;
    let (own, on) = (model.app(app), &model.groups[group as usize]);
    let message = format!(
        "`{}` is deployed on `{}`, but its {} does not tolerate the taint `{}` of these machines",
        own.name,
        on.name,
        title(object),
        taint.text
    );
    let found = Diagnostic::new(Code::TaintNotTolerated, own.span, message)
        .here(format!("`{}` is deployed here", own.name))
        .label(on.span, format!("`{}` has the taint", on.name));
    Some(found.help("add a toleration to the object, such as `{ operator: Exists }`, or deploy it on other machines"))
}

/// Pods that no node takes.
fn nowhere(model: &Model<'_>, nodes: &BTreeSet<u32>, app: AppId, object: &Json) -> Option<Diagnostic> {
    let pod = pod(object)?;
    let taints: Vec<Taint<'_>> = nodes.iter().map(|group| untolerated(model, pod, *group)).collect::<Option<_>>()?;
    let (own, first) = (model.app(app), taints.first()?);
    let message = format!(
        "no node takes the pods of `{}`: its {} does not tolerate the taints of any, such as `{}`",
        own.name,
        title(object),
        first.text
    );
    let found =
        Diagnostic::new(Code::TaintNotTolerated, own.span, message).here(format!("`{}` is deployed here", own.name));
    let found = nodes.iter().fold(found, |found, group| {
        let group = &model.groups[*group as usize];
        found.label(group.span, format!("`{}` has a taint", group.name))
    });
    Some(found.help("add a toleration to the object, or machines without a taint"))
}

/// `` DaemonSet `kube-flannel-ds` ``.
fn title(object: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or("?").to_owned();
    format!("{} `{}`", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// What its pods are like; `None` where other labels than those of the system choose their nodes.
fn pod(object: &Json) -> Option<&Json> {
    let pod = &object["spec"]["template"]["spec"];
    let by_system = |key: &String| matches!(&**key, "kubernetes.io/os" | "kubernetes.io/arch");
    let chosen = pod["nodeSelector"].as_object().is_some_and(|selector| !selector.keys().all(by_system));
    let affinity = !pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].is_null();
    (pod.is_object() && !chosen && !affinity).then_some(pod)
}

/// The first taint of a group that keeps pods away.
pub(super) fn untolerated<'a>(model: &'a Model<'_>, pod: &Json, group: u32) -> Option<Taint<'a>> {
    let Value::List(list) = model.groups[group as usize].taints.reveal() else { return None };
    let texts = list.iter().filter_map(|value| if let Value::Text(text) = value { Some(&**text) } else { None });
    let tolerations: Vec<&Json> = pod["tolerations"].as_array().into_iter().flatten().collect();
    let hard = texts.filter_map(Taint::read).filter(|taint| {
        // Of these the controllers of Kubernetes take care.
        matches!(taint.effect, "NoSchedule" | "NoExecute") && !taint.key.starts_with("node.kubernetes.io/")
    });
    hard.into_iter().find(|taint| !tolerations.iter().any(|toleration| taint.is_tolerated(toleration)))
}

impl<'a> Taint<'a> {
    /// As it is written.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    fn read(text: &'a str) -> Option<Self> {
        let (label, effect) = text.rsplit_once(':')?;
        let (key, value) = label.split_once('=').unwrap_or((label, ""));
        Some(Self { text, key, value, effect })
    }

    /// `ToleratesTaint` of k8s.io/api core/v1/toleration.go.
    fn is_tolerated(&self, toleration: &Json) -> bool {
        let field = |name: &str| toleration[name].as_str().unwrap_or_default();
        let effect = field("effect").is_empty() || field("effect") == self.effect;
        let key = field("key").is_empty() || field("key") == self.key;
        let value = match field("operator") {
            "Exists" => true,
            _ => !field("key").is_empty() && field("value") == self.value,
        };
        effect && key && value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerations_are_read_as_kubernetes_does() {
        let tolerates = |taint: &str, toleration: Json| Taint::read(taint).expect("a taint").is_tolerated(&toleration);
        let taint = "dedicated=db:NoExecute";
        assert!(tolerates(taint, serde_json::json!({ "operator": "Exists" })));
        assert!(tolerates(
            taint,
            serde_json::json!({ "key": "dedicated", "operator": "Exists", "effect": "NoExecute" })
        ));
        assert!(tolerates(taint, serde_json::json!({ "key": "dedicated", "value": "db" })));
        assert!(!tolerates(taint, serde_json::json!({ "key": "dedicated", "value": "web" })));
        assert!(!tolerates(taint, serde_json::json!({ "operator": "Exists", "effect": "NoSchedule" })));
        assert!(!tolerates(taint, serde_json::json!({ "key": "other", "operator": "Exists" })));
        assert!(!tolerates(taint, serde_json::json!({})));
    }
}
