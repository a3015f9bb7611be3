//! The capabilities of the client and of this server.

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    CompletionOptionsCompletionItem, DiagnosticOptions, DiagnosticServerCapabilities, DocumentLinkOptions,
    DocumentOnTypeFormattingOptions, ExecuteCommandOptions, FileOperationFilter, FileOperationPattern,
    FileOperationRegistrationOptions, HoverProviderCapability, InitializeParams, OneOf, PositionEncodingKind,
    RenameOptions, SaveOptions, SemanticTokensFullOptions, SemanticTokensOptions, ServerCapabilities,
    SignatureHelpOptions, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkDoneProgressOptions, WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use serde_json::Value;

use super::feature::{command, token};
use crate::ide::line::Encoding;

/// The capabilities of the client.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub encoding: Encoding,
    /// It asks for diagnostics itself, so they are not pushed.
    pub pulls: bool,
    pub snippets: bool,
    /// Documents are asked for by `completionItem/resolve`.
    pub resolves_docs: bool,
    pub location_links: bool,
    pub watches_files: bool,
    pub nested_symbols: bool,
    pub progress: bool,
    pub document_changes: bool,
    pub refreshes: Refresh,
}

/// Which results the client can be asked to refresh.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refresh {
    pub hints: bool,
    pub lenses: bool,
    pub diagnostics: bool,
}

impl Client {
    /// Reads the capabilities that the client sends.
    pub(super) fn read(params: &InitializeParams, raw: &Value) -> Self {
        let is = |path: &str| raw.pointer(&format!("/capabilities{path}")).and_then(Value::as_bool).unwrap_or(false);
        let has = |path: &str| raw.pointer(&format!("/capabilities{path}")).is_some_and(|value| !value.is_null());
        let options = params.initialization_options.as_ref();
        let asked = options.and_then(|options| options.get("diagnostics")).and_then(Value::as_str);
        let docs = raw.pointer("/capabilities/textDocument/completion/completionItem/resolveSupport/properties");
        Self {
            encoding: encoding(params),
            pulls: match asked {
                Some("push") => false,
                Some("pull") => true,
                _ => has("/textDocument/diagnostic"),
            },
            snippets: is("/textDocument/completion/completionItem/snippetSupport"),
            resolves_docs: docs
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(|one| one == "documentation")),
            location_links: is("/textDocument/definition/linkSupport"),
            watches_files: is("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            progress: is("/window/workDoneProgress"),
            nested_symbols: is("/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport"),
            document_changes: is("/workspace/workspaceEdit/documentChanges"),
            refreshes: Refresh {
                hints: is("/workspace/inlayHint/refreshSupport"),
                lenses: is("/workspace/codeLens/refreshSupport"),
                diagnostics: is("/workspace/diagnostics/refreshSupport") || is("/workspace/diagnostic/refreshSupport"),
            },
        }
    }
}

/// The first encoding that both know; UTF-8 needs no counting, so it is taken where it is offered first.
fn encoding(params: &InitializeParams) -> Encoding {
    let offered = params.capabilities.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    let known = offered.into_iter().flatten().find_map(|kind| match kind.as_str() {
        "utf-8" => Some(Encoding::Utf8),
        "utf-16" => Some(Encoding::Utf16),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    });
    known.unwrap_or_default()
}

/// The capabilities of this server for that client.
pub(super) fn server(client: &Client) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match client.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
                ..TextDocumentSyncOptions::default()
            }
            .into(),
        ),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        type_definition_provider: Some(true.into()),
        completion_provider: Some(completion()),
        diagnostic_provider: Some(DiagnosticServerCapabilities::Options(DiagnosticOptions {
            identifier: Some("kmodel".to_owned()),
            inter_file_dependencies: true,
            workspace_diagnostics: true,
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(true.into()),
        selection_range_provider: Some(true.into()),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: token::legend(),
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "}".to_owned(),
            more_trigger_character: Some(vec!["\n".to_owned()]),
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_owned(), ",".to_owned()]),
            ..SignatureHelpOptions::default()
        }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        call_hierarchy_provider: Some(true.into()),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: command::ALL.map(str::to_owned).to_vec(),
            work_done_progress_options: WorkDoneProgressOptions { work_done_progress: Some(true) },
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(file_operations()),
        }),
        ..ServerCapabilities::default()
    }
}

/// File operations: renames and deletions are followed.
fn file_operations() -> WorkspaceFileOperationsServerCapabilities {
    let filter = |glob: &str| FileOperationFilter {
        scheme: None,
        pattern: FileOperationPattern { glob: glob.to_owned(), matches: None, options: None },
    };
    let filters = vec![filter("**/*.{km,j2}"), filter("**/")];
    let registration = Some(FileOperationRegistrationOptions { filters });
    WorkspaceFileOperationsServerCapabilities {
        will_rename: registration.clone(),
        did_rename: registration.clone(),
        did_delete: registration,
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}

fn completion() -> CompletionOptions {
    CompletionOptions {
        resolve_provider: Some(true),
        trigger_characters: Some([".", "/", "$", "\""].map(str::to_owned).to_vec()),
        completion_item: Some(CompletionOptionsCompletionItem { label_details_support: Some(true) }),
        ..CompletionOptions::default()
    }
}
