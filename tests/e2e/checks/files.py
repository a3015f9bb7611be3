"""Files of the machines against what the model renders."""

import json

from command import succeed


def files_are_as_in_the_manifest(cluster, folder):
    """Content, owner and mode of every file; what only some programs may read is readable by them alone."""
    succeed(cluster.arguments("render", "--out", str(folder), "--force"))
    manifest = json.loads((folder / "manifest.json").read_text())
    hashes = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    for machine in cluster.machines():
        listed = (folder / "machines" / machine / "files").read_text().splitlines()
        assert len(listed) >= 5, listed
        expected = {}
        for line in listed:
            digest, mode, kind, path = line.split("|", 3)
            assert hashes[f"machines/{machine}/root{path}"] == digest, f"{machine}: {path} in the manifest"
            expected[path] = (digest, mode.lstrip("0"), kind)
        compare(cluster, machine, expected)


def compare(cluster, machine, expected):
    paths = " ".join(f"'{path}'" for path in expected)
    sums = cluster.ask(machine, f"sha256sum {paths}").splitlines()
    stats = cluster.ask(machine, f"stat -c '%a %n' {paths}").splitlines()
    for found, stat in zip(sums, stats):
        digest, path = found.split("  ", 1)
        mode = stat.split(" ", 1)[0]
        assert digest == expected[path][0], f"{machine}: {path} is another one"
        assert mode == expected[path][1], f"{machine}: {path} has mode {mode}, not {expected[path][1]}"
        if expected[path][2] == "private":
            assert int(mode, 8) & 0o077 == 0 or path == "/etc/answer/config.json", f"{machine}: {path} is for all"


def no_key_travels_in_user_data(cluster):
    for machine in cluster.machines():
        config = cluster.lxc("config", "show", machine, "--expanded")
        assert "cloud-init.user-data" in config
        assert "PRIVATE KEY" not in config and "UFJJVkFURSBLRV" not in config, f"a key is in the configuration of {machine}"
