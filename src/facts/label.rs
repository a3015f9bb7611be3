//! Keys of labels, annotations and taints in Kubernetes' own domain, and those that are nearly so.
//!
//! Source: kubernetes.io/docs/reference/labels-annotations-taints. `k8s.io` is not looked for: `k3s.io` and `k0s.io` are near it, and
//! labels of others.

use crate::diag::closest;

const DOMAIN: &str = "kubernetes.io";

/// Labels of nodes that schedulers and selectors use.
const OF_NODES: [&str; 12] = [
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node-role.kubernetes.io/control-plane",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "node.kubernetes.io/instance-type",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// Those that other distributions of Kubernetes give nodes: rancher/rke k8s/node.go (RKE), as in kubernetes-csi/csi-driver-nfs deploy/.
const OF_OTHERS: [&str; 1] = ["node-role.kubernetes.io/controlplane"];

/// What a key was probably meant to be: one whose domain is a letter or two off `kubernetes.io`, or of a node, a letter off one that
/// there is.
pub fn meant(key: &str) -> Option<String> {
    let (domain, name) = key.split_once('/')?;
    if !is_domain(domain) || OF_OTHERS.contains(&key) {
        return None;
    }
    let start = domain.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
    let own = &domain[start..];
    if own == DOMAIN {
        return of_node(key);
    }
    let is_near = strsim::damerau_levenshtein(own, DOMAIN) <= 2;
    is_near.then(|| {
        let fixed = format!("{}{DOMAIN}/{name}", &domain[..start]);
        of_node(&fixed).unwrap_or(fixed)
    })
}

/// Whether a kubelet may set a label on its own node: none of Kubernetes' own domains but these, and those below two of them.
///
/// Source: kubernetes/kubernetes cmd/kubelet/app/options/options.go (ValidateKubeletFlags),
/// staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go (IsKubeletLabel).
pub fn is_own(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let is_below = |outer: &str| domain.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_reserved = is_below(DOMAIN) || is_below("k8s.io");
    !is_reserved || OF_KUBELETS.contains(&key) || is_below("kubelet.kubernetes.io") || is_below("node.kubernetes.io")
}

const OF_KUBELETS: [&str; 11] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// The label of nodes that a key of Kubernetes' domain is nearly.
fn of_node(key: &str) -> Option<String> {
    let near = closest(key, OF_NODES)?;
    (strsim::damerau_levenshtein(key, near) == 1).then(|| near.to_owned())
}

fn is_domain(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    text.contains('.') && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn what_is_nearly_a_label_of_kubernetes_is_found() {
        for (key, wanted) in [
            ("node-role.kubernets.io/worker", "node-role.kubernetes.io/worker"),
            ("topology.kuberntes.io/zone", "topology.kubernetes.io/zone"),
            ("topolgy.kuberntes.io/zone", "topology.kubernetes.io/zone"),
            ("topology.kubernetes.io/zoen", "topology.kubernetes.io/zone"),
            ("kubernetes.oi/hostname", "kubernetes.io/hostname"),
            ("kubernetes.io/hostnme", "kubernetes.io/hostname"),
        ] {
            assert_eq!(meant(key).as_deref(), Some(wanted), "{key}");
        }
    }

    #[test]
    fn labels_of_others_are_their_own() {
        for key in [
            "kubernetes.io/hostname",
            "kubernetes.io/role",
            "node-role.kubernetes.io/worker",
            "node-role.kubernetes.io/controlplane",
            "kubernetes.example.org/zone",
            "k3s.io/zone",
            "topology.ebs.csi.aws.com/zone",
            "app.kubernetes.io/name",
            "zone",
            "http://kubernets.io/x",
            "rbac.authorization.k8s.io/v1",
        ] {
            assert_eq!(meant(key), None, "{key}");
        }
    }
}
