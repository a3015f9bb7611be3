/** The client of `kmodel lsp`. */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

import type { Previews } from './preview.js';

/** A client for the server of this program; not started. What its commands say is shown by the previews. */
export function create(program: string, output: vscode.OutputChannel, previews: Previews): LanguageClient {
  const readable = vscode.workspace.getConfiguration('kmodel').get<string[]>('allowRead', []);
  const allowed = readable.flatMap((folder) => ['--allow-read', folder]);
  return new LanguageClient(
    'kmodel',
    'kmodel',
    { command: program, args: ['lsp', ...allowed], transport: TransportKind.stdio },
    {
      // Any scheme: files that are not saved yet, and those of other file systems, are read as well.
      documentSelector: [{ language: 'kmodel' }],
      outputChannel: output,
      // Of templates the server wants to know when they change on disk; it registers for `.km` files itself or not.
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.{km,j2,lock}') },
      markdown: { isTrusted: false, supportHtml: false },
      middleware: {
        // The lenses above a cluster and its machines. The server answers with text; a plan is shown as a preview.
        executeCommand: async (command, args, next) => {
          const model = typeof args[0] === 'string' ? vscode.Uri.parse(args[0]) : undefined;
          if (command === 'kmodel.plan') return previews.plan(model);
          const said: unknown = await next(command, args);
          if (typeof said === 'string') await previews.text(title(command, args), said);
          return said;
        },
      },
    },
  );
}

/** `kmodel.units` of `wrk` is called `wrk units`. */
function title(command: string, args: unknown[]): string {
  const what = command.slice(command.lastIndexOf('.') + 1);
  return typeof args[1] === 'string' ? `${args[1]} ${what}` : what;
}
