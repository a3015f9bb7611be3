"""What the tests share: a model, and a file that is open with a cursor as `$0`."""

import asyncio
import os

from lsprotocol import types

KMODEL = os.environ["KMODEL"]
MODEL = """use std/kubernetes
use std/cni { flannel }
cluster c { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines cp[3] { cores = 2 }
deploy etcd on cp { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy containerd, kubelet, kube-proxy, flannel on cp
deploy rbac, coredns, admin
deploy addons on cp
"""


def position(text: str, offset: int) -> types.Position:
    before = text[:offset]
    line = before.count("\n")
    last = before.rsplit("\n", 1)[-1]
    return types.Position(line=line, character=len(last.encode("utf-16-le")) // 2)


class File:
    """An open file with a cursor."""

    def __init__(self, client, text: str, name: str = "main.km", version: int = 1):
        self.client = client
        self.path = client.folder / name
        self.uri = self.path.as_uri()
        self.version = version
        offset = text.find("$0")
        self.text = text.replace("$0", "")
        self.at = position(self.text, max(offset, 0))
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                text_document=types.TextDocumentItem(uri=self.uri, language_id="kmodel", version=version, text=self.text)
            )
        )

    @property
    def id(self):
        return types.TextDocumentIdentifier(uri=self.uri)

    def change(self, text: str):
        self.version += 1
        self.text = text
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
                content_changes=[types.TextDocumentContentChangeWholeDocument(text=text)],
            )
        )

    async def diagnostics(self, wanted=None):
        """Those of the newest text; of the model too when `wanted` is one of its codes, or until it is there."""
        for _ in range(400):
            found = self.client.diagnostics.get(self.uri)
            if found is not None and (wanted is None or any(one.code == wanted for one in found)):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {wanted} among {self.client.diagnostics.get(self.uri)}")


def whole(file: File) -> types.Range:
    return types.Range(start=types.Position(line=0, character=0), end=position(file.text, len(file.text)))


async def until(find, what="nothing came"):
    """What `find` gives once it gives something."""
    for _ in range(400):
        if found := find():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(what)
