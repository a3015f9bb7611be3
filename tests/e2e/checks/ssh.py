"""Machines that exist already, with systemd and a real SSH server: containers that this makes, and kmodel reaches over SSH alone."""

import json

from command import KMODEL, Cluster, succeed
from report import eventually

USER_DATA = """#cloud-config
users:
- name: ops
  shell: /bin/bash
  sudo: "ALL=(ALL) NOPASSWD:ALL"
  ssh_authorized_keys: ["{key}"]
"""


class Servers(Cluster):
    """The cluster of a model on machines that are there before it, and stay after it."""

    def machines(self):
        """Those that are set up as machines of the cluster."""
        names = super().machines()
        return [name for name in names if self.inside(name, "test -s /var/lib/kmodel/owner").code == 0]

    def planned(self):
        """The name and address of every machine that the model may have."""
        plan = succeed([KMODEL, "plan", str(self.model), "--set", "members=5", "--json"])
        return {machine["name"]: machine["address"] for machine in json.loads(plan)["machines"]}


def model_over_ssh(folder):
    """The same model with another target; its addresses are pinned, since the machines have them before."""
    model = folder / "cluster.km"
    text = model.read_text()
    target = 'target lxd { image = "debian/13", mirror = mirror }'
    assert target in text
    hosts = f'target ssh {{ user = "ops", key = "{folder}/key", known-hosts = "{folder}/known_hosts", first-use = true, mirror = mirror }}'
    text = text.replace(target, hosts)
    for group, first in [("cp[members] {", 10), ("lb {", 30), ("wrk[workers] {", 40)]:
        assert f"machines {group}" in text
        text = text.replace(f"machines {group}", f"machines {group} first-address = 10.77.0.{first},")
    model.write_text(text)
    succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")])


def machines_are_made(cluster):
    """Containers with the addresses of the plan, a user who may become root, and nothing of kmodel."""
    folder, name = cluster.model.parent, cluster.name
    key = (folder / "key.pub").read_text().strip()
    succeed(["lxc", "project", "create", name, "-c", "features.images=false", "-c", "features.profiles=true"])
    succeed(["lxc", "storage", "create", f"pool-{name}", "dir"])
    succeed(["lxc", "network", "create", f"br-{name}", "ipv4.address=10.77.0.1/24", "ipv4.nat=false", "ipv6.address=none"])
    for machine, address in cluster.planned().items():
        cluster.lxc("init", "debian/13", machine, "--storage", f"pool-{name}", "--network", f"br-{name}",
                    "-c", "security.nesting=true", "-c", f"cloud-init.user-data={USER_DATA.format(key=key)}")
        cluster.lxc("config", "device", "set", machine, "eth0", f"ipv4.address={address}")
        cluster.lxc("start", machine)
    for machine, address in cluster.planned().items():
        eventually(120, lambda: cluster.inside(machine, f"id ops && ss -tln | grep -q :22 && ip addr | grep -q 'inet {address}/'").code == 0)
        cluster.inside(machine, "timeout 90 cloud-init status --wait", 100)


def a_stranger_is_refused(cluster):
    """A host that shows another key than the one that is known is not talked to."""
    known = cluster.model.parent / "known_hosts"
    before = known.read_text()
    lines = before.splitlines()
    keys = [line.split(" ", 1)[1] for line in lines]
    known.write_text("".join(f"{line.split(' ', 1)[0]} {key}\n" for line, key in zip(lines, keys[1:] + keys[:1])))
    said = cluster.kmodel("status")
    known.write_text(before)
    assert said.code == 4 and said.all.count("is unreachable") > 0 and "strict checking" in said.all, said


def destroy_leaves_the_machines(cluster):
    """All of the cluster goes, and the machines stay. They end with the daemon."""
    said = cluster.kmodel("destroy")
    assert said.code == 2 and "--yes" in said.err, said
    said = cluster.kmodel("destroy", "--yes")
    assert said.code == 0, said
    assert not cluster.machines()
    for machine in ["cp-0", "lb-0", "wrk-0"]:
        left = cluster.ask(machine, "find /etc/kubernetes /etc/answer /etc/haproxy/tls /var/lib/kmodel /var/lib/etcd ! -type d 2>/dev/null; "
                                    "systemctl is-active etcd answer haproxy containerd | grep -x active; true")
        assert not left, f"{machine}: {left}"
