"""etcd apart and a packet filter everywhere: members that come, go and lose their data, and machines that boot again."""

import http.client
import json
import threading

import change
import inside
from report import eventually

STORE = ["store-0", "store-1", "store-2"]


def members_are(cluster, names):
    for machine in names:
        members = json.loads(cluster.ask(machine, f"{inside.ETCDCTL} member list -w json"))["members"]
        assert sorted(member.get("name", "") for member in members) == names, members
        health = json.loads(cluster.ask(machine, f"{inside.ETCDCTL} endpoint health --cluster -w json 2>/dev/null"))
        assert len(health) == len(names) and all(member["health"] for member in health), health


def every_machine_filters(cluster):
    for machine in cluster.machines():
        cluster.ask(machine, "nft list table inet kmodel >/dev/null")
    address = inside.address_of(cluster, "store-0")
    said = cluster.inside("lb-0", f"timeout 3 bash -c '</dev/tcp/{address}/2379'")
    assert said.code != 0, "the load balancer reaches etcd through the filter"


def members_grow_and_shrink(cluster):
    """store[3] -> store[5] -> store[3]: filters of old members admit the new ones before these are awaited."""
    cluster.ask("store-0", f"{inside.ETCDCTL} put grown kept")
    cluster.sets["members"] = 5
    cluster.apply()
    members_are(cluster, [f"store-{i}" for i in range(5)])
    del cluster.sets["members"]
    cluster.apply("--yes")
    members_are(cluster, STORE)
    assert "kept" in cluster.ask("store-2", f"{inside.ETCDCTL} get grown")


def wiped_member_joins_again(cluster):
    """A member without its data, and with what a start that failed leaves of it."""
    cluster.ask("store-1", "systemctl stop etcd && rm -rf /var/lib/etcd/member && mkdir -p /var/lib/etcd/member/snap && "
                           "systemctl start --no-block etcd")
    eventually(120, lambda: members_are(cluster, STORE) or True)
    assert "kept" in cluster.ask("store-1", f"{inside.ETCDCTL} get grown")


def filter_is_not_opened(cluster):
    """Rules that do not load leave those that are there, and a restart of the unit too."""
    rules = "/etc/nftables.d/kmodel.nft"
    cluster.ask("cp-0", f"cp {rules} /run/good.nft; before=$(nft list table inet kmodel); echo nonsense >>{rules}; "
                        "systemctl restart kmodel-firewall && exit 1; "
                        '[ "$before" = "$(nft list table inet kmodel)" ] || exit 2; '
                        f"cat /run/good.nft >{rules}; systemctl restart kmodel-firewall")


def machines_boot_twice(cluster):
    """Each machine twice, one after another; no boot drops a job of an ordering cycle, and the filter is up before the network."""
    for machine in cluster.machines():
        for _ in range(2):
            cluster.lxc("restart", machine, timeout=180)
            eventually(180, lambda: cluster.inside(machine, "/usr/local/lib/kmodel/boot units").code == 0)
            cycles = cluster.inside(machine, "journalctl --boot --no-pager | grep -i 'ordering cycle'").out
            assert not cycles, f"{machine}: {cycles}"
            order = ("systemctl show -P ActiveEnterTimestampMonotonic kmodel-firewall.service network.target | grep .")
            filtered, network = (int(text) for text in cluster.ask(machine, order).split())
            assert filtered <= network, f"{machine}: the filter came after the network"
    inside.no_unit_has_failed(cluster)


def authorities_are_replaced(cluster):
    """Both authorities, step by step, while an administrator and a client of etcd dial without a pause."""
    administrator = [inside.client(cluster, "shown")]
    old = {name: cluster.ask("store-0", f"sha256sum </etc/kubernetes/pki/etcd/{name}.crt") for name in ("ca", "server")}
    with Dialling(lambda: inside.get(cluster, administrator[-1], "/machine")) as api, Dialling(lambda: of_store(cluster)) as store:
        for step in ["trust", "issue"]:
            for authority in ["etcd-ca", "kubernetes-ca"]:
                said = cluster.kmodel("pki", "rotate", authority, "--step", step, *(["--applied"] if step == "issue" else []))
                assert said.code == 0, said
            cluster.apply()
            members_are(cluster, STORE)
            # A person gets the kubeconfig of each step before the next one.
            administrator.append(inside.client(cluster, "shown"))
    # TLS refuses nobody at any time; a machine that restarts may lose a connection, which is taken up at the next one.
    refused = [why for why in api.failures + store.failures if "certif" in why.lower() or "ssl" in why.lower()]
    assert not refused, refused
    assert store.answers > 10 and not store.failures, f"{store.answers} answers of etcd, {store.failures}"
    assert api.answers > 50, f"{api.answers} answers through the load balancer, {api.failures}"
    for authority in ["etcd-ca", "kubernetes-ca"]:
        said = cluster.kmodel("pki", "rotate", authority, "--step", "forget", "--applied")
        assert said.code == 0, said
    cluster.apply()
    members_are(cluster, STORE)
    new = {name: cluster.ask("store-0", f"sha256sum </etc/kubernetes/pki/etcd/{name}.crt") for name in old}
    assert not set(new.values()) & set(old.values()), (old, new)
    assert inside.get(cluster, inside.client(cluster, "shown"), "/machine")[0] == 200
    try:
        answer = inside.get(cluster, administrator[0], "/machine")
    except OSError as error:
        assert "certif" in str(error).lower(), error
    else:
        raise AssertionError(f"the old administrator is still answered: {answer}")


def backup_is_brought_back(cluster, folder):
    """What was written after it is gone, what was there before is there, and a cluster that has lost all of its data has it again."""
    backup = folder / "backup"
    cluster.ask("store-0", f"{inside.ETCDCTL} put before kept")
    said = cluster.kmodel("backup", "--out", str(backup))
    assert said.code == 0 and "saved" in said.out, said
    assert (backup / "50-etcd").stat().st_mode & 0o777 == 0o600 and backup.stat().st_mode & 0o777 == 0o700
    again = cluster.kmodel("backup", "--out", str(backup))
    assert again.code == 3 and "there already" in again.err, again
    cluster.ask("store-0", f"{inside.ETCDCTL} put after lost")
    for lose in ["true", "systemctl stop etcd; rm -rf /var/lib/etcd/member"]:
        for machine in STORE:
            cluster.ask(machine, lose)
        said = cluster.kmodel("restore", "--from", str(backup), "--yes")
        assert said.code == 0 and "restored" in said.out, said
        eventually(120, lambda: members_are(cluster, STORE) or True)
        assert cluster.ask("store-1", f"{inside.ETCDCTL} get before --print-value-only") == "kept"
        assert cluster.ask("store-2", f"{inside.ETCDCTL} get after --print-value-only") == ""
    cluster.apply()
    change.second_apply_changes_nothing(cluster)
    data = bytearray((backup / "50-etcd").read_bytes())
    data[len(data) // 2] ^= 1
    (backup / "50-etcd").write_bytes(data)
    said = cluster.kmodel("restore", "--from", str(backup), "--yes")
    assert said.code == 3 and "damaged" in said.err, said


def of_store(cluster):
    """Any member of etcd, as a client that knows them all."""
    endpoints = ",".join(f"https://{inside.address_of(cluster, machine)}:2379" for machine in STORE)
    said = cluster.inside("store-0", f". /etc/profile.d/etcdctl.sh; ETCDCTL_ENDPOINTS={endpoints} etcdctl get grown")
    assert said.code == 0, said.all


class Dialling:
    """Asks again and again beside what is done, and counts."""

    def __init__(self, ask):
        self.ask, self.answers, self.failures, self.ended = ask, 0, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ended.is_set():
            try:
                self.ask()
                self.answers += 1
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.failures.append(str(error))
            self.ended.wait(0.1)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
