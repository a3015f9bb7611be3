//! The language server: `kmodel lsp`, over standard input and output.
//!
//! One thread reads messages, one writes them, one evaluates models while the user is not typing; all decisions are made in the main
//! loop, in the order of the messages. The answers come from [`crate::ide`]; this module has only the protocol, the open
//! files, and the scheduling.

#![expect(clippy::disallowed_methods, reason = "it finds files of the workspace, and waits until the typing stops")]

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::model::Lock;
use crate::world::access::Access;

mod capability;
mod convert;
mod diagnostic;
mod document;
mod feature;
mod files;
mod notification;
mod progress;
mod request;
mod server;
mod standard;
mod transport;
mod uri;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use server::Ended;

/// The dependencies of the server.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    /// The lock of a cluster, from the file beside a model.
    pub lock: fn(&Path, &str) -> Lock,
    /// Called when the work of a request, a check or a model begins; a test fails there, as a mistake of ours would.
    pub begins: fn(&str),
}

/// Stack for threads that parse or check: trees may be deep.
const STACK: usize = 16 << 20;

/// Serves one client until it ends the session or closes the input. Models may read below the workspace, and what is allowed.
pub(crate) fn serve<R, W>(host: Host, access: Access, input: R, output: W) -> Ended
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    let (events, received) = mpsc::channel();
    let (sender, messages) = mpsc::channel();
    let reader_events = events.clone();
    // The reader ends with the input, which may be after the session, so it is not joined.
    thread::spawn(move || transport::read(input, &reader_events));
    let writer = thread::spawn(move || transport::write(output, &messages));
    let worker = worker::Worker::start(host, events.clone());
    let main = thread::Builder::new().name("main".to_owned()).stack_size(STACK);
    let main = main.spawn(move || server::Server::new(host, (sender, events), worker, access).run(&received));
    let ended = main.ok().and_then(|thread| thread.join().ok()).unwrap_or(Ended::Badly);
    // All messages are written before the program ends.
    let _ = writer.join();
    ended
}
