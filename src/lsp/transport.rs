//! Messages on a stream: headers, a length, and JSON.
//!
//! A message that cannot be read is answered with an error and the next one is looked for, so that one bad message does
//! not end the session.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, Sender};

use lsp_server::{Message, RequestId};
use serde_json::{Value, json};

/// What happens to the server.
#[derive(Debug)]
pub(super) enum Event {
    Message(Message),
    /// Something that is no message: what is wrong with it, the error's code, and the id it had, if any.
    Malformed {
        why: String,
        code: i32,
        id: Option<RequestId>,
    },
    /// The input has ended.
    Closed,
    /// The model of a root was evaluated.
    Evaluated(super::worker::Evaluated),
    /// A model was not evaluated, since something changed meanwhile.
    Skipped(crate::check::ModulePlace),
    /// A command has run.
    Ran {
        id: RequestId,
        answer: super::server::Answer<Value>,
    },
}

/// What is sent: a message, or an answer to something that had no id.
#[derive(Debug)]
pub(super) enum Outgoing {
    Message(Message),
    Raw(Value),
}

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;

/// No message is longer than this.
const LONGEST: usize = 256 << 20;

/// Reads messages until the input ends.
pub(super) fn read(input: impl Read, events: &Sender<Event>) {
    let mut input = BufReader::new(input);
    loop {
        let event = match body(&mut input) {
            Ok(Some(bytes)) => understand(&bytes),
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => malformed(error.to_string(), PARSE_ERROR, None),
            Err(_) => break,
        };
        if events.send(event).is_err() {
            return;
        }
    }
    // Nobody is left to hear it when the session is over.
    let _ = events.send(Event::Closed);
}

/// The bytes of the next message; `InvalidData` when its header makes no sense, which is then skipped.
fn body(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        // A header line is short; what is longer is none.
        if input.by_ref().take(8192).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            if lines == 0 {
                continue;
            }
            break;
        }
        lines += 1;
        if let Some((name, value)) = text.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length = length.ok_or_else(|| invalid("a message has no `Content-Length` header"))?;
    if length > LONGEST {
        return Err(invalid("the message is too long"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

fn malformed(why: String, code: i32, id: Option<RequestId>) -> Event {
    Event::Malformed { why, code, id }
}

fn understand(bytes: &[u8]) -> Event {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return malformed(format!("not JSON: {error}"), PARSE_ERROR, None),
    };
    let id = value.get("id").cloned().and_then(|id| serde_json::from_value(id).ok());
    if !value.is_object() {
        return malformed("a message is not an object".to_owned(), INVALID_REQUEST, None);
    }
    // A request whose id is no id would be taken for a notification.
    if value.get("id").is_some() && id.is_none() && value.get("method").is_some() {
        return malformed("an id is a 32-bit integer or a string".to_owned(), INVALID_REQUEST, None);
    }
    match serde_json::from_value(value) {
        Ok(message) => Event::Message(message),
        Err(error) => malformed(format!("not a message: {error}"), INVALID_REQUEST, id),
    }
}

/// Writes messages until nobody sends any more, or nobody listens.
pub(super) fn write(mut output: impl Write, messages: &Receiver<Outgoing>) {
    for message in messages {
        let written = match message {
            Outgoing::Message(message) => message.write(&mut output),
            Outgoing::Raw(value) => raw(&mut output, &value),
        };
        if written.is_err() {
            return;
        }
    }
}

fn raw(output: &mut impl Write, value: &Value) -> io::Result<()> {
    let text = value.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// The answer to something that had no id to answer to.
pub(super) fn error_without_id(code: i32, message: &str) -> Outgoing {
    Outgoing::Raw(json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn events(input: &str) -> Vec<Event> {
        let (sender, receiver) = mpsc::channel();
        read(input.as_bytes(), &sender);
        receiver.try_iter().collect()
    }

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    #[test]
    fn a_bad_message_does_not_end_the_session() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"x"}"#);
        for bad in ["{", "[]", "7", r#"{"id":1.5,"method":"x"}"#, r#"{"id":3}"#, "\u{0}"] {
            let found = events(&format!("{}{good}", framed(bad)));
            assert!(matches!(found.as_slice(), [Event::Malformed { .. }, Event::Message(_), Event::Closed]), "{bad}");
        }
    }

    #[test]
    fn headers_may_be_strange() {
        let text = "content-length: 30\r\nContent-Type: x\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"x\"}";
        assert!(matches!(events(text)[..], [Event::Message(_), Event::Closed]));
        let none = format!("Hello: 1\r\n\r\n{}", framed(r#"{"jsonrpc":"2.0","method":"x"}"#));
        assert!(matches!(events(&none)[..], [Event::Malformed { .. }, Event::Message(_), Event::Closed]));
        assert!(matches!(events("Content-Length: 99\r\n\r\n{}")[..], [Event::Closed]));
        assert!(matches!(events("Content-Length: 99999999999\r\n\r\n")[..], [Event::Malformed { .. }, Event::Closed]));
    }
}
