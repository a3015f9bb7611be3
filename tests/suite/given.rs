//! What is issued and reaches a component through its deployment is written as it was issued, on whatever way it comes.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::kmodel;

const MODEL: &str = r#"
component site {
  option direct: secret<string>
  option inside: map<{ password: secret<string> }> = {}
  option ca: string
  option own: secret<string> = part.value
  let made = base64("x:${get(option.inside, "a")?.password ?? ""}")
  let of-file = half
  file /etc/direct { mode = 0600, text = option.direct }
  file /etc/inside { mode = 0600, format = "json", content = option.inside }
  file /etc/whole { mode = 0600, format = "json", content = option }
  file /etc/made { mode = 0600, text = made }
  file /etc/own { mode = 0600, text = option.own }
  file /etc/of-file { mode = 0600, text = of-file }
  file /etc/config { mode = 0600, config = true, format = "json", content = { a = 1 } }
  file /etc/ca.pem { text = option.ca }
}
secret pull { bytes = 24, encoding = "alnum" }
secret part { bytes = 24, encoding = "alnum" }
secret set { bytes = 24, encoding = "alnum" }
authority root { cn = "root", file = /etc/root.crt }
let half = base64("half ${pull.value}")
let whole = { a = { password = pull.value } }
cluster c { kubernetes = 1.35.5, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }
machines m[2] { }
deploy site on m { direct = pull.value, inside = whole, ca = root.pem, config = { password = pull.value } }
overlay more { set site.config.more = set.value }
target lxd { image = "debian/13" }
"#;

#[test]
fn what_is_issued_is_written_on_whatever_way_it_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("m.km"), MODEL).expect("a model");
    let arguments = ["render", "m.km", "--overlay", "more", "--out", "out"];
    let output = kmodel(arguments).current_dir(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |machine: &str, name: &str| {
        let path = folder.path().join(format!("out/machines/{machine}/root/etc/{name}"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim_end().to_owned()
    };
    let pull = read("m-0", "direct");
    assert_eq!(pull.len(), 24, "{pull}");
    assert_ne!(pull, read("m-0", "own"), "another secret");
    for name in ["inside", "whole", "config"] {
        assert!(read("m-0", name).contains(&format!("\"{pull}\"")), "{name}: {}", read("m-0", name));
    }
    let decoded = |name: &str| {
        let text = STANDARD.decode(read("m-0", name)).expect("base64");
        String::from_utf8(text).expect("text")
    };
    assert_eq!(decoded("made"), format!("x:{pull}"));
    assert_eq!(decoded("of-file"), format!("half {pull}"));
    assert_eq!(read("m-0", "ca.pem"), read("m-0", "root.crt"));
    let names = ["direct", "inside", "whole", "made", "own", "of-file", "config", "ca.pem"];
    for name in names {
        let text = read("m-0", name);
        assert!(!text.contains("(secret") && !text.contains("(certificate"), "{name}: {text}");
        assert_eq!(text, read("m-1", name), "{name} is the same on both machines");
    }
}
