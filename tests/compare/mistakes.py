"""The mistakes of tests/cases/broken, as each tool would meet them: by the number of the case, tools with what they are given."""

POD = {"apiVersion": "apps/v1", "kind": "DaemonSet"}


def daemon(name, port):
    spec = {"hostNetwork": True, "containers": [{"name": name, "image": "x:1", "ports": [{"containerPort": port, "hostPort": port}]}]}
    return dict(POD, metadata={"name": name}, spec={"selector": {"matchLabels": {"a": name}},
                "template": {"metadata": {"labels": {"a": name}}, "spec": spec}})


def workload(kind, selector, labels, pod):
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x"},
            "spec": {"selector": {"matchLabels": selector}, "template": {"metadata": {"labels": labels}, "spec": pod}}}


BINDING = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "ops"},
           "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
           "subjects": [{"kind": "ServiceAccount", "name": "deployer"}]}


def service(address):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns"},
            "spec": {"clusterIP": address, "ports": [{"port": 53, "protocol": "UDP"}]}}


WEBHOOK = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "policy"},
           "webhooks": [{"name": "policy.example.org", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                         "clientConfig": {"service": {"name": "policy", "namespace": "policy"}},
                         "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]}
FILE = "write_files:\n- path: {path}\n  content: |\n    {text}\n"
BIG = 'resource "aws_instance" "cp" {\n  ami           = "ami-1"\n  instance_type = "t3.small"\n  user_data     = "%s"\n}\n'
SERVERS = ["cp-0 10.10.0.10:6443 check", "cp-1 10.10.0.11:6443 check", "cp-2 10.10.0.12:6443 check"]
NOISE = "ab12" * 4097

CLUSTER, KUBELET = "ClusterConfiguration", "KubeletConfiguration"


def networks(pods, services):
    return (CLUSTER, {"networking": {"podSubnet": pods, "serviceSubnet": services}})


def joining(name, arguments=()):
    flags = [{"name": flag, "value": value} for flag, value in arguments]
    discovery = {"bootstrapToken": {"token": "abcdef.0123456789abcdef", "apiServerEndpoint": "api.example.org:6443",
                                    "unsafeSkipCAVerification": True}}
    return ("JoinConfiguration", {"discovery": discovery, "nodeRegistration": {"name": name, "kubeletExtraArgs": flags}})


def apiserver(arguments=(), names=()):
    flags = [{"name": flag, "value": value} for flag, value in arguments]
    return (CLUSTER, {"apiServer": {"extraArgs": flags, "certSANs": list(names)}})


def external_etcd(endpoints):
    files = {"caFile": "/etc/etcd/ca.crt", "certFile": "/etc/etcd/client.crt", "keyFile": "/etc/etcd/client.key"}
    return (CLUSTER, {"etcd": {"external": dict({"endpoints": endpoints}, **(files if endpoints[0].startswith("https") else {}))}})


def file(path, text, mode=0o644):
    return {"storage": {"files": [{"path": path, "mode": mode, "contents": {"inline": text}}]}}


def unit(name, *lines):
    return {"systemd": {"units": [{"name": name, "enabled": True, "contents": "[Service]\n" + "\n".join(lines) + "\n[Install]\nWantedBy=multi-user.target\n"}]}}


SUBNET = 'resource "aws_subnet" "{0}" {{\n  vpc_id            = "vpc-1"\n  cidr_block        = "{1}"\n  availability_zone = "{2}"\n}}\n'
GROUP = ('resource "aws_security_group" "cp" {\n  ingress {\n    from_port   = %d\n    to_port     = %d\n    protocol    = "tcp"\n'
         '    cidr_blocks = ["10.10.0.0/24"]\n  }\n}\n')
ETCD = ["https://10.0.0.4:2379", "https://10.0.0.5:2379", "https://10.0.0.6:2379", "https://10.0.0.7:2379"]
FAKE_KEY = "-----BEGIN EC PRIVATE KEY-----"
PSP = "UserNamespacesPodSecurityStandards"

# What installers and the programs themselves are given.
INSTALLERS = {
    "01": [("kubeadm config validate", [networks("10.0.0.0/8", "10.96.0.0/12")]),
           ("Kubespray validate_inventory", {"kube_pods_subnet": "10.0.0.0/8", "kube_service_addresses": "10.96.0.0/12"})],
    "02": [("kubeadm config validate", [networks("172.17.0.0/16", "10.96.0.0/12")]),
           ("Kubespray validate_inventory", {"kube_pods_subnet": "172.17.0.0/16"})],
    "03": [("kubeadm config validate", [networks("10.244.0.0/16,fd00::/48", "10.96.0.0/16,fd00::/112")]),
           ("Kubespray validate_inventory", {"ipv6_stack": True, "kube_pods_subnet_ipv6": "fd00::/48",
                                             "kube_service_addresses_ipv6": "fd00::/112"})],
    "04": [("kubeadm config validate", [networks("10.244.0.0/16", "10.96.0.0/12"),
                                        ("InitConfiguration", {"localAPIEndpoint": {"advertiseAddress": "10.96.4.10"}})]),
           ("Kubespray validate_inventory", {"kube_service_addresses": "10.96.0.0/12",
                                             "ip": "10.96.4.1{{ groups['all'].index(inventory_hostname) }}"}),
           ("terraform validate", SUBNET.format("nodes", "10.96.4.0/24", "eu-central-1a"))],
    "05": [("kubeadm config validate", [networks("10.244.0.0/22", "10.96.0.0/12")]),
           ("Kubespray validate_inventory", {"kube_pods_subnet": "10.244.0.0/22", "kube_network_plugin": "flannel"})],
    "06": [("Kubespray validate_inventory", {"kube_network_plugin": "kube-ovn"})],
    "07": [("kubeadm config validate", [networks("10.244.0.0/16", "10.32.0.0/24"), (KUBELET, {"clusterDNS": ["10.96.0.10"]})]),
           ("Kubespray validate_inventory", {"kube_service_addresses": "10.32.0.0/24", "skydns_server": "10.96.0.10"})],
    "08": [("kubeadm config validate", [networks("10.10.0.0/16", "10.96.0.0/12")])],
    "09": [("kubeadm config validate", [(CLUSTER, {"controlPlaneEndpoint": "api.example.org:6443", "apiServer": {"certSANs": ["cp-0.example.org"]}})])],
    "10": [("kubeadm config validate", [apiserver(names=["kubernetes.svc.cluster.local"])]),
           ("Kubespray validate_inventory", {"supplementary_addresses_in_ssl_keys": ["kubernetes.svc.cluster.local"]})],
    "11": [("kubeadm config validate", [(CLUSTER, {"controlPlaneEndpoint": "10.10.0.201:6443"})])],
    "14": [("kubeadm config validate", [(CLUSTER, {"apiServer": {"certSAN": ["api.example.org"]}})]),
           ("Kubespray validate_inventory", {"supplementary_address_in_ssl_keys": ["api.example.org"]})],
    "18": [("kubeadm config validate", [joining("Node01")]),
           ("Kubespray validate_inventory", {"hosts": {"kube_node": ["Node01"]}}),
           ("butane --strict", file("/etc/hostname", "Node01"))],
    "20": [("kubeadm config validate", [joining("wrk-0", [("network-plugin", "cni")])]),
           ("Kubespray validate_inventory", {"kubelet_custom_flags": ["--network-plugin=cni"]}),
           ("butane --strict", unit("kubelet.service", "ExecStart=/usr/local/bin/kubelet --network-plugin=cni")),
           ("kubelet, started", (["--network-plugin=cni"], "--network-plugin"))],
    "21": [("kubeadm config validate", [joining("wrk-0", [("container-runtime", "remote")])]),
           ("Kubespray validate_inventory", {"kubelet_custom_flags": ["--container-runtime=remote"]}),
           ("kubelet, started", (["--container-runtime=remote"], "--container-runtime"))],
    "23": [("kubeadm config validate", [apiserver([("feature-gates", PSP + "=true")])]),
           ("Kubespray validate_inventory", {"kube_feature_gates": [PSP + "=true"]})],
    "24": [("terraform validate", SUBNET.format("a", "10.10.0.0/24", "eu-central-1z"))],
    "29": [("kubeadm config validate", [apiserver([("enable-admission-plugins", "PodSecurityPolicy")])]),
           ("Kubespray validate_inventory", {"kube_apiserver_enable_admission_plugins": ["PodSecurityPolicy"]}),
           ("kube-apiserver, started", (["--enable-admission-plugins=PodSecurityPolicy", "--etcd-servers=http://127.0.0.1:1"],
                                        "PodSecurityPolicy"))],
    "30": [("kubeadm config validate", [apiserver([("cloud-provider", "external")])]),
           ("Kubespray validate_inventory", {"kube_kubeadm_apiserver_extra_args": {"cloud-provider": "external"}}),
           ("kube-apiserver, started", (["--cloud-provider=external"], "--cloud-provider"))],
    "31": [("kubeadm config validate", [(CLUSTER, {}), (KUBELET, {"cgroupDrivers": "systemd"})]),
           ("Kubespray validate_inventory", {"kubelet_config_extra_args": {"cgroupDrivers": "systemd"}}),
           ("kubelet, started", ({"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": KUBELET, "cgroupDrivers": "systemd"},
                                 "cgroupDrivers"))],
    "32": [("kubeadm config validate", [(CLUSTER, {}), (KUBELET, {"cgroupDriver": "systemd"})]),
           ("Kubespray validate_inventory", {"kubelet_cgroup_driver": "systemd", "containerd_use_systemd_cgroup": False})],
    "33": [("butane --strict", unit("swapoff.service", "Type=oneshot", "ExecStart=/sbin/swapoff -a"))],
    "34": [("Kubespray validate_inventory", {"containerd_version": "1.5.18"})],
    "35": [("butane --strict", file("/etc/machine-id", "5a1c1d7e0c9a4d0f9d0c0a3f3f6f1e11"))],
    "36": [("Kubespray validate_inventory", {"https_proxy": "http://proxy.example.org:3128", "no_proxy": "proxy.example.org"}),
           ("butane --strict", file("/etc/environment", "https_proxy=http://proxy.example.org:3128"))],
    "37": [("kubeadm config validate", [external_etcd(ETCD)]),
           ("Kubespray validate_inventory", {"hosts": {"etcd": ["cp-0", "cp-1", "cp-2", "wrk-0"]}})],
    "39": [("terraform validate", SUBNET.format("a", "10.10.0.0/25", "eu-central-1a") + SUBNET.format("b", "10.10.0.128/25", "eu-central-1a"))],
    "41": [("kubeadm config validate", [external_etcd(["http://10.0.0.5:2379"])])],
    "42": [("terraform validate", GROUP % (0, 65535))],
    "43": [("nft -c", ["tcp dport { 22, 6443 } accept"]), ("terraform validate", GROUP % (6443, 6443))],
    "44": [("terraform validate", GROUP % (10257, 10257))],
    "48": [("butane --strict", file("/etc/registry/key.pem", FAKE_KEY)),
           ("cloud-init schema", FILE.format(path="/etc/registry/key.pem", text=FAKE_KEY))],
    "50": [("butane --strict", unit("agent.service", "Environment=TOKEN=abcdef.0123456789abcdef", "ExecStart=/bin/true")),
           ("systemd-analyze verify", "\nEnvironment=TOKEN=abcdef.0123456789abcdef")],
    "51": [("butane --strict", {"storage": {"file": [{"path": "/etc/motd", "contents": {"inline": "hello"}}]}})],
    "57": [("terraform validate", 'resource "aws_instance" "wrk" {\n  ami           = "ami-of-amd64"\n  instance_type = "t4g.small"\n}\n')],
    "59": [("kubeadm config validate", [(CLUSTER, {"kubernetesVersion": "v1.34.99"})]),
           ("Kubespray validate_inventory", {"kube_version": "1.34.99"})],
    "53": [("kubeadm config validate", [(CLUSTER, {}), ("KubeProxyConfiguration", {"mode": "iptables"})])],
    "61": [("kubectl config view", {"server": "https://10.10.0.10:6443", "certificate-authority": "/etc/etcd/ca.crt"})],
    "62": [("kubectl config view", {"server": "https://lb.example.org:6443", "certificate-authority": "/etc/kubernetes/pki/ca.crt"})],
    "63": [("kubectl config view", {"server": "https://10.10.0.10:6443", "certificate-authority": "/etc/kubernetes/pki/apiserver.crt"})],
    "64": [("kubeadm config validate", [networks("10.244.0.0/16", "10.96.0.0/12"), (KUBELET, {"maxPods": 300})]),
           ("Kubespray validate_inventory", {"kubelet_max_pods": 300, "kube_network_plugin": "flannel"})],
    "65": [("kubeadm config validate", [(CLUSTER, {}), (KUBELET, {"systemReserved": {"memory": "4Gi"}})]),
           ("Kubespray validate_inventory", {"system_reserved": True, "system_memory_reserved": "4Gi"})],
    "66": [("kubeadm config validate", [(CLUSTER, {}), (KUBELET, {"resolvConf": "/etc/resolv.conf"})])],
    "68": [("kubeadm config validate", [apiserver([("service-account-issuer", "https://10.10.0.15:6443")])])],
    "70": [("kubeadm config validate", [apiserver([("service-node-port-range", "30000-36000")])]),
           ("Kubespray validate_inventory", {"kube_apiserver_node_port_range": "30000-36000"})],
    "71": [("kubeadm config validate", [(CLUSTER, {"etcd": {"local": {"dataDir": "/tmp/etcd"}}})]),
           ("Kubespray validate_inventory", {"etcd_data_dir": "/tmp/etcd"})],
    "72": [("kubeadm config validate", [(CLUSTER, {"etcd": {"local": {"dataDir": "/var/lib/etcd", "extraArgs": [
               {"name": "heartbeat-interval", "value": "300"}]}}})]),
           ("Kubespray validate_inventory", {"etcd_heartbeat_interval": 300, "etcd_election_timeout": 1000}),
           ("etcd, started", ["--heartbeat-interval=300"])],
    "73": [("kubeadm config validate", [(CLUSTER, {}), (KUBELET, {"authentication": {"anonymous": {"enabled": True}},
                                                                  "authorization": {"mode": "AlwaysAllow"}})])],
    "75": [("kubeadm config validate", [networks("10.244.0.0/16", "10.32.0.0/24"), (KUBELET, {"clusterDNS": ["10.96.0.10"]})])],
    "76": [("kubeadm config validate", [external_etcd(["https://10.10.0.10:2379"])])],
    "77": [("kubeadm config validate", [joining("wrk-0", [("node-labels", "kubernetes.io/role=worker")])]),
           ("Kubespray validate_inventory", {"node_labels": {"kubernetes.io/role": "worker"}}),
           ("kubelet, started", (["--node-labels=kubernetes.io/role=worker"], "labels specified"))],
    "78": [("kubeadm config validate", [joining("wrk-0", [("register-with-taints", "dedicated=db:NoScheduled")])]),
           ("Kubespray validate_inventory", {"node_taints": ["dedicated=db:NoScheduled"]}),
           ("kubelet, started", (["--register-with-taints=dedicated=db:NoScheduled"], "NoScheduled"))],
}

# What checkers of one format are given.
FORMATS = {
    "01": [("systemd-analyze verify", "--cluster-cidr=10.0.0.0/8 --service-cluster-ip-range=10.96.0.0/12")],
    "03": [("systemd-analyze verify", "--cluster-cidr=10.244.0.0/16,fd00::/48 --service-cluster-ip-range=10.96.0.0/16,fd00::/112")],
    "04": [("nft -c", ["ip saddr 10.96.4.0/24 accept", "ip daddr 10.96.0.0/12 accept"])],
    "07": [("kubernetes-validate", [service("10.96.0.10")])],
    "09": [("haproxy -c", SERVERS)],
    "14": [("cloud-init schema", FILE.format(path="/etc/kubeadm.yaml", text="apiServerCertSAN: [api.example.org]"))],
    "18": [("cloud-init schema", "hostname: Node01\n")],
    "20": [("systemd-analyze verify", "--network-plugin=cni")],
    "21": [("systemd-analyze verify", "--container-runtime=remote")],
    "23": [("systemd-analyze verify", "--feature-gates=UserNamespacesPodSecurityStandards=true")],
    "29": [("systemd-analyze verify", "--enable-admission-plugins=PodSecurityPolicy")],
    "30": [("systemd-analyze verify", "--cloud-provider=external --cloud-config=/etc/kubernetes/cloud.conf")],
    "32": [("cloud-init schema", FILE.format(path="/etc/containerd/config.toml", text="version = 3"))],
    "33": [("cloud-init schema", "runcmd:\n- swapoff -a\n")],
    "35": [("cloud-init schema", FILE.format(path="/etc/machine-id", text="5a1c1d7e0c9a4d0f9d0c0a3f3f6f1e11"))],
    "36": [("cloud-init schema", FILE.format(path="/etc/environment", text="https_proxy=http://proxy.example.org:3128"))],
    "37": [("etcd, started", ["--name=a", "--initial-advertise-peer-urls=http://127.0.0.1:23801",
            "--listen-peer-urls=http://127.0.0.1:23801", "--listen-client-urls=http://127.0.0.1:23791",
            "--advertise-client-urls=http://127.0.0.1:23791", "--initial-cluster=a=http://127.0.0.1:23801,"
            "b=http://127.0.0.1:23802,c=http://127.0.0.1:23803,d=http://127.0.0.1:23804"])],
    "40": [("haproxy -c", SERVERS)],
    "41": [("etcd, started", ["--name=a", "--listen-client-urls=http://0.0.0.0:23791", "--advertise-client-urls=http://10.0.0.5:23791",
            "--listen-peer-urls=http://127.0.0.1:23801", "--initial-advertise-peer-urls=http://127.0.0.1:23801",
            "--initial-cluster=a=http://127.0.0.1:23801"]),
           ("systemd-analyze verify", "--etcd-servers=http://10.0.0.5:2379")],
    "42": [("nft -c", ["ip saddr 10.10.0.0/24 tcp dport 2379-2380 accept"])],
    "44": [("nft -c", ["tcp dport 10257 accept comment \"kube-scheduler\"", "tcp dport 10259 accept comment \"kube-controller-manager\""])],
    "45": [("kubernetes-validate", [daemon("prometheus", 9090), daemon("cilium", 9090)])],
    "47": [("terraform validate", BIG % NOISE), ("cloud-init schema", FILE.format(path="/etc/big", text=NOISE))],
    "51": [("cloud-init schema", "write_file:\n- path: /etc/motd\n  content: hello\n")],
    "69": [("kubernetes-validate", [WEBHOOK])],
    "90": [("keepalived --config-test", "10.10.0.254"), ("haproxy -c", SERVERS)],
    "91": [("cloud-init schema", FILE.format(path="/etc/sysctl.d/k8s", text="net.bridge.bridge-nf-call-iptables = 1"))],
    "92": [("kubernetes-validate", [daemon("agent", 9100)])],
    "93": [("kubernetes-validate", [workload("Deployment", {"app": "web", "tier": "front"}, {"app": "web"},
            {"containers": [{"name": "web", "image": "x:1"}]})])],
    "94": [("kubernetes-validate", [workload("DaemonSet", {"app": "logs"}, {"app": "logs"},
            {"containers": [{"name": "logs", "image": "x:1", "volumeMounts": [{"name": "varlog", "mountPath": "/var/log"}]}],
             "volumes": [{"name": "var-log", "hostPath": {"path": "/var/log"}}]})])],
    "95": [("kubernetes-validate", [BINDING])],
    "101": [("kubernetes-validate", [workload("DaemonSet", {"app": "agent"}, {"app": "agent"},
            {"containers": [{"name": "agent", "image": "x:1"}], "volumes": [{"name": "log", "hostPath": {"path": "/var/log"}}]})])],
    "98": [("kubernetes-validate", [BINDING | {"roleRef": BINDING["roleRef"] | {"name": "manager-role"}}])],
    "99": [("kubernetes-validate", [service("10.96.0.11") | {"spec": {"selector": {"name": "web"}, "ports": [{"port": 80}]}}])],
    "97": [("cloud-init schema", FILE.format(path="/etc/kubernetes/pki/old-ca.key", text="-----BEGIN PRIVATE KEY-----"))],
}

MISTAKES = {number: INSTALLERS.get(number, []) + FORMATS.get(number, []) for number in INSTALLERS.keys() | FORMATS.keys()}
