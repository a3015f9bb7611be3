"""Files of the machines against what the model renders."""

import hashlib
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
        compare(cluster, machine, folder / root, entries, modes(cluster, machine, folder))


def modes(cluster, machine, folder):
    """Mode and owner by path: what user-data says, read by cloud-init's own library, and what the boot gives to others."""
    read = """python3 -c 'import sys, yaml
for file in yaml.safe_load(sys.stdin)["write_files"]: print(file["permissions"], file.get("owner", "root:root"), file["path"])'"""
    with open(folder / "machines" / machine / "user-data") as user_data:
        said = cluster.inside(machine, read, stdin=user_data)
    assert said.code == 0, said
    listed = [line.split(" ", 2) for line in said.out.splitlines()]
    lines = (folder / "machines" / machine / "root/etc/kmodel/machine").read_text().splitlines()
    listed += [line.split("|", 3)[1:] for line in lines if line.startswith("owner|")]
    return {path: (mode, owner) for mode, owner, path in listed}


def compare(cluster, machine, root, entries, given):
    paths = " ".join(f"'{path}'" for path in entries)
    sums = dict(reversed(line.split("  ", 1)) for line in cluster.ask(machine, f"sha256sum {paths}").splitlines())
    stats = dict(reversed(line.split("  ", 1)) for line in cluster.ask(machine, f"stat -c '%04a|%U:%G  %n' {paths}").splitlines())
    for path, entry in entries.items():
        rendered = hashlib.sha256((root / path.removeprefix("/")).read_bytes()).hexdigest()
        assert sums[path] == rendered, f"{machine}: {path} is another one"
        # The manifest has no hash of a secret file, which could tell what is in it.
        assert entry.get("sha256", rendered) == rendered and ("sha256" in entry) != entry["secret"], entry
        mode, owner = given[path]
        assert stats[path] == f"{mode}|{owner}", f"{machine}: {path} is {stats[path]}, not {mode}|{owner}"
        if entry["secret"]:
            assert int(mode, 8) & 0o077 == 0, f"{machine}: {path} can be read by others"


def no_key_travels_in_user_data(cluster):
    for machine in cluster.machines():
        config = cluster.lxc("config", "show", machine, "--expanded")
        assert "cloud-init.user-data" in config
        assert "PRIVATE KEY" not in config and "UFJJVkFURSBLRV" not in config, f"a key is in the configuration of {machine}"
