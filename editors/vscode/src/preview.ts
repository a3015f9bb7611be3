/**
 * Previews beside a model: its plan as a page of text, its relations as a picture.
 *
 * Both are what `kmodel plan` and `kmodel graph` print of the file on disk, and follow it when a model is saved.
 */
import { dirname } from 'node:path';

import * as vscode from 'vscode';

import { run, type Found, type Ran } from './binary.js';
import { draw, page, problems } from './graph.js';

/** The scheme of plans. The rest of the address is that of the model. */
const SCHEME = 'kmodel-plan';
/** The scheme of texts that were said once. */
const SAID = 'kmodel-text';

export class Previews implements vscode.Disposable, vscode.TextDocumentContentProvider {
  /** The program that is asked. */
  program: Found = { ok: false, why: 'kmodel has not been started yet' };

  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly graphs = new Map<string, vscode.WebviewPanel>();
  private readonly said = new Map<string, string>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly output: vscode.OutputChannel) {
    this.subscriptions = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.registerTextDocumentContentProvider(SAID, this),
      vscode.workspace.onDidSaveTextDocument((document) => {
        // Any model may import any other, so all that are shown are asked for again.
        if (document.languageId === 'kmodel' || document.fileName.endsWith('.j2')) this.refresh();
      }),
    ];
  }

  dispose(): void {
    for (const panel of this.graphs.values()) panel.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Shows the plan of a model beside it. */
  async plan(asked: vscode.Uri | undefined): Promise<void> {
    const model = await ready(asked);
    if (model === undefined) return;
    await this.beside(planUri(model));
  }

  /** Shows a text that the server has given, under a title. */
  async text(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SAID, path: `/${title}` });
    this.said.set(uri.toString(), text);
    await this.beside(uri);
  }

  private async beside(uri: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    this.changed.fire(document.uri);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
  }

  /** Shows the relations of a model beside it. */
  async graph(asked: vscode.Uri | undefined): Promise<void> {
    const model = await ready(asked);
    if (model === undefined) return;
    const key = model.toString();
    const open = this.graphs.get(key);
    if (open) {
      open.reveal(undefined, true);
    } else {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const panel = vscode.window.createWebviewPanel('kmodel.graph', `Graph ${name(model)}`, place, { enableScripts: true });
      panel.onDidDispose(() => this.graphs.delete(key));
      this.graphs.set(key, panel);
    }
    await this.show(model);
  }

  /** Asks again for all that is shown. */
  refresh(): void {
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === SCHEME) this.changed.fire(document.uri);
    }
    for (const key of this.graphs.keys()) void this.show(vscode.Uri.parse(key));
  }

  /** The text of a plan, or what was said. */
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    if (uri.scheme === SAID) return this.said.get(uri.toString()) ?? '';
    const model = vscode.Uri.parse(uri.query);
    const ran = await this.ask('plan', model, []);
    return ran.code === 0 || ran.code === null ? ran.stdout || ran.stderr : problems(name(model), ran.stderr);
  }

  private async show(model: vscode.Uri): Promise<void> {
    const panel = this.graphs.get(model.toString());
    if (!panel) return;
    const ran = await this.ask('graph', model, ['--format', 'dot']);
    const picture = ran.code === 0 ? await draw(ran.stdout) : undefined;
    panel.webview.html = page(name(model), picture ?? { problems: problems(name(model), ran.stderr) });
  }

  private async ask(command: string, model: vscode.Uri, more: string[]): Promise<Ran> {
    if (!this.program.ok) return { code: 1, stdout: '', stderr: this.program.why };
    const settings = vscode.workspace.getConfiguration('kmodel', model);
    const args = [command, model.fsPath, ...more, ...chosen(settings)];
    try {
      return await run(this.program.path, args, dirname(model.fsPath));
    } catch (error) {
      const why = `kmodel ${command} did not end: ${error instanceof Error ? error.message : String(error)}`;
      this.output.appendLine(why);
      return { code: 1, stdout: '', stderr: why };
    }
  }
}

/** The model, if it is on disk as it is on the screen; else the user is told what is missing. */
async function ready(model: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  if (model === undefined) {
    void vscode.window.showInformationMessage('Open a .km file first: a preview shows the model that is edited.');
    return undefined;
  }
  if (model.scheme !== 'file') {
    void vscode.window.showInformationMessage('Save the model to disk first: a preview reads the file.');
    return undefined;
  }
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === model.toString());
  const saved = open === undefined || !open.isDirty || (await open.save());
  return saved ? model : undefined;
}

/** The address of the plan of a model. */
function planUri(model: vscode.Uri): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `${model.path}.plan`, query: model.toString() });
}

function name(model: vscode.Uri): string {
  return model.path.slice(model.path.lastIndexOf('/') + 1);
}

/** The overlays and parameters that the user has set. */
function chosen(settings: vscode.WorkspaceConfiguration): string[] {
  const overlays = settings.get<string[]>('overlays', []).flatMap((overlay) => ['--overlay', overlay]);
  const parameters = Object.entries(settings.get<Record<string, string>>('parameters', {}));
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
  const readable = [...folders.map((folder) => folder.uri.fsPath), ...settings.get<string[]>('allowRead', [])];
  const allowed = readable.flatMap((folder) => ['--allow-read', folder]);
  return [...overlays, ...allowed, ...parameters.flatMap(([key, value]) => ['--set', `${key}=${value}`])];
}
