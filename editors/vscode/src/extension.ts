/**
 * The extension: starts the language server, and offers what a server cannot, pictures and pages of a model.
 *
 * Everything about `.km` files is asked of `kmodel`; nothing here knows the language.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { find, type Found } from './binary.js';
import { create } from './client.js';
import { Previews } from './preview.js';

/** What runs between activation and deactivation. */
class Session {
  private client: LanguageClient | undefined;
  /** Starts and stops follow each other: one that begins while another runs waits for it. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly output: vscode.OutputChannel,
    private readonly previews: Previews,
  ) {}

  /** Starts the server, or another one if one runs. */
  restart(): Promise<void> {
    this.queue = this.queue.then(() => this.replace(), () => this.replace());
    return this.queue;
  }

  stop(): Promise<void> {
    this.queue = this.queue.then(() => this.end(), () => this.end());
    return this.queue;
  }

  private async replace(): Promise<void> {
    await this.end();
    const found = await find(setting());
    this.previews.program = found;
    if (!found.ok) {
      this.output.appendLine(found.why);
      void explain(found);
      return;
    }
    this.output.appendLine(`${found.version}: ${found.path}`);
    const client = create(found.path, this.output, this.previews);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      const why = `\`${found.path} lsp\` did not start: ${error instanceof Error ? error.message : String(error)}`;
      this.output.appendLine(why);
      void explain({ ok: false, why });
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A server that has crashed cannot be stopped, and need not be.
    await client?.dispose().catch((error: unknown) => this.output.appendLine(String(error)));
  }
}

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('kmodel');
  const previews = new Previews(output);
  const started = new Session(output, previews);
  session = started;
  context.subscriptions.push(
    output,
    previews,
    vscode.commands.registerCommand('kmodel.restart', () => started.restart()),
    vscode.commands.registerCommand('kmodel.showOutput', () => output.show(true)),
    vscode.commands.registerCommand('kmodel.preview.plan', (uri?: unknown) => previews.plan(subject(uri))),
    vscode.commands.registerCommand('kmodel.preview.graph', (uri?: unknown) => previews.graph(subject(uri))),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('kmodel.path')) {
        void started.restart();
      } else if (change.affectsConfiguration('kmodel')) {
        previews.refresh();
      }
    }),
  );
  await started.restart();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
  session = undefined;
}

/** Where the user says that the program is. */
function setting(): { path: string; folder: string | undefined } {
  return {
    path: vscode.workspace.getConfiguration('kmodel').get<string>('path', 'kmodel'),
    folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
  };
}

/** The file that a command is about: the one it was called with, or the one that is edited. */
function subject(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  if (typeof given === 'string') return vscode.Uri.parse(given);
  return vscode.window.activeTextEditor?.document.uri;
}

async function explain(missing: Extract<Found, { ok: false }>): Promise<void> {
  const [settings, retry, show] = ['Open Settings', 'Try Again', 'Show Output'] as const;
  const answer = await vscode.window.showErrorMessage(missing.why, settings, retry, show);
  if (answer === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'kmodel.path');
  if (answer === retry) await vscode.commands.executeCommand('kmodel.restart');
  if (answer === show) await vscode.commands.executeCommand('kmodel.showOutput');
}
