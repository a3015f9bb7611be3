//! Requests, and their handlers.

use std::time::{Duration, Instant};

use lsp_server::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::capability::{self, Client};
use super::feature::{command, template};
use super::server::{Answer, RequestError, Server, Stage};
use crate::check::ModulePlace;

/// How long a request waits for a model that it can do without.
const BRIEFLY: Duration = Duration::from_millis(200);

/// The result of handling a request.
pub(super) enum Handled {
    Now(Answer<Value>),
    /// It waits for a model or a command, and is answered with it.
    Later,
}

impl Server {
    /// Answers a request, or keeps it until it can be.
    pub(super) fn request(&mut self, request: Request) {
        let id = request.id.clone();
        match self.handled(request) {
            Handled::Now(answer) => self.respond(id, answer),
            Handled::Later => {}
        }
    }

    /// Answers a request that has waited for a model with what is known without it.
    pub(super) fn answer_without_model(&mut self, request: Request) {
        let id = request.id.clone();
        let answer = self.answer(request);
        self.respond(id, answer);
    }

    fn handled(&mut self, request: Request) -> Handled {
        let refuse = |code, message: &str| Handled::Now(Err(RequestError { code, message: message.to_owned() }));
        match (self.stage, request.method.as_str()) {
            (Stage::New, "initialize") => Handled::Now(self.initialize(&request.params)),
            (Stage::New, _) => refuse(-32002, "expected `initialize` as the first request"),
            (Stage::Over, _) => refuse(-32600, "the session has been shut down: only `exit` is allowed"),
            (Stage::Running, "initialize") => refuse(-32600, "the session is already initialized"),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::Over;
                Handled::Now(Ok(Value::Null))
            }
            (Stage::Running, _) => self.feature(request),
        }
    }

    fn initialize(&mut self, raw: &Value) -> Answer<Value> {
        let params: lsp_types::InitializeParams = read(raw.clone())?;
        self.client = Client::read(&params, raw);
        self.stage = Stage::Running;
        self.discover(&params);
        let capabilities = capability::server(&self.client);
        let info = json!({ "name": "kmodel", "version": env!("CARGO_PKG_VERSION") });
        let result = json!({ "capabilities": capabilities, "serverInfo": info });
        Ok(result)
    }

    /// The root whose model a request waits for.
    fn lacks_model(&mut self, request: &Request) -> Option<ModulePlace> {
        let paths = ["/textDocument/uri", "/item/uri", "/arguments/0"];
        let uri = paths.iter().find_map(|path| request.params.pointer(path)?.as_str())?;
        let uri = uri.parse().ok()?;
        // Who types is not kept waiting: what has been edited is explained at once.
        let document = self.documents.get(&super::uri::place(&uri));
        if waits_briefly(request) && document.is_none_or(|document| document.is_edited) {
            return None;
        }
        let file = self.file(&uri).ok()?;
        self.waits_for(&file)
    }

    fn feature(&mut self, request: Request) -> Handled {
        if let Some(place) = template::asked(&request) {
            return Handled::Now(self.of_template(request, &place));
        }
        if (takes_model(&request) || waits_briefly(&request))
            && let Some(root) = self.lacks_model(&request)
        {
            self.begin_work(&request);
            let until = waits_briefly(&request).then(|| Instant::now() + BRIEFLY);
            self.park(request, root, until);
            return Handled::Later;
        }
        if request.method == "workspace/executeCommand" {
            let handled = self.execute(&request);
            if matches!(handled, Handled::Later) {
                self.begin_work(&request);
            }
            return handled;
        }
        Handled::Now(self.answer(request))
    }

    fn answer(&mut self, request: Request) -> Answer<Value> {
        let params = request.params;
        match request.method.as_str() {
            "textDocument/hover" => answer(params, |params| self.hover(&params)),
            "textDocument/definition" => answer(params, |params| self.definition(&params)),
            "textDocument/typeDefinition" => answer(params, |params| self.type_definition(&params)),
            "textDocument/completion" => answer(params, |params| self.completion(&params)),
            "completionItem/resolve" => answer(params, |params| self.resolve_completion(params)),
            "textDocument/references" => answer(params, |params| self.references(&params)),
            "textDocument/documentHighlight" => answer(params, |params| self.highlights(&params)),
            "textDocument/prepareRename" => answer(params, |params| self.prepare_rename(&params)),
            "textDocument/rename" => answer(params, |params| self.rename(&params)),
            "textDocument/documentSymbol" => answer(params, |params| self.document_symbols(&params)),
            "workspace/symbol" => answer(params, |params| self.workspace_symbols(&params)),
            "textDocument/foldingRange" => answer(params, |params| self.folding_ranges(&params)),
            "textDocument/selectionRange" => answer(params, |params| self.selection_ranges(&params)),
            "textDocument/documentLink" => answer(params, |params| self.document_links(&params)),
            "textDocument/semanticTokens/full" => answer(params, |params| self.tokens_full(&params)),
            "textDocument/semanticTokens/full/delta" => answer(params, |params| self.tokens_delta(&params)),
            "textDocument/semanticTokens/range" => answer(params, |params| self.tokens_range(&params)),
            "textDocument/formatting" => answer(params, |params| self.formatting(&params)),
            "textDocument/rangeFormatting" => answer(params, |params| self.range_formatting(&params)),
            "textDocument/onTypeFormatting" => answer(params, |params| self.on_type_formatting(&params)),
            "textDocument/codeAction" => answer(params, |params| self.code_actions(&params)),
            "textDocument/signatureHelp" => answer(params, |params| self.signature_help(&params)),
            "textDocument/inlayHint" => answer(params, |params| self.inlay_hints(&params)),
            "textDocument/codeLens" => answer(params, |params| self.code_lenses(&params)),
            "textDocument/prepareCallHierarchy" => answer(params, |params| self.prepare_calls(&params)),
            "callHierarchy/incomingCalls" => answer(params, |params| self.incoming_calls(&params)),
            "callHierarchy/outgoingCalls" => answer(params, |params| self.outgoing_calls(&params)),
            "workspace/willRenameFiles" => answer(params, |params| self.will_rename(&params)),
            "textDocument/diagnostic" => answer(params, |params| self.pull(&params)),
            "workspace/diagnostic" => answer(params, |params| self.pull_workspace(&params)),
            method => Err(RequestError { code: -32601, message: format!("unknown method `{method}`") }),
        }
    }
}

/// Whether the answer to a request takes the model.
fn takes_model(request: &Request) -> bool {
    match request.method.as_str() {
        "textDocument/inlayHint"
        | "textDocument/codeLens"
        | "textDocument/prepareCallHierarchy"
        | "callHierarchy/incomingCalls"
        | "callHierarchy/outgoingCalls" => true,
        "workspace/executeCommand" => request.params.get("command").is_some_and(|name| name == command::UNITS),
        _ => false,
    }
}

/// Whether the answer to a request says more with the model, and is worth something without.
fn waits_briefly(request: &Request) -> bool {
    request.method == "textDocument/hover"
}

/// Reads what a request is given.
pub(super) fn read<P: DeserializeOwned>(params: Value) -> Answer<P> {
    serde_json::from_value(params).map_err(|error| RequestError::invalid(format!("invalid parameters: {error}")))
}

fn answer<P, R>(params: Value, handler: impl FnOnce(P) -> Answer<R>) -> Answer<Value>
where
    P: DeserializeOwned,
    R: Serialize,
{
    let answer = handler(read(params)?)?;
    serde_json::to_value(answer).map_err(|error| RequestError { code: -32603, message: error.to_string() })
}
