#!/usr/bin/env python3
"""How fast language servers answer, measured from outside: as a client, over pipes.

    benches/lsp/measure.py kmodel target/release/kmodel
    benches/lsp/measure.py yaml node yaml-language-server --stdio
    benches/lsp/measure.py json node vscode-json-language-server --stdio
    benches/lsp/measure.py toml taplo lsp stdio
    benches/lsp/measure.py nickel nls
    benches/lsp/measure.py --at start --edit let kmodel target/release/kmodel
    benches/lsp/measure.py --open 10 kmodel target/release/kmodel
    benches/lsp/measure.py --instructions kmodel target/release/kmodel

For files of 200, 2,000 and 20,000 lines: the time from a change of one character to the diagnostics of that version, of a
completion and of a hover right after a change; median and 95th percentile. Then the memory of the server before and after
10,000 changes. With `--json` as one JSON object. Options come before the kind of the file.

For kmodel, `--at` and `--edit` choose what is edited, `--open` how many such files are open, and `--instructions` counts, with
valgrind, what the server executes for one change and for one completion, at each place and for each kind of edit: the figure
to compare on a machine that does other things too.
"""

import argparse
import functools
import json
import os
import queue
import re
import shutil
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


PLACES = ["start", "middle", "end"]
# What an edit of each kind types, and behind which text of the place; of a type, an interface and a component it breaks something.
EDITS = {
    "type": ("x", "  option port: port"),
    "interface": ("x", "  field rate: int"),
    "component": ("x", "component part-%d"),
    "let": ("3", "let quota-%d: int = 3"),
    "line": ("\n", "// Between two components."),
}


def kmodel(lines, at="middle", edit="type"):
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
    # At each place something is declared that the component behind it names.
    special = (
        "\ninterface feed-%d {\n  field rate: int\n}\nlet quota-%d: int = 3\n// Between two components.\n"
        "component user-%d {\n  option quota: int = quota-%d\n  provides feed: feed-%d { listen = 90/tcp, rate = option.quota }\n}\n"
    )
    count = (lines - 5) // 17
    numbers = {"start": 0, "middle": count // 2, "end": count - 1}
    parts = [(special % ((n,) * 5) if n in numbers.values() else "") + part % ((n,) * 5) for n in range(count)]
    text = head + "".join(parts)
    typed, behind = EDITS[edit]
    number = numbers[at]
    behind = behind % number if "%" in behind else behind
    from_line = head.count("\n") + sum(one.count("\n") for one in parts[:number])
    line = next(n for n, one in enumerate(text.split("\n")) if n >= from_line and one.startswith(behind))
    # A completion where something was typed, a hover over the word before it.
    return "main.km", text, (line, len(behind), typed), (line, len(behind) - 1)


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


class Session:
    """A file of a kind that is open in a server, and edited back and forth at one place."""

    def __init__(self, kind, command, file, opened=1):
        name, self.text, edit, self.look = file
        self.line, self.column, self.typed = edit if len(edit) == 3 else (*edit, "x")
        self.folder = tempfile.TemporaryDirectory()
        self.server, self.version, self.there = Server(command), 1, False
        answer = self.server.request("initialize", {
            "processId": os.getpid(),
            "rootUri": "file://" + self.folder.name,
            "workspaceFolders": [{"uri": "file://" + self.folder.name, "name": "bench"}],
            "capabilities": {"textDocument": {"publishDiagnostics": {"versionSupport": True}, "hover": {"contentFormat": ["markdown"]}}},
        })[1]
        sync = answer["capabilities"].get("textDocumentSync", 1)
        # 1: the server wants whole texts; 2: it takes ranges.
        self.sync = sync if isinstance(sync, int) else sync.get("change", 1)
        self.server.notify("initialized", {})
        for number in range(opened):
            self.open(kind, f"{number}-{name}" if number else name)
        self.uri = "file://" + os.path.join(self.folder.name, name)
        self.server.until(self.published)

    def open(self, kind, name):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as file:
            file.write(self.text)
        document = {"uri": "file://" + path, "languageId": kind, "version": 1, "text": self.text}
        self.server.notify("textDocument/didOpen", {"textDocument": document})

    def published(self, message):
        return message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self.uri

    def change(self):
        """Types a character, or takes it away again; when that was."""
        self.version += 1
        started = time.perf_counter()
        document = {"uri": self.uri, "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [self.edit()]})
        self.there = not self.there
        return started

    def edit(self):
        if self.sync == 1:
            lines = self.text.split("\n")
            if not self.there:
                line = lines[self.line]
                lines[self.line] = line[:self.column] + self.typed + line[self.column:]
            return {"text": "\n".join(lines)}
        start = {"line": self.line, "character": self.column}
        is_line = self.typed == "\n"
        behind = {"line": self.line + 1, "character": 0} if is_line else {"line": self.line, "character": self.column + 1}
        return {"range": {"start": start, "end": behind if self.there else start}, "text": "" if self.there else self.typed}

    def diagnostics(self, started):
        """The time until the diagnostics of the last change were there."""
        def of_version(message):
            return self.published(message) and message["params"].get("version", self.version) in (self.version, None)
        return self.server.until(of_version)[0] - started

    def completion(self):
        column = self.column + (1 if self.there and self.typed != "\n" else 0)
        place = {"textDocument": {"uri": self.uri}, "position": {"line": self.line, "character": column}}
        return self.server.request("textDocument/completion", place)[0]

    def hover(self):
        place = {"textDocument": {"uri": self.uri}, "position": {"line": self.look[0], "character": self.look[1]}}
        return self.server.request("textDocument/hover", place)[0]

    def end(self):
        """Ends the session as the protocol says."""
        self.server.request("shutdown", None)
        self.server.notify("exit", None)
        self.server.process.wait(60)
        self.folder.cleanup()

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()
        self.folder.cleanup()


WHAT = ("diagnostics", "completion", "hover")


def timed(session, rounds):
    """Medians and 95th percentiles of so many changes, each with a completion and a hover after it."""
    times = {what: [] for what in WHAT}
    for round in range(rounds + 5):
        # As a hand types: a quarter of a second apart would only let the server rest.
        time.sleep(0.02)
        took = session.diagnostics(session.change()), session.completion(), session.hover()
        if round >= 5:
            for what, one in zip(WHAT, took):
                times[what].append(one * 1e3)
    return {what: spread(values) for what, values in times.items()}


def spread(values):
    ordered = sorted(values)
    return {"median": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95) - 1]}


def memory(options, command):
    """MiB before and after so many changes of a file of 2,000 lines."""
    session = Session(options.kind, command, options.file(2_000))
    timed(session, 20)
    before = session.server.memory()
    for number in range(options.edits):
        started = session.change()
        # A server that waits before it looks is not waited for at each change.
        if number % 50 == 49:
            session.diagnostics(started)
    after = session.server.memory()
    session.kill()
    return {"before": before, "after": after}


def executed(command, lines, at, edit, changes, completions, opened):
    """The million instructions of a session with so many changes, each followed by so many completions."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        counted = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}", *command]
        session = Session("kmodel", ["env", "RAYON_NUM_THREADS=1", *counted], kmodel(lines, at, edit), opened)
        for _ in range(changes):
            session.diagnostics(session.change())
            for _ in range(completions):
                session.completion()
        session.end()
        with open(log) as file:
            return int(re.search(r"refs:\s+([\d,]+)", file.read()).group(1).replace(",", "")) / 1e6


def instructions(options, command):
    """A table of what one change and one completion take, each time as the difference of two sessions."""
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed")
    print("| edit of | at | change | completion |\n| --- | --- | --- | --- |")
    for edit in [options.edit] if options.edit else EDITS:
        for at in [options.at] if options.at else PLACES:
            count = functools.partial(executed, command, options.lines[-1], at, edit, opened=options.open)
            few, many, asked = count(4, 0), count(14, 0), count(4, 3)
            print(f"| {edit} | {at} | {(many - few) / 10:.2f} | {(asked - few) / 12:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--lines", type=int, nargs="+", default=[200, 2_000, 20_000])
    parser.add_argument("--at", choices=PLACES)
    parser.add_argument("--edit", choices=EDITS)
    parser.add_argument("--open", type=int, default=1)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    command = options.command + (["lsp"] if options.kind == "kmodel" else [])
    if options.instructions:
        return instructions(options, command)
    chosen = {"at": options.at or "middle", "edit": options.edit or "type"} if options.kind == "kmodel" else {}
    options.file = functools.partial(KINDS[options.kind], **chosen)
    results = []
    for lines in options.lines:
        session = Session(options.kind, command, options.file(lines), options.open)
        result = timed(session, options.rounds if lines < 20_000 else max(20, options.rounds // 4))
        session.kill()
        results.append({"lines": lines, **result})
        figures = (f"{what} {result[what]['median']:7.2f} / {result[what]['p95']:7.2f} ms" for what in WHAT)
        print(f"{options.kind:7} {lines:6} lines", *figures, file=sys.stderr)
    used = memory(options, command) if options.edits else None
    if used:
        print(f"{options.kind:7} memory {used['before']:.0f} MiB, after {options.edits} changes {used['after']:.0f} MiB", file=sys.stderr)
    if options.json:
        print(json.dumps({"kind": options.kind, "sizes": results, "memory": used}))


if __name__ == "__main__":
    main()
