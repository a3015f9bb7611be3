"""Files of the machines against what the model renders."""

import json

from command import succeed


def files_are_as_in_the_manifest(cluster, folder):
    """Content, owner and mode of every file that the model gives each machine."""
    succeed(cluster.arguments("render", "--out", str(folder), "--force"))
    manifest = json.loads((folder / "manifest.json").read_text())["files"]
    for machine in cluster.machines():
        root = f"machines/{machine}/root"
        entries = {entry["path"].removeprefix(root): entry for entry in manifest if entry["path"].startswith(f"{root}/")}
        assert len(entries) >= 5, f"{machine}: {list(entries)}"
        compare(cluster, machine, entries, owners(folder / root))


def owners(root):
    """Mode and owner by path, of files that are to have others than in the manifest."""
    lines = (root / "etc/kmodel/machine").read_text().splitlines()
    fields = [line.split("|", 3) for line in lines if line.startswith("owner|")]
    return {path: (mode, owner) for _, mode, owner, path in fields}


def compare(cluster, machine, entries, given):
    paths = " ".join(f"'{path}'" for path in entries)
    sums = dict(reversed(line.split("  ", 1)) for line in cluster.ask(machine, f"sha256sum {paths}").splitlines())
    stats = dict(reversed(line.split("  ", 1)) for line in cluster.ask(machine, f"stat -c '%04a|%U:%G  %n' {paths}").splitlines())
    for path, entry in entries.items():
        assert sums[path] == entry["sha256"], f"{machine}: {path} is another one"
        mode, owner = given.get(path, (entry["mode"], "root:root"))
        assert stats[path] == f"{mode}|{owner}", f"{machine}: {path} is {stats[path]}, not {mode}|{owner}"
        if entry["secret"]:
            assert int(mode, 8) & 0o077 == 0, f"{machine}: {path} can be read by others"


def no_key_travels_in_user_data(cluster):
    for machine in cluster.machines():
        config = cluster.lxc("config", "show", machine, "--expanded")
        assert "cloud-init.user-data" in config
        assert "PRIVATE KEY" not in config and "UFJJVkFURSBLRV" not in config, f"a key is in the configuration of {machine}"
