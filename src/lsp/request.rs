//! Requests, and who answers them.

use lsp_server::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::capability::{self, Client};
use super::server::{Answer, Failure, Server, Stage};

/// What became of a request.
pub enum Handled {
    Now(Answer<Value>),
}

impl Server {
    /// Answers a request, or keeps it until it can be.
    pub(super) fn request(&mut self, request: Request) {
        let id = request.id.clone();
        match self.handled(request) {
            Handled::Now(answer) => self.respond(id, answer),
        }
    }

    fn handled(&mut self, request: Request) -> Handled {
        let refuse = |code, message: &str| Handled::Now(Err(Failure { code, message: message.to_owned() }));
        match (self.stage, request.method.as_str()) {
            (Stage::New, "initialize") => Handled::Now(self.initialize(&request.params)),
            (Stage::New, _) => refuse(-32002, "the first request is `initialize`"),
            (Stage::Over, _) => refuse(-32600, "the session is over: only `exit` may follow"),
            (Stage::Running, "initialize") => refuse(-32600, "the session has begun already"),
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

    fn feature(&mut self, request: Request) -> Handled {
        let params = request.params.clone();
        Handled::Now(match request.method.as_str() {
            "textDocument/hover" => answer(params, |params| self.hover(&params)),
            "textDocument/definition" => answer(params, |params| self.definition(&params)),
            "textDocument/typeDefinition" => answer(params, |params| self.type_definition(&params)),
            "textDocument/completion" => answer(params, |params| self.completion(&params)),
            "completionItem/resolve" => answer(params, |params| self.resolve_completion(params)),
            "textDocument/diagnostic" => answer(params, |params| self.pull(&params)),
            "workspace/diagnostic" => answer(params, |params| self.pull_workspace(&params)),
            method => Err(Failure { code: -32601, message: format!("the server does not know `{method}`") }),
        })
    }
}

/// Reads what a request is given.
pub fn read<P: DeserializeOwned>(params: Value) -> Answer<P> {
    serde_json::from_value(params).map_err(|error| Failure::invalid(format!("the parameters cannot be read: {error}")))
}

fn answer<P, R>(params: Value, handler: impl FnOnce(P) -> Answer<R>) -> Answer<Value>
where
    P: DeserializeOwned,
    R: Serialize,
{
    let answer = handler(read(params)?)?;
    serde_json::to_value(answer).map_err(|error| Failure { code: -32603, message: error.to_string() })
}
