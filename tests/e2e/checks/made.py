"""Machines that Terraform makes: containers, by a script, which kmodel then reaches over SSH alone."""

import os
import shutil
import signal

import inside
from command import Cluster, ended, succeed
from report import eventually


class Made(Cluster):
    """The cluster of a model on machines that Terraform makes and removes."""

    def machines(self):
        projects = succeed(["lxc", "project", "list", "-f", "csv"])
        there = any(line.split(",")[0].split(" ")[0] == self.name for line in projects.splitlines())
        return super().machines() if there else []

    def folder(self):
        return self.model.parent / ".kmodel" / self.name / "cloud"


def is_possible():
    return shutil.which("terraform") or shutil.which("tofu")


def model_by_terraform(folder, here):
    """The same model on a platform of the test."""
    for file in ["bench.km", "bench"]:
        shutil.copy(here / file, folder)
    succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")])
    key = (folder / "key.pub").read_text().strip()
    model = folder / "cluster.km"
    text = model.read_text()
    target = 'target lxd { image = "debian/13", mirror = mirror }'
    assert target in text and "use ./answer\n" in text
    text = text.replace("use ./answer\n", "use ./answer\nuse ./bench\n")
    text = text.replace(target, f"""param generation: int = 1
param note: string = "first"
deploy bench {{ script = "{folder}/bench", leavers = ["cp-3", "cp-4", "wrk-3", "wrk-4"], generation = {{ cp = generation, lb = generation }}, note = note }}
target nocloud {{
  key = "./key"
  first-use = true
  mirror = mirror
  interface = "eth0"
  cloud-config = {{ ssh_authorized_keys = ["{key}"] }}
}}""")
    model.write_text(text)


def dry_run_makes_nothing(cluster):
    said = cluster.kmodel("apply", "--dry-run")
    assert said.code == 0 and "+ cp-0: create terraform_data by Terraform" in said.out, said
    assert "+ terraform_data.ground: create by Terraform" in said.out, said
    assert not cluster.machines() and not cluster.folder().exists()


def interrupted_and_killed_while_machines_are_made(cluster):
    """Terraform is let to its end both times, so that nothing is made twice and nothing is lost."""
    first = cluster.start("apply", env=environment())
    eventually(60, lambda: len(cluster.machines()) >= 2)
    first.send_signal(signal.SIGINT)
    said = ended(first, 180)
    assert said.code == 130 and "waiting until Terraform has kept its state" in said.err, said
    assert "run the same command again" in said.err, said
    second = cluster.start("apply", env=environment())
    eventually(120, lambda: "apply_start" in log(cluster))
    second.kill()
    second.communicate()


def environment():
    return {**os.environ, "CHECKPOINT_DISABLE": "1"}


def log(cluster):
    """What the Terraform that runs has said."""
    try:
        return (cluster.folder() / "terraform/kmodel.log").read_text()
    except OSError:
        return ""


def changed_in_place(cluster):
    """Terraform changes each machine in its turn, and touches nothing in it."""
    cluster.sets["note"] = "second"
    said = cluster.apply()
    assert "~ cp-0: change input.note first -> second" in said and "wrk-2: up" in said, said
    assert "no changes" in cluster.apply()


def made_anew(cluster):
    """Members of etcd are replaced one at a time, and what was written stays."""
    cluster.ask("cp-0", f"{inside.ETCDCTL} put anew kept")
    before = {name: born(cluster, name) for name in cluster.machines()}
    cluster.sets["generation"] = 2
    said = cluster.kmodel("apply")
    assert said.code == 2 and "--yes" in said.err and "- cp-0: replace it, with the loss of all its data" in said.out, said
    assert before == {name: born(cluster, name) for name in cluster.machines()}
    said = cluster.apply("--yes", timeout=900)
    order = [line for line in said.splitlines() if line.endswith(": up")]
    assert order == ["cp-0: up", "cp-1: up", "cp-2: up", "lb-0: up"], said
    after = {name: born(cluster, name) for name in cluster.machines()}
    assert {name for name in before if before[name] != after[name]} == {"cp-0", "cp-1", "cp-2", "lb-0"}, (before, after)
    assert "kept" in cluster.ask("cp-2", f"{inside.ETCDCTL} get anew")
    assert "no changes" in cluster.apply()


def born(cluster, machine):
    """Each machine makes its own at its first boot."""
    return cluster.ask(machine, "cat /etc/machine-id")


def nothing_is_left(cluster):
    said = cluster.kmodel("destroy")
    assert said.code == 2 and "--yes" in said.err, said
    assert len(cluster.machines()) == 7
    said = cluster.kmodel("destroy", "--yes")
    assert said.code == 0, said
    for kind in ["project", "network", "storage"]:
        listed = succeed(["lxc", kind, "list", "-f", "csv"])
        assert cluster.name not in listed, f"{kind}: {listed}"
    assert not cluster.folder().exists()
    said = cluster.kmodel("destroy", "--yes")
    assert said.code == 0 and "nothing to remove" in said.out, said
