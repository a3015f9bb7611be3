"""Removing a cluster: what apply made, and nothing else."""

from command import run, succeed


def destroy_asks(cluster):
    said = cluster.kmodel("destroy")
    assert said.code == 2 and "--yes" in said.err, said
    assert len(cluster.machines()) == 7


def destroy_leaves_others_alone(cluster):
    """A container of somebody else stays, with the project and the pool that it is in."""
    cluster.lxc("init", "debian/13", "bystander", "--storage", f"km-{cluster.name}", "--network", f"km-{cluster.name}")
    said = cluster.kmodel("destroy", "--yes")
    assert cluster.machines() == ["bystander"], f"{cluster.machines()} {said}"
    cluster.lxc("delete", "bystander")
    all_is_removed(cluster)
    assert succeed(["lxc", "image", "list", "-f", "csv"]), "the image was removed"


def all_is_removed(cluster):
    said = cluster.kmodel("destroy", "--yes")
    assert said.code == 0, said
    for kind in ["project", "network", "storage"]:
        listed = succeed(["lxc", kind, "list", "-f", "csv"])
        assert cluster.name not in listed, f"{kind}: {listed}"
    assert f"{cluster.name}-" not in succeed(["lxc", "profile", "list", "-f", "csv"])
    assert run(["ip", "link", "show", f"km-{cluster.name}"]).code != 0, "the bridge is still there"
    said = cluster.kmodel("destroy", "--yes")
    assert said.code == 0 and "nothing to remove" in said.out, said
