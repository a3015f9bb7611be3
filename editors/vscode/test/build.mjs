/** Bundles the tests, with a stand-in where they ask for VS Code. */
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';

await build({
  entryPoints: readdirSync('test').filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`),
  outdir: 'dist/test',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  alias: { vscode: './test/vscode.ts' },
  external: ['vscode-oniguruma', 'vscode-textmate'],
  logLevel: 'warning',
});
