//! Connections tested from the machines that make them.

use std::collections::BTreeMap;
use std::thread;

use crate::compile::{Connection, Identity};
use crate::pki::spec::San;

use super::transport::Transport;

const SCRIPT: &str = include_str!("connectivity.sh");

/// The result of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Connectivity {
    /// Both ends verify, or, without TLS, the server accepts the connection.
    Ok,
    Failed(String),
    /// The machine has no program to test it with.
    Untried(String),
}

/// Tests connections, each from its machine, and returns the results in their order. `unreachable` has the reason why a machine
/// cannot run tests, such as one that is stopped.
pub(crate) fn test_all(
    transport: &dyn Transport,
    connections: &[Connection],
    unreachable: &BTreeMap<String, String>,
) -> Vec<Connectivity> {
    let mut by_machine: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, connection) in connections.iter().enumerate() {
        by_machine.entry(&connection.machine).or_default().push(place);
    }
    let mut results = vec![Connectivity::Untried("its machine did not answer".to_owned()); connections.len()];
    for (place, connection) in connections.iter().enumerate() {
        if let Some(why) = unreachable.get(&*connection.machine) {
            results[place] = Connectivity::Failed(why.clone());
        }
    }
    let found: Vec<_> = thread::scope(|scope| {
        let asked = by_machine.iter().filter(|(machine, _)| !unreachable.contains_key(**machine));
        let threads: Vec<_> = asked
            .map(|(machine, places)| scope.spawn(|| from_machine(transport, machine, connections, places)))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a connection test does not panic")).collect()
    });
    for (place, result) in found {
        results[place] = result;
    }
    results
}

fn from_machine(
    transport: &dyn Transport,
    machine: &str,
    connections: &[Connection],
    places: &[usize],
) -> Vec<(usize, Connectivity)> {
    let input: String = places.iter().map(|place| line(*place, &connections[*place])).collect();
    match transport.inside(machine, SCRIPT, &[], input.as_bytes()) {
        Ok(answer) => read(&String::from_utf8_lossy(&answer.out), connections.len()),
        Err(error) => places.iter().map(|place| (*place, Connectivity::Untried(error.message.clone()))).collect(),
    }
}

/// The fields are addresses, names and paths of the model, in which there is no `|`: the plan of the boot refuses one.
fn line(place: usize, connection: &Connection) -> String {
    let Connection { address, port, tls, .. } = connection;
    let Some(tls) = tls else { return format!("{place}|{address}|{port}|tcp|||||\n") };
    let name = match &tls.name {
        Some(San::Ip(address)) => format!("ip:{address}"),
        Some(San::Dns(name)) => format!("dns:{name}"),
        None => String::new(),
    };
    let authority = tls.authority.as_deref().unwrap_or_default();
    let (certificate, key, kubeconfig) = match &tls.identity {
        Some(Identity::Files { certificate, key }) => (certificate.as_str(), key.as_str(), ""),
        Some(Identity::Kubeconfig(path)) => ("", "", path.as_str()),
        None => ("", "", ""),
    };
    format!("{place}|{address}|{port}|tls|{name}|{authority}|{certificate}|{key}|{kubeconfig}\n")
}

fn read(text: &str, count: usize) -> Vec<(usize, Connectivity)> {
    let parse = |line: &str| {
        let mut fields = line.splitn(3, '|');
        let place: usize = fields.next()?.parse().ok().filter(|place| *place < count)?;
        let (state, why) = (fields.next()?, fields.next().unwrap_or_default().trim().to_lowercase());
        Some((
            place,
            match state {
                "ok" => Connectivity::Ok,
                "untried" => Connectivity::Untried(why),
                _ => Connectivity::Failed(why),
            },
        ))
    };
    text.lines().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_of_a_connection_is_passed_over() {
        let text = "0|ok|\n2|failed|Connection refused\n1|untried|no openssl\n3|ok|\nbash: no job control\n";
        let expected = [
            (0, Connectivity::Ok),
            (2, Connectivity::Failed("connection refused".to_owned())),
            (1, Connectivity::Untried("no openssl".to_owned())),
        ];
        assert_eq!(read(text, 3), expected);
    }
}
