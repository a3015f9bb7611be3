// The language server driven by the library that VS Code's clients are made of: the protocol's own types and connection.
// Run by `tests/real/clients.rs`: node vscode.mjs KMODEL FOLDER

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.KMODEL_NODE, 'package.json'));
const lsp = require('vscode-languageserver-protocol/node');
const [kmodel, folder] = process.argv.slice(2);

function start(capabilities) {
  const server = spawn(kmodel, ['lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => server.on('exit', resolve));
  const connection = lsp.createProtocolConnection(
    new lsp.StreamMessageReader(server.stdout),
    new lsp.StreamMessageWriter(server.stdin),
  );
  connection.listen();
  const params = {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'work' }],
    capabilities,
  };
  return { server, connection, ended, params };
}

let version = 0;
function open(connection, name, text) {
  const uri = name.includes(':') ? name : pathToFileURL(join(folder, name)).href;
  const textDocument = { uri, languageId: 'kmodel', version: ++version, text };
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, { textDocument });
  return { uri };
}

const tests = {
  async 'diagnostics are pulled where the client can'() {
    const { connection, ended, params } = start({
      textDocument: { diagnostic: { dynamicRegistration: false } },
      workspace: { diagnostics: { refreshSupport: true } },
    });
    let pushed = 0;
    connection.onNotification(lsp.PublishDiagnosticsNotification.type, () => (pushed += 1));
    let refreshed;
    const refresh = new Promise((resolve) => (refreshed = resolve));
    connection.onRequest(lsp.DiagnosticRefreshRequest.type, () => refreshed());
    const { capabilities } = await connection.sendRequest(lsp.InitializeRequest.type, params);
    assert.equal(capabilities.diagnosticProvider.interFileDependencies, true);
    connection.sendNotification(lsp.InitializedNotification.type, {});
    const textDocument = open(connection, 'pull.km', 'let a = nothing\n');
    const report = await connection.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument });
    assert.equal(report.kind, 'full');
    assert.equal(report.items[0].code, 'unknown-name');
    const again = await connection.sendRequest(lsp.DocumentDiagnosticRequest.type, {
      textDocument,
      previousResultId: report.resultId,
    });
    assert.equal(again.kind, 'unchanged');
    const all = await connection.sendRequest(lsp.WorkspaceDiagnosticRequest.type, { previousResultIds: [] });
    assert.equal(all.items.find((item) => item.uri === textDocument.uri).items.length, 1);
    // What the model adds is there once the server says so.
    const model = open(connection, 'model.km', MODEL);
    await refresh;
    let codes = [];
    for (let tries = 0; tries < 400 && !codes.includes('even-quorum'); tries += 1) {
      const more = await connection.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument: model });
      codes = more.items.map((item) => item.code);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(codes.includes('even-quorum'), codes.join());
    assert.equal(pushed, 0);
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },

  async 'positions count UTF-8 where both can'() {
    const { connection, ended, params } = start({ general: { positionEncodings: ['utf-8', 'utf-16'] } });
    const { capabilities } = await connection.sendRequest(lsp.InitializeRequest.type, params);
    assert.equal(capabilities.positionEncoding, 'utf-8');
    const textDocument = open(connection, 'utf8.km', 'let a = "😀" + name\n');
    const name = new Promise((resolve) => connection.onNotification(lsp.PublishDiagnosticsNotification.type, resolve));
    const { diagnostics } = await name;
    assert.equal(diagnostics[0].range.start.character, 'let a = "'.length + 4 + '" + '.length);
    const hover = await connection.sendRequest(lsp.HoverRequest.type, { textDocument, position: { line: 0, character: 4 } });
    assert.match(hover.contents.value, /let a/);
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },

  async 'a request can be cancelled'() {
    const { connection, ended, params } = start({});
    await connection.sendRequest(lsp.InitializeRequest.type, params);
    const textDocument = open(connection, 'large.km', MODEL + 'let x = 1\n'.repeat(1));
    const token = new lsp.CancellationTokenSource();
    const lens = connection.sendRequest(lsp.CodeLensRequest.type, { textDocument }, token.token);
    token.cancel();
    await lens.then(
      (lenses) => assert.ok(Array.isArray(lenses), 'it was answered before it was cancelled'),
      (error) => assert.equal(error.code, lsp.LSPErrorCodes.RequestCancelled),
    );
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },

  async 'files of other schemes import each other'() {
    const { connection, ended, params } = start({});
    await connection.sendRequest(lsp.InitializeRequest.type, params);
    const found = new Map();
    connection.onNotification(lsp.PublishDiagnosticsNotification.type, (one) => found.set(one.uri, one.diagnostics));
    open(connection, 'vscode-vfs://host/part.km', 'let a = 1\n');
    const textDocument = open(connection, 'vscode-vfs://host/main.km', 'use ./part\nlet b = a\n');
    const place = { textDocument, position: { line: 1, character: 8 } };
    const goals = await connection.sendRequest(lsp.DefinitionRequest.type, place);
    assert.equal(goals[0].uri, 'vscode-vfs://host/part.km');
    for (let tries = 0; tries < 400 && !found.has(textDocument.uri); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(found.get(textDocument.uri), []);
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },

  async 'what was typed since is never answered with what was before'() {
    const { connection, ended, params } = start({});
    await connection.sendRequest(lsp.InitializeRequest.type, params);
    const textDocument = open(connection, 'stale.km', 'let a = 1\n');
    for (let n = 1; n <= 50; n += 1) {
      const text = `let a = ${n}\nlet b${n} = a\n`;
      connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
        textDocument: { uri: textDocument.uri, version: ++version },
        contentChanges: [{ text }],
      });
      const symbols = await connection.sendRequest(lsp.DocumentSymbolRequest.type, { textDocument });
      assert.deepEqual(symbols.map((symbol) => symbol.name), ['a', `b${n}`]);
    }
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },

  async 'renaming a file keeps imports right'() {
    writeFileSync(join(folder, 'old.km'), 'let a = 1\n');
    writeFileSync(join(folder, 'user.km'), 'use ./old\nlet b = a\n');
    const { connection, ended, params } = start({ workspace: { workspaceEdit: { documentChanges: true } } });
    const { capabilities } = await connection.sendRequest(lsp.InitializeRequest.type, params);
    assert.ok(capabilities.workspace.fileOperations.willRename);
    const uri = (name) => pathToFileURL(join(folder, name)).href;
    const edit = await connection.sendRequest(lsp.WillRenameFilesRequest.type, {
      files: [{ oldUri: uri('old.km'), newUri: uri('new.km') }],
    });
    assert.equal(edit.documentChanges[0].textDocument.uri, uri('user.km'));
    assert.equal(edit.documentChanges[0].edits[0].newText, './new');
    await connection.sendRequest(lsp.ShutdownRequest.type);
    connection.sendNotification(lsp.ExitNotification.type);
    assert.equal(await ended, 0);
  },
};

const MODEL = `use std/kubernetes
use std/cni { flannel }
cluster c { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines cp[2] { cores = 2 }
deploy etcd on cp
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy containerd, kubelet, kube-proxy, flannel on cp
deploy rbac, coredns, admin
deploy addons on cp
`;

for (const [name, test] of Object.entries(tests)) {
  await test();
  console.log(`ok ${name}`);
}
