//! A session outlives a mistake of ours, and goes on giving diagnostics.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Access, Ended, Host, Lock, serve};

/// What fails, and how often it has.
static FAULT: Mutex<(&str, u32)> = Mutex::new(("", 0));

fn begins(what: &str) {
    let mut fault = FAULT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if fault.0 == what && fault.1 == 0 {
        fault.1 += 1;
        drop(fault);
        panic!("a fault of this test");
    }
}

struct Session {
    input: PipeWriter,
    output: BufReader<PipeReader>,
    server: JoinHandle<Ended>,
}

const URI: &str = "file:///models/a.km";

impl Session {
    fn begin() -> Self {
        let ((read, input), (output, write)) = (pipe().unwrap(), pipe().unwrap());
        let host = Host { lock: |_, _| Lock::default(), begins };
        let server = thread::spawn(move || serve(host, Access::default(), read, write));
        let mut session = Self { input, output: BufReader::new(output), server };
        session.ask(1, "initialize", &json!({ "capabilities": {} }));
        session.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        session
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The answer to a request.
    fn ask(&mut self, id: i32, method: &str, params: &Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.until(|message| message["id"] == id)
    }

    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                assert!(self.output.read_line(&mut line).unwrap() > 0, "the session has ended");
                match line.trim().split_once(": ") {
                    Some(("Content-Length", number)) => length = number.parse().unwrap(),
                    Some(_) => {}
                    None => break,
                }
            }
            let mut bytes = vec![0; length];
            self.output.read_exact(&mut bytes).unwrap();
            let message: Value = serde_json::from_slice(&bytes).unwrap();
            if is_it(&message) {
                return message;
            }
        }
    }

    /// Gives the file a text, and waits until it was checked.
    fn diagnostics(&mut self, version: i32, count: &str) -> usize {
        let text = format!("machines m[{count}] {{}}\n");
        match version {
            1 => {
                let document = json!({ "uri": URI, "languageId": "kmodel", "version": 1, "text": text });
                self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
            }
            _ => {
                let document = json!({ "uri": URI, "version": version });
                self.notify(
                    "textDocument/didChange",
                    &json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
                );
            }
        }
        let published = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["version"] == version
        });
        published["params"]["diagnostics"].as_array().unwrap().len()
    }
}

#[test]
fn a_session_outlives_a_fault_anywhere() {
    let hover = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 2 } });
    for what in ["textDocument/hover", "check", "model"] {
        *FAULT.lock().unwrap() = ("", 0);
        let mut session = Session::begin();
        assert!(session.diagnostics(1, "x") > 0, "{what}");
        *FAULT.lock().unwrap() = (what, 0);
        let cluster =
            "cluster c { kubernetes = 1.34.8, pods = 10.1.0.0/16, services = 10.2.0.0/16, nodes = 10.3.0.0/24 }";
        let change = json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": cluster }] });
        session.notify("textDocument/didChange", &change);
        let answer = session.ask(2, "textDocument/hover", &hover);
        assert_eq!(answer["error"].is_object(), what == "textDocument/hover", "{what}: {answer}");
        let symbols = session.ask(3, "textDocument/documentSymbol", &json!({ "textDocument": { "uri": URI } }));
        assert!(symbols["result"].as_array().is_some_and(|list| !list.is_empty()), "{what}: {symbols}");
        // A model is evaluated once the typing has paused.
        let begin = Instant::now();
        while FAULT.lock().unwrap().1 == 0 && begin.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(
            session.diagnostics(3, "y") > 0 && session.diagnostics(4, "2") < session.diagnostics(5, "1..x"),
            "{what}"
        );
        assert_eq!(FAULT.lock().unwrap().1, 1, "{what} has failed once");
        session.ask(6, "shutdown", &Value::Null);
        session.notify("exit", &Value::Null);
        assert_eq!(session.server.join().unwrap(), Ended::Well);
    }
}
