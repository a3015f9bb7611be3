#!/usr/bin/env python3
"""How fast language servers answer, measured from outside: as a client, over pipes.

    benches/lsp/measure.py kmodel target/release/kmodel
    benches/lsp/measure.py yaml node yaml-language-server --stdio
    benches/lsp/measure.py json node vscode-json-language-server --stdio
    benches/lsp/measure.py toml taplo lsp stdio
    benches/lsp/measure.py nickel nls

For files of 200, 2,000 and 20,000 lines: the time from a change of one character to the diagnostics of that version, of a
completion and of a hover right after a change; median and 95th percentile. Then the memory of the server before and after
10,000 changes. With `--json` as one JSON object.
"""

import argparse
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.inbox = queue.Queue()
        self.number = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        stream = self.process.stdout
        while True:
            length = None
            while True:
                line = stream.readline()
                if not line:
                    self.inbox.put((time.perf_counter(), None))
                    return
                line = line.strip()
                if not line:
                    break
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = stream.read(length)
            # The clock stops when the last byte is here; reading the JSON is the client's own work.
            self.inbox.put((time.perf_counter(), body))

    def send(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method, params):
        self.number += 1
        started = time.perf_counter()
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        number = self.number
        at, answer = self.until(lambda message: message.get("id") == number and "method" not in message)
        return at - started, answer.get("result")

    def until(self, wanted, timeout=60):
        end = time.monotonic() + timeout
        while True:
            at, body = self.inbox.get(timeout=max(0.01, end - time.monotonic()))
            if body is None:
                raise RuntimeError("the server has ended")
            message = json.loads(body)
            if wanted(message):
                return at, message
            if "id" in message and "method" in message:
                settings = [None] * len(message["params"].get("items", [])) if message["method"] == "workspace/configuration" else None
                self.send({"jsonrpc": "2.0", "id": message["id"], "result": settings})

    def memory(self):
        """Resident MiB, of the process and what it started."""
        pages = 0
        for pid in self.family(self.process.pid):
            with open(f"/proc/{pid}/statm") as file:
                pages += int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def family(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [pid] + [one for child in file.read().split() for one in self.family(int(child))]


def kmodel(lines):
    head = (
        "use std/kubernetes\nuse std/cni { flannel }\n"
        "cluster bench { kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }\n"
        "machines cp[3] { cores = 4, memory = 8GiB }\ndeploy etcd on cp { snapshot-every = 6h }\n"
    )
    part = """
/// A component.
component part-%d {
  option port: port = 6443/tcp
  option names: list<string> = ["a", "b"]
  option level: "low" | "high" = "low"
  let urls = ["https://${name}:${number(option.port)}" for name in option.names if name != "x"]
  provides alive: health { listen = option.port, bind = machine.address, path = "/live" }
  cert serving { authority = kubernetes-ca, cn = machine.name, usage = ["server"], file = /etc/part-%d/tls.crt }
  file /etc/part-%d/config.yaml {
    format  = "yaml"
    content = { urls = urls, cert = serving.cert, level = if option.level == "low" then 1 else 2 }
  }
  unit part-%d.service { exec = /usr/bin/part, args = [join(urls, ",")], restart = "always" }
  check len(option.names) > 0, "part-%d needs a name"
}
"""
    text = head + "".join(part % ((n,) * 5) for n in range((lines - 5) // 17))
    line = next(n for n, one in enumerate(text.split("\n")) if n > lines // 2 and one.startswith("  option port"))
    # The type of the option; a completion of a type, a hover over its name.
    return "main.km", text, (line, 15), (line, 11)


def yaml(lines):
    part = "part-%d:\n  port: 6443\n  names: [a, b]\n  level: low\n  urls:\n    - https://a:6443\n    - https://b:6443\n  cert: /etc/tls.crt\n"
    text = "".join(part % n for n in range(lines // 8))
    line = lines // 2 // 8 * 8 + 3
    return "main.yaml", text, (line, 8), (line, 3)


def toml(lines):
    part = '[part-%d]\nport = 6443\nnames = ["a", "b"]\nlevel = "low"\nurls = ["https://a:6443", "https://b:6443"]\ncert = "/etc/tls.crt"\nsize = 4096\n\n'
    text = "".join(part % n for n in range(lines // 8))
    line = lines // 2 // 8 * 8 + 3
    return "main.toml", text, (line, 10), (line, 1)


def as_json(lines):
    part = '  "part-%d": {\n    "port": 6443,\n    "names": ["a", "b"],\n    "level": "low",\n    "urls": ["https://a:6443", "https://b:6443"],\n    "cert": "/etc/tls.crt",\n    "size": 4096\n  },\n'
    text = "{\n" + "".join(part % n for n in range(lines // 8)) + '  "end": 1\n}\n'
    line = lines // 2 // 8 * 8 + 4
    return "main.json", text, (line, 14), (line, 6)


def nickel(lines):
    part = '  part-%d = {\n    port = 6443,\n    names = ["a", "b"],\n    level = "low",\n    urls = std.array.map (fun n => "https://%%{n}:6443") names,\n    cert = "/etc/tls.crt",\n    size = 4096,\n  },\n'
    text = "{\n" + "".join(part % n for n in range(lines // 8)) + "}\n"
    line = lines // 2 // 8 * 8 + 4
    return "main.ncl", text, (line, 13), (line, 5)


KINDS = {"kmodel": kmodel, "yaml": yaml, "toml": toml, "json": as_json, "nickel": nickel}


def session(kind, command, lines, rounds):
    name, text, edit, look = KINDS[kind](lines)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(text)
        uri = "file://" + path
        server = Server(command)
        server.request("initialize", {
            "processId": os.getpid(),
            "rootUri": "file://" + folder,
            "workspaceFolders": [{"uri": "file://" + folder, "name": "bench"}],
            "capabilities": {"textDocument": {"publishDiagnostics": {"versionSupport": True}, "hover": {"contentFormat": ["markdown"]}}},
        })
        server.notify("initialized", {})
        language = {"kmodel": "kmodel", "nickel": "nickel"}.get(kind, kind)
        server.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}})
        version = 1

        def published(message):
            return message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri

        def change(there):
            """Types a character, or takes it away again."""
            nonlocal version
            version += 1
            line, column = edit
            start, end = {"line": line, "character": column}, {"line": line, "character": column + (1 if there else 0)}
            started = time.perf_counter()
            server.notify("textDocument/didChange", {
                "textDocument": {"uri": uri, "version": version},
                "contentChanges": [{"range": {"start": start, "end": end}, "text": "" if there else "x"}],
            })
            return started

        def diagnostics(started):
            def of_version(message):
                return published(message) and message["params"].get("version", version) in (version, None)
            return server.until(of_version)[0] - started

        server.until(published)
        diagnostics_ms, completion_ms, hover_ms = [], [], []
        for round in range(rounds + 5):
            # As a hand types: a quarter of a second apart would only let the server rest.
            time.sleep(0.02)
            took = diagnostics(change(round % 2 == 1))
            place = {"textDocument": {"uri": uri}, "position": {"line": edit[0], "character": edit[1] + (1 if round % 2 == 0 else 0)}}
            completion, _ = server.request("textDocument/completion", place)
            hover, _ = server.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": look[0], "character": look[1]}})
            if round >= 5:
                diagnostics_ms.append(took * 1e3)
                completion_ms.append(completion * 1e3)
                hover_ms.append(hover * 1e3)
        if rounds % 2 == 0:
            diagnostics(change(True))
        result = {"lines": lines, "diagnostics": spread(diagnostics_ms), "completion": spread(completion_ms), "hover": spread(hover_ms)}
        return server, change, diagnostics, result


def spread(values):
    ordered = sorted(values)
    return {"median": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95) - 1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    command = options.command + (["lsp"] if options.kind == "kmodel" else [])
    results = []
    for lines in (200, 2_000, 20_000):
        rounds = options.rounds if lines < 20_000 else max(20, options.rounds // 4)
        server, _, _, result = session(options.kind, command, lines, rounds)
        server.process.kill()
        results.append(result)
        print(f"{options.kind:7} {lines:6} lines", *(f"{what} {result[what]['median']:7.2f} / {result[what]['p95']:7.2f} ms" for what in ("diagnostics", "completion", "hover")), file=sys.stderr)
    server, change, diagnostics, _ = session(options.kind, command, 2_000, 20)
    before = server.memory()
    for number in range(options.edits):
        started = change(number % 2 == 1)
        # A server that waits before it looks is not waited for at each change.
        if number % 50 == 49:
            diagnostics(started)
    after = server.memory()
    server.process.kill()
    print(f"{options.kind:7} memory {before:.0f} MiB, after {options.edits} changes {after:.0f} MiB", file=sys.stderr)
    if options.json:
        print(json.dumps({"kind": options.kind, "sizes": results, "memory": {"before": before, "after": after}}))


if __name__ == "__main__":
    main()
