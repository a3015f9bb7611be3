/** The extension and VS Code's own language client, with the real server behind them. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import * as fake from './vscode.js';
import { activate, deactivate } from '../src/extension.js';
import { find, resolve, run } from '../src/binary.js';
import { draw, page } from '../src/graph.js';

const kmodel = process.env['KMODEL'] ?? join(process.cwd(), '../../target/debug/kmodel');
assert.ok(existsSync(kmodel), `build kmodel first: there is no ${kmodel}`);

const MODEL = `use std/kubernetes

cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }

machines cp[1] { cores = 2, memory = 4GiB }

deploy etcd on cp { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
allow single-member "a lab"
`;

let folder: string;
const context = { subscriptions: [] as { dispose(): unknown }[] };

async function start(path: string): Promise<void> {
  fake.settings.set('kmodel.path', path);
  await activate(context as never);
}

async function stop(): Promise<void> {
  await deactivate();
  for (const one of context.subscriptions.splice(0)) one.dispose();
  fake.workspace.textDocuments.splice(0);
  for (const list of [fake.messages, fake.logged, fake.panels, fake.shown]) list.splice(0);
  fake.diagnostics.clear();
  fake.settings.clear();
}

/** Waits until something holds, at most ten seconds. */
async function until<T>(what: string, holds: () => T | undefined | false): Promise<T> {
  for (let turn = 0; turn < 1000; turn++) {
    const found = holds();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`${what}; the extension said: ${[...fake.messages, ...fake.logged].join('\n')}`);
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The first provider of a kind that is registered for .km files. */
async function provider<T>(kind: string): Promise<T> {
  const found = await until(`a provider of ${kind}`, () => fake.providers.get(kind)?.at(-1));
  return found[1] as T;
}

const token = new fake.CancellationTokenSource().token;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kmodel-vscode-'));
});
after(() => rmSync(folder, { recursive: true }));
afterEach(stop);

describe('the program', () => {
  it('is looked up, and says its version', async () => {
    const found = await find({ path: kmodel, folder: undefined });
    assert.ok(found.ok && found.version.startsWith('kmodel '));
  });

  it('may be below the home folder or the workspace', () => {
    assert.equal(resolve('~/bin/kmodel', '/w'), join(process.env['HOME'] ?? '', 'bin/kmodel'));
    assert.equal(resolve('./bin/kmodel', '/w'), '/w/bin/kmodel');
    assert.equal(resolve('${workspaceFolder}/kmodel', '/w'), '/w/kmodel');
    assert.equal(resolve('kmodel', '/w'), 'kmodel');
    assert.equal(resolve(' ', '/w'), 'kmodel');
    assert.equal(resolve('/opt/kmodel', '/w'), '/opt/kmodel');
  });

  it('that is missing is named, with what to do', async () => {
    await start('no-such-program');
    assert.deepEqual(fake.messages, [
      'No program named `no-such-program` is on the PATH, so .km files are only coloured. Install kmodel, or set `kmodel.path` to it.',
    ]);
  });

  it('that is another program is not taken', async () => {
    const script = write('other', '#!/bin/sh\necho other 1.0\n');
    chmodSync(script, 0o755);
    await start(script);
    assert.match(fake.messages[0] ?? '', /is not kmodel: `--version` says `other 1.0`/);
  });

  it('that may not be run is told from one that is missing', async () => {
    await start(write('plain', 'text'));
    assert.match(fake.messages[0] ?? '', /may not be executed/);
  });

  it('is tried again when the setting changes', async () => {
    await start('no-such-program');
    fake.configure('kmodel.path', kmodel);
    await until('the server starts', () => fake.providers.get('Hover')?.length);
  });
});

describe('with the server', () => {
  it('problems appear, and go when they are mended', async () => {
    await start(kmodel);
    const document = fake.open(write('broken.km', MODEL.replace('snapshot-every', 'snapshot-evry')));
    const problems = await until('a problem', () => {
      const list = fake.diagnostics.get(document.uri.toString()) ?? [];
      return list.length > 0 && list;
    });
    assert.match(problems[0]?.message ?? '', /snapshot-evry/);
    fake.type(document, MODEL);
    await until('no problem', () => (fake.diagnostics.get(document.uri.toString()) ?? []).length === 0);
  });

  it('a hover says what a name is', async () => {
    await start(kmodel);
    const document = fake.open(write('hover.km', MODEL));
    type Hovers = { provideHover(document: unknown, position: unknown, token: unknown): Promise<fake.Hover> };
    const hover = await (await provider<Hovers>('Hover')).provideHover(document, document.find('snapshot-every'), token);
    assert.match(hover.contents.map((part) => part.value).join('\n'), /duration/);
  });

  it('completion knows the options of a component', async () => {
    await start(kmodel);
    const document = fake.open(write('completion.km', MODEL.replace('{ snapshot-every = 6h }', '{  }')));
    type Completions = {
      provideCompletionItems(document: unknown, position: unknown, token: unknown, context: unknown): Promise<fake.CompletionList | fake.CompletionItem[]>;
    };
    const provides = await provider<Completions>('CompletionItem');
    const list = await provides.provideCompletionItems(document, document.find('deploy etcd on cp { ', true), token, { triggerKind: 0 });
    const items = Array.isArray(list) ? list : list.items;
    const labels = items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
    assert.ok(labels.includes('snapshot-every'), labels.join(' '));
  });

  it('formatting gives the one form', async () => {
    await start(kmodel);
    const document = fake.open(write('form.km', 'cluster  lab{kubernetes=1.34.8}\n'));
    type Formats = { provideDocumentFormattingEdits(document: unknown, options: unknown, token: unknown): Promise<fake.TextEdit[]> };
    const edits = await (await provider<Formats>('DocumentFormattingEdit')).provideDocumentFormattingEdits(document, { tabSize: 2, insertSpaces: true }, token);
    assert.ok(edits.length > 0);
  });

  it('a lens shows the units of a group, another the plan', async () => {
    await start(kmodel);
    const document = fake.open(write('lens.km', MODEL));
    const address = document.uri.toString();
    await until('the commands of the server', () => fake.commandsKnown.has('kmodel.units'));
    await fake.commands.executeCommand('kmodel.units', address, 'cp');
    assert.equal(fake.shown[0]?.uri.path, '/cp units');
    assert.match(fake.shown[0]?.getText() ?? '', /etcd/);
    await fake.commands.executeCommand('kmodel.plan', address);
    assert.match(fake.shown[1]?.getText() ?? '', /Certificates/);
  });

  it('a restart brings another server with the same documents', async () => {
    await start(kmodel);
    const document = fake.open(write('restart.km', MODEL.replace('snapshot-every', 'snapshot-evry')));
    await until('a problem', () => fake.diagnostics.get(document.uri.toString())?.length);
    await fake.commands.executeCommand('kmodel.restart');
    await until('the problem again', () => fake.diagnostics.get(document.uri.toString())?.length);
    assert.deepEqual(fake.messages, []);
  });
});

describe('previews', () => {
  it('show the plan', async () => {
    await start(kmodel);
    fake.open(write('plan.km', MODEL));
    await fake.commands.executeCommand('kmodel.preview.plan');
    assert.match(fake.shown[0]?.getText() ?? '', /cp-0/);
    assert.doesNotMatch(fake.shown[0]?.getText() ?? '', /\u001b/);
  });

  it('show the graph, and follow what is saved', async () => {
    await start(kmodel);
    const document = fake.open(write('graph.km', MODEL));
    await fake.commands.executeCommand('kmodel.preview.graph');
    assert.equal(fake.panels[0]?.title, 'Graph graph.km');
    assert.match(fake.panels[0]?.html ?? '', /<svg[^]*kube&#45;apiserver/);
    fake.type(document, MODEL.replace('etcd on', 'etcd as store on'));
    await document.save();
    await until('the graph follows', () => fake.panels[0]?.html.includes('store'));
    await fake.commands.executeCommand('kmodel.preview.graph', document.uri);
    assert.equal(fake.panels.length, 1, 'a graph that is open is not opened again');
  });

  it('save a model first', async () => {
    await start(kmodel);
    const document = fake.open(write('dirty.km', MODEL));
    fake.type(document, MODEL.replace('machines cp[1]', 'machines cp[2]').replace('etcd on cp', 'etcd on cp[0]'));
    await fake.commands.executeCommand('kmodel.preview.plan');
    assert.match(fake.shown[0]?.getText() ?? '', /cp-1/);
    assert.match(readFileSync(document.fileName, 'utf8'), /cp\[2\]/);
  });

  it('show the problems of a model that has some', async () => {
    await start(kmodel);
    fake.open(write('problem.km', MODEL.replace('on cp {', 'on <cp> {')));
    await fake.commands.executeCommand('kmodel.preview.plan');
    assert.match(fake.shown[0]?.getText() ?? '', /problem\.km has problems/);
    await fake.commands.executeCommand('kmodel.preview.graph');
    assert.match(fake.panels[0]?.html ?? '', /on &lt;cp&gt;/);
  });

  it('apply overlays and parameters of the settings', async () => {
    await start(kmodel);
    const text = `${MODEL}param count: int = 1\nmachines wrk[count]\noverlay more { set cp.zone = "far-away" }\n`;
    fake.open(write('settings.km', text));
    fake.settings.set('kmodel.overlays', ['more']);
    fake.settings.set('kmodel.parameters', { count: '3' });
    await fake.commands.executeCommand('kmodel.preview.plan');
    const plan = fake.shown[0]?.getText() ?? '';
    assert.match(plan, /wrk-2/);
    assert.match(plan, /far-away/);
  });

  it('ask for a file', async () => {
    await start(kmodel);
    fake.window.activeTextEditor = undefined;
    await fake.commands.executeCommand('kmodel.preview.graph');
    assert.match(fake.messages[0] ?? '', /Open a \.km file first/);
    await fake.commands.executeCommand('kmodel.preview.plan', 'untitled:Untitled-1');
    assert.match(fake.messages[1] ?? '', /Save the model to disk first/);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

  it('registers each command that it names', async () => {
    await start(kmodel);
    for (const { command } of manifest.contributes.commands) assert.ok(fake.commandsKnown.has(command), command);
    for (const item of Object.values<{ command: string }[]>(manifest.contributes.menus).flat()) {
      assert.ok(fake.commandsKnown.has(item.command), item.command);
    }
  });

  it('has every file that it names', () => {
    const { languages, grammars, snippets } = manifest.contributes;
    for (const path of [languages[0].configuration, ...grammars.map((one: { path: string }) => one.path), snippets[0].path]) {
      JSON.parse(readFileSync(path, 'utf8'));
    }
  });

  it('reads each setting that it names', () => {
    const source = readdirSync('src').map((name) => readFileSync(join('src', name), 'utf8')).join('\n');
    for (const name of Object.keys(manifest.contributes.configuration.properties)) {
      // This one is read by the language client.
      if (name !== 'kmodel.trace.server') assert.ok(source.includes(`'${name.slice('kmodel.'.length)}'`), name);
    }
  });
});

describe('snippets', () => {
  const snippets: [string, { body: string[] }][] = Object.entries(JSON.parse(readFileSync('snippets/kmodel.json', 'utf8')));
  /** Words that begin an item, which stands in a component. */
  const ITEMS = ['cert', 'unit', 'file', 'option'];

  for (const [name, { body }] of snippets) {
    it(`${name} is kmodel`, async () => {
      const text = expanded(body.join('\n'));
      const inside = ITEMS.includes(text.split(' ')[0] ?? '');
      const path = write('snippet.km', inside ? `component c {\n${text}\n}\n` : `${text}\n`);
      const said = await run(kmodel, ['fmt', '--check', path], undefined);
      assert.doesNotMatch(said.stderr, /unexpected-text|invalid-literal|unclosed|unterminated/, `${text}\n${said.stderr}`);
      assert.notEqual(said.code, 2, said.stderr);
    });
  }
});

/** A snippet with its places filled by what they suggest. */
function expanded(body: string): string {
  const chosen = body.replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1');
  const values = new Map([...chosen.matchAll(/\$\{(\d+):([^}]*)\}/g)].map((found) => [found[1], found[2]]));
  return chosen.replace(/\$\{\d+:([^}]*)\}/g, '$1').replace(/\$(\d+)/g, (_, number) => values.get(number) ?? '');
}

describe('the page of a graph', () => {
  it('runs only what it brings', async () => {
    const shown = await draw('digraph { a -> b }');
    const html = page('a "title"', shown);
    assert.match(html, /default-src 'none'/);
    assert.match(html, /<title>a &quot;title&quot;<\/title>/);
    assert.doesNotMatch(html, /https?:\/\/(?!www\.w3\.org)/);
  });

  it('says what cannot be drawn', async () => {
    assert.ok('problems' in (await draw('digraph {')));
  });
});
