//! What is written is read back, and only keys that cloud-init knows are used.

use super::*;
use crate::render::bundle::Bundle;

fn machine() -> TargetMachine {
    TargetMachine {
        name: "cp-0".into(),
        group: "cp".into(),
        address: "10.10.0.11".parse().unwrap(),
        cores: 2.0,
        memory: 1 << 30,
        disk: 1 << 30,
        arch: "amd64".into(),
        zone: None,
        bundle: Bundle::default(),
    }
}

fn file(path: &str, content: &[u8], secret: bool) -> BundleFile {
    let origin = "x.km:1:1: x".into();
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
    let apart = user_data(&machine(), &files, Secrets::Apart);
    assert!(apart.contains("path: /a") && !apart.contains("/b") && !apart.contains("key\n"));
    assert!(user_data(&machine(), &files, Secrets::Inside).contains("path: /b"));
}

#[test]
fn every_content_arrives_as_it_is() {
    let contents: [&[u8]; 7] =
        [b"", b"a\n", b"\n\n a", b"no newline", b"\xff\x00", "\u{85}\r\n".as_bytes(), b"\ttab\n  \n# x: {}\n"];
    let files: Vec<_> = contents.iter().enumerate().map(|(i, c)| file(&format!("/{i}"), c, false)).collect();
    let read = read(&user_data(&machine(), &files, Secrets::Apart));
    for (i, content) in contents.iter().enumerate() {
        let entry = &read["write_files"][i + 1];
        let text = entry["content"].as_str().unwrap();
        let bytes = if entry["encoding"] == "b64" { STANDARD.decode(text).unwrap() } else { text.into() };
        assert_eq!(bytes, *content);
        assert_eq!(entry["permissions"], "0600");
    }
}

/// cloud-init before 25 lets unknown keys pass in silence.
#[test]
fn only_known_keys_are_written() {
    let known = ["hostname", "preserve_hostname", "manage_etc_hosts", "locale", "write_files", "runcmd"];
    let entry = ["path", "permissions", "encoding", "content"];
    let data = read(&user_data(&machine(), &[file("/a", b"\0", false)], Secrets::Apart));
    assert!(data.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
    let files = data["write_files"].as_array().unwrap();
    assert!(files.iter().flat_map(|file| file.as_object().unwrap().keys()).all(|key| entry.contains(&key.as_str())));
}

#[test]
fn a_limit_names_what_takes_the_bytes() {
    let files = [file("/small", b"1", false), file("/large", &[b'x'; 500], false)];
    let text = user_data(&machine(), &files, Secrets::Apart);
    let problem = within(400, &machine(), &files, &text).unwrap_err();
    assert!(problem.help.starts_with("most of it is `/large` (500 bytes)"), "{}", problem.help);
    assert_eq!(within(16384, &machine(), &files, &text), Ok(()));
}
