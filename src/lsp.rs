//! The language server: `kmodel lsp`, over standard input and output.
//!
//! One thread reads messages, one writes them, one evaluates models when nobody types; all decisions are made in the main
//! loop, in the order of the messages. What is answered comes from [`crate::ide`]; here are only the protocol, the open
//! files, and when things are computed.

#![expect(clippy::disallowed_methods, reason = "it finds files of the workspace, and waits until the typing stops")]

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::model::Lock;

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

pub use server::Ended;

/// What the server takes from outside.
#[derive(Clone, Copy)]
pub struct Host {
    /// What was decided for a cluster earlier: its part of the lock beside a model.
    pub lock: fn(&Path, &str) -> Lock,
}

/// Stack for threads that parse or check: trees may be deep.
const STACK: usize = 16 << 20;

/// Serves one client until it ends the session or closes the input.
pub fn serve<R, W>(host: Host, input: R, output: W) -> Ended
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    let (events, received) = mpsc::channel();
    let (sender, messages) = mpsc::channel();
    let reader_events = events.clone();
    // The reader ends with the input, which may be after the session: nobody waits for it.
    thread::spawn(move || transport::read(input, &reader_events));
    let writer = thread::spawn(move || transport::write(output, &messages));
    let worker = worker::Worker::start(host, events.clone());
    let main = thread::Builder::new().name("main".to_owned()).stack_size(STACK);
    let main = main.spawn(move || server::Server::new(sender, events, worker).run(&received));
    let ended = main.ok().and_then(|thread| thread.join().ok()).unwrap_or(Ended::Badly);
    // All that was said is on its way before the program ends.
    let _ = writer.join();
    ended
}
