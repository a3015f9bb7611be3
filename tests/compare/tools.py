"""The tools that people usually have at hand: each takes a mistake in its own form and says in a few words what it said.

Each works in a folder of its own, which is given. Nothing leaves the machine: servers are started for some seconds on
127.0.0.1, Terraform with a provider from a local folder (`TF_PLUGINS`, default /opt/tf-plugins) and without credentials,
Kubespray's role from a clone (`KUBESPRAY`) against machines that are this one.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = os.environ.get("TF_PLUGINS", "/opt/tf-plugins")
KUBESPRAY = os.environ.get("KUBESPRAY")
PATH = os.pathsep.join([str(ROOT / "target/test-venv/bin"), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def find(program):
    return shutil.which(program, path=PATH)


def call(command, folder, seconds=120):
    env = dict(os.environ, PATH=PATH, LC_ALL="C.UTF-8", CHECKPOINT_DISABLE="1")
    env.pop("TF_CLI_CONFIG_FILE", None)
    if (folder / "terraform.rc").exists():
        env["TF_CLI_CONFIG_FILE"] = str(folder / "terraform.rc")
    try:
        done = subprocess.run(command, cwd=folder, env=env, text=True, timeout=seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        out = late.stdout or b""
        return None, out.decode() if isinstance(out, bytes) else out


def cloud_init(folder, text):
    (folder / "user-data").write_text("#cloud-config\n" + text)
    code, out = call(["cloud-init", "schema", "-c", "user-data"], folder)
    return "valid" if code == 0 else first(out, "Error|error|Invalid")


def systemd(folder, line):
    # The program itself is not what is looked at here.
    unit = f"[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true {line}\n[Install]\nWantedBy=multi-user.target\n"
    (folder / "x.service").write_text(unit)
    code, out = call(["systemd-analyze", "verify", "--man=no", "./x.service"], folder)
    return "accepted" if code == 0 and "x.service" not in out else first(out, "x.service")


def haproxy(folder, servers):
    head = "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"
    text = head + "frontend f\n bind :8443\n default_backend b\nbackend b\n" + "".join(f" server {s}\n" for s in servers)
    (folder / "haproxy.cfg").write_text(text)
    code, out = call(["haproxy", "-c", "-f", "haproxy.cfg"], folder)
    return "valid" if code == 0 else first(out, "ALERT|WARNING")


def keepalived(folder, address):
    (folder / "keepalived.conf").write_text(
        "vrrp_instance api {\n  state BACKUP\n  interface eth0\n  virtual_router_id 51\n  unicast_peer {\n    10.10.0.14\n  }\n"
        f"  virtual_ipaddress {{\n    {address}\n  }}\n}}\n")
    test = "ip link add eth0 type veth peer name eth1 && ip link set eth0 up && keepalived --config-test --use-file keepalived.conf"
    code, out = call(["unshare", "-n", "sh", "-c", test], folder)
    return "valid" if code == 0 else first(out, ".")


def nft(folder, rules):
    body = "\n".join(f"    {rule}" for rule in rules)
    text = "table inet filter {\n  chain input {\n    type filter hook input priority 0; policy drop;\n" + body + "\n  }\n}\n"
    (folder / "rules.nft").write_text(text)
    code, out = call(["unshare", "-n", "nft", "-c", "-f", "rules.nft"], folder)
    return "accepted" if code == 0 else first(out, ".")


def etcd(folder, arguments):
    code, out = call(["etcd", "--data-dir=data", "--logger=zap", *arguments], folder, seconds=3)
    error = re.search(r'"error":"([^"]*)"', out)
    return "starts" if code is None else first(error.group(1) if error else out, ".")


def objects(folder, items):
    (folder / "objects.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    for number, item in enumerate(items):
        (folder / f"{number}.json").write_text(json.dumps(item))
    files = [f"{number}.json" for number in range(len(items))]
    code, out = call(["kubernetes-validate", "--strict", "-k", "1.34", *files], folder)
    return "valid" if code == 0 else first(out, "ERROR|error|not")


def terraform(folder, text):
    mirror = f'provider_installation {{\n  filesystem_mirror {{ path = "{PLUGINS}" }}\n}}\n'
    (folder / "terraform.rc").write_text(mirror)
    (folder / "main.tf").write_text('terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
                                    'provider "aws" {\n  region = "eu-central-1"\n}\n' + text)
    code, out = call(["terraform", "init", "-backend=false", "-input=false", "-no-color"], folder)
    if code != 0:
        return None
    code, out = call(["terraform", "validate", "-no-color"], folder)
    return "valid" if code == 0 else first(out, "Error")


def kubeadm(folder, documents):
    api = {"KubeletConfiguration": "kubelet.config.k8s.io/v1beta1", "KubeProxyConfiguration": "kubeproxy.config.k8s.io/v1alpha1"}
    texts = []
    for kind, fields in documents:
        # Without a version, kubeadm would ask the network for the newest.
        version = {"kubernetesVersion": "v1.36.2"} if kind == "ClusterConfiguration" else {}
        texts.append(json.dumps({"apiVersion": api.get(kind, "kubeadm.k8s.io/v1beta4"), "kind": kind, **version, **fields}))
    (folder / "kubeadm.yaml").write_text("\n---\n".join(texts))
    code, out = call(["kubeadm", "config", "validate", "--config", "kubeadm.yaml"], folder)
    if code != 0:
        return first(re.sub(r"^.*strict decoding error: ", "", out, flags=re.MULTILINE), "unknown|nvalid|error")
    warned = [line for line in out.splitlines() if line.startswith("W")]
    return "valid, and warns: " + short(warned[0]) if warned else "valid"


def kubectl(folder, cluster):
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "prod", "cluster": cluster}],
              "users": [{"name": "backup", "user": {"client-certificate": "/etc/backup/client.crt", "client-key": "/etc/backup/client.key"}}],
              "contexts": [{"name": "backup@prod", "context": {"cluster": "prod", "user": "backup"}}], "current-context": "backup@prod"}
    (folder / "backup.conf").write_text(json.dumps(config))
    code, out = call(["kubectl", "--kubeconfig", "backup.conf", "config", "view"], folder)
    return "valid" if code == 0 else first(out, "error")


def butane(folder, config):
    (folder / "machine.bu").write_text(json.dumps(dict({"variant": "fcos", "version": "1.6.0"}, **config)))
    code, out = call(["butane", "--strict", "--check", "machine.bu"], folder)
    said = re.search(r"(?:error|warning)\[.*?\]:.*?\n.*?\^+ ([^\n]*)", out, flags=re.DOTALL)
    return "valid" if code == 0 else "refused: " + short(said.group(1)) if said else first(out, "rror|arning")


def kubespray(folder, given):
    """`given`: variables of the inventory, and under `hosts` how many machines each group has."""
    if not KUBESPRAY:
        return None
    hosts = dict({"kube_control_plane": ["cp-0", "cp-1", "cp-2"], "etcd": ["cp-0", "cp-1", "cp-2"],
                  "kube_node": ["wrk-0", "wrk-1", "wrk-2"]}, **given.get("hosts", {}))
    values = {name: value for name, value in given.items() if name != "hosts"}
    groups = {group: {"hosts": {host: None for host in names}} for group, names in hosts.items()}
    inventory = {"all": {"vars": dict(values, ansible_connection="local"), "children": groups}}
    (folder / "hosts.yml").write_text(json.dumps(inventory))
    play = [{"hosts": "all", "gather_facts": False, "roles": ["dynamic_groups", "validate_inventory"]}]
    (folder / "play.yml").write_text(json.dumps(play))
    (folder / "ansible.cfg").write_text(
        f"[defaults]\nroles_path = {KUBESPRAY}/roles\nlibrary = {KUBESPRAY}/library\nforce_valid_group_names = ignore\n"
        "stdout_callback = minimal\n")
    code, out = call(["ansible-playbook", "-i", "hosts.yml", "play.yml"], folder)
    if code == 0:
        return "valid"
    failed = json.loads(re.search(r"(?:FAILED|UNREACHABLE)! => (\{.*?^\})", out, flags=re.MULTILINE | re.DOTALL).group(1))
    items = [item for item in failed.get("results", [failed]) if item.get("failed")]
    said = items[0] if items else failed
    return "refused: " + short(said["assertion"] if said["msg"] == "Assertion failed" else said["msg"])


def started(program):
    """What a program says on its own machine, where its flags are read: the last moment to find a mistake.

    Of what it says, the clause with a word of the mistake counts: these arguments alone are not enough for it to run."""
    def run(folder, given):
        arguments, word = given
        if isinstance(arguments, dict):
            (folder / "config.yaml").write_text(json.dumps(arguments))
            arguments = ["--config=config.yaml"]
        _, out = call([program, *arguments], folder, seconds=10)
        lines = [line for line in out.replace("\n\t", " ").splitlines() if word in line]
        if not lines:
            return "says nothing of it"
        clause = next((part for part in re.split(r', |err="|err=<|: \[', lines[0]) if word in part), lines[0])
        clause = short(clause.replace('\\"', '"').rstrip('"]'))
        return ("refused: " if re.match(r"E\d{4}|Error", lines[0]) else "goes on, and logs: ") + clause
    return run


def first(text, pattern):
    """The first line that tells something, short."""
    lines = [line.strip(" \t│╷╵|") for line in text.splitlines()]
    line = next((line for line in lines if line and re.search(pattern, line)), next((line for line in lines if line), "refused"))
    return "refused: " + short(line)


def short(line):
    """Without the date of a log line and markup of tables, and not much of it."""
    line = re.sub(r"^[IWE]\d{4} \S+ +\d+ \S+\] ", "", line)
    line = re.sub(r"\s+", " ", line).strip()
    return (line[:130] + "…" if len(line) > 130 else line).replace("|", "\\|")


TOOLS = {
    "cloud-init schema": ("cloud-init", cloud_init),
    "systemd-analyze verify": ("systemd-analyze", systemd),
    "haproxy -c": ("haproxy", haproxy),
    "keepalived --config-test": ("keepalived", keepalived),
    "nft -c": ("nft", nft),
    "etcd, started": ("etcd", etcd),
    "kubernetes-validate": ("kubernetes-validate", objects),
    "terraform validate": ("terraform", terraform),
    "kubeadm config validate": ("kubeadm", kubeadm),
    "kubectl config view": ("kubectl", kubectl),
    "butane --strict": ("butane", butane),
    "Kubespray validate_inventory": ("ansible-playbook", kubespray),
    "kubelet, started": ("kubelet", started("kubelet")),
    "kube-apiserver, started": ("kube-apiserver", started("kube-apiserver")),
}

VERSIONS = {
    "cloud-init": ["cloud-init", "--version"],
    "systemd-analyze": ["systemctl", "--version"],
    "haproxy": ["haproxy", "-v"],
    "keepalived": ["keepalived", "--version"],
    "nft": ["nft", "--version"],
    "etcd": ["etcd", "--version"],
    "kubernetes-validate": ["kubernetes-validate", "--version"],
    "terraform": ["terraform", "version"],
    "kubeadm": ["kubeadm", "version", "-o", "short"],
    "kubectl": ["kubectl", "version", "--client"],
    "butane": ["butane", "--version"],
    "ansible-playbook": ["ansible-playbook", "--version"],
    "kubelet": ["kubelet", "--version"],
    "kube-apiserver": ["kube-apiserver", "--version"],
}


