//! A server that speaks HTTPS on loopback, with an authority of its own, and a proxy that leads to it.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How a path is answered.
#[derive(Clone)]
pub enum Answer {
    Text(String),
    /// With a status, further headers and a text.
    Status(u16, Vec<(String, String)>, String),
    Redirect(String),
    /// Nothing comes for so long.
    Stall(Duration),
    /// The header promises more than there is.
    Cut(String),
    /// It goes on and on.
    Endless,
}

pub type Answers = HashMap<String, Answer>;

pub struct Server {
    pub port: u16,
    /// The certificate of its authority.
    pub authority: String,
    /// The paths that were asked for, as they came.
    pub asked: Arc<Mutex<Vec<String>>>,
}

/// Serves paths under some host names, for as long as the test runs.
pub fn serve(answers: Answers, names: &[&str]) -> Server {
    let (config, authority) = tls(names);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        let answers = Arc::new(answers);
        for stream in listener.incoming().flatten() {
            let (config, answers, seen) = (Arc::clone(&config), Arc::clone(&answers), Arc::clone(&seen));
            thread::spawn(move || one(stream, config, &answers, &seen));
        }
    });
    Server { port, authority, asked }
}

fn tls(names: &[&str]) -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(names).expect("names").signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("a certificate with its key");
    (Arc::new(config), authority.pem())
}

/// Answers one request; a client that goes away is none of the server's business.
fn one(stream: TcpStream, config: Arc<ServerConfig>, answers: &Answers, seen: &Mutex<Vec<String>>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let (path, headers) = request(&mut stream)?;
    let asked = headers.iter().find_map(|line| line.strip_prefix("authorization: "));
    let path = asked.map_or(path.clone(), |asked| format!("{path} {asked}"));
    seen.lock().expect("one thread at a time").push(path.clone());
    answer(&mut stream, answers.get(&path)).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

/// The path of a request, and its headers with names in lower case.
fn request(stream: &mut impl Read) -> Option<(String, Vec<String>)> {
    let mut lines = BufReader::with_capacity(1, stream).lines();
    let first = lines.next()?.ok()?;
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let lower = |line: String| match line.split_once(':') {
        Some((name, value)) => format!("{}: {}", name.to_lowercase(), value.trim()),
        None => line,
    };
    Some((first.split(' ').nth(1)?.to_owned(), headers.map(lower).collect()))
}

fn answer(out: &mut impl Write, answer: Option<&Answer>) -> io::Result<()> {
    match answer {
        None => full(out, 404, &[], "<html>not found</html>"),
        Some(Answer::Text(text)) => full(out, 200, &[], text),
        Some(Answer::Status(status, headers, text)) => full(out, *status, headers, text),
        Some(Answer::Redirect(to)) => full(out, 302, &[("Location".to_owned(), to.clone())], ""),
        Some(Answer::Stall(time)) => {
            thread::sleep(*time);
            Ok(())
        }
        Some(Answer::Cut(text)) => {
            write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len() + 10)
        }
        Some(Answer::Endless) => {
            write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                out.write_all(&[b'a'; 1 << 16])?;
            }
        }
    }
}

fn full(out: &mut impl Write, status: u16, headers: &[(String, String)], text: &str) -> io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(out, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
}

/// A proxy whose every connection leads to a port of loopback; the hosts that were asked for, as they came.
pub fn proxy(to: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            thread::spawn(move || -> Option<()> {
                let (host, _) = request(&mut stream)?;
                seen.lock().expect("one thread at a time").push(host);
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).ok()?;
                write!(stream, "HTTP/1.1 200 OK\r\n\r\n").ok()?;
                let (mut back, mut client) = (server.try_clone().ok()?, stream.try_clone().ok()?);
                thread::spawn(move || io::copy(&mut back, &mut client));
                let mut server = server;
                io::copy(&mut stream, &mut server).ok().map(|_| ())
            });
        }
    });
    (port, asked)
}
