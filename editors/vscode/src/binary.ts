/** Where the `kmodel` program is, and whether it is one. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** A program that has said its version, or why there is none: a sentence to show. */
export type Found = { ok: true; path: string; version: string } | { ok: false; why: string };

/** What was printed, and the exit code; a code of `null` is a program that did not run to its end. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Asks the program of the setting for its version. */
export async function find(setting: { path: string; folder: string | undefined }): Promise<Found> {
  const path = resolve(setting.path, setting.folder);
  const ran = await run(path, ['--version'], undefined, 10_000).catch((error: NodeJS.ErrnoException) => error);
  if (ran instanceof Error) return { ok: false, why: absent(path, ran) };
  const version = ran.stdout.trim();
  if (ran.code !== 0 || !version.startsWith('kmodel ')) {
    return { ok: false, why: `\`${path}\` is not kmodel: \`--version\` says \`${(version || ran.stderr.trim()).slice(0, 80)}\`. Set \`kmodel.path\` to the kmodel program.` };
  }
  return { ok: true, path, version };
}

/** The path that a setting means. A name without a slash stays one, and is looked up on the `PATH` when it is run. */
export function resolve(path: string, folder: string | undefined): string {
  const given = path.trim() || 'kmodel';
  if (given === '~' || given.startsWith('~/')) return join(homedir(), given.slice(1));
  if (folder === undefined) return given;
  const named = given.replaceAll('${workspaceFolder}', folder);
  return /[/\\]/.test(named) && !isAbsolute(named) ? join(folder, named) : named;
}

function absent(path: string, error: NodeJS.ErrnoException): string {
  const where = /[/\\]/.test(path) ? `There is no \`${path}\`` : `No program named \`${path}\` is on the PATH`;
  const why = error.code === 'ENOENT' ? where : error.code === 'EACCES' ? `\`${path}\` may not be executed` : `\`${path}\` does not run (${error.message})`;
  return `${why}, so .km files are only coloured. Install kmodel, or set \`kmodel.path\` to it.`;
}

/** Runs the program to its end. Rejects when it cannot be started or takes longer than `timeout` milliseconds. */
export function run(path: string, args: string[], cwd: string | undefined, timeout = 60_000): Promise<Ran> {
  return new Promise((done, failed) => {
    const options = { cwd, timeout, maxBuffer: 64 << 20, env: { ...process.env, NO_COLOR: '1' } };
    execFile(path, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (error?.killed) failed(new Error(`it took longer than ${timeout / 1000} seconds`));
      else if (typeof code === 'number') done({ code, stdout, stderr });
      else failed(error);
    });
  });
}
