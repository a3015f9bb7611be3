//! References, highlights, and other names for things.

use kmodel::check::ModulePlace;
use kmodel::ide::reference::{Declared, highlights, references};
use kmodel::ide::rename::{prepare, rename};

use super::support::{Fixture, files, fixture, model};

fn used(mut at: Fixture) -> Vec<String> {
    let places = references(&at.world, &mut at.project, &at.file, at.offset, Declared::With);
    let shown = places.iter().map(|place| place.analysis.resolved.program.sources.place(place.span));
    shown.filter(|place| !place.starts_with("std/")).collect()
}

#[test]
fn every_use_of_a_let() {
    assert_eq!(
        used(fixture("let a$0 = 1\nlet b = a + a\ncheck a > 0, \"${a}\"")),
        ["main.km:1:5", "main.km:2:9", "main.km:2:13", "main.km:3:7", "main.km:3:17"]
    );
}

#[test]
fn uses_in_every_file_that_imports_it() {
    let at =
        files(&[("main.km", "use ./x\nlet b = a"), ("x.km", "let a$0 = 1"), ("other.km", "use ./x { a }\nlet c = a")]);
    assert_eq!(used(at), ["main.km:2:9", "x.km:1:5", "other.km:1:11", "other.km:2:9"]);
}

#[test]
fn uses_of_what_the_library_declares() {
    let at =
        files(&[("main.km", "use std/etcd { etcd }\ndeploy et$0cd"), ("other.km", "use std/etcd\ndeploy etcd as e")]);
    assert_eq!(used(at), ["main.km:1:16", "main.km:2:8", "other.km:2:8"]);
}

#[test]
fn highlights_say_where_it_is_declared() {
    let at = fixture("let a = 1\nlet b = a$0");
    let found: Vec<_> =
        highlights(&at.file, at.offset).into_iter().map(|(span, declares)| (at.shown(span), declares)).collect();
    assert_eq!(found, [("main.km:1:5 a".to_owned(), true), ("main.km:2:9 a".to_owned(), false)]);
}

/// The texts after the change, or why there is none.
fn renamed(mut at: Fixture, name: &str) -> Result<Vec<String>, String> {
    let edits = rename(&at.world, &mut at.project, &at.file, at.offset, name)?;
    let mut texts: Vec<(String, String)> = Vec::new();
    for edit in edits.iter().rev() {
        let sources = &edit.place.analysis.resolved.program.sources;
        let source = sources.get(edit.place.span.source);
        let place = texts.iter().position(|(name, _)| **name == *source.name).unwrap_or_else(|| {
            texts.push((source.name.to_string(), source.text.to_string()));
            texts.len() - 1
        });
        texts[place].1.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    texts.sort();
    Ok(texts.into_iter().map(|(name, text)| format!("{name}: {text}")).collect())
}

#[test]
fn another_name_everywhere() {
    assert_eq!(
        renamed(fixture("let a$0 = 1\nlet b = a + 1"), "first").expect("a rename"),
        ["main.km: let first = 1\nlet b = first + 1"]
    );
    let at = files(&[("main.km", "use ./x { a as z, c }\nlet b = z + c"), ("x.km", "let a$0 = 1\nlet c = a")]);
    assert_eq!(
        renamed(at, "n").expect("a rename"),
        ["main.km: use ./x { n as z, c }\nlet b = z + c", "x.km: let n = 1\nlet c = n"]
    );
}

#[test]
fn an_alias_is_renamed_in_its_file() {
    let at = files(&[("main.km", "use ./x { a as z }\nlet b = $0z"), ("x.km", "let a = 1")]);
    assert_eq!(renamed(at, "y").expect("a rename"), ["main.km: use ./x { a as y }\nlet b = y"]);
}

#[test]
fn an_application_gets_a_name_of_its_own() {
    let text = model("relate kube-apiserver.store -> et$0cd.client\noverlay x { set etcd.quota = 4GiB }");
    let after = renamed(fixture(&text), "store").expect("a rename").concat();
    assert!(after.contains("deploy etcd as store on cp"), "{after}");
    assert!(after.contains("-> store.client") && after.contains("set store.quota"), "{after}");
}

#[test]
fn options_endpoints_and_groups() {
    let text = "component web {\n  option po$0rt: port = 80/tcp\n  listen x { port = option.port }\n}\nmachines a[1] { }\ndeploy web on a { port = 81/tcp }\noverlay o { set web.port = 82/tcp }";
    let after = renamed(fixture(text), "listen-on").expect("a rename").concat();
    assert_eq!(after.matches("listen-on").count(), 4, "{after}");
    assert!(after.contains("listen x { port = option.listen-on }"), "{after}");
    let group = model("check c$0p.count > 1, \"x\"\noverlay o { set cp.count = 1 }");
    let after = renamed(fixture(&group), "control").expect("a rename").concat();
    assert!(
        !after.contains(" cp") && after.contains("machines control[3]") && after.contains("set control.count"),
        "{after}"
    );
}

#[test]
fn names_that_are_taken_are_refused() {
    for (text, name) in [
        ("let a$0 = 1\nlet b = 2", "b"),
        ("let a$0 = 1", "Not Kebab"),
        ("let a$0 = 1", "cluster"),
        ("let x$0 = 1\nlet l = [x + y for y in [1]]", "y"),
        ("component c {\n  let a$0 = 1\n  option b: int = a\n  let d = 2\n}", "d"),
    ] {
        let refused = renamed(fixture(text), name);
        assert!(refused.is_err(), "{text} -> {name}: {refused:?}");
    }
    let at = files(&[("main.km", "use ./x\nlet b = a"), ("x.km", "let a$0 = 1")]);
    assert!(renamed(at, "b").is_err(), "`b` is taken in the file that imports it");
}

#[test]
fn what_cannot_be_renamed_says_why() {
    let refused = |text: &str| {
        let at = fixture(text);
        prepare(&at.file, at.offset).err().unwrap_or_default()
    };
    assert!(refused("let a = jo$0in([\"a\"], \"\")").contains("a built-in name"));
    assert!(refused("use std/etcd { et$0cd }").contains("standard library"));
    assert!(refused("use ./$0x").contains("no name"));
    assert!(refused("// no$0").contains("no name"));
    let at = fixture("let abc$0 = 1");
    assert_eq!(prepare(&at.file, at.offset).map(|(_, text)| text), Ok("abc".to_owned()));
}

#[test]
fn a_file_knows_the_models_it_is_part_of() {
    let mut at = files(&[("main.km", "use ./part\nmachines cp[1] { }"), ("part.km", "check cp.$0count > 0, \"x\"")]);
    let roots = at.project.roots(&ModulePlace::File("part.km".into()));
    assert_eq!(roots, [ModulePlace::File("main.km".into())]);
    assert!(at.file.analysis.diagnostics.is_empty(), "{:?}", at.file.analysis.diagnostics);
    at.project.removed(&ModulePlace::File("main.km".into()));
    let alone = at.project.file(&at.world, &ModulePlace::File("part.km".into()));
    assert!(!alone.analysis.diagnostics.is_empty(), "without the file that declares `cp` it is not known");
}
