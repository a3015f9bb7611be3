"""A client that does everything wrong. The server answers each with an error, and goes on.

Run by `tests/clients.rs`; the program is in KMODEL.
"""

import json
import os
import subprocess
import sys

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

backwards = {"start": {"line": 3, "character": 3}, "end": {"line": 0, "character": 1}}
notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 3}, "contentChanges": [{"range": backwards, "text": "let c = 1\n"}]})
assert "result" in ask("textDocument/documentSymbol", there)
assert ask("shutdown", None)["result"] is None
assert code(ask("textDocument/hover", there)) == -32600, "a request after `shutdown`"
notify("exit", None)
assert server.wait(20) == 0

# One that goes away without a word.
server = subprocess.Popen([os.environ["KMODEL"], "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert "capabilities" in ask("initialize", {"capabilities": {}})["result"]
server.stdin.close()
assert server.wait(20) == 1
sys.exit(0)
