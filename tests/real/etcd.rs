//! A real etcd of three members over mutual TLS, started from the rendered unit files and certificates.
//!
//! Each member is in a network namespace with the address of its machine. Of the rendered command lines only the folders
//! change: `/etc/kubernetes/pki/...` becomes that file in the machine's tree.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::host::network::Network;
use crate::host::process::{Daemon, wait};
use crate::host::{Output, Tool, case, skip, tool, unit};

const MEMBERS: [&str; 3] = ["cp-0", "cp-1", "cp-2"];

/// A cluster that runs.
struct Cluster<'a> {
    output: &'a Output,
    network: Network,
    etcdctl: Tool,
    members: Vec<Option<Daemon>>,
    _data: tempfile::TempDir,
}

#[test]
fn three_members_form_a_cluster_that_outlives_one_of_them() {
    let what = "etcd over mutual TLS";
    let (Some(etcd), Some(etcdctl), Some(ip)) = (tool("etcd", what), tool("etcdctl", what), tool("ip", what)) else {
        return;
    };
    let Some(output) = of_version(&etcd) else { return };
    let machines = MEMBERS.map(|name| output.machine(name));
    let Some(network) = Network::new(&ip, machines, what) else { return };
    let mut cluster = Cluster::start(output, network, &etcd, etcdctl);
    cluster.is_healthy();
    cluster.has_what_is_given();
    cluster.has_three_members();
    cluster.keeps_what_is_put("first");
    cluster.refuses_strangers();
    cluster.serves_metrics_on_the_machine_alone();
    cluster.members[0] = None;
    cluster.keeps_what_is_put("second");
    let left = cluster.ctl("cp-1", &["endpoint", "health", "--cluster"]).unwrap_err();
    assert!(left.contains(&output.machine("cp-0").address.to_string()), "the dead member is missed: {left}");
}

/// The fixture whose etcd is the one that is installed.
fn of_version(etcd: &Tool) -> Option<&'static Output> {
    let said = etcd.run(["--version"]).expect("etcd says its version");
    let version = said.lines().find_map(|line| line.strip_prefix("etcd Version: ")).unwrap_or_default();
    match version.split('.').take(2).collect::<Vec<_>>()[..] {
        ["3", "4"] => Some(case("debian-12")),
        ["3", "5"] => Some(case("debian-13")),
        ["3", "6"] => Some(case("ha")),
        _ => {
            skip(&format!("etcd is of version `{version}`"), "etcd over mutual TLS");
            None
        }
    }
}

/// The path of a machine's file in its tree.
fn mapped(output: &Output, machine: &str, text: &str) -> String {
    let tree = output.tree(machine);
    text.replace("/etc/kubernetes/", &format!("{}/etc/kubernetes/", tree.display()))
}

impl<'a> Cluster<'a> {
    fn start(output: &'a Output, network: Network, etcd: &Tool, etcdctl: Tool) -> Self {
        let data = tempfile::tempdir().expect("there is room for three members");
        let member = |machine: &&str| {
            let text = output.on(machine, "/etc/systemd/system/etcd.service").expect("it runs a member");
            let arguments = unit::exec_start(&text).expect("it starts a program");
            let mut command = network.on(machine, etcd.path());
            let own = data.path().join(machine);
            for argument in &arguments[1..] {
                let argument = argument.replace("/var/lib/etcd", own.to_str().expect("it is text"));
                command.arg(mapped(output, machine, &argument));
            }
            command.env_remove("HTTPS_PROXY").env_remove("https_proxy");
            Some(Daemon::start(command, &data.path().join(format!("{machine}.log"))))
        };
        let members = MEMBERS.iter().map(member).collect();
        Self { output, network, etcdctl, members, _data: data }
    }

    /// etcdctl on a machine, as its `/etc/profile.d/etcdctl.sh` sets it up.
    fn ctl(&self, machine: &str, arguments: &[&str]) -> Result<String, String> {
        let profile = self.output.on(machine, "/etc/profile.d/etcdctl.sh").expect("root finds etcdctl set up");
        let mut command = self.network.on(machine, self.etcdctl.path());
        for line in profile.lines().filter_map(|line| line.trim().strip_prefix("export ")) {
            let (name, value) = line.split_once('=').expect("a variable has a value");
            command.env(name, mapped(self.output, machine, value));
        }
        run(command.args(arguments))
    }

    /// A client on a machine that dials another one by its address, with these files.
    fn client(&self, machine: &str, to: &str, files: &[(&str, PathBuf)], arguments: &[&str]) -> Result<String, String> {
        let mut command = self.network.on(machine, self.etcdctl.path());
        command.arg(format!("--endpoints=https://{}:2379", self.output.machine(to).address));
        for (option, file) in files {
            command.arg(format!("--{option}={}", file.display()));
        }
        run(command.args(arguments))
    }

    fn is_healthy(&self) {
        let healthy = |member: &&str, shown: &str| {
            shown.contains(&format!("https://{}:2379 is healthy", self.output.machine(member).address))
        };
        // A member that has just joined is not in the list at once.
        let all = wait(Duration::from_secs(30), || {
            let shown = self.ctl("cp-1", &["endpoint", "health", "--cluster"])?;
            if MEMBERS.iter().all(|member| healthy(member, &shown)) { Ok(()) } else { Err(shown) }
        });
        let logs = || self.members.iter().flatten().map(|member| member.log()).collect::<Vec<_>>().join("\n---\n");
        all.unwrap_or_else(|error| panic!("{error}\n{}", logs()));
    }

    /// The flags that the deployment of the fixture gives, as etcd says at its start that it has them.
    fn has_what_is_given(&self) {
        if !self.output.name.starts_with("debian") {
            return;
        }
        let log = std::fs::read_to_string(self._data.path().join("cp-0.log")).expect("etcd logs");
        for said in ["\"heartbeat-interval\":\"200ms\"", "\"election-timeout\":\"2s\"", "\"snapshot-count\":5000"] {
            assert!(log.contains(said), "{said}: {log}");
        }
    }

    fn has_three_members(&self) {
        let list = self.ctl("cp-0", &["member", "list"]).expect("members are known");
        assert_eq!(list.lines().filter(|line| line.contains(" started, ")).count(), 3, "{list}");
        MEMBERS.iter().for_each(|member| assert!(list.contains(member), "{list}"));
    }

    /// Written by the API server's client on one machine, read on another.
    fn keeps_what_is_put(&self, key: &str) {
        let own = |machine: &str| {
            let pki = self.output.tree(machine).join("etc/kubernetes/pki");
            [
                ("cacert", pki.join("etcd/ca.crt")),
                ("cert", pki.join("apiserver-etcd-client.crt")),
                ("key", pki.join("apiserver-etcd-client.key")),
            ]
        };
        let put = || self.client("cp-0", "cp-1", &own("cp-0"), &["put", key, "value"]);
        wait(Duration::from_secs(20), put).expect("a majority takes writes");
        let read = self.client("cp-2", "cp-2", &own("cp-2"), &["get", "--print-value-only", key]);
        assert_eq!(read.expect("a majority answers").trim(), "value");
    }

    fn refuses_strangers(&self) {
        let pki = self.output.tree("cp-0").join("etc/kubernetes/pki");
        let trusted = ("cacert", pki.join("etcd/ca.crt"));
        let get = ["get", "first", "--dial-timeout=3s", "--command-timeout=3s"];
        self.client("cp-0", "cp-1", std::slice::from_ref(&trusted), &get)
            .expect_err("a client without a certificate is refused");
        for (stranger, place) in
            [("of the Kubernetes authority", "apiserver-kubelet-client"), ("of the front proxy", "front-proxy-client")]
        {
            let (cert, key) = (pki.join(format!("{place}.crt")), pki.join(format!("{place}.key")));
            let result = self.client("cp-0", "cp-1", &[trusted.clone(), ("cert", cert), ("key", key)], &get);
            assert!(result.is_err(), "a client {stranger} is refused");
        }
        let other = ("cacert", pki.join("ca.crt"));
        let own =
            [other, ("cert", pki.join("apiserver-etcd-client.crt")), ("key", pki.join("apiserver-etcd-client.key"))];
        self.client("cp-0", "cp-1", &own, &get).expect_err("the client knows a member by the authority of etcd alone");
    }

    fn serves_metrics_on_the_machine_alone(&self) {
        let Some(curl) = tool("curl", "metrics of etcd") else { return };
        let get = |url: &str| {
            let mut command = self.network.on("cp-0", curl.path());
            run(command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "3", url]))
        };
        let health = get("http://127.0.0.1:2381/health").expect("it answers on the machine");
        assert!(health.contains("true"), "{health}");
        let outside = format!("http://{}:2381/health", self.output.machine("cp-1").address);
        get(&outside).expect_err("and not outside");
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let result = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // etcdctl 3.4 says on its standard error what is healthy.
    let said = text(&result.stdout) + &text(&result.stderr);
    if result.status.success() { Ok(said) } else { Err(said) }
}

/// `etcd-join`, with an etcd and an etcdctl that note what they are asked, on a machine that has its own `/var/lib` and profile.
#[test]
fn a_member_joins_unless_it_has_a_log_of_its_own() {
    const SCRIPT: &str = r#"
        mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /etc/profile.d || { echo SKIP; exit 0; }
        mkdir /var/lib/bin && PATH=/var/lib/bin:$PATH
        echo 'export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379' >/etc/profile.d/etcdctl.sh
        cat >/var/lib/bin/etcdctl <<'END'
#!/bin/sh
case "$*" in
  *'endpoint status'*) echo status ;;
  *'endpoint health'*) grep -q ^etcd /var/lib/said ;;
  *'member list'*) cat /var/lib/members ;;
  *'member remove'* | *'member add'*) echo "$*" | sed 's/.*member /member /' >>/var/lib/said ;;
esac
END
        printf '%s\n' '#!/bin/sh' 'echo etcd $(ls /var/lib/etcd/member 2>/dev/null) >>/var/lib/said' 'echo "$*" | tr " " "\n" | grep cluster= >/var/lib/told' 'exec sleep 9' >/var/lib/bin/etcd
        chmod 755 /var/lib/bin/*
        url=https://10.0.0.1:2380 others=https://10.0.0.2:2380
        join() { : >/var/lib/said; sh "$1" /var/lib/bin/etcd a $url $others 2379 >/dev/null 2>&1; echo "$2: $? $(paste -sd' ' /var/lib/said)"; }
        started="1, started, b, $others, x, false"
        printf '%s\n' "$started" "2, started, a, $url, x, false" >/var/lib/members
        mkdir -p /var/lib/etcd/member/wal && touch /var/lib/etcd/member/wal/0.wal
        join "$1" "with a log"
        rm -r /var/lib/etcd/member && mkdir -p /var/lib/etcd/member/snap
        join "$1" "after a start that failed"
        rm -rf /var/lib/etcd/member && touch /var/lib/etcd-joining && printf '%s\n' "$started" >/var/lib/members
        join "$1" "removed meanwhile"
        printf '%s\n' "$started" "2, unstarted, , $url, , false" >/var/lib/members
        touch /var/lib/etcd-joining && mkdir -p /var/lib/etcd/member/wal && touch /var/lib/etcd/member/wal/0.wal
        join "$1" "again with a log"
        rm -rf /var/lib/etcd-joining /var/lib/etcd/member
        join "$1" "added before"
        printf '%s\n' "$started" >/var/lib/members
        sed -i "s/'member remove'/'member add'*) exit 1 ;; &/" /var/lib/bin/etcdctl
        join "$1" "not added, it is said"
        printf '%s\n' "$started" "2, unstarted, , $url, , false" "3, started, c, https://10.0.0.3:2380, y, false" >/var/lib/members
        join "$1" "but it was, and another since"
        cat /var/lib/told
    "#;
    let what = "joining members of etcd";
    let (Some(unshare), Some(_)) = (tool("unshare", what), tool("bash", what)) else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib/etcd/join.sh");
    let said = unshare.run(["--mount", "--propagation", "private", "bash", "-c", SCRIPT, "bash", script]);
    match said.as_deref().map(str::trim) {
        Err(why) => skip(&format!("mounts are not allowed here ({why})"), what),
        Ok("SKIP") => skip("mounts are not allowed here", what),
        Ok(said) => assert_eq!(
            said,
            "with a log: 0 \n\
             after a start that failed: 0 member remove 2 member add a --peer-urls=https://10.0.0.1:2380 etcd\n\
             removed meanwhile: 0 member add a --peer-urls=https://10.0.0.1:2380 etcd\n\
             again with a log: 0 etcd wal\n\
             added before: 0 etcd\n\
             not added, it is said: 1 \n\
             but it was, and another since: 0 etcd\n\
             --initial-cluster=b=https://10.0.0.2:2380,c=https://10.0.0.3:2380,a=https://10.0.0.1:2380"
        ),
    }
}

/// Real members, added at the same time as others, before their machine was made anew, or late.
#[test]
fn members_join_a_cluster_that_changes_meanwhile() {
    const SCRIPT: &str = include_str!("etcd_join.sh");
    let what = "joining a real etcd";
    let tools = ["unshare", "bash", "etcd", "etcdctl", "ip"].map(|name| tool(name, what));
    let [Some(unshare), Some(_), Some(_), Some(_), Some(_)] = tools else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib/etcd/join.sh");
    let apart = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
    let said = unshare.run(apart.into_iter().chain(["bash", "-c", SCRIPT, "bash", script]));
    match said.as_deref().map(str::trim) {
        Err(why) => skip(&format!("namespaces are not allowed here ({why})"), what),
        Ok("SKIP") => skip("mounts are not allowed here", what),
        Ok(said) => assert_eq!(
            said,
            "three begin: 3\n\
             one joins: 4\n\
             another, that read the list before: 5\n\
             one that was added before: 6\n\
             one of the first, late: 3"
        ),
    }
}
