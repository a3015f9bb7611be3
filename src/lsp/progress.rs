//! Progress: of the evaluation of a model, and of requests with a progress token.

use lsp_server::{Request, RequestId};
use serde_json::{Value, json};

use super::server::Server;

/// The name of the progress of an evaluation.
const TOKEN: &str = "kmodel/model";

impl Server {
    /// Begins the progress of a model.
    pub(super) fn begin_progress(&mut self) {
        self.slow = None;
        if self.evaluating.is_empty() || self.is_progressing {
            return;
        }
        self.is_progressing = true;
        self.ask("window/workDoneProgress/create", json!({ "token": TOKEN }));
        self.progress(&json!(TOKEN), json!({ "kind": "begin", "title": "kmodel", "message": "evaluating the model" }));
    }

    /// Ends the progress of a model.
    pub(super) fn finish_progress(&mut self) {
        if !self.evaluating.is_empty() {
            return;
        }
        self.slow = None;
        if std::mem::take(&mut self.is_progressing) {
            self.progress(&json!(TOKEN), json!({ "kind": "end" }));
        }
    }

    /// Begins the progress of a request, if it has a token.
    pub(super) fn begin_work(&mut self, request: &Request) {
        let token = request.params.get("workDoneToken").filter(|token| token.is_string() || token.is_number());
        let Some(token) = token.filter(|_| !self.working.contains_key(&request.id)).cloned() else { return };
        let command = request.params.get("command").and_then(Value::as_str);
        let title = command.unwrap_or("kmodel");
        self.progress(&token, json!({ "kind": "begin", "title": title, "message": "waiting for the model" }));
        self.working.insert(request.id.clone(), token);
    }

    /// Ends the progress of a request.
    pub(super) fn finish_work(&mut self, id: &RequestId) {
        if let Some(token) = self.working.remove(id) {
            self.progress(&token, json!({ "kind": "end" }));
        }
    }

    fn progress(&self, token: &Value, value: Value) {
        self.notify("$/progress", json!({ "token": token, "value": value }));
    }
}
