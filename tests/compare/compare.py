#!/usr/bin/env python3
"""What the usual tools say to configurations that went wrong in real life, beside what kmodel says.

    tests/compare/compare.py            print the table, run with what is installed
    tests/compare/compare.py --write    put it into docs/comparison.md, between its marks

Each tool gets the mistake in its own form, in a folder of its own. A tool that is not installed is said to be. Nothing
leaves the machine: etcd is started for two seconds on 127.0.0.1, Terraform with a provider from a local folder
(`TF_PLUGINS`, default /opt/tf-plugins) and without credentials. kmodel is `target/debug/kmodel`, or what KMODEL names.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KMODEL = os.environ.get("KMODEL", str(ROOT / "target/debug/kmodel"))
PLUGINS = os.environ.get("TF_PLUGINS", "/opt/tf-plugins")
PATH = os.pathsep.join([str(ROOT / "target/test-venv/bin"), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
OPEN, CLOSE = "<!-- table -->", "<!-- end of table -->"


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


# --- the tools: each takes files, and says in a few words what it said

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


def nft(folder, rules):
    body = "\n".join(f"    {rule}" for rule in rules)
    text = "table inet filter {\n  chain input {\n    type filter hook input priority 0; policy drop;\n" + body + "\n  }\n}\n"
    (folder / "rules.nft").write_text(text)
    code, out = call(["unshare", "-n", "nft", "-c", "-f", "rules.nft"], folder)
    return "accepted" if code == 0 else first(out, ".")


def etcd(folder, arguments):
    code, out = call(["etcd", "--data-dir=data", "--logger=zap", *arguments], folder, seconds=3)
    return "starts" if code is None else first(out, "fatal|error")


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


TOOLS = {
    "cloud-init schema": ("cloud-init", cloud_init),
    "systemd-analyze verify": ("systemd-analyze", systemd),
    "haproxy -c": ("haproxy", haproxy),
    "nft -c": ("nft", nft),
    "etcd, started": ("etcd", etcd),
    "kubernetes-validate": ("kubernetes-validate", objects),
    "terraform validate": ("terraform", terraform),
}

VERSIONS = {
    "cloud-init": ["cloud-init", "--version"],
    "systemd-analyze": ["systemctl", "--version"],
    "haproxy": ["haproxy", "-v"],
    "nft": ["nft", "--version"],
    "etcd": ["etcd", "--version"],
    "kubernetes-validate": ["kubernetes-validate", "--version"],
    "terraform": ["terraform", "version"],
}


def first(text, pattern):
    """The first line that tells something, short."""
    lines = [line.strip(" \t│╷╵|") for line in text.splitlines()]
    line = next((line for line in lines if line and re.search(pattern, line)), next((line for line in lines if line), "refused"))
    line = re.sub(r"\s+", " ", line)
    return "refused: " + (line[:90] + "…" if len(line) > 90 else line).replace("|", "\\|")


# --- the mistakes, as each tool would meet them

POD = {"apiVersion": "apps/v1", "kind": "DaemonSet"}


def daemon(name, port):
    spec = {"hostNetwork": True, "containers": [{"name": name, "image": "x:1", "ports": [{"containerPort": port, "hostPort": port}]}]}
    return dict(POD, metadata={"name": name}, spec={"selector": {"matchLabels": {"a": name}},
                "template": {"metadata": {"labels": {"a": name}}, "spec": spec}})


def service(address):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns"},
            "spec": {"clusterIP": address, "ports": [{"port": 53, "protocol": "UDP"}]}}


FILE = "write_files:\n- path: {path}\n  content: |\n    {text}\n"
BIG = 'resource "aws_instance" "cp" {\n  ami           = "ami-1"\n  instance_type = "t3.small"\n  user_data     = "%s"\n}\n'
SERVERS = ["cp-0 10.10.0.10:6443 check", "cp-1 10.10.0.11:6443 check", "cp-2 10.10.0.12:6443 check"]
NOISE = "ab12" * 4097

MISTAKES = {
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
}


def usual(number):
    said = []
    for tool, given in MISTAKES.get(number, []):
        program, check = TOOLS[tool]
        if not find(program):
            said.append(f"`{tool}`: not installed here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            answer = check(Path(folder), given)
        said.append(f"`{tool}`: {answer}" if answer else f"`{tool}`: could not be run here")
    return "<br>".join(said) or "none that looks at this could be run here"


# --- kmodel

def kmodel(path):
    head = path.read_text().splitlines()
    says = next(line.removeprefix("// says: ") for line in head if line.startswith("// says: "))
    run = next((line.removeprefix("// run: ") for line in head if line.startswith("// run: ")), "check FILE").split()
    name = str(path.relative_to(ROOT))
    command = [KMODEL, *[name if word == "FILE" else word for word in run], "--message-format", "json"]
    out = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    problems = [json.loads(line) for line in out.stderr.splitlines() if line.startswith("{")]
    problem = next((p for p in problems if p["code"] == says), None)
    if problem is None:
        return "**nothing**"
    return f"{problem['severity']} `{says}`: {problem['message']}".replace("|", "\\|")


def title(path):
    text = " ".join(line.removeprefix("//! ") for line in path.read_text().splitlines() if line.startswith("//! "))
    return text.removeprefix("(guess) ").replace("|", "\\|")


def table():
    rows = ["| case | what is wrong | the usual tools | kmodel |", "| --- | --- | --- | --- |"]
    for path in sorted((ROOT / "tests/broken").glob("*.km")):
        number = path.name[:2]
        rows.append(f"| [{number}](../tests/broken/{path.name}) | {title(path)} | {usual(number)} | {kmodel(path)} |")
    return "\n".join(rows)


def versions():
    lines = []
    for program, command in VERSIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            line = call(command, Path(folder))[1].strip().splitlines()[0] if find(program) else "not installed here"
        lines.append(f"* `{program}`: {line.split(' - ')[0].strip()}")
    return "\n".join(lines)


def main():
    text = f"{versions()}\n\n{table()}"
    if "--write" not in sys.argv:
        print(text)
        return
    page = ROOT / "docs/comparison.md"
    before, rest = page.read_text().split(OPEN)
    page.write_text(f"{before}{OPEN}\n\n{text}\n\n{CLOSE}{rest.split(CLOSE)[1]}")


if __name__ == "__main__":
    main()
