//! Lines of haproxy.cfg, right and wrong ones, as the real haproxy takes them: what kmodel refuses, it does not start with.

use std::process::Command;

use crate::support::tool::{find, said, skip};

/// A line in a section, of which haproxy 2.6 and later think alike.
const LINES: [(&str, &str); 58] = [
    ("global", "maxconn 4000"),
    ("global", "maxcon 4000"),
    ("global", "nbproc 1"),
    ("global", "nbthread 1"),
    ("global", "tune.bufsize 16384"),
    ("global", "tune.bufsiz 16384"),
    ("global", "no strict-limits"),
    ("global", "bind *:80"),
    ("defaults", "retries 3"),
    ("defaults", "retry 3"),
    ("defaults", "mode tpc"),
    ("defaults", "option dontlognull"),
    ("defaults", "no option dontlognull"),
    ("defaults", "option dontlognul"),
    ("defaults", "timeout queue 5s"),
    ("defaults", "timeout queue 5 s"),
    ("defaults", "timeout queue 5x"),
    ("defaults", "timeout queu 5s"),
    ("defaults", "contimeout 5000"),
    ("defaults", "redispatch"),
    ("frontend", "acl internal src 10.0.0.0/8"),
    ("frontend", "bind 127.0.0.1"),
    ("frontend", "bind 127.0.0.1:16444 name a maxconn 10"),
    ("frontend", "bind 127.0.0.1:16444 nam a"),
    ("frontend", "bind 127.0.0.1:16444 backlog"),
    ("frontend", "use_backend b if internal"),
    ("frontend", "use_backend b if { src 10.0.0.0/8 } or LOCALHOST"),
    ("frontend", "use_backend b unless !HTTP"),
    ("frontend", "use_backend c"),
    ("frontend", "tcp-request inspect-delay 5s"),
    ("frontend", "tcp-request contents accept"),
    ("frontend", "tcp-request content accept if { req_ssl_hello_type 1 }"),
    ("frontend", "reqadd a"),
    ("backend", "balance roundrobin"),
    ("backend", "balance round-robin"),
    ("backend", "balance source # by address"),
    ("backend", "option tcp-check"),
    ("backend", "option tcp-chek"),
    ("backend", "option forceclose"),
    ("backend", "option httpchk GET /healthz"),
    ("backend", "http-check expect status 200"),
    ("backend", "http-check expects status 200"),
    ("backend", "http-check send meth GET uri /a hdr Host \"a b\""),
    ("backend", "server a 127.0.0.1:81 check inter 3s fall 2 rise 2 weight 10"),
    ("backend", "server a 127.0.0.1:81 chek"),
    ("backend", "server a 127.0.0.1:81 check inter 3 s"),
    ("backend", "server a 127.0.0.1:81 check inter 3y"),
    ("backend", "server a 127.0.0.1:81 check inter"),
    ("backend", "server a 127.0.0.1:81 check fall 0"),
    ("backend", "server a 127.0.0.1:81 weight 257"),
    ("backend", "server a 127.0.0.1:81 weight 256 backup disabled"),
    ("backend", "server a 127.0.0.1:81 check observe layer5"),
    ("backend", "server a 127.0.0.1:81 check observe layer4 on-error mark-down"),
    ("backend", "server a 127.0.0.1:81 source 127.0.0.2 check"),
    ("backend", "server s 127.0.0.1:81"),
    ("backend", "server a 127.0.0.1:81 check check-ssl"),
    ("backend", "default-server inter 3s check"),
    ("backend", "stick-table type ip size 1k"),
];

#[test]
fn haproxy_refuses_what_kmodel_refuses() {
    let Some(haproxy) = find("haproxy") else { return skip("haproxy is not installed", "its configuration") };
    let folder = tempfile::tempdir().expect("there is room");
    let wrong: Vec<String> = LINES
        .iter()
        .filter_map(|(section, line)| {
            let config = config(section, line);
            let path = folder.path().join("haproxy.cfg");
            std::fs::write(&path, &config).expect("there is room");
            let starts = Command::new(&haproxy).args(["-c", "-f"]).arg(&path).output().expect("haproxy runs");
            let model = folder.path().join("main.km");
            std::fs::write(&model, self::model(&config)).expect("there is room");
            let found =
                Command::new(env!("CARGO_BIN_EXE_kmodel")).arg("check").arg(&model).output().expect("kmodel runs");
            let refuses = said(&found)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .replace("│ ", "")
                .contains("haproxy does not start");
            (starts.status.success() == refuses)
                .then(|| format!("[{section}] {line}\nhaproxy: {}\nkmodel: {}", said(&starts), said(&found)))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A configuration that is right but for one line.
fn config(section: &str, line: &str) -> String {
    let in_section = |name: &str| if section == name { format!("    {line}\n") } else { String::new() };
    let (global, defaults) = (in_section("global"), in_section("defaults"));
    let (frontend, backend) = (in_section("frontend"), in_section("backend"));
    // An ACL is declared before it is asked.
    let acl = if line.starts_with("acl") { "" } else { "    acl internal src 10.0.0.0/8\n" };
    format!(
        "global\n    daemon\n{global}defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 1h\n    timeout server 1h\n{defaults}\
         frontend f\n    bind 127.0.0.1:16443\n{acl}{frontend}    default_backend b\nbackend b\n    server s 127.0.0.1:80\n{backend}"
    )
}

fn model(config: &str) -> String {
    let text: String = config.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "use std/kubernetes\ncomponent mine {{\n  needs package \"haproxy\"\n  file /etc/haproxy/haproxy.cfg {{\n    text = \"\"\"\n{text}    \"\"\"\n  }}\n}}\n\
         cluster lab {{ kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24, renew = 30d }}\n\
         machines lb\ndeploy mine on lb\n"
    )
}

#[test]
fn every_registered_keyword_is_in_the_table() {
    let Some(haproxy) = find("haproxy") else { return skip("haproxy is not installed", "its keywords") };
    let table: toml::Table =
        include_str!("../../src/verify/balancer/haproxy/keywords.toml").parse().expect("it is TOML");
    // An empty configuration is none; the keywords are listed all the same.
    let text =
        said(&Command::new(haproxy).args(["-dKcfg", "-q", "-c", "-f", "/dev/null"]).output().expect("haproxy runs"));
    let mut section = String::new();
    let mut missing = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix('\t') else {
            section = line.to_owned();
            continue;
        };
        let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with('<')).collect();
        let removed = table["removed"].as_table().expect("a table");
        let known = match (&*section, &*words) {
            ("global", [name, ..]) => has(&table["global"], name) || removed.contains_key(*name),
            ("listen", ["bind", "ssl", name, ..] | ["bind", name, ..]) => {
                has(&table["bind"]["alone"], name) || has(&table["bind"]["valued"], name)
            }
            ("listen", ["server", name, ..]) => {
                has(&table["server"]["alone"], name) || has(&table["server"]["valued"], name)
            }
            ("listen", ["option", name, ..]) => has(&table["words"]["option"], name),
            ("listen", [name, ..]) => has(&table["proxy"], name) || removed.contains_key(*name),
            _ => true,
        };
        missing.extend((!known).then(|| format!("{section}: {rest}")));
    }
    assert!(text.contains("\toption ") && missing.is_empty(), "{missing:#?}");
}

fn has(list: &toml::Value, name: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|one| one.as_str() == Some(name)))
}
