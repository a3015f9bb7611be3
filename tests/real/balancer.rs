//! A real HAProxy and a real keepalived from their rendered files, before servers with the API servers' certificates.
//!
//! Two load balancers, three servers and a client are network namespaces with the addresses of their machines. The client
//! dials the shared address, and goes on to reach a server when one server ends, and when a load balancer does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::host::network::Network;
use crate::host::process::{Daemon, wait};
use crate::host::{Output, Tool, case, tool};

const SERVERS: [&str; 3] = ["cp-0", "cp-1", "cp-2"];
const BALANCERS: [&str; 2] = ["lb-0", "lb-1"];
const CLIENT: &str = "wrk-0";
const WHAT: &str = "the load balancers and their address";

/// What runs, in the order of the machines.
struct Site<'a> {
    output: &'a Output,
    network: Network,
    curl: Tool,
    servers: Vec<Option<Daemon>>,
    proxies: Vec<Option<Daemon>>,
    routers: Vec<Option<Daemon>>,
    _folder: tempfile::TempDir,
}

#[test]
fn the_shared_address_outlives_a_server_and_a_load_balancer() {
    let (Some(haproxy), Some(keepalived)) = (tool("haproxy", WHAT), tool("keepalived", WHAT)) else { return };
    let (Some(openssl), Some(ip)) = (tool("openssl", WHAT), tool("ip", WHAT)) else { return };
    let Some(curl) = tool("curl", WHAT).filter(|curl| curl.path() == Path::new("/usr/bin/curl")) else { return };
    let output = case("debian-12");
    let machines = SERVERS.iter().chain(&BALANCERS).chain([&CLIENT]).map(|name| output.machine(name));
    let Some(network) = Network::new(&ip, machines, WHAT) else { return };
    let mut site = Site::start(output, network, curl, [&haproxy, &keepalived, &openssl]);
    site.answers("at first");
    let holder = site.holder();
    site.is_verified();
    site.servers[0] = None;
    site.answers("without one server");
    site.proxies[holder] = None;
    site.answers("without one load balancer");
    let moved = wait(Duration::from_secs(15), || if site.holder() == holder { Err(site.logs()) } else { Ok(()) });
    moved.unwrap_or_else(|error| panic!("the address stays where no load balancer is:\n{error}"));
    site.answers("from the other load balancer");
}

impl<'a> Site<'a> {
    fn start(output: &'a Output, network: Network, curl: Tool, [haproxy, keepalived, openssl]: [&Tool; 3]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for logs");
        let log = |name: &str, machine: &str| folder.path().join(format!("{name}-{machine}.log"));
        let server = |machine: &&str| {
            let own = folder.path().join(machine);
            std::fs::create_dir(&own).expect("there is room");
            std::fs::write(own.join("readyz"), machine).expect("there is room");
            let pki = output.tree(machine).join("etc/kubernetes/pki");
            let mut command = network.on(machine, openssl.path());
            command.args(["s_server", "-quiet", "-WWW", "-accept"]);
            command.arg(format!("{}:6443", output.machine(machine).address)).current_dir(own);
            command.arg("-cert").arg(pki.join("apiserver.crt")).arg("-key").arg(pki.join("apiserver.key"));
            Some(Daemon::start(command, &log("server", machine)))
        };
        let proxy = |machine: &&str| {
            let mut command = network.on_own_run(machine, haproxy.path());
            command.args(["-db", "-f"]).arg(output.tree(machine).join("etc/haproxy/haproxy.cfg"));
            Some(Daemon::start(command, &log("haproxy", machine)))
        };
        let router = |machine: &&str| {
            let mut command = network.on_own_run(machine, keepalived.path());
            command.args(["--dont-fork", "--log-console", "--log-detail", "--use-file"]);
            command.arg(output.tree(machine).join("etc/keepalived/keepalived.conf"));
            Some(Daemon::start(command, &log("keepalived", machine)))
        };
        let servers = SERVERS.iter().map(server).collect();
        let proxies = BALANCERS.iter().map(proxy).collect();
        let routers = BALANCERS.iter().map(router).collect();
        Self { output, network, curl, servers, proxies, routers, _folder: folder }
    }

    fn shared(&self) -> std::net::IpAddr {
        self.output.addresses["keepalived"][0]
    }

    fn pki(&self, file: &str) -> PathBuf {
        self.output.tree(CLIENT).join("etc/kubernetes/pki").join(file)
    }

    /// What the client gets from the shared address, trusting one authority.
    fn get(&self, authority: &Path) -> Result<String, String> {
        let mut command = self.network.on(CLIENT, self.curl.path());
        command
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "3", "--cacert"])
            .arg(authority);
        let result = command.arg(format!("https://{}:6443/readyz", self.shared())).output().expect("curl runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if result.status.success() { Ok(text(&result.stdout)) } else { Err(text(&result.stderr)) }
    }

    /// Within some seconds, and then each time.
    fn answers(&self, when: &str) {
        let first = wait(Duration::from_secs(40), || self.get(&self.pki("ca.crt")));
        let first = first.unwrap_or_else(|error| panic!("nothing answers {when}: {error}\n{}", self.logs()));
        assert!(SERVERS.contains(&first.trim()), "{first} answers {when}");
    }

    /// Not by an authority that has nothing to do with it, and not under another address.
    fn is_verified(&self) {
        let other = self.output.authority("front-proxy-ca");
        let error = self.get(&other).expect_err("the certificate is of another authority");
        assert!(error.contains("certificate"), "{error}");
        let mut command = self.network.on(CLIENT, self.curl.path());
        command
            .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "3", "--cacert"])
            .arg(self.pki("ca.crt"));
        command.arg("--connect-to").arg(format!("absent.example.org:6443:{}:6443", self.shared()));
        let result = command.arg("https://absent.example.org:6443/readyz").output().expect("curl runs");
        let error = String::from_utf8_lossy(&result.stderr);
        assert!(error.contains("subject name"), "{error}");
    }

    /// The load balancer that has the shared address: exactly one.
    fn holder(&self) -> usize {
        let has = |machine: &&str| {
            let shown = self.network.shown(machine, &["-br", "address", "show", "dev", "eth0"]);
            shown.split_whitespace().any(|word| word.starts_with(&format!("{}/", self.shared())))
        };
        let holders = || (0..BALANCERS.len()).filter(|place| has(&BALANCERS[*place])).collect::<Vec<_>>();
        let one = wait(Duration::from_secs(15), || <[usize; 1]>::try_from(holders()).map_err(|all| format!("{all:?}")));
        one.unwrap_or_else(|holders| panic!("{holders} have the address:\n{}", self.logs()))[0]
    }

    fn logs(&self) -> String {
        let all = self.servers.iter().chain(&self.proxies).chain(&self.routers).flatten();
        all.map(Daemon::log).collect::<Vec<_>>().join("\n---\n")
    }
}
