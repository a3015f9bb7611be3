"""The folder of release files that KMODEL_E2E_MIRROR names: what is there, what is missing, and whose builds they are."""

import json
import re

from command import run, succeed


def version_in(folder):
    """The newest Kubernetes in it."""
    found = [path.name for path in folder.glob("dl.k8s.io/v*") if re.fullmatch(r"v\d+\.\d+\.\d+", path.name)]
    assert found, f"{folder} has no dl.k8s.io/vX.Y.Z/: lay it out as `kmodel artifacts` prints"
    return max((name[1:] for name in found), key=lambda name: [int(part) for part in name.split(".")])


def own_builds(cluster, folder):
    """Lines of hashes for files that are not those of the published releases; asserts that none is missing."""
    said = run(cluster.arguments("artifacts", "--json"))
    assert said.code == 0, said
    lines, missing = [], []
    for row in json.loads(said.out)["artifacts"]:
        if row["kind"] != "file":
            continue
        path = folder / row["mirror_path"]
        if not path.exists():
            missing.append(row["mirror_path"])
            continue
        kind, known = row["hash"].split(":")
        if digest(kind, path) != known:
            lines.append(f"{digest('sha256', path)}  {row['mirror_path']}")
    assert not missing, f"{folder} has not: {', '.join(missing)}"
    return lines


def digest(kind, path):
    return succeed([f"{kind}sum", str(path)]).split(" ", 1)[0]
