"""Looking at a running cluster: `kmodel status` and `kmodel debug`."""

import inside
from report import eventually


def all_is_up(cluster):
    said = cluster.kmodel("status", "--all")
    assert said.code == 0 and "the cluster matches the model" in said.out, said
    return said


def status_says_what_is(cluster):
    said = all_is_up(cluster)
    for machine in cluster.machines():
        assert machine in said.out, said
    for word in ["etcd.service", "answer.store", "/etc/answer/serving.crt"]:
        assert word in said.out, f"{word}: {said}"
    cluster.ask("wrk-0", "systemctl stop containerd")
    said = cluster.kmodel("status")
    cluster.ask("wrk-0", "systemctl start containerd")
    assert said.code == 4 and "containerd" in said.all, said
    # A unit is up when it has been active for longer than its restart interval.
    eventually(60, lambda: cluster.kmodel("status").code == 0)


def debug_finds_nothing(cluster, folder):
    said = cluster.kmodel("debug", "--out", str(folder / "debug-well"))
    assert said.code == 0, said
    assert_no_private_key(cluster, folder / "debug-well")


def debug_finds_a_broken_relation(cluster, folder):
    """etcd on cp-1 does not take connections of its clients any more: what dials it there fails, and nothing else."""
    cluster.ask("cp-1", "nft add table inet broken && nft 'add chain inet broken in { type filter hook input priority 0; }'"
                        " && nft add rule inet broken in iifname eth0 tcp dport 2379 reject with tcp reset")
    said = cluster.kmodel("debug", "--out", str(folder / "debug-broken"))
    cluster.ask("cp-1", "nft delete table inet broken")
    assert said.code == 4, said
    address = inside.address_of(cluster, "cp-1")
    failed = [line.strip() for line in said.out.splitlines() if line.strip().startswith(("✗", "failed"))]
    assert len(failed) == 3 and failed[0].startswith("✗ answer.store → etcd.client"), said
    assert all(f"→ {address}:2379: connection refused" in line for line in failed[1:]), said
    assert_no_private_key(cluster, folder / "debug-broken")
    eventually(60, lambda: cluster.kmodel("status").code == 0)


def assert_no_private_key(cluster, folder):
    """Neither as text nor in parts: no line of any key of the machines is anywhere in the folder."""
    lines = set()
    for machine in ["cp-0", "cp-1", "cp-2"]:
        text = cluster.ask(machine, "cat $(find /etc -name '*.key' ! -path '/etc/ssl/*')")
        lines |= {line for line in text.splitlines() if len(line) > 40}
    assert len(lines) > 10, lines
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10, files
    names = " ".join(str(path) for path in files)
    for word in ["journal", "cloud-init", *cluster.machines()]:
        assert word in names, f"nothing of {word}: {names}"
    for path in files:
        text = path.read_bytes().decode(errors="replace")
        assert "PRIVATE KEY" not in text and not any(line in text for line in lines), f"a private key is in {path}"
