//! Outline, colours, folding, selection, links, form.

use kmodel::ide::fold::{What, folds, selections};
use kmodel::ide::symbol::{Symbol, outline, search};
use kmodel::ide::token::{Class, tokens};
use kmodel::ide::{format, link};
use kmodel::source::Span;

use super::support::{Fixture, files, fixture, model};

fn shown(symbols: &[Symbol], depth: usize) -> String {
    let line = |symbol: &Symbol| {
        format!("{}{} [{}]\n{}", "  ".repeat(depth), symbol.name, symbol.detail, shown(&symbol.children, depth + 1))
    };
    symbols.iter().map(line).collect()
}

#[test]
fn the_outline_of_a_file() {
    let at = fixture(
        "use std/etcd\nmachines cp[3] { }\ndeploy etcd, x as y on cp\nrelate a.b -> c.d\ncomponent web {\n  option port: port = 80/tcp\n  requires s: etcd-client { }\n  unit web.service { exec = /x }\n  file /etc/x { text = \"\" }\n}\ncheck 1 > 0, \"x\"",
    );
    let module = at.file.analysis.resolved.program.module(at.file.module);
    let text = shown(&outline(module, at.file.text()), 0);
    let names: Vec<_> = text.lines().map(|line| line.split(" [").next().unwrap_or_default()).collect();
    assert_eq!(
        names,
        [
            "use std/etcd",
            "cp",
            "y",
            "y",
            "a.b -> c.d",
            "web",
            "  port",
            "  s",
            "  web.service",
            "  /etc/x",
            "check 1 > 0"
        ]
    );
}

#[test]
fn the_outline_of_a_file_that_is_half_typed() {
    let at = fixture("machines cp[3] {\ncomponent web {\n  option port: \n  unit x");
    let module = at.file.analysis.resolved.program.module(at.file.module);
    assert!(!outline(module, at.file.text()).is_empty());
}

#[test]
fn names_of_the_workspace() {
    let mut at = files(&[("main.km", "let big-value = 1"), ("x.km", "component big { option bv: int = 1 }")]);
    let found = search(&at.world, &mut at.project, "bv");
    let names: Vec<_> = found.iter().map(|one| one.declaration.name.name.to_string()).collect();
    assert_eq!(names, ["bv", "big-value"]);
}

fn colours(at: &Fixture) -> Vec<(String, Class, u32)> {
    let all = Span::new(at.file.source(), 0, at.file.text().len() as u32);
    let sources = &at.file.analysis.resolved.program.sources;
    tokens(&at.file, all).into_iter().map(|one| (sources.text(one.span).to_owned(), one.class, one.modifiers)).collect()
}

#[test]
fn each_word_has_its_colour() {
    let at = fixture(
        "/// Doc.\nlet a = join([\"x\"], \",\")\nmachines cp[2] { memory = 4GiB }\ncheck cp.count > len(a), \"${a}\"",
    );
    let list = colours(&at);
    let class =
        |word: &str| list.iter().filter(|(text, ..)| text == word).map(|(_, class, _)| *class).collect::<Vec<_>>();
    assert_eq!(class("let"), [Class::Keyword]);
    assert_eq!(class("a"), [Class::Variable, Class::Variable, Class::Variable]);
    assert_eq!(class("join"), [Class::Function]);
    assert_eq!(class("cp"), [Class::Struct, Class::Struct]);
    assert_eq!(class("memory"), [Class::Property]);
    assert_eq!(class("4GiB"), [Class::Number]);
    assert_eq!(list[0], ("/// Doc.".to_owned(), Class::Comment, 2));
    assert!(list.contains(&("a".to_owned(), Class::Variable, 1)), "the declaration is marked");
}

#[test]
fn a_deprecated_flag_is_marked() {
    let at = fixture(
        "cluster c { kubernetes = 1.34.8 }\ncomponent x { unit x.service { exec = /x, flags = kubelet { anonymous-auth = true } } }",
    );
    assert!(colours(&at).contains(&("anonymous-auth".to_owned(), Class::Property, 4)));
}

#[test]
fn parts_that_fold() {
    let at = fixture(
        "// a\n// b\n\nuse std/etcd\nuse std/cni\n\nmachines cp[1] {\n  cores = 1\n}\nlet a = [\n  1,\n]\nlet b = [1]",
    );
    let sources = &at.file.analysis.resolved.program.sources;
    let found: Vec<_> = folds(&at.file).into_iter().map(|(span, what)| (sources.line_column(span).0, what)).collect();
    assert_eq!(found, [(1, What::Comment), (4, What::Imports), (7, What::Region), (10, What::Region)]);
}

#[test]
fn the_selection_grows() {
    let at = fixture("machines cp[1] { memory = 4G$0iB }");
    let sources = &at.file.analysis.resolved.program.sources;
    let texts: Vec<_> = selections(&at.file, at.offset).into_iter().map(|span| sources.text(span)).collect();
    assert_eq!(
        texts,
        ["4GiB", "memory = 4GiB", " memory = 4GiB ", "{ memory = 4GiB }", "machines cp[1] { memory = 4GiB }"]
    );
}

#[test]
fn links_lead_to_imports_and_templates() {
    let at = files(&[
        (
            "main.km",
            "use ./net\ncomponent x { file /x { template = \"./x.j2\", vars = { } }\nfile /y { text = read(\"./y.txt\") } }",
        ),
        ("net.km", ""),
    ]);
    let list: Vec<_> = link::links(&at.file).into_iter().map(|link| link.place.name()).collect();
    assert_eq!(list, ["net.km", "x.j2", "y.txt"]);
}

fn applied(text: &str, edits: &[format::Edit]) -> String {
    let mut text = text.to_owned();
    edits
        .iter()
        .rev()
        .for_each(|edit| text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text));
    text
}

#[test]
fn the_form_of_a_file_and_of_some_lines() {
    let text = "let a=1\nlet  b = 2\n\n\n\nmachines cp[1]{cores=1}\n";
    let at = fixture(text);
    assert_eq!(applied(text, &format::whole(&at.file)), "let a = 1\nlet b = 2\n\nmachines cp[1] { cores = 1 }\n");
    let line = Span::new(at.file.source(), 8, 9);
    let part = format::range(&at.file, line);
    assert!(applied(text, &part).contains("machines cp[1]{cores=1}"));
    let crlf = fixture("let a=1\r\nlet b = 2\r\n");
    assert_eq!(applied(crlf.file.text(), &format::whole(&crlf.file)), "let a = 1\r\nlet b = 2\r\n");
    assert!(format::whole(&fixture("let a = = 1").file).is_empty(), "a file with syntax errors stays as it is");
}

#[test]
fn the_form_while_typing() {
    let at = fixture("let x = = 2\nmachines cp[1]{cores=1}$0\n");
    assert_eq!(
        applied(at.file.text(), &format::typed(&at.file, at.offset, "}")),
        "let x = = 2\nmachines cp[1] { cores = 1 }\n"
    );
    let at = fixture("machines cp[1] {\n$0");
    assert_eq!(applied(at.file.text(), &format::typed(&at.file, at.offset, "\n")), "machines cp[1] {\n  ");
    let at = fixture("let a = \"\"\"\n$0\n\"\"\"");
    assert!(format::typed(&at.file, at.offset, "\n").is_empty(), "the lines of a text are its own");
}

#[test]
fn formatting_the_formatted_changes_nothing() {
    let at = fixture(&model(""));
    let once = applied(at.file.text(), &format::whole(&at.file));
    assert!(format::whole(&fixture(&once).file).is_empty());
}
