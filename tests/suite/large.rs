//! Large texts that are pasted: what is done with them grows with their length, and not with its square.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use kmodel::check::check;
use kmodel::compile;
use kmodel::model::{Input, private_key};
use kmodel::world::Memory;

/// Each of these took minutes when the work grew with the square, and takes a second or two.
const PATIENCE: Duration = Duration::from_secs(40);

const MODEL: &str = "component site {
  file /etc/sysctl.d/50-site.conf { text = read(\"./sysctl.conf\") }
  file /etc/site/objects.yaml { text = read(\"./objects.yaml\") }
}
cluster lab { kubernetes = 1.35.5, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines m {}
deploy site on m
";

fn is_quick(what: &str, work: impl FnOnce()) {
    let begin = Instant::now();
    work();
    assert!(begin.elapsed() < PATIENCE, "{what} takes {:?}", begin.elapsed());
}

/// Plans a site with these two files; gives what was said.
fn planned(sysctl: String, objects: String) -> Vec<String> {
    let files = [("lab.km", MODEL.to_owned()), ("sysctl.conf", sysctl), ("objects.yaml", objects)];
    let world = Memory::new(files);
    let checked = check(&world, Path::new("lab.km"));
    let planned = compile::plan_program(&checked.program, &world, &Input::default());
    checked.diagnostics.into_iter().chain(planned.problems).map(|problem| problem.message).collect()
}

fn written(count: u32, one: impl Fn(u32) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        let _ = write!(all, "{}", one(number));
        all
    })
}

#[test]
fn a_hundred_thousand_kernel_settings_are_compared() {
    is_quick("comparing them", || {
        let lines = written(100_000, |number| format!("net.site.key{number} = {}\n", number % 7));
        let said = planned(lines + "net.site.key5 = 9\n", String::new());
        assert!(said.iter().any(|message| message.contains("net.site.key5")), "{said:?}");
    });
}

#[test]
fn thousands_of_objects_are_looked_at_in_one_text() {
    is_quick("looking at them", || {
        let pad = "# a line that makes the text longer than its objects are\n".repeat(20);
        let objects = written(1_500, |number| {
            format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c{number} }}\ndata: {{ a: b }}\n{pad}")
        });
        let last = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: last }\ndata: 1\n";
        let said = planned(String::new(), objects + last);
        assert!(said.iter().any(|message| message.contains("`data` of a `ConfigMap`")), "{said:?}");
    });
}

#[test]
fn a_line_with_a_hundred_thousand_keys_is_searched_for_secrets() {
    is_quick("searching it", || {
        for (begin, one, end) in [("", "{\"a\":", "}"), ("", "a:1,", ""), ("", "a='1',", ""), ("{", "\"a\":x,", "}")] {
            let line = format!("{begin}{}{}password:hunter22", one.repeat(100_000), end.repeat(100_000));
            let places = private_key::places(&line);
            assert!(places.iter().any(|range| line[range.clone()].contains("hunter22")), "{one}: {places:?}");
        }
    });
}
