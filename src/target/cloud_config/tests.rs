//! What is written is read back, and only keys that cloud-init knows are used.

use super::*;
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
        cores: 2.0,
        memory: 1 << 30,
        disk: 1 << 30,
        arch: "amd64".into(),
        zone: None,
        links: [].into(),
        disks: [].into(),
        bundle: Bundle::default(),
    }
}

fn site() -> Site {
    Site {
        target: crate::target::Target::fallback(),
        cluster: "lab".into(),
        domain: "cluster.local".into(),
        nodes: "10.10.0.0/24".parse().unwrap(),
        ranges: Vec::new(),
        gateway: "10.10.0.1".parse().unwrap(),
        dns: Vec::new(),
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
    let range = Value::Cidr("fd00:30::/64".parse().unwrap());
    let site = Site { options: [("second-nodes".into(), range)].into_iter().collect(), ..site() };
    let config = read(&network_config(&site, &machine(), "eth0"));
    let own = &config["ethernets"]["eth0"];
    assert_eq!(own["addresses"], serde_json::json!(["10.10.0.11/24", "fd00:30::b/64"]));
    assert_eq!(own["routes"][1], serde_json::json!({ "to": "::/0", "via": "fd00:30::1" }));
    assert_eq!(site.second("10.9.0.1".parse().unwrap()), None);
}
