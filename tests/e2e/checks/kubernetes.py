"""Kubernetes itself, all the way: what its own client and etcd say of a cluster of tests/e2e/kubernetes.km."""

import base64
import itertools
import json

import inside
from command import run, succeed
from report import eventually

NODES = ["cp-0", "cp-1", "cp-2", "wrk-0", "wrk-1"]


class Kubernetes:
    """A cluster with kubectl."""

    def __init__(self, cluster, kubectl):
        self.cluster, self.kubectl = cluster, kubectl
        self.config = cluster.model.parent / ".kmodel" / cluster.name / "kubeconfig/admin.conf"

    def try_kubectl(self, *arguments, timeout=60):
        return run([self.kubectl, "--kubeconfig", str(self.config), "--request-timeout=20s", *arguments], timeout)

    def ask(self, *arguments):
        said = self.try_kubectl(*arguments)
        assert said.code == 0, f"kubectl {' '.join(arguments)}: {said}"
        return said.out

    def list(self, *arguments):
        return json.loads(self.ask("get", *arguments, "-o", "json"))["items"]


def control_plane_is_healthy(kubernetes):
    """Each API server by its own address, and the other two by theirs on the machine."""
    for machine in inside.CONTROL_PLANE:
        address = inside.address_of(kubernetes.cluster, machine)
        ready = kubernetes.ask("--server", f"https://{address}:6443", "get", "--raw", "/readyz?verbose")
        assert "readyz check passed" in ready and "[-]" not in ready, ready
        for port in [10257, 10259]:
            said = kubernetes.cluster.ask(machine, f"curl -sSk --fail https://127.0.0.1:{port}/healthz")
            assert said == "ok", f"{machine}:{port}: {said}"


def every_node_is_there(kubernetes, version):
    """Each node by its name, with the version and address of the model, and a kubelet that reports."""
    nodes = {node["metadata"]["name"]: node for node in kubernetes.list("nodes")}
    assert sorted(nodes) == NODES, sorted(nodes)
    for name, node in nodes.items():
        assert node["status"]["nodeInfo"]["kubeletVersion"] == f"v{version}", node["status"]["nodeInfo"]
        addresses = [entry["address"] for entry in node["status"]["addresses"] if entry["type"] == "InternalIP"]
        assert addresses == [inside.address_of(kubernetes.cluster, name)], addresses
        tainted = any(taint["key"] == "node-role.kubernetes.io/control-plane" for taint in node["spec"].get("taints", []))
        assert tainted == name.startswith("cp"), f"{name}: {node['spec']}"
        ready = next(entry for entry in node["status"]["conditions"] if entry["type"] == "Ready")
        # Without a network for pods a kubelet is well and says that this is what it waits for.
        assert ready["status"] == "True" or "cni plugin not initialized" in ready["message"], f"{name}: {ready}"


def kubelets_answer_the_api_server(kubernetes):
    """Through the API server, which shows its own certificate and verifies theirs."""
    for node in NODES:
        assert kubernetes.ask("get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == "ok", node


def rbac_and_addons_are_applied(kubernetes):
    bindings = {entry["metadata"]["name"] for entry in kubernetes.list("clusterrolebindings")}
    assert {"kmodel:kubelet-api-admin", "kmodel:node-proxier", "kubeadm:cluster-admins", "flannel"} <= bindings, bindings
    kubernetes.ask("get", "-n", "kube-system", "deployment/coredns", "service/kube-dns")
    flannel = json.loads(kubernetes.ask("get", "-n", "kube-flannel", "daemonset/kube-flannel-ds", "-o", "json"))
    assert flannel["status"]["desiredNumberScheduled"] == len(NODES), flannel["status"]
    assert kubernetes.ask("auth", "can-i", "*", "*").strip() == "yes"


def leaders_are_elected(kubernetes):
    leases = {entry["metadata"]["name"]: entry["spec"] for entry in kubernetes.list("leases", "-n", "kube-system")}
    for name in ["kube-controller-manager", "kube-scheduler"]:
        holder = leases[name]["holderIdentity"].split("_")[0]
        assert holder in inside.CONTROL_PLANE, leases[name]


def controllers_do_their_work(kubernetes):
    """A deployment gets its pods, and each pod that may run gets a node."""
    pods = eventually(60, lambda: kubernetes.list("pods", "-n", "kube-flannel"))
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == NODES, [pod["spec"].get("nodeName") for pod in pods]
    assert eventually(60, lambda: len(kubernetes.list("pods", "-n", "kube-system")) == 2)


def service_account_token_works(kubernetes):
    """With a token and without any certificate: who it is, and that it may nothing."""
    token = kubernetes.ask("create", "token", "default", "--duration", "10m").strip()
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["iss"] == "https://kubernetes.default.svc.cluster.local", claims
    balancer = inside.address_of(kubernetes.cluster, "lb-0")
    curl = (f"curl -sS --max-time 20 --cacert /etc/kubernetes/pki/ca.crt -H 'Authorization: Bearer {token}' "
            f"https://{balancer}:6443")
    review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    said = kubernetes.cluster.ask("wrk-0", f"{curl}{path} -H 'Content-Type: application/json' -d '{review}'")
    assert json.loads(said)["status"]["userInfo"]["username"] == "system:serviceaccount:default:default", said
    said = kubernetes.cluster.ask("wrk-0", f"{curl}/api/v1/secrets")
    assert json.loads(said)["code"] == 403, said


def secret_is_unreadable_in_etcd(kubernetes):
    text = "a-secret-that-nobody-reads"
    kubernetes.ask("create", "secret", "generic", "e2e", f"--from-literal=key={text}")
    kubernetes.ask("create", "configmap", "e2e", f"--from-literal=key={text}")
    raw = f"{inside.ETCDCTL} get --print-value-only /registry/%s/default/e2e | base64 -w0"
    stored = {kind: base64.b64decode(kubernetes.cluster.ask("cp-1", raw % kind)) for kind in ["secrets", "configmaps"]}
    assert text.encode() in stored["configmaps"], "a ConfigMap is not where it should be"
    assert stored["secrets"].startswith(b"k8s:enc:secretbox:v1:"), stored["secrets"][:40]
    assert text.encode() not in stored["secrets"]
    value = kubernetes.ask("get", "secret", "e2e", "-o", "jsonpath={.data.key}")
    assert base64.b64decode(value).decode() == text


def api_survives_the_loss_of_a_machine(kubernetes):
    """The machine that holds both leases is stopped at once; through the load balancer everything goes on."""
    leases = {entry["metadata"]["name"]: entry["spec"] for entry in kubernetes.list("leases", "-n", "kube-system")}
    lost = leases["kube-controller-manager"]["holderIdentity"].split("_")[0]
    kubernetes.cluster.lxc("stop", "--force", lost)
    # The load balancer finds out within some checks of it. Then no connection goes there: each kubectl makes a new one.
    eventually(60, lambda: all(kubernetes.try_kubectl("get", "--raw", "/readyz").out == "ok" for _ in range(10)))
    # etcd may have lost its leader with the machine, and refuses writes until another one is elected. One that was refused
    # may have been written all the same, so each has a name of its own.
    first = itertools.count()
    eventually(60, lambda: kubernetes.try_kubectl("create", "configmap", f"once-it-is-lost-{next(first)}").code == 0)
    for number in range(10):
        kubernetes.ask("create", "configmap", f"while-it-is-lost-{number}")
    eventually(120, lambda: leader(kubernetes) not in ("", lost))
    said = kubernetes.cluster.kmodel("status")
    assert said.code == 4 and lost in said.all, said
    kubernetes.cluster.apply()
    inside.etcd_has_three_healthy_members(kubernetes.cluster)
    control_plane_is_healthy(kubernetes)


def leader(kubernetes):
    said = kubernetes.try_kubectl("get", "lease", "-n", "kube-system", "kube-controller-manager", "-o",
                                  "jsonpath={.spec.holderIdentity}")
    return said.out.split("_")[0]


def kubectl_of(folder, version, target):
    """kubectl, from the releases themselves."""
    archive = folder / f"dl.k8s.io/v{version}/kubernetes-server-linux-amd64.tar.gz"
    succeed(["tar", "-xzf", str(archive), "-C", str(target), "--strip-components=3", "kubernetes/server/bin/kubectl"])
    return str(target / "kubectl")
