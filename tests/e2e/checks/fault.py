"""What goes wrong on the way: each ends in a clear message, and in a state from which apply goes on."""

import os
import pathlib
import tempfile

import inside
from command import ended, start
from report import eventually


def client_is_missing(cluster):
    said = cluster.kmodel("apply", env={**os.environ, "PATH": "/nonexistent"})
    assert said.code == 3 and "`lxc` is not installed" in said.err and "install LXD" in said.err, said


def server_is_too_old(cluster):
    with tempfile.TemporaryDirectory() as folder:
        client = pathlib.Path(folder, "lxc")
        client.write_text("#!/bin/sh\necho 'Client version: 4.0.9'\necho 'Server version: 4.0.9'\n")
        client.chmod(0o755)
        said = cluster.kmodel("apply", env={**os.environ, "KMODEL_LXC": str(client)})
    assert said.code == 3 and "the server runs LXD 4.0.9, but 5.0 or newer is required" in said.err, said


def user_has_no_permission(cluster):
    """A user who is not in the daemon's group, with the real client and the real daemon."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        store = ["--store", f"{folder}/keys"]
        environment = {**os.environ, "LXD_CONF": f"{folder}/client", "HOME": folder}
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        said = ended(start([*as_nobody, *cluster.arguments("apply", *store)], env=environment), 60)
    assert said.code == 3 and "permission denied" in said.err and "group" in said.err, said


def server_is_away(cluster):
    """There is a client, and no daemon."""
    with tempfile.TemporaryDirectory() as folder:
        said = cluster.kmodel("apply", env={**os.environ, "LXD_DIR": folder})
    assert said.code == 3 and "start the daemon" in said.err, said


def first_apply_meets_everything(cluster, mirror):
    """The mirror is away, a second apply comes, a machine is stopped, and then the mirror has a wrong file."""
    mirror.down()
    first = cluster.start("apply", "--timeout", "300")
    try:
        eventually(240, waits_for_mirror, cluster)
        second = cluster.kmodel("apply", timeout=60)
        assert second.code == 3 and f"another run (process {first.pid}) is changing the cluster" in second.err, second
        cluster.lxc("stop", "--force", "cp-2")
        mirror.wrong = True
        mirror.up()
        said = ended(first, 240)
    except AssertionError as error:
        mirror.up()
        first.kill()
        raise AssertionError(f"{error}\nthe first apply: {ended(first, 60)}") from None
    finally:
        mirror.wrong = False
    assert said.code == 4, said
    assert "`cp-2` is not up: it was stopped while it was coming up" in said.err, said
    assert "`cp-0` is not up: " in said.err and "wrong hash, not installed" in said.err, said
    assert "expected sha256:a948904f" in said.err and "got sha256:" in said.err, said
    assert "run the same command again" in said.err, said
    missing = cluster.inside("cp-0", "test ! -e /usr/local/share/hello.txt")
    assert missing.code == 0, "a file with a wrong hash was installed"


def waits_for_mirror(cluster):
    """All members of the control plane say that they cannot download."""
    return all(
        "cannot download" in cluster.inside(machine, "cat /var/lib/kmodel/boot.log").out
        for machine in inside.CONTROL_PLANE
    )


def disk_is_full(cluster):
    """A file cannot be brought to cp-1: machines after it are not touched, and with room there apply goes on."""
    cluster.ask("cp-1", "mkdir -p /run/state && cp -a /var/lib/kmodel/. /run/state/ && mount -t tmpfs -o size=1m full "
                        "/var/lib/kmodel && cp -a /run/state/. /var/lib/kmodel/ && "
                        "{ cat /dev/zero >/var/lib/kmodel/filler 2>/dev/null; true; }")
    before = inside.standing(cluster)
    cluster.sets["greeting"] = "full"
    said = cluster.kmodel("apply", timeout=300)
    try:
        assert said.code in (3, 4) and "cp-1" in said.err and "No space left on device" in said.err, said
        assert "free some disk space" in said.err, said
        after = inside.standing(cluster)
        assert after["cp-2"] == before["cp-2"], "a machine after the one that failed was changed"
    finally:
        cluster.ask("cp-1", "umount /var/lib/kmodel")
    cluster.apply()
    inside.no_unit_has_failed(cluster)
    inside.load_balancer_answers(cluster, "full")


def killed_apply_is_taken_up(cluster):
    """An apply that is killed in the middle of a change."""
    cluster.sets["greeting"] = "again"
    process = cluster.start("apply")
    try:
        eventually(60, lambda: "again" in cluster.inside("cp-0", "cat /etc/answer/config.json").out)
    finally:
        process.kill()
        process.communicate()
    cluster.apply()
    inside.no_unit_has_failed(cluster)
    inside.load_balancer_answers(cluster, "again")
