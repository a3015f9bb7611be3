//! What `preflight` asks of a machine, in network namespaces: ports that programs hold, routes that are open, closed and too narrow.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::host::network::Network;
use crate::host::rendered::Machine;
use crate::host::tool::tool;

const WHAT: &str = "questions before a machine is set up";
const SCRIPT: &str = include_str!("../../src/apply/ssh/examine.sh");

fn machine(name: &str, address: &str) -> Machine {
    Machine { name: name.to_owned(), address: address.parse().unwrap(), arch: "amd64".to_owned() }
}

/// What a machine answers.
fn asked(mut command: Command, questions: &str) -> String {
    let mut child = command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn ports_and_routes_are_seen_as_they_are() {
    let (Some(ip), Some(bash), Some(_), Some(nft)) =
        (tool("ip", WHAT), tool("bash", WHAT), tool("ss", WHAT), tool("nft", WHAT))
    else {
        return;
    };
    let machines = [machine("one", "10.20.0.1"), machine("two", "10.20.0.2"), machine("shut", "10.20.0.3")];
    let Some(network) = Network::new(&ip, &machines, WHAT) else { return };
    let drop = "table inet x { chain input { type filter hook input priority 0; tcp dport 2380 drop; }; }";
    assert!(network.on("shut", nft.path()).arg(drop).status().unwrap().success());
    let listens = "exec 3<>/dev/tcp/127.0.0.1/9 || exec python3 -m http.server 9090";
    let mut server = network
        .on("one", bash.path())
        .args(["-c", listens])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = std::time::Instant::now();
    let held = |text: &str| text.lines().any(|line| line.starts_with("held tcp 0.0.0.0:9090 python3 "));
    let mut said = String::new();
    while !held(&said) && begin.elapsed().as_secs() < 20 {
        said = asked(network.on("one", bash.path()), "");
    }
    let questions = "module no_such_module\nsetting net.ipv4.ip_forward\nsetting vm.no_such_setting\npath /no/such/folder\n\
        dial 10.20.0.2 2379\ndial 10.20.0.3 2380\ndial 10.20.0.3 2379\ndial 10.20.0.99 2379\ndial 10.99.0.1 1\n";
    let answers = asked(network.on("one", bash.path()), questions);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(held(&said), "{said}");
    for line in [
        "link eth0 1500",
        "no-setting vm.no_such_setting",
        "dialled 10.20.0.2 2379",
        "undialled 10.20.0.3 2380 no answer within 5 s",
        "dialled 10.20.0.3 2379",
        "undialled 10.99.0.1 1 network is unreachable",
    ] {
        assert!(answers.lines().any(|said| said == line), "{line}: {answers}");
    }
    assert!(answers.contains("undialled 10.20.0.99 2379 no "), "{answers}");
    assert!(answers.contains("no-module no_such_module\n") || answers.contains("unseen modules "), "{answers}");
    assert!(!answers.contains("ip_forward") && answers.contains("\nfile-system / "), "{answers}");
    assert!(answers.contains("\nkernel ") && answers.starts_with("os "), "{answers}");
}

/// A link that takes large packets, on a path that does not.
#[test]
fn a_path_that_is_narrower_than_its_link_is_seen() {
    let (Some(ip), Some(bash), Some(_)) = (tool("ip", WHAT), tool("bash", WHAT), tool("ping", WHAT)) else { return };
    let machines = [machine("one", "10.21.0.1"), machine("two", "10.21.0.2")];
    let Some(network) = Network::new(&ip, &machines, WHAT) else { return };
    network.shown("one", &["link", "set", "eth0", "mtu", "9000"]);
    let answers = asked(network.on("one", bash.path()), "dial 10.21.0.2 1\n");
    assert!(answers.contains("narrow 10.21.0.2 9000 eth0\n"), "{answers}");
    let answers = asked(network.on("two", bash.path()), "dial 10.21.0.1 1\n");
    assert!(answers.contains("dialled 10.21.0.1 1\n") && !answers.contains("narrow"), "{answers}");
}
