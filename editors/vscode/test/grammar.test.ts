/** The colours of .km files before the server says more: the TextMate grammar on every file of the repository. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { before, describe, it } from 'node:test';

import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { INITIAL, Registry, parseRawGrammar, type IGrammar } from 'vscode-textmate';

const repository = join(process.cwd(), '../..');
const oniguruma = createRequire(join(process.cwd(), 'package.json')).resolve('vscode-oniguruma/release/onig.wasm');

async function load(): Promise<IGrammar> {
  await loadWASM(readFileSync(oniguruma));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) => {
      if (scope !== 'source.kmodel') return null;
      const path = 'syntaxes/kmodel.tmLanguage.json';
      return parseRawGrammar(readFileSync(path, 'utf8'), path);
    },
  });
  const grammar = await registry.loadGrammar('source.kmodel');
  assert.ok(grammar);
  return grammar;
}

interface Token {
  text: string;
  /** The innermost scope, without the language. */
  scope: string;
  scopes: string[];
}

let grammar: IGrammar;
before(async () => {
  grammar = await load();
});

function tokens(text: string): Token[][] {
  let state = INITIAL;
  return text.split('\n').map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens.map((token) => ({
      text: line.slice(token.startIndex, token.endIndex),
      scope: (token.scopes.at(-1) ?? '').replace(/\.kmodel$/, ''),
      scopes: token.scopes,
    }));
  });
}

/** Each line, and below it what its parts are. */
function shown(text: string): string {
  const lines = text.split('\n');
  return tokens(text)
    .map((parts, at) => {
      const named = parts.filter((part) => part.text.trim() !== '' && part.scope !== 'source');
      return [lines[at], ...named.map((part) => `    ${part.text.trim()} ${part.scope}`)].join('\n');
    })
    .join('\n');
}

function files(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.km'))
    .map((name) => join(repository, folder, name))
    .sort();
}

/** Compares with the snapshot; with `INSTA_UPDATE=always` writes it. */
function snapshot(name: string, found: string): void {
  const path = join('test/snapshots', `${name}.txt`);
  if (process.env['INSTA_UPDATE'] === 'always') writeFileSync(path, found);
  assert.equal(found, readFileSync(path, 'utf8'), `${path} is old: run with INSTA_UPDATE=always`);
}

describe('the coloured grammar', () => {
  const all = [...files('examples'), ...files('stdlib'), join(repository, 'tests/cases/syntax/everything.km'), join(repository, 'tests/cases/syntax/words-as-names.km')];

  it('shows every construct of the language', () => {
    const path = join(repository, 'tests/cases/syntax/everything.km');
    snapshot(basename(path, '.km'), shown(readFileSync(path, 'utf8')));
  });

  it('finds nothing wrong in what is right, and ends every text and bracket', () => {
    assert.ok(all.length > 25);
    for (const path of all) {
      const lines = tokens(`${readFileSync(path, 'utf8')}\nlet last = 1`);
      for (const part of lines.flat()) assert.doesNotMatch(part.scope, /^invalid/, `${path}: ${part.text}`);
      const last = lines.at(-1)?.find((part) => part.text === '1');
      assert.deepEqual(last?.scopes, ['source.kmodel', 'constant.numeric.integer.kmodel'], `${path} is left open`);
    }
  });

  it('gives every word that is no space, bracket or sign a meaning', () => {
    for (const path of all) {
      for (const part of tokens(readFileSync(path, 'utf8')).flat()) {
        assert.ok(part.scope !== 'source' || !/\w/.test(part.text), `${path}: ${part.text} has no scope`);
      }
    }
  });

  it('tells words from names', () => {
    const first = (line: string) => tokens(line)[0]?.find((part) => part.text.trim() !== '' && part.scope !== 'source')?.scope;
    assert.equal(first('deploy etcd on cp'), 'keyword.other');
    assert.equal(first('  deploy = 1'), 'variable.other.property');
    assert.equal(first('  for = 1'), 'variable.other.property');
    assert.equal(first('check a'), 'keyword.control');
    assert.equal(first('  check = a'), 'variable.other.property');
  });

  it('keeps what follows a forgotten quote to its line', () => {
    const [, second] = tokens('let a = "b\ndeploy etcd on cp');
    assert.equal(second?.find((part) => part.text === 'deploy')?.scope, 'keyword.other');
  });

  it('reads what a text interpolates', () => {
    const line = tokens('let a = "x ${b.c + f("y ${d}")} z" // e')[0] ?? [];
    const scope = (text: string) => line.find((part) => part.text === text)?.scope;
    assert.equal(scope('f'), 'support.function');
    assert.equal(scope('c'), 'variable.other.property');
    assert.equal(scope('d'), 'variable.other');
    assert.equal(scope(' z'), 'string.quoted.double');
    assert.equal(scope('// e'), 'comment.line.double-slash');
  });
});
