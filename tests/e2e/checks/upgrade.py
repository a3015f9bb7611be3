"""An upgrade with programs that write down when they start, in the order of which they have to be exchanged."""

import hashlib
import io
import tarfile

from report import eventually

PROGRAMS = {"server": ["kube-apiserver", "kube-scheduler"], "node": ["kubelet"]}
LOG = "/var/log/turns"


def release(cluster, mirror, version):
    """Makes the downloads of a version, and lets the model take it."""
    folder = mirror.folder / "files.example.org/upgrade"
    folder.mkdir(parents=True, exist_ok=True)
    cluster.sets["release"] = version
    for archive, names in PROGRAMS.items():
        path = folder / f"{archive}-{version}.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name in names:
                text = f"#!/bin/sh\necho \"$(date +%s%N) {version} {name}\" >>{LOG}\nexec sleep infinity\n".encode()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(text), 0o755
                tar.addfile(entry, io.BytesIO(text))
        cluster.sets[archive] = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def turns(cluster, since=0):
    """What all machines wrote down, in the order of time: when, which version, what, where."""
    lines = []
    for machine in cluster.machines():
        for line in cluster.ask(machine, f"cat {LOG} 2>/dev/null || true").splitlines():
            when, version, what = line.split(" ", 2)
            lines.append((int(when), version, what, machine))
    return [line for line in sorted(lines) if line[0] > since]


def last(cluster):
    return max(when for when, *_ in turns(cluster))


def programs_come_in_order(cluster, mirror):
    """API servers everywhere, then schedulers, then the kubelet of each machine after its pods have left."""
    before = last(cluster)
    release(cluster, mirror, "2")
    said = cluster.apply()
    seen = [(what, machine) for _, version, what, machine in turns(cluster, before) if version != "1"]
    kubelets = [step for machine in ["cp-0", "cp-1", "wrk-0"]
                for step in [f"drain away {machine} upgrade", ("kubelet", machine), f"drain back {machine}"]]
    expected = [("kube-apiserver", "cp-0"), ("kube-apiserver", "cp-1"), ("kube-scheduler", "cp-0"), ("kube-scheduler", "cp-1"), *kubelets]
    # Where a drain is asked for is not decided.
    plain = [what.strip() if what.startswith("drain") else (what, machine) for what, machine in seen]
    assert plain == expected, f"{plain}\n{said}"
    for machine in cluster.machines():
        assert cluster.inside(machine, "test -e /var/lib/kmodel/drained").code != 0, machine


def a_killed_one_is_taken_up(cluster, mirror):
    """Killed once the first scheduler is new: nothing that was done is done again, and the order holds."""
    before = last(cluster)
    release(cluster, mirror, "3")
    process = cluster.start("apply")
    eventually(120, lambda: any(what == "kube-scheduler" for _, _, what, _ in turns(cluster, before)))
    process.kill()
    process.communicate()
    cluster.apply()
    seen = [(what, machine) for _, version, what, machine in turns(cluster, before) if version != "2"]
    order = [what for what, _ in seen if not what.startswith("drain")]
    assert order == ["kube-apiserver"] * 2 + ["kube-scheduler"] * 2 + ["kubelet"] * 3, seen
    assert len(set(seen)) == len(seen), f"something was done twice: {seen}"


def a_drain_that_fails_is_tried_again(cluster, mirror):
    """The machine is left as it is, and so are those behind it."""
    before = last(cluster)
    release(cluster, mirror, "4")
    for machine in ["cp-0", "cp-1"]:
        cluster.ask(machine, "touch /run/refuse")
    said = cluster.kmodel("apply")
    assert said.code == 4 and "cannot evict the pod" in said.all and "--no-drain" in said.all, said
    seen = {what for _, _, what, _ in turns(cluster, before)}
    assert "kube-apiserver" in seen and "kubelet" not in seen, seen
    for machine in ["cp-0", "cp-1"]:
        cluster.ask(machine, "rm /run/refuse")
    cluster.apply()
    assert [what for _, _, what, _ in turns(cluster, before)].count("kubelet") == 3
