/**
 * What VS Code gives to extensions, as far as this one and the language client use it, without an editor.
 *
 * Documents are opened, changed and saved by the functions at the end. Providers that the client registers are kept, so a
 * test can ask them what an editor would ask. Whatever else is called does nothing.
 */
import { EventEmitter as NodeEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';

import { URI } from 'vscode-uri';

export const Uri = URI;
export const version = '1.91.0';

export class Disposable {
  constructor(private readonly end: () => void = () => {}) {}
  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
  dispose(): void {
    this.end();
  }
}

export class EventEmitter<T> {
  private readonly emitter = new NodeEmitter().setMaxListeners(0);
  event = (listener: (value: T) => unknown, self?: unknown, disposables?: Disposable[]): Disposable => {
    const bound = (value: T) => listener.call(self, value);
    this.emitter.on('event', bound);
    const disposable = new Disposable(() => this.emitter.off('event', bound));
    disposables?.push(disposable);
    return disposable;
  };
  fire(value: T): void {
    this.emitter.emit('event', value);
  }
  dispose(): void {
    this.emitter.removeAllListeners();
  }
}

export class CancellationTokenSource {
  private readonly emitter = new EventEmitter<void>();
  token = { isCancellationRequested: false, onCancellationRequested: this.emitter.event };
  cancel(): void {
    this.token.isCancellationRequested = true;
    this.emitter.fire();
  }
  dispose(): void {}
}

export class Position {
  constructor(readonly line: number, readonly character: number) {}
  isBefore(other: Position): boolean {
    return this.line < other.line || (this.line === other.line && this.character < other.character);
  }
  isEqual(other: Position): boolean {
    return this.line === other.line && this.character === other.character;
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(a: Position | number, b: Position | number, c?: number, d?: number) {
    this.start = a instanceof Position ? a : new Position(a, b as number);
    this.end = b instanceof Position ? b : new Position(c ?? 0, d ?? 0);
  }
  get isEmpty(): boolean {
    return this.start.isEqual(this.end);
  }
}

export class Location {
  constructor(readonly uri: URI, readonly range: Range) {}
}

export class MarkdownString {
  isTrusted = false;
  supportHtml = false;
  constructor(public value = '') {}
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
  appendCodeblock(text: string, language = ''): this {
    this.value += `\n\`\`\`${language}\n${text}\n\`\`\`\n`;
    return this;
  }
}

export class Hover {
  readonly contents: MarkdownString[];
  constructor(contents: MarkdownString | MarkdownString[], readonly range?: Range) {
    this.contents = Array.isArray(contents) ? contents : [contents];
  }
}

export class Diagnostic {
  code: unknown;
  source: string | undefined;
  relatedInformation: unknown[] | undefined;
  tags: unknown;
  constructor(readonly range: Range, readonly message: string, readonly severity: number = 0) {}
}
export class DiagnosticRelatedInformation {
  constructor(readonly location: Location, readonly message: string) {}
}

export class CompletionItem {
  insertText: unknown;
  range: unknown;
  detail: string | undefined;
  documentation: unknown;
  constructor(readonly label: string | { label: string }, readonly kind?: number) {}
}
export class CompletionList {
  constructor(readonly items: CompletionItem[] = [], readonly isIncomplete = false) {}
}
export class SnippetString {
  constructor(readonly value = '') {}
}

export class TextEdit {
  constructor(readonly range: Range, readonly newText: string) {}
  static replace(range: Range, text: string): TextEdit {
    return new TextEdit(range, text);
  }
}
export class WorkspaceEdit {
  readonly edits = new Map<string, TextEdit[]>();
  set(uri: URI, edits: (TextEdit | [TextEdit, unknown])[]): void {
    this.edits.set(uri.toString(), edits.map((edit) => (Array.isArray(edit) ? edit[0] : edit)));
  }
  replace(uri: URI, range: Range, text: string): void {
    this.edits.set(uri.toString(), [...(this.edits.get(uri.toString()) ?? []), new TextEdit(range, text)]);
  }
  get(uri: URI): TextEdit[] {
    return this.edits.get(uri.toString()) ?? [];
  }
  get size(): number {
    return this.edits.size;
  }
}

export class CodeActionKind {
  static readonly Empty = new CodeActionKind('');
  static readonly QuickFix = new CodeActionKind('quickfix');
  static readonly Refactor = new CodeActionKind('refactor');
  static readonly RefactorExtract = new CodeActionKind('refactor.extract');
  static readonly RefactorInline = new CodeActionKind('refactor.inline');
  static readonly RefactorRewrite = new CodeActionKind('refactor.rewrite');
  static readonly Source = new CodeActionKind('source');
  static readonly SourceFixAll = new CodeActionKind('source.fixAll');
  static readonly SourceOrganizeImports = new CodeActionKind('source.organizeImports');
  constructor(readonly value: string) {}
  append(part: string): CodeActionKind {
    return new CodeActionKind(this.value === '' ? part : `${this.value}.${part}`);
  }
}
export class CodeAction {
  edit: WorkspaceEdit | undefined;
  command: unknown;
  diagnostics: Diagnostic[] | undefined;
  constructor(readonly title: string, readonly kind?: CodeActionKind) {}
}

export class RelativePattern {
  constructor(readonly base: unknown, readonly pattern: string) {}
}

export class SemanticTokensLegend {
  constructor(readonly tokenTypes: string[], readonly tokenModifiers: string[] = []) {}
}
export class SemanticTokens {
  constructor(readonly data: Uint32Array, readonly resultId?: string) {}
}

/** Classes of results that only carry what they are made with. */
function carrier(...names: string[]) {
  return class {
    constructor(...values: unknown[]) {
      names.forEach((name, at) => ((this as Record<string, unknown>)[name] = values[at]));
    }
  };
}
export const CodeLens = carrier('range', 'command');
export const DocumentLink = carrier('range', 'target');
export const DocumentSymbol = carrier('name', 'detail', 'kind', 'range', 'selectionRange');
export const SymbolInformation = carrier('name', 'kind', 'containerName', 'location');
export const DocumentHighlight = carrier('range', 'kind');
export const FoldingRange = carrier('start', 'end', 'kind');
export const SelectionRange = carrier('range', 'parent');
export const InlayHint = carrier('position', 'label', 'kind');
export const InlayHintLabelPart = carrier('value');
export const CallHierarchyItem = carrier('kind', 'name', 'detail', 'uri', 'range', 'selectionRange');
export const TypeHierarchyItem = carrier('kind', 'name', 'detail', 'uri', 'range', 'selectionRange');
export const CallHierarchyIncomingCall = carrier('from', 'fromRanges');
export const CallHierarchyOutgoingCall = carrier('to', 'fromRanges');
export const SignatureHelp = carrier();
export const SignatureInformation = carrier('label', 'documentation');
export const ParameterInformation = carrier('label', 'documentation');
export const Color = carrier('red', 'green', 'blue', 'alpha');
export const ColorInformation = carrier('range', 'color');
export const ColorPresentation = carrier('label');
export const LinkedEditingRanges = carrier('ranges', 'wordPattern');
export const InlineValueText = carrier('range', 'text');
export const SemanticTokensEdit = carrier('start', 'deleteCount', 'data');
export const SemanticTokensEdits = carrier('edits', 'resultId');
export const FileDecoration = carrier('badge');
export const ThemeIcon = carrier('id');
export const ThemeColor = carrier('id');
export const TabInputText = carrier('uri');
export const TabInputTextDiff = carrier('original', 'modified');
export const TabInputCustom = carrier('uri');
export const TabInputNotebook = carrier('uri');
export const EvaluatableExpression = carrier('range');
export class CancellationError extends Error {}

const numbered = (...names: string[]) => Object.fromEntries(names.flatMap((name, at) => [[name, at], [String(at), name]]));
export const DiagnosticSeverity = numbered('Error', 'Warning', 'Information', 'Hint');
export const DiagnosticTag = { Unnecessary: 1, Deprecated: 2 };
export const CompletionItemKind = numbered('Text', 'Method', 'Function', 'Constructor', 'Field', 'Variable', 'Class', 'Interface', 'Module', 'Property', 'Unit', 'Value', 'Enum', 'Keyword', 'Snippet', 'Color', 'Reference', 'File', 'Folder', 'EnumMember', 'Constant', 'Struct', 'Event', 'Operator', 'TypeParameter');
export const CompletionItemTag = { Deprecated: 1 };
export const CompletionTriggerKind = numbered('Invoke', 'TriggerCharacter', 'TriggerForIncompleteCompletions');
export const SignatureHelpTriggerKind = { Invoke: 1, TriggerCharacter: 2, ContentChange: 3 };
export const CodeActionTriggerKind = { Invoke: 1, Automatic: 2 };
export const SymbolKind = numbered(...Array.from({ length: 26 }, (_, at) => `Kind${at}`));
export const SymbolTag = { Deprecated: 1 };
export const DocumentHighlightKind = numbered('Text', 'Read', 'Write');
export const FoldingRangeKind = { Comment: 1, Imports: 2, Region: 3 };
export const InlayHintKind = { Type: 1, Parameter: 2 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };
export const ViewColumn = { Active: -1, Beside: -2, One: 1 };
export const TextDocumentSaveReason = { Manual: 1, AfterDelay: 2, FocusOut: 3 };
export const TextDocumentChangeReason = { Undo: 1, Redo: 2 };
export const FileType = { Unknown: 0, File: 1, Directory: 2 };
export const UIKind = { Desktop: 1, Web: 2 };
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 };
export const NotebookCellKind = { Markup: 1, Code: 2 };
export const LanguageStatusSeverity = { Information: 0, Warning: 1, Error: 2 };
export const EndOfLine = { LF: 1, CRLF: 2 };

// ---- documents

export class TextDocument {
  version = 1;
  isDirty = false;
  isClosed = false;
  readonly languageId = 'kmodel';
  constructor(readonly uri: URI, private content: string) {}
  get fileName(): string {
    return this.uri.fsPath;
  }
  getText(): string {
    return this.content;
  }
  replace(text: string): void {
    this.content = text;
    this.version += 1;
    this.isDirty = true;
  }
  /** The position of the first place where a text stands, or of the end of it. */
  find(text: string, after = false): Position {
    const at = this.content.indexOf(text);
    if (at < 0) throw new Error(`there is no ${text} in ${this.uri.path}`);
    const before = this.content.slice(0, at + (after ? text.length : 0));
    return new Position(before.split('\n').length - 1, before.length - before.lastIndexOf('\n') - 1);
  }
  lineAt(line: number): { text: string } {
    return { text: this.content.split('\n')[line] ?? '' };
  }
  async save(): Promise<boolean> {
    writeFileSync(this.fileName, this.content);
    this.isDirty = false;
    events.saved.fire(this);
    return true;
  }
}

const events = {
  opened: new EventEmitter<TextDocument>(),
  changed: new EventEmitter<unknown>(),
  closed: new EventEmitter<TextDocument>(),
  saved: new EventEmitter<TextDocument>(),
  configured: new EventEmitter<unknown>(),
  tabs: new EventEmitter<unknown>(),
};

// ---- what a test looks at

/** Settings by their full names. */
export const settings = new Map<string, unknown>();
/** What was registered: `hover` has the providers of hovers. */
export const providers = new Map<string, unknown[][]>();
export const commandsKnown = new Map<string, (...args: unknown[]) => unknown>();
export const messages: string[] = [];
export const logged: string[] = [];
export const panels: { title: string; html: string; disposed: boolean }[] = [];
export const shown: TextDocument[] = [];
export const diagnostics = new Map<string, Diagnostic[]>();
/** What the next message is answered with. */
export const answers: string[] = [];
/** The folder of the workspace. */
export const root = { path: undefined as string | undefined };

/** Opens a file in the editor. */
export function open(path: string, text = readFileSync(path, 'utf8')): TextDocument {
  const document = new TextDocument(Uri.file(path), text);
  workspace.textDocuments.push(document);
  window.activeTextEditor = { document };
  events.opened.fire(document);
  events.tabs.fire({ opened: [tab(document)], closed: [], changed: [] });
  return document;
}

const tab = (document: TextDocument) => ({ input: new TabInputText(document.uri) });

/** Types: replaces the whole text. */
export function type(document: TextDocument, text: string): void {
  const before = document.getText();
  const lines = before.split('\n');
  const range = new Range(0, 0, lines.length - 1, lines.at(-1)?.length ?? 0);
  document.replace(text);
  const change = { range, rangeOffset: 0, rangeLength: before.length, text };
  events.changed.fire({ document, contentChanges: [change], reason: undefined });
}

export function close(document: TextDocument): void {
  workspace.textDocuments.splice(workspace.textDocuments.indexOf(document), 1);
  document.isClosed = true;
  events.closed.fire(document);
}

/** Changes a setting, as the user does. */
export function configure(name: string, value: unknown): void {
  settings.set(name, value);
  events.configured.fire({ affectsConfiguration: (section: string) => name === section || name.startsWith(`${section}.`) });
}

// ---- the parts of the interface

/** Anything that is asked of it does nothing and ends at once. */
function rest<T extends object>(known: T): T {
  return new Proxy(known, {
    get: (target, name) => {
      if (name in target) return target[name as keyof T];
      if (typeof name === 'string' && name.startsWith('onDid')) return () => new Disposable();
      if (typeof name === 'string' && name.startsWith('onWill')) return () => new Disposable();
      return () => new Disposable();
    },
  });
}

function channel(name: string) {
  const log = (text: unknown) => void logged.push(`${name}: ${String(text)}`);
  return { name, append: log, appendLine: log, info: log, warn: log, error: log, debug: log, trace: log, clear() {}, show() {}, hide() {}, dispose() {}, replace() {}, logLevel: 0, onDidChangeLogLevel: () => new Disposable() };
}

const register = (kind: string) => (...args: unknown[]) => {
  const list = providers.get(kind) ?? [];
  providers.set(kind, [...list, args]);
  return new Disposable(() => providers.set(kind, (providers.get(kind) ?? []).filter((one) => one !== args)));
};

export const languages = new Proxy({} as Record<string, unknown>, {
  get: (_, name: string) => {
    if (name === 'match') return (selector: unknown, document: TextDocument) => (JSON.stringify(selector).includes(document.languageId) ? 10 : 0);
    if (name === 'createDiagnosticCollection') {
      return () => ({
        set: (uri: URI, list: Diagnostic[] | undefined) => diagnostics.set(uri.toString(), [...(list ?? [])]),
        delete: (uri: URI) => diagnostics.delete(uri.toString()),
        has: (uri: URI) => diagnostics.has(uri.toString()),
        clear: () => diagnostics.clear(),
        dispose: () => diagnostics.clear(),
      });
    }
    if (name.startsWith('onDid')) return () => new Disposable();
    return register(name.replace(/^register/, '').replace(/Provider$/, ''));
  },
});

export const commands = rest({
  registerCommand: (name: string, run: (...args: unknown[]) => unknown) => {
    if (commandsKnown.has(name)) throw new Error(`command '${name}' already exists`);
    commandsKnown.set(name, run);
    return new Disposable(() => commandsKnown.delete(name));
  },
  executeCommand: async (name: string, ...args: unknown[]) => commandsKnown.get(name)?.(...args),
  getCommands: async () => [...commandsKnown.keys()],
});

export const window = rest({
  activeTextEditor: undefined as { document: TextDocument } | undefined,
  visibleTextEditors: [],
  tabGroups: {
    get all() {
      return [{ tabs: workspace.textDocuments.map(tab) }];
    },
    onDidChangeTabs: events.tabs.event,
    onDidChangeTabGroups: () => new Disposable(),
  },
  createOutputChannel: channel,
  showErrorMessage: async (text: string) => {
    messages.push(text);
    return answers.shift();
  },
  showInformationMessage: async (text: string) => {
    messages.push(text);
    return answers.shift();
  },
  showWarningMessage: async (text: string) => {
    messages.push(text);
    return answers.shift();
  },
  showTextDocument: async (document: TextDocument) => {
    shown.push(document);
    return { document };
  },
  withProgress: async (_: unknown, task: (progress: unknown, token: unknown) => unknown) =>
    task({ report() {} }, new CancellationTokenSource().token),
  createWebviewPanel: (_: string, title: string) => {
    const panel = { title, html: '', disposed: false };
    const ended = new EventEmitter<void>();
    panels.push(panel);
    return {
      webview: {
        set html(html: string) {
          panel.html = html;
        },
      },
      reveal() {},
      onDidDispose: ended.event,
      dispose() {
        panel.disposed = true;
        ended.fire();
      },
    };
  },
});

const contents = new Map<string, { provideTextDocumentContent(uri: URI): Promise<string> }>();

export const workspace = rest({
  textDocuments: [] as TextDocument[],
  notebookDocuments: [],
  get workspaceFolders() {
    return root.path === undefined ? undefined : [{ uri: Uri.file(root.path), name: 'test', index: 0 }];
  },
  getWorkspaceFolder: () => undefined,
  isTrusted: true,
  onDidOpenTextDocument: events.opened.event,
  onDidChangeTextDocument: events.changed.event,
  onDidCloseTextDocument: events.closed.event,
  onDidSaveTextDocument: events.saved.event,
  onDidChangeConfiguration: events.configured.event,
  fs: { isWritableFileSystem: () => true },
  getConfiguration: (section?: string) => ({
    get: (name: string, otherwise?: unknown) => settings.get(section ? `${section}.${name}` : name) ?? otherwise,
    has: (name: string) => settings.has(section ? `${section}.${name}` : name),
    inspect: () => undefined,
    update: async () => {},
  }),
  createFileSystemWatcher: () => rest({ dispose() {} }),
  registerTextDocumentContentProvider: (scheme: string, provider: { provideTextDocumentContent(uri: URI): Promise<string> }) => {
    contents.set(scheme, provider);
    return new Disposable(() => contents.delete(scheme));
  },
  openTextDocument: async (uri: URI) => {
    const text = await contents.get(uri.scheme)?.provideTextDocumentContent(uri);
    const document = new TextDocument(uri, text ?? '');
    workspace.textDocuments.push(document);
    return document;
  },
  applyEdit: async () => true,
  asRelativePath: (path: string) => path,
});

export const env = rest({ language: 'en', appName: 'test', machineId: 'test', uiKind: 1, isTelemetryEnabled: false, clipboard: {} });
export const extensions = rest({ getExtension: () => undefined, all: [] });
export const notebooks = rest({});
export const l10n = { t: (text: string) => text };
export const debug = rest({});
export const tasks = rest({});
export const authentication = rest({});
export const lm = rest({});
