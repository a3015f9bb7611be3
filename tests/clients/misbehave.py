"""A client that does everything wrong. The server answers each with an error, and goes on.

Run by `tests/real/clients.rs`; the program is in KMODEL.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

server = subprocess.Popen([os.environ["KMODEL"], "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
number = 0


def raw(data: bytes):
    server.stdin.write(data)
    server.stdin.flush()


def send(message):
    body = json.dumps(message).encode()
    raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)


def read():
    length = None
    while line := server.stdout.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    assert length is not None, "the server has ended"
    return json.loads(server.stdout.read(length))


def ask(method, params):
    global number
    number += 1
    send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    while (message := read()).get("id") != number or "method" in message:
        pass
    return message


def notify(method, params):
    send({"jsonrpc": "2.0", "method": method, "params": params})


def code(message):
    return message["error"]["code"]


assert code(ask("textDocument/hover", {})) == -32002, "a request before `initialize`"
notify("textDocument/didOpen", {"textDocument": 1})
for text in (b"{bad}", b"[]", b"7", b'{"id":1.5,"method":"x"}', b"\xff\xfe"):
    raw(b"Content-Length: %d\r\n\r\n" % len(text) + text)
    assert code(read()) in (-32700, -32600), text
raw(b"garbage\r\n\r\n")
assert code(read()) == -32700
assert code(ask("initialize", 7)) == -32602
assert "capabilities" in ask("initialize", {"capabilities": {}})["result"]
assert code(ask("initialize", {"capabilities": {}})) == -32600
assert code(ask("no/such", {})) == -32601
assert code(ask("textDocument/hover", {"x": 1})) == -32602
notify("$/cancelRequest", {"id": 4242})
notify("$/cancelRequest", {})
notify("no/such", None)

uri = "file:///nowhere/main.km"
there = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
assert code(ask("textDocument/hover", there)) == -32602, "a file that is not open"
notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "x"}]})
notify("textDocument/didClose", {"textDocument": {"uri": uri}})
text = 'let a = 1\r\nlet b = "é😀" + a\r\nmachines cp[ { cores = \r\ndeploy '
for _ in range(2):
    notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "kmodel", "version": 1, "text": text}})

METHODS = """hover definition typeDefinition completion references documentHighlight prepareRename rename signatureHelp
documentSymbol foldingRange selectionRange documentLink semanticTokens/full semanticTokens/full/delta semanticTokens/range
formatting rangeFormatting onTypeFormatting codeAction inlayHint codeLens prepareCallHierarchy diagnostic""".split()
END = 4294967295
PLACES = [(0, 0), (0, 4), (1, 8), (1, 10), (1, 11), (1, 12), (2, 9), (2, 23), (3, 7), (99, 99), (END, END), (1, END)]
for method in METHODS:
    for line, character in PLACES:
        at = {"line": line, "character": character}
        params = {
            "textDocument": {"uri": uri},
            "position": at,
            "positions": [at],
            "range": {"start": at, "end": at},
            "newName": "zz",
            "options": {"tabSize": 2, "insertSpaces": True},
            "ch": "}",
            "previousResultId": "1",
        }
        if method in ("references", "codeAction"):
            params["context"] = {"includeDeclaration": True, "diagnostics": []}
        answer = ask(f"textDocument/{method}", params)
        assert answer.get("error", {}).get("code") not in (-32603, -32602, -32601), (method, line, character, answer)

# What real clients do badly: versions that go back, files that were never opened, addresses of other schemes, a BOM.
def opened(name, text, version=1):
    notify("textDocument/didOpen", {"textDocument": {"uri": name, "languageId": "kmodel", "version": version, "text": text}})


def change(name, version, text):
    notify("textDocument/didChange", {"textDocument": {"uri": name, "version": version}, "contentChanges": [{"text": text}]})


def names(name):
    return [symbol["name"] for symbol in ask("textDocument/documentSymbol", {"textDocument": {"uri": name}})["result"]]


for name in ("untitled:Untitled-1", "vscode-remote://ssh-remote%2Bhost/home/a%20b/x.km", "file:///no%20where/%F0%9F%98%80.km", "x:y"):
    opened(name, "let a = 1\n", 7)
    change(name, 3, "let b = 2\n")
    assert names(name) == ["b"], name
    answer = ask("textDocument/hover", {"textDocument": {"uri": name}, "position": {"line": 0, "character": 4}})
    assert "let b" in answer["result"]["contents"]["value"], answer
    notify("textDocument/didClose", {"textDocument": {"uri": name}})
opened(uri + "x", "\ufefflet a = 1\r\nlet b = a\r\n")
assert names(uri + "x") == ["a", "b"], "after a byte order mark"

# A wrong length: too short leaves a rest that is no header, and the session goes on.
raw(b'Content-Length: 5\r\n\r\n{"jsonrpc":"2.0"}\r\n\r\n')
while "error" not in (message := read()):
    pass
assert code(message) in (-32700, -32600), message
raw(b"content-length : x\r\n\r\n")
raw(b"Content-Length: 99999999999999999999\r\n\r\n")
raw(b"Content-Length: -1\r\nContent-Type: text/x\r\n\r\n")
assert "result" in ask("textDocument/documentSymbol", there)

# A thousand changes, each with a question that is taken back at once; the last text is what counts.
for n in range(1000):
    change(uri, 10 + n, f"let a{n} = {n}\n")
    number += 1
    send({"jsonrpc": "2.0", "id": number, "method": "textDocument/completion", "params": there})
    notify("$/cancelRequest", {"id": number})
assert names(uri) == ["a999"]

# Five megabytes.
large = "".join(f"let value-{n} = [{n}, {n}]\n" for n in range(190_000))
assert len(large) > 5_000_000
opened("file:///nowhere/large.km", large)
at = {"textDocument": {"uri": "file:///nowhere/large.km"}, "position": {"line": 189_999, "character": 5}}
assert "list<int>" in ask("textDocument/hover", at)["result"]["contents"]["value"]
notify("textDocument/didClose", {"textDocument": {"uri": "file:///nowhere/large.km"}})

# Files and folders that go away below the server, a link to itself, one that may not be read.
with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    (root / "sub").mkdir()
    (root / "sub" / "part.km").write_text("let part = 1\n")
    (root / "loop.km").symlink_to(root / "loop.km")
    (root / "there.km").symlink_to(root / "sub" / "part.km")
    (root / "shut.km").write_text("let x = 1\n")
    (root / "shut.km").chmod(0)
    (root / "bytes.km").write_bytes(b"\xff\xfe")
    notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [{"uri": root.as_uri(), "name": "x"}], "removed": []}})
    main = (root / "main.km").as_uri()
    opened(main, "use ./sub/part\nuse ./loop\nuse ./shut\nuse ./bytes\nlet b = part\n")
    found = ask("textDocument/definition", {"textDocument": {"uri": main}, "position": {"line": 4, "character": 9}})["result"]
    assert found[0]["uri"].endswith("/sub/part.km"), found
    assert ask("workspace/symbol", {"query": "part"})["result"]
notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": main.replace("main", "sub/part"), "type": 3}]})
notify("workspace/didDeleteFiles", {"files": [{"uri": main.replace("/main.km", "/sub")}]})
assert ask("textDocument/definition", {"textDocument": {"uri": main}, "position": {"line": 4, "character": 9}})["result"] is None
assert names(main)[-1] == "b"

backwards = {"start": {"line": 3, "character": 3}, "end": {"line": 0, "character": 1}}
notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 3}, "contentChanges": [{"range": backwards, "text": "let c = 1\n"}]})
assert "result" in ask("textDocument/documentSymbol", there)
assert ask("shutdown", None)["result"] is None
assert code(ask("textDocument/hover", there)) == -32600, "a request after `shutdown`"
notify("exit", None)
assert server.wait(20) == 0

# Columns are counted as both agreed, over marks that combine and what takes two UTF-16 units.
text = 'let a = "e\u0301\U0001f600" + b0\r\nlet b0 = "x"\r\n'
before = text[: text.index("b0")]
for encoding, unit in (("utf-8", 1), ("utf-16", 2), ("utf-32", 4)):
    codec = encoding + ("-le" if unit > 1 else "")
    server = subprocess.Popen([os.environ["KMODEL"], "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    capabilities = {"general": {"positionEncodings": [encoding]}}
    result = ask("initialize", {"capabilities": capabilities})["result"]
    assert result["capabilities"]["positionEncoding"] == encoding
    opened(uri, text)
    column = len(before.encode(codec)) // unit
    at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": column}}
    hover = ask("textDocument/hover", at)["result"]
    assert hover["range"]["start"] == {"line": 0, "character": column}, (encoding, hover)
    assert "let b0" in hover["contents"]["value"]
    end = {"line": 0, "character": column + 2}
    edit = {"range": {"start": at["position"], "end": end}, "text": '"y" + b0'}
    notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [edit]})
    at["position"] = {"line": 0, "character": column + 6}
    assert "let b0" in ask("textDocument/hover", at)["result"]["contents"]["value"], encoding
    assert ask("shutdown", None)["result"] is None
    notify("exit", None)
    assert server.wait(20) == 0

# One that goes away without a word.
server = subprocess.Popen([os.environ["KMODEL"], "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert "capabilities" in ask("initialize", {"capabilities": {}})["result"]
server.stdin.close()
assert server.wait(20) == 1
sys.exit(0)
