"""The folder of release files that KMODEL_E2E_MIRROR names: what is there, what is missing, and whose builds they are."""

import hashlib
import json
import re

from command import run


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
        with open(path, "rb") as file:
            if hashlib.file_digest(file, kind).hexdigest() != known:
                file.seek(0)
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {row['mirror_path']}")
    assert not missing, f"{folder} has not: {', '.join(missing)}"
    return lines
