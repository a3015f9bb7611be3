//! What is written is read back, and only keys that cloud-init knows are used.

use ipnet::IpNet;

use super::*;
use crate::model::link::{Link, Route};
use crate::model::nodes::{Nodes, Second};
use crate::render::boot::{self, Delivery, Kernel};
use crate::render::bundle::Bundle;
use crate::source::Sources;

fn machine() -> TargetMachine {
    TargetMachine {
        name: "cp-0".into(),
        former: Vec::new(),
        at_once: 1,
        group: "cp".into(),
        address: "10.10.0.11".parse().unwrap(),
        range: 0,
        cores: 2.0,
        memory: 1 << 30,
        disk: 1 << 30,
        arch: "amd64".into(),
        family: crate::facts::family::family("debian").unwrap(),
        zone: None,
        serial: None,
        links: [].into(),
        disks: [].into(),
        bundle: Bundle::default(),
    }
}

/// The range of a place, with its first address as the gateway.
fn range(place: Option<&str>, range: &str, second: Option<&str>) -> NodeRange {
    let range: IpNet = range.parse().unwrap();
    let other = second.map(|second| second.parse::<IpNet>().unwrap());
    let first = |range: IpNet| crate::model::address::nth(range, 1).unwrap();
    NodeRange {
        place: place.map(Into::into),
        range,
        gateway: first(range),
        second: other.map(|range| Second { range, gateway: Some(first(range)) }),
        dns: Vec::new(),
        span: Default::default(),
        second_span: Default::default(),
        gateway_span: Default::default(),
        is_known: true,
    }
}

fn nodes(second: Option<&str>) -> Nodes {
    Nodes::new(range(None, "10.10.0.0/24", second), Vec::new())
}

fn site() -> Site {
    Site {
        target: crate::target::Target::fallback(),
        cluster: "lab".into(),
        domain: "cluster.local".into(),
        nodes: nodes(None),
        ranges: Vec::new(),
        names: crate::target::Names::default(),
        options: Record::default(),
        sources: Default::default(),
        tree: crate::target::Tree::default(),
    }
}

fn file(path: &str, content: &[u8], secret: bool) -> BundleFile {
    let origin = What::Boot.into();
    BundleFile {
        path: path.into(),
        mode: 0o600,
        owner: "root".into(),
        group: "root".into(),
        content: content.into(),
        secret,
        origin,
    }
}

fn read(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn secrets_come_apart_unless_they_must_not() {
    let files = [file("/a", b"open\n", false), file("/b", b"key\n", true)];
    let apart = user_data(&site(), &machine(), &files, Apart::Secrets);
    assert!(apart.contains("path: /a") && !apart.contains("/b") && !apart.contains("key\n"));
    assert!(user_data(&site(), &machine(), &files, Apart::Nothing).contains("path: /b"));
}

#[test]
fn the_boot_script_is_written_as_any_other_file() {
    let family = crate::facts::family::family("debian").unwrap();
    let delivery = Delivery { family, mirror: None, apart: Apart::Nothing, kernel: Kernel::Own, disks: &[] };
    let files = boot::files(&Bundle::default(), delivery, &Sources::default()).unwrap();
    let (place, script) = files.iter().enumerate().find(|(_, file)| is_script(file)).unwrap();
    let words = "kmodel-boot-script";
    let entry = format!("x\n- path: {}\n  permissions: '0755'\n  content: {words}\n", script.path);
    let others = [words.to_owned(), format!("content: {words}\n"), entry];
    let others = others.iter().enumerate().map(|(number, text)| file(&format!("/{number}"), text.as_bytes(), false));
    let all: Vec<BundleFile> = others.chain(files.clone()).collect();
    for _ in 0..2 {
        let text = user_data(&site(), &machine(), &all, Apart::Nothing);
        let read = read(&text);
        for (entry, file) in read["write_files"].as_array().unwrap().iter().skip(1).zip(&all) {
            assert_eq!(
                (entry["path"].as_str(), entry["content"].as_str()),
                (Some(&*file.path), str::from_utf8(&file.content).ok())
            );
        }
        let plain = yaml(&Value::record([("write_files", Value::list(all.iter().map(write_file)))]));
        assert!(text.contains(plain.trim_start_matches("write_files:")), "{place}");
    }
}

#[test]
fn every_content_arrives_as_it_is() {
    let contents: [&[u8]; 7] =
        [b"", b"a\n", b"\n\n a", b"no newline", b"\xff\x00", "\u{85}\r\n".as_bytes(), b"\ttab\n  \n# x: {}\n"];
    let files: Vec<_> = contents.iter().enumerate().map(|(i, c)| file(&format!("/{i}"), c, false)).collect();
    let read = read(&user_data(&site(), &machine(), &files, Apart::Secrets));
    for (i, content) in contents.iter().enumerate() {
        let entry = &read["write_files"][i + 1];
        let text = entry["content"].as_str().unwrap();
        let bytes = if entry["encoding"] == "b64" { STANDARD.decode(text).unwrap() } else { text.into() };
        assert_eq!(bytes, *content);
        assert_eq!(entry["permissions"], "0600");
    }
}

/// cloud-init before 25 silently accepts unknown keys.
#[test]
fn only_known_keys_are_written() {
    let known = ["hostname", "preserve_hostname", "manage_etc_hosts", "locale", "write_files", "runcmd"];
    let entry = ["path", "permissions", "encoding", "content"];
    let data = read(&user_data(&site(), &machine(), &[file("/a", b"\0", false)], Apart::Secrets));
    assert!(data.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
    let files = data["write_files"].as_array().unwrap();
    assert!(files.iter().flat_map(|file| file.as_object().unwrap().keys()).all(|key| entry.contains(&key.as_str())));
}

/// Lists of the operator come after ours, and the rest is there as it was given.
#[test]
fn the_operators_part_is_joined() {
    let own = [
        ("runcmd", Value::list([Value::text("own")])),
        ("packages", Value::list([Value::text("vim")])),
        ("locale", Value::text("de_DE.UTF-8")),
    ];
    let options = [(own::FIELD.into(), Value::record(own))].into_iter().collect();
    let data = read(&user_data(&Site { options, ..site() }, &machine(), &[], Apart::Secrets));
    let commands = data["runcmd"].as_array().unwrap();
    assert_eq!((commands.len(), &commands[3]), (4, &"own".into()));
    assert_eq!((&data["packages"][0], &data["locale"]), (&"vim".into(), &"de_DE.UTF-8".into()));
}

/// A machine that gets all files apart is given a unit that waits for them, and nothing else to start.
#[test]
fn what_waits_for_files_is_short() {
    let files = [file("/a", b"open\n", false), file(crate::render::boot::PLAN, b"# plan\n", false)];
    let text = user_data(&site(), &machine(), &files, Apart::Files);
    let paths: Vec<_> = read(&text)["write_files"].as_array().unwrap().iter().map(|f| f["path"].clone()).collect();
    assert_eq!(paths, ["/etc/hosts", "/etc/systemd/system/kmodel-bootstrap.service"]);
    assert!(text.contains("kmodel-bootstrap.service") && !text.contains("HASH") && text.len() < 2048, "{text}");
}

#[test]
fn a_second_range_gives_each_machine_an_address_at_the_same_place() {
    let site = Site { nodes: nodes(Some("fd00:30::/64")), ..site() };
    let config = read(&network_config(&site, &machine(), "eth0"));
    let own = &config["ethernets"]["eth0"];
    assert_eq!(own["addresses"], serde_json::json!(["10.10.0.11/24", "fd00:30::b/64"]));
    assert_eq!(own["routes"][1], serde_json::json!({ "to": "::/0", "via": "fd00:30::1" }));
}

#[test]
fn a_machine_uses_the_gateway_of_its_own_range() {
    let more = vec![range(Some("b"), "10.20.0.0/25", None)];
    let site = Site { nodes: Nodes::new(range(Some("a"), "10.10.0.0/24", None), more), ..site() };
    let machine = TargetMachine { address: "10.20.0.11".parse().unwrap(), range: 1, ..machine() };
    let config = read(&network_config(&site, &machine, "eth0"));
    let own = &config["ethernets"]["eth0"];
    assert_eq!(own["addresses"], serde_json::json!(["10.20.0.11/25"]));
    assert_eq!(own["routes"], serde_json::json!([{ "to": "0.0.0.0/0", "via": "10.20.0.1" }]));
}

/// A machine whose other interface has the way to everywhere.
fn with_uplink(routes: &[(&str, &str)]) -> TargetMachine {
    let route = |(to, via): &(&str, &str)| Route { to: to.parse().unwrap(), via: via.parse().unwrap(), metric: None };
    let link = |name: &str, fields: Record| Link::read(&name.into(), Default::default(), &fields);
    let role = [("role".into(), Value::text("nodes"))].into_iter().collect();
    let uplink = Link { routes: routes.iter().map(route).collect(), ..link("eth1", Record::default()) };
    TargetMachine { links: [link("eth0", role), uplink].into(), ..machine() }
}

#[test]
fn other_ranges_are_reached_by_the_gateway_where_the_default_route_is_another() {
    let more = vec![range(Some("b"), "10.20.0.0/24", Some("fd00:20::/64"))];
    let first = range(Some("a"), "10.10.0.0/24", Some("fd00:10::/64"));
    let site = Site { nodes: Nodes::new(first, more), ..site() };
    let routes = |uplink: &[(&str, &str)]| {
        let config = read(&network_config(&site, &with_uplink(uplink), "eth0"));
        config["ethernets"]["eth0"]["routes"].clone()
    };
    let v6 = serde_json::json!({ "to": "::/0", "via": "fd00:10::1" });
    let v4 = serde_json::json!({ "to": "10.20.0.0/24", "via": "10.10.0.1" });
    assert_eq!(routes(&[("0.0.0.0/0", "192.0.2.1")]), serde_json::json!([v4, v6]));
    assert_eq!(routes(&[("0.0.0.0/0", "192.0.2.1"), ("10.0.0.0/8", "192.0.2.9")]), serde_json::json!([v6]));
}
